"""What stands in trace files."""

from __future__ import annotations

from pathlib import Path

from korgm1.errors import UserError
from korgm1.trace_reading import open_trace


def rows(path: Path) -> list[str]:
    """The lines but the head and the foot."""
    return [line for line in path.read_text("ascii").splitlines() if not line.startswith("#")]


def shown(path: Path) -> bytes:
    with open_trace(path) as trace:
        return b"".join(trace.text())


def look(path: Path, data: bytes) -> tuple[bytes, str]:
    """What is shown, and the error."""
    path.write_bytes(data)
    text = b""
    try:
        with open_trace(path) as trace:
            for block in trace.text():
                text += block
    except UserError as error:
        return text, str(error)
    return text, ""
