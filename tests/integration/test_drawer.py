"""The drawer on a real desk: every section shows what is, and its controls do it by the desk's commands."""

from __future__ import annotations

import itertools
import os
import random
from pathlib import Path

import numpy as np
import pytest
from png_pixels import pixels
from recording_canvas import RecordingCanvas, overlap

import battery_pictures
import bench_picture
from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.frontends.canvas import Box, Hover, KeyDown, PointerDown, PointerMove, PointerUp, Text, Wheel
from korgm1.frontends.drawer import Drawer
from korgm1.frontends.drawer_hands import FOOT, TOP
from korgm1.frontends.widgets_more import Section
from korgm1.hypotheses import all_hypotheses
from korgm1.machine.fault_catalogue import FAULTS
from korgm1.session import Session

BOOK = Path(__file__).resolve().parents[2] / "docs" / "bench.md"
TALL: Box = (0, 0, 380, 3600)


class Bench:
    """A desk with its drawer, so high that nothing must be scrolled."""

    def __init__(self, desk: Desk, folder: Path | None = None, unfolded: str = "") -> None:
        self.desk, self.canvas, self.now = desk, RecordingCanvas(), 0.0
        self.drawer = Drawer(desk, folder, lambda: self.now)
        self.drawer.toggle()
        for section in self.drawer._sections:
            section.folded = section.title != unfolded
        self.paint()

    def paint(self) -> None:
        self.now += 30
        self.drawer.invalidate()
        self.canvas.forget()
        self.drawer.paint(self.canvas, TALL, 1.0)

    @property
    def words(self) -> list[str]:
        """All that is written, now."""
        self.paint()
        return [text for text, _, _ in self.canvas.texts]

    def value(self, name: str) -> str:
        """What stands beside a name."""
        words = self.words
        return words[words.index(name) + 1]

    def said(self) -> tuple[str, bool]:
        """The words at the bottom after the last click, and whether they are an error's."""
        return self.drawer._bench.said

    def click(self, words: str, dx: float = 0.0) -> None:
        self.paint()
        found = [box for text, box, _ in self.canvas.texts if text == words]
        found += [box for text, box, _ in self.canvas.texts if text.startswith(words)]
        x, y = found[0][0] + found[0][2] / 2, found[0][1] + found[0][3] / 2
        assert self.drawer.take(PointerDown(0, x + dx, y)), words
        assert self.drawer.take(PointerUp(0, x + dx, y)), words

    def type(self, text: str) -> None:
        assert self.drawer.typing
        for letter in text:
            assert self.drawer.take(Text(letter))
        assert self.drawer.take(KeyDown("enter"))

    def drag(self, name: str, share: float, width: int = 348) -> None:
        """A slider by its name, to a share of its way."""
        self.paint()
        _, y = self.canvas.where(name)
        left = next(box[0] for text, box, _ in self.canvas.texts if text == name)
        assert self.drawer.take(PointerDown(0, left + 7, y + 17))
        self.drawer.take(PointerMove(0, left + 7 + share * (width - 14), y + 17))
        assert self.drawer.take(PointerUp(0, left + 7 + share * (width - 14), y + 17))


def started(**options: object) -> Desk:
    """A desk whose instrument plays."""
    desk = Desk(Session(**options))  # type: ignore[arg-type]
    desk.power(True)
    desk.run(3 * CPU_HZ)
    return desk


def test_power_section() -> None:
    desk = started()
    bench = Bench(desk, unfolded="Power")
    assert bench.value("last power-on") == "never powered before"
    bench.click("power on")
    assert not desk.powered and "power off" in bench.words
    bench.click("hold at power-on", dx=120)
    bench.click("hold at power-on", dx=120)
    assert bench.value("hold at power-on") == "INT+CARD+COMBI"
    bench.click("power off")
    assert desk.powered and desk.held == {"INT", "CARD", "COMBI"}
    desk.run(desk.now + 3 * CPU_HZ)
    assert not desk.held and bench.value("last power-on") == "everything kept"
    bench.click("dip 10 ms")
    assert bench.said() == ("the mains failed for 0.01 s: the CPU goes on", False)
    bench.click("dip 40 ms")
    assert "began anew" in bench.said()[0] or "on again" in bench.said()[0]
    desk.run(desk.now + CPU_HZ)
    bench.click("dip 1 s")
    assert "off and on again" in bench.said()[0] and desk.session.clock < CPU_HZ
    desk.run(desk.now + 2 * CPU_HZ)
    shown: list[str] = []
    desk.on_picture(lambda picture: shown.append(picture.lcd[0]))
    bench.click("reset")
    desk.run(desk.now + 2 * CPU_HZ)
    assert any("Prog I00" not in line for line in shown) and "Prog I00" in shown[-1]


