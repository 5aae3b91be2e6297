"""What the monitor's commands for the instrument and for files do; going back undoes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from korgm1.errors import M1Error, UsageError
from korgm1.files import read_file

if TYPE_CHECKING:
    from korgm1.debugging.monitor import Monitor

DEEPEST = 8
"""Files of commands that may have each other carried out."""


def power(monitor: Monitor, rest: str) -> None:
    """The switch."""
    word, _, keys = rest.partition(" ")
    if word.lower() == "on":
        monitor.debugger.power_on(tuple(_key(monitor, key) for key in keys.replace(",", " ").split()))
    elif word.lower() == "off" and not keys:
        monitor.debugger.power_off()
    else:
        raise UsageError(f"power {rest!r}", "power on [KEY ...], or power off")


def press(monitor: Monitor, rest: str) -> None:
    """A key, for a time."""
    words = rest.split()
    seconds = 0.1
    if len(words) > 1 and words[-1].replace(".", "", 1).isdecimal() and _known(monitor, " ".join(words[:-1])):
        seconds = float(words.pop())
    monitor.debugger.press(_key(monitor, " ".join(words)), seconds)


def down(monitor: Monitor, rest: str) -> None:
    """A key down."""
    key = _key(monitor, rest)
    monitor.debugger.act(f"down {key}", lambda: monitor.session.key_down(key))


def up(monitor: Monitor, rest: str) -> None:
    """A key up."""
    key = _key(monitor, rest)
    monitor.debugger.act(f"up {key}", lambda: monitor.session.key_up(key))


def value(monitor: Monitor, rest: str) -> None:
    """The slider."""
    if not rest.isdecimal() or len(rest) > 3 or int(rest) > 127:
        raise UsageError(f"VALUE has no position {rest!r}", "0 to 127")
    monitor.debugger.act(f"value {rest}", lambda: monitor.session.slide(int(rest)))


def midi(monitor: Monitor, rest: str) -> None:
    """MIDI IN."""
    try:
        data = bytes.fromhex(rest.replace(",", " "))
    except ValueError:
        data = b""
    if not data:
        raise UsageError(f"{rest!r} are no bytes", "hexadecimal, as midi 90 3C 64")
    monitor.debugger.act(f"midi {rest}", lambda: monitor.session.midi_in(data))


def cell(monitor: Monitor, rest: str) -> None:
    """Another cell."""
    if not rest:
        raise UsageError("which cell?", "fresh, low, dead, absent, volts, or CR2032@VOLTS")
    try:
        monitor.debugger.act(f"cell {rest}", lambda: monitor.session.set_battery(rest))
    except UsageError as error:
        raise UsageError(error.found, error.expected, "cell 2.4") from None


def card(monitor: Monitor, rest: str) -> None:
    """The slot."""
    word, _, name = rest.partition(" ")
    if word.lower() == "insert" and name.strip():
        path = Path(name.strip())
        monitor.debugger.act(f"card insert {path}", lambda: monitor.session.insert_card(path))
    elif word.lower() == "eject" and not name:
        monitor.debugger.act("card eject", monitor.session.eject_card)
    else:
        raise UsageError(f"card {rest!r}", "card insert FILE, or card eject")


def reset(monitor: Monitor, rest: str) -> None:
    """The pin."""
    monitor.debugger.act("reset", monitor.session.reset)


def port_in(monitor: Monitor, rest: str) -> None:
    """Really read."""
    number = monitor.value(rest, ports=True).number & 0xFFFF
    monitor.say(f"{number:04X}: {monitor.debugger.port_read(number):02X} (the device was really read)")


def port_out(monitor: Monitor, rest: str) -> None:
    """Really write."""
    number, _, byte = rest.partition(" ")
    if not byte.strip():
        raise UsageError("what is to be written, and where?", "out PORT BYTE")
    port, data = monitor.value(number, ports=True).number & 0xFFFF, monitor.value(byte).number & 0xFF
    monitor.debugger.port_write(port, data)
    monitor.say(f"{port:04X}: {data:02X} written (to the device itself)")


def save(monitor: Monitor, rest: str) -> None:
    """To a file."""
    path = path_of(rest)
    monitor.debugger.save(path)
    monitor.say(f"{path} written")


def load(monitor: Monitor, rest: str) -> None:
    """From a file."""
    monitor.debugger.load(path_of(rest))
    if monitor.session.powered:
        monitor.show_lines(monitor.debugger.where, 1)


def log(monitor: Monitor, rest: str) -> None:
    """What is typed and said."""
    if rest.lower() == "off":
        monitor.log(None)
    else:
        monitor.log(path_of(rest))


def source(monitor: Monitor, rest: str) -> None:
    """Commands from a file; the first that cannot be done ends it."""
    path = path_of(rest)
    if monitor.sourced >= DEEPEST:
        raise UsageError(f"{path} is called by files too deep", f"at most {DEEPEST}")
    text = read_file(path, "commands", 1 << 20).decode("utf-8", "replace")
    monitor.sourced += 1
    try:
        play(monitor, text.splitlines(), line_of(str(path)))
    finally:
        monitor.sourced -= 1


def play(monitor: Monitor, lines: list[str], name: str) -> None:
    """Carry out lines; empty ones are nothing.

    Args:
        monitor: does it.
        lines: the commands.
        name: where they come from, for errors; {} becomes the line's number.

    Raises:
        M1Error: one cannot be done; the text says which.
    """
    for number, line in enumerate(lines, 1):
        if monitor.over or monitor.asked():
            return
        if not line.strip():
            continue
        try:
            monitor.do(line)
        except M1Error as error:
            error.args = (f"{name.format(number)}: {error}",)
            raise


def line_of(name: str) -> str:
    """For `play`: a line of a file."""
    return name.replace("{", "{{").replace("}", "}}") + ", line {}"


def path_of(text: str) -> Path:
    """What names a file, in quotes or not.

    Raises:
        UsageError: nothing does.
    """
    text = text.strip().strip("\"'")
    if not text or "\x00" in text:
        raise UsageError("no file", "the name of a file")
    return Path(text)


def _key(monitor: Monitor, text: str) -> str:
    key = text.replace("_", " ").upper().strip()
    monitor.session.machine.panel.check_key(key)
    return key


def _known(monitor: Monitor, text: str) -> bool:
    names = monitor.session.machine.panel.keys()
    return text.replace("_", " ").upper() in names
