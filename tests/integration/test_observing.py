"""Observing a boot: the same run without anybody looking, and every port write as the board saw it."""

from __future__ import annotations

from korgm1.observing import observe
from korgm1.profiling import Profile
from korgm1.romset.load import load_os
from korgm1.session import Session


def test_observing_a_boot() -> None:
    firmware = load_os(None, "m1")
    seen = observe(firmware, battery="dead", midi=[(0.5, b"\xfe")], script=lambda session: session.press_at("4", 1.0))
    plain = observe(firmware, battery="dead", midi=[(0.5, b"\xfe")], profile=False, engine="v30",
                    script=lambda session: session.press_at("4", 1.0))  # fmt: skip
    assert plain.timeline == seen.timeline and plain.sram == seen.sram and plain.result.clocks == seen.result.clocks
    assert plain.profile is None and plain.port_writes == [] and plain.lcd_places == ()
    assert {**plain.vectors, **seen.vectors} == plain.vectors
    assert [place.lcd for place in seen.lcd_places][-1][1].rstrip() == "Battery Low (Internal)"
    assert [place.lcd for place in seen.lcd_places] == [picture.lcd for picture in seen.timeline[1:]]
    profile = seen.profile
    assert profile is not None
    outs = {key: count for key, count in profile.ports.items() if key[1] == "out"}
    assert len(seen.port_writes) == sum(outs.values())
    clocks = [write.clock for write in seen.port_writes]
    assert clocks == sorted(clocks)
    assert all(profile.port_places[w.port, "out"][w.ps, w.pc] for w in seen.port_writes)
    assert (0xFFFF, 0) in seen.executed.places and seen.executed.vectors == seen.vectors
    for vector in profile.interrupts:
        assert seen.vectors[vector] in seen.executed.places


def test_port_writes_are_what_the_board_saw() -> None:
    session, profile = Session(), Profile(port_writes=True)
    session.follow(profile)
    session.power_on()
    board: list[tuple[int, int, int]] = []
    scheduler = session.machine.scheduler

    def watch(kind: str, port: int, value: int) -> None:
        if kind == "out":
            board.append((scheduler.now, port, value))

    session.machine.ports.watch = watch
    session.run(1.0)
    assert board and [(w.clock, w.port, w.value) for w in profile.port_writes] == board
