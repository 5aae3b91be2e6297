"""A fault map as a CSV file and in a few lines."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

from korgm1.faultmap.boots import EFFECTS, FIXED, MEANING
from korgm1.faultmap.mapping import UNTOUCHED, FaultMap, Row
from korgm1.files import write_atomic


def as_csv(found: FaultMap) -> str:
    """A line that begins with # and says of what, the names of the columns, a line a bit; addresses in hex."""
    out = io.StringIO()
    out.write(f"# {json.dumps(found.description)}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Row._fields)
    writer.writerows([f"{row.address:05X}", *row[1:]] for row in found.rows)
    return out.getvalue()


def write(path: Path, found: FaultMap) -> None:
    """Write the CSV file.

    Raises:
        UserError: it cannot be written.
    """
    write_atomic(path, as_csv(found).encode())


def counts(found: FaultMap) -> dict[str, int]:
    """How many bits have each effect, all of `EFFECTS`."""
    seen = Counter(row.effect for row in found.rows)
    return {name: seen[name] for name in EFFECTS}


def meaning(found: FaultMap) -> dict[str, str]:
    """What each effect says in this map."""
    return MEANING if found.description.get("looked at after") is None else FIXED


def remark(found: FaultMap) -> str:
    """How the boots were looked at, where they come to no play page; else ""."""
    seconds, cells = found.description.get("looked at after"), found.description.get("left out")
    if seconds is None:
        return ""
    return f"no play page: each boot is looked at {seconds:.2f} s after power-on" + (
        f", without {cells} of the LCD, which never stand still" if cells else ""
    )


def summary(found: FaultMap) -> list[str]:
    """The map in a few lines for people."""
    total = max(1, len(found.rows))
    lines = [
        f"{found.description['firmware']}, {found.description['model']}, {found.description['region']}: "
        f"{len(found.rows):,} bits flipped one by one"
    ]
    said = remark(found)
    lines += [f"  {said}"] if said else []
    for name, count in reversed(counts(found).items()):
        lines.append(f"  {name:8} {count:7,}  {100 * count / total:5.1f} %  {meaning(found)[name]}")
    untouched = sum(row.how == UNTOUCHED for row in found.rows)
    if untouched:
        lines.append(f"  {untouched:,} of them were not booted: the boot neither executes nor reads their bytes")
    return lines
