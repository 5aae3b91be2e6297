"""The one file GDB can fetch from the server: the ELF that tells it how to unwind a V30's calls, and perhaps names.

GDB asks for it by itself (qXfer:exec-file:read) where the user has named no file, and reads it by vFile packets.
Source: "Debugging with GDB", appendix E.7 Host I/O Packets; struct stat as in appendix E.13.
"""

from __future__ import annotations

import struct

NAME = "/korgm1.elf"
"""What it is called; nothing of this machine's files can be had under any name."""
_HANDLE = 1
_NO_FILE, _BAD_HANDLE, _NOT_ALLOWED = 2, 9, 13
"""Numbers of errors (appendix E.13)."""
_LARGEST = 0x1F00
"""Bytes of a reply, each of which may have to be escaped."""
_MODE = 0o100444
"""An ordinary file that can be read."""


class GdbFiles:
    """Answers vFile packets.

    Args:
        data: the file's content.

    >>> files = GdbFiles(b"content")
    >>> files.answer("open:" + NAME.encode().hex() + ",0,0"), files.answer("pread:1,4,3")
    (b'F1', b'F4;tent')
    """

    def __init__(self, data: bytes) -> None:
        self._data = data

    def answer(self, request: str) -> bytes:
        """What is answered to the packet `vFile:` and this; an empty answer to what is not known.

        Raises:
            ValueError: it is no such packet.
        """
        verb, _, rest = request.partition(":")
        words = rest.split(",")
        if verb == "open":
            name, flags, _ = words
            if bytes.fromhex(name) != NAME.encode():
                return _error(_NO_FILE)
            return b"F%x" % _HANDLE if int(flags, 16) == 0 else _error(_NOT_ALLOWED)
        if verb not in ("close", "fstat", "pread"):
            return b""
        if int(words[0], 16) != _HANDLE:
            return _error(_BAD_HANDLE)
        if verb == "close":
            return b"F0"
        size = len(self._data)
        if verb == "fstat":
            stat = struct.pack(">7I3Q3I", 0, 0, _MODE, 1, 0, 0, 0, size, 512, -(-size // 512), 0, 0, 0)
            return b"F%x;%s" % (len(stat), stat)
        count, offset = (int(word, 16) for word in words[1:])
        if count < 0 or offset < 0:
            raise ValueError(request)
        part = self._data[offset : offset + min(count, _LARGEST)]
        return b"F%x;%s" % (len(part), part)


def _error(number: int) -> bytes:
    return b"F-1,%x" % number
