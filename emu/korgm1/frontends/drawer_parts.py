"""The drawer's sections about what the instrument is: broken parts, guesses, engine."""

from __future__ import annotations

from typing import Any

from korgm1.clock import CPU_HZ
from korgm1.frontends.drawer_bench import Bench
from korgm1.frontends.widget_ground import (
    BAD,
    DIM,
    INK,
    WARN,
    Widget,
)
from korgm1.frontends.widgets import Choice, Label, Switch, Value
from korgm1.frontends.widgets_more import Field, Row, Section
from korgm1.hypotheses import Hypothesis, all_hypotheses
from korgm1.machine.faults import FAULTS, FaultKind

ENGINES = ("unicorn", "v30", "lockstep")
DEFAULT = "(default)"


def faults(bench: Bench) -> Section:
    """The catalogue of faults as switches, those with an argument with a field for it."""
    arguments: dict[str, str] = {}

    def present(kind: FaultKind) -> list[str]:
        return [text for text in bench.session.faults.texts if text.partition("=")[0] == kind.name]

    def switch(kind: FaultKind, on: bool) -> None:
        others = [text for text in bench.session.faults.texts if text.partition("=")[0] != kind.name]
        given = arguments.get(kind.name) or kind.example
        values = [part.strip() for part in given.split(",")] if kind.many else [given]
        mine = [f"{kind.name}={value}" if kind.argument and value else kind.name for value in values]
        bench.do("faults", words=others + mine if on else others)

    def told(kind: FaultKind) -> str:
        found = [text.partition("=")[2] for text in present(kind)]
        return ", ".join(found) if found else arguments.get(kind.name, "")

    def write(kind: FaultKind, text: str) -> None:
        arguments[kind.name] = text.strip()
        switch(kind, on=True)

    def line(kind: FaultKind) -> Widget:
        hint = f"{kind.does[0].upper()}{kind.does[1:]}. Reported: {kind.reported}."
        lever = Switch(kind.name, lambda: bool(present(kind)), lambda on: switch(kind, on), hint)
        if not kind.argument:
            return lever
        several = ", several with commas" if kind.many else ""
        field = Field(kind.example or kind.argument, lambda text: write(kind, text), lambda: told(kind),
                      f"{kind.argument}, such as {kind.example}{several}. Enter breaks it so.", keep=True)  # fmt: skip
        return Row(lever, field, shares=(3, 2))

    def count() -> str:
        there = len(bench.session.faults.texts)
        return f"{there} broken" if there else "none"

    return Section("Broken parts", [
        Label("A change switches the instrument off and on again; the RAM keeps what the cell keeps."),
        *(line(kind) for kind in FAULTS.values()),
    ], folded=True, summary=count)  # fmt: skip


def guesses(bench: Bench) -> Section:
    """The hypotheses with their values; those that were changed come first."""
    rows = {row.id: _guess(bench, row) for row in all_hypotheses().values() if row.switch}
    top = Label("What nobody could measure. A change switches the instrument off and on again.")

    def parts() -> list[Widget]:
        changed = bench.session.hypotheses.changed()
        return [top, *(rows[key] for key in sorted(rows, key=lambda key: key not in changed))]

    def count() -> str:
        changed = len(bench.session.hypotheses.changed())
        return f"{changed} changed" if changed else f"{len(rows)}, all as assumed"

    return Section("Guesses", parts, folded=True, summary=count)


def _guess(bench: Bench, row: Hypothesis) -> Widget:
    """One of them: its id, and what it is now."""

    def now() -> Any:
        return bench.session.hypotheses[row.id]

    def choose(text: str) -> None:
        text = text.strip()
        if text == text_of(row.default) or not text:
            bench.do("hypothesis", id=row.id)
        else:
            bench.do("hypothesis", id=row.id, value=text)

    def changed() -> bool:
        return bool(now() != row.default)

    hint = f"{row.claim} (confidence {row.confidence}; default {text_of(row.default)})"
    name = Label(row.id, lambda: WARN if changed() else INK)
    options = [text_of(value) for value in row.choices]
    if isinstance(row.default, bool):
        options = ["true", "false"]
    name.hint = hint
    if options:
        value: Widget = Choice(lambda: options, lambda: text_of(now()), choose, hint=hint)
    else:
        value = Field(text_of(row.default), choose, lambda: text_of(now()), hint)
    return Row(name, value, shares=(3, 2))


def text_of(value: Any) -> str:
    """A guess's value as it is typed.

    >>> text_of(True), text_of(2.5), text_of("cells")
    ('true', '2.5', 'cells')
    """
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def engine(bench: Bench) -> Section:
    """Engine, speed, sound, CPU, firmware, the RAM's file."""

    def speed() -> str | tuple[str, tuple[int, int, int]]:
        live = bench.desk.live
        return f"{live.speed:.0%} of real time", INK if live.speed >= 0.95 else WARN

    def gaps() -> str | tuple[str, tuple[int, int, int]]:
        live = bench.desk.live
        return f"{live.sound or 'none'}, {live.gaps} gap{'' if live.gaps == 1 else 's'}", WARN if live.gaps else INK

    def latency() -> str:
        found = bench.desk.live.latency_ms
        return f"{found:.0f} ms" if found else "-"

    def cpu() -> str | tuple[str, tuple[int, int, int]]:
        session = bench.session
        if not session.powered:
            return "no power", DIM
        if session.stopped:
            return "stopped", BAD
        if session.frozen:
            return "stands still", BAD
        return f"runs, {session.clock / CPU_HZ:,.1f} s since power-on"

    def firmware() -> str:
        found = bench.session.firmware
        return f"{found.name} {found.version}"

    return Section("Engine and speed", [
        Choice(lambda: ENGINES, lambda: bench.session.engine_name, lambda name: bench.do("engine", name=name), "engine",
               "What runs the CPU; it goes on exactly where it was. lockstep runs both and compares."),
        Value("speed", speed, "Emulated time by the host's, lately."),
        Value("sound", gaps, "Where the sound goes, and how often it had nothing to play."),
        Value("latency", latency, "From the emulated DAC to the host's output, as far as the host tells."),
        Value("MIDI", lambda: bench.desk.live.midi or "no port", "Ports: run --midi-in, --midi-out."),
        Value("CPU", cpu),
        Label(lambda: bench.session.stopped or bench.session.frozen or "", BAD),
        Value("instrument", lambda: bench.session.model.title),
        Value("firmware", firmware),
        Label(lambda: f"RAM image: {bench.session.image_path or 'kept in no file'}"),
    ], folded=True, summary=lambda: f"{bench.session.engine_name}, {bench.desk.live.speed:.0%}")  # fmt: skip
