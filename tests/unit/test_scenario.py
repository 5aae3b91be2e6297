"""The format of scenarios: what is read, what is refused and in which words; steps, pictures, the bank."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from korgm1 import sysex
from korgm1.errors import UsageError, UserError
from korgm1.result import LcdChange
from korgm1.scenario import bank
from korgm1.scenario.bench import Bench
from korgm1.scenario.case import Picture, like
from korgm1.scenario.checks import check, states_of
from korgm1.scenario.description import all_scenarios, parse, scenario_named
from korgm1.scenario.steps import parse_steps
from korgm1.session import Session

DOCS = Path(__file__).resolve().parents[2] / "docs" / "scenarios.md"
CASE = """
title = "T"
reported = "R"
[[source]]
where = "W"
[setup]
battery = "dead"
[[phase]]
title = "P"
do = "on"
data = "lost"
lcd = [{line1 = "a"}]
[control]
says = "with a fresh cell"
battery = "fresh"
"""


def test_a_case_is_read() -> None:
    case = parse(CASE, "my-case.toml")
    assert (case.name, case.model, case.setup.battery, case.setup.sram) == ("my-case", "m1", "dead", "bank")
    assert case.control is not None and case.control.setup.battery == "fresh"
    assert case.phases[0].lcd == (Picture(line1="a"),) and case.phases[0].data == "lost"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "T"', "", "x.toml has no title"),
        ('title = "T"', 'title = "  "', "x.toml: title = '  ' cannot be used; expected a text"),
        ('title = "T"', "title = 3", "title = 3 cannot be used"),
        ('title = "T"', 'titel = "T"\ntitle = "T"', "nobody knows the key 'titel'; expected one of title, reported"),
        ('title = "T"', "title = ", "x.toml is no TOML: "),
        ('title = "T"', 'title = "T"\nmodel = "m2"', "x.toml: there is no model 'm2'"),
        ('title = "T"', 'title = "T"\nassumed = ["see H-NONE"]', "there is no hypothesis H-NONE"),
        ('title = "T"', 'title = "T"\nassumed = "H-VREF"', "assumed = 'H-VREF' cannot be used; expected a list of"),
        ('[[source]]\nwhere = "W"', "", "x.toml has no source"),
        ('where = "W"', 'where = "W"\nconfidence = "sure"', "x.toml, source 1: confidence = 'sure' cannot be used; "
                                                            "expected one of measured, hearsay"),
        ('where = "W"', 'where = "W"\nwho = "me"', "x.toml, source 1: nobody knows the key 'who'"),
        ('battery = "dead"', 'sram = "full"', "x.toml, setup: sram = 'full' cannot be used; expected one of"),
        ('battery = "dead"', "celsius = 900", "x.toml, setup: the temperature '900' is out of range"),
        ('battery = "dead"', 'battery = "full"', "x.toml, setup: battery 'full' is not known"),
        ('battery = "dead"', 'battery = "-3"', "x.toml, setup: battery '-3' is out of range"),
        ('battery = "dead"', "seed = 1.5", "x.toml, setup: seed = 1.5 cannot be used; expected a whole number"),
        ('battery = "dead"', 'faults = ["gremlin"]', "x.toml, setup: there is no fault 'gremlin'"),
        ('battery = "dead"', "celsius = true", "x.toml, setup: celsius = True cannot be used; expected a number"),
        ('battery = "dead"', "hypotheses = {H-VREF = 99}", "x.toml, setup: H-VREF=99.0 is out of range"),
        ('do = "on"', 'do = "off=2parsecs"', "x.toml, phase 1: word 1, 'off=2parsecs': "),
        ('do = "on"', 'do = "on jump"', "x.toml, phase 1: word 2, 'jump': it is not known; expected one of hold, run"),
        ('do = "on"', 'do = "on press"', "word 2, 'press': it has no value; expected press=GLOBAL"),
        ('do = "on"', 'do = "on send=F0x"', "word 2, 'send=F0x': it cannot be used"),
        ('do = "on"', 'do = "on send=bank:-5"', "word 2, 'send=bank:-5': it cannot be used"),
        ('do = "on"', 'do = "on send=bank:0"', "word 2, 'send=bank:0': it cannot be used"),
        ('do = "on"', 'do = "on stray=10000:E0"', "word 2, 'stray=10000:E0': it cannot be used; expected stray="),
        ('do = "on"', 'do = "on stray=0083:1E0"', "word 2, 'stray=0083:1E0': it cannot be used"),
        ('do = "on"', 'do = "on stray=0083"', "word 2, 'stray=0083': it cannot be used"),
        ('do = "on"', 'do = "stray=0083:E0"', "word 1, 'stray=0083:E0': the power is off there"),
        ('do = "on"', 'do = "on"\nends = {line1 = "a", before = 3}', "phase 1, ends: nobody knows the key 'before'"),
        ('do = "on"', 'do = "on note-on=high"', "word 2, 'note-on=high': it cannot be used; expected note-on=24:100"),
        ('do = "on"', 'do = "press=4"', "word 1, 'press=4': the power is off there"),
        ('do = "on"', 'do = "on hold=INT"', "word 2, 'hold=INT': the power is on there"),
        ('do = "on"', 'do = "dip=1s"', "word 1, 'dip=1s': the power is off there"),
        ('do = "on"', 'do = "on=-1s"', "word 1, 'on=-1s': the time '-1s' is out of range"),
        ('do = "on"', "do = \"on\"\nnumbers = {adc_code = [3, 1]}", "numbers: adc_code = [3, 1] cannot be used"),
        ('do = "on"', "do = \"on\"\nnumbers = {beauty = [1, 3]}", "numbers: nobody knows the key 'beauty'"),
        ('do = "on"', 'do = "on"\nmidi = ["F0 4"]', "phase 1: midi is no hexadecimal"),
        ('do = "on"', 'do = "on"\nnever = ["/(/"]', "never = '/(/' cannot be used"),
        ('do = "on"', 'do = "on"\nfrozen = 1', "frozen = 1 cannot be used; expected true or false"),
        ('line1 = "a"', "before = 3", "x.toml, phase 1, lcd 1 says of neither line what it shows"),
        ('line1 = "a"', 'line3 = "a"', "lcd 1: nobody knows the key 'line3'"),
        ("lcd = [", 'leds = "INT"\nlcd = [', "leds = 'INT' cannot be used"),
        ("[control]\nsays = \"with a fresh cell\"\nbattery = \"fresh\"", "", "x.toml has no control"),
        ('battery = "fresh"', "", "x.toml, control leaves nothing out"),
        ('battery = "fresh"', 'skip = ["dip"]', "control: skip names 'dip', which no phase does; expected one of on"),
        ('reported = "R"', 'reported = "R"\ncannot = "no"', "x.toml has phases and cannot"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, message: str) -> None:
    assert old in CASE
    with pytest.raises(UserError, match=re.escape(message)):
        parse(CASE.replace(old, new, 1), "x.toml")


def test_a_case_without_phases_must_say_why() -> None:
    head = CASE.partition("[setup]")[0]
    with pytest.raises(UserError, match=re.escape("x.toml has no phase")):
        parse(head, "x.toml")
    assert parse(head.replace("[[source]]", 'cannot = "no sound yet"\n[[source]]'), "x.toml").cannot == "no sound yet"


def test_the_example_of_the_page_is_a_case() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", DOCS.read_text("utf-8"), re.S)
    assert parse(text, "page.toml").phases[0].steps[1].value.seconds == 1800


def test_the_page_has_every_word_number_and_key() -> None:
    text = DOCS.read_text("utf-8")
    from korgm1.scenario import case, steps

    words = (*steps.HANDS, *steps._LIFETIME, *case.NUMBERS, *case.DATA)
    for word in (*words, *case.CONFIDENCE, *case.IMAGES):
        assert word in text, word


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(UsageError, match="a name such as three-key-initialise"):
        scenario_named("three-keys-initialize")
    with pytest.raises(UsageError, match="a name of the list"):
        scenario_named("zzzzzz")


def test_keys_that_are_held_for_no_power_on_are_refused() -> None:
    for do in ("hold=INT", "on off=1d hold=INT"):
        with pytest.raises(UserError, match="keys are held, and nothing is switched on after that"):
            parse(CASE.replace('do = "on"', f'do = "{do}"'), "x.toml")
    assert parse(CASE.replace('do = "on"', 'do = "hold=INT off=1d on"'), "x.toml").phases


def test_two_holds_hold_the_keys_of_both() -> None:
    bench = Bench(Session())
    for step in parse_steps("hold=INT hold=CARD,COMBI on"):
        bench.do(step)
    assert any(row.lcd[1].startswith("All Memory Initialized") for row in bench.pictures)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is no text"):
        scenario_named(str(path))
    with pytest.raises(UserError, match="cannot be read"):
        scenario_named(str(tmp_path / "y.toml"))


def test_every_packaged_case_has_a_readable_name_and_title() -> None:
    for name, case in all_scenarios().items():
        assert re.fullmatch(r"[a-z0-9-]+", name) and len(case.title) <= 80, name
        assert case.reported.endswith("."), name


def test_steps_keep_their_words_and_values() -> None:
    steps = parse_steps("swap-cell=5s:CR2032@2.9 hold=INT,EDIT_PROG on note-on=24:64 note-on=3 send=F0F7 press=a_b")
    assert (steps[0].value.seconds, steps[0].value.cell) == (5.0, "CR2032@2.9")
    hands = [step.value for step in (steps[1], *steps[3:])]
    assert hands == [("INT", "EDIT PROG"), (24, 64), (3, 100), b"\xf0\xf7", "A B"]
    assert str(steps[0]) == "swap-cell=5s:CR2032@2.9"
    assert [step.value for step in parse_steps("send=bank send=bank:5000", powered=True)] == [None, 5000]


def test_the_power_is_followed_from_phase_to_phase() -> None:
    second = '\n[[phase]]\ntitle = "Q"\ndo = "press=4"\n[control]'
    assert parse(CASE.replace("[control]", second), "x.toml").phases[1].steps[0].value == "4"
    with pytest.raises(UserError, match="phase 2: word 1, 'press=4': the power is off there"):
        parse(CASE.replace("[control]", second).replace('do = "on"', 'do = "on off=1d"'), "x.toml")


@pytest.mark.parametrize(
    ("text", "line", "same"),
    [("a", "a   ", True), ("a", " a", False), ("", "    ", True), ("/^a/", "ab ", True), ("/b$/", "ab  ", True),
     ("/^b/", "ab", False), ("/", "/", True)],
)
def test_a_line_is_a_text_or_a_pattern(text: str, line: str, same: bool) -> None:
    assert like(text, line) is same


class Shown:
    """A bench that has shown these pictures."""

    def __init__(self, *rows: tuple[float, str, str]) -> None:
        self.pictures = [LcdChange(round(at * 8_000_000), (one, two)) for at, one, two in rows]
        self.midi = bytes.fromhex("90 3C 64 90 3C 00")


def seen(expected: str, *rows: tuple[float, str, str]) -> list[bool]:
    phase = parse(CASE.replace('data = "lost"\nlcd = [{line1 = "a"}]', expected), "x.toml").phases[0]
    return [one.holds for one in check(phase, Shown(*rows), bytes(65536))]  # type: ignore[arg-type]


def test_pictures_come_in_order_and_in_time() -> None:
    rows = (0.0, "a", ""), (1.0, "b", "x"), (2.0, "a", "")
    assert seen('lcd = [{line1 = "a"}, {line1 = "b"}, {line1 = "a"}]', *rows) == [True] * 3
    assert seen('lcd = [{line1 = "b"}, {line1 = "a", after = 1.5}]', *rows) == [True, True]
    assert seen('lcd = [{line1 = "b"}, {line1 = "b"}]', *rows) == [True, False]
    assert seen('lcd = [{line1 = "b", before = 0.9}]', *rows) == [False]
    assert seen('lcd = [{line1 = "b", line2 = ""}]', *rows) == [False]
    assert seen('never = ["/x/"]', *rows) == [False]
    assert seen('never = ["/y/"]', *rows) == [True]


def test_leds_are_named_in_any_order() -> None:
    bench = SimpleNamespace(pictures=[], session=SimpleNamespace(leds={"INT": True, "CARD": False, "PROG": True}))
    for leds, holds in (('"PROG", "INT"', True), ('"INT"', False), ('"CARD", "INT", "PROG"', False)):
        phase = parse(CASE.replace('data = "lost"\nlcd = [{line1 = "a"}]', f"leds = [{leds}]"), "x.toml").phases[0]
        assert [one.holds for one in check(phase, bench, b"")] == [holds]  # type: ignore[arg-type]


def test_midi_comes_in_order() -> None:
    assert seen('midi = ["90 3C 64", "90 3C 00"]') == [True, True]
    assert seen('midi = ["90 3C 00", "90 3C 64"]') == [True, False]
    assert seen('midi_never = ["90 3C 00"]') == [False]


def test_states_of_the_stored_data() -> None:
    named, initialised = bank.named(), bank.initialised()
    changed = bytearray(named)
    changed[bank.STORED.start + bank.PROGRAMS] ^= 1
    assert states_of(named, named) == ["kept", "bank"]
    assert states_of(initialised, named) == ["lost"]
    assert states_of(initialised, initialised) == ["kept", "lost"]
    assert states_of(bytes(changed), named) == ["partial"]
    changed = bytearray(named)
    changed[0x800] ^= 1
    assert states_of(bytes(changed), named) == ["kept", "bank"]


def test_the_bank_is_what_the_instrument_dumps_itself() -> None:
    m1 = Session(sram=bank.named())
    m1.boot()
    sent = len(m1.midi_out)
    m1.midi_in(sysex.HEAD + bytes.fromhex("0F 00 F7"))
    m1.run(12)
    assert bytes(byte for byte in m1.midi_out[sent:] if byte != 0xFE) == bank.dump()
    assert len(set(bank.program_names(bank.named()))) == len(set(bank.programs(bank.named()))) == 100


def test_the_picture_of_the_phase_before_is_dropped_with_the_power() -> None:
    bench = Bench(Session(sram=bank.initialised()))
    for step in parse_steps("on"):
        bench.do(step)
    bench.mark()
    assert [row.lcd[0].rstrip() for row in bench.pictures] == ["Prog I00 Init Prog"]
    for step in parse_steps("off-switch on=0.5s", powered=True):
        bench.do(step)
    assert not [row for row in bench.pictures if row.lcd[0].startswith("Prog")]


def test_a_temperature_holds_for_the_power_on_behind_it_too() -> None:
    bench = Bench(Session(sram=bank.initialised()))
    for step in parse_steps("temp=35 off=1y temp=10 on=0.5s"):
        bench.do(step)
    assert bench.session.battery.celsius == 10
