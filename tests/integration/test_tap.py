"""korgm1 tap on OpenM1: what is written while a note plays, in every form, and which registers follow what."""

from __future__ import annotations

import csv
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from korgm1.cli import main
from korgm1.clock import CPU_HZ
from korgm1.errors import UsageError, UserError
from korgm1.session import Session
from korgm1.sysex import HEAD, pack
from korgm1.tapping import files, program
from korgm1.tapping.following import Finding, best
from korgm1.tapping.places import places
from korgm1.tapping.playing import TAIL, Note, plan
from korgm1.tapping.series import Register
from korgm1.tapping.sweeping import Swept, sweep, sweep_many
from korgm1.tapping.trials import Bench, Stage, stage
from korgm1.verbs import tap_text

TAP = ["tap", "--note", "C4:100:0.2", "--engine", "v30"]


def tap(*words: str) -> int:
    return main([*TAP, *words])


def of_csv(path: Path) -> tuple[dict[str, Any], list[dict[str, str]]]:
    head, *rest = path.read_text("utf-8").splitlines()
    return json.loads(head.removeprefix(files.MARK)), list(csv.DictReader(rest))


@pytest.fixture(scope="module")
def note_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tap") / "x.csv"
    assert tap("-o", str(out)) == 0
    return out


def test_a_note_keys_one_voice_on_and_off(note_csv: Path) -> None:
    about, rows = of_csv(note_csv)
    assert about["decoded"] is True and about["firmware"]["name"] == "OpenM1"
    keyed = [row for row in rows if (row["chip"], row["register"]) == ("TG", "CONTROL")]
    voices = {row["voice"] for row in keyed}
    assert len(voices) == 1
    keys = [int(row["value"]) & 1 for row in keyed]
    assert keys.count(1) == 1 and keys[-1] == 0
    levels = [int(row["whole"]) for row in rows if row["register"] == "LEVEL" and row["whole"]]
    assert max(levels) > 0 and levels[-1] == 0
    clocks = [int(row["clock"]) for row in rows]
    assert clocks == sorted(clocks)


def test_the_tap_is_what_went_over_the_bus(note_csv: Path) -> None:
    """An observer at the port map sees the same writes at the same clocks."""
    session = Session(engine="v30")
    session.power_on()
    seen: list[tuple[int, int, int]] = []

    def watch(way: str, port: int, value: int) -> None:
        if way == "out" and port in places(False):
            seen.append((session.machine.scheduler.now, port, value))

    session.machine.ports.watch = watch
    session.boot()
    sent, _ = plan([Note(60, 100, 0.2)])
    begin = session.clock / CPU_HZ
    for row in sent:
        session.midi_in(row.data, begin + row.at)
    session.run(0.2 + TAIL)
    assert seen == [(int(row["clock"]), int(row["port"]), int(row["value"])) for row in of_csv(note_csv)[1]]


