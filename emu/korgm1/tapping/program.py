"""Programs over MIDI, and their parameters by name: how a sweep changes one thing, in any firmware.

The instrument is asked for the program it plays (function 10h) and sent another one for its edit buffer (40h): the
published MIDI implementation, the same for every OS. Sources: facts m1-hardware 6.1, 6.2, 6.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from korgm1.errors import UsageError, UserError
from korgm1.performance import PATIENCE, REFUSALS, function_of, talk
from korgm1.session import Session
from korgm1.sram_layout.parameter import Parameter
from korgm1.sram_layout.parameters import table
from korgm1.sysex import HEAD, PROGRAM_SIZE, pack, unpack

REQUEST, DUMP, LOADED = 0x10, 0x40, 0x23
PROG_MODE = bytes([0x4E, 2, 0])
"""A mode change, behind the head."""
LISTED = 8
"""Names in a message."""


def message(function: int, data: bytes = b"", channel: int = 1) -> bytes:
    """A system exclusive message of the M1.

    >>> message(0x10).hex(" ")
    'f0 42 30 19 10 f7'
    """
    return HEAD[:2] + bytes([HEAD[2] + channel - 1, HEAD[3], function]) + data + b"\xf7"


def ask(session: Session, sent: bytes, wanted: int, channel: int = 1) -> bytes:
    """Send a message and wait for its answer.

    Args:
        session: its power is on.
        sent: the message.
        wanted: function of the answer; a refusal ends the waiting, too.

    Returns:
        The data of the answer.

    Raises:
        UserError: it refused, or gave no answer within `PATIENCE` seconds.
    """
    head = message(0, channel=channel)[:4]

    def answers(replies: list[bytes]) -> list[bytes]:
        return [reply for reply in replies if reply[:4] == head and function_of(reply) in (wanted, *REFUSALS)]

    found = answers(talk(session, sent, lambda replies: bool(answers(replies))))
    if found and found[0][4] == wanted:
        return found[0][5:-1]
    said = f"it refused, {REFUSALS[found[0][4]]}" if found else f"no answer {wanted:02X}h within {PATIENCE:g} s"
    raise UserError(
        f"{session.firmware.name} was sent message {sent[4]:02X}h: {said}",
        f"answer {wanted:02X}h on MIDI channel {channel}",
        "GLOBAL's EXCLUSIVE set to ENA and its channel as --channel says, in the RAM of --sram",
    )


def present(session: Session, channel: int = 1) -> bytes:
    """The 143 bytes of the program that plays.

    Raises:
        UserError: the firmware does not give it.

    >>> m1 = Session(); _ = m1.boot(); present(m1)[:10]
    b'Init Prog '
    """
    data = unpack(ask(session, message(REQUEST, channel=channel), DUMP, channel))
    if len(data) != PROGRAM_SIZE:
        raise UserError(f"the program that came has {len(data)} bytes", f"{PROGRAM_SIZE}")
    return data


def dump(program: bytes, channel: int = 1) -> bytes:
    """The message that puts a program into the edit buffer."""
    return message(DUMP, pack(program), channel)


def parameters(program: bytes) -> list[Parameter]:
    """What a sweep can change in this program: all it has, but its name."""
    return [row for row in table("program").present(program) if not row.text]


def find(program: bytes, word: str) -> Parameter:
    """The parameter somebody means.

    Args:
        program: what there is depends on its effects and oscillator mode.
        word: its name, a part of it that no other has, or the number of a byte, 10 to 142, for that byte as a whole.

    Raises:
        UsageError: there is none, or several.

    >>> [find(bytes(143), word).name for word in ("vdf1 cutoff", "osc1 multi", "71", "19")]
    ['VDF1 cutoff', 'OSC1 multisound', 'VDF1 cutoff', 'Byte 19']
    """
    rows = parameters(program)
    text = " ".join(word.lower().split()).removeprefix("byte ")
    if text.isascii() and text.isdecimal():
        return _byte(rows, int(text[:9]))
    exact = [row for row in rows if row.name.lower() == text]
    found = exact or [row for row in rows if text and text in row.name.lower()]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(f"this program has no parameter {word!r}", "a name or a byte, 10 to 142", "--sweep list")
    names = ", ".join(repr(row.name) for row in found[:LISTED]) + (" and more" if len(found) > LISTED else "")
    raise UsageError(f"{word!r} may be {names}", "one of them", f"--sweep {found[0].name!r}")


def _byte(rows: Sequence[Parameter], number: int) -> Parameter:
    if not 10 <= number < PROGRAM_SIZE:
        raise UsageError(f"a program has no parameter in byte {number}", "10 to 142", "--sweep list")
    there = [row for row in rows if any(byte == number for byte, _ in row.places())]
    if len(there) == 1 and there[0].width == 1 and there[0].bits == (0, 7):
        return there[0]
    return Parameter(f"Byte {number}", number, confidence="a byte as a whole")


def limits(parameter: Parameter) -> tuple[int, int]:
    """The lowest and highest value a sweep gives a parameter: those of the panel, or all its bits allow.

    >>> limits(find(bytes(143), "OSC2 detune")), limits(find(bytes(143), "hold"))
    ((-50, 50), (0, 1))
    """
    low, high = parameter.range()
    size = 8 * parameter.width if parameter.width > 1 else parameter.bits[1] - parameter.bits[0] + 1
    least, most = (-(1 << size - 1), (1 << size - 1) - 1) if parameter.signed else (0, (1 << size) - 1)
    return max(least, least if low is None else low), min(most, most if high is None else high)


def steps(parameter: Parameter, count: int) -> list[int]:
    """So many values of a parameter equally far apart, both ends among them; fewer where it has fewer.

    >>> steps(find(bytes(143), "VDF1 cutoff"), 4), steps(find(bytes(143), "hold"), 9)
    ([0, 33, 66, 99], [0, 1])
    """
    low, high = limits(parameter)
    count = min(count, high - low + 1)
    return sorted({low + round(index * (high - low) / max(1, count - 1)) for index in range(count)})


def with_value(program: bytes, parameter: Parameter, value: int) -> bytes:
    """The program with that value.

    Raises:
        UsageError: it does not fit into the parameter's bits.
    """
    made = bytearray(program)
    parameter.put(made, value)
    if parameter.value(bytes(made)) != value:
        raise UsageError(f"{parameter.name} cannot be {value}", "{} to {}".format(*limits(parameter)))
    return bytes(made)


def settings(program: bytes, words: Iterable[str]) -> bytes:
    """The program with the values of words such as "VDF1 EG intensity=99".

    Raises:
        UsageError: a word without a number, or what `find` and `with_value` say.
    """
    for word in words:
        name, equals, number = word.rpartition("=")
        if not equals or not re.fullmatch(r"[+-]?[0-9]{1,5}", number.strip()):
            raise UsageError(f"--set {word!r} has no value", "PARAMETER=NUMBER", "--set 'VDF1 EG intensity=99'")
        program = with_value(program, find(program, name), int(number))
    return program
