"""korgm1 age and boot --age as they are typed: what they say and write, and what they refuse before any work."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shlex
from pathlib import Path

import pytest

from korgm1.cli import build_parser, main
from korgm1.errors import UsageError
from korgm1.session import Session
from korgm1.verbs import age
from korgm1.verbs.age_plan import planned

WEAK = ["--cell", "1.2", "--off", "1mo"]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "x.sram"
    session = Session()
    session.boot()
    session.power_off()
    path.write_bytes(session.sram)
    return path


@pytest.mark.parametrize(("words", "events"), [
    ("--years 12 --temp 28 --use 3h/week", "temp=28 use=12y:3h/week look"),
    ("--cell CR2032 --years 12 --temp 28", "cell=CR2032 temp=28 off=12y look"),
    ("--off 8y --swap-cell 5s --on --dip 40ms", "off=8y swap-cell=5s on dip=40ms"),
    ("--on 3s --off-switch --contact 50k --years 18mo", "on=3s off-switch contact=50k off=18mo look"),
    ("--temp 20 --off 1y --temp 35 --off 1y", "temp=20 off=1y temp=35 off=1y look"),
    ("--use 1h/day --years 1 --use 0 --years 2", "use=1y:1h/day off=2y look"),
    ("--then 'use=9y:3h/week off=6mo' --on", "use=9y:3h/week off=6mo on"),
    ("--cell-out 10s --then look", "cell-out=10s look"),
])
def test_options_become_events_in_their_order(words: str, events: str) -> None:
    chain = build_parser().parse_args(["age", *shlex.split(words)]).chain
    assert " ".join(event.word for event in planned(chain)) == events


@pytest.mark.parametrize(("words", "code", "says"), [
    ([], 2, "nothing happens"),
    (["--temp", "28"], 2, "nothing happens"),
    (["--cell", "CR9"], 2, "event 1, 'cell=CR9'"),
    (["--temp", "warm"], 2, "temp=warm"),
    (["--use", "3h/fortnight"], 2, "3h/fortnight"),
    (["--use", "3h/fortnight", "--off", "1y"], 2, "3h/fortnight"),
    (["--use", "3h/week", "--off", "1y"], 2, "without --years"),
    (["--cell", "-3", "--off", "1y"], 2, "cell=-3"),
    (["--cell", "9", "--off", "1y"], 2, "cell=9"),
    (["--cell", "AA", "--off", "1y"], 2, "cell=AA"),
    (["--years", "900"], 2, "200 years"),
    (["--years", "-3"], 2, "off=-3y"),
    (["--off", "-5y"], 2, "'-5y' is out of range"),
    (["--on", "-3s"], 2, "on=-3s"),
    (["--temp", "-60", "--off", "1y"], 2, "'-60' is out of range"),
    (["--cell", "CR2032@9", "--off", "1y"], 2, "0 to 3.35 V"),
    (["--use", "3h/week", "--then", "use=12y"], 2, "for how much of that time"),
    (["--years", "many"], 2, "many"),
    (["--off", "8"], 2, "off=8"),
    (["--temp", "300", "--off", "1y"], 2, "temp=300"),
    (["--use", "30h/day", "--years", "3"], 2, "30h/day"),
    (["--off", "8y", "--dip", "40ms"], 2, "the power is off"),
    (["--then", "off=8y explode"], 2, "'explode'"),
    (["--swap-cell", "5s:AA"], 2, "swap-cell=5s:AA"),
    (["--contact", "wet", "--off", "1y"], 2, "wet"),
    (["--off", "1y", "--fault", "r99-open"], 2, "r99-open"),
    (["--off", "1y", "--hypothesis", "H-NOTHING=1"], 2, "H-NOTHING"),
    (["--off", "1y", "--roms", "nothing"], 1, "nothing"),
    (["--off", "1y", "--sram", "missing.sram"], 1, "missing.sram is not there"),
    (["--off", "1y", "--sram", "short.sram"], 1, "65,535 bytes"),
    (["--off", "1y", "--sram", "."], 1, "folder"),
    (["--off", "1y", "-o", "."], 1, "cannot be written"),
    (["--off", "1y", "-o", "short.sram/y.sram"], 1, "cannot be written"),
    (["--off", "1y", "--report", "/dev/null/r.json"], 1, "cannot be written"),
    (["--off", "1y", "--plot", "short.sram/p.png"], 1, "cannot be written"),
    (["--off", "1y", "--report", "r", "--plot", "r"], 2, "same file"),
    (["--off", "1y", "--sram", "x.sram", "--report", "x.sram"], 2, "same file"),
    (["--off", "1y", "-o", "y", "--plot", "y"], 2, "same file"),
    (["--off", "1y", "-o", "y", "--report", "./y"], 2, "same file"),
    (["--off", "1y", "--sram", "x.sram", "--plot", "x.sram"], 2, "same file"),
    (["--off", "1y", "--plot", "p.jpg"], 2, "pictures are PNG"),
    (["--on", "--plot", "p.png"], 2, "nothing to draw"),
    (["--off", "1y", "--png", "p.png"], 2, "the LCD is dark"),
    (["--off", "1y", "--on", "--png", "short.sram/p.png"], 1, "cannot be written"),
])
def test_what_cannot_be_is_refused_and_nothing_is_lost(
    words: list[str], code: int, says: str, image: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(image.parent)
    Path("short.sram").write_bytes(bytes(65535))
    before = {path.name: path.read_bytes() for path in image.parent.iterdir()}
    assert main(["age", *words]) == code
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith("korgm1: ") and says in captured.err
    assert "--battery" not in captured.err, "this verb has no such option"
    assert {path.name: path.read_bytes() for path in image.parent.iterdir()} == before


def test_swap_cell_with_nothing_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["age", "--swap-cell"])
    assert ended.value.code == 2
    assert "--swap-cell" in capsys.readouterr().err
    with pytest.raises(UsageError, match="no value"):
        planned([("swap-cell", "")])


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="every folder is writable to this user")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert main(["age", "--off", "1y", "-o", str(tmp_path / "y.sram")]) == 1


def test_the_account_says_what_happened(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = image.read_bytes()
    out = image.parent / "y.sram"
    assert main(["age", *WEAK, "--sram", str(image), "-o", str(out), "--on"]) == 0
    text = capsys.readouterr().out
    for word in ("1.20 V", "the first cell of the RAM lost its content", "lowest supply 0.97 V", "bits in", "Init Prog",
                 "Battery Low (Internal)"):
        assert word in text, word
    assert image.read_bytes() == before and out.stat().st_size == 65536


def test_without_an_output_nothing_is_written(image: Path) -> None:
    assert main(["age", *WEAK, "--sram", str(image)]) == 0
    assert [path.name for path in image.parent.iterdir()] == ["x.sram"]


def test_the_output_may_be_the_image_itself_which_is_kept_beside_it(image: Path) -> None:
    before = image.read_bytes()
    assert main(["age", *WEAK, "--sram", str(image), "-o", str(image)]) == 0
    assert image.read_bytes() != before
    assert (image.parent / "x.sram.1").read_bytes() == before


def test_the_report_agrees_with_the_image_it_wrote(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = image.parent
    words = [*WEAK, "--sram", str(image), "-o", str(folder / "y"), "--report", str(folder / "r"), "--json"]
    assert main(["age", *words]) == 0
    report = json.loads((folder / "r").read_text())
    assert report == json.loads(capsys.readouterr().out)
    old, new = image.read_bytes(), (folder / "y").read_bytes()
    woken = report["steps"][-1]["power_on"]
    assert woken["bits_flipped"] == sum((a ^ b).bit_count() for a, b in zip(old, new, strict=True)) > 0
    assert woken["layout"] == "OpenM1" and {row["name"] for row in woken["regions_hit"]} >= {"programs", "combinations"}
    programs = [row for row in woken["records_hit"] if row["name"].endswith("Init Prog")]
    assert programs and all(
        row["bits"] == sum((a ^ b).bit_count() for a, b in zip(
            old[row["address"] : row["address"] + 143], new[row["address"] : row["address"] + 143], strict=True
        )) for row in programs
    )
    assert report["sram_sha1_after"] == hashlib.sha1(new).hexdigest()
    course = report["steps"][1]["course"]
    assert len({len(values) for values in course.values()}) == 1


def test_the_same_command_writes_the_same_bytes(image: Path) -> None:
    folder = image.parent
    for name in ("a", "b"):
        words = [*WEAK, "--sram", str(image), "-o", str(folder / name), "--report", str(folder / f"{name}.json")]
        assert main(["age", *words]) == 0
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()
    assert (folder / "a.json").read_bytes() == (folder / "b.json").read_bytes()


def test_the_plot_is_a_picture_and_the_same_each_time(image: Path) -> None:
    pytest.importorskip("matplotlib")
    folder = image.parent
    words = ["--years", "14", "--use", "3h/week", "--temp", "28", "--swap-cell", "5s", "--on", "--dip", "1s"]
    for name in ("a.png", "b.png"):
        assert main(["age", *words, "--sram", str(image), "--plot", str(folder / name)]) == 0
    data = (folder / "a.png").read_bytes()
    assert data.startswith(b"\x89PNG") and len(data) > 20_000
    assert data == (folder / "b.png").read_bytes()


def test_boot_ages_first_and_keeps_what_came_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "x.sram"
    assert main(["boot", "--sram", str(image), "--press", "4@2", "--press", "2@2.3"]) == 0
    before = image.read_bytes()
    capsys.readouterr()
    words = "use=3y:3h/week on=1s off=1y on=1s off=1y on=1s off=1y on=1s off=8y"
    assert main(["boot", "--age", words, "--sram", str(image)]) == 0
    text = capsys.readouterr().out
    assert text.index("1. use=3y:3h/week") < text.index("Battery Low (Internal)")
    assert image.read_bytes() != before
    assert (tmp_path / "x.sram.1").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.sram", "x.sram.1"]


def test_boot_with_age_can_be_recorded_and_replayed(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    assert main(["boot", "--age", "cell=1.15 off=1mo", "--record", str(path)]) == 0
    assert main(["boot", "--replay", str(path), "--engine", "v30"]) == 0
    assert main(["boot", "--replay", str(path), "--age", "off=1y"]) == 2


def test_boot_with_age_prints_both_as_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["boot", "--age", "off=1y", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["age"]["steps"][0]["event"] == "off=1y" and result["lcd"][0].startswith("Prog")


def test_a_temperature_below_zero_is_a_value_and_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["age", "--temp", "-10", "--off", "1y"]) == 0
    assert "1 y at -10 C" in capsys.readouterr().out


def test_boot_with_age_says_what_is_wrong_with_its_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["boot", "--sram", "new.sram", "--age", "off=1d"]) == 0
    text = capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["new.sram"], "written once, at power-off"
    assert "new.sram is not there yet: the RAM is as OpenM1 initialises it" in text and "no --sram" not in text
    for words in (["--age", "off=1d"], []):
        assert main(["boot", "--sram", ".", *words]) == 1
        assert "is a folder" in capsys.readouterr().err


@pytest.mark.parametrize("events", ["", "   ", "off=8y explode", "dip=40ms"])
def test_boot_refuses_events_that_cannot_be(events: str, image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = image.read_bytes()
    assert main(["boot", "--age", events, "--sram", str(image)]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith("korgm1: ")
    assert image.read_bytes() == before and [path.name for path in image.parent.iterdir()] == ["x.sram"]


def test_ctrl_c_in_the_middle_of_a_boot_writes_nothing(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Asked(list[int]):
        """Empty until it was looked at 50 times."""

        looks = 0

        def __bool__(self) -> bool:
            self.looks += 1
            return self.looks > 50

    asked = Asked()
    monkeypatch.setattr(age, "asked_to_stop", lambda: contextlib.nullcontext(asked))
    before = image.read_bytes()
    assert main(["age", "--sram", str(image), "-o", str(image), "--off", "1y", "--on", "900000s"]) == 130
    assert 50 < asked.looks < 60
    assert image.read_bytes() == before and [path.name for path in image.parent.iterdir()] == ["x.sram"]


def test_a_rack_lives_too_and_a_freeze_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["age", "--model", "m1r", "--fault", "no-supervisor", "--off", "1y", "--on", "--dip", "26ms"]) == 0
    text = capsys.readouterr().out
    assert "faults: no-supervisor" in text and "the CPU lost its footing and stands still" in text


def test_stray_writes_are_counted_and_named_and_are_those_of_the_image(
    image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two lives that differ in the law of stray writes only; the report accounts for every byte that differs."""
    kept = {}
    for law in ("none", "poisson"):
        words = ["--fault", "no-supervisor", "--seed", "1", "--hypothesis", f"H-STRAY={law}", "--sram", str(image)]
        files = ["-o", str(image.parent / law), "--report", str(image.parent / f"{law}.json")]
        assert main(["age", *words, *files, "--on", "--dip", "26ms"]) == 0
        kept[law] = (image.parent / law).read_bytes(), json.loads((image.parent / f"{law}.json").read_text())
    text = capsys.readouterr().out
    step = kept["poisson"][1]["steps"][1]
    assert "stray_writes" not in kept["none"][1]["steps"][1]
    writes = {int(row["address"], 16): row["after"] for row in step["stray_writes"]["writes"]}
    different = {
        at: new for at, (old, new) in enumerate(zip(kept["none"][0], kept["poisson"][0], strict=True)) if old != new
    }
    assert different and different.items() <= writes.items()
    assert f"{step['stray_writes']['bytes_written']} bytes written by the confused CPU" in text
    names = [row["name"] for row in step["stray_writes"]["records_hit"]]
    assert names and all(name in text for name in names)
    assert all(f"{at:04X}:" in text for at in writes)
    assert kept["poisson"][1]["sram_sha1_after"] == hashlib.sha1(kept["poisson"][0]).hexdigest()


