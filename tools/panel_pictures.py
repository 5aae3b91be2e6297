"""Draw the pictures of the window that stand in the README and in docs/panel.md: both models, and a dead battery.

A real desk runs behind each, so the same pictures come out on every host with the same version of pygame-ce (its font).

    .venv/bin/python tools/panel_pictures.py
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import needs_korgm1  # noqa: F401
from battery_pictures import my_sram
from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.desk.commands import typed
from korgm1.frontends import display
from korgm1.keymap import default
from korgm1.session import Session

DOCS = Path(__file__).resolve().parents[1] / "docs"
FRAME = CPU_HZ // 60


def playing(desk: Desk) -> None:
    """A keyboard on which somebody plays a chord."""
    desk.volume, desk.contrast = 70, 50
    for line in ("value 96", "run 0.2", "press 4", "run 0.3", "press 3", "run 0.5"):
        typed(desk, line)
    for line in ("note-on 24", "note-on 28", "note-on 31"):
        typed(desk, line)


def turned(desk: Desk) -> None:
    """A rack in COMBI mode."""
    desk.volume = 60
    for line in ("value 40", "run 0.2", "press COMBI", "run 0.5", "move pedal1 150"):
        typed(desk, line)


def nothing(desk: Desk) -> None:
    """As it came up."""


PICTURES: dict[str, tuple[str, str, bool, Callable[[Desk], None]]] = {
    "window.png": ("m1", "fresh", True, playing),
    "window-m1r.png": ("m1r", "fresh", True, turned),
    "window-dead.png": ("m1", "dead", False, nothing),
}
"""Name -> model, battery, whether its memory has named programs, what is done to it."""


def draw(folder: Path, name: str, sram: bytes) -> None:
    """Draw one of them into a folder."""
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    model, battery, named, act = PICTURES[name]
    desk = Desk(Session(model=model, battery=battery, sram=sram if named else None))
    view = display.open_window(desk, default())
    try:
        desk.power(True)
        desk.run(3 * CPU_HZ)
        act(desk)
        for _ in range(90):
            desk.run(desk.now + FRAME)
            view.draw()
        view.save(str(folder / name))
    finally:
        view.close()


if __name__ == "__main__":
    memory = my_sram()
    with TemporaryDirectory() as scratch:
        for picture in PICTURES:
            draw(Path(scratch), picture, memory)
            (DOCS / picture).write_bytes(Path(scratch, picture).read_bytes())
            print(f"docs{os.sep}{picture}")
