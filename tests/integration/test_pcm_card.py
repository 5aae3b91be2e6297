"""PCM cards and the second half of an M1EX's wave ROM: what the firmware sees, the TG reads and files ask for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from songs import song_file
from sound_programs import program, rom_of
from sound_scripts import bytes_to, keyed

from korgm1.cli import main
from korgm1.errors import M1Error, SnapshotError, UserError
from korgm1.replay import replay
from korgm1.romset.waves import WaveSet
from korgm1.session import Session
from korgm1.sound.waverom import CARD, INTERNAL, with_extension
from korgm1.tapping import program as programs

ASSUMED = "taken to come first (ASSUMED)"
WORD = 0x1234
CARD_BYTES = WORD.to_bytes(2, "little") * 1000


@pytest.fixture
def card(tmp_path: Path) -> Path:
    path = tmp_path / "card.bin"
    path.write_bytes(CARD_BYTES)
    return path


def level_at(
    address: int, model: str = "m1", waves: WaveSet | None = None, card: bytes | None = None, **guess: str
) -> int:
    """What comes out of 1/L while a voice repeats the words from `address` on."""
    start = bytes_to(0x100A, *address.to_bytes(3, "little")) + bytes_to(0x100E, *address.to_bytes(3, "little"))
    code = program([*start, *keyed(0, end=address + 500)[6:]])
    session = Session(
        model=model, roms=rom_of(code), waves=waves, pcm_card=card,
        hypotheses={"H-TGW": "any", "H-BUS": 12, **{name.replace("_", "-"): value for name, value in guess.items()}},
    )
    session.power_on()
    session.listen(True)
    session.run(0.05)
    return round(int(session.heard()[-1, 0]) / 4)


def invented(first: int, second: int | None = None) -> WaveSet:
    """A wave ROM of one value, or of two."""
    words = np.full(INTERNAL, first, np.int16)
    if second is not None:
        words = with_extension(words, np.full(INTERNAL, second, np.int16))
    return WaveSet(words, ("invented",))


@pytest.mark.parametrize("inserted", [False, True])
@pytest.mark.parametrize("model", ["m1", "m1r"])
def test_the_firmware_sees_whether_one_is_inserted(model: str, inserted: bool) -> None:
    """The mode request's answer: 42, mode, allocation, program card, PCM card (1 none, 2 inserted)."""
    session = Session(model=model, pcm_card=CARD_BYTES if inserted else None)
    session.boot()
    session.midi_in(bytes.fromhex("F0 42 30 19 12 F7"))
    session.run(0.2)
    answer = bytes.fromhex("F0 42 30 19 42 02 00 30") + bytes([2 if inserted else 1, 0xF7])
    assert answer in session.midi_out
    assert session.machine.pio.peek(4) >> 3 & 1 == (not inserted)


def test_it_stays_inserted_over_power_off_and_on(card: Path) -> None:
    session = Session(pcm_card=card)
    session.power_on()
    before = session.wave_sha1
    session.power_off()
    session.power_on()
    assert (session.machine.wave_rom.card_status, session.wave_sha1) == (0, before)
    assert before != Session().wave_sha1


@pytest.mark.parametrize(("model", "waves", "guess", "at"), [
    ("m1", None, "behind", INTERNAL),
    ("m1", None, "fixed", 2 * INTERNAL),
    ("m1ex", None, "behind", 2 * INTERNAL),
    ("m1ex", invented(1), "behind", 2 * INTERNAL),
    ("m1rex", invented(1, 2), "behind", 2 * INTERNAL),
])
def test_the_tone_generator_reads_it_behind_the_internal_words(
    model: str, waves: WaveSet | None, guess: str, at: int
) -> None:
    assert abs(level_at(at, model, waves, CARD_BYTES, H_PCM_CARD=guess) - WORD) <= 1
    assert level_at(at, model, waves, None, H_PCM_CARD=guess) == 0


@pytest.mark.parametrize("model", ["m1ex", "m1rex"])
def test_an_ex_plays_both_halves_of_a_set_made_in_python(model: str) -> None:
    waves = invented(0x0800, 0x1800)
    for at, word in ((INTERNAL - 1000, 0x0800), (INTERNAL, 0x1800)):
        assert abs(level_at(at, model, waves) - word) <= 1
    assert level_at(2 * INTERNAL, model, waves) == 0


def test_an_ex_that_was_saved_goes_on_with_both_halves(tmp_path: Path) -> None:
    waves, state = invented(5, 6), tmp_path / "x.state"
    session = Session(model="m1ex", waves=waves)
    session.power_on()
    session.run(0.1)
    session.save(state)
    assert Session.load(state, waves=waves).wave_sha1 == session.wave_sha1
    with pytest.raises(SnapshotError, match="made with the wave ROM"):
        Session.load(state, waves=invented(5))


@pytest.mark.parametrize("size", [0, 1, 999, 2 * CARD - 1, 2 * CARD + 1, 2 * CARD + 2])
def test_a_size_no_card_has_is_refused(size: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match=f"a PCM card has {size:,} bytes; expected 16-bit words"):
        Session(pcm_card=bytes(size))
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(size))
    assert main(["boot", "--pcm-card", str(path), "--seconds", "0.1"]) == 1
    assert f"x.bin has {size:,} bytes" in capsys.readouterr().err


