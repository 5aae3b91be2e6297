"""`korgm1 sweep`: points against plain boots, workers, kills, resuming, files, and what the command says."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from patience import LIMIT, wait_for

from korgm1.cli import main
from korgm1.errors import UserError
from korgm1.physics.sram_retention import lost, share_decayed, unit_factor
from korgm1.physics.supply_history import SupplyHistory
from korgm1.romset.load import RomSet, load_os
from korgm1.session import Session
from korgm1.sweep import journal, table
from korgm1.sweep.grid import Grid, Place
from korgm1.sweep.image import recognisable
from korgm1.sweep.point import LONGEST_DECAY, Bench, Row
from korgm1.sweep.sweeping import sweep
from korgm1.sweep.template import Template, template
from korgm1.verbs import sweep as verb

DAY = 86_400.0
WIDE = Grid([0.6, 1.3, 2.4, 3.1], [0.0, 30 * DAY], [15.0, 40.0], range(2))
"""32 points with every outcome there is."""


@pytest.fixture(scope="module")
def filled() -> bytes:
    return recognisable(load_os(None, "m1"))


@pytest.fixture(scope="module")
def instrument(filled: bytes) -> Template:
    return template(load_os(None, "m1"), image=filled, image_name="filled")


@pytest.fixture(scope="module")
def found(instrument: Template) -> list[Row]:
    return sweep(instrument, WIDE, workers=1).rows


@pytest.fixture
def image(filled: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "x.sram"
    path.write_bytes(filled)
    return path


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few points are several chunks."""
    monkeypatch.setattr("korgm1.sweep.grid.CHUNK", 4)


def test_the_ram_it_starts_from_has_names_to_be_recognised(filled: bytes) -> None:
    session = Session(sram=filled)
    assert session.boot().lcd[0].rstrip() == "Prog I00 Program 00"
    session.press("4")
    session.press("2")
    session.run(0.3)
    assert session.lcd[0].rstrip() == "Prog I42 Program 42"
    session.press("COMBI")
    session.run(0.3)
    assert session.lcd[0].rstrip() == "Combi I00 Combi   00"


def test_stored_data_are_found_without_knowing_the_firmware(instrument: Template) -> None:
    """OpenM1's are 1000-C69B (roms/openm1/README.md)."""
    assert instrument.reference.stored == bytes(0x1000) + bytes([1]) * 0xB69C + bytes(0x10000 - 0xC69C)


def test_every_outcome_of_a_running_instrument_is_met(found: list[Row]) -> None:
    assert {row.outcome for row in found} == {"play", "warning", "partial", "init"}
    for row in found:
        assert row.bits_flipped <= row.cells_lost
        if row.bits_flipped == 0:
            assert row.outcome in ("play", "warning") and not row.ram_error
        if row.outcome == "partial":
            assert row.lcd1.startswith("Prog I00 ") and row.ram_error == "02"
        if row.outcome == "init":
            assert row.lcd1 == "Prog I00 Init Prog" and row.ram_error == "01"
        assert row.warned == (row.lcd2 == "Battery Low (Internal)")


def test_another_order_of_points_gives_the_same_rows(instrument: Template, found: list[Row]) -> None:
    bench = Bench(instrument)
    assert [bench.point(place) for place in reversed(list(WIDE))][::-1] == found


def test_without_memory_the_rows_are_the_same(instrument: Template, found: list[Row]) -> None:
    assert sweep(instrument, WIDE, workers=1, memo=False).rows == found


def test_other_engines_give_the_same_rows(instrument: Template, filled: bytes, found: list[Row]) -> None:
    places = list(WIDE)[::7]
    unicorn = Bench(template(instrument.firmware, image=filled, engine="unicorn"))
    assert [unicorn.point(place) for place in places] == found[::7]


def test_two_workers_write_the_same_file_as_one(instrument: Template, found: list[Row], tmp_path: Path) -> None:
    result = sweep(instrument, WIDE, tmp_path / "2.csv", workers=2)
    for name in ("1.csv", "1.parquet"):
        table.write(tmp_path / name, result.description, found)
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()
    assert table.read(tmp_path / "1.parquet") == table.read(tmp_path / "1.csv") == (result.description, found)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1.csv", "1.parquet", "2.csv"]


