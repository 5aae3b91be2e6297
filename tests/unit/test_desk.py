"""The desk: its time, hands, switch, cell, parts and cards, on a real instrument."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import korgm1.desk
from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.desk.hands import SHORTEST
from korgm1.desk.status import MESSAGES
from korgm1.desk.supply import AGAIN
from korgm1.errors import M1Error, UsageError
from korgm1.result import LcdChange
from korgm1.session import Session

SECOND = CPU_HZ


def playing(seconds: float = 2.0, **options: Any) -> Desk:
    desk = Desk(Session(**options))
    desk.power(True)
    desk.run(round(seconds * SECOND))
    return desk


def line(desk: Desk) -> str:
    return desk.lcd[0].rstrip()


def texts(desk: Desk) -> list[str]:
    return [message.text for message in desk.messages]


# time


def test_desk_time_goes_on_over_everything(tmp_path: Path) -> None:
    desk = playing()
    deeds: list[Callable[[], object]] = [
        lambda: desk.power(False), lambda: desk.power(True), lambda: desk.set_engine("v30"),
        lambda: desk.set_faults(["adc-dead"]), lambda: desk.set_hypothesis("H-LCD-BAR", "false"),
        lambda: desk.save_state(str(tmp_path / "x.state")), lambda: desk.load_state(str(tmp_path / "x.state")),
        lambda: desk.rewind(1), lambda: desk.leave(1e8), lambda: desk.power(True), lambda: desk.dip(0.5),
        lambda: desk.reset(), lambda: desk.start_scenario("dead-cell"), lambda: desk.stop_scenario(),
    ]
    for deed in deeds:
        before = desk.now
        deed()
        assert before <= desk.now < before + SECOND // 10
        desk.run(desk.now + SECOND // 4)
        assert desk.now >= before + SECOND // 4


def test_a_session_that_is_on_already_is_taken_as_it_is() -> None:
    session = Session()
    session.boot()
    desk = Desk(session)
    assert (desk.now, desk.powered) == (session.clock, True)
    desk.run(desk.now + 1000)
    assert session.clock >= 1000


def test_slices_make_no_difference() -> None:
    ends = []
    for slices in (1, 7, 250):
        desk = playing(0)
        desk.tap("4")
        desk.tap("2")
        for n in range(slices):
            desk.run((n + 1) * 3 * SECOND // slices)
        ends.append((hashlib.sha1(desk.session.sram).hexdigest(), desk.lcd, desk.session.clock))
    assert ends[0] == ends[1] == ends[2]


STEPS = st.lists(st.tuples(
    st.sampled_from([
        ("key_down", ("PROG",)), ("key_up", ("PROG",)), ("tap", ("4",)), ("tap", ("INT",)), ("slide", (90,)),
        ("turn", (-5,)), ("note_on", (12, 90)), ("note_off", (12,)), ("move", ("joystick_x", 200)), ("let_go", ()),
        ("power", (False,)), ("power", (True, ("INT",))), ("set_cell", ("2.3",)), ("leave", (1e7,)),
        ("set_engine", ("v30",)), ("set_engine", ("unicorn",)), ("midi_in", (b"\xc0\x05",)), ("rewind", (1,)),
        ("rewind", (-1,)), ("set_faults", (["adc-dead"],)), ("set_faults", ([],)), ("note", (30,)),
    ]),
    st.integers(1, 4_000_000),
), max_size=10)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_the_same_deeds_at_the_same_times_give_the_same_ram(script: list[tuple[tuple[str, Any], int]]) -> None:
    ends = []
    for cut in (10**9, 333_333):
        desk = playing(1.0)
        for (name, arguments), distance in script:
            getattr(desk, name)(*arguments)
            goal = desk.now + distance
            while desk.now < goal:
                desk.run(min(goal, desk.now + cut))
        ends.append((hashlib.sha1(desk.session.sram).hexdigest(), desk.lcd, desk.now, desk.history, desk.ahead))
    assert ends[0] == ends[1]


# sound


def test_there_are_as_many_frames_as_time_whatever_happens() -> None:
    desk = Desk(Session())
    desk.listen(True)
    begun, frames = desk.now, 0
    for deed in (
        lambda: desk.power(True), lambda: desk.power(False), lambda: desk.power(True), lambda: desk.dip(0.3),
        lambda: desk.set_engine("v30"), lambda: desk.rewind(1), lambda: desk.start_scenario("dead-cell"),
        lambda: desk.stop_scenario(), lambda: desk.skip(SECOND),
    ):
        deed()
        desk.run(desk.now + 777_777)
        frames += len(desk.heard())
    assert frames == pytest.approx((desk.now - begun - SECOND) / 256, abs=4)


def test_a_note_is_heard_and_silence_while_off() -> None:
    desk = playing()
    desk.listen(True)
    desk.note_on(24)
    desk.run(desk.now + SECOND // 2)
    assert np.abs(desk.heard()).max() > 1000
    desk.power(False)
    desk.heard()
    desk.run(desk.now + SECOND // 2)
    silence = desk.heard()
    assert silence.shape == (15625, 4) and not silence.any()


# hands


def test_a_short_click_is_longer_than_a_debounce() -> None:
    desk = playing()
    desk.key_down("4")
    desk.key_up("4")
    desk.run(desk.now + SHORTEST - 1000)
    assert desk.held == {"4"}
    desk.run(desk.now + 2000)
    assert desk.held == set()


def test_a_key_pressed_again_in_the_meantime_stays_down() -> None:
    desk = playing()
    desk.key_down("INT")
    desk.key_up("INT")
    desk.run(desk.now + SHORTEST // 2)
    desk.key_down("INT")
    desk.run(desk.now + SECOND)
    assert desk.held == {"INT"}
    desk.key_up("INT")
    assert desk.held == set()


def test_taps_come_one_after_another() -> None:
    desk = playing()
    for key in ("4", "2", "edit_prog"):
        desk.tap(key)
    assert desk.held == {"4"}
    desk.run(desk.now + 2 * SECOND)
    assert desk.leds["EDIT PROG"] and desk.held == set()


@pytest.mark.parametrize("call", [
    lambda d: d.key_down("NOKEY"), lambda d: d.key_up("NOKEY"), lambda d: d.tap("NOKEY"), lambda d: d.slide(128),
    lambda d: d.move("wheel", 1), lambda d: d.move("pedal1", 256), lambda d: d.note_on(61), lambda d: d.note_on(1, 0),
    lambda d: d.power(True, ["NOKEY"]), lambda d: d.set_cell("x"), lambda d: d.leave(-1), lambda d: d.leave(1e99),
    lambda d: d.set_celsius(900), lambda d: d.set_faults(["x"]), lambda d: d.set_hypothesis("H-NONE", "1"),
    lambda d: d.set_hypothesis("H-VREF", "x"), lambda d: d.set_engine("x"), lambda d: d.eject_card(),
    lambda d: d.protect_card(True), lambda d: d.insert_card("nowhere.card"), lambda d: d.eject_pcm_card(),
    lambda d: d.load_state("nowhere.state"), lambda d: d.start_scenario("nothing"), lambda d: d.stop_scenario(),
    lambda d: d.reset(), lambda d: d.dip(0.1), lambda d: d.tap("4", 1e9), lambda d: d.set_hypothesis("H-NONE", None),
])  # fmt: skip
def test_what_cannot_be_is_told_and_changes_nothing(call: Callable[[Desk], None]) -> None:
    desk = Desk(Session())
    before = desk.session.take(), desk.session, desk.now
    with pytest.raises(M1Error):
        call(desk)
    assert (desk.session.take().blocks, desk.session, desk.now) == (before[0].blocks, *before[1:])


def test_value_turns_and_stops_at_its_ends() -> None:
    desk = Desk(Session())
    desk.slide(126)
    desk.turn(5)
    assert desk.value == 127
    desk.turn(-500)
    assert desk.value == 0


def test_keys_held_before_power_on_are_held_then() -> None:
    desk = Desk(Session())
    desk.key_down("4")
    desk.run(SECOND)
    desk.power(True)
    assert desk.held == {"4"}
    desk.let_go()
    desk.run(desk.now + SECOND)
    assert desk.held == set()


def test_letting_go() -> None:
    desk = playing()
    desk.key_down("INT")
    desk.note_on(3)
    desk.move("joystick_x", 255)
    desk.move("pedal1", 99)
    desk.let_go()
    desk.run(desk.now + SECOND // 5)
    assert (desk.held, desk.notes, desk.controls["joystick_x"], desk.controls["pedal1"]) == (set(), set(), 128, 99)


def test_a_rack_is_played_through_midi_in() -> None:
    desk = playing(model="m1r")
    desk.listen(True)
    desk.note_on(24, 90)
    desk.run(desk.now + SECOND // 2)
    loud = np.abs(desk.heard()).max()
    desk.note_off(24)
    desk.run(desk.now + 5 * SECOND)
    desk.heard()
    desk.run(desk.now + SECOND // 2)
    assert loud > 1000 and np.abs(desk.heard()).max() < loud / 100


def test_notes_while_it_is_off_are_only_keys() -> None:
    desk = Desk(Session())
    desk.note_on(5)
    desk.midi_in(b"\x90\x30\x40")
    assert desk.notes == {5}
    desk.note_off(5)
    assert desk.notes == set()


# the switch, the cell, years


def test_power_off_saves_the_image_and_the_memory_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.sram"
    desk = playing(sram=path)
    desk.tap("4")
    desk.tap("2")
    desk.run(desk.now + SECOND)
    desk.power(False)
    assert path.read_bytes() == desk.session.sram and f"power off; the RAM is in {path}" in texts(desk)
    assert not any(desk.leds.values()) and desk.messages[-1].at == desk.now
    desk.power(True)
    desk.run(desk.now + 2 * SECOND)
    assert line(desk).startswith("Prog I")


def test_a_save_that_fails_is_told_and_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    desk = playing(sram=folder / "x.sram")
    folder.rmdir()
    folder.write_text("in the way")
    desk.power(False)
    assert desk.messages[-1].kind == "error" and "nothing is lost" in desk.messages[-1].text
    desk.run(desk.now + AGAIN + 1)
    assert [message.kind for message in desk.messages][-2:] == ["error", "error"]
    folder.unlink()
    folder.mkdir()
    desk.power(True)
    desk.run(desk.now + AGAIN + 1)
    assert (folder / "x.sram").stat().st_size == 65536 and "written now" in texts(desk)[-1]


def test_a_spoilt_memory_does_not_go_over_the_users_own(tmp_path: Path) -> None:
    path = tmp_path / "own.sram"
    desk = Desk(Session(sram=path), own_image=True)
    desk.power(True)
    desk.run(2 * SECOND)
    desk.power(False)
    kept = path.read_bytes()
    desk.set_cell("absent")
    desk.leave(86400 * 30)
    desk.power(True)
    assert any("stays as it was" in text for text in texts(desk)) and any("cells" in text for text in texts(desk))
    desk.run(desk.now + 3 * SECOND)
    desk.power(False)
    desk.close()
    assert path.read_bytes() == kept and list(tmp_path.iterdir()) == [path]


def test_an_image_that_was_named_gets_what_the_cell_left(tmp_path: Path) -> None:
    path = tmp_path / "my.sram"
    desk = playing(sram=path)
    desk.power(False)
    kept = path.read_bytes()
    desk.set_cell("absent")
    desk.leave(86400 * 30)
    desk.power(True)
    desk.run(desk.now + 3 * SECOND)
    desk.close()
    assert path.read_bytes() != kept and (tmp_path / "my.sram.1").read_bytes() == kept


def test_years_kill_a_cell_and_the_display_says_so() -> None:
    desk = playing(battery="CR2032")
    desk.leave(25 * 31_557_600.0)
    assert not desk.powered
    desk.power(True)
    desk.run(desk.now + 4 * SECOND)
    assert desk.lcd[1].rstrip() == "Battery Low (Internal)"
    desk.set_cell("CR2032")
    desk.power(False)
    desk.power(True)
    desk.run(desk.now + 3 * SECOND)
    assert desk.lcd[1].rstrip() != "Battery Low (Internal)"


@pytest.mark.parametrize(("seconds", "outcome"), [(0.01, "nothing"), (0.025, "reset"), (1.0, "power cycle")])
def test_dips(seconds: float, outcome: str) -> None:
    desk = playing()
    assert desk.dip(seconds) == outcome
    desk.run(desk.now + 2 * SECOND)
    assert line(desk).startswith("Prog I")


# what it is


def test_another_engine_goes_on_exactly_where_it_was() -> None:
    ends = []
    for changes in ((), ("v30", "lockstep", "unicorn")):
        desk = playing()
        desk.tap("4")
        for _ in range(3):
            desk.run(desk.now + SECOND // 20)
        for engine in changes:
            desk.set_engine(engine)
            assert desk.session.engine_name == engine
        desk.tap("2")
        desk.run(4 * SECOND)
        ends.append((desk.session.sram, desk.lcd, desk.session.clock))
    assert ends[0] == ends[1]


def test_faults_and_guesses_keep_memory_cell_and_card(tmp_path: Path) -> None:
    card = tmp_path / "x.card"
    card.write_bytes(bytes(range(256)) * 128)
    desk = playing(battery="CR2032@2.9")
    desk.insert_card(str(card))
    desk.tap("4")
    desk.run(desk.now + SECOND)
    volts = desk.session.battery.cell_volts
    memory = desk.session.sram[0x3000:0xA000]
    desk.set_faults(["lcd-busy-stuck", "r29-open"])
    assert desk.powered and desk.session.faults.texts == ("lcd-busy-stuck", "r29-open")
    desk.set_faults([])
    desk.set_hypothesis("H-VREF", "4.5")
    assert desk.session.hypotheses.changed() == {"H-VREF": 4.5}
    desk.set_hypothesis("H-VREF", None)
    assert desk.session.hypotheses.changed() == {}
    desk.run(desk.now + 2 * SECOND)
    assert desk.session.battery.cell_volts == pytest.approx(volts, abs=0.01)
    assert desk.session.sram[0x3000:0xA000] == memory and desk.session.card_path == card
    assert line(desk).startswith("Prog I")


def test_a_contact_that_breaks_and_is_mended() -> None:
    desk = playing()
    desk.power(False)
    desk.set_faults(["cell-contact=open"])
    assert desk.session.battery.ram_volts < 1
    desk.leave(86400.0)
    desk.set_faults([])
    assert desk.session.battery.ram_volts > 2
    desk.power(True)
    assert desk.session.wake is not None and desk.session.wake.lost > 100_000


def test_a_fault_that_cannot_be_leaves_it_running() -> None:
    desk = playing()
    with pytest.raises(UsageError):
        desk.set_faults(["nonsense"])
    assert desk.powered
    with pytest.raises(UsageError):
        desk.set_hypothesis("H-ADC-CH", "battery")
    assert desk.powered and desk.session.hypotheses.changed() == {}
    desk.run(desk.now + 2 * SECOND)
    assert line(desk).startswith("Prog I")


def test_faults_and_guesses_that_are_so_already_do_not_switch_it_off() -> None:
    desk = playing()
    desk.tap("4")
    desk.tap("2")
    desk.run(desk.now + SECOND)
    desk.set_hypothesis("H-VREF", None)
    desk.set_hypothesis("H-VREF", str(desk.session.hypotheses["H-VREF"]))
    desk.set_faults([])
    assert line(desk).startswith("Prog I42") and texts(desk)[-3:-1] == ["H-VREF is 5.0"] * 2
    assert not any(text.startswith("power off") for text in texts(desk))


def test_cards_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / "x.card"
    path.write_bytes(bytes(32768))
    desk = playing()
    desk.insert_card(str(path), protected=True)
    assert desk.card_in and "write-protected" in texts(desk)[-1]
    desk.protect_card(False)
    desk.eject_card()
    assert not desk.card_in
    dump = tmp_path / "x.pcm"
    dump.write_bytes(bytes(2000))
    desk.insert_pcm_card(str(dump))
    assert desk.session.pcm_card_sha1 is not None
    desk.eject_pcm_card()
    assert desk.session.pcm_card_sha1 is None


# who is told


def test_listeners_are_told_in_desk_time_over_power_and_scenarios() -> None:
    desk = Desk(Session())
    pictures: list[LcdChange] = []
    midi: list[tuple[int, int]] = []
    lights: list[dict[str, bool]] = []
    desk.on_picture(pictures.append)
    desk.on_midi_out(lambda clock, byte: midi.append((clock, byte)))
    desk.on_leds(lights.append)
    desk.run(SECOND)
    desk.power(True)
    desk.run(3 * SECOND)
    assert pictures[-1].lcd == desk.lcd and lights[-1] == desk.leds and lights[-1]["PROG"]
    desk.note_on(24, 64)
    desk.run(4 * SECOND)
    assert [byte for clock, byte in midi if clock > 3 * SECOND and byte < 0xF8][:3] == [0x90, 60, 64]
    assert all(SECOND <= clock <= 4 * SECOND for clock, _ in midi)
    desk.power(False)
    desk.run(5 * SECOND)
    assert pictures[-1].lcd == desk.lcd and not any(lights[-1].values())
    desk.start_scenario("dead-cell")
    while desk.playing:
        desk.run(desk.now + SECOND)
    assert pictures[-1].lcd == desk.lcd
    clocks = [picture.clock for picture in pictures]
    assert clocks == sorted(clocks)
    assert all(one.lcd != other.lcd for one, other in pairwise(pictures))


def test_messages_are_numbered_and_some_are_kept() -> None:
    desk = Desk(Session())
    for n in range(MESSAGES + 20):
        desk.say(str(n), "error" if n % 2 else "info")
    assert len(desk.messages) == MESSAGES
    assert [message.number for message in desk.messages][-1] == MESSAGES + 20
    assert (desk.messages[-1].kind, desk.messages[-1].text) == ("error", str(MESSAGES + 19))


def test_the_foil_is_lit_while_the_power_is_on() -> None:
    desk = Desk(Session())
    desk.run(SECOND)
    desk.power(True)
    desk.run(3 * SECOND)
    desk.power(False)
    desk.run(9 * SECOND)
    assert desk.backlight_hours * 3600 == pytest.approx(2.0, abs=0.01)


# what it may not touch


def test_the_desk_only_looks_at_the_board() -> None:
    """It acts through `Session`, so that everything it does can be recorded."""
    seen = {"panel.held", "panel.controls", "panel.check_key", "panel.keys", "battery_code"}
    for path in Path(korgm1.desk.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                text = ast.unparse(node)
                if ".machine." in text:
                    used = text.partition(".machine.")[2]
                    assert any(known == used or known.startswith(used + ".") for known in seen), f"{path.name}: {used}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert "time" not in ast.unparse(node).split(), f"{path.name}: no host time"


@pytest.mark.parametrize("deed", [
    lambda desk: desk.set_faults(["nonsense"]), lambda desk: desk.set_hypothesis("H-VREF", "9999"),
    lambda desk: desk.set_hypothesis("H-NO", "1"), lambda desk: desk.set_engine("z80"),
])
@pytest.mark.parametrize("recording", [False, True])
def test_a_change_that_cannot_be_made_leaves_the_instrument_on(
    deed: Callable[[Desk], object], recording: bool, tmp_path: Path
) -> None:
    session = Session(engine="v30")
    if recording:
        session.record(tmp_path / "x.rec")
    desk = Desk(session)
    desk.power(True)
    desk.run(SECOND)
    machine, said = desk.session.machine, len(desk.messages)
    for _ in range(2):
        with pytest.raises(UsageError):
            deed(desk)
        deed = (lambda desk: desk.set_faults(["adc-dead"])) if recording else deed
    assert desk.session.machine is machine and desk.powered and desk.session.clock >= SECOND
    assert len(desk.messages) == said
    session.record_end() if recording else None