def test_cell_section(tmp_path: Path) -> None:
    desk = started(battery="CR2032", sram=str(tmp_path / "x.sram"))
    bench = Bench(desk, unfolded="Cell")
    assert bench.value("in the holder").startswith("CR2032, 3.2") and bench.value("age") in ("new", "1 d")
    for name, kind, volts in (
        ("out", None, 0.0), ("low", "supply", 2.4), ("dead", "supply", 0.4), ("fresh", "supply", 3.2),
        ("CR2032 2.6 V", "CR2032", 2.6), ("CR2032 new", "CR2032", 3.25),
    ):  # fmt: skip
        bench.click(name)
        assert desk.session.battery.kind == kind and desk.session.battery.cell_volts == pytest.approx(volts, abs=0.01)
    bench.click("another: 2.85 V")
    bench.type("2.3")
    assert bench.value("in the holder") == "supply, 2.300 V" and "low" in bench.value("ADC code")
    assert bench.value("ADC code").startswith(f"{desk.battery_code:02X}h")
    bench.click("another: 2.85 V")
    bench.type("a potato")
    words, wrong = bench.said()
    assert wrong and "potato" in words and desk.session.battery.cell_volts == 2.3
    bench.click("CR2032 new")
    bench.click("1 y")
    assert not desk.powered and (tmp_path / "x.sram").exists()
    assert bench.value("age").startswith("1 y")
    bench.click("another time")
    bench.type("30 d")
    assert bench.said()[0].startswith("30 d without power") and bench.value("age") == "1 y 1 mo"
    bench.drag("temperature", 0.0)
    assert desk.session.battery.celsius == -40
    bench.drag("temperature", 1.0)
    assert desk.session.battery.celsius == 85 and bench.value("temperature") == "85 °C"


def test_a_dead_cell_is_told_at_the_next_power_on() -> None:
    desk = started()
    bench = Bench(desk, unfolded="Power")
    desk.power(False)
    desk.set_cell("dead")
    desk.leave(1e6)
    desk.power(True)
    assert "cells lost" in bench.value("last power-on")


def test_ram_section_follows_the_memory() -> None:
    desk = started()
    bench = Bench(desk, unfolded="RAM")
    x, y = next((box[0], box[1]) for text, box, _ in bench.canvas.texts if text.startswith("1000: "))
    assert bench.drawer.take(PointerDown(0, x + 100, y - 160)) and bench.drawer.take(PointerUp(0, x + 100, y - 160))
    about = next(text for text in bench.words if ": " in text and text[4:6] == ": ")
    address = int(about[:4], 16)
    assert about.startswith(f"{address:04X}: {desk.session.sram[address]:02X}") and address != 0x1000
    bench.now += 1
    assert not bench.drawer.paint(bench.canvas, TALL, 1.0)
    desk.run(desk.now + CPU_HZ // 2)
    bench.now += 1
    bench.canvas.forget()
    assert bench.drawer.paint(bench.canvas, TALL, 1.0)
    assert any(name == "image" for name, _ in bench.canvas.calls)


def test_cards_section(tmp_path: Path) -> None:
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "mine.card").write_bytes(bytes(32768))
    (tmp_path / "other one.bin").write_bytes(bytes(32768))
    desk = started()
    assert not any("card new" in words for words in Bench(desk, tmp_path, unfolded="Cards").words)
    bare = Bench(desk, tmp_path / "nowhere", unfolded="Cards")
    assert "korgm1 card new FILE makes a card" in " ".join(bare.words)
    bench = Bench(desk, tmp_path, unfolded="Cards")
    assert bench.value("program card") == "slot empty"
    bench.click("mine.card")
    bench.click("insert")
    assert desk.card_in and bench.value("program card") == "mine.card"
    assert bench.value("its cell").startswith("CR2016, 3.")
    bench.click("write protect")
    assert desk.session.card is not None and desk.session.card.protected
    bench.click("eject")
    assert not desk.card_in
    bench.click("path of a program card")
    bench.type(str(tmp_path / "other one.bin"))
    assert desk.card_in and bench.value("program card") == "other one.bin"
    bench.click("path of a program card")
    bench.type("/nowhere/x.card")
    assert bench.said()[1] and bench.value("program card") == "other one.bin"
    assert "/nowhere/x.card" in bench.words, "to be mended"
    bench.click("path of a PCM card")
    bench.type(str(tmp_path / "pcm"))
    assert bench.said()[1] and bench.value("PCM card") == "slot empty"
    (tmp_path / "pcm.bin").write_bytes(bytes(4096))
    bench.type(".bin")
    assert bench.value("PCM card") == "4 KB"
    bench.click("eject the PCM card")
    assert bench.value("PCM card") == "slot empty" and desk.session.pcm_card is None
    elsewhere = tmp_path / "elsewhere.card"
    elsewhere.write_bytes(bytes(32768))
    bench.click("eject")
    desk.insert_card(str(elsewhere))
    bench.paint()
    bench.click("eject")
    bench.click("elsewhere.card")
    bench.click("insert")
    assert bench.value("program card") == "elsewhere.card"


