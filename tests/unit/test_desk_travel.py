"""Going back in time, states in files, and scenarios played live."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.desk.history import GROUP, History
from korgm1.errors import M1Error, SnapshotError, UsageError
from korgm1.machine.m1 import M1
from korgm1.result import LcdChange
from korgm1.scenario import bank
from korgm1.scenario.description import scenario_named
from korgm1.scenario.running import FRAME, run
from korgm1.session import Session
from korgm1.snapshot import Snapshot

SECOND = CPU_HZ


def playing(seconds: float = 2.0, **options: object) -> Desk:
    desk = Desk(Session(**options))  # type: ignore[arg-type]
    desk.power(True)
    desk.run(round(seconds * SECOND))
    return desk


def type_in(desk: Desk, keys: str) -> None:
    for key in keys:
        desk.tap(key)
    desk.run(desk.now + SECOND)


# the last minutes


def test_back_and_forward_until_something_is_done() -> None:
    desk = playing(3)
    shown = []
    for keys in ("11", "22", "33"):
        shown.append(desk.lcd)
        type_in(desk, keys)
    last = desk.lcd
    assert desk.history >= 5 and desk.ahead == 0
    assert desk.rewind(1) == 1 and desk.lcd == shown[2]
    assert desk.rewind(1) == 2 and desk.lcd == shown[1]
    assert desk.rewind(-1) == 1 and desk.lcd == shown[2]
    assert desk.rewind(-9) == 0 and desk.lcd == last
    assert desk.rewind(2) == 2
    type_in(desk, "77")
    assert desk.lcd[0][:8] == "Prog I77" and desk.ahead == 0
    assert desk.rewind(-5) == 0 and desk.lcd[0][:8] == "Prog I77"
    desk.rewind(10_000)
    assert desk.history == 0


def test_time_that_only_passes_leaves_what_lies_ahead() -> None:
    desk = playing(6)
    desk.rewind(4)
    assert desk.ahead == 4
    desk.run(desk.now + 2 * SECOND)
    assert desk.ahead == 2
    assert desk.rewind(-2) == 0
    desk.run(desk.now + 3 * SECOND)
    assert (desk.ahead, desk.history >= 8) == (0, True)


def test_going_back_is_exact() -> None:
    desk = playing(3)
    other = playing(3)
    for each in (desk, other):
        type_in(each, "42")
    type_in(desk, "99")
    desk.rewind(1)
    for each in (desk, other):
        type_in(each, "17")
    assert desk.session.sram == other.session.sram and desk.session.clock == other.session.clock


def test_minutes_are_the_limit() -> None:
    desk = Desk(Session(), minutes=1)
    desk.power(True)
    desk.run(75 * SECOND)
    assert 58 <= desk.history <= 60
    none = Desk(Session(), minutes=0)
    none.power(True)
    none.run(5 * SECOND)
    assert none.history == 0 and none.rewind(3) == 0


def test_back_over_the_power_switch_and_years(tmp_path: Path) -> None:
    path = tmp_path / "x.sram"
    desk = playing(3, battery="CR2032", sram=path)
    type_in(desk, "42")
    desk.leave(60 * 31_557_600.0)
    desk.run(desk.now + SECOND)
    assert desk.session.battery.cell_volts < 1
    kept = path.read_bytes()
    desk.rewind(2)
    assert desk.powered and desk.session.battery.cell_volts > 3 and desk.lcd[0][:6] == "Prog I"
    assert path.read_bytes() == kept
    desk.power(False)
    assert desk.session.image_path == path


def test_a_memory_from_before_its_loss_is_kept_again(tmp_path: Path) -> None:
    """What would not be written over the user's own image, and what goes into it after going back."""
    path = tmp_path / "own.sram"
    desk = Desk(Session(battery="CR2032", sram=path), own_image=True)
    desk.power(True)
    desk.run(3 * SECOND)
    desk.leave(100 * 31_557_600.0)
    desk.power(True)
    desk.run(desk.now + 3 * SECOND)
    assert desk.session.image_path is None
    desk.rewind(5)
    assert desk.session.image_path == path and desk.powered
    type_in(desk, "42")
    desk.power(False)
    assert path.read_bytes() == desk.session.sram
    desk.rewind(-9)


