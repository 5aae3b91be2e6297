"""What each fault does to a running machine; without its fault each case must come out otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from instruments import BAR, ENGINES, initialised

from korgm1.errors import UsageError
from korgm1.machine.faults import FAULTS
from korgm1.replay import replay
from korgm1.session import Session


def started(faults: Iterable[str] = (), **options: Any) -> Session:
    session = Session(**{"sram": initialised(), "engine": "v30", "faults": faults, **options})
    session.boot()
    return session


def message(session: Session) -> str:
    return session.lcd[1].rstrip()


def code(session: Session) -> int:
    return int(session.result().battery["adc_code"])


def after_a_night(faults: Iterable[str], battery: str = "fresh") -> Session:
    """Switched off for twelve hours."""
    session = started(faults, battery=battery)
    session.power_off()
    session.leave(43_200)
    session.power_on()
    return session


def kept(faults: Iterable[str], battery: str = "fresh") -> bool:
    session = after_a_night(faults, battery)
    return session.wake is not None and session.wake.lost == 0


def typed(faults: Iterable[str]) -> str:
    session = started(faults)
    session.press("4")
    session.press("2")
    return session.lcd[0][:8]


def bank(faults: Iterable[str]) -> str:
    session = started(faults, card=bytes(32768))
    session.press("CARD")
    return message(session)


def card_after_a_night(faults: Iterable[str]) -> tuple[int, bool]:
    """Microvolts at IN7, and whether the card forgot."""
    session = started(faults, card=bytes(32768))
    sense = session.machine.card.sense_microvolts()
    session.power_off()
    session.power_on()
    return sense, session.card is not None and session.card.lost > 0


def rom_checked(faults: Iterable[str]) -> str:
    session = Session(engine="v30", faults=faults, sram=initialised())
    session.boot(hold=["INT"])
    return " ".join(line for row in session.timeline for line in row.lcd)


def stored(faults: Iterable[str]) -> list[int]:
    """What the CPU finds at 9000 after it has stored 00 and FF there."""
    found = []
    for value in (0x00, 0xFF):
        session = started(faults)
        session.machine.memory.write(0x9000, value)
        found.append(session.machine.memory.read(0x9000))
    return found


def port_reads(faults: Iterable[str], port: int) -> set[int]:
    """All values the firmware reads at a port while key 9 is pressed."""
    session, seen = started(faults), set()
    session.machine.ports.watch = lambda kind, at, value: seen.add(value) if (kind, at) == ("in", port) else None
    session.press("9")
    return seen


def busy(faults: Iterable[str]) -> set[int]:
    """The busy flag as it is read."""
    return {value & 0x80 for value in port_reads(faults, 0x0A06)}


def amps(faults: Iterable[str]) -> float:
    battery = Session(engine="v30", faults=faults, battery="CR2032").battery
    return battery.network.cell_amps(battery.cell, 25.0, on=False)


CASES: dict[str, tuple[list[str], Callable[[list[str]], Any], Any]] = {
    "r29-open": (["r29-open"], lambda f: (message(started(f)), code(started(f)), kept(f)),
                 ("Battery Low (Internal)", 0, True)),
    "ic29-an6-dead": (["ic29-an6-dead"], lambda f: (message(started(f)), code(started(f)), kept(f)),
                      ("Battery Low (Internal)", 0, True)),
    "ic29-an6-leak": (["ic29-an6-leak=0.5"], lambda f: (code(started(f, battery="3.19")), kept(f)), (0x57, True)),
    "adc-dead": (["adc-dead"], lambda f: (message(started(f)), code(started(f))), ("Battery High (Internal)", 0xFF)),
    "cell-contact": (["cell-contact=open"], lambda f: (message(started(f)), kept(f)),
                     ("Battery Low (Internal)", False)),
    "cell-diode-open": (["cell-diode-open"], lambda f: (message(started(f)), kept(f)),
                        ("SINGLE  POLY  OSC1 000", False)),
    "cell-diode-short": (["cell-diode-short"], lambda f: (code(started(f, battery="absent")) > 200, kept(f)),
                         (True, True)),
    "isolation-diode-short": (["isolation-diode-short"], lambda f: (kept(f), amps(f) > 1e-4), (False, True)),
    "node-pull-up": (["node-pull-up=10k"], lambda f: message(started(f, battery="absent")), "Battery High (Internal)"),
    "fram": (["fram"], lambda f: (kept(f, "absent"), message(started(f, battery="absent"))),
             (True, "Battery Low (Internal)")),
    "no-supervisor": (["no-supervisor"], lambda f: started(f).dip(0.027), "freeze"),
    "reset-stuck": (["reset-stuck"], lambda f: (started(f).lcd[0], any(started(f).leds.values())), (BAR, False)),
    "lcd-no-init": (["lcd-no-init"], lambda f: (started(f).lcd[0], started(f).leds["INT"]), (BAR, True)),
    "lcd-busy-stuck": (["lcd-busy-stuck"], busy, {0x80}),
    "key-stuck": (["key-stuck=5"], lambda f: port_reads(f, 0x0A02), {0xFF, 0xFE, 0xEE}),
    "sram-bit": (["sram-bit=0x9000.5=1", "sram-bit=0x9000.0=0"], stored, [0x20, 0xFE]),
    "rom-bit": (["rom-bit=0xE8000.0"], lambda f: "ROM BAD" in rom_checked(f), True),
    "card-contact": (["card-contact"], bank, "No Card"),
    "card-cell-dead": (["card-cell-dead"], card_after_a_night, (0, True)),
    "timer0-dead": (["timer0-dead"], lambda f: started(f).lcd[0], BAR),
}


def test_every_fault_has_a_case() -> None:
    assert set(CASES) == set(FAULTS)


@pytest.mark.parametrize("name", CASES)
def test_the_fault_does_it_and_nothing_else(name: str) -> None:
    faults, look, expected = CASES[name]
    assert look(faults) == expected
    assert look([]) != expected


@pytest.mark.parametrize("engine", ENGINES)
def test_faults_together_on_every_engine(engine: str) -> None:
    """A stuck cell makes its page a device's; so vectors, variables and stack of all engines go through one."""
    faults = [
        "sram-bit=0x0013.5=1", "sram-bit=0x9000.5=1", "sram-bit 0xE7F0.3=1", "key-stuck=4",
        "ic29-an6-dead", "card-contact", "lcd-busy-stuck",
    ]
    session = Session(engine=engine, faults=faults, sram=initialised())
    result = session.boot()
    session.press("9")
    session.power_off()
    assert result.faults == tuple(fault.replace(" ", "=") for fault in faults)
    assert session.sram[0x9000] & 0x20 and session.sram[0xE7F0] & 0x08
    reference = Session(engine="v30", faults=faults, sram=initialised())
    expected = reference.boot()
    reference.press("9")
    reference.power_off()
    assert (result.timeline, result.clocks, session.sram) == (expected.timeline, expected.clocks, reference.sram)