def test_a_stopped_sweep_goes_on_where_it_was(instrument: Template, found: list[Row], tmp_path: Path) -> None:
    output, seen = tmp_path / "s.csv", []
    first = sweep(instrument, WIDE, output, workers=1, asked=lambda: len(seen) > 3,
                  progress=lambda done, before, total: seen.append(done))
    assert not first.whole and not output.exists() and 0 < len(first.rows) < len(WIDE)
    second = sweep(instrument, WIDE, output, workers=1)
    assert second.rows == found and second.computed == len(WIDE) - len(first.rows)
    assert table.read(output)[1] == found
    third = sweep(instrument, WIDE, output, workers=1)
    assert (third.rows, third.computed) == (found, 0)


@pytest.mark.parametrize(("wish", "points"), [(1, 8), (2, 4)])
def test_one_wish_ends_the_chunk_under_way_and_two_do_not(instrument: Template, wish: int, points: int) -> None:
    looks: list[int] = []

    def asked() -> int:
        looks.append(0)
        return wish if len(looks) > 7 else 0

    assert len(sweep(instrument, WIDE, workers=1, asked=asked).rows) == points


def test_another_sweep_is_not_overwritten(instrument: Template, tmp_path: Path) -> None:
    output = tmp_path / "s.csv"
    sweep(instrument, Grid([3.0], [0.0], [25.0], [0]), output, workers=1)
    before = output.read_bytes()
    other = Grid([2.9], [0.0], [25.0], [0])
    with pytest.raises(UserError, match=r"holds another sweep: its volts is \[3\.0\], not \[2\.9\]"):
        sweep(instrument, other, output, workers=1)
    assert output.read_bytes() == before
    sweep(instrument, other, output, workers=1, restart=True)
    assert table.read(output)[1][0].volts == 2.9


