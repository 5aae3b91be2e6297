"""What is written on an EPROM: 880219 is year 88, part 02, version 19 (facts m1-hardware 3.1: INF, well supported).

Which parts there are is read from the labels in the database: 8802 and 8803 are IC23 and IC32 of an M1, 8805 and 8806
of an M1R.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from korgm1.errors import UsageError
from korgm1.romset.database import Database, Part
from korgm1.romset.finding import Confidence, Finding

_LABEL = re.compile(r"(?<!\d)([89]\d)(\d\d)[-_ ]?(\d\d)(?!\d)")
_VERSION = re.compile(rb"#(\d\d)(?!\d)|[Vv](?:er(?:sion)?)?\.? ?\d\.(\d\d)(?!\d)")


@dataclass(frozen=True)
class Label:
    """A label: two digits each of `year`, `part` and `version`."""

    year: str
    part: str
    version: str

    @property
    def text(self) -> str:
        """As it is printed."""
        return self.year + self.part + self.version

    def entry(self, database: Database) -> Part | None:
        """An OS half of the database whose label has the same year and part: the same place, whatever the version."""
        known = (row for row in database.parts if row.kind == "os" and _LABEL.fullmatch(row.label))
        return next((row for row in known if row.label.startswith(self.year + self.part)), None)


def parse_label(text: str) -> Label:
    """The label of a text such as 880219 or 8802-19.

    Raises:
        UsageError: it is none.

    >>> parse_label("880219")
    Label(year='88', part='02', version='19')
    """
    match = _LABEL.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--label {text!r} is no label", "year, part and version, two digits each: 880219")
    return Label(*match.groups())


def label_in(name: str) -> Label | None:
    """The label in a file name, if there is just one.

    >>> label_in("dumps/rev19-ic23-880219.bin").version
    '19'
    """
    found = {Label(*match.groups()) for match in _LABEL.finditer(name.rpartition("/")[2].rpartition(":")[2])}
    return found.pop() if len(found) == 1 else None


def unlabelled(name: str) -> str:
    """A file name without the labels in it: what else it says of the chip.

    >>> unlabelled("dumps/rev19-ic23-880219.bin")
    'dumps/rev19-ic23-.bin'
    """
    return _LABEL.sub("", name)


def versions_in(image: bytes) -> Counter[str]:
    """Two digits that an image's texts give as a version, and how often: "#24", "v1.29".

    >>> versions_in(b"M1 #24 ... #24 ... v1.29")
    Counter({'24': 2, '29': 1})
    """
    return Counter((match[1] or match[2]).decode("ascii") for match in _VERSION.finditer(image))


def label_findings(label: Label, lane: str, version: str, image: bytes | None, database: Database) -> list[Finding]:
    """Whether a label agrees with the dump it is on.

    Args:
        label: of the chip.
        lane: even, odd or "" while nobody knows.
        version: of the known set the dump belongs to, as "#19"; "" or "?" where it is unknown.
        image: both halves, where there are both.
        database: the ROMs we know.

    >>> from korgm1.romset.database import known_roms
    >>> [one.text for one in label_findings(parse_label("880224"), "odd", "", b"M1 #24", known_roms())]
    ['label 880224: year 88, part 02 (IC23), version 24; the image says #24, too']
    """
    entry = label.entry(database)
    place = f" ({entry.ic})" if entry else ""
    says = f"label {label.text}: year {label.year}, part {label.part}{place}, version {label.version}"
    found: list[Finding] = []
    if entry is not None and lane and entry.lane != lane:
        text = f"{says}: but the dump holds the {lane} bytes"
        hint = "labels or files were mixed up: look at the chips again"
        found.append(Finding("label-lane", Confidence.LIKELY, text, hint))
    seen = Counter({version.lstrip("#"): 1}) if version.startswith("#") else versions_in(image or b"")
    if not seen:
        what = "no version can be read in the image" if image else "the version is not to be seen in one half"
        return [*found, Finding("label", Confidence.NOTE, f"{says}; {what}")]
    shown = ", ".join(f"#{number}" for number, _ in seen.most_common(3))
    if label.version in seen:
        return [*found, Finding("label", Confidence.NOTE, f"{says}; the image says {shown}, too")]
    text = f"{says}; but the image says {shown}"
    hint = "an EPROM that was programmed anew keeps its label; or the dumps were mixed up"
    return [*found, Finding("label-version", Confidence.LIKELY, text, hint)]
