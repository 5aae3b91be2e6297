"""The panel: every key at its place, LEDs, controls, and errors that name what there is."""

import pytest

from korgm1.board.adc_m58990 import code
from korgm1.board.panel import REST, Panel
from korgm1.errors import UsageError

KEYS = [
    *("INT", "CARD", "COMBI", "EDIT COMBI", "PROG", "EDIT PROG", "SEQ", "GLOBAL", "UP", "DOWN", "PAGE-", "PAGE+"),
    *"ABCDEFGH0123456789",
    *("10HOLD", "REC/WRITE", "START/STOP", "RESET", "COMPARE", "REST/TIE"),
]


def where(panel: Panel, name: str) -> list[tuple[int, int]]:
    panel.press(name)
    places = []
    for column in range(8):
        panel.select(column)
        places += [(column, row) for row in range(6) if not panel.rows() >> row & 1]
    panel.release(name)
    return places


def test_each_key_closes_one_place_of_its_own() -> None:
    panel = Panel()
    assert sorted(panel.keys()) == sorted(KEYS)
    places = {name: where(panel, name) for name in KEYS}
    assert all(len(place) == 1 for place in places.values())
    assert len({place[0] for place in places.values()}) == len(KEYS) == 36


@pytest.mark.parametrize(
    ("name", "column", "row"),
    [
        *(("INT", 0, 2), ("CARD", 0, 3), ("COMBI", 0, 4), ("EDIT COMBI", 0, 5), ("PROG", 1, 2), ("GLOBAL", 1, 5)),
        *(("UP", 2, 0), ("DOWN", 2, 1), ("A", 2, 2), ("D", 2, 5), ("10HOLD", 3, 0), ("REC/WRITE", 3, 1)),
        *(("REST/TIE", 3, 5), ("0", 4, 0), ("4", 4, 4), ("5", 5, 0), ("9", 5, 4), ("E", 6, 0), ("PAGE+", 6, 5)),
    ],
)
def test_matrix_places(name: str, column: int, row: int) -> None:
    assert where(Panel(), name) == [(column, row)]


def test_keys_held_together_and_names_in_any_case() -> None:
    panel = Panel()
    for name in ("int", "Card", " COMBI "):
        panel.press(name)
    panel.select(0)
    assert panel.rows() == 0b100011 and panel.held == {"INT", "CARD", "COMBI"}
    panel.release("card")
    panel.release("card")
    assert panel.read(0) == panel.peek(0) == 0b101011
    panel.write(0, 7)
    assert panel.rows() == 0x3F


def test_unknown_key_names_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no key 'HELP'.*EDIT COMBI"):
        Panel().press("HELP")
    for bad in (Panel().release, Panel().check_key):
        with pytest.raises(UsageError):
            bad("")
    Panel().check_key("10hold")


def test_sw16_and_led_orders_can_be_changed() -> None:
    leds = "GLOBAL,SEQ,EDIT PROG,PROG,EDIT COMBI,COMBI,CARD,INT"
    panel = Panel(sw16="REST/TIE,COMPARE,RESET,START/STOP,REC/WRITE", leds=leds)
    assert where(panel, "REST/TIE") == [(3, 1)]
    panel.leds_port(0x01, 0xFF)
    assert panel.leds()["GLOBAL"] and not panel.leds()["INT"]
    for options in ({"sw16": "REC/WRITE"}, {"leds": "INT,INT"}):
        with pytest.raises(UsageError, match="once"):
            Panel(**options)


def test_leds_follow_driven_bits_and_tell_of_changes() -> None:
    panel = Panel()
    seen: list[list[str]] = []
    panel.on_leds(lambda leds: seen.append([name for name, lit in leds.items() if lit]))
    panel.leds_port(0x91, 0x00)
    assert not any(panel.leds().values()) and seen == []
    panel.leds_port(0x91, 0xFF)
    panel.leds_port(0x91, 0xFF)
    panel.leds_port(0x91, 0x0F)
    assert seen == [["INT", "PROG", "GLOBAL"], ["INT"]]


@pytest.mark.parametrize("rail", [4_990_000, 5_000_000, 5_100_001])
def test_controls_as_microvolts_give_their_value_as_code(rail: int) -> None:
    panel = Panel(rail=rail)
    assert panel.controls() == REST
    for value in range(256):
        panel.move("value", value)
        assert code(panel.microvolts("value"), rail) == value
    assert code(panel.microvolts("joystick_x"), rail) == 128


def test_slider_goes_from_end_to_end() -> None:
    panel = Panel()
    codes = []
    for value in range(128):
        panel.set_slider(value)
        codes.append(code(panel.microvolts("value"), 5_000_000))
    assert codes[0] == 0 and codes[-1] == 255 and codes == sorted(set(codes))
    for value in (-1, 128):
        with pytest.raises(UsageError):
            panel.set_slider(value)


def test_bad_controls() -> None:
    for rack, name, value in [(0, "volume", 1), (0, "value", 256), (0, "value", -1), (1, "aftertouch", 5)]:
        with pytest.raises(UsageError):
            Panel(bool(rack)).move(name, value)
    m1r = Panel(rack=True)
    m1r.move("value", 5)
    assert set(m1r.controls()) == {"value", "pedal1", "pedal2"} and m1r.microvolts("joystick_x") == 2_500_000


def test_snapshot() -> None:
    panel, other = Panel(), Panel()
    panel.press("9")
    panel.select(5)
    panel.move("pedal1", 77)
    panel.leds_port(0x42, 0xFF)
    other.press("A")
    other.restore(panel.snapshot())
    assert other.snapshot() == panel.snapshot()
    assert other.held == {"9"} and other.rows() == 0b101111 and other.leds() == panel.leds()
    panel.reset("power")
    assert panel.held == {"9"}
