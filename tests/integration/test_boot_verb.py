"""korgm1 boot as it is typed: what is refused before power-on, and what is saved whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from patience import LIMIT, wait_for

from korgm1.cli import main
from korgm1.errors import UsageError
from korgm1.session import Session


@pytest.mark.parametrize(("words", "code"), [
    (["--battery", "7"], 2),
    (["--battery", "half"], 2),
    (["--press", "NOKEY@1"], 2),
    (["--press", "VALUE=128@1"], 2),
    (["--press", "VALUE=\u00b2@1"], 2),
    (["--hold", "NOKEY"], 2),
    (["--hypothesis", "H-VREF"], 2),
    (["--hypothesis", "H-NOTHING=1"], 2),
    (["--midi", "nothing.syx"], 1),
    (["--midi", "/dev/zero"], 1),
    (["--sram", "."], 1),
    (["--sram", "/dev/null/x.sram"], 1),
    (["--card", "nothing.card"], 1),
    (["--roms", "nothing"], 1),
])
def test_what_cannot_be_is_refused_in_a_sentence(
    words: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["boot", *words]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("korgm1: ")
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_cannot_be_written_does_not_cost_the_ram(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    image = tmp_path / "x.sram"
    assert main(["boot", "--sram", str(image), "--png", str(tmp_path / "file" / "x.png")]) == 1
    assert b"Init Prog" in image.read_bytes()


def test_both_ways_to_name_a_used_cell_give_the_same_range(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["boot", "--battery", "CR2032@9"], ["age", "--cell", "CR2032@9", "--off", "1y"]):
        assert main(words) == 2
        assert "no CR2032 reads '9' volts; expected CR2032@VOLTS with 0 to 3.35 V" in capsys.readouterr().err


@pytest.mark.parametrize("words", [
    *(f"{verb} {words}" for verb in ("boot", "run --terminal") for words in (
        "--sram o.sram --png ./o.sram", "--sram o.sram --record link.sram", "--sram o.sram --trace o.sram",
        "--sram o.sram --card o.sram", "--sram x.part --record x", "--record x --trace x", "--png p --trace p",
        "--midi o.sram --png o.sram", "--trace rom.bin --roms rom.bin",
    )),
    "boot --replay x.rec --trace x.rec", "state save o.sram --sram o.sram", "state load booted.state --save p --png p",
    "state load booted.state --png booted.state", "scenario run own.toml --png own.toml",
])
def test_no_output_is_written_over_an_input_or_another_output(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("o.sram", "booted.state", "rom.bin", "x.rec"):
        Path(name).write_bytes(bytes(65536))
    os.link("o.sram", "link.sram")
    Path("own.toml").write_bytes(files("korgm1").joinpath("scenarios", "dead-cell.toml").read_bytes())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert main(words.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "same file" in captured.err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_wrong_key_does_not_touch_the_image(tmp_path: Path) -> None:
    image = tmp_path / "x.sram"
    with Session(sram=image) as session:
        session.boot()
    before = image.read_bytes()
    assert main(["boot", "--sram", str(image), "--battery", "dead", "--press", "FOO@1"]) == 2
    assert image.read_bytes() == before
    assert not (tmp_path / "x.sram.1").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_switches_off_and_saves(tmp_path: Path, number: signal.Signals) -> None:
    image = tmp_path / "x.sram"
    process = subprocess.Popen(
        [sys.executable, "-m", "korgm1", "boot", "--sram", str(image), "--seconds", "100000", "--record",
         str(tmp_path / "x.rec")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    wait_for(lambda: (tmp_path / "x.rec.part").exists() or process.poll() is not None, "no recording was begun")
    process.send_signal(number)
    process.communicate(timeout=LIMIT)
    assert process.returncode == 130
    assert image.stat().st_size == 65536


def test_output_goes_to_a_terminal_of_any_encoding() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "korgm1", "boot", "--seconds", "0.1"], env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "OpenM1" in done.stdout


def test_json_has_the_agreed_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["boot", "--battery", "low", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert {
        "model", "firmware", "engine", "battery", "timeline", "lcd", "leds", "sram_sha1", "clocks",
    } <= set(result)
    assert set(result["firmware"]) == {"name", "version", "sha1"}
    assert result["battery"] == {"volts": 2.4, "adc_code": 0x7A} or result["battery"]["adc_code"] == 0x7B
    assert set(result["timeline"][-1]) == {"clock", "seconds", "lcd"}
    assert [len(line) for line in result["lcd"]] == [40, 40]


def test_a_link_is_followed_and_a_device_is_not_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "deep" / "x.sram", tmp_path / "link.sram"
    target.parent.mkdir()
    with Session(sram=target) as session:
        session.boot()
    target.chmod(0o600)
    link.symlink_to(target)
    with Session(sram=link, battery="dead") as session:
        session.boot(0.01)
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o600
    assert main(["boot", "--seconds", "0.1", "--png", "/dev/null"]) == 1
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("what", ["press_at", "slide_at", "midi_in", "run"])
def test_nothing_can_be_planned_while_the_power_is_off(what: str) -> None:
    session = Session()
    calls = {
        "press_at": lambda: session.press_at("INT", 1), "slide_at": lambda: session.slide_at(3, 1),
        "midi_in": lambda: session.midi_in(b"\xfe"), "run": lambda: session.run(1),
    }
    with pytest.raises(UsageError, match="power is off"):
        calls[what]()


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0])
def test_times_that_are_none_are_refused(seconds: float) -> None:
    session = Session()
    session.power_on()
    with pytest.raises(UsageError):
        session.run(seconds)
    with pytest.raises(UsageError):
        session.midi_in(b"\xfe", at=seconds)
    with pytest.raises(UsageError):
        session.midi_in([300])  # type: ignore[arg-type]


def test_a_key_that_does_not_exist_leaves_the_power_off() -> None:
    session = Session()
    with pytest.raises(UsageError):
        session.power_on(hold=("INT", "FOO"))
    assert not session.powered
    session.power_on(hold=("INT",))


def test_a_failed_save_can_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.sram"
    session = Session(sram=path)
    session.boot(0.01)
    folder = tmp_path.with_name(tmp_path.name + "-away")
    tmp_path.rename(folder)
    tmp_path.write_bytes(b"")
    with pytest.raises(Exception, match="cannot be written"):
        session.power_off()
    tmp_path.unlink()
    folder.rename(tmp_path)
    session.power_off()
    assert path.read_bytes() == session.sram
