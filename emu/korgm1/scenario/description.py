"""Reading cases from TOML (docs/scenarios.md): those that come with the program, and files."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from korgm1.errors import UsageError, UserError
from korgm1.files import read_file
from korgm1.hypotheses import Hypotheses, all_hypotheses
from korgm1.lifetime.events import check_cell
from korgm1.machine.faults import Faults
from korgm1.machine.models import model_named
from korgm1.quantities import parse_celsius
from korgm1.scenario.case import (
    CONFIDENCE,
    DATA,
    DIPS,
    IMAGES,
    NUMBERS,
    Control,
    Phase,
    Picture,
    Scenario,
    Setup,
    Source,
)
from korgm1.scenario.steps import parse_steps, powered_after
from korgm1.scenario.table import Table


@cache
def all_scenarios() -> Mapping[str, Scenario]:
    """All that come with the program, by name.

    >>> all_scenarios()["dead-cell"].model
    'm1'
    """
    found = (path for path in (files("korgm1") / "scenarios").iterdir() if path.name.endswith(".toml"))
    rows = [parse(path.read_text("utf-8"), path.name) for path in found]
    return {row.name: row for row in sorted(rows, key=lambda row: (bool(row.cannot), row.name))}


def scenario_named(name: str) -> Scenario:
    """The scenario of that name, or of a file NAME.toml.

    Raises:
        UsageError: there is none; the nearest names are told.
        UserError: the file cannot be used.

    >>> scenario_named("ded-cell")
    Traceback (most recent call last):
    korgm1.errors.UsageError: there is no scenario 'ded-cell'; expected a name such as dead-cell
      try: korgm1 scenario list
    """
    if name.endswith(".toml"):
        try:
            text = read_file(Path(name), "a scenario", 1 << 20).decode("utf-8")
        except UnicodeDecodeError as error:
            raise UserError(f"{name} is no text: {error.reason} at byte {error.start}", "TOML in UTF-8") from None
        return parse(text, Path(name).name)
    known = all_scenarios()
    if name not in known:
        near = difflib.get_close_matches(name, known, 3, 0.5)
        near += [other for other in known if name and name in other and other not in near][:3]
        raise UsageError(
            f"there is no scenario {name!r}", "a name such as " + ", ".join(near) if near else "a name of the list",
            "korgm1 scenario list",
        )
    return known[name]


def parse(text: str, file: str) -> Scenario:
    """The scenario of a TOML text.

    Args:
        text: the content.
        file: its name, for messages; without .toml the scenario's name.

    Raises:
        UserError: no TOML, or something is missing, unknown or of another kind.
    """
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        what = "too many brackets" if isinstance(error, RecursionError) else str(error)
        raise UserError(f"{file} is no TOML: {what}", "a scenario as docs/scenarios.md has it") from None
    top = Table(file, data)
    title, reported = top.text("title"), " ".join(top.text("reported").split())
    model = top.text("model", "m1")
    sources = []
    for row in top.tables("source"):
        sources.append(Source(row.text("where"), row.choice("confidence", CONFIDENCE, "hearsay"), row.text("says", "")))
        row.end()
    if not sources:
        raise UserError(f"{file} has no source", "[[source]] with where and confidence")
    cannot = " ".join(top.text("cannot", "").split())
    setup = _setup(top.table("setup"), Setup())
    rows, control = top.tables("phase"), top.table("control") if top.has("control") else None
    assumed, differs = top.texts("assumed"), top.texts("differs")
    top.end()
    for word in re.findall(r"\bH-[A-Z0-9-]+", " ".join((*assumed, *differs, cannot))):
        if word not in all_hypotheses():
            raise UserError(f"{file}: there is no hypothesis {word}", "an id of hypotheses.toml", "korgm1 hypotheses")
    phases: tuple[Phase, ...] = ()
    powered = False
    for row in rows:
        phases += (_phase(row, powered),)
        powered = powered_after(phases[-1].steps, powered)
    if bool(cannot) == bool(phases):
        raise UserError(
            f"{file} has {'phases and cannot' if cannot else 'no phase'}", "phases, or a cannot that says why"
        )
    words = [step.word for phase in phases for step in phase.steps]
    if "hold" in words[::-1][: words[::-1].index("on")] if "on" in words else "hold" in words:
        raise UserError(f"{file}: keys are held, and nothing is switched on after that", "on after hold")
    if phases and control is None:
        raise UserError(f"{file} has no control", "[control] that says what to leave out so that it fails")
    try:
        model_named(model)
    except UsageError as error:
        if not cannot:
            raise UserError(f"{file}: {error}") from None
    return Scenario(
        file.removesuffix(".toml"), title, model, tuple(sources), reported, cannot, setup, phases,
        None if control is None else _control(control, setup, phases), assumed, differs,
    )


def _setup(table: Table, before: Setup) -> Setup:
    given = table.has("hypotheses")
    hypotheses = table.table("hypotheses").items()
    setup = Setup(
        battery=table.text("battery", before.battery),
        celsius=table.number("celsius", before.celsius),
        seed=table.whole("seed", before.seed),
        sram=table.choice("sram", IMAGES, before.sram),
        faults=table.texts("faults") if table.has("faults") else before.faults,
        hypotheses=hypotheses if given else before.hypotheses,
    )
    try:
        Hypotheses(setup.hypotheses)
        Faults(setup.faults)
        check_cell(setup.battery)
        parse_celsius(f"{setup.celsius:g}")
    except UsageError as error:
        raise UserError(f"{table.where}: {error.found}", error.expected) from None
    return setup


def _control(table: Table, setup: Setup, phases: tuple[Phase, ...]) -> Control:
    says, skip = table.text("says"), table.texts("skip")
    changed = _setup(table, setup)
    table.end()
    done = {word for phase in phases for step in phase.steps for word in (step.word, str(step))}
    for word in skip:
        if word not in done:
            raise UserError(
                f"{table.where}: skip names {word!r}, which no phase does", "one of " + ", ".join(sorted(done))
            )
    if changed == setup and not skip:
        raise UserError(f"{table.where} leaves nothing out", "skip, or another setup")
    return Control(says, changed, skip)


def _phase(table: Table, powered: bool) -> Phase:
    try:
        steps = parse_steps(table.text("do"), powered)
    except UsageError as error:
        raise UserError(f"{table.where}: {error.found}", error.expected) from None
    numbers = table.table("numbers")
    ends = table.table("ends") if table.has("ends") else None
    phase = Phase(
        title=table.text("title"),
        steps=steps,
        lcd=tuple(_picture(row) for row in table.tables("lcd")),
        ends=None if ends is None else _picture(ends, timed=False),
        never=table.texts("never"),
        leds=table.texts("leds") if table.has("leds") else None,
        data=table.choice("data", DATA),
        numbers={key: numbers.range(key) for key in NUMBERS if numbers.has(key)},
        midi=_hex(table, "midi"),
        midi_never=_hex(table, "midi_never"),
        dip=table.choice("dip", DIPS),
        frozen=table.boolean("frozen"),
    )
    numbers.end()
    table.end()
    for text in phase.never:
        _regex(table, "never", text)
    return phase


def _picture(table: Table, timed: bool = True) -> Picture:
    lines: list[str | None] = []
    for key in ("line1", "line2"):
        lines.append(table.line(key))
        _regex(table, key, lines[-1] or "")
    times = (table.number("after", 0.0), table.number("before", 1e9)) if timed else ()
    picture = Picture(lines[0], lines[1], *times)
    table.end()
    if lines == [None, None]:
        raise UserError(f"{table.where} says of neither line what it shows", "line1, line2 or both")
    return picture


def _hex(table: Table, key: str) -> tuple[bytes, ...]:
    try:
        return tuple(bytes.fromhex(text) for text in table.texts(key))
    except ValueError:
        raise UserError(f"{table.where}: {key} is no hexadecimal", 'bytes as "F0 42 30"') from None


def _regex(table: Table, key: str, text: str) -> None:
    if len(text) > 1 and text[0] == text[-1] == "/":
        try:
            re.compile(text[1:-1])
        except re.error as error:
            raise UserError(
                f"{table.where}: {key} = {text!r} cannot be used: {error}", "a regular expression"
            ) from None
