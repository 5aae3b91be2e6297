"""Every input a session has is in its recording, with its clock, and gives the same run on every engine."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import korgm1
from korgm1.errors import M1Error, ReplayDifference, UsageError, UserError
from korgm1.recording import read_recording
from korgm1.replay import replay
from korgm1.session import Session
from korgm1.session.cards import Cards
from korgm1.session.inputs import Inputs
from korgm1.session.supply import Supply
from korgm1.session.switch import Switch

ENGINES = ("v30", "unicorn", "lockstep")
CARD = bytes(n * 5 + 1 & 0xFF for n in range(32768))
PROGRAM_CHANGE = b"\xc0\x05"
INPUTS = {
    "key_down", "key_up", "note_on", "note_off", "slide", "move", "midi_in", "insert_card", "eject_card", "set_battery",
    "reset", "leave", "supply", "set_contact", "set_celsius", "protect_card", "insert_pcm_card", "eject_pcm_card",
}
"""The methods that act at once; `press`, `press_at`, `slide_at`, `swap_cell` and `dip` are made of them."""


def everything(session: Session) -> None:
    """All inputs, on and off, over five power cycles."""
    session.set_battery("low")
    session.insert_card(CARD, protected=True)
    session.power_on(hold=["INT"])
    session.run(2.1)
    session.note_on(24, 77)
    session.move("aftertouch", 90)
    session.move("joystick_x", 3)
    session.move("pedal1", 200)
    session.run(0.013)
    session.note_off(24)
    session.slide(50)
    session.midi_in(PROGRAM_CHANGE)
    session.press("4")
    session.move("value", 200)
    session.run(0.1)
    assert session.eject_card() == CARD
    session.press("CARD")
    session.insert_card(CARD)
    session.protect_card(True)
    session.insert_pcm_card(CARD[:2000])
    session.set_battery(2.9)
    session.press("CARD")
    session.eject_pcm_card()
    session.reset()
    session.run(1.9)
    session.set_battery("absent")
    session.power_off()
    session.set_battery("fresh")
    session.eject_card()
    session.power_on()
    session.run(2.0)
    assert session.dip(0.027) == "reset"
    session.run(0.5)
    session.power_off()
    session.set_battery("absent")
    session.set_battery("fresh")
    session.power_on()
    session.run(1.9)
    session.power_off()
    session.swap_cell("CR2032@2.5", 3.0)
    session.set_contact(1e6)
    session.leave(1e8, 28.0, 0.01)
    session.set_celsius(-5.0)
    session.power_on()
    session.run(1.9)
    assert session.dip(0.5) == "power cycle"
    session.run(0.3)
    session.power_off()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rec") / "x.rec"
    session = Session(engine="v30", battery="fresh", seed=9)
    session.set_battery("dead")
    session.insert_card(bytes(32768), protected=True)
    session.eject_card()
    session.insert_card(CARD)
    session.eject_card()
    session.record(path)
    everything(session)
    session.record_end()
    return path


@pytest.mark.parametrize("engine", ENGINES)
def test_all_inputs_on_every_engine(recorded: Path, engine: str) -> None:
    played = replay(recorded, engine=engine)
    assert played.whole and played.inputs == 51
    assert played.checks == len([line for line in read_recording(recorded).seen if "check" in line])


def test_each_input_is_there_with_its_clock(recorded: Path) -> None:
    lines = [json.loads(row) for row in recorded.read_text().splitlines()]
    done = [line for line in lines if "do" in line]
    assert {line["do"] for line in done} == (INPUTS - {"set_battery", "set_contact", "set_celsius"}) | {
        "power_on", "power_off", "battery", "contact", "celsius",
    }
    assert (lines[0]["battery"], lines[0]["card"], lines[0]["card_protected"]) == (0.4, None, False)
    on = [line for line in done if line["do"] == "note_on"]
    assert on == [{"clock": on[0]["clock"], "do": "note_on", "key": 24, "velocity": 77}]
    assert on[0]["clock"] >= 2.1 * 8_000_000
    cells = [line["cell"] for line in done if line["do"] == "battery"]
    volts = [None if cell is None else cell.get("volts", cell["kind"]) for cell in cells]
    assert volts == [2.4, 2.9, None, 3.2, None, 3.2, None, "CR2032"]
    assert [line["what"] for line in done if line["do"] == "supply"] == ["hold", "let go", "hold"]
    assert [line["seconds"] for line in done if line["do"] == "leave"][:3] == [0, 3.0, 1e8]
    assert [line["protected"] for line in done if line["do"] == "insert_card"] == [True, False]


@pytest.mark.parametrize(
    "kind",
    ["note_on", "move", "insert_card", "eject_card", "battery", "reset", "leave", "supply", "contact", "celsius",
     "protect_card", "insert_pcm_card", "eject_pcm_card"],
)
def test_an_input_that_is_left_out_is_missed(recorded: Path, tmp_path: Path, kind: str) -> None:
    """Proof that the checkpoints see it: without its lines the replay differs or cannot go on."""
    kept = [row for row in recorded.read_text().splitlines() if f'"do":"{kind}"' not in row]
    path = tmp_path / "x.rec"
    path.write_text("\n".join(kept) + "\n")
    with pytest.raises(Exception, match=r"differs|no card in the slot|a card in the slot|PCM card in its slot"):
        replay(path, engine="v30")


def test_no_input_goes_around_the_recording() -> None:
    """Every public method of the inputs is either recorded or made of recorded ones."""
    public = {name for name, _ in inspect.getmembers(Supply, inspect.isfunction) if not name.startswith("_")}
    own = {name for name in public if any(name in kind.__dict__ for kind in (Inputs, Cards, Switch, Supply))}
    assert own == INPUTS | {"press", "press_at", "slide_at", "swap_cell", "swapping", "dip", "power_on", "power_off"}


SEEN_ONLY = {
    "lcd.dots", "lcd.cursor", "lcd.cgram", "panel.held", "panel.controls", "panel.check_key", "panel.keys",
    "engine.instructions", "battery_code", "wave_rom.difference", "midi_in.busy", "midi_in.idle_at", "midi_out.total",
}


def test_what_is_above_the_session_only_looks_at_the_board() -> None:
    """Verbs, frontends and the desk act through `Session`: of its machine they use what has no effect."""
    package = Path(korgm1.__file__).parent
    parts = ("verbs", "frontends", "desk")
    for path in [*(path for part in parts for path in package.glob(f"{part}/*.py")), package / "replay.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            words = chain(node)
            if "machine" in words[1:-1]:
                used = ".".join(words[words.index("machine") + 1 :])
                assert any(used == known or known.startswith(used + ".") for known in SEEN_ONLY), f"{path.name}: {used}"


def chain(node: ast.AST) -> list[str]:
    """a.b.c as its words, [] for anything else."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.insert(0, node.attr)
        node = node.value
    return [node.id, *words] if isinstance(node, ast.Name) else []