@pytest.mark.parametrize(("fault", "where"), [("timer0-dead=0.5", "OpenM1 Music Workstation"), ("timer0-dead", BAR)])
def test_a_tick_that_stops_hangs_the_start_where_it_is(fault: str, where: str) -> None:
    session = started([fault])
    assert session.lcd[0].startswith(where) and session.stopped is None
    assert session.clock >= 80_000_000
    number, without = FAULTS["timer0-dead"].does.split("without a number")
    assert ("bar on line 1" in without) if where == BAR else ("with 0.5 OpenM1 stays on its banner" in number)


def test_an_unknown_key_cannot_stick() -> None:
    with pytest.raises(UsageError, match="there is no key 'WHEEL'"):
        Session(faults=["key-stuck=wheel"])


def test_snapshots_and_recordings_carry_the_faults(tmp_path: Any) -> None:
    faults = ["sram-bit=0x9000.5=1", "ic29-an6-dead", "key-stuck=5"]
    session = Session(engine="v30", faults=faults, sram=initialised(), celsius=31.0)
    session.record(tmp_path / "x.rec")
    session.boot()
    state = session.snapshot()
    session.save(tmp_path / "x.state")
    session.press("9")
    session.record_end()
    played = replay(tmp_path / "x.rec", engine="unicorn")
    assert played.result.faults == tuple(faults) and played.result.battery["celsius"] == 31.0
    assert played.result.sram_sha1 == session.result().sram_sha1
    for other in (Session(engine="unicorn"), Session.load(tmp_path / "x.state")):
        other.restore(state)
        assert other.faults.texts == tuple(faults) and other.battery.celsius == 31.0
        other.press("9")
        assert other.sram == session.sram and other.wake == session.wake


@pytest.mark.parametrize("fault", ["timer0-dead=1.2", "timer0-dead=3", "lcd-busy-stuck", "sram-bit=0x1234.5=1"])
def test_a_machine_with_a_fault_goes_on_from_a_snapshot_as_it_would_have(fault: str) -> None:
    for seconds in (0.9, 1.1, 1.25):
        one, other = Session(engine="v30", faults=[fault]), Session(engine="v30")
        one.power_on()
        one.run(seconds)
        other.restore(one.snapshot())
        for session in (one, other):
            session.run(0.4)
        assert other.machine.snapshot() == one.machine.snapshot()