def test_a_journal_that_cannot_be_written_keeps_what_it_has(
    instrument: Template, found: list[Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) > 3:
            raise OSError(28, "No space left on device")
        sync(handle)

    monkeypatch.setattr(journal.os, "fsync", full)
    with pytest.raises(UserError, match="No space left"):
        sweep(instrument, WIDE, tmp_path / "s.csv", workers=1)
    monkeypatch.undo()
    monkeypatch.setattr("korgm1.sweep.grid.CHUNK", 4)
    again = sweep(instrument, WIDE, tmp_path / "s.csv", workers=1)
    assert again.rows == found and again.computed <= len(WIDE) - 8


COMMAND = [sys.executable, "-m", "korgm1", "sweep", "--volts", "1.2:0.7:0.01", "--off", "1d,2d", "--seeds", "8"]
"""816 points, each with a boot of its own."""


def journal_lines(output: Path) -> dict[int, bytes]:
    """The whole lines of a journal by their chunk; none is there twice."""
    lines = output.with_name(output.name + ".part").read_bytes().splitlines(keepends=True)[1:]
    whole = {json.loads(line[9:])[0]: line for line in lines if line.endswith(b"\n")}
    assert len(whole) >= len(lines) - 1
    return whole


def started(image: Path, output: Path) -> subprocess.Popen[str]:
    """A sweep of two workers that has finished a chunk more than there was."""
    part = output.with_name(output.name + ".part")
    before = part.read_bytes().count(b"\n") if part.exists() else 1
    process = subprocess.Popen(
        [*COMMAND, "--sram", str(image), "--out", str(output), "--workers", "2"], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    wait_for(
        lambda: (part.exists() and part.read_bytes().count(b"\n") > before) or process.poll() is not None,
        "no chunk was finished",
    )
    assert process.poll() is None, process.stderr and process.stderr.read()
    return process


def children(process: int) -> list[int]:
    """The processes a process has started; a thread that ends meanwhile has none."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, task.read_text().split())
    return found


def test_a_kill_costs_no_finished_chunk_and_the_next_run_goes_on(image: Path, tmp_path: Path) -> None:
    output, done = tmp_path / "s.csv", dict[int, bytes]()
    for number, code in ((signal.SIGKILL, -9), (signal.SIGINT, 130), (signal.SIGTERM, 130)):
        process = started(image, output)
        try:
            workers = children(process.pid)
            assert len(workers) >= 2
            process.send_signal(number)
            out, _ = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
            process.communicate()
        assert process.returncode == code
        if code == 130:
            assert f"kept in {output}.part; the same command goes on there" in out
        assert not output.exists()
        wait_for(
            lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers),    # noqa: B023
            "a worker outlived its sweep",
        )
        now = journal_lines(output)
        assert done.items() < now.items()
        done = now


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_ctrl_c_while_the_processes_start_is_one_line(image: Path, tmp_path: Path, seconds: float) -> None:
    """A terminal sends it to all of them; none may answer for itself."""
    process = subprocess.Popen(
        [*COMMAND, "--sram", str(image), "--out", str(tmp_path / "s.csv"), "--workers", "2"], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )
    try:
        wait_for(lambda: len(children(process.pid)) >= 2 or process.poll() is not None, "no processes came")
        assert process.poll() is None
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT)
    finally:
        process.kill()
        process.communicate()
    told = re.compile(r"[\d,]+ of [\d,]+ points, .*")    # a slow host says how far it is
    assert process.returncode == 130 and not [line for line in err.splitlines() if not told.fullmatch(line)]
    assert out.splitlines()[-1].startswith("stopped after ")


HALTED = bytes(0x1FFF0) + bytes.fromhex("FAF4EBFD") + bytes(12)
"""DI; HALT; BR back: a firmware that does nothing, from its first instruction."""


class TestAnotherFirmware:
    DUMB = RomSet("Dumb", "1", hashlib.sha1(HALTED).hexdigest(), HALTED, "here")

    def test_one_that_cannot_be_filled_needs_an_image(self) -> None:
        with pytest.raises(UserError, match=r"(?s)Dumb cannot be filled over MIDI.*--sram FILE"):
            template(self.DUMB)

    def test_one_that_never_gets_to_a_play_page_hangs(self, filled: bytes) -> None:
        found = sweep(template(self.DUMB, image=filled), Grid([0.2, 3.0], [DAY], [25.0], [0]), workers=1)
        assert [(row.outcome, row.cells_lost > 0) for row in found.rows] == [("hang", True), ("hang", False)]


class TestCommand:
    ARGS = ("sweep", "--volts", "3.0,1.0", "--off", "1d", "--seeds", "2", "--workers", "1")

    def test_rows_table_and_picture(self, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        pytest.importorskip("matplotlib")
        out, plot = tmp_path / "s.csv", tmp_path / "s.png"
        assert main([*self.ARGS, "--sram", str(image), "--out", str(out), "--plot", str(plot)]) == 0
        said = capsys.readouterr().out
        assert "m1, OpenM1 #24" in said and "points/s" in said and "4 points in" in said
        assert plot.read_bytes().startswith(b"\x89PNG")
        lines = out.read_text("utf-8").splitlines()
        firmware = json.loads(lines[0].removeprefix("# korgm1 sweep: "))["firmware"]
        assert firmware["sha1"] == load_os(None, "m1").sha1
        rows = list(csv.DictReader(io.StringIO("\n".join(lines[1:]))))
        assert [(row["volts"], row["seed"]) for row in rows] == [("1.0", "0"), ("3.0", "0"), ("1.0", "1"), ("3.0", "1")]
        assert rows[1]["lcd1"] == "Prog I00 Program 00" and rows[1]["outcome"] == "play"
        assert main([*self.ARGS, "--sram", str(image), "--out", str(out)]) == 0
        assert f"all of it was in {out}" in capsys.readouterr().out

    @pytest.mark.parametrize(("words", "code", "message"), [
        (["--seeds", "0"], 2, "--seeds 0"),
        (["--seeds", "-1"], 2, "--seeds -1"),
        (["--volts", "7"], 2, "7 in '7' is out of range"),
        (["--volts=-1:2:0.1"], 2, "out of range"),
        (["--volts", "3:1:0"], 2, "step of 0"),
        (["--off", "300y"], 2, "200 years"),
        (["--off", "5"], 2, "not a time"),
        (["--temp", "400"], 2, "out of range"),
        (["--temp", "-10,-99"], 2, "'-99' is out of range"),
        (["--volts", "-3"], 2, "-3 in '-3' is out of range"),
        (["--temp", "25,,30"], 2, "empty place"),
        (["--volts", "3:1:0.001", "--off", "0d:20y:1000", "--seeds", "100"], 2, "--yes"),
        (["--workers", "0"], 2, "--workers 0"),
        (["--workers", "2", "--scheduler", "tcp://x:1"], 2, "exclude each other"),
        (["--scheduler", "nowhere"], 2, "tcp://HOST:PORT"),
        (["--out", "x.xls"], 2, ".csv or .parquet"),
        (["--out", "/proc/nowhere/x.csv"], 1, "cannot be written"),
        (["--plot", "/proc/nowhere/x.png"], 1, "cannot be written"),
        (["--sram", "/nowhere/x.sram"], 1, "is not there"),
        (["--roms", "/nowhere"], 1, "/nowhere"),
        (["--hypothesis", "H-NONE=1"], 2, "no hypothesis"),
        (["--hypothesis", "H-VREF"], 2, "no value"),
        (["--fault", "no-such-fault"], 2, "no-such-fault"),
        (["--restart"], 2, "--out"),
        (["--out", "x.csv", "--plot", "./x.csv"], 2, "same file"),
        (["--sram", "x.csv", "--out", "x.csv"], 2, "same file"),
        (["--plot", "x.jpg"], 2, "pictures are PNG"),
        (["--sram", "x.sram", "--plot", "x.sram"], 2, "same file"),
        (["--out", "x.csv", "--plot", "x.csv.part"], 2, "same file"),
    ])
    def test_bad_input_is_told_before_any_work(
        self, words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["sweep", "--workers", "1", *words] if "--workers" not in words and "--scheduler" not in words
                    else ["sweep", *words]) == code
        said = capsys.readouterr()
        assert message in said.err and not said.out

    def test_a_stopped_sweep_draws_what_is_done(
        self, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pytest.importorskip("matplotlib")

        class Asked(list[int]):
            """Nothing until it was looked at once, when the template is there."""

            looks = 0

            def __len__(self) -> int:
                self.looks += made
                return int(self.looks > 1)

        made = False
        make = verb.template_from

        def template_from(*args: Any) -> Template:
            nonlocal made
            there = make(*args)
            made = True
            return there

        monkeypatch.setattr(verb, "template_from", template_from)
        monkeypatch.setattr(verb, "asked_to_stop", lambda: contextlib.nullcontext(Asked()))
        monkeypatch.chdir(tmp_path)
        words = [*self.ARGS, "--seeds", "4", "--sram", str(image), "--plot", "s.png"]
        assert main(words) == 130
        assert "stopped after 4 points: --out would have kept them" in capsys.readouterr().out
        assert Path("s.png").read_bytes().startswith(b"\x89PNG")

    @pytest.mark.parametrize(("named", "write"), [(True, 1), (True, 150), (True, 250), (False, 1), (False, 200)])
    def test_ctrl_c_before_the_first_point_ends_at_once(
        self, named: bool, write: int, image: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str],
        ctrl_c_at_lcd_write: Callable[[int], None],
    ) -> None:
        """While the RAM is filled, and in each of the boots that points are compared with."""
        ctrl_c_at_lcd_write(write)
        words = ["--sram", str(image)] if named else []
        assert main([*self.ARGS, *words, "--out", str(tmp_path / "s.csv"), "--plot", str(tmp_path / "s.png")]) == 130
        said = capfd.readouterr()
        assert (said.out, said.err) == ("", "korgm1: stopped before the first point; nothing was written\n")
        assert not list(tmp_path.glob("s.*"))

    def test_the_report_has_the_grid_and_says_what_its_columns_are(
        self, image: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([*self.ARGS, "--volts", "3.0:2.5:0.2", "--seeds", "1", "--sram", str(image)]) == 0
        said = capsys.readouterr().out
        assert "3 voltages 2.6 to 3 V, 1 time off 1 d, 1 temperature 25 C, 1 pair of chips" in said
        assert "up to: the highest cell volts at which" in said

    def test_a_truncated_image_is_told(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "x.sram").write_bytes(bytes(1000))
        assert main([*self.ARGS, "--sram", str(tmp_path / "x.sram")]) == 1
        assert "65,536 bytes" in capsys.readouterr().err


def test_the_image_is_read_once_and_left_alone(image: Path, tmp_path: Path) -> None:
    before = hashlib.sha1(image.read_bytes()).hexdigest()
    assert main([*TestCommand.ARGS, "--sram", str(image)]) == 0
    assert hashlib.sha1(image.read_bytes()).hexdigest() == before
    assert [path.name for path in image.parent.iterdir()] == ["x.sram"]


@pytest.mark.parametrize("place", [
    Place(0.7, DAY, 25.0, 3), Place(2.3, 0.0, 25.0, 1), Place(2.3, 300 * DAY, 40.0, 1), Place(3.1, DAY, -10.0, 0),
    Place(1.3, 3.0, 60.0, 2),
])
def test_a_point_is_a_plain_boot(instrument: Template, filled: bytes, place: Place) -> None:
    """LCD, RAM and clock as a session of one's own, on another engine, comes to them."""
    bench = Bench(instrument)
    row = bench.point(place)
    session = Session(
        battery=f"CR2032@{place.volts}", sram=filled, seed=place.seed, power_ups=1, celsius=place.celsius
    )
    span = session.leave(place.off_seconds)
    volts = session.battery.cell_volts
    result = session.boot()
    assert (row.lcd1, row.lcd2) == tuple(line.rstrip() for line in result.lcd)
    assert row.sram_sha1 == result.sram_sha1
    assert row.boot_seconds == round(result.timeline[-1].seconds, 6)
    assert (row.cell_volts_end, row.supply_min) == (round(volts, 6), round(min(span.supply_volts), 6))
    assert session.wake is not None and (row.cells_lost, row.bits_flipped) == (session.wake.lost, session.wake.flipped)
    assert bench.point(place) == row


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("level", [0, 12, 60, 95])
def test_long_at_the_lowest_level_is_as_good_as_for_ever(seed: int, level: int) -> None:
    long, ever = SupplyHistory(), SupplyHistory()
    long.stay(level / 100, 180, 25.0)
    assert share_decayed(180 / LONGEST_DECAY) == 1 and unit_factor(seed) <= LONGEST_DECAY
    ever.stay(level / 100, 1e9, 25.0)
    ever.stay(1.9, 1e9, 25.0)
    assert bytes(lost(seed, long)) == bytes(lost(seed, ever))


def test_what_wakes_is_boot_by_boot_or_from_memory_the_same(instrument: Template) -> None:
    """All lost, some lost, nothing lost; with an imprint it matters how long the content was held."""
    places = [Place(volts, off * DAY, 25.0, 7) for volts in (0.2, 1.0, 3.0) for off in (0, 1, 300, 310)]
    bench, plain = Bench(instrument), Bench(instrument, memo=False)
    rows = [bench.point(place) for place in places]
    assert rows == [plain.point(place) for place in places]
    lost = [row.cells_lost for row in rows]
    assert sum(cells > 500_000 for cells in lost) > 1 and 0 in lost and any(0 < cells < 500_000 for cells in lost)
    held = replace(instrument, hypotheses={"H-SRAM-IMPRINT": 1.0})
    bench, plain = Bench(held), Bench(held, memo=False)
    imprinted = [bench.point(place) for place in places]
    assert imprinted == [plain.point(place) for place in places]
    assert [row.cells_lost for row in imprinted] == [row.cells_lost for row in rows]
    assert imprinted != rows


def test_a_fault_is_built_in(filled: bytes) -> None:
    """R29 open: the warning with a good cell. FRAM: with a dead one, data there. No tick: no play page."""
    for fault, expected in (("r29-open", "warning"), ("timer0-dead", "hang"), ("fram", "warning")):
        broken = template(load_os(None, "m1"), image=filled, faults=[fault])
        volts = 0.2 if fault == "fram" else 3.1
        row = Bench(broken).point(Place(volts, DAY, 25.0, 0))
        assert (row.outcome, row.cells_lost) == (expected, 0), fault