STEPS = st.one_of(
    st.tuples(st.just("key"), st.sampled_from(["UP", "4", "INT", "COMBI", "CARD", "GLOBAL", "COMPARE"])),
    st.tuples(st.just("note"), st.integers(0, 60)),
    st.tuples(st.just("move"), st.tuples(st.sampled_from(["joystick_y", "aftertouch", "pedal2"]), st.integers(0, 255))),
    st.tuples(st.just("slide"), st.integers(0, 127)),
    st.tuples(st.just("midi"), st.binary(min_size=1, max_size=12)),
    st.tuples(st.just("card"), st.booleans()),
    st.tuples(st.just("battery"), st.sampled_from(["fresh", "low", "dead", "absent", "2.05", "CR2032@2.3"])),
    st.tuples(st.just("swap"), st.sampled_from(["same", "CR2032", "1.2"])),
    st.tuples(st.just("leave"), st.sampled_from([0.0, 40.0, 3e7, 3e8])),
    st.tuples(st.just("dip"), st.sampled_from([0.01, 0.024, 0.027, 0.032, 0.3])),
    st.tuples(st.just("celsius"), st.sampled_from([-40.0, 5.0, 60.0])),
    st.tuples(st.just("reset"), st.none()),
    st.tuples(st.just("power"), st.none()),
)