def test_states_section(tmp_path: Path) -> None:
    desk = started()
    bench = Bench(desk, tmp_path, unfolded="States and rewind")
    bench.click("save to 1")
    assert (tmp_path / "states" / "slot-1.state").exists() and "Prog I00" in " ".join(bench.words)
    desk.tap("4")
    desk.tap("2")
    desk.run(desk.now + CPU_HZ)
    assert desk.lcd[0].startswith("Prog I42")
    bench.click("load 1")
    assert desk.lcd[0].startswith("Prog I00")
    bench.click("3")
    bench.click("load 3")
    assert not bench.said()[1] and not (tmp_path / "states" / "slot-3.state").exists()
    bench.click("save to 3")
    (tmp_path / "states" / "slot-3.state").write_bytes(b"nothing of the kind")
    assert "cannot be read" in bench.words
    bench.click("load 3")
    assert bench.said()[1] and desk.lcd[0].startswith("Prog I00")
    bench.click("save to a file")
    bench.type(str(tmp_path / "states"))
    assert bench.said()[1]
    bench.click("load a file")
    bench.type(str(tmp_path / "states" / "slot-1.state"))
    assert not bench.said()[1]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    bench = Bench(started(), tmp_path / "file", "States and rewind")
    bench.click("save to 1")
    assert "cannot be made" in bench.said()[0] and bench.said()[1]


def test_what_to_do_next_is_said_too(tmp_path: Path) -> None:
    bench = Bench(started(), tmp_path, "Cards")
    bench.drawer._bench.do("hypothesis", id="H-NOTHING", value="1")
    assert "H-NOTHING" in bench.said()[0] and "try: korgm1 hypotheses" in bench.said()[0] and bench.said()[1]


def test_rewind_bar() -> None:
    desk = started()
    desk.run(desk.now + 3 * CPU_HZ)
    bench = Bench(desk, unfolded="States and rewind")
    assert bench.value("rewind") == "now" and not any(word.startswith("save to 1") for word in bench.words)
    most = desk.history
    assert most >= 4
    bench.drag("rewind", 0.5)
    assert 1 <= desk.ahead <= most - 1 and bench.value("rewind") == f"{desk.ahead} s back"
    bench.drag("rewind", 1.0)
    assert desk.ahead == 0 and bench.value("rewind") == "now"


def test_scenarios_section() -> None:
    desk = started()
    mine = desk.session
    bench = Bench(desk, unfolded="Scenarios")
    bench.click("#24, then Init Program")
    bench.click("start")
    bench.paint()
    assert desk.scenario is None and bench.canvas.where("one moment")
    bench.paint()
    assert desk.scenario == "dead-cell" and desk.session is not mine and "playing: dead-cell" in bench.words
    desk.run(desk.now + 10 * CPU_HZ)
    assert any("> " in word for word in bench.words)
    bench.click("stop")
    assert desk.scenario is None and desk.session is mine


