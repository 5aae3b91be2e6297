"""The debugger's sights as lines of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from korgm1.clock import CPU_HZ
from korgm1.debugging.hindsight import Step
from korgm1.debugging.looking import FLAGS, Line
from korgm1.debugging.stop import Halt
from korgm1.symbols import Symbols

NEC = (("aw", "bw", "cw", "dw", "sp", "bp", "ix", "iy"), ("ds0", "ds1", "ss", "ps", "pc", "psw"))
BOTH = {
    "aw": "ax", "bw": "bx", "cw": "cx", "dw": "dx", "ix": "si", "iy": "di", "ds0": "ds", "ds1": "es", "ps": "cs",
    "pc": "ip", "psw": "fl",
}


def registers(values: Mapping[str, int], syntax: str) -> list[str]:
    """All registers in two lines, flags in the second: small letters are 0.

    >>> registers(dict.fromkeys(NEC[0] + NEC[1], 0), "intel")[0]
    'AX=0000 BX=0000 CX=0000 DX=0000 SP=0000 BP=0000 SI=0000 DI=0000'
    """
    def word(name: str) -> str:
        shown = BOTH.get(name, name) if syntax == "intel" else name
        return f"{shown.upper()}={values[name]:04X}"

    flags = " ".join(
        name.upper() if values["psw"] >> bit & 1 else name for name, bit in sorted(FLAGS.items(), key=lambda f: -f[1])
    )
    return [" ".join(map(word, NEC[0])), " ".join(map(word, NEC[1])) + "  " + flags]


def line(
    one: Line, syntax: str, symbols: Symbols, ports: Mapping[int, str], marks: str = "  ", notes: Sequence[str] = ()
) -> str:
    """An instruction: place, bytes, text, and what its port or target is called, with more notes behind that."""
    code = one.instruction.code[:8].hex().upper()
    text = one.instruction.text(syntax)
    words = []
    target = one.instruction.target
    if target is not None and (name := symbols.name((one.ps << 4) + target & 0xFFFFF)) is not None:
        words.append(name)
    form = one.instruction.form
    if form is not None and form.name in ("E4", "E5", "E6", "E7") and one.instruction.values[0] in ports:
        words.append(ports[one.instruction.values[0]])
    words += notes
    end = f"   ; {', '.join(words)}" if words else ""
    return f"{marks}{one.ps:04X}:{one.pc:04X}  {code:<12}  {text}{end}"


def past(one: Step, syntax: str, symbols: Symbols, ports: Mapping[int, str]) -> str:
    """A step that was made: when, the instruction, its operand in front of it, and the registers that it changed."""
    notes = []
    if one.operand is not None and not one.taken:
        segment, offset, size, value = one.operand
        name = symbols.exact((segment << 4) + offset & 0xFFFFF)
        notes.append(f"{segment:04X}:{offset:04X}{f' {name}' if name else ''} = {value:0{2 * size}X}")
    if one.port is not None and not one.taken:
        port, value = one.port
        notes.append(f"{port:04X} {ports.get(port, '')}".rstrip() + f" = {value:02X}")
    for name, (before, after) in one.changed.items():
        if name != "psw":
            notes.append(f"{(BOTH.get(name, name) if syntax == 'intel' else name).upper()}={after:04X}")
            continue
        bits = sorted(FLAGS.items(), key=lambda flag: -flag[1])
        notes += [word.upper() if after >> bit & 1 else word for word, bit in bits if (before ^ after) >> bit & 1]
    if one.taken:
        text = f"  {one.line.ps:04X}:{one.line.pc:04X}  {'':<12}  interrupt, or the end of HALT   ; {' '.join(notes)}"
    else:
        text = line(one.line, syntax, symbols, ports, notes=[" ".join(notes)] if notes else [])
    return f"{one.clock / CPU_HZ:12.6f}{text}"


def hexadecimal(number: int) -> str:
    """At least four digits.

    >>> hexadecimal(18), hexadecimal(-1)
    ('0012', '-0001')
    """
    return f"{'-' if number < 0 else ''}{abs(number):04X}"


def dump(data: bytes, address: int, segment: int | None = None) -> list[str]:
    """Memory, sixteen bytes a line.

    Args:
        data: the bytes.
        address: physical, of the first.
        segment: shown with offsets, if not None.
    """
    lines = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        place = address + at & 0xFFFFF
        shown = f"{place:05X}" if segment is None else f"{segment:04X}:{place - (segment << 4) & 0xFFFF:04X}"
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{shown}  {row[:8].hex(' ').upper():<23}  {row[8:].hex(' ').upper():<23}  {text}")
    return lines


def lcd(pair: Sequence[str]) -> list[str]:
    """The display in a frame."""
    bar = "+" + "-" * 40 + "+"
    return [bar, *(f"|{row}|" for row in pair), bar]


def time(clock: int) -> str:
    """As "1.234567 s, clock 9,876,536"."""
    return f"{clock / CPU_HZ:.6f} s, clock {clock:,}"


def halt(one: Halt, port_names: Mapping[int, str], symbols: Symbols) -> list[str]:
    """Why it stands, in a line or more."""
    lines = [f"undone: {label}" for label in one.undone]
    said = {
        "time": "the time is up", "halted": "nothing wakes the CPU any more", "stopped": "the CPU stopped for good",
        "frozen": "the CPU stands still", "asked": "stopped by you", "off": "the power is off",
        "never": "never, in what is remembered; this is where it stood",
        "start": "this is the beginning of what is remembered",
    }.get(one.reason)
    if said is not None:
        lines.append(f"{said} ({time(one.clock)})")
    for stop in one.stops:
        number = f"stop {stop.number}" if stop.number else "there"
        lines.append(f"{number}: {_what(stop.describe(), one, port_names, symbols)} ({time(one.clock)})")
    return lines


def _what(stop: str, one: Halt, port_names: Mapping[int, str], symbols: Symbols) -> str:
    """The stop, and what it was hit by, without saying anything twice."""
    words: list[str] = []
    if one.value is not None and one.kind is not None:
        width = 4 if one.value > 0xFF or any(match.word for match in one.matches) else 2
        if one.port is not None:
            words.append(f"{one.kind} {one.port:04X} {port_names.get(one.port, '')}".rstrip())
        elif one.address is not None:
            words.append(f"{one.kind} {one.address:05X} {symbols.name(one.address) or ''}".rstrip())
        words.append(f"value {one.value:0{width}X}")
    if one.vector is not None:
        words.append(f"vector {one.vector:02X}")
    if words and one.began is not None:
        words.append(f"by {one.began[0]:04X}:{one.began[1]:04X}")
    if words and words[0].startswith(stop):
        return ", ".join(words)
    return ": ".join([stop, *([", ".join(words)] if words else [])])