def act(session: Session, what: str, value: Any, down: set[int]) -> None:
    """One step of a script; without power, only what can be done then."""
    if what == "card":
        session.eject_card() if session.machine.card.status == 0 else session.insert_card(CARD, value)
    elif what == "battery":
        session.set_battery(value)
    elif what == "celsius":
        session.set_celsius(value)
    elif what == "swap":
        session.swap_cell(value, 0.01 if session.powered else 45.0)
    elif what == "leave" and not session.powered:
        session.leave(value)
    elif what == "power":
        session.power_off() if session.powered else session.power_on()
    elif not session.powered or what == "leave":
        return
    elif what == "dip":
        session.dip(value)
    elif what == "key":
        session.key_up(value) if value in session.machine.panel.held else session.key_down(value)
    elif what == "note":
        session.note_off(value) if value in down else session.note_on(value, value + 1)
        down ^= {value}
    elif what == "move":
        session.move(*value)
    elif what == "slide":
        session.slide(value)
    elif what == "midi":
        session.midi_in(value)
    else:
        session.reset()


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(ENGINES), st.sampled_from([(), ("no-supervisor",), ("sram-bit=0x9000.1=1", "no-supervisor")]),
    st.lists(st.tuples(STEPS, st.integers(1, 900_000)), max_size=9),
)
def test_any_script_recorded_on_one_engine_is_the_same_on_the_others(
    tmp_path_factory: pytest.TempPathFactory, engine: str, faults: tuple[str, ...],
    script: list[tuple[tuple[str, Any], int]],
) -> None:
    path = tmp_path_factory.mktemp("rec") / "x.rec"
    session = Session(engine=engine, battery="low", faults=faults)
    session.record(path)
    session.power_on()
    session.run_until(14_400_000)
    down: set[int] = set()
    for (what, value), distance in script:
        act(session, what, value, down)
        if session.powered:
            session.run_until(session.clock + distance)
    session.record_end()
    for other in ENGINES:
        if other != engine:
            assert replay(path, engine=other).result.sram_sha1 == hashlib.sha1(session.sram).hexdigest()


def test_a_file_of_the_first_version_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    session = Session(engine="v30", battery="low")
    session.record(path)
    session.power_on()
    session.run(1.9)
    session.press("4")
    session.record_end()
    rows = path.read_text().splitlines()
    head, first = json.loads(rows[0]), json.loads(rows[1])
    for name in ("battery", "card_protected", "supply", "faults"):
        del head[name]
    assert first["do"] == "power_on"
    first = json.dumps({**first, "battery": 2.4})
    path.write_text("\n".join([json.dumps({**head, "version": 1}), first, *rows[2:]]) + "\n")
    assert replay(path, engine="unicorn").inputs == 3


# what the new inputs do


