"""Snapshots of the whole instrument: any clock, any engine, nothing lost, nothing half written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import LIMIT

from korgm1.cli import main
from korgm1.errors import SnapshotError, UsageError
from korgm1.session import Session
from korgm1.snapshot import Snapshot, decode, diff, encode

SYSEX = bytes.fromhex("F0423019 12F7 F07E7F0601F7".replace(" ", "")) + b"\xc0\x2a"
END = 17_600_000
"""Clocks, 2.2 s: OpenM1 has booted and dealt with the inputs."""


def begin(engine: str, **options: Any) -> Session:
    session = Session(engine=engine, battery="low", seed=4, hypotheses={"H-VREF": 4.9}, **options)
    session.power_on(hold=["INT"])
    session.press_at("7", 1.9)
    session.press_at("UP", 2.01)
    session.slide_at(99, 2.05)
    session.midi_in(SYSEX, at=1.85)
    return session


def future(session: Session) -> tuple[dict[str, Any], Snapshot]:
    """All that can be seen, and all that there is, at the end; without the engine's name."""
    session.run_until(END)
    seen, state = session.result().to_dict(), decode(session.snapshot())
    del seen["engine"], state.manifest["engine"]
    return seen, state


@pytest.fixture(scope="module")
def reference() -> tuple[dict[str, Any], Snapshot]:
    return future(begin("v30"))


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, END) | st.integers(14_500_000, END), st.sampled_from(["unicorn", "v30"]),
    st.sampled_from(["unicorn", "v30"]), st.integers(0, 2_000_000),
)
def test_saved_anywhere_on_one_engine_goes_on_the_same_on_another(
    reference: tuple[dict[str, Any], Snapshot], clock: int, first: str, second: str, again: int
) -> None:
    session = begin(first)
    session.run_until(clock)
    saved = session.snapshot()
    other = Session(engine=second)
    other.restore(saved)
    before, after = decode(saved), decode(other.snapshot())
    assert [d for d in diff(before, after) if d.field != "engine"] == []
    other.run_until(min(END, other.clock + again))
    third = Session(engine=first)
    third.restore(other.snapshot())
    seen, state = future(third)
    assert diff(reference[1], state) == []
    assert seen == reference[0]


def test_lockstep_takes_a_state_and_gives_one(reference: tuple[dict[str, Any], Snapshot]) -> None:
    session = begin("unicorn")
    session.run_until(16_000_003)
    other = Session(engine="lockstep")
    other.restore(session.snapshot())
    other.run_until(16_400_000)
    last = Session(engine="unicorn")
    last.restore(other.snapshot())
    assert diff(reference[1], future(last)[1]) == []


def test_a_written_card_goes_along(tmp_path: Path) -> None:
    session = begin("v30", card=bytes(32768))
    session.run(0.1)
    session.machine.memory.write(0x50002, 0x5A)
    other = Session(engine="v30")
    other.restore(session.snapshot())
    assert other.machine.memory.peek(0x50002) == 0x5A
    assert other.machine.memory.peek(0x50003) == 0xFF
    assert diff(future(session)[1], future(other)[1]) == []


def test_a_state_of_an_instrument_that_is_off() -> None:
    session = begin("v30")
    session.run(1)
    session.power_off()
    other = Session(engine="unicorn")
    other.restore(session.snapshot())
    assert not other.powered and other.sram == session.sram
    for one in (session, other):
        one.power_on()
        one.run(0.5)
    left, right = decode(session.snapshot()), decode(other.snapshot())
    assert [d.field for d in diff(left, right)] == ["engine"]


def changed(data: bytes, edit: Any) -> bytes:
    snapshot = decode(data)
    edit(snapshot)
    return encode(snapshot)


@pytest.fixture(scope="module")
def saved() -> bytes:
    session = begin("v30")
    session.run(1)
    return session.snapshot()


def test_an_unknown_block_is_kept_and_written_back(saved: bytes) -> None:
    def edit(snapshot: Snapshot) -> None:
        snapshot.blocks["vocoder"] = {"bands": b"\1\2", "deep": [{"x": None}]}
        snapshot.versions["vocoder"] = 7

    session = Session(engine="v30")
    session.restore(changed(saved, edit))
    session.run(0.1)
    later = decode(session.snapshot())
    assert later.blocks["vocoder"] == {"bands": b"\1\2", "deep": [{"x": None}]}
    assert later.version("vocoder") == 7
    session.restore(saved)
    assert "vocoder" not in decode(session.snapshot()).blocks


@pytest.mark.parametrize("name", sorted(decode(Session(engine="v30").snapshot()).blocks))
def test_a_missing_block_is_an_error_that_names_it_and_changes_nothing(saved: bytes, name: str) -> None:
    session = Session(engine="v30")
    session.power_on()
    session.run(0.05)
    before = session.snapshot()
    with pytest.raises(SnapshotError, match=f"no block '{name}'"):
        session.restore(changed(saved, lambda snapshot: snapshot.blocks.pop(name)))
    assert session.snapshot() == before


