"""Playing a recording again, and saying where it first comes out differently."""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from korgm1.board.card import Card
from korgm1.clock import CPU_HZ
from korgm1.errors import ReplayDifference, UsageError, UserError
from korgm1.hypotheses import still_open
from korgm1.physics.bench_supply import BenchSupply
from korgm1.recording import Checker, Line, Recording, at, read_recording, unpack
from korgm1.result import BootResult
from korgm1.romset.load import load_same
from korgm1.romset.waves import WaveSet
from korgm1.session import Session


@dataclass(frozen=True)
class ReplayResult:
    """A replay in which everything was as recorded.

    Attributes:
        inputs: how many were given, power switch included.
        checks: how many checkpoints were compared.
        whole: the recording has an end; if not, it was checked up to its last checkpoint.
        result: the state of things before the last power-off.
    """

    inputs: int
    checks: int
    whole: bool
    result: BootResult

    def to_dict(self) -> dict[str, Any]:
        """The object `korgm1 boot --replay --json` prints."""
        return {**self.result.to_dict(), "replay": {
            "inputs": self.inputs, "checks": self.checks, "whole": self.whole, "same": True,
        }}


def session_of(
    recording: Recording, roms: str | os.PathLike[str] | None = None, engine: str | None = None,
    waves: WaveSet | str | os.PathLike[str] | None = None,
    pcm_card: bytes | str | os.PathLike[str] | None = None,
) -> Session:
    """The instrument of a recording, before its first power-on.

    Raises:
        M1Error: the header is damaged, or the firmware is another.
    """
    header = recording.header
    try:
        firmware = header["firmware"]
        session = Session(
            model=header["model"], roms=load_same(roms, header["model"], firmware["sha1"]),
            engine=engine or header["engine"], sram=unpack(header["sram"]),
            seed=int(header["seed"]), hypotheses=still_open(header["hypotheses"]),
            card=unpack(header["card"]), power_ups=int(header["power_ups"]), faults=header.get("faults", ()),
            waves=waves, pcm_card=pcm_card,
        )
        session.begin_as(header)
        if session.firmware.sha1 != firmware["sha1"]:
            raise UserError(
                f"the recording is of firmware {firmware['name']} {firmware['version']}, sha1 {firmware['sha1']}",
                f"{session.firmware.name}, sha1 {session.firmware.sha1}", "--roms PATH of that dump",
            )
        if "waves" in header:
            other = session.machine.wave_rom.difference(header["waves"], header.get("pcm_card"))
            if other is not None:
                found, expected, hint = other
                raise UserError(f"the recording was made {found}", expected, hint)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        what = f"it has no {error}" if isinstance(error, KeyError) else "a value in it makes no sense"
        raise UserError(f"the recording's header is damaged: {what}", "a korgm1 recording") from error
    return session


def replay(
    path: str | os.PathLike[str],
    roms: str | os.PathLike[str] | None = None,
    engine: str | None = None,
    trace: tuple[str | os.PathLike[str], str] | None = None,
    waves: WaveSet | str | os.PathLike[str] | None = None,
    pcm_card: bytes | str | os.PathLike[str] | None = None,
) -> ReplayResult:
    """Give a session the inputs of a recording at their clocks; compare LCD, RAM, ports and sound at every checkpoint.

    Args:
        path: the recording.
        roms: where the OS dump is, if it is not of a build of OpenM1.
        engine: another engine than it was made on.
        trace: a file and a filter for `Session.trace`.
        waves: the sample ROMs, as for `Session`, if it was made with some.
        pcm_card: the PCM card, as for `Session`, if it was made with one.

    Raises:
        ReplayDifference: something came out differently; the message says what, first.
        M1Error: the recording cannot be used.

    >>> import tempfile; m1 = Session()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     m1.record(folder + "/x.rec"); m1.power_on(); m1.run(1); m1.record_end()
    ...     replay(folder + "/x.rec").checks
    5
    """
    recording = read_recording(Path(path))
    session = session_of(recording, roms, engine, waves, pcm_card)
    checker = Checker(recording.seen)
    session.watch(checker)
    if trace is not None:
        session.trace(*trace)
    last = None
    try:
        for line in recording.inputs:
            try:
                if line["do"] == "power_off":
                    _run_to(session, line)
                    last = session.result()
                    session.power_off()
                else:
                    _give(session, line)
            except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
                raise UserError(f"an input of the recording cannot be given: {line} ({error})") from error
        if session.powered:
            ends = [line["clock"] for line in recording.seen if "check" in line]
            if ends and ends[-1] > session.clock:
                session.run_until(ends[-1])
            session.unwatch()
            last = session.result()
        if checker.left:
            raise ReplayDifference(f"the replay ended at {at(session.clock)}, before {checker.left} recorded things")
    finally:
        session.trace_end()
    return ReplayResult(len(recording.inputs), checker.checks, recording.whole, last or session.result())


def _run_to(session: Session, line: Line) -> None:
    if line["clock"] > session.clock:
        session.run_until(line["clock"])
    if session.clock != line["clock"]:
        raise ReplayDifference(
            f"the replay differs in time: the input {line['do']} came at {at(line['clock'])}, but no instruction ends "
            f"there; the next one ends at {at(session.clock)}"
        )


def _give(session: Session, line: Line) -> None:
    name = line["do"]
    if name == "power_on":
        if "battery" in line and float(line["battery"]) != session.battery.cell_volts:
            session.battery.put(BenchSupply(float(line["battery"])))    # written by versions 1 and 2
        session.power_on()
        return
    if session.powered:
        _run_to(session, line)
    if name in ("key_down", "key_up"):
        getattr(session, name)(line["key"])
    elif name == "note_on":
        session.note_on(line["key"], line["velocity"])
    elif name == "note_off":
        session.note_off(line["key"])
    elif name == "slide":
        session.slide(line["value"])
    elif name == "move":
        session.move(line["control"], line["value"])
    elif name == "midi_in":
        clock = line["at"]
        session.midi_in(bytes.fromhex(line["data"]), None if clock is None else clock / CPU_HZ)
    elif name == "insert_card":
        image = unpack(line["card"]) or b""
        state = line.get("state")
        card = image if state is None else Card.restored({**state, "data": image}, session.hypotheses)
        session.insert_card(card, bool(line["protected"]))
    elif name == "eject_card":
        session.eject_card()
    elif name == "protect_card":
        session.protect_card(bool(line["on"]))
    elif name == "insert_pcm_card":
        session.insert_pcm_card(unpack(line["card"]) or b"")
    elif name == "eject_pcm_card":
        session.eject_pcm_card()
    elif name == "battery":
        session.set_battery(session.battery.cell_of(line["cell"]) if "cell" in line else float(line["volts"]))
    elif name == "contact":
        session.set_contact(inf if line["ohms"] is None else float(line["ohms"]))
    elif name == "celsius":
        session.set_celsius(float(line["celsius"]))
    elif name == "leave":
        session.leave(line["seconds"], line["celsius"], line["on_share"])
    elif name == "supply":
        session.supply(line["what"], line["address"], line["value"])
    elif name == "reset":
        session.reset()
    else:
        raise UsageError(f"the recording has an input {name!r}", "one this program version knows")
