"""Draw the picture of the bench drawer that stands in docs/bench.md: the drawer twice, with other sections unfolded.

A real desk runs behind it: a cell that is much too low, ten minutes without power, and an R29 that is open.

    .venv/bin/python tools/bench_picture.py
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import needs_korgm1  # noqa: F401
from battery_pictures import my_sram
from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.desk.commands import typed
from korgm1.frontends.drawer import WIDTH, Drawer
from korgm1.session import Session

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "bench.png"
HIGH = 1000
UNFOLDED = (("Power", "Cell", "RAM"), ("States and rewind", "Broken parts"))


def draw(path: Path, sram: bytes) -> None:
    """Draw it into a file."""
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    from korgm1.frontends.sdl import Screen

    screen = Screen("bench", (2 * WIDTH, HIGH))
    try:
        with TemporaryDirectory() as scratch:
            desk = Desk(Session(sram=sram))
            desk.set_cell("1.1")
            desk.leave(600)
            desk.set_faults(["r29-open"])
            desk.power(True)
            desk.run(4 * CPU_HZ)
            for column, titles in enumerate(UNFOLDED):
                drawer = Drawer(desk, Path(scratch), lambda: 0.0)
                drawer.toggle()
                for section in drawer._sections:
                    section.folded = section.title not in titles
                for line in ("press 4", "press 2", f"save {scratch}/states/slot-2.state"):
                    drawer.paint(screen, (column * WIDTH, 0, WIDTH, HIGH), 1.0)
                    typed(desk, line)
                    desk.run(desk.now + CPU_HZ // 2)
                    drawer.invalidate()
                drawer.paint(screen, (column * WIDTH, 0, WIDTH, HIGH), 1.0)
            screen.save(str(path))
    finally:
        screen.close()


if __name__ == "__main__":
    draw(PICTURE, my_sram())
    print(f"docs{os.sep}{PICTURE.name}")
