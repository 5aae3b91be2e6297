"""What `korgm1 doctor` asks the frontends."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from korgm1.frontends import audio_out


def test_audio_probe_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert "pip install sounddevice" in audio_out.probe()

    class NoLibrary:
        def find_spec(self, name: str, path: object, target: object = None) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice")
    monkeypatch.setattr(sys, "meta_path", [NoLibrary(), *sys.meta_path])
    assert "libportaudio2" in audio_out.probe()


def test_audio_probe_names_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    fake: Any = ModuleType("sounddevice")
    fake.PortAudioError = type("PortAudioError", (Exception,), {})
    fake.query_devices = lambda kind: {"name": "Speakers"}
    fake.get_portaudio_version = lambda: (1, "PortAudio V19")
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    assert audio_out.probe() == "Speakers, PortAudio V19"

    def none(kind: str) -> None:
        raise fake.PortAudioError("Error querying device -1")

    fake.query_devices = none
    assert "no output device" in audio_out.probe()
    assert "-1" not in audio_out.probe()
