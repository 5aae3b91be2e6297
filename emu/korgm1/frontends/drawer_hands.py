"""What hands do to the drawer: pointers, the wheel, the keyboard's focus, scrolling."""

from __future__ import annotations

from korgm1.frontends import canvas as ui
from korgm1.frontends.canvas import Box
from korgm1.frontends.widget_ground import Widget
from korgm1.frontends.widgets_more import Field

TOP, EDGES, BAR_WIDTH = 28, 10, 10
"""Points: the title, left and right of the controls, the scroll bar."""
FOOT, LOW_FOOT, LOW = 66, 36, 480
"""Points: the help at the bottom, the same in a drawer that is not as high as the third."""
WHEEL = 48
"""Points a step of the wheel scrolls."""
_ARROWS = {"up": -1, "down": 1}


class DrawerHands:
    """Where the drawer is, how far it is scrolled, and which controls are pointed at, held and in focus.

    Attributes:
        open: whether it is out. The window gives it no box while it is not.
    """

    def __init__(self) -> None:
        self.open = False
        self._box: Box = (0, 0, 0, 0)
        self._scale = 1.0
        self._widgets: list[Widget] = []
        self._length = 0
        self._scroll = 0
        self._due = 0.0
        self._all = True
        self._hot: Widget | None = None
        self._focus: Widget | None = None
        self._keys = False
        self._held: dict[int, Widget] = {}
        self._pulled: dict[int, tuple[str, float, int]] = {}

    @property
    def focused(self) -> bool:
        """Whether the keyboard is in it."""
        return self.open and self._keys

    @property
    def typing(self) -> bool:
        """Whether a field takes all keys."""
        return self.focused and isinstance(self._focus, Field)

    def toggle(self) -> None:
        """Out, with the keyboard in it, or in."""
        self.open = not self.open
        self._all = True
        self._let_go()
        self._drop()
        if self.open:
            self._keys = True
            self._due = 0.0

    def take(self, event: ui.Event) -> bool:
        """What happened in the window; True: it was for the drawer, and nobody else should act on it."""
        if not self.open:
            return False
        taken = self._take(event)
        if taken:
            self._due = 0.0
        return taken

    def _take(self, event: ui.Event) -> bool:
        match event:
            case ui.PointerDown(pointer, x, y):
                return self._down(pointer, x, y)
            case ui.PointerMove(pointer, x, y):
                return self._move(pointer, x, y)
            case ui.PointerUp(pointer, x, y):
                return self._up(pointer, x, y)
            case ui.Hover(x, y):
                self._point(x, y)
                return ui.inside(x, y, self._box)
            case ui.Wheel(x, y, steps):
                return self._wheel(x, y, steps)
            case ui.KeyDown():
                return self._key(event)
            case ui.Text(text):
                return self.typing and self._focus is not None and self._focus.text(text)
            case ui.FocusLost():
                self._let_go()
                self._hot = None
                self._due = 0.0
        return False

    def _points(self, x: float, y: float) -> tuple[float, float]:
        return (x - self._box[0]) / self._scale, (y - self._box[1]) / self._scale

    @property
    def _wide(self) -> int:
        return int(self._box[2] / self._scale)

    @property
    def _view(self) -> tuple[int, int]:
        """Where the scrolled part begins and how high it is, in points."""
        return TOP, max(0, int(self._box[3] / self._scale) - TOP - self._foot_height)

    @property
    def _foot_height(self) -> int:
        return FOOT if self._box[3] / self._scale >= LOW else LOW_FOOT

    def _at(self, x: float, y: float) -> Widget | None:
        top, tall = self._view
        if not top <= y < top + tall:
            return None
        return next((w for w in self._widgets if ui.inside(x, y - top + self._scroll, w.box)), None)

    def _point(self, x: float, y: float) -> None:
        hot = self._at(*self._points(x, y)) if ui.inside(x, y, self._box) else None
        if hot is not self._hot:
            self._hot, self._due = hot, 0.0

    def _down(self, pointer: int, x: float, y: float) -> bool:
        if not ui.inside(x, y, self._box):
            if pointer >= 0:
                self._drop()
            return False
        if pointer < 0:
            return True
        px, py = self._points(x, y)
        self._hot = found = self._at(px, py)
        if py < TOP and px >= self._wide - TOP:
            self.toggle()
        elif px >= self._wide - BAR_WIDTH and self._longer:
            self._pulled[pointer] = ("bar", py, self._scroll)
        elif found is None or not found.takes_focus:
            self._drop()
            self._pulled[pointer] = ("page", py, self._scroll)
        else:
            self._to(found)
            self._held[pointer] = found
            found.down(px - found.box[0], py - TOP + self._scroll - found.box[1])
        return True

    def _move(self, pointer: int, x: float, y: float) -> bool:
        px, py = self._points(x, y)
        if pointer in self._held:
            widget = self._held[pointer]
            widget.drag(px - widget.box[0], py - TOP + self._scroll - widget.box[1])
            return True
        if pointer in self._pulled:
            what, begin, scroll = self._pulled[pointer]
            factor = self._length / max(1, self._view[1]) if what == "bar" else -1.0
            self._scroll_to(scroll + round((py - begin) * factor))
            return True
        return False

    def _up(self, pointer: int, x: float, y: float) -> bool:
        if pointer in self._held:
            widget = self._held.pop(pointer)
            widget.up(inside=self._at(*self._points(x, y)) is widget)
            return True
        return self._pulled.pop(pointer, None) is not None

    def _wheel(self, x: float, y: float, steps: int) -> bool:
        if not ui.inside(x, y, self._box):
            return False
        over = self._at(*self._points(x, y))
        if over is None or over is not self._focus or not self._keys or not over.step(steps):
            self._scroll_to(self._scroll - steps * WHEEL)
            self._point(x, y)
        return True

    def _key(self, event: ui.KeyDown) -> bool:
        if not self._keys or ((event.ctrl or event.alt) and not self.typing):
            return False
        if self._focus is not None and self._focus.key(event):
            return True
        if event.shift or event.ctrl or event.alt:
            return False
        if event.key == "escape":
            self._drop()
        elif event.key in _ARROWS:
            self._next(_ARROWS[event.key])
        elif event.key in ("page up", "page down"):
            self._scroll_to(self._scroll + (self._view[1] - WHEEL) * (1 if event.key == "page down" else -1))
        else:
            return event.key in ("left", "right", "enter", "kp enter")
        return True

    def _next(self, by: int) -> None:
        able = [widget for widget in self._widgets if widget.takes_focus and widget.works()]
        if not able:
            return
        if self._focus in able:
            self._to(able[min(len(able) - 1, max(0, able.index(self._focus) + by))])
        else:
            self._to(able[0])
        assert self._focus is not None
        _, y, _, height = self._focus.box
        tall = self._view[1]
        self._scroll_to(min(y - 30, max(self._scroll, y + height + 10 - tall)) if height < tall else y)

    def _to(self, widget: Widget) -> None:
        if self._focus is not None and self._focus is not widget:
            self._focus.blur()
        self._focus, self._keys = widget, True

    def _drop(self) -> None:
        if self._focus is not None:
            self._focus.blur()
        self._focus, self._keys, self._due = None, False, 0.0

    def _let_go(self) -> None:
        for widget in self._held.values():
            widget.lost()
        self._held.clear()
        self._pulled.clear()

    @property
    def _longer(self) -> bool:
        return self._length > self._view[1]

    def _scroll_to(self, scroll: int) -> None:
        scroll = min(max(0, scroll), max(0, self._length - self._view[1]))
        if scroll != self._scroll:
            self._scroll, self._all = scroll, True