def test_broken_parts_section() -> None:
    desk = started()
    bench = Bench(desk, unfolded="Broken parts")
    assert all(name in bench.words for name in FAULTS)
    bench.click("r29-open")
    assert desk.session.faults.texts == ("r29-open",) and desk.powered
    bench.click("cell-contact")
    assert desk.session.faults.texts == ("r29-open", "cell-contact=open")
    bench.click("open")
    bench.drawer.take(KeyDown("end"))
    for _ in range(4):
        bench.drawer.take(KeyDown("backspace"))
    bench.type("50k")
    assert desk.session.faults.texts == ("r29-open", "cell-contact=50k")
    bench.click("r29-open")
    bench.click("INT")
    bench.type("EDIT PROG, 4")
    assert desk.session.faults.texts == ("cell-contact=50k", "key-stuck=EDIT PROG", "key-stuck=4")
    bench.click("10k")
    bench.type("many")
    words, wrong = bench.said()
    assert wrong and "many" in words and desk.powered
    assert desk.session.faults.texts == ("cell-contact=50k", "key-stuck=EDIT PROG", "key-stuck=4")


def test_guesses_section() -> None:
    desk = started()
    bench = Bench(desk, unfolded="Guesses")
    words = bench.words
    assert [word for word in words if word.startswith("H-")] == list(all_hypotheses())
    bench.click("H-WAITS", dx=250)
    assert desk.session.hypotheses.changed() == {"H-WAITS": False} and desk.powered
    assert next(word for word in bench.words if word.startswith("H-")) == "H-WAITS"
    bench.click("H-VREF", dx=290)
    bench.drawer.take(KeyDown("end"))
    bench.drawer.take(KeyDown("backspace"))
    bench.type("4.5")
    assert desk.session.hypotheses.changed() == {"H-WAITS": False, "H-VREF": 4.5}
    bench.click("H-VREF", dx=290)
    bench.drawer.take(KeyDown("end"))
    for _ in range(3):
        bench.drawer.take(KeyDown("backspace"))
    bench.type("99")
    assert bench.said()[1] and desk.session.hypotheses["H-VREF"] == 4.5
    bench.click("H-WAITS", dx=250)
    assert desk.session.hypotheses.changed() == {"H-VREF": 4.5}


def test_engine_section() -> None:
    desk = started()
    bench = Bench(desk, unfolded="Engine and speed")
    clock = desk.session.clock
    bench.click("engine", dx=150)
    assert desk.session.engine_name == "v30" and desk.session.clock == clock and bench.value("engine") == "v30"
    desk.live.speed, desk.live.gaps, desk.live.sound, desk.live.latency_ms = 0.5, 2, "a card", 31.0
    assert bench.value("speed") == "50% of real time" and bench.value("sound") == "a card, 2 gaps"
    assert bench.value("latency") == "31 ms" and bench.value("firmware").startswith("OpenM1")
    assert bench.value("CPU").startswith("runs, 3.0 s")
    desk.power(False)
    assert bench.value("CPU") == "no power"


def test_messages_section() -> None:
    desk = started()
    bench = Bench(desk, unfolded="Messages")
    desk.say("something went well")
    desk.say("something went wrong", "error")
    words = bench.words
    first, second = (next(n for n, word in enumerate(words) if what in word) for what in ("wrong", "well"))
    assert first < second
    colour = next(colour for text, _, colour in bench.canvas.texts if "wrong" in text)
    assert colour[0] > 200 > colour[1]


def test_a_section_can_be_shown() -> None:
    drawer, canvas = Drawer(Desk(Session()), clock=lambda: 0.0), RecordingCanvas()
    drawer.toggle()
    drawer.paint(canvas, (0, 0, 380, 400), 1.0)
    drawer.show("Scenarios")
    canvas.forget()
    assert drawer.paint(canvas, (0, 0, 380, 400), 1.0)
    assert TOP <= canvas.where("Scenarios")[1] < TOP + 40 and canvas.where("A new cell")


@pytest.mark.parametrize("width", range(300, 501, 40))
@pytest.mark.parametrize("height", [300, 480, 900])
def test_nothing_overlaps_at_any_size(width: int, height: int, tmp_path: Path) -> None:
    desk = started()
    desk.say("a message that is so long that it must be broken into lines, several of them in a narrow drawer " * 2)
    drawer, canvas = Drawer(desk, tmp_path, lambda: 0.0), RecordingCanvas()
    drawer.toggle()
    for section in drawer._sections:
        section.folded = False
    box = (13, 7, width, height)
    drawer.paint(canvas, box, 1.0)
    assert drawer._length > 3000
    boxes = [widget.box for widget in drawer._widgets]
    assert not any(overlap(one, other) for one, other in itertools.combinations(boxes, 2))
    assert all(x >= 0 and x + wide <= width and wide > 0 and tall > 0 for x, _, wide, tall in boxes)
    seen: set[str] = set()
    for scroll in range(0, drawer._length, max(1, height - TOP - FOOT)):
        canvas.forget()
        drawer._scroll_to(scroll)
        drawer.invalidate()
        drawer.paint(canvas, box, 1.0)
        texts = [where for _, where, _ in canvas.texts]
        assert not any(overlap(one, other) for one, other in itertools.combinations(texts, 2))
        assert all(x >= 13 and x + wide <= 13 + width for x, _, wide, _ in texts)
        seen |= {text for text, _, _ in canvas.texts}
    assert {section.title for section in drawer._sections} <= seen