def test_a_newer_layout_is_refused_and_an_older_one_upgraded(saved: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def newer(snapshot: Snapshot) -> None:
        snapshot.versions["lcd"] = 2

    with pytest.raises(SnapshotError, match="'lcd' has layout 2; expected layout 1"):
        Session(engine="v30").restore(changed(saved, newer))
    from korgm1.board.keyscan import KeyScan

    monkeypatch.setattr(KeyScan, "snapshot_version", 3, raising=False)
    with pytest.raises(SnapshotError, match="'keyscan' has layout 1; expected layout 3"):
        Session(engine="v30").restore(saved)
    monkeypatch.setattr(
        KeyScan, "upgrade", lambda self, block, version: {**block, "lost": 10 * version}, raising=False
    )
    session = Session(engine="v30")
    session.restore(saved)
    assert session.machine.keyscan.lost == 10
    assert decode(session.snapshot()).version("keyscan") == 3


@pytest.mark.parametrize(("edit", "text"), [
    (lambda s: s.manifest.update(model="m1r"), "is of m1r"),
    (lambda s: s.manifest["firmware"].update(sha1="0" * 40), "firmware 000000000000"),
    (lambda s: s.manifest.pop("hypotheses"), "does not fit"),
    (lambda s: s.manifest["hypotheses"].update({"H-GONE": 1}), "H-GONE"),
    (lambda s: s.blocks["cpu"].pop("pc"), "CPU's part"),
    (lambda s: s.blocks["scheduler"].update(timers=[["no.timer", 5]]), "does not fit"),
    (lambda s: s.blocks["session"]["display"].update(rows=5), "does not fit"),
    (lambda s: s.blocks["session"]["display"].update(picture=[1]), "does not fit"),
    (lambda s: s.blocks["lcd"].clear(), "does not fit"),
    (lambda s: s.blocks["session"].update(actions=[[5, 1, "explode", None]]), "does not fit.*explode"),
    (lambda s: s.blocks["cpu"].update(r=[70000] * 8), "CPU's part"),
])  # fmt: skip
def test_a_state_that_does_not_fit_is_refused(saved: bytes, edit: Any, text: str) -> None:
    session = Session(engine="v30")
    before = session.snapshot()
    with pytest.raises(SnapshotError, match=text):
        session.restore(changed(saved, edit))
    assert session.snapshot() == before


def test_guesses_and_seed_come_with_the_state(saved: bytes) -> None:
    session = Session(engine="v30", seed=9)
    session.restore(saved)
    assert (session.hypotheses["H-VREF"], session.seed) == (4.9, 4)
    assert session.battery.cell_volts == 2.4
    battery = session.result().battery
    assert (battery["volts"], battery["adc_code"], battery["kind"], battery["celsius"]) == (2.4, 125, "supply", 25.0)
    assert battery["ram_volts"] == session.battery.ram_volts


def test_a_recording_cannot_go_over_a_restore(saved: bytes, tmp_path: Path) -> None:
    session = Session(engine="v30")
    session.record(tmp_path / "x.rec")
    with pytest.raises(UsageError, match="recording"):
        session.restore(saved)
    session.record_end()
    session.restore(saved)


# the file


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.state"
    session = begin("v30")
    session.save(path)
    before = path.read_bytes()
    session.run(0.1)
    import os

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    from korgm1.errors import UserError

    with pytest.raises(UserError, match="No space left"):
        session.save(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["x.state"]


KILLER = """
import os, random, signal, sys, time
from pathlib import Path
from korgm1.session import Session
from korgm1.snapshot import decode
path, rounds = Path(sys.argv[1]), int(sys.argv[2])
session = Session(engine="v30"); session.power_on()
states = []
for _ in range(3):
    session.run(0.01); states.append(session.snapshot())
from korgm1.files import write_atomic
began = time.monotonic()
for _ in range(5):
    write_atomic(path, states[0])
one = (time.monotonic() - began) / 5
random.seed(1)
seen, killed = set(), 0
for _ in range(rounds):
    child = os.fork()
    if child == 0:
        while True:
            for state in states:
                write_atomic(path, state)
    time.sleep(random.uniform(0.2, 4) * one)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    killed += os.WTERMSIG(status) == signal.SIGKILL
    data = path.read_bytes()
    assert data in states
    seen.add(decode(data).manifest["clock"])
print(killed, len(seen))
"""


def test_kill_9_during_a_save_never_harms_the_file(tmp_path: Path) -> None:
    """200 processes, each killed somewhere in an endless row of saves over the same file."""
    command = [sys.executable, "-c", KILLER, str(tmp_path / "x.state"), "200"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stderr
    killed, seen = map(int, done.stdout.split())
    assert killed == 200
    assert seen > 1


# the verb


def test_save_load_show_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = str(tmp_path / "one.state"), str(tmp_path / "two.state")
    assert main(["state", "save", one, "--battery", "low", "--seconds", "2", "--hypothesis", "H-VREF=4.9"]) == 0
    assert "2.000000 s, |Prog I00 Init Prog" in capsys.readouterr().out
    assert main(["state", "load", one, "--engine", "v30", "--press", "4@2.1", "--seconds", "1", "--save", two,
                 "--json", "--png", str(tmp_path / "x.png")]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["engine"] == "v30" and result["lcd"][0].startswith("Prog I4_")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")

    assert main(["state", "show", one]) == 0
    out = capsys.readouterr().out
    for text in ("OpenM1", "unicorn", "H-VREF=4.9", "clock 16,000,00", "tcu.0 in", "\nsram ", "|Prog I00"):
        assert text in out
    assert main(["state", "show", two, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {row["name"] for row in shown["blocks"]} >= {"session", "sram", "cpu", "scheduler", "lcd"}
    assert all(row["known"] for row in shown["blocks"])

    assert main(["state", "diff", one, one]) == 0
    assert "no difference" in capsys.readouterr().out
    assert main(["state", "diff", one, two]) == 5
    out = capsys.readouterr().out
    assert "engine                       unicorn -> v30" in out and "\ncpu " in out and "\nlcd " in out
    assert main(["state", "diff", one, two, "--json"]) == 5
    assert {"manifest", "sram", "lcd"} <= {row["block"] for row in json.loads(capsys.readouterr().out)}


@pytest.mark.parametrize(("words", "code", "text"), [
    (["show", "{none}"], 1, "cannot be read"),
    (["show", "{rubbish}"], 1, "not a korgm1 snapshot"),
    (["load", "{rubbish}"], 1, "not a korgm1 snapshot"),
    (["diff", "{state}", "{rubbish}"], 1, "rubbish: this is not a korgm1 snapshot"),
    (["load", "{rubbish}"], 1, "rubbish: this is not a korgm1 snapshot"),
    (["load", "{state}", "--trace", "{none}", "--trace-filter", ""], 2, "--trace-filter '' is empty"),
    (["load", "{state}", "--trace", "{none}", "--trace-filter", " , "], 2, "is empty"),
    (["load", "{state}", "--trace", "{none}", "--trace-filter", "from=3,to=2"], 2, "asks for no stretch of time"),
    (["load", "{state}", "--press", "4@0.5"], 2, "is over"),
    (["load", "{state}", "--press", "NOKEY@5"], 2, "no key"),
    (["load", "{state}", "--trace-filter", "exec"], 2, "--trace"),
    (["save", "{rubbish}/x", "--seconds", "0.1"], 1, "cannot be written"),
])  # fmt: skip
def test_mistakes_are_sentences(
    words: list[str], code: int, text: str, tmp_path: Path, saved: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rubbish").write_bytes(b"rubbish")
    (tmp_path / "state").write_bytes(saved)
    paths = {name: str(tmp_path / name) for name in ("none", "rubbish", "state")}
    assert main(["state", *(word.format(**paths) for word in words)]) == code
    assert text in capsys.readouterr().err


def test_a_state_of_another_firmware_names_what_load_has_to_offer(
    tmp_path: Path, saved: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    state = decode(saved)
    state.manifest["firmware"]["sha1"] = "0" * 40
    path = tmp_path / "x.state"
    path.write_bytes(encode(state))
    assert main(["state", "load", str(path)]) == 1
    error = capsys.readouterr().err
    assert f"try: korgm1 state load {path} --roms PATH" in error and "--model" not in error


@pytest.mark.parametrize(
    ("block", "key", "value"),
    [("lcd", "_ddram", None), ("session", "actions", 5), ("session", "actions", [[1]]), ("session", "order", "x")],
)
def test_a_state_that_does_not_fit_is_told_without_pythons_words(
    block: str, key: str, value: Any, tmp_path: Path, saved: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    state = decode(saved)
    if value is None:
        del state.blocks[block][key]
    else:
        state.blocks[block][key] = value
    path = tmp_path / "x.state"
    path.write_bytes(encode(state))
    assert main(["state", "load", str(path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"korgm1: {path}: a field of the snapshot is missing, or of a kind this program cannot")
    assert f"try: korgm1 state show {path}" in error and key not in error


def test_a_manifest_of_another_kind_is_told_by_show(
    tmp_path: Path, saved: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    state = decode(saved)
    state.manifest["clock"] = []
    path = tmp_path / "x.state"
    path.write_bytes(encode(state))
    assert main(["state", "show", str(path)]) == 1
    assert capsys.readouterr().err.startswith(f"korgm1: {path}: its manifest or a block is not what the format says;")


def test_a_block_that_one_state_has_not_got_is_missing(
    tmp_path: Path, saved: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    state = decode(saved)
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(saved)
    state.blocks["future"] = {"x": 1, "y": 2}
    state.versions["future"] = 7
    two.write_bytes(encode(state))
    assert main(["state", "diff", str(two), str(one)]) == 5
    rows = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()[1:]]
    assert rows == [["future", "(block)", "2 fields -> (not there)"]]


def test_a_state_goes_on_in_another_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.state"
    session = begin("v30")
    session.run_until(15_000_000)
    session.save(path)
    session.run(0.25)
    command = [sys.executable, "-m", "korgm1", "state", "load", str(path), "--seconds", "0.25", "--json"]
    assert json.loads(subprocess.run(command, check=True, capture_output=True).stdout) == session.result().to_dict()
