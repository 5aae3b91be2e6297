"""The wires between the sound chips and their frame clock (cext/sound_board.c): one side are ports, the other frames.

| ports | chip | |
|---|---|---|
| 0100-01FF | VDF I, MB87404 | its own registers |
| 0200-02FF | VDF II, MB87404 | its own registers |
| 0500 | MDE, MB87405 | INDEX, 0-24, into the effect block; above: none |
| 0501 | | COMMAND: any write has the chip take the block; one it cannot use changes nothing |
| 0502 | | DATA: the byte at INDEX, which then counts up and stays at 25 |
| 0503 | | unused |
| 1000-11FF | TG, MB87402 | its own registers |

    16 oscillators -> VDF I, VDF II -> levels and panpots -> buses A-D -> MDE -> 1/L 2/R 3 4, 20 bits

A frame every `frame_clocks` CPU clocks; a write at clock c acts before frame c // frame_clocks + 1. Frames are made
when they are asked for or a write follows; silence of chips that hold nothing is skipped, which changes no bit. A read
gives open bus (H-OPENBUS). PIO PA7 low clears the chips; frames are counted on, and writes are lost.

Confirmed (MAME's driver, at second hand): the windows and the reset line. Guessed: all that goes through them (H-MDEP,
H-TGW, and the chips' own), the frame clock (H-FS), whose voices a VDF filters (H-VDF8).
Sources: facts m1-sound 2, 5, 7, m1-hardware 2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from korgm1.bus.ports import NativeSink
from korgm1.clock import CPU_HZ
from korgm1.errors import SnapshotError
from korgm1.snapshot import Block
from korgm1.sound.native import ffi, lib

VERSION = 1
WRITE = np.dtype([("clock", "<u8"), ("port", "<u2"), ("value", "u1")])
"""A write to a port: the clock at which its instruction began."""
_KEPT = np.dtype({
    "names": list(WRITE.names or ()), "formats": ["=u8", "=u2", "u1"],
    "offsets": [ffi.offsetof("sound_write", name) for name in WRITE.names or ()],
    "itemsize": ffi.sizeof("sound_write"),
})
_LARGEST = 1 << 63


class Words(Protocol):
    """Wave words by address."""

    @property
    def words(self) -> NDArray[np.int16]:
        """All of them."""


class SoundBoard:
    """The chips wired up, held in reset.

    Args:
        now: gives the current clock.
        frame_clocks: CPU clocks from frame to frame (H-FS).
        tg, vdf1, vdf2, mde: the chips' C structs, which stay where they are.
        wave_rom: what the TG plays.
        interleaved: VDF I has the even voices (H-VDF8).
        deaf: no decoder for this firmware: writes are logged and do nothing (H-TGW).
        open_bus: the byte a read gives.
        tireless: silence is never skipped; for tests.

    >>> from korgm1.sound.mde_mb87405 import Mde; from korgm1.sound.tg_mb87402 import Mb87402
    >>> from korgm1.sound.vdf_mb87404 import Mb87404; from korgm1.sound.waverom import WaveRom
    >>> words = np.full(100, 16384, np.int16); clock = 0
    >>> tg, vdf1, vdf2, mde = Mb87402(), Mb87404(), Mb87404(), Mde()
    >>> board = SoundBoard(
    ...     lambda: clock, 256, tg.pointer, vdf1.pointer, vdf2.pointer, mde.pointer, WaveRom(words))
    >>> board.hold(1); board.listen(True)
    >>> for port, value in ((0x1012, 100), (0x1008, 0x10), (0x1003, 0xFF), (0x1000, 3)): board.write(port, value)
    >>> clock = 1000; board.heard()[:, 0].tolist()
    [130560, 130560, 130560]
    """

    def __init__(
        self, now: Callable[[], int], frame_clocks: int, tg: Any, vdf1: Any, vdf2: Any, mde: Any, wave_rom: Words,
        interleaved: bool = False, deaf: bool = False, open_bus: int = 0xFF, tireless: bool = False,
    ) -> None:
        self._now = now
        self._open_bus = open_bus
        options = interleaved * lib.SOUND_INTERLEAVED | deaf * lib.SOUND_DEAF | tireless * lib.SOUND_TIRELESS
        words = np.ascontiguousarray(wave_rom.words, np.int16)
        self._used = (tg, vdf1, vdf2, mde, words)
        board = lib.sound_board_new(
            tg, vdf1, vdf2, mde, ffi.from_buffer("int16_t[]", words), len(words), frame_clocks, options
        )
        if board == ffi.NULL:
            raise MemoryError("the sound board")
        self._board = ffi.gc(board, lib.sound_board_free)
        self.native_sink = NativeSink(ffi.addressof(lib, "sound_board_sink"), ffi.cast("void *", board))
        """For the engine: takes writes to ports without Python."""

    def set_words(self, wave_rom: Words) -> None:
        """The TG plays other words from the next frame on; voices keep their addresses."""
        self.catch_up()
        words = np.ascontiguousarray(wave_rom.words, np.int16)
        self._board.words, self._board.size = ffi.from_buffer("int16_t[]", words), len(words)
        self._used = (*self._used[:4], words)

    def reset(self, kind: str) -> None:
        """"power": frame 0 is next; either way the chips are held until PA7 rises.

        It goes before the chips' own `reset`: up to now they played.
        """
        if kind == "power":
            lib.sound_board_begin(self._board)
        else:
            self.hold(0)

    def read(self, port: int) -> int:
        """What nobody drives."""
        return self._open_bus

    def write(self, port: int, value: int) -> None:
        """Write `value` (0-255) to a port of the table above, now."""
        lib.sound_board_write(self._board, self._now(), port, value)
        self._check()

    def peek(self, port: int) -> int:
        """As `read`."""
        return self._open_bus

    def hold(self, level: int) -> None:
        """PIO PA7 has this level from now on; 0 holds all chips in reset."""
        if bool(level) == bool(self._board.held):
            lib.sound_board_hold(self._board, self._now(), level)
            self._check()

    def window(self, first: int) -> Window:
        """The ports from `first` on as a device of their own."""
        return Window(self, first)

    @property
    def held(self) -> bool:
        """The chips are held in reset."""
        return bool(self._board.held)

    @property
    def frame_rate(self) -> int:
        """Frames a second, for people and files: 31,250 or 32,000."""
        return CPU_HZ // int(self._board.frame_clocks)

    @property
    def block(self) -> bytes:
        """The 25 bytes for the next COMMAND."""
        return bytes(self._board.shadow)

    def catch_up(self) -> None:
        """Make the frames that have begun by now."""
        lib.sound_board_run(self._board, self._now())
        self._check()

    def frames(self) -> int:
        """How many frames have begun by now since power-on, silent ones too."""
        self.catch_up()
        return int(self._board.frame)

    def hash(self) -> int:
        """64 bits over all frames since power-on that were not silent, with their numbers."""
        self.catch_up()
        return int(self._board.hash)

    @property
    def skipped(self) -> int:
        """Frames of silence that were passed over."""
        return int(self._board.skipped)

    def listen(self, on: bool) -> None:
        """Keep the frames that begin from now on; or drop what was kept, and keep no more."""
        self.catch_up()
        lib.sound_board_listen(self._board, on)

    @property
    def listening(self) -> bool:
        """Frames are kept."""
        return bool(self._board.listening)

    def heard(self) -> NDArray[np.int32]:
        """Take the frames kept so far: n x 4 words of 20 bits, 1/L 2/R 3 4 of each."""
        self.catch_up()
        n = int(self._board.heard)
        if not n:
            return np.zeros((0, 4), np.int32)
        frames = np.frombuffer(ffi.buffer(self._board.out, 16 * n), np.int32).reshape(n, 4).copy()
        lib.sound_board_taken(self._board)
        return frames

    def log(self, on: bool) -> None:
        """Keep the writes to the ports from now on, lost ones too; or drop them."""
        lib.sound_board_log(self._board, on)

    @property
    def logging(self) -> bool:
        """Writes are kept."""
        return bool(self._board.logging)

    def writes(self) -> NDArray[Any]:
        """Take the writes kept so far, of type `WRITE`."""
        self._check()
        n = int(self._board.logged)
        if not n:
            return np.zeros(0, WRITE)
        kept = np.frombuffer(ffi.buffer(self._board.log, _KEPT.itemsize * n), _KEPT)
        taken = np.empty(n, WRITE)
        for name in WRITE.names or ():
            taken[name] = kept[name]
        lib.sound_board_log_taken(self._board)
        return taken

    def snapshot(self) -> Block:
        """Frame, hash and the effect block. Goes before the chips' own `snapshot`: it makes the frames up to now."""
        self.catch_up()
        board = self._board
        return {
            "layout": VERSION, "frame": int(board.frame), "hash": f"{int(board.hash):016x}", "held": bool(board.held),
            "index": int(board.index), "shadow": bytes(board.shadow),
        }

    def restore(self, block: Block) -> None:
        """Take a snapshot back; frames and writes that were kept and not taken are dropped.

        Raises:
            SnapshotError: another layout, or values no board can have; nothing changes then.
        """
        try:
            frame, shadow, value = int(block["frame"]), bytes(block["shadow"]), int(block["hash"], 16)
            held, index = block["held"], int(block["index"])
            if block["layout"] != VERSION or len(shadow) != lib.MDE_BLOCK or not 0 <= index <= lib.MDE_BLOCK:
                raise ValueError
            if held not in (False, True) or not (0 <= frame < _LARGEST and 0 <= value < 1 << 64):
                raise ValueError
        except (LookupError, TypeError, ValueError):
            raise SnapshotError("the sound board of another layout, or damaged", f"layout {VERSION}") from None
        board = self._board
        board.frame, board.hash, board.held, board.index, board.shadow = frame, value, held, index, shadow
        board.quiet = board.unlooked = 0
        lib.sound_board_taken(board)
        lib.sound_board_log_taken(board)

    @property
    def in_time(self) -> bool:
        """The next frame is the first that has not begun yet: so it is behind `snapshot`."""
        return int(self._board.frame) == self._now() // int(self._board.frame_clocks) + 1

    def silent_until(self, clock: int, held: bool) -> Block:
        """What `snapshot` would give at a clock up to which nothing was played."""
        frame = clock // int(self._board.frame_clocks) + 1
        return {
            "layout": VERSION, "frame": frame, "hash": f"{int(lib.SOUND_HASH_BEGINS):016x}", "held": held, "index": 0,
            "shadow": bytes(lib.MDE_BLOCK),
        }

    def _check(self) -> None:
        if self._board.lost:
            self._board.lost = 0
            raise MemoryError("frames of sound, or writes to its chips, that were to be kept")


class Window:
    """Ports of the board from `first` on, as the port map wants them."""

    def __init__(self, board: SoundBoard, first: int) -> None:
        self._board = board
        self._first = first
        self.native_sink = board.native_sink

    def read(self, offset: int) -> int:
        """What nobody drives."""
        return self._board.read(self._first + offset)

    def write(self, offset: int, value: int) -> None:
        """A byte to the port `first + offset`."""
        self._board.write(self._first + offset, value)

    def peek(self, offset: int) -> int:
        """As `read`."""
        return self._board.peek(self._first + offset)
