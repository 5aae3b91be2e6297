"""Sweeps of program parameters: trials over values, which registers followed, on one or several processes."""

from __future__ import annotations

import concurrent.futures as futures
import multiprocessing
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from korgm1 import __version__
from korgm1 import workers as processes
from korgm1.errors import Stopped, UserError
from korgm1.sram_layout.parameter import Parameter
from korgm1.tapping import program as programs
from korgm1.tapping.following import Finding, findings
from korgm1.tapping.places import Place
from korgm1.tapping.trials import Bench, Stage

COLUMNS = {
    "parameter": "string", "byte": "uint8", "phase": "string", "port": "uint16", "width": "uint8", "chip": "string",
    "voice": "int8", "register": "string", "kind": "string", "slope": "float64", "intercept": "float64",
    "residual": "float64", "signed": "bool", "write": "int32", "writes": "int32", "first": "int32",
    "first_clocks": "int64", "parameter_values": "string", "register_values": "string",
}
"""Of a table of findings, with their kinds in Parquet."""

_bench: Bench | None = None


@dataclass(frozen=True)
class Swept:
    """One parameter, swept.

    Attributes:
        parameter: which.
        values: it was given.
        found: what each register did in each phase.
    """

    parameter: Parameter
    values: tuple[int, ...]
    found: tuple[Finding, ...]

    def rows(self, named: Mapping[int, Place]) -> list[tuple[Any, ...]]:
        """A row of `COLUMNS` for each finding that is not constant.

        Args:
            named: what ports are called, see `places`.
        """
        rows = []
        for row in self.found:
            place = named.get(row.register.port)
            if row.law is None or place is None:
                continue
            law = row.law
            rows.append((
                self.parameter.name, self.parameter.byte, row.phase, row.register.port, row.register.width, place.chip,
                place.voice, place.register, row.kind, law.slope, law.intercept, law.residual, law.signed, row.write,
                row.writes, row.first, row.clocks, _numbers(self.values), _numbers(row.values),
            ))
        return rows


def sweep(
    bench: Bench, parameter: Parameter, values: Sequence[int], asked: Callable[[], object] = lambda: False
) -> Swept:
    """Give one parameter one value after the other.

    Raises:
        UsageError: a value that does not fit.
        UserError: the firmware does not take the program.
        Stopped: `asked`, which is looked at before each trial, was true.
    """
    base = bench.stage.program
    trials = [
        bench.trial(
            programs.with_value(base, parameter, value), programs.with_value(base, parameter, other), asked
        )
        for value, other in zip(values, others(parameter, values), strict=True)
    ]
    return Swept(parameter, tuple(values), tuple(findings(values, trials)))


def others(parameter: Parameter, values: Sequence[int]) -> list[int]:
    """What the parameter is before each trial: one value that is none of them, or a neighbour where there is none.

    >>> others(programs.find(bytes(143), "VDF1 cutoff"), [0, 50, 99]), others(programs.find(bytes(143), "hold"), [0, 1])
    ([1, 1, 1], [1, 0])
    """
    low, high = programs.limits(parameter)
    unused = next((value for value in range(low, high + 1) if value not in values), None)
    if unused is not None:
        return [unused] * len(values)
    return [value - 1 if value > low else min(value + 1, high) for value in values]


def sweep_many(
    stage: Stage,
    parameters: Iterable[tuple[Parameter, Sequence[int]]],
    workers: int = 1,
    asked: Callable[[], object] = lambda: False,
) -> Generator[Swept, None, None]:
    """Sweep several parameters, each from the same program; they come in the order given, whoever computes them.

    Args:
        stage: what every trial begins with.
        parameters: each with its values.
        workers: processes; with 1 none is started.
        asked: looked at often; a true value begins no other parameter.

    Raises:
        UserError: the firmware does not take a program, or a process died.
    """
    if workers == 1:
        bench = Bench(stage)
        for parameter, values in parameters:
            try:
                yield sweep(bench, parameter, values, asked)
            except Stopped:
                return
        return
    pool = futures.ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_prepare, initargs=(stage,)
    )
    try:
        with processes.terminal_is_not_heard():
            running = [pool.submit(_sweep, parameter, values) for parameter, values in parameters]
        for future in running:
            while not future.done() and not asked():
                futures.wait([future], processes.LOOK)
            if asked():
                return
            yield future.result()
    except (BrokenProcessPool, OSError) as error:
        raise UserError(
            "a process of the sweep was killed, or could not start", "memory for all of them", "fewer --workers"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def about(stage: Stage, values: Mapping[str, Sequence[int]], decoded: bool) -> dict[str, Any]:
    """What decides the findings of a sweep, as plain values that go into its files."""
    return {
        "what": "sweep", "program": __version__, "model": stage.model,
        "firmware": {"name": stage.firmware.name, "version": stage.firmware.version, "sha1": stage.firmware.sha1},
        "base": stage.program.hex(), "note": list(stage.note), "channel": stage.channel, "decoded": decoded,
        "hypotheses": dict(stage.hypotheses),
        "values": {name: list(row) for name, row in values.items()},
    }


def _prepare(stage: Stage) -> None:
    global _bench
    processes.serve_the_parent()
    _bench = Bench(stage)


def _sweep(parameter: Parameter, values: Sequence[int]) -> Swept:
    assert _bench is not None
    return sweep(_bench, parameter, values)


def _numbers(values: Sequence[int | None]) -> str:
    return " ".join("-" if value is None else str(value) for value in values)