def test_text_csv_and_parquet_agree(note_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    for name in ("x.parquet", "x.txt"):
        assert tap("--bytes", "-o", str(tmp_path / name)) == 0
    _, rows = of_csv(note_csv)
    table = parquet.read_table(tmp_path / "x.parquet").to_pylist()
    assert [{name: "" if value is None else str(value) for name, value in row.items()} for row in table] == rows
    lines = [line.split() for line in (tmp_path / "x.txt").read_text().splitlines() if not line.startswith("#")]
    assert [(int(words[0]), int(words[2], 16), int(words[3], 16)) for words in lines] == [
        (int(row["clock"]), int(row["port"]), int(row["value"])) for row in rows
    ]
    capsys.readouterr()
    assert tap("--json") == 0
    assert json.loads(capsys.readouterr().out)["writes"] == len(rows)


@pytest.mark.parametrize("engine", ["unicorn", "lockstep"])
def test_the_same_tap_is_the_same_file_on_every_engine(engine: str, note_csv: Path, tmp_path: Path) -> None:
    assert main(["tap", "--note", "C4:100:0.2", "--engine", engine, "-o", str(tmp_path / "y.csv")]) == 0
    assert (tmp_path / "y.csv").read_bytes() == note_csv.read_bytes()


def test_what_is_not_wanted_is_left_out(note_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, rows = of_csv(note_csv)
    voice = next(row["voice"] for row in rows if row["register"] == "PAN")
    assert tap("--chips", "VDF", "--voice", voice, "--from", "1.5", "-o", str(tmp_path / "z.csv")) == 0
    expected = [
        row for row in rows
        if row["chip"].startswith("VDF") and row["voice"] == voice and int(row["clock"]) >= 12_000_000
    ]
    assert expected and of_csv(tmp_path / "z.csv")[1] == expected


def test_seconds_count_from_where_it_is_played(
    note_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, rows = of_csv(note_csv)
    assert tap("--seconds", "0.1", "-o", str(tmp_path / "z.csv")) == 0
    boot = Session(engine="v30")
    boot.boot()
    end = boot.clock + CPU_HZ // 10
    expected = [row for row in rows if int(row["clock"]) < end]
    assert of_csv(tmp_path / "z.csv")[1] == expected
    assert any("key on" in row["meaning"] for row in expected)
    capsys.readouterr()
    assert main(["tap", "--seconds", "1.0848"]) == 0
    out, err = capsys.readouterr()
    assert "MDE" in out and "in 1.085 s" in out and "COMMAND" not in out, "the effects are loaded up to 1.0849 s"
    assert "the boot alone; --note C4" in err


def test_an_error_leaves_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bank.syx").write_bytes(HEAD + b"\x4c\x05" + bytes(20) + b"\xf7")
    for name in ("x.csv", "x.txt", "x.parquet"):
        assert main(["tap", str(tmp_path / "bank.syx"), "--note", "C4", "-o", str(tmp_path / name)]) == 1
        assert "the instrument refused" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["bank.syx"]


def test_ctrl_c_while_a_bank_loads(
    preload: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bank.syx").write_bytes(preload)
    sent = Session.midi_in

    def pressed(self: Session, data: bytes, at: float | None = None) -> None:
        signal.raise_signal(signal.SIGINT)
        sent(self, data, at)

    monkeypatch.setattr(Session, "midi_in", pressed)
    assert main(["tap", str(tmp_path / "bank.syx"), "--note", "C4", "-o", str(tmp_path / "x.csv")]) == 130
    assert "what was written until then is there" in capsys.readouterr().err
    assert {row["chip"] for row in of_csv(tmp_path / "x.csv")[1]} == {"MDE"}
    assert {path.name for path in tmp_path.iterdir()} == {"bank.syx", "x.csv"}


def test_without_decoding_nothing_is_named(note_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tap("--no-decode") == 0
    out = capsys.readouterr().out
    assert "not known" in out.splitlines()[0] and "guessed" in out.splitlines()[0]
    assert not any(word in out for word in ("LEVEL", "CUTOFF", "CONTROL"))
    assert " 0? " in out and "+02" in out


def test_a_foreign_os_is_not_decoded_unless_it_is_asked_for() -> None:
    from argparse import Namespace
    from dataclasses import replace

    from korgm1.romset.load import load_os
    from korgm1.verbs.tap import decodes

    own = load_os(None, "m1")
    foreign = replace(own, name="ver 19", image=own.image.replace(b"OpenM1", b"Foreign"[:6]))
    for firmware, expected in ((own, True), (foreign, False)):
        session = Session(roms=firmware)
        assert decodes(session, Namespace(decode=None)) is expected
        assert decodes(session, Namespace(decode=True)) is True


def test_a_sweep_of_a_program_that_is_silent_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    silent = ["--set", "OSC1 multisound=255", "--during", "0.2"]
    assert main(["tap", "--sweep", "Hold", "--values", "0,1", *silent]) == 0
    assert "nothing was written while the note was held" in capsys.readouterr().out


def test_a_program_change_and_a_file_are_played(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.syx").write_bytes(bytes.fromhex("90 40 64 80 40 40"))
    assert main(["tap", str(tmp_path / "x.syx"), "--program", "I07", "--engine", "v30", "--collapse"]) == 0
    out = capsys.readouterr().out
    assert out.count("key on") == 1
    assert main(["tap", str(tmp_path / "absent.mid")]) == 1


def test_a_bank_is_loaded_before_the_selection(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bank, out = tmp_path / "x.syx", tmp_path / "x.csv"
    quiet = bytearray(program.PROGRAM_SIZE)
    quiet[:10], quiet[12] = b"Quiet     ", 255
    bank.write_bytes(HEAD + b"\x4c\x00" + pack(bytes(quiet) * 100) + b"\xf7")
    assert tap(str(bank), "--program", "I07", "-o", str(out)) == 0
    rows = of_csv(out)[1]
    assert rows and not any(row["chip"] == "TG" and row["register"] == "LEVEL" for row in rows)
    bank.write_bytes(bank.read_bytes()[:500] + b"\xf7")
    assert tap(str(bank), "-o", str(out)) == 1
    assert "refused" in capsys.readouterr().err


def test_the_image_of_the_ram_is_read_and_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "my.sram"
    with Session(engine="v30", sram=image) as session:
        session.boot()
    before = image.read_bytes()
    assert tap("--sram", str(image), "--program", "I03", "--json") == 0
    assert main(["tap", "--sweep", "Hold", "--sram", str(image), "--during", "0.1"]) == 0
    assert image.read_bytes() == before and [path.name for path in tmp_path.iterdir()] == ["my.sram"]
    assert main(["tap", "--sram", str(tmp_path / "absent")]) == 1
    assert tap("--sram", str(image), "-o", str(image)) == 2


@pytest.fixture(scope="module")
def base() -> Stage:
    session = Session(engine="v30")
    session.boot()
    return stage(session, Note(60, 100, 0.3))


def swept(base: Stage, word: str, count: int = 6, *changes: str) -> tuple[Swept, dict[Register, Finding]]:
    from dataclasses import replace

    made = replace(base, program=program.settings(base.program, changes))
    parameter = program.find(made.program, word)
    found = sweep(Bench(made), parameter, program.steps(parameter, count))
    return found, dict(best(found.found))


def named(found: dict[Register, Finding]) -> dict[tuple[str, str], str]:
    table = places(True)
    return {(table[key.port].chip, table[key.port].register): row.kind for key, row in found.items()}


def test_cutoff_is_followed_by_the_cutoff_of_the_sounding_voice_alone(base: Stage) -> None:
    everything, found = swept(base, "VDF1 cutoff")
    assert named(found) == {("VDF1", "CUTOFF"): "linear"}
    assert {places(True)[key.port].voice for key in found} == {places(True)[0x1000].voice}
    (row,) = found.values()
    assert row.phase == "note" and row.register.width == 2 and row.law is not None and row.law.slope > 0
    assert {row.kind for row in everything.found} == {"constant", "linear"}


def test_a_line_of_the_matrix_names_each_kind_and_each_voice_once(base: Stage) -> None:
    everything, _ = swept(base, "OSC1 octave", 3)
    line = " ".join(tap_text.matrix_line(everything, places(True), True).split())
    assert line == (
        "13 OSC1 octave monotone: TG 0 1002w=LEVEL, 100At=START, 100Et=LOOP, 1012t=END; "
        "changed: TG 0 1006t=INCREMENT"
    )
    assert " ".join(tap_text.matrix_line(swept(base, "Assign", 2)[0], places(True), True).split()) == "11 Assign -"


def test_level_is_followed_by_the_level(base: Stage) -> None:
    """A voice without any level may end earlier, which is a matter of counts and times."""
    _, found = swept(base, "VDA1 oscillator level")
    late = ("count", "timing")
    assert {name for name, kind in named(found).items() if kind not in late} == {("TG", "LEVEL")}
    (row,) = (row for row in found.values() if row.kind not in late)
    assert row.kind in ("linear", "exponential", "monotone")
    values = [value for value in row.values if value is not None]
    assert len(values) >= 5 and values == sorted(values)


def test_detune_is_followed_by_the_second_oscillators_increment(base: Stage) -> None:
    _, found = swept(base, "OSC2 detune", 7, "Oscillator mode=1")
    (row,) = found.values()
    place = places(True)[row.register.port]
    assert (place.register, place.voice, row.register.width) == ("INCREMENT", 1, 3)
    assert row.kind == "exponential" and row.law is not None
    assert abs(row.law.slope - 1 / 1200) < 1e-6, "a cent"


@pytest.mark.parametrize(("word", "write"), [
    ("Effect 1 reverb time", 10), ("Effect 1 balance a", 3), ("Output 3 pan", 7), ("Effect 2 type", 2),
])
def test_effect_parameters_are_followed_by_one_byte_of_the_data_port(base: Stage, word: str, write: int) -> None:
    _, found = swept(base, word, 6, "Effect 1 type=0")
    assert list(found) == [Register(0x0502, 1)]
    (row,) = found.values()
    assert (row.phase, row.kind, row.write) == ("load", "linear", write)
    assert row.law is not None and (row.law.slope, row.law.intercept) == (1, 0)


def test_a_parameter_that_does_nothing_here_is_followed_by_nothing(base: Stage) -> None:
    everything, found = swept(base, "OSC2 octave")
    assert found == {} and len(everything.found) > 5


def test_the_findings_are_the_same_without_any_knowledge_and_each_time(base: Stage) -> None:
    one, _ = swept(base, "VDF1 cutoff", 4)
    other, _ = swept(base, "VDF1 cutoff", 4)
    assert one == other
    places_of = [(row[3], row[4], *row[8:]) for row in one.rows(places(True))]
    assert places_of == [(row[3], row[4], *row[8:]) for row in one.rows(places(False))]


def test_several_processes_come_to_the_same(base: Stage) -> None:
    words = ("VDF1 cutoff", "VDA1 oscillator level", "OSC1 octave")
    work = [(row, program.steps(row, 3)) for row in (program.find(base.program, word) for word in words)]
    assert list(sweep_many(base, work, workers=2)) == list(sweep_many(base, work, workers=1))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_sweep_that_is_stopped_hands_over_what_is_done(base: Stage, workers: int) -> None:
    work = [(program.find(base.program, word), (0, 1)) for word in ("Assign", "Hold", "OSC2 octave")]
    done: list[Swept] = []
    for one in sweep_many(base, work, workers, asked=lambda: bool(done)):
        done.append(one)
    assert [row.parameter.name for row in done] == ["Assign"]


def test_ctrl_c_leaves_a_whole_file_of_what_was_tapped(
    ctrl_c_at_lcd_write: Callable[[int], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ctrl_c_at_lcd_write(60)
    assert tap("-o", str(tmp_path / "x.csv")) == 130
    assert "stopped at" in capsys.readouterr().err
    assert of_csv(tmp_path / "x.csv")[0]["what"] == "tap"
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_a_sweep_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    pytest.importorskip("matplotlib")
    words = ["tap", "--sweep", "71", "--steps", "4", "--during", "0.2", "--note", "C4:90"]
    out, picture = tmp_path / "x.csv", tmp_path / "x.png"
    assert main([*words, "-o", str(out), "--plot", str(picture)]) == 0
    shown = capsys.readouterr().out
    assert "VDF1 cutoff, byte 71: 0 33 66 99" in shown and "CUTOFF" in shown and "linear" in shown
    assert picture.read_bytes().startswith(b"\x89PNG")
    about, rows = of_csv(out)
    assert about["note"] == [60, 90, 0.2] and [row["register"] for row in rows] == ["CUTOFF"]
    assert main([*words, "--json", "-o", str(tmp_path / "x.parquet")]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert found == parquet.read_table(tmp_path / "x.parquet").to_pylist()
    assert [{name: "" if value is None else str(value) for name, value in row.items()} for row in found] == rows


def test_the_list_names_what_can_be_swept(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tap", "--sweep", "list"]) == 0
    out = capsys.readouterr().out
    assert "  71 VDF1 cutoff" in out and "Name" not in out


def test_a_firmware_that_does_not_answer_is_told_so() -> None:
    session = Session(engine="v30")
    session.power_on()
    with pytest.raises(UserError, match="no answer 40h"):
        program.ask(session, program.message(program.REQUEST, channel=2), program.DUMP, 2)


def test_a_refused_program_is_told_so() -> None:
    session = Session(engine="v30")
    session.boot()
    with pytest.raises(UserError, match="sent message 40h: it refused, its size or form is wrong"):
        program.ask(session, program.message(program.DUMP, b"\x00" * 9), program.LOADED)


@pytest.mark.parametrize(("words", "code", "said"), [
    (["--sweep", "theremin"], 2, "has no parameter"),
    (["--sweep", "cutoff"], 2, "may be"),
    (["--sweep", "9"], 2, "no parameter in byte 9"),
    (["--sweep", "143"], 2, "no parameter in byte 143"),
    (["--sweep", "VDF1 cutoff", "--values", "0,300"], 2, "cannot be 300"),
    (["--sweep", "VDF1 cutoff", "--set", "VDF1 cutoff"], 2, "has no value"),
    (["--sweep", "VDF1 cutoff", "--note", "C4", "--note", "D4"], 2, "one note"),
    (["--sweep", "VDF1 cutoff", "--collapse"], 2, "nothing to a sweep"),
    (["--sweep", "all", "--values", "1,2"], 2, "one parameter"),
    (["--sweep", "list", "-o", "x.csv"], 2, "only prints"),
    (["--sweep", " "], 2, "names no parameter"),
    (["--program", "I100"], 2, "there is no prog"),
    (["--sweep", "71", "--program", "C00"], 2, "there is no prog"),
    (["--steps", "5"], 2, "nothing without --sweep"),
    (["--sweep", "VDF1 cutoff", "--steps", "1"], 2, "there is one; expected two at least"),
    (["--sweep", "VDF1 cutoff", "--values", "7,7"], 2, "there is one; expected two at least"),
    (["--from", "3", "--to", "2"], 2, "no stretch of time"),
    (["-o", "x.doc"], 2, "no ending"),
    (["-o", "/proc/x.csv"], 1, "cannot be written"),
    (["--sweep", "71", "--plot", "x.jpg"], 2, "PNG"),
])
def test_what_cannot_be_done_is_said_in_a_sentence(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["tap", *words]) == code
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [
    ["--note", "H4"], ["--note", "C4:0"], ["--note", "C4:"], ["--note", ""], ["--note", "C4:1:2:3"],
    ["--chips", "DAC"], ["--voice", "16"], ["--program", "I1", "--combi", "I1"],
    ["--channel", "17"], ["--sweep", "71", "--steps", "0"], ["--sweep", "71", "--values", "1"],
    ["--sweep", "71", "--values", "1,x"],
])
def test_words_that_are_none(words: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["tap", *words])
    assert end.value.code == 2


def test_a_value_outside_the_bits_is_refused(base: Stage) -> None:
    with pytest.raises(UsageError):
        program.with_value(base.program, program.find(base.program, "Hold"), 2)
