"""Routines that nobody is seen to call: what begins as the others of a compiled firmware begin.

A compiler opens a frame at the start of each routine: PUSH BP, MOV BP,SP; or PREPARE. Where many known routines do,
such a beginning behind code is one more, reached by pointers that no reading follows, or by nobody.
"""

from __future__ import annotations

import re

from korgm1.analysis.descent import FREE, START, Descent

_FRAMES = (b"\x55\x8b\xec", b"\x55\x89\xe5", b"\xc8")
_LEAST = 8
_SHARE = 4
_PREPARE = re.compile(rb"\xc8..[\x00-\x1f]", re.DOTALL)


def enter_frames(descent: Descent) -> list[int]:
    """Take for routines what opens a frame in bytes that nobody reached, between or behind known code.

    That is done where eight known routines and a fourth of all open theirs so. What does not read like code is left.

    Returns:
        the addresses, ascending; they are followed and count as called, without anybody who refers to them.
    """
    entries = [at - descent.base for at in descent.calls if at in descent.placed]
    found = []
    for frame in _FRAMES:
        known = sum(descent.image.startswith(frame, at) for at in entries)
        if known < _LEAST or known * _SHARE < len(entries):
            continue
        pattern = _PREPARE if frame == b"\xc8" else re.compile(re.escape(frame))
        for match in pattern.finditer(descent.image):
            at = match.start()
            if any(descent.cover[at : match.end()]):
                continue
            segment = _segment(descent, at)
            offset = at + descent.base - (segment << 4) if segment is not None else -1
            if segment is not None and 0 <= offset < 0x10000 and descent.plausible(segment, offset):
                descent.begin(segment, offset)
                found.append(at + descent.base)
    return sorted(found)


def _segment(descent: Descent, at: int) -> int | None:
    """PS of the code before the byte with this index, with nothing blank between; None where there is none."""
    behind = at
    while at >= 0 and descent.cover[at] == FREE:
        at -= 1
    if at < 0 or b"\xff" * 8 in descent.image[at + 1 : behind]:
        return None
    while descent.cover[at] != START:
        at -= 1
    return descent.placed[at + descent.base].segment