def test_a_dip_shows_what_the_display_did_since_then_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["age", "--on", "--dip", "10ms", "--dip", "30ms", "--json"]) == 0
    _, unfelt, felt = json.loads(capsys.readouterr().out)["steps"]
    assert unfelt["dip"] == "nothing" and unfelt["boot"]["timeline"] == []
    assert felt["dip"] == "reset" and felt["boot"]["timeline"][0]["seconds"] >= felt["begins_seconds"] > 1
    assert main(["age", "--fault", "no-supervisor", "--on", "--dip", "26ms", "--dip", "26ms"]) == 0
    frozen = capsys.readouterr().out.partition("2. dip=26ms")[2]
    assert " s  |" not in frozen and "stands still" in frozen and "3. dip=26ms: the mains fails for 26 ms: it" in frozen


def test_a_boot_names_what_switching_off_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["boot", "--fault", "no-supervisor", "--seed", "1"]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "at power-off:" in text and "written by the confused CPU" in text
    assert main([*words, "--json", "--age", "on=1s off=1d"]) == 0
    block = json.loads(capsys.readouterr().out)
    assert block["stray_writes"]["bytes_written"] > 0
    assert block["age"]["steps"][1]["stray_writes"]["bytes_written"] > 0
    assert main(["boot", "--json"]) == 0
    assert "stray_writes" not in json.loads(capsys.readouterr().out)


def test_the_account_explains_the_volts_that_no_cell_has_and_more_than_all_of_a_charge(
    capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["age", "--on", "1s", "--off", "1d", "--off", "1d", "--years", "30"]) == 0
    steps = re.split(r"\n\d\. ", capsys.readouterr().out)
    assert "4.40 V is the charge +5 V left in the capacitor" in steps[2] and "left in the capacitor" not in steps[3]
    assert re.search(r"1\d\d% of its \d+ mAh \(to 2\.0 V\) are gone", steps[4])


def test_help_says_what_look_is_and_what_happens_to_the_image(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["age", "--help"])
    said = capsys.readouterr().out
    assert '"look"' in said and "unless -o names it, too" in said


def test_a_new_cell_feeds_the_ram_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["age", "--cell", "absent", "--off", "1d", "--swap-cell", "5s"]) == 0
    told = capsys.readouterr().out
    assert "0.00 -> 0.00 V at the RAM, power off; 2.96 V once the cell is in" in told
    assert max(map(len, told.splitlines())) <= 125
