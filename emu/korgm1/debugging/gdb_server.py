"""GDB's remote serial protocol on top of a `Debugger`: bytes in, bytes out, no sockets.

Source: "Debugging with GDB", appendix E. What it does not know it answers with the empty packet, as the protocol wants.
A request that makes no sense is answered with E01; nothing that a client sends raises or ends the machine.

A client that vanishes leaves the machine standing where it was. What it had set with Z goes with it; stops of `monitor`
stay. k (kill) ends the conversation only: an instrument is not a process.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from korgm1.debugging import gdb_files
from korgm1.debugging.core import Debugger
from korgm1.debugging.gdb_elf import bare_elf
from korgm1.debugging.gdb_files import GdbFiles
from korgm1.debugging.gdb_memory import GdbMemory, crc32, spot
from korgm1.debugging.gdb_monitor import Monitor
from korgm1.debugging.gdb_packets import PACKET_SIZE, Event, Kind, Reader, frame
from korgm1.debugging.gdb_target import EXPEDITED, REGISTERS, RegisterFile, memory_map_xml, target_xml
from korgm1.debugging.gdb_unwind import NOBODY
from korgm1.debugging.gdb_views import told
from korgm1.debugging.stop import Halt, Stop
from korgm1.errors import M1Error
from korgm1.symbols import Symbols

OK, WRONG, UNKNOWN = b"OK", b"E01", b""
FEATURES = (
    f"PacketSize={PACKET_SIZE:x};QStartNoAckMode+;qXfer:features:read+;qXfer:memory-map:read+;"
    "qXfer:exec-file:read+;ReverseStep+;"
    "ReverseContinue+;swbreak+;hwbreak+;vContSupported+"
).encode()
SIGINT, SIGILL, SIGTRAP, SIGABRT = 2, 4, 5, 6
"""GDB's numbers of signals."""
SIGNALS = {"asked": SIGINT, "stopped": SIGILL}
"""Of halts that are no trap."""
WAITING = 256
"""Events that wait while the machine runs, at most."""
_STOPS = {0: "exec", 1: "exec", 2: "memw", 3: "memr", 4: "mem"}
_PORTS = {2: "out", 3: "in", 4: "port"}
_WATCH = {2: "watch", 3: "rwatch", 4: "awatch"}


