"""A fault map as a CSV file and in a few lines."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

from korgm1.faultmap.boots import EFFECTS, MEANING
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


def summary(found: FaultMap) -> list[str]:
    """The map in a few lines for people."""
    total = max(1, len(found.rows))
    lines = [
        f"{found.description['firmware']}, {found.description['model']}, {found.description['region']}: "
        f"{len(found.rows):,} bits flipped one by one"
    ]
    for name, count in reversed(counts(found).items()):
        lines.append(f"  {name:8} {count:7,}  {100 * count / total:5.1f} %  {MEANING[name]}")
    untouched = sum(row.how == UNTOUCHED for row in found.rows)
    if untouched:
        lines.append(f"  {untouched:,} of them were not booted: the boot neither executes nor reads their bytes")
    return lines
