"""The host's sound output on a card that is not there: the queue, gaps, rates, devices, and everything missing."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest
from fake_sounddevice import Card
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.errors import UserError
from korgm1.frontends import audio_out
from korgm1.frontends.audio_out import AudioOut


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    fake = Card()
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    return fake


def ramp(start: int, count: int) -> np.ndarray:
    """Frames whose value is their number."""
    return np.repeat(np.arange(start, start + count, dtype=np.float32)[:, None], 2, axis=1)


def test_nothing_is_lost_doubled_or_swapped(card: Card) -> None:
    out = AudioOut(latency="20")
    made = 0
    for size in (1000, 1, 300, 77, 2000):
        out.play(ramp(made, size))
        made += size
    out.drain()
    heard = np.concatenate([card.tick(size) for size in (64, 1000, 3, 511, 900, 1200)])
    assert (heard[:made, 0] == np.arange(made)).all() and not heard[made:].any()
    assert (out.taken, out.waiting, out.gaps) == (made, 0.0, 0)


def test_it_waits_for_half_its_depth_then_plays(card: Card) -> None:
    out = AudioOut(latency="100")
    assert not card.tick(512).any()
    out.play(ramp(1, 2399))
    assert not card.tick(512).any() and out.taken == 0
    out.play(ramp(2400, 1))
    assert card.tick(512)[0, 0] == 1 and out.taken == 512
    assert out.gaps == 0, "before the beginning nothing is missed"


def test_a_dry_queue_is_a_gap_that_is_counted_once(card: Card) -> None:
    out = AudioOut(latency="20")
    out.play(ramp(1, 600))
    assert np.count_nonzero(card.tick(1000)[:, 0]) == 600
    for _ in range(5):
        assert not card.tick(1000).any()
    assert (out.gaps, out.taken) == (1, 600)
    out.play(ramp(601, 480))
    assert card.tick(480)[0, 0] == 601
    out.play(ramp(1081, 480))
    card.tick(480, underflow=True)
    assert out.gaps == 2, "what the system missed counts, too"


def test_a_queue_that_was_to_end_is_no_gap(card: Card) -> None:
    out = AudioOut()
    out.play(ramp(1, 10))
    out.drain()
    assert card.tick(20)[:10, 0].tolist() == list(range(1, 11))
    assert out.gaps == 0
    out.close()
    assert card.closed


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["play", "tick"]), st.integers(1, 3000)), max_size=40))
def test_any_order_of_playing_and_asking(steps: list[tuple[str, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        card = Card()
        patch.setitem(sys.modules, "sounddevice", card)
        out = AudioOut(latency="20")
        made = 1
        for what, size in steps:
            if what == "play":
                out.play(ramp(made, size))
                made += size
            else:
                card.tick(size)
        heard = np.concatenate([np.zeros((0, 2)), *card.played])[:, 0]
        assert heard[heard > 0].tolist() == list(range(1, out.taken + 1))
        assert round(out.waiting * out.rate) == made - 1 - out.taken


@pytest.mark.parametrize(
    ("usual", "takes", "rate"),
    [(44100.0, None, 44100), (48000.0, None, 48000), (96000.0, (48000, 96000), 96000), (22050.0, None, 48000),
     (44100.0, (48000,), 48000), (192000.0, (44100,), 44100)],
)  # fmt: skip
def test_the_rate_is_the_device_s_or_one_it_can_do(
    monkeypatch: pytest.MonkeyPatch, usual: float, takes: tuple[int, ...] | None, rate: int
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", Card(usual, takes))
    assert AudioOut().rate == rate


def test_a_rate_that_opens_but_does_not_start_is_closed_again(card: Card) -> None:
    card.starts = (44100,)
    out = AudioOut()
    assert (out.rate, card.closed, card.opened["samplerate"]) == (44100, True, 44100)
    card.starts = ()
    with pytest.raises(UserError, match="cannot be opened: Device unavailable"):
        AudioOut()


@pytest.mark.parametrize(
    ("fake", "arguments", "said"),
    [
        (Card(outputs=0), {}, "no sound output device"),
        (Card(), {"device": "Nowhere"}, "--audio-device 'Nowhere'"),
        (Card(), {"device": "7"}, r"(?s)--audio-device '7' .* one of\n  1  Card One, 4 outputs, 48000 Hz$"),
        (Card(outputs=0), {"device": "7"}, "no device named: the host has no output"),
        (Card(outputs=2), {"channels": 4}, "has 2 outputs"),
        (Card(takes=()), {}, "cannot be opened: Invalid sample rate"),
    ],
)
def test_what_cannot_be_opened_is_said(
    monkeypatch: pytest.MonkeyPatch, fake: Card, arguments: dict[str, object], said: str
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    with pytest.raises(UserError, match=said):
        AudioOut(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["1", "Card One"])
def test_a_device_by_number_or_name(card: Card, word: str) -> None:
    out = AudioOut(device=word)
    assert (out.name, card.opened["device"]) == ("Card One", 1 if word == "1" else word)
    assert audio_out.devices() == ["  1  Card One, 4 outputs, 48000 Hz"]


@pytest.fixture(params=["no module", "no PortAudio"])
def missing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """sounddevice cannot be imported, for one of two reasons; the words of the hint."""
    if request.param == "no module":
        monkeypatch.setitem(sys.modules, "sounddevice", None)
        return "pip install sounddevice"

    class Finder:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    return "libportaudio2"


@pytest.mark.parametrize("call", [AudioOut, audio_out.devices])
def test_what_is_missing_has_a_hint(missing: str, call: Callable[[], object]) -> None:
    with pytest.raises(UserError) as error:
        call()
    assert missing in error.value.hint
    assert missing in audio_out.probe()


def test_a_card_that_stops_asking_is_noticed(card: Card) -> None:
    now = [0.0]
    out = AudioOut(host=lambda: now[0])
    now[0] = 0.9
    assert out.alive
    card.tick(64)
    now[0] = 1.8
    assert out.alive
    now[0] = 2.0
    assert not out.alive


def test_doctor_names_the_device(card: Card) -> None:
    assert audio_out.probe() == "Card One, a fake"
    card.outputs = 0
    assert "no output device" in audio_out.probe()
