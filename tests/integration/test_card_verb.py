"""korgm1 card: each word of it, as people type it."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import mido
import numpy as np
import pytest

from korgm1.board.adc_m58990 import M58990
from korgm1.cardfile.card_file import read_card
from korgm1.cli import main
from korgm1.scenario import bank
from korgm1.scenario.bank import dump, named
from korgm1.session import Session
from korgm1.syx import message, pieces


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("bank.syx").write_bytes(dump())
    Path("x.sram").write_bytes(named())
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["card", *words]) == code
    both = capsys.readouterr()
    return both.err if code else both.out


def test_a_bank_goes_onto_a_card_and_comes_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert "100PROG/100COMBI" in said(capsys, "new", "a.card", "--from", "bank.syx")
    said(capsys, "new", "b.card", "--from", "x.sram")
    assert Path("a.card").read_bytes() == Path("b.card").read_bytes()
    messages = [mido.Message.from_bytes(piece.raw) for piece in pieces(Path("bank.syx").read_bytes())]
    mido.MidiFile(tracks=[mido.MidiTrack(messages)]).save("bank.mid")
    said(capsys, "new", "m.card", "--from", "bank.mid")
    assert Path("m.card").read_bytes() == Path("a.card").read_bytes()
    told = said(capsys, "new", "s.card", "--from", "x.sram", "--format", "seq")
    assert "left out 100 combinations, 100 programs: --format" in told
    shown = said(capsys, "info", "a.card")
    assert "sound, its sum fits" in shown and "42 Slow Brass" in shown and "not protected" in shown
    assert "3 SysEx dumps: 100 programs, 100 combinations" in said(capsys, "extract", "a.card", "-o", "out.syx")
    with Session() as m1:
        m1.boot()
        m1.midi_in(Path("out.syx").read_bytes())
        m1.run(12)
        assert m1.lcd[0].startswith("Prog I00 Warm Piano")


@pytest.mark.parametrize(("form", "name"), [
    ("100", "100PROG/100COMBI"), ("50", "50PROG/50COMBI/4200SEQ"), ("seq", "7700SEQ"), ("blank", None),
])
def test_each_format(form: str, name: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "new", "a.card", "--format", form, "--seed", "3")
    facts = json.loads(said(capsys, "info", "a.card", "--json"))
    assert (facts["format"], facts["problems"], facts["seed"]) == (name, [], 3)
    assert facts["looks"] == (None if name else "noise, as a RAM wakes")
    assert len(facts["programs"]) == {"100": 100, "50": 50}.get(form, 0)
    assert len(facts["songs"]) == (10 if form in ("50", "seq") else 0)
    assert facts["cell"]["kind"] == "CR2016" and facts["cell"]["used"] == 0
    if name:
        assert "SysEx" in said(capsys, "extract", "a.card", "-o", "x.syx")


def test_years_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "new", "a.card", "--from", "bank.syx")
    before = Path("a.card").read_bytes()
    young = said(capsys, "age", "a.card", "--years", "5", "-o", "young.card")
    assert "0 of 262,144 cells were lost" in young and "CR2016 5 y old" in young and "its sum fits" in young
    assert Path("a.card").read_bytes() == before == Path("young.card").read_bytes()
    old = said(capsys, "age", "a.card", "--years", "60", "--temp", "30")
    assert "262,144 of 262,144 cells were lost" in old and Path("a.card.1").read_bytes() == before
    used = [read_card(Path(name)).supply.cell for name in ("young.card", "a.card")]
    assert used[0] is not None and used[1] is not None and used[0].depth < used[1].depth
    drained = said(capsys, "age", "young.card", "--years", "12", "--in-slot", "-o", "slot.card")
    assert "in a slot without power" in drained and "262,144 of 262,144" in drained


def test_the_switch_and_the_cell(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "new", "a.card")
    before = Path("a.card").read_bytes()
    assert said(capsys, "protect", "a.card") == "a.card: protected\n" and read_card(Path("a.card")).protected
    assert said(capsys, "unprotect", "a.card") == "a.card: not protected\n"
    assert "2.40 V, low" in said(capsys, "cell", "a.card", "CR2016@2.4") and Path("a.card").read_bytes() == before
    assert "none" in said(capsys, "cell", "a.card", "absent")
    told = said(capsys, "cell", "a.card", "new", "--in-drawer")
    assert "3.25 V" in told and "lost in 5 s" in told and Path("a.card").read_bytes() != before


def test_a_weak_cell_is_seen_by_the_converter(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "new", "a.card")
    said(capsys, "cell", "a.card", "CR2016@2.4")
    session = Session(card="a.card")
    assert 2_390_000 < session.machine.card.sense_microvolts() < 2_410_000


def test_the_instrument_plays_what_was_put_on_it_and_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "new", "a.card", "--from", "bank.syx")
    with Session(card="a.card") as m1:
        m1.boot()
        for key in ("CARD", "4", "2"):
            m1.press(key)
        assert m1.lcd[0].rstrip() == "Prog C42 Slow Brass"
    said(capsys, "cell", "a.card", "CR2016@2.4")
    assert Session(card="a.card").boot().lcd[1].rstrip() == "Battery Low (Card)"
    said(capsys, "age", "a.card", "--years", "20")
    aged = Session(card="a.card")
    assert aged.boot().lcd[1].rstrip() == "Battery Low (Card)" and "card had lost" in aged.result().warnings[0]
    said(capsys, "new", "b.card", "--format", "blank")
    with Session(card="b.card") as m1:
        m1.boot()
        m1.press("CARD")
        assert m1.lcd[1].rstrip() == "Card Not Formatted"
    said(capsys, "cell", "b.card", "absent")
    assert "the program card had lost 262,144 of its 262,144 cells" in Session(card="b.card").boot().warnings[0]


def test_a_foreign_card_is_shown_by_what_is_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "new", "a.card", "--from", "bank.syx")
    mine = Path("a.card").read_bytes()
    Path("f.card").write_bytes(b"Something else  " + mine[16:])
    shown = said(capsys, "info", "f.card")
    assert "not formatted" in shown and "100 programs" in shown and "Slow Brass" in shown
    told = said(capsys, "extract", "f.card", "-o", "f.syx")
    assert "its format is not known; found by their looks: 100 programs, 100 combinations" in told
    Path("noise").write_bytes(np.random.default_rng(2).integers(0, 256, 32768, np.uint8).tobytes())
    assert "no programs or combinations" in said(capsys, "extract", "noise", "-o", "n.syx", code=1)


def test_a_damaged_card_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "new", "a.card")
    data = bytearray(Path("a.card").read_bytes())
    data[1000] ^= 1
    Path("a.card").write_bytes(data)
    assert "damaged: its sum is" in said(capsys, "info", "a.card")
    assert "the card is damaged" in said(capsys, "extract", "a.card", "-o", "x.syx")


def test_a_pcm_card(capsys: pytest.CaptureFixture[str]) -> None:
    wave = (8000 * np.sin(np.arange(50_000) / 30)).astype("<i2")
    Path("p.bin").write_bytes(b"Sampled Strings!" + wave.tobytes())
    shown = said(capsys, "info", "p.bin")
    assert "50,008 of 16 bits" in shown and "Sampled Strings!" in shown and "ASSUMED" in shown
    facts = json.loads(said(capsys, "info", "p.bin", "--json"))
    assert (facts["kind"], facts["words"], facts["swapped"]) == ("PCM card", 50_008, False)
    Path("same.bin").write_bytes(bytes(32768))
    assert "PCM card" in said(capsys, "info", "same.bin", "--pcm")
    assert "program card" in said(capsys, "info", "same.bin")


@pytest.mark.parametrize(("words", "code", "text"), [
    (["new", "bank.syx"], 1, "is there already"), (["new", "a", "--from", "none"], 1, "none"),
    (["new", "a", "--from", "junk"], 1, "neither"), (["new", "a", "--from", "one.syx"], 1, "no dump of a bank"),
    (["info", "none"], 1, "korgm1 card new none"),
    (["new", "a", "--format", "blank", "--from", "bank.syx"], 1, "blank"),
    (["new", "bank.syx", "--from", "bank.syx", "--force"], 2, "same file"),
    (["info", "junk"], 1, "9 bytes"), (["info", "."], 1, "folder"), (["age", "junk", "--years", "1"], 1, "9 bytes"),
    (["extract", "junk", "-o", "junk"], 2, "same file"), (["cell", "junk", "new"], 1, "9 bytes"),
    (["protect", "none"], 1, "not there"), (["info", "bank.syx"], 1, "SysEx"),
    (["info", "x.sram"], 1, "korgm1 sram show"),
    (["new", "folder/a.card"], 0, ""),
])
def test_bad_input_is_told_and_nothing_is_lost(
    words: list[str], code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("junk").write_bytes(b"123456789")
    Path("one.syx").write_bytes(message(1, 0x40, data=b"My Program" + bytes(133)))
    before = {path: path.read_bytes() for path in Path().iterdir()}
    assert text in said(capsys, *words, code=code)
    assert all(path.read_bytes() == data for path, data in before.items())


@pytest.mark.parametrize("words", [["age", "a.card", "--years", "-1"], ["age", "a.card", "--years", "x"], ["new"], []])
def test_usage(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["card", *words])
    assert ended.value.code == 2


def test_boot_takes_the_cell_along(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "new", "a.card")
    assert main(["boot", "--card", "a.card", "--seconds", "0.5"]) == 0
    cell = read_card(Path("a.card")).supply.cell
    assert cell is not None and 0.4 < cell.age_seconds < 0.6
    assert main(["boot", "--card", "a.card", "--png", "a.card.toml"]) == 2


@pytest.mark.parametrize("source", [(), ("--from", "bank.syx")])
def test_ctrl_c_in_the_midst_of_a_device_makes_no_card(
    source: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read = M58990.read
    came: list[object] = []

    def interrupted(adc: M58990, offset: int) -> int:
        came.append(signal.getsignal(signal.SIGINT))
        if len(came) == 1:
            signal.raise_signal(signal.SIGINT)
        return read(adc, offset)

    monkeypatch.setattr(M58990, "read", interrupted)
    monkeypatch.setattr(bank, "_made", {})
    assert main(["card", "new", "a.card", *source]) == 130
    assert came and signal.default_int_handler not in came, "an exception could be lost in a callback"
    assert capsys.readouterr().err.startswith("korgm1: stopped")
    assert not list(Path().glob("a.card*"))