def test_hands_are_where_they_are_not_where_they_were() -> None:
    desk = playing(3)
    desk.listen(True)
    desk.note_on(24)
    desk.key_down("INT")
    desk.run(desk.now + 3 * SECOND)
    desk.let_go()
    desk.run(desk.now + 3 * SECOND)
    desk.key_down("4")
    desk.rewind(4)
    assert desk.held == {"4"}
    desk.run(desk.now + 4 * SECOND)
    desk.heard()
    desk.run(desk.now + SECOND // 2)
    assert abs(desk.heard()).max() < 2000, "a note that nobody holds ends"


def test_the_card_stays_the_file_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.card"
    path.write_bytes(bytes(32768))
    desk = playing(3)
    desk.insert_card(str(path))
    desk.run(desk.now + 2 * SECOND)
    desk.eject_card()
    desk.run(desk.now + 2 * SECOND)
    desk.rewind(3)
    assert desk.card_in and desk.session.card_path == path


def on_card(desk: Desk, byte: int) -> None:
    """The firmware writes to the card in the slot."""
    assert desk.session.card is not None
    desk.session.card.data[100] = byte


def test_a_card_is_written_as_it_is_after_going_back_over_what_wrote_its_file(tmp_path: Path) -> None:
    """Its file holds what was on it when it came out later, until the card as it is now comes out."""
    path = tmp_path / "x.card"
    path.write_bytes(bytes(32768))
    desk = playing(3)
    desk.insert_card(str(path))
    desk.run(desk.now + 2 * SECOND)
    on_card(desk, 7)
    desk.run(desk.now + SECOND)
    desk.eject_card()
    assert path.read_bytes()[100] == 7
    desk.run(desk.now + 2 * SECOND)
    desk.rewind(4)
    assert desk.session.card is not None and desk.session.card.data[100] == 0 and path.read_bytes()[100] == 7
    desk.set_engine("v30")
    desk.eject_card()
    assert path.read_bytes()[100] == 0 and path.with_name("x.card.1").read_bytes()[100] == 7
    desk.rewind(-4)
    desk.insert_card(str(path))
    stamp = path.stat().st_mtime_ns
    desk.run(desk.now + 2 * SECOND)
    desk.rewind(1)
    desk.eject_card()
    assert path.stat().st_mtime_ns == stamp, "what is on it is in its file"


@pytest.mark.parametrize("back", [True, False])
def test_a_card_that_time_travel_takes_out_keeps_what_was_on_it(back: bool, tmp_path: Path) -> None:
    path, state = tmp_path / "x.card", tmp_path / "x.state"
    path.write_bytes(bytes(32768))
    desk = playing(3)
    desk.save_state(str(state))
    desk.run(desk.now + 2 * SECOND)
    desk.insert_card(str(path))
    on_card(desk, 7)
    desk.run(desk.now + 2 * SECOND)
    if back:
        desk.rewind(3)
    else:
        desk.load_state(str(state))
    assert not desk.card_in and path.read_bytes()[100] == 7
    desk.rewind(-9 if back else 1)
    assert desk.session.card_path == path and desk.session.card is not None and desk.session.card.data[100] == 7


def test_a_note_of_the_cable_that_is_held_no_more_ends(tmp_path: Path) -> None:
    desk = playing(3)
    desk.listen(True)
    desk.midi_in(bytes.fromhex("90 3C 64 B0 40 7F"))
    desk.run(desk.now + 3 * SECOND)
    desk.midi_in(bytes.fromhex("80 3C 00 B0 40 00"))
    desk.run(desk.now + 3 * SECOND)
    desk.rewind(4)
    desk.run(desk.now + 4 * SECOND)
    desk.heard()
    desk.run(desk.now + SECOND // 2)
    assert abs(desk.heard()).max() < 2000, "a note that nobody holds ends"
    desk.midi_in(bytes.fromhex("90 3C 64"))
    desk.run(desk.now + 3 * SECOND)
    desk.rewind(1)
    desk.run(desk.now + 2 * SECOND)
    desk.heard()
    desk.run(desk.now + SECOND // 2)
    assert abs(desk.heard()).max() > 2000, "a note that somebody still holds goes on"


def test_a_recording_refuses_time_travel(tmp_path: Path) -> None:
    session = Session()
    session.record(tmp_path / "x.rec")
    desk = Desk(session)
    desk.power(True)
    desk.run(3 * SECOND)
    desk.save_state(str(tmp_path / "x.state"))
    for deed in (
        lambda: desk.rewind(1), lambda: desk.load_state(str(tmp_path / "x.state")), lambda: desk.set_engine("v30"),
        lambda: desk.set_faults(["adc-dead"]), lambda: desk.set_hypothesis("H-VREF", "4.5"),
        lambda: desk.start_scenario("dead-cell"),
    ):
        with pytest.raises(UsageError, match="recording"):
            deed()
    assert desk.history == 0
    desk.close()
    session.record_end()


def test_a_history_is_small_and_gives_back_what_was_put_in() -> None:
    history = History(2 * GROUP + 5)
    memory = bytearray(hashlib.sha512(b"x").digest() * 1024)
    put = []
    for at in range(2 * GROUP + 20):
        memory[at * 7] ^= 0xFF
        blocks = {
            "sram": {"data": bytes(memory), "longer": bytes(memory[: 5000 + at])},
            "n": {"at": at, "list": [1, "two", None, 2.5, True, b"small"]},
        }
        put.append((at, blocks))
        history.add(at, Snapshot({"clock": at}, blocks, {"sram": 3}), at)
    assert history.size < 4 * len(memory)
    assert [entry.at for entry in history.entries] == [at for at, _ in put[-(2 * GROUP + 5) :]]
    for entry, (at, blocks) in zip(history.entries, put[-(2 * GROUP + 5) :], strict=True):
        assert entry.state() == Snapshot({"clock": at}, blocks, {"sram": 3}) and entry.extra == at
    found = history.before(30)
    assert found is not None and found.at == 30
    history.drop(30)
    assert history.entries[-1].at == 30
    assert History(3).before(1) is None


# states in files


def test_a_state_is_loaded_into_the_running_instrument(tmp_path: Path) -> None:
    path = tmp_path / "x.state"
    desk = playing(3)
    type_in(desk, "42")
    desk.save_state(str(path))
    type_in(desk, "99")
    desk.load_state(str(path))
    assert desk.lcd[0][:8] == "Prog I42"
    desk.rewind(1)
    assert desk.lcd[0][:8] in ("Prog I99", "Prog I42")
    other = playing(2, model="m1r")
    with pytest.raises(SnapshotError, match="m1"):
        other.load_state(str(path))
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(M1Error, match=r"x\.state: "):
        desk.load_state(str(path))
    assert desk.powered and desk.lcd[0][:6] == "Prog I"


# scenarios


@pytest.mark.parametrize("name", ["dead-cell", "brown-out-restart"])
def test_a_scenario_lived_is_the_scenario_run(name: str) -> None:
    try:
        scenario = scenario_named(name)
    except UsageError:
        scenario = scenario_named("dead-cell")
    batch = run(scenario)
    desk = Desk(Session())
    desk.start_scenario(scenario.name)
    play = desk._play
    assert play is not None and desk.scenario == scenario.name
    for _ in range(100_000):
        if not desk.playing:
            break
        desk.run(desk.now + 133_333)
    assert tuple(play.phases) == batch.phases
    told = [message.text for message in desk.messages]
    assert any("the scenario is over: all" in text for text in told)
    assert any(text.startswith("> ") for text in told) and any(text.startswith("holds: ") for text in told)


@pytest.mark.parametrize("name", ["dead-cell", "swap-with-power-on"])
def test_a_scenario_keeps_nobody_waiting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a frame costs, in emulated clocks of whatever machine: what is made beforehand comes in pieces."""
    monkeypatch.setattr(bank, "_made", {})
    spent, run_until = [0], M1.run_until

    def counted(machine: M1, clock: int) -> None:
        begun = machine.clock
        run_until(machine, clock)
        spent[0] += machine.clock - begun

    monkeypatch.setattr(M1, "run_until", counted)
    desk, most = Desk(Session()), 0
    desk.start_scenario(name)
    while desk.playing:
        most, spent[0] = max(most, spent[0]), 0
        desk.run(desk.now + FRAME)
    assert desk.scenario == name and set(bank._made) == {"init", "bank"}
    assert FRAME <= most < SECOND // 4
    assert any("the scenario is over: all" in message.text for message in desk.messages)


def test_what_is_done_while_a_scenario_is_made_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank, "_made", {})
    desk = playing(2)
    own = desk.session
    desk.start_scenario("dead-cell")
    desk.run(desk.now + FRAME)
    assert not desk.powered and not own.powered and "bank" not in bank._made
    desk.stop_scenario()
    assert desk.session is own and own.powered
    desk.start_scenario("dead-cell")
    desk.power(True)
    desk.run(desk.now + 10 * SECOND)
    assert not desk.playing and desk.messages[-1].kind == "error" and "the power is on" in desk.messages[-1].text
    desk.close()
    assert not own.powered


def test_the_users_own_instrument_waits_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "own.sram"
    desk = playing(3, sram=path)
    type_in(desk, "42")
    own = desk.session
    desk.start_scenario("dead-cell")
    assert desk.session is not own and not own.powered
    kept = path.read_bytes()
    assert kept == own.sram
    while desk.playing:
        desk.run(desk.now + SECOND)
    type_in(desk, "17")
    desk.power(False)
    assert path.read_bytes() == kept, "nothing of the scenario's is written"
    desk.start_scenario("dead-cell")
    desk.run(desk.now + SECOND)
    desk.stop_scenario()
    assert desk.session is own and own.powered and desk.scenario is None
    desk.run(desk.now + 2 * SECOND)
    assert desk.lcd[0][:6] == "Prog I"
    desk.start_scenario("dead-cell")
    desk.close()
    assert not own.powered and not desk.powered
    desk.close()


def test_what_could_not_be_written_before_a_scenario_is_tried_again_in_it(tmp_path: Path) -> None:
    path = tmp_path / "own.sram"
    desk = playing(2, sram=path)
    path.mkdir()
    desk.start_scenario("dead-cell")
    desk.run(desk.now + 11 * SECOND)
    errors = [message.text for message in desk.messages if message.kind == "error"]
    assert len(errors) == 2 and not any("is written now" in message.text for message in desk.messages)
    path.rmdir()
    desk.run(desk.now + 11 * SECOND)
    assert path.is_file() and any("is written now" in message.text for message in desk.messages)


@pytest.mark.parametrize("end", [
    lambda desk: desk.stop_scenario(), lambda desk: desk.start_scenario("dead-cell"), lambda desk: desk.close(),
])
def test_a_card_put_into_a_scenarios_instrument_is_not_lost(end: Callable[[Desk], object], tmp_path: Path) -> None:
    path = tmp_path / "x.card"
    path.write_bytes(bytes(32768))
    desk = playing(2)
    desk.start_scenario("dead-cell")
    desk.insert_card(str(path))
    while not desk.powered:
        desk.run(desk.now + FRAME)
    on_card(desk, 7)
    desk.run(desk.now + SECOND // 2)
    path.unlink()
    path.mkdir()
    with contextlib.suppress(M1Error):
        end(desk)
    path.rmdir()
    desk.close()
    assert path.read_bytes()[100] == 7


def test_going_back_in_a_scenario_ends_it() -> None:
    desk = Desk(Session())
    desk.start_scenario("dead-cell")
    for _ in range(40):
        if desk.history < 2 and desk.playing:
            desk.run(desk.now + SECOND)
    if not desk.playing:
        pytest.fail("the scenario was over before it could be gone back in")
    desk.rewind(1)
    assert not desk.playing and desk.scenario == "dead-cell"
    assert "cannot be taken back" in desk.messages[-1].text


@pytest.mark.parametrize("deed", [lambda desk: desk.power(False), lambda desk: desk.dip(1.0)])
def test_switching_off_in_a_scenario_ends_it(deed: Callable[[Desk], object]) -> None:
    desk = Desk(Session())
    desk.start_scenario("dead-cell")
    while desk.playing and not (desk.powered and desk.history):
        desk.run(desk.now + SECOND)
    deed(desk)
    desk.run(desk.now + 10 * SECOND)
    assert not desk.playing and any("ends here" in message.text for message in desk.messages)


def test_only_what_is_new_is_told_after_going_back() -> None:
    desk = playing(3)
    for keys in ("11", "22", "33"):
        type_in(desk, keys)
    told: list[LcdChange] = []
    desk.on_picture(told.append)
    desk.rewind(2)
    assert [picture.lcd for picture in told] == [desk.lcd] and told[0].clock == desk.now
    desk.set_engine("v30")
    assert len(told) == 1