class GdbServer:
    """One conversation with one client.

    Args:
        debugger: what is debugged.
        look: called often while the machine runs, to `take` what the client sends meanwhile; False: it is gone.
        program: the ELF file that GDB gets if it has none; default: one without names.
        symbols: names for `monitor dis`.
    """

    def __init__(
        self, debugger: Debugger, look: Callable[[], bool] = lambda: True,
        program: bytes | None = None, symbols: Symbols | None = None,
    ) -> None:
        self.out = bytearray()
        """What is to be sent."""
        self.over = False
        """The client has said good-bye."""
        self._debugger = debugger
        self._registers = RegisterFile(debugger, lambda: debugger.session.clock)
        self._memory = GdbMemory(debugger)
        self._monitor = Monitor(debugger, self._asked, symbols)
        self._files = GdbFiles(bare_elf() if program is None else program)
        self._look = look
        self._reader = Reader()
        self._waiting: deque[Event] = deque(maxlen=WAITING)
        self._acks = True
        self._reports_breaks = False
        self._running = self._interrupted = False
        self._sent = b""
        self._set: dict[tuple[int, int, int], int] = {}
        self._last = self._stop_reply(None)

    def take(self, data: bytes) -> None:
        """Take bytes of the client, and do what they ask for unless the machine is running."""
        for event in self._reader.feed(data):
            if event.kind is Kind.INTERRUPT and self._running:
                self._interrupted = True
            elif event.kind is not Kind.ACK:
                self._waiting.append(event)
        while self._waiting and not self._running and not self.over:
            self._do(self._waiting.popleft())

    def close(self) -> None:
        """The client is gone: take away what it has set."""
        for number in self._set.values():
            if number in self._debugger.stops:
                self._debugger.remove(number)
        self._set.clear()

    def _do(self, event: Event) -> None:
        if event.kind is Kind.NAK:
            self.out += self._sent
        elif event.kind is Kind.BROKEN:
            self.out += b"-" if self._acks else b""
        elif event.kind is Kind.TOO_LONG:
            self._reply(WRONG)
        elif event.kind is Kind.PACKET:
            if self._acks:
                self.out += b"+"
            answer = self._answer(event.data)
            if answer is not None:
                self._reply(answer)

    def _reply(self, payload: bytes) -> None:
        self._sent = frame(payload)
        self.out += self._sent

    def _say(self, text: str) -> None:
        """Have GDB print something, while it waits for an answer."""
        data = text.encode()
        for place in range(0, len(data), 1000):
            self._reply(b"O" + data[place : place + 1000].hex().encode())

    def _answer(self, payload: bytes) -> bytes | None:
        """What is to be answered; None: nothing."""
        text = payload.decode("latin-1")
        try:
            for name, deed in self._deeds.items():
                if text.startswith(name):
                    return deed(self, text[len(name) :])
            return UNKNOWN
        except (ValueError, LookupError, ArithmeticError, M1Error):
            return WRONG

    # time

    def _begin(self) -> None:
        """The machine runs. A Ctrl-C may have come together with the packet that has it run."""
        self._running = True
        self._interrupted = any(event.kind is Kind.INTERRUPT for event in self._waiting)

    def _asked(self) -> bool:
        if not self._look():
            return True
        return self._interrupted

    def _run(self, deed: Callable[[], Halt]) -> bytes:
        """Let time pass and say what ended it."""
        self._begin()
        try:
            halt = deed()
        except M1Error as error:
            self._say(f"{error}\n")
            self._last = self._stop_reply(None, SIGABRT)
        else:
            if (text := self._told(halt)) is not None:
                self._say(f"korgm1: {text}\n")
            self._last = self._stop_reply(halt, SIGNALS.get(halt.reason, SIGTRAP))
        finally:
            self._running = False
        return self._last

    def _told(self, halt: Halt) -> str | None:
        """What GDB has no words for, a line."""
        gdbs = {stop.number for stop in halt.stops} & set(self._set.values())
        if gdbs or (halt.reason in ("step", "asked", "start") and not halt.undone):
            return None
        return told(halt, self._debugger.session)

    def _stop_reply(self, halt: Halt | None, signal: int = SIGTRAP) -> bytes:
        registers = self._debugger.registers()
        fields = [f"{number:02x}:{self._registers.get(number, registers).hex()};" for number in EXPEDITED]
        if halt is not None and halt.reason == "start":
            fields.append("replaylog:begin;")
        elif halt is not None:
            fields += self._cause(halt)
        return f"T{signal:02x}{''.join(fields)}thread:1;".encode()

    def _cause(self, halt: Halt) -> list[str]:
        """Which of the stops GDB has set it was."""
        for (kind, _, _), number in self._set.items():
            stop = next((stop for stop in halt.stops if stop.number == number), None)
            if stop is None:
                continue
            if kind in _WATCH:
                return [f"{_WATCH[kind]}:{spot(halt, stop):x};"]
            return [("swbreak:;" if kind == 0 else "hwbreak:;")] if self._reports_breaks else []
        return []

    def _go(self, _: str) -> bytes:
        return self._run(lambda: self._debugger.go(asked=self._asked))

    def _step(self, _: str) -> bytes:
        return self._run(lambda: self._debugger.step(asked=self._asked))

    def _from(self, rest: str, go_on: Callable[[str], bytes]) -> bytes:
        """`c` and `s`, perhaps from another address."""
        if rest:
            self._jump(rest)
        return go_on("")

    def _jump(self, address: str) -> None:
        number = next(n for n, register in enumerate(REGISTERS) if register.name == "eip")
        if not self._registers.set(number, int(address, 16).to_bytes(4, "little")):
            raise ValueError(address)

    def _signalled(self, rest: str, go_on: Callable[[str], bytes]) -> bytes:
        """`C` and `S`: an instrument knows no signals, so they are left out."""
        return self._from(rest.partition(";")[2], go_on)

    def _vcont(self, rest: str) -> bytes:
        """The first action that is for thread 1 or for all."""
        for action in rest.split(";"):
            what, _, thread = action.partition(":")
            if what[:1] in ("c", "C", "s", "S") and thread in ("", "1", "-1", "0"):
                return self._step("") if what[0] in "sS" else self._go("")
        return WRONG

    def _back_step(self, _: str) -> bytes:
        return self._run(lambda: self._debugger.back())

    def _back(self, _: str) -> bytes:
        return self._run(lambda: self._debugger.back_to_stop(self._asked))

    def _restart(self, _: str) -> None:
        self._monitor.do("power cycle")
        self._last = self._stop_reply(None)

    # registers and memory

    def _get_registers(self, _: str) -> bytes:
        return self._registers.all().hex().encode()

    def _set_registers(self, rest: str) -> bytes:
        return OK if self._registers.set_all(bytes.fromhex(rest)) else WRONG

    def _get_register(self, rest: str) -> bytes:
        return self._registers.get(_number(rest)).hex().encode()

    def _set_register(self, rest: str) -> bytes:
        number, _, value = rest.partition("=")
        return OK if self._registers.set(_number(number), bytes.fromhex(value)) else WRONG

    def _read(self, rest: str) -> bytes:
        address, size = (int(word, 16) for word in rest.split(","))
        data = self._memory.read(address, min(size, PACKET_SIZE // 2 - 8))
        return data.hex().encode() if data or not size else WRONG

    def _write(self, rest: str) -> bytes:
        place, _, data = rest.partition(":")
        return self._store(place, bytes.fromhex(data))

    def _write_binary(self, rest: str) -> bytes:
        place, _, data = rest.partition(":")
        return self._store(place, data.encode("latin-1"))

    def _store(self, place: str, data: bytes) -> bytes:
        address, size = (int(word, 16) for word in place.split(","))
        return OK if len(data) == size and self._memory.write(address, data) else WRONG

    def _search(self, rest: str) -> bytes:
        address, size, pattern = rest.split(";", 2)
        wanted = pattern.encode("latin-1")
        found = self._memory.find(int(address, 16), int(size, 16), wanted)
        return b"0" if found is None else b"1,%x" % found

    def _crc(self, rest: str) -> bytes:
        address, size = (int(word, 16) for word in rest.split(","))
        data = self._memory.read(address, size)
        return b"C%x" % crc32(data) if len(data) == size else WRONG

    # stops

    def _add(self, rest: str) -> bytes:
        key = _place(rest)
        stop = self._stop_of(key)
        if stop is None:
            return UNKNOWN if key[0] not in _STOPS else WRONG
        if key not in self._set:
            self._set[key] = self._debugger.add(stop)
        return OK

    def _remove(self, rest: str) -> bytes:
        key = _place(rest)
        if key[0] not in _STOPS:
            return UNKNOWN
        number = self._set.pop(key, None)
        if number is not None and number in self._debugger.stops:
            self._debugger.remove(number)
        return OK

    def _stop_of(self, key: tuple[int, int, int]) -> Stop | None:
        kind, address, size = key
        if kind in (0, 1):
            if address == NOBODY:    # where a finish would lead whose caller is not known: GDB gives it up then
                return None
            size = 1
        where = self._memory.range(address, max(size, 1))
        if kind not in _STOPS or where is None:
            return None
        ports, first, last = where
        if ports:
            return None if kind not in _PORTS else Stop(_PORTS[kind], first, last)
        return Stop(_STOPS[kind], first, last)

    # questions

    def _supported(self, rest: str) -> bytes:
        words = rest.lstrip(":").split(";")
        self._reports_breaks = "swbreak+" in words
        return FEATURES

    def _no_acks(self, _: str) -> bytes:
        self._acks = False
        return OK

    def _document(self, rest: str, text: str, annex: str) -> bytes:
        asked, _, part = rest.rpartition(":")
        offset, size = (int(word, 16) for word in part.split(","))
        if asked != annex:
            return WRONG
        data = text.encode()[offset : offset + size]
        return (b"m" if offset + size < len(text) else b"l") + data

    def _monitored(self, rest: str) -> bytes:
        command = bytes.fromhex(rest).decode("utf-8", "replace")
        self._begin()
        try:
            text = self._monitor.do(command)
        finally:
            self._running = False
        self._say(text.rstrip("\n") + "\n" if text else "")
        return OK

    def _leave(self, _: str) -> bytes:
        self.over = True
        return OK

    def _kill(self, _: str) -> None:
        self.over = True

    _deeds: Mapping[str, Callable[[GdbServer, str], bytes | None]] = {
        "qSupported": _supported,
        "QStartNoAckMode": _no_acks,
        "qXfer:features:read:": lambda self, rest: self._document(rest, target_xml(), "target.xml"),
        "qXfer:memory-map:read:": lambda self, rest: self._document(rest, memory_map_xml(self._memory.rom), ""),
        "qXfer:exec-file:read:": lambda self, rest: self._document(rest, gdb_files.NAME, ""),
        "vFile:": lambda self, rest: self._files.answer(rest),
        "qRcmd,": _monitored,
        "qSearch:memory:": _search,
        "qCRC:": _crc,
        "qC": lambda self, rest: b"QC1" if not rest else UNKNOWN,
        "qfThreadInfo": lambda self, rest: b"m1",
        "qsThreadInfo": lambda self, rest: b"l",
        "qThreadExtraInfo,": lambda self, rest: b"V50".hex().encode(),
        "qAttached": lambda self, rest: b"1",
        "qOffsets": lambda self, rest: b"Text=0;Data=0;Bss=0",
        "vCont?": lambda self, rest: b"vCont;c;C;s;S",
        "vCont;": _vcont,
        "vKill": _leave,
        "?": lambda self, rest: self._last,
        "!": lambda self, rest: OK,
        "H": lambda self, rest: OK if rest[1:] in ("", "0", "1", "-1") else WRONG,
        "T": lambda self, rest: OK if rest == "1" else WRONG,
        "g": _get_registers,
        "G": _set_registers,
        "p": _get_register,
        "P": _set_register,
        "m": _read,
        "M": _write,
        "X": _write_binary,
        "c": lambda self, rest: self._from(rest, self._go),
        "s": lambda self, rest: self._from(rest, self._step),
        "C": lambda self, rest: self._signalled(rest, self._go),
        "S": lambda self, rest: self._signalled(rest, self._step),
        "bc": _back,
        "bs": _back_step,
        "Z": _add,
        "z": _remove,
        "D": _leave,
        "k": _kill,
        "R": _restart,
    }  # fmt: skip
    """The first whose letters a packet begins with does it."""


def _number(text: str) -> int:
    number = int(text, 16)
    if not 0 <= number < len(REGISTERS):
        raise ValueError(text)
    return number


def _place(rest: str) -> tuple[int, int, int]:
    """Type, address and kind of Z and z; conditions behind them are not asked for by `FEATURES`."""
    kind, address, size = rest.partition(";")[0].split(",")
    return int(kind, 16), int(address, 16), int(size, 16)