def test_a_card_can_be_changed_while_the_instrument_runs(tmp_path: Path) -> None:
    path = tmp_path / "x.card"
    path.write_bytes(CARD)
    session = Session()
    session.power_on()
    memory, engine = session.machine.memory, session.machine.engine
    assert (memory.read(0x50000), session.machine.pio.peek(1) >> 6 & 1) == (0xFF, 1)
    session.insert_card(path)
    assert (memory.read(0x50002), session.machine.pio.peek(1) >> 6 & 1) == (CARD[1], 0)
    memory.write(0x50002, 0x5A)
    with pytest.raises(UsageError, match="there is a card"):
        session.insert_card(CARD)
    taken = session.eject_card()
    assert path.read_bytes() == taken == CARD[:1] + b"\x5a" + CARD[2:]
    assert (tmp_path / "x.card.1").read_bytes() == CARD
    assert memory.read(0x50002) == 0xFF
    with pytest.raises(UsageError, match="no card"):
        session.eject_card()
    with pytest.raises(UserError, match="32,768"):
        session.insert_card(b"short")
    with pytest.raises(UserError, match="not there"):
        session.insert_card(tmp_path / "none")
    session.insert_card(CARD, protected=True)
    memory.write(0x50002, 0x77)
    session.power_off()
    session.power_on()
    assert session.machine.card.protected and session.machine.memory.read(0x50002) == CARD[1]
    assert engine is not session.machine.engine


@pytest.mark.parametrize("card", [None, CARD])
def test_a_snapshot_has_the_slot_as_it_is(card: bytes | None) -> None:
    """The window follows the card of the snapshot, whatever the machine was built with."""
    session = Session(engine="v30", card=card)
    session.power_on()
    if card is None:
        session.insert_card(CARD)
    else:
        session.eject_card()
    session.run(0.1)
    other = Session(engine="unicorn")
    other.restore(session.snapshot())
    for each in (session, other):
        assert each.machine.card.status == (card is not None)
        assert each.machine.memory.read(0x50002) == (CARD[1] if card is None else 0xFF)
        each.run(0.5)
    assert other.sram == session.sram


def test_a_card_that_comes_and_goes_is_seen_by_the_code_that_reads_it() -> None:
    sums = {}
    for engine in ENGINES:
        session = Session(engine=engine)
        session.boot()
        reads: list[int] = []
        session.machine.ports.watch = lambda kind, port, value, reads=reads: reads.append(value)  # type: ignore[misc]
        for _ in range(2):
            session.insert_card(CARD)
            session.press("CARD")
            session.eject_card()
            session.press("INT")
        sums[engine] = (reads, session.sram, session.lcd)
    assert sums["v30"] == sums["unicorn"] == sums["lockstep"]


def test_the_ram_forgets_while_the_cell_is_out() -> None:
    for cells, kept in ((["absent", "fresh"], False), (["low", "fresh"], True), (["fresh"], True)):
        session = Session(engine="v30")
        session.boot(seconds=1)
        session.power_off()
        before = session.sram
        for cell in cells:
            session.set_battery(cell)
        state = session.snapshot()
        other = Session(engine="v30")
        other.restore(state)
        for each in (session, other):
            each.power_on()
            assert (each.sram == before) is kept
    session = Session(engine="v30", battery="dead")
    session.boot(seconds=1)
    session.power_off()
    before = session.sram
    session.set_battery("fresh")
    session.power_on()
    assert session.sram != before, "a new cell does not bring back what the old one lost"
    before = session.sram
    session.set_battery("absent")
    session.set_battery("fresh")
    session.power_off()
    session.power_on()
    assert session.sram == before, "changed while the power is on, as one should"


@pytest.mark.parametrize("call", [
    lambda s: s.note_on(1), lambda s: s.note_off(1), lambda s: s.reset(), lambda s: s.midi_in(b"\xfe"),
])  # fmt: skip
def test_inputs_that_need_power(call: Any) -> None:
    with pytest.raises(UsageError, match="power is off"):
        call(Session(engine="v30"))


def test_a_note_is_refused_where_there_is_no_keyboard() -> None:
    session = Session(model="m1r", engine="v30")
    session.power_on()
    with pytest.raises(UsageError, match="no keyboard"):
        session.note_on(1)


# what hands did before the power came


def slide_first(session: Session, path: Path) -> None:
    session.slide(100)
    session.record(path)


def hold_first(session: Session, path: Path) -> None:
    session.key_down("4")
    session.move("joystick_x", 9)
    session.record(path)


def hold_between(session: Session, path: Path) -> None:
    session.power_on()
    session.run(0.1)
    session.power_off()
    session.record(path)
    session.key_down("4")


