"""The host's MIDI ports by python-rtmidi: which there are, and opening them. The only importer of rtmidi."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from korgm1.errors import UserError, pip_install
from korgm1.frontends import midi_raw
from korgm1.frontends.midi_receiver import WAITING
from korgm1.frontends.midi_rtmidi import Input, Output, VirtualInput, VirtualOutput

CLIENT = "korgm1"
"""What this program is called among the host's ports, and its own virtual ports."""
_IN_PIECES = ("ALSA", "Jack")
"""Backends that take an exclusive message in pieces."""


@dataclass(frozen=True)
class Listing:
    """What there is.

    Attributes:
        backends: those that work, by rtmidi's names.
        inputs, outputs: names of ports.
        broken: backend -> why it does not work.
    """

    backends: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    broken: dict[str, str]


def rtmidi() -> Any:
    """The rtmidi module.

    Raises:
        UserError: it is missing; the hint says what to install.
    """
    try:
        import rtmidi
    except ImportError:
        raise UserError("python-rtmidi is not installed", hint=pip_install("python-rtmidi")) from None
    return rtmidi


def probe() -> str:
    """What `korgm1 doctor` says of MIDI ports."""
    try:
        found = listing()
    except UserError as error:
        return f"{error.found}: {error.hint} (MIDI files need no ports)"
    if not found.backends:
        return f"the system's MIDI cannot be used ({_reasons(found)})"
    ports = [*found.inputs, *found.outputs]
    return ", ".join(ports) if ports else "no ports"


def listing() -> Listing:
    """The ports of every backend that works.

    Raises:
        UserError: python-rtmidi is missing.
    """
    library = rtmidi()
    backends: list[str] = []
    names: dict[str, list[str]] = {"MidiIn": [], "MidiOut": []}
    broken = {}
    for api in library.get_compiled_api():
        backend = str(library.get_api_display_name(api))
        try:
            for kind, into in names.items():
                client = _client(library, kind, api)
                into += [str(name) for name in client.get_ports()]
                client.delete()
        except Exception as error:
            broken[backend] = str(error)
            continue
        backends.append(backend)
    return Listing(tuple(backends), tuple(names["MidiIn"]), tuple(names["MidiOut"]), broken)


class Ports:
    """The host's ports, to be opened by name.

    Args:
        clock: host seconds, by which messages are stamped.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock

    def open_input(self, word: str) -> Input | midi_raw.RawInput:
        """Open an input.

        Args:
            word: its number in `korgm1 midi list`, a part of its name, or the path of a raw device (/dev/snd/midiC1D0).

        Raises:
            UserError: no such port, several, or it cannot be opened; the message lists what there is.
        """
        if midi_raw.is_path(word):
            return midi_raw.RawInput(word, self.clock)
        client, name, _ = _opened("MidiIn", word)
        return Input(client, name, self.clock)

    def open_output(self, word: str) -> Output | midi_raw.RawOutput:
        """Open an output; see `open_input`."""
        if midi_raw.is_path(word):
            return midi_raw.RawOutput(word, self.clock)
        client, name, backend = _opened("MidiOut", word)
        return Output(client, name, self.clock, backend in _IN_PIECES)

    def open_virtual(self) -> tuple[Input, Output]:
        """An input and an output that other programs can connect to, named korgm1.

        Raises:
            UserError: no backend has virtual ports.
        """
        library = rtmidi()
        reasons = []
        for api in library.get_compiled_api():
            try:
                takes, gives = _client(library, "MidiIn", api), _client(library, "MidiOut", api)
                takes.open_virtual_port(f"{CLIENT} in")
                gives.open_virtual_port(f"{CLIENT} out")
            except Exception as error:
                reasons.append(str(error))
                continue
            backend = str(library.get_api_display_name(api))
            output = VirtualOutput(gives, f"{CLIENT} out", self.clock, backend in _IN_PIECES)
            return VirtualInput(takes, f"{CLIENT} in", self.clock), output
        raise UserError(
            f"virtual MIDI ports cannot be made ({'; '.join(reasons) or 'no backend'})",
            "ALSA's sequencer, JACK or macOS", "korgm1 midi list",
        )


def choose(word: str, names: list[str], what: str) -> int:
    """Which of some ports a word means: a number, a whole name, or a part of one name, case aside.

    Raises:
        UserError: none, or several; the message lists what there is.

    >>> choose("uno", ["Midi Through", "UNO 20:0"], "input")
    1
    """
    there = "; ".join(f"{number} {name}" for number, name in enumerate(names)) or "there is none at all"
    if word.isascii() and word.isdecimal() and int(word) < len(names):
        return int(word)
    folded = word.casefold()
    exact = [number for number, name in enumerate(names) if name.casefold() == folded]
    some = exact or [number for number, name in enumerate(names) if folded in name.casefold()]
    if len(some) == 1:
        return some[0]
    if some and len({names[number] for number in some}) == 1:
        return some[0]
    found = f"there is no MIDI {what} {word!r}" if not some else f"{len(some)} MIDI {what}s are called {word!r}"
    raise UserError(found, f"one of: {there}", "korgm1 midi list")


def _opened(kind: str, word: str) -> tuple[Any, str, str]:
    library = rtmidi()
    what = "input" if kind == "MidiIn" else "output"
    all_names: list[str] = []
    places: list[tuple[Any, int, str]] = []
    reasons, works = [], False
    for api in library.get_compiled_api():
        try:
            client = _client(library, kind, api)
            names = [str(name) for name in client.get_ports()]
        except Exception as error:
            reasons.append(str(error))
            continue
        works = True
        backend = str(library.get_api_display_name(api))
        places += [(client, number, backend) for number in range(len(names))]
        all_names += names
    if reasons and not works:
        raise UserError(f"the system's MIDI cannot be used ({'; '.join(reasons)})", f"a MIDI {what}", "korgm1 doctor")
    number = choose(word, all_names, what)
    client, own, backend = places[number]
    for other in {id(place[0]): place[0] for place in places if place[0] is not client}.values():
        other.delete()
    try:
        with _quiet():
            client.open_port(own, what)
    except Exception as error:
        raise UserError(f"the MIDI {what} {all_names[number]} cannot be opened: {error}") from error
    return client, all_names[number], backend


def _client(library: Any, kind: str, api: int) -> Any:
    """A client of one backend; the C libraries below say on stderr what its error says, too."""
    with _quiet():
        if kind == "MidiIn":
            return library.MidiIn(api, CLIENT, queue_size_limit=WAITING)
        return library.MidiOut(api, CLIENT)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What C libraries write on stderr goes nowhere."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, ValueError, AttributeError):
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _reasons(found: Listing) -> str:
    return "; ".join(f"{name}: {why}" for name, why in found.broken.items()) or "no backend"


