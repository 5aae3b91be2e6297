"""Sound to the host's speakers: for now only whether that would work (`korgm1 doctor`)."""

from __future__ import annotations

from typing import Any

from korgm1.errors import UserError, pip_install

NO_PORTAUDIO = "sudo apt install libportaudio2 (Debian, Ubuntu), or your system's PortAudio package"


def sounddevice() -> Any:
    """The sounddevice module.

    Raises:
        UserError: it or PortAudio below it is missing; the hint says what to install.
    """
    try:
        import sounddevice
    except ImportError:
        raise UserError("sounddevice is not installed", hint=pip_install("sounddevice")) from None
    except OSError:
        raise UserError("there is no PortAudio library", hint=NO_PORTAUDIO) from None
    return sounddevice


def probe() -> str:
    """What `korgm1 doctor` says of the sound output."""
    try:
        library = sounddevice()
    except UserError as error:
        return f"{error.found}: {error.hint}"
    try:
        device = library.query_devices(kind="output")
    except (library.PortAudioError, ValueError):
        return "PortAudio works, but there is no output device: connect one, or start the sound server"
    return f"{device['name']}, {library.get_portaudio_version()[1]}"
