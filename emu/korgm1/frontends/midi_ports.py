"""The host's MIDI ports: for now only which there are (`korgm1 doctor`)."""

from __future__ import annotations

from typing import Any

from korgm1.errors import UserError, pip_install


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
        library = rtmidi()
    except UserError as error:
        return f"{error.found}: {error.hint} (MIDI files need no ports)"
    try:
        ports = [*library.MidiIn().get_ports(), *library.MidiOut().get_ports()]
    except Exception as error:
        return f"the system's MIDI cannot be used ({error})"
    return ", ".join(ports) if ports else "no ports"