def test_sections_are_those_of_the_book() -> None:
    book = BOOK.read_text("utf-8")
    drawer = Drawer(Desk(Session()))
    sections: list[Section] = drawer._sections
    assert [section.title for section in sections] == [
        line[3:] for line in book.splitlines() if line.startswith("## ") and line[3:] in {s.title for s in sections}
    ]


def test_on_a_real_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "SDL_VIDEODRIVER", "dummy")
    from korgm1.frontends.sdl import Screen

    screen = Screen("drawer", (380, 700))
    try:
        desk = started()
        drawer = Drawer(desk, tmp_path, lambda: 0.0)
        drawer.toggle()
        assert drawer.paint(screen, (0, 0, 380, 700), 1.0)
        pixels = screen.pixels()
        assert len({tuple(pixel) for pixel in pixels.reshape(-1, 3)[::7].tolist()}) > 50
        left = pixels[TOP + 40 : 700 - FOOT, :8]
        assert (left == left[0, 0]).all(), "something is painted outside of the controls"
    finally:
        screen.close()


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_to_it_nothing_raises(seed: int, tmp_path: Path) -> None:
    """Clicks anywhere, keys and texts in any order; time passes between them."""
    chance = random.Random(seed)
    desk, canvas, now = started(sram=str(tmp_path / "x.sram")), RecordingCanvas(), [0.0]
    drawer = Drawer(desk, tmp_path, lambda: now[0])
    drawer.toggle()
    keys = ("up", "down", "left", "right", "enter", "escape", "backspace", "page down", "space", "home")
    box = (20, 10, 340, 700)
    painted = 0
    for _ in range(250):
        section = chance.choice(drawer._sections)
        if section.title != "Scenarios" or chance.random() < 0.2:
            section.folded = chance.random() < 0.3
        x, y = chance.uniform(0, 380), chance.uniform(0, 720)
        match chance.randrange(6):
            case 0 | 1:
                drawer.take(PointerDown(0, x, y))
                drawer.take(PointerMove(0, x + chance.uniform(-90, 90), y + chance.uniform(-9, 9)))
                drawer.take(PointerUp(0, x, y))
            case 2:
                drawer.take(Wheel(x, y, chance.randint(-9, 9)))
            case 3:
                drawer.take(Hover(x, y))
            case 4:
                drawer.take(KeyDown(chance.choice(keys), shift=chance.random() < 0.1))
            case _:
                drawer.take(Text(chance.choice(["2.5", "8y", "CR2032", "ä\x00'", "../x", "H", ""])))
        if not drawer.open:
            drawer.toggle()
        desk.run(desk.now + CPU_HZ // 50)
        now[0] += 0.2
        painted += drawer.paint(canvas, box, 1.0)
        canvas.forget()
    assert painted > 100
    desk.close()


def test_the_picture_in_the_book_is_what_the_tool_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "SDL_VIDEODRIVER", "dummy")
    bench_picture.draw(tmp_path / "bench.png", battery_pictures.my_sram())
    here, there = pixels(bench_picture.PICTURE), pixels(tmp_path / "bench.png")
    assert here.shape == there.shape and np.abs(here - there).mean() < 0.5, "run tools/bench_picture.py"
    assert "](bench.png)" in BOOK.read_text("utf-8")


def test_a_low_window_grows_for_it_and_shrinks_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "SDL_VIDEODRIVER", "dummy")
    from korgm1.frontends.window import HIGH, Window
    from korgm1.keymap import default

    window = Window(started(model="m1r"), default(), folder=tmp_path)
    try:
        window.draw()
        before = window._screen.size
        assert before[1] < HIGH
        window._do("drawer")
        window.draw()
        assert window._screen.size[1] == HIGH and window._boxes()[1][3] == HIGH
        window._do("drawer")
        window.draw()
        assert window._screen.size == before
    finally:
        window.close()