def test_the_largest_fits_and_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert Session(pcm_card=bytes(2 * CARD)).machine.wave_rom.size == INTERNAL + CARD
    with pytest.raises(UserError, match=r"nothing\.bin"):
        Session(pcm_card=tmp_path / "nothing.bin")


def test_bytes_that_look_turned_round_are_said() -> None:
    wave = (8000 * np.sin(np.arange(4000) / 60)).astype("<i2")
    right, turned = (Session(pcm_card=words.tobytes()).dump_warnings for words in (wave, wave.byteswap()))
    assert right[0].endswith(ASSUMED) and "other order" in turned[0]


def refusal(error: type[M1Error], make: Callable[[], object]) -> str:
    """The words with which it is refused."""
    with pytest.raises(error) as raised:
        make()
    return str(raised.value)


def test_a_snapshot_asks_for_it(card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state, mine = str(tmp_path / "x.state"), hashlib.sha1(CARD_BYTES).hexdigest()[:8]
    assert main(["state", "save", state, "--pcm-card", str(card), "--seconds", "0.1"]) == 0
    assert main(["state", "load", state, "--pcm-card", str(card), "--seconds", "0.1"]) == 0
    assert main(["state", "load", state, "--seconds", "0.1"]) == 1
    said = capsys.readouterr().err
    assert f"made with the PCM card {mine}; expected none in the slot" in said
    assert "--pcm-card PATH of that dump" in said
    other = CARD_BYTES[:-2]
    assert "expected this one, " in refusal(SnapshotError, lambda: Session.load(state, pcm_card=other))
    session = Session(pcm_card=other)
    with_card, empty = session.snapshot(), Session().snapshot()
    session.restore(empty)
    assert session.pcm_card is None and session.machine.wave_rom.card_status == 1
    session.restore(with_card)
    assert session.pcm_card == other and session.machine.wave_rom.card_status == 0


def test_a_snapshot_brings_the_cards_place_along(card: Path, tmp_path: Path) -> None:
    saved, state = Session(pcm_card=card, hypotheses={"H-PCM-CARD": "fixed"}), tmp_path / "x.state"
    saved.power_on()
    saved.save(state)
    again = Session.load(state, pcm_card=card)
    assert again.machine.wave_rom.card_at == 2 * INTERNAL
    again.power_off()
    again.power_on()
    assert again.wave_sha1 == saved.wave_sha1


def test_a_recording_asks_for_it(card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = str(tmp_path / "x.rec")
    assert main(["boot", "--pcm-card", str(card), "--seconds", "0.3", "--record", recording]) == 0
    assert ASSUMED in "".join(capsys.readouterr())
    assert main(["boot", "--replay", recording, "--pcm-card", str(card)]) == 0
    assert main(["boot", "--replay", recording]) == 1
    said = capsys.readouterr().err
    assert "the recording was made with the PCM card" in said and "--pcm-card PATH" in said
    plain = tmp_path / "plain.rec"
    session = Session()
    session.record(plain)
    session.power_on()
    session.power_off()
    session.record_end()
    assert "without a PCM card" in refusal(UserError, lambda: replay(plain, pcm_card=card))


def test_a_sweep_has_it_in_every_trial(
    card: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = programs.parameters
    monkeypatch.setattr(programs, "parameters", lambda data: everything(data)[40:42])
    assert main(["tap", "--sweep", "71", "--during", "0.1", "--pcm-card", str(card), "--json"]) == 0
    assert ASSUMED in capsys.readouterr().err


@pytest.mark.parametrize("words", [
    ["render", "-o", "x.wav"], ["play", "--mute", "--tail", "0"], ["tap", "--seconds", "0.1", "--midi"],
])  # fmt: skip
def test_the_verbs_that_play_take_it_and_say_what_is_assumed(
    words: Sequence[str], card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    song = song_file(tmp_path / "x.mid", 0.1)
    assert main([*words, str(song), "--pcm-card", str(card)]) == 0
    assert capsys.readouterr().err.count(ASSUMED) == 1


@pytest.mark.parametrize("words", [
    ["render", "-o", "card.bin", "x.mid"], ["play", "--sram", "card.bin", "x.mid"],
    ["tap", "--seconds", "0.1", "--out", "card.bin"], ["boot", "--png", "card.bin"], ["run", "--sram", "card.bin"],
    ["age", "--years", "1", "--output", "card.bin"],
])  # fmt: skip
def test_the_dump_is_not_written_over(
    words: Sequence[str], card: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(card.parent)
    song_file(card.parent / "x.mid", 0.1)
    assert main([*words, "--pcm-card", "card.bin"]) == 2
    assert "same file" in capsys.readouterr().err and card.read_bytes() == CARD_BYTES


def test_a_rendered_file_names_it(card: Path, tmp_path: Path) -> None:
    song, out = song_file(tmp_path / "x.mid", 0.1), tmp_path / "x.wav"
    assert main(["render", str(song), "-o", str(out), "--pcm-card", str(card)]) == 0
    data = out.read_bytes()
    facts = json.JSONDecoder().raw_decode(data[data.index(b'{"') :].decode("latin-1"))[0]
    assert facts["pcm_card_sha1"] == hashlib.sha1(CARD_BYTES).hexdigest()