def slide_between(session: Session, path: Path) -> None:
    session.power_on()
    session.run(0.1)
    session.slide(60)
    session.power_off()
    session.record(path)
    session.slide(100)


def hold_over(session: Session, path: Path) -> None:
    session.record(path)
    session.power_on()
    session.run(1.9)
    session.key_down("4")
    session.slide(100)
    session.power_off()


def cut_short(session: Session, path: Path) -> None:
    """The hand that held INT at power-on lets go in the end."""
    session.record(path)
    session.power_on(hold=["INT"])
    session.press_at("4", 0.45, 0.1)
    session.run(0.5)
    session.power_off()


@pytest.mark.parametrize(("before", "held", "value"), [
    (slide_first, set(), 200), (hold_first, {"4"}, 0), (hold_between, {"4"}, 0), (slide_between, set(), 200),
    (hold_over, {"4"}, 200), (cut_short, set(), 0),
])  # fmt: skip
def test_what_hands_do_stays_over_the_power_switch_and_is_recorded(
    tmp_path: Path, before: Any, held: set[str], value: int
) -> None:
    path = tmp_path / "x.rec"
    session = Session(engine="v30")
    before(session, path)
    session.power_on()
    assert session.machine.panel.held == held
    assert session.machine.panel.controls()["value"] == value
    session.run(1.9)
    session.key_up("4")
    session.run(0.2)
    session.record_end()
    played = replay(path, engine="unicorn")
    assert played.result.sram_sha1 == session.result().sram_sha1 and played.result.lcd == session.lcd


def test_a_recording_without_hands_in_its_header_began_with_none(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    session = Session(engine="v30")
    session.record(path)
    session.power_on()
    session.run(0.3)
    session.record_end()
    rows = path.read_text().splitlines()
    head = json.loads(rows[0])
    assert (head.pop("held"), head.pop("controls")) == ([], session.machine.panel.controls())
    path.write_text("\n".join([json.dumps(head), *rows[1:]]) + "\n")
    assert replay(path).checks == 2


@pytest.mark.parametrize(("fields", "text"), [
    ({"held": ["NOKEY"]}, "NOKEY"), ({"controls": {"wheel": 1}}, "wheel"), ({"controls": {"value": 256}}, "256"),
    ({"controls": {"value": "x"}}, "header is damaged"), ({"controls": []}, "header is damaged"),
    ({"held": 5}, "header is damaged"),
])  # fmt: skip
def test_a_header_with_hands_that_cannot_be(recorded: Path, tmp_path: Path, fields: Any, text: str) -> None:
    rows = recorded.read_text().splitlines()
    path = tmp_path / "x.rec"
    path.write_text("\n".join([json.dumps({**json.loads(rows[0]), **fields}), *rows[1:]]) + "\n")
    with pytest.raises(M1Error, match=text):
        replay(path)


class WritingSession(Session):
    """One whose firmware writes to a card as soon as it is in the slot, and keeps what it reads: OpenM1 never does."""

    def insert_card(self, card: Any, protected: bool = False) -> None:
        super().insert_card(card, protected)
        self.machine.memory.write(0x50002, 0x5A)
        self.machine.memory.write(0xF000, self.machine.memory.read(0x50002))


@pytest.mark.parametrize("protected", [True, False])
def test_the_switch_of_a_card_is_replayed(
    tmp_path: Path, protected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.rec"
    session = WritingSession(engine="v30")
    session.record(path)
    session.power_on()
    session.run(0.01)
    session.insert_card(CARD, protected)
    session.record_end()
    monkeypatch.setattr("korgm1.replay.Session", WritingSession)
    assert replay(path).whole
    turned = (f'"protected":{json.dumps(switch)}' for switch in (protected, not protected))
    path.write_text(path.read_text().replace(*turned))
    with pytest.raises(ReplayDifference, match="in the RAM"):
        replay(path)
