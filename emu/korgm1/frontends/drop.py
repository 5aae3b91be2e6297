"""What a file that was dropped on the window is, by its content, and the desk's command for it."""

from __future__ import annotations

import shlex
from pathlib import Path

from korgm1.board.card import SIZE as CARD_SIZE
from korgm1.board.sram import SIZE as SRAM_SIZE
from korgm1.errors import UserError

PCM_SIZES = (131_072, 262_144, 524_288)
"""Bytes of PCM card dumps."""


def command_for(path: Path, over: str = "") -> str:
    """The desk's command that does what somebody who drops this file wants.

    Args:
        path: the file.
        over: the part of the panel it was dropped on; a slot takes everything as a card.

    Raises:
        UserError: it cannot be read, or is nothing that the instrument takes.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "x"); _ = file.write_bytes(b"MThd....")
    ...     command_for(file).replace(folder, "")
    'midi-file /x'
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
        size = path.stat().st_size
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None
    name = shlex.quote(str(path))
    if over in ("card", "pcm-card"):
        return f"{over} insert {name}"
    if head == b"MThd" or head[:1] == b"\xf0":
        return f"midi-file {name}"
    if head[:2] == b"\x1f\x8b":
        return f"load {name}"
    if size == CARD_SIZE:
        return f"card insert {name}"
    if size in PCM_SIZES:
        return f"pcm-card insert {name}"
    if size == SRAM_SIZE:
        raise UserError(
            f"{path} is an SRAM image", hint=f"a RAM gets its content at power-on: korgm1 run --sram {name}"
        )
    raise UserError(
        f"{path} is nothing that the instrument takes ({size:,} bytes)",
        f"a MIDI or SysEx file, a saved state, a card of {CARD_SIZE:,} bytes",
    )
