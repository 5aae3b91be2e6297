"""What drawing the window costs: milliseconds a picture, and the share of a core at 60 pictures a second.

    .venv/bin/python bench/drawing.py [--size 1280x690] [--model m1]

It draws to nowhere (SDL's dummy driver), or to the display of DISPLAY with --display; `xvfb-run` gives one.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from korgm1.clock import CPU_HZ

FRAME = CPU_HZ // 60
PICTURES = 240


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="", help="of the window, as 1920x1035")
    parser.add_argument("--model", default="m1", choices=["m1", "m1r"])
    parser.add_argument("--display", action="store_true", help="on the display of DISPLAY")
    args = parser.parse_args()
    if not args.display:
        os.environ["SDL_VIDEODRIVER"] = "dummy"
    from korgm1.desk import Desk
    from korgm1.frontends import display
    from korgm1.keymap import default
    from korgm1.session import Session

    desk = Desk(Session(model=args.model))
    desk.power(True)
    desk.run(4 * CPU_HZ)
    view = display.open_window(desk, default())
    if args.size:
        import pygame

        width, height = (int(part) for part in args.size.split("x"))
        pygame.display.set_mode((width, height), pygame.RESIZABLE)
        view.poll(0)
    still = desk.session.machine.lcd.dots()
    random = np.random.default_rng(1)
    line = [still.copy() for _ in range(8)]
    for dots in line:
        dots[1] = random.random(dots[1].shape) < 0.4
    dense = [random.random(still.shape) < 0.5 for _ in range(8)]

    def at(number: int, every: int, pictures: list[np.ndarray]) -> None:
        desk.session.machine.lcd.dots = lambda: pictures[number // every % len(pictures)]  # type: ignore[method-assign]

    def keys(number: int) -> None:
        for key in range(16):
            (desk.note_on if (number + key) % 2 else desk.note_off)(10 + 2 * key)

    cases: list[tuple[str, Callable[[int], None]]] = [
        ("nothing changes", lambda number: at(0, 1, [still])),
        ("a line changes 10 times a second", lambda number: at(number, 6, line)),
        ("a line changes in every picture", lambda number: at(number, 1, line)),
        ("every dot changes in every picture", lambda number: at(number, 1, dense)),
        ("16 keys move in every picture", keys),
        ("VALUE moves in every picture", lambda number: desk.slide(number % 128)),
    ]
    size = view._screen.size
    print(f"{desk.session.model.name}, {size[0]} x {size[1]}, {'x11' if args.display else 'dummy'}")
    with_drawer(view, desk)
    now = [desk.now]
    type(desk).now = property(lambda self: now[0])  # type: ignore[assignment,misc,method-assign]
    for name, change in cases:
        for number in range(90):
            if number < 10:
                change(number)
            now[0] += FRAME
            view.draw()
        spent = 0.0
        for number in range(PICTURES):
            change(number)
            now[0] += FRAME
            begin = time.process_time()
            view.poll(0)
            view.draw()
            spent += time.process_time() - begin
        each = spent / PICTURES * 1000
        print(f"{name:36} {each:6.2f} ms a picture  {each * 60 / 10:5.1f} % of a core")
    view.close()


def with_drawer(view: Any, desk: Any) -> None:
    """The drawer open with RAM in view, while the instrument runs: what the drawer paints of a second's pictures."""
    view._do("drawer")
    drawer, pictures = view._drawer, [0]
    drawer._clock = lambda: pictures[0] / 60
    drawer.show("RAM")
    spent = 0.0
    for number in range(60 + PICTURES):
        pictures[0] = number
        desk.run(desk.now + FRAME)
        begin = time.process_time()
        drawer.paint(view._screen, view._boxes()[1], view._screen.scale)
        spent += time.process_time() - begin if number >= 60 else 0.0
    view._do("drawer")
    each = spent / PICTURES * 1000
    print(f"{'the drawer, RAM in view, it runs':36} {each:6.2f} ms a picture  {each * 60 / 10:5.1f} % of a core")


if __name__ == "__main__":
    main()
