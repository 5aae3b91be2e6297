"""The drawer's sections about the supply and what it keeps: power, cell, RAM."""

from __future__ import annotations

from math import isfinite

from korgm1.frontends.drawer_bench import Bench
from korgm1.frontends.sram_map_view import SramView
from korgm1.frontends.widget_ground import (
    BAD,
    GOOD,
    INK,
    OFF,
    WARN,
)
from korgm1.frontends.widgets import Button, Choice, Label, Slider, Switch, Value
from korgm1.frontends.widgets_more import Field, Flow, Row, Section
from korgm1.physics.cell_cr2032 import Cr2032
from korgm1.quantities import COLDEST, HOTTEST, format_duration

WARNING_CODE = 0x80
"""OpenM1 calls a cell low below this code of the ADC (roms/openm1/README.md)."""
GUARANTEED = 2.0
"""Volts from which the RAM's data sheet guarantees its content (physics.sram_retention)."""
NOTHING = "nothing"
HOLDS = (NOTHING, "INT", "INT+CARD+COMBI", "RESET", "COMPARE", "GLOBAL")
"""Keys to hold at power-on; facts m1-hardware 5 tells of the first two."""
CELLS = (("out", "absent"), ("CR2032 new", "CR2032"), ("CR2032 2.6 V", "CR2032@2.6"), ("fresh", "fresh"),
         ("low", "low"), ("dead", "dead"))  # fmt: skip
DIPS = (("10 ms", "10ms"), ("40 ms", "40ms"), ("1 s", "1s"))
TIMES = (("1 d", "1d"), ("1 mo", "1mo"), ("1 y", "1y"), ("8 y", "8y"))


def power(bench: Bench) -> Section:
    """The switch, reset, dips, keys held at power-on, and what the last one found."""
    held = [NOTHING]

    def switch(on: bool) -> None:
        keys = held[0].split("+") if on and held[0] != NOTHING else []
        bench.do("power", to="on" if on else "off", hold=keys)

    def on() -> bool:
        return bench.session.powered

    return Section("Power", [
        Row(
            Switch(lambda: "power on" if on() else "power off", on, switch,
                   "The mains switch. Off: the LCD fades, the RAM lives from the cell, and its image is saved."),
            Button("reset", lambda: bench.do("reset"), "A short pulse at /RESET; the RAM keeps everything.", on),
            shares=(3, 2),
        ),
        Choice(lambda: HOLDS, lambda: held[0], lambda keys: held.__setitem__(0, keys), "hold at power-on",
               "Keys held down for the first two seconds: INT checks the ROM, INT+CARD+COMBI initialises all."),
        Flow(*(
            Button(f"dip {name}", lambda time=time: bench.do("dip", seconds=time),  # type: ignore[misc]
                   f"The mains fail for {name} while it runs.", on)
            for name, time in DIPS
        )),
        Label(lambda: _stands(bench), BAD),
        Value("last power-on", lambda: _wake(bench), lambda: _turned(bench)),
    ], summary=lambda: "on" if on() else "off")  # fmt: skip


def _stands(bench: Bench) -> str:
    """Why the CPU does not go on, if it does not."""
    session = bench.session
    why = session.stopped if session.powered else None
    return f"the CPU has stopped: {why}" if why else session.frozen or ""


def _wake(bench: Bench) -> str | tuple[str, tuple[int, int, int]]:
    wake = bench.session.wake
    if wake is None:
        return "none yet", OFF
    if wake.blank:
        return "never powered before", WARN
    lowest = f" at {wake.lowest_volts:.2f} V" if isfinite(wake.lowest_volts) else ""
    if not wake.lost:
        return "everything kept" + lowest, GOOD
    return f"{wake.lost:,} cells lost{lowest}", BAD


def _turned(bench: Bench) -> str:
    wake = bench.session.wake
    many = f" {wake.flipped:,} bits read otherwise than at power-off." if wake is not None and wake.lost else ""
    return "What the last power-on found in the RAM, and the lowest supply it had before." + many


def cell(bench: Bench) -> Section:
    """The cell in its holder, what is measured of it, years and temperature."""

    def volts() -> str:
        holder = bench.battery
        return f"{holder.kind}, {holder.cell_volts:.3f} V" if holder.kind else "holder empty"

    def supply() -> str | tuple[str, tuple[int, int, int]]:
        ram = bench.battery.ram_volts
        return f"{ram:.2f} V", INK if ram >= GUARANTEED else BAD

    def code() -> str | tuple[str, tuple[int, int, int]]:
        found = bench.desk.battery_code
        low = found < WARNING_CODE
        return f"{found:02X}h" + (f", low (below {WARNING_CODE:02X}h)" if low else ""), WARN if low else INK

    def age() -> str:
        inside = bench.battery.cell
        if not isinstance(inside, Cr2032):
            return "-" if inside is None else "a supply does not age"
        return format_duration(inside.age_seconds) if inside.age_seconds >= 1 else "new"

    def used() -> str:
        inside = bench.battery.cell
        return f"{inside.depth:.1%} of {inside.capacity_mah:.0f} mAh" if isinstance(inside, Cr2032) else "-"

    return Section("Cell", [
        Value("in the holder", volts, "What is in the holder, and its volts as a good voltmeter reads them."),
        Value("at the RAM, power off", supply, "VCC of the RAM chips when only the cell feeds them. "
              "From 2.0 V the data sheet guarantees their content."),
        Value("ADC code", code, f"What IC29 reads of the cell. OpenM1 warns below {WARNING_CODE:02X}h."),
        Value("age", age, "Since the cell was made."),
        Value("used", used, "Share of its capacity that is gone, by load and by itself."),
        Flow(*(
            Button(name, lambda text=text: bench.do("cell", cell=text),  # type: ignore[misc]
                   "Take the cell out." if text == "absent" else f"Put this in: {text}.")
            for name, text in CELLS
        )),
        Field("another: 2.85 V, CR2032@2.4 ...", lambda text: bench.do("cell", cell=text) if text.strip() else None,
              hint="Volts of a supply in the cell's place, 0 to 6, or CR2032@VOLTS for a used cell. Enter puts it in."),
        Label("leave it off for"),
        Flow(*(
            Button(name, lambda time=time: bench.do("leave", time=time),  # type: ignore[misc]
                   "The power goes off, and this time passes at once.")
            for name, time in TIMES
        )),
        Field("another time: 30d, 2.5y, 12h ...", lambda text: bench.do("leave", time=text) if text.strip() else None,
              hint="A number and ms, s, min, h, d, w, mo or y. Enter lets it pass."),
        Slider(lambda: int(COLDEST), lambda: int(HOTTEST), lambda: round(bench.battery.celsius),
               lambda celsius: bench.do("temperature", celsius=celsius), lambda celsius: f"{celsius} °C", "temperature",
               hint="The room's temperature, for the cell and the RAM."),
    ], summary=lambda: volts())  # fmt: skip


def ram(bench: Bench) -> Section:
    """The RAM, live."""
    view = SramView(lambda: bench.session.sram, lambda: bench.session.wake, lambda: bench.desk.now)
    return Section("RAM", [
        view, Label(lambda: view.about, INK),
        Label("bright: written lately; red: lost at the last power-on and not written since"),
    ], summary=lambda: "64 KB live")
