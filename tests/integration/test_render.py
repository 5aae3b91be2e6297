"""Songs as WAV files: lengths to the sample, what is in them and what they say of themselves, and every refusal."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import mido
import numpy as np
import pytest
from openm1_sound import LAYER, MULTI, SINGLE, SPLIT, SWITCH, timbre
from patience import LIMIT
from pty_child import PtyChild
from riff import read_wav
from songs import song_file
from stoppable import started

import korgm1
from korgm1.cli import main
from korgm1.errors import Stopped
from korgm1.hypotheses import all_hypotheses
from korgm1.performance import guesses, playing
from korgm1.session import Session
from korgm1.sound.waverom import CHIP
from korgm1.sysex import COMBI_SIZE, HEAD, PROGRAM_SIZE, pack
from korgm1.verbs import gain
from korgm1.verbs.concert import VIEWS, programme
from korgm1.verbs.midi_file import song_of
from korgm1.verbs.render import RATES, render


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A C4 for 0.7 s."""
    return song_file(tmp_path_factory.mktemp("song") / "song.mid", 0.7)


def said(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = main(["render", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out, err


def rendered(capsys: pytest.CaptureFixture[str], *words: str | Path) -> dict[str, object]:
    code, out, err = said(capsys, *words, "--json")
    assert (code, err) == (0, "")
    found: dict[str, object] = json.loads(out)
    return found


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("outputs", [2, 4])
def test_the_length_is_exact(
    view: str, rate: str, outputs: int, song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.wav"
    rendered(capsys, song, "-o", out, "--dac", view, "--rate", rate, "--outputs", str(outputs), "--tail", "0.1")
    native = -(-(5_600_000 + 800_000) // 256)
    hertz = 31250 if rate == "native" else int(rate)
    wav = read_wav(out.read_bytes())
    assert wav.samples.shape == (-(-native * hertz // 31250), outputs)
    assert wav.rate == hertz
    assert json.loads(wav.info["ICMT"])["frames"] == len(wav.samples)
    assert np.abs(wav.samples).max() > 0.001


@pytest.mark.parametrize("bits", ["16", "24", "float"])
def test_the_digital_view_is_the_stream_itself(
    bits: str, song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--dac", "digital", "--rate", "native", "--outputs", "4", "--bits", bits, "--raw", tmp_path / "x.npy"]
    rendered(capsys, song, "-o", tmp_path / "x.wav", *words)
    stream = np.load(tmp_path / "x.npy")
    assert stream.dtype == np.int32 and stream.shape[1] == 4
    wav = read_wav((tmp_path / "x.wav").read_bytes())
    exact = stream / (1 << 19)
    assert wav.bits == {"16": 16, "24": 24, "float": 32}[bits]
    assert np.abs(wav.samples - exact).max() <= (2.0**-16 if bits == "16" else 0)
    silent = len(stream) - 1 - np.flatnonzero(np.abs(stream).max(axis=1) >= 16)[-1]
    assert silent == 0 or len(stream) == -(-5_600_000 // 256), "auto: to the last sample that is not silent"


def test_the_file_begins_with_the_song(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = mido.Message("note_on", note=60, velocity=127)
    late = song_file(tmp_path / "late.mid", 0, (0.5, at), (0.7, at.copy(velocity=0)))
    soon = song_file(tmp_path / "soon.mid", 0, (0.0, at), (0.2, at.copy(velocity=0)))
    begins = []
    for path in (soon, late):
        rendered(capsys, path, "-o", tmp_path / "x.wav", "--raw", tmp_path / "x.npy", "--tail", "0.5")
        stream = np.load(tmp_path / "x.npy")
        begins.append(int(np.flatnonzero(np.abs(stream).max(axis=1))[0]))
    assert 0 < begins[0] < 0.03 * 31250
    assert abs(begins[1] - begins[0] - 0.5 * 31250) < 0.012 * 31250, "a firmware looks each 2 ms, a voice each 8 ms"


def test_the_same_inputs_give_the_same_bytes_on_every_engine(
    song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [
        rendered(capsys, song, "-o", tmp_path / f"{n}.wav", "--engine", engine)
        for n, engine in enumerate(("v30", "v30", "unicorn", "lockstep"))
    ]
    assert len({row["sound_hash"] for row in found}) == 1
    files = [(tmp_path / f"{n}.wav").read_bytes() for n in range(4)]
    assert files[0] == files[1]
    for other in files[2:]:
        assert (read_wav(other).samples == read_wav(files[0]).samples).all()


def test_the_file_says_how_it_was_made(song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "x.wav"
    words = ["--hyp", "H-INT=none", "--dac", "zoh", "--program", "I03", "--seed", "2", "--hyp", "H-VREF=4.9"]
    report = rendered(capsys, song, "-o", out, *words)
    info = read_wav(out.read_bytes()).info
    facts = json.loads(info["ICMT"])
    assert info["ISFT"].startswith("korgm1 ")
    session = Session()
    assert facts["firmware"].startswith("OpenM1") and facts["firmware_sha1"] == session.firmware.sha1
    assert facts["wave_rom_sha1"] == session.machine.wave_rom.sha1
    assert facts["inputs"] == [{"name": "song.mid", "sha1": hashlib.sha1(song.read_bytes()).hexdigest()}]
    assert (facts["dac"], facts["rate"], facts["engine"], facts["sound"]) == ("zoh", 48000, "v30", "Prog I03")
    assert facts["sound_hash"] == report["sound_hash"]
    assert facts["hypotheses"]["H-INT"] == "none" and facts["hypotheses"]["H-VREF"] == 4.9
    assert {"H-CUT", "H-BUS", "H-HOLD"} <= set(facts["hypotheses"]) and "H-LPF" not in facts["hypotheses"]


def test_another_guess_is_another_sound(song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = rendered(capsys, song, "-o", tmp_path / "x.wav", "--hyp", "H-BUS=12")
    other = rendered(capsys, song, "-o", tmp_path / "x.wav", "--hyp", "H-BUS=18")
    assert plain["sound_hash"] != other["sound_hash"]
    assert 20 * np.log10(plain["peak"] / other["peak"]) == pytest.approx(6.02, abs=0.5)
    assert said(capsys, song, "-o", tmp_path / "x.wav", "--hyp", "H-NONE=1")[0] == 2


def test_every_guess_of_the_sound_layer_is_named() -> None:
    """What a sound module or the netlist of the sound asks of the hypotheses is in `guesses`."""
    folder = Path(korgm1.__file__).parent
    asked = {
        key for path in (folder / "sound").glob("*.py")
        for key in re.findall(r'\["(H-[A-Z0-9-]+)"\]', path.read_text("utf-8"))
    }
    netlist = (folder / "machine" / "m1.py").read_text("utf-8").partition("# sound")[2].partition("# CPU")[0]
    asked |= set(re.findall(r'guess\["(H-[A-Z0-9-]+)"\]', netlist))
    assert {"H-FS", "H-TGW", "H-LPF"} <= asked
    asked.discard("H-OPENBUS")    # what a port reads is no sound
    root = Path(__file__).parents[2]
    laws = {
        key for path in (root / "tools" / "openm1_tables.py", *(root / "roms" / "openm1").glob("*.asm"))
        for key in re.findall(r"H-[A-Z0-9]+(?:-[A-Z0-9]+)*", path.read_text("utf-8"))
    } - {"H-LED", "H-SCAN", "H-ADC-CH", "H-CARD-FORMAT"}
    asked |= laws & set(all_hypotheses())
    assert asked <= set(guesses(Session(), "analogue"))


def test_gain_is_in_the_file_only(song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def played(*words: str) -> tuple[dict[str, object], np.ndarray]:
        found = rendered(capsys, song, "-o", tmp_path / "x.wav", "--bits", "float", *words)
        wav = read_wav((tmp_path / "x.wav").read_bytes())
        assert json.loads(wav.info["ICMT"])["gain_db"] == found["facts"]["gain_db"]
        return found, wav.samples

    plain, quiet = played()
    twice, louder = played("--gain", "6.0206")
    most, loudest = played("--gain", "peak")
    assert plain["sound_hash"] == twice["sound_hash"] == most["sound_hash"]
    assert (plain["facts"]["gain_db"], twice["facts"]["gain_db"]) == (0, 6.021)
    assert np.allclose(louder, 2 * quiet, atol=1e-5) and np.abs(quiet).max() > 0.01
    assert np.abs(loudest).max() == pytest.approx(10 ** (-1 / 20), abs=1e-6)
    factor = 10 ** (most["facts"]["gain_db"] / 20)
    assert np.allclose(loudest, factor * quiet, atol=1e-4)
    code, out, _ = said(capsys, song, "-o", tmp_path / "x.wav", "--gain", "60", "--bits", "16")
    assert code == 0 and "with +60.0 dB of gain" in out and "samples clipped" in out
    assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]


def test_the_peak_of_silence_stays_silence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    far = song_file(tmp_path / "far.mid", 0, (0.0, mido.Message("note_on", note=60, channel=8)))
    words = ["-o", tmp_path / "x.wav", "--tail", "0.2", "--gain", "peak", "--dac", "digital"]
    assert "peak -inf dB of full scale;" in said(capsys, far, *words)[1]
    assert not read_wav((tmp_path / "x.wav").read_bytes()).samples.any()


@pytest.mark.parametrize("room", [None, 5000])
def test_no_room_for_the_sound_that_waits_for_its_peak(
    room: int | None, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Full(io.BytesIO):
        def write(self, data: bytes) -> int:
            if self.tell() + len(data) > room:
                raise OSError(28, "No space left on device")
            return super().write(data)

    def opened(dir: Path) -> Full:
        assert dir == tmp_path
        if room is None:
            raise OSError(28, "No space left on device")
        return Full()

    monkeypatch.setattr(gain.tempfile, "TemporaryFile", opened)
    monkeypatch.setattr("korgm1.verbs.render.check_writable", lambda path: None)
    code, out, err = said(capsys, song, "-o", tmp_path / "x.wav", "--gain", "peak")
    assert (code, out) == (1, "") and "cannot hold the sound until its peak is known: No space left" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["61", "-61", "nan", "loud", ""])
def test_a_gain_that_is_none(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["render", "x.mid", "-o", "x.wav", "--gain", word])
    assert end.value.code == 2 and "is no gain: -60 to 60 dB, or peak" in capsys.readouterr().err


def test_a_bank_and_its_combination(
    song: Path, tmp_path: Path, preload: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = tmp_path / "bank.syx"
    bank.write_bytes(preload)
    hashes = [
        rendered(capsys, *words, "-o", tmp_path / "x.wav")["sound_hash"]
        for words in ([song], [bank, song], [bank, song, "--program", "I01"], [bank, song, "--combi", "7"])
    ]
    assert len(set(hashes)) == 4


@pytest.mark.parametrize(
    ("data", "words", "why"),
    [
        (HEAD + b"\x4c\x05" + bytes(20) + b"\xf7", [], "its size or form is wrong (reply 26"),
        (HEAD + b"\x50\x00\x7f\x7f" + bytes(20) + b"\xf7", [], "it was not loaded (reply 24"),
        (HEAD + b"\x4c\x00" + bytes(20) + b"\xf7", [], "its size or form is wrong (reply 26"),
        (HEAD + b"\x4c\x00" + bytes(20), [], "its size or form is wrong (reply 26"),
        (bytes.fromhex("F0 42 35 19 50 00 00 00 F7"), [], "did not answer bank.syx, function 50 on channel 6"),
        (HEAD + b"\x4e\x02\x00\xf7" + HEAD + b"\x4e\x63\x00\xf7", [], "refused message 2 of 2 in bank.syx"),
        (b"", [], "bank.syx is empty"),
        (b"hello", [], "no MIDI status"),
    ],
    ids=["allocation", "size", "short", "cut", "channel", "second", "empty", "text"],
)
def test_a_bank_that_is_refused_leaves_no_file(
    data: bytes, words: list[str], why: str, song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank, out = tmp_path / "bank.syx", tmp_path / "x.wav"
    bank.write_bytes(data)
    out.write_bytes(b"old")
    code, shown, err = said(capsys, bank, song, "-o", out, *words)
    assert (code, shown) == (1, "")
    assert why in err.replace(str(tmp_path) + "/", ""), err
    assert {path.name for path in tmp_path.iterdir()} == {"bank.syx", "x.wav"} and out.read_bytes() == b"old"


def test_a_protected_memory_says_so(
    song: Path, tmp_path: Path, preload: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    with Session(engine="v30") as m1:
        m1.boot()
        for key in ("GLOBAL", "4", "UP"):
            m1.press(key)
        image = m1.sram
    (tmp_path / "my.sram").write_bytes(image)
    (tmp_path / "bank.syx").write_bytes(preload)
    code, _, err = said(
        capsys, tmp_path / "bank.syx", song, "-o", tmp_path / "x.wav", "--sram", tmp_path / "my.sram"
    )
    assert code == 1 and "reply 24, display: Memory Protected" in err
    assert (tmp_path / "my.sram").read_bytes() == image


def test_a_memory_of_fifty_has_no_program_77(song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = pack(bytes(861 + 50 * (COMBI_SIZE + PROGRAM_SIZE) + 1522))
    (tmp_path / "bank.syx").write_bytes(HEAD + b"\x50\x01\0\0" + empty + b"\xf7")
    code, _, err = said(capsys, tmp_path / "bank.syx", song, "-o", tmp_path / "x.wav", "--program", "I77")
    assert code == 1 and "there is no Prog I77; expected I00 to I49" in err


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["bank.syx"], 2, "there is no song, only bank.syx"),
        ([], 2, "korgm1 render song.mid -o song.wav"),
        (["bytes.mid"], 1, "bytes.mid begins with no MIDI status byte"),
        (["empty.mid"], 1, "empty.mid is empty"),
        (["song.mid", "--hyp", "h-int=none"], 2, "expected H-INT"),
        (["song.mid", "song.mid"], 2, "there are 2 songs"),
        (["nowhere.mid"], 1, "cannot be read"),
        (["type2.mid"], 1, "type 2"),
        (["nothing.mid"], 1, "holds nothing to play"),
        (["day.mid"], 2, "lasts 86,400 s"),
        (["song.mid", "--tail", "3600"], 2, "lasts 3,601 s"),
        (["song.mid", "--program", "C00"], 2, "there is no prog 'C00'"),
        (["song.mid", "--sram", "short.sram"], 1, "65,536 bytes"),
        (["song.mid", "--sram", "nowhere.sram"], 1, "cannot be read"),
        (["song.mid", "--raw", "x.wav"], 2, "--raw and -o are the same file"),
        (["song.mid", "-o", "song.mid"], 2, "-o and an input are the same file"),
        (["song.mid", "-o", "."], 1, "it is a folder"),
        (["song.mid", "-o", "x.mp3"], 2, "x.mp3 is to be a .mp3 file; expected a name ending in .wav"),
        (["song.mid", "--raw", "x.raw"], 2, "x.raw is to be a .raw file; expected a name ending in .npy"),
        (["song.mid", "--raw", "x.wav.part"], 2, "the .part of -o and --raw are the same file"),
        (["song.mid", "--tail", "3599.8"], 2, "lasts 3,601 s with its tail; expected at most 3,600 s"),
        (["empty.mid"], 1, "empty.mid is empty"),
    ],
)
def test_what_cannot_be_rendered_is_said_before_any_work(
    words: list[str], code: int, why: str, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "song.mid").write_bytes(song.read_bytes())
    (tmp_path / "bank.syx").write_bytes(HEAD + b"\x12\xf7")
    (tmp_path / "bytes.mid").write_bytes(b"no song")
    (tmp_path / "empty.mid").write_bytes(b"")
    (tmp_path / "short.sram").write_bytes(b"short")
    (tmp_path / "empty.mid").touch()
    (tmp_path / "type2.mid").write_bytes(b"MThd" + bytes.fromhex("00000006 0002 0000 0060"))
    mido.MidiFile(tracks=[mido.MidiTrack()]).save(tmp_path / "nothing.mid")
    song_file(tmp_path / "day.mid", 86400)
    before = sorted(tmp_path.iterdir())
    out = [] if "-o" in words else ["-o", "x.wav"]
    monkeypatch.setattr(Session, "power_on", lambda *_: pytest.fail("the power was switched on"))
    found, _, err = said(capsys, *words, *out)
    assert found == code and why in err, err
    assert sorted(tmp_path.iterdir()) == before


def test_ram_and_card_stay_as_they_are(song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "my.sram").write_bytes(bytes(65536))
    (tmp_path / "my.card").write_bytes(bytes(32768))
    words = ["--sram", tmp_path / "my.sram", "--card", tmp_path / "my.card"]
    rendered(capsys, song, "-o", tmp_path / "x.wav", *words)
    assert (tmp_path / "my.sram").read_bytes() == bytes(65536)
    assert (tmp_path / "my.card").read_bytes() == bytes(32768)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_song_nobody_hears_has_an_explanation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    far = song_file(tmp_path / "far.mid", 0, (0.0, mido.Message("note_on", note=60, channel=8)))
    code, _, err = said(capsys, far, "-o", tmp_path / "x.wav", "--tail", "0.2")
    assert code == 0 and "no sound came out. The song has 1 note on channel 9" in err
    assert "The display: Prog I00 Init Prog\n" in err
    assert len(read_wav((tmp_path / "x.wav").read_bytes()).samples) == 9600


def test_a_song_for_several_channels_is_not_for_one_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notes = [(0.0, mido.Message("note_on", note=60, channel=channel)) for channel in (0, 1)]
    for name, events, told in (("two.mid", notes, True), ("one.mid", notes[:1], False)):
        song = song_file(tmp_path / name, 0, *events)
        code, _, err = said(capsys, song, "-o", tmp_path / "x.wav", "--tail", "0.2")
        assert code == 0 and ("the song has notes on 2 channels, of which 1 is not heard: a program" in err) is told


@pytest.mark.parametrize(
    ("kind", "hearer"), [(SINGLE, "a SINGLE"), (LAYER, "a LAYER"), (SPLIT, "a SPLIT"), (SWITCH, "a VELOCITY SWITCH"),
                         (MULTI, "")],
)  # fmt: skip
def test_a_song_for_several_channels_is_for_a_multi(
    kind: int, hearer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [timbre(0, channel=0), timbre(0, channel=1), timbre(0, channel=2), *[timbre(off=True)] * 5]
    record = b"A kind    " + bytes([kind]) + bytes(25) + b"".join(rows)
    bank = tmp_path / "kind.syx"
    bank.write_bytes(HEAD + b"\x4e\x00\x00\xf7" + HEAD + b"\x49" + pack(record) + b"\xf7")
    notes = [(0.0, mido.Message("note_on", note=60, channel=channel)) for channel in (0, 1, 2)]
    song = song_file(tmp_path / "x.mid", 0, *notes)
    code, shown, err = said(capsys, bank, song, "-o", tmp_path / "x.wav", "--tail", "0.2", "--json")
    assert code == 0 and json.loads(shown)["display"][0].startswith("Combi ")
    heard = f"the song has notes on 3 channels, of which 2 are not heard: {hearer} combination hears"
    assert (heard in err) if hearer else err == "", err


def test_dumps_that_no_list_knows_are_told(song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dumps").mkdir()
    sine = (12000 * np.sin(np.arange(CHIP) / 10)).astype("<i2").view(np.uint8).reshape(-1, 2)
    for place in range(36, 44):
        (tmp_path / "dumps" / f"ic{place}.bin").write_bytes(sine[:, place // 40].tobytes())
    code, _, err = said(capsys, song, "-o", tmp_path / "x.wav", "--waves", tmp_path / "dumps", "--tail", "0")
    assert code == 0, err
    assert "IC36, IC37, IC38, IC39, IC40, IC41, IC42, IC43: no list knows these bytes" in err


def test_the_end_of_the_track_counts(tmp_path: Path) -> None:
    path = song_file(tmp_path / "x.mid", 0, (0.0, mido.Message("note_on", note=60)), ending=2.5)
    song = song_of("x.mid", path.read_bytes())
    assert (song.length, song.channels, song.notes) == (20_000_000, (1,), 1)


def test_a_song_too_dense_for_midi_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for count, late in ((100, ""), (1000, "sends more than MIDI carries: up to 1.0 s late")):
        at = [(0.0, mido.Message("note_on", note=n % 128, velocity=1)) for n in range(count)]
        song_file(tmp_path / "x.mid", 0, *at, ending=0.1)
        code, _, err = said(capsys, tmp_path / "x.mid", "-o", tmp_path / "x.wav", "--tail", "0")
        assert code == 0 and late in err and (late != "") == ("MIDI carries" in err)


def test_held_notes_end_the_tail_at_its_longest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(playing, "LONGEST_TAIL", 1.5)
    held = song_file(tmp_path / "held.mid", 0, (0.0, mido.Message("note_on", note=60)), ending=0.5)
    code, out, err = said(capsys, held, "-o", tmp_path / "x.wav", "--rate", "native", "--dac", "digital", "--json")
    assert code == 0 and json.loads(out)["frames"] == 62500
    assert "1.5 s after the song it was not silent, and was cut" in err


def test_stopping_leaves_nothing_half(song: Path, tmp_path: Path) -> None:
    class Now:
        def __init__(self) -> None:
            self.asked = False

        def progress(self, done: float, of: float) -> None:
            self.asked = done > 0.3

    now, session = Now(), Session(engine="v30")
    what = programme([str(song)])
    with pytest.raises(Stopped, match="nothing written"):
        render(
            session, what, tmp_path / "x.wav", raw=tmp_path / "x.npy", asked=lambda: now.asked, progress=now.progress
        )
    assert list(tmp_path.iterdir()) == [] and not session.powered


@pytest.mark.parametrize("seconds", [0.1, 0.6, 1.5])
def test_ctrl_c_at_any_time(seconds: float, tmp_path: Path) -> None:
    song_file(tmp_path / "long.mid", 3000)
    child = started(["render", "long.mid", "-o", "x.wav"], tmp_path)
    try:
        time.sleep(seconds)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=LIMIT)
    finally:
        child.kill()
    assert (child.returncode, out, err.count("\n")) == (130, "", 1) and err.startswith("korgm1: stopped"), err
    assert [path.name for path in tmp_path.iterdir()] == ["long.mid"]


def test_progress_is_for_terminals_only(song: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "korgm1", "render", str(song), "-o", str(tmp_path / "x.wav")]
    out = tmp_path / "out.txt"
    with PtyChild(["sh", "-c", 'exec "$@" >"$0"', str(out), *command], dict(os.environ)) as child:
        assert child.wait() == 0
    assert "of 0.7 s" in child.seen and child.seen.endswith("\r")
    assert "times real time" in out.read_text() and "peak" in out.read_text()
    done = subprocess.run(command, capture_output=True, timeout=LIMIT, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_scipy_the_samples_themselves_still_go(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "scipy.signal", None)
    code, _, err = said(capsys, song, "-o", tmp_path / "x.wav")
    assert code == 1 and "scipy" in err and "--dac digital --rate native" in err
    assert list(tmp_path.iterdir()) == []
    assert said(capsys, song, "-o", tmp_path / "x.wav", "--dac", "digital", "--rate", "native")[0] == 0


def test_a_cpu_that_stopped_is_told_and_the_file_is_there(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Session, "stopped", property(lambda self: "for a test"))
    code, out, _ = said(capsys, song, "-o", tmp_path / "x.wav", "--tail", "1")
    assert code == 4 and "the CPU stopped: for a test" in out
    assert len(read_wav((tmp_path / "x.wav").read_bytes()).samples) == 81600
