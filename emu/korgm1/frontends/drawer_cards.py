"""The drawer's section about the card slots."""

from __future__ import annotations

from pathlib import Path

from korgm1.frontends.canvas import Colour
from korgm1.frontends.drawer_bench import Bench
from korgm1.frontends.widget_ground import OFF
from korgm1.frontends.widgets import Button, Label, Switch, Value
from korgm1.frontends.widgets_more import Field, Items, Row, Section

CARD_FILES = ("*.card", "*.bin")
MOST_FILES = 12
"""Files of the card folder that are listed."""


class Files:
    """The cards in a folder, and those that were in the slot before; looked up again now and then."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._until = -1.0
        self._found: list[tuple[str, str]] = []
        self._used: dict[Path, None] = {}

    def __call__(self) -> list[tuple[str, str]]:
        now, path = self._bench.clock(), self._bench.session.card_path
        if path is not None and path not in self._used:
            self._used[path] = None
            self._until = now
        if now >= self._until:
            self._until = now + 2
            folder = None if self._bench.folder is None else self._bench.folder / "cards"
            paths = [] if folder is None else sorted(path for kind in CARD_FILES for path in folder.glob(kind))
            paths = paths[:MOST_FILES] + [path for path in self._used if path not in paths and path.is_file()]
            self._found = [(str(path), path.name) for path in paths]
        return self._found

    @property
    def advice(self) -> str:
        """Where cards come from, while there are none."""
        folder = None if self._bench.folder is None else self._bench.folder / "cards"
        if self():
            return ""
        return "korgm1 card new FILE makes a card" + (f"; those in {folder} are listed here" if folder else "")


def cards(bench: Bench) -> Section:
    """The program card and the PCM card."""
    files, chosen = Files(bench), [""]

    def there() -> bool:
        return bench.desk.card_in

    def program_card() -> str | tuple[str, Colour]:
        path = bench.session.card_path
        return (path.name if path is not None else "without a file") if there() else ("slot empty", OFF)

    def pcm_card() -> str | tuple[str, Colour]:
        data = bench.session.pcm_card
        return ("slot empty", OFF) if data is None else f"{len(data) / 1024:.0f} KB"

    def cell() -> str:
        card = bench.session.card
        if card is None:
            return "-"
        kind = card.supply.kind
        return f"{kind}, {card.supply.cell_volts:.2f} V" if kind else "holder empty"

    def protected() -> bool:
        card = bench.session.card
        return card is not None and card.protected

    def insert(path: str) -> object:
        return bench.do("card", what="insert", value=str(Path(path.strip()).expanduser())) if path.strip() else None

    def pcm(path: str) -> object:
        return bench.do("pcm-card", what="insert", value=str(Path(path.strip()).expanduser())) if path.strip() else None

    return Section("Cards", [
        Value("program card", program_card),
        Label(lambda: files.advice),
        Items(files, lambda: chosen[0], lambda path: chosen.__setitem__(0, path), lambda: insert(chosen[0]),
              "Cards of the card folder. Enter, or the button, puts the chosen one in."),
        Row(
            Button("insert", lambda: insert(chosen[0]), "Put the chosen card into the slot.",
                   lambda: bool(chosen[0]) and not there()),
            Button("eject", lambda: bench.do("card", what="eject"), "Take the card out; its file is written.", there),
        ),
        Field("path of a program card", insert, hint="The file of a program card (korgm1 card new); Enter inserts it."),
        Switch("write protect", protected, lambda on: bench.do("card", what="protect", value="on" if on else "off"),
               "The switch on the card.", there),
        Value("its cell", cell, "The card's own cell, a CR2016."),
        Value("PCM card", pcm_card),
        Field("path of a PCM card's dump", pcm, hint="16-bit words, low byte first; Enter inserts it."),
        Button("eject the PCM card", lambda: bench.do("pcm-card", what="eject"), "Voices that play it lose its words.",
               lambda: bench.session.pcm_card is not None),
    ], folded=True, summary=lambda: "program card in" if there() else "slot empty")  # fmt: skip
