"""What a point of a sweep costs, as milliseconds of CPU time and as a ratio to a plain boot, and where its time goes.

    .venv/bin/python bench/sweep.py [--points 40] [--json]

Nothing here is a test: a slow machine is not a bug.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

from korgm1.quantities import YEAR
from korgm1.romset.load import load_os
from korgm1.session import Session
from korgm1.sweep.grid import Place
from korgm1.sweep.point import Bench
from korgm1.sweep.template import Template, template

REACH = 50.0
"""Milliseconds of one core."""


def kinds(points: int) -> dict[str, list[Place]]:
    """Points of each kind; the seeds of one are not those of another."""
    return {
        "some cells lost (a boot each)": [Place(2.2, YEAR, 25.0, seed) for seed in range(points)],
        "all cells lost, new chips": [Place(0.5, 18 * YEAR, 25.0, 1000 + seed) for seed in range(points)],
        "all cells lost, chips met before": [Place(0.6, 19 * YEAR, 25.0, 1000 + seed) for seed in range(points)],
        "nothing lost": [Place(3.1, YEAR + index, 25.0, 0) for index in range(points)],
    }


def each(work: Callable[[], object], times: int) -> float:
    """Milliseconds of CPU time of one call."""
    begun = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - begun) / times * 1000


def plain_boot(t: Template, engine: str, points: int) -> float:
    """A session of one's own that boots the same RAM, with a good cell."""
    return each(lambda: Session(engine=engine, sram=t.image, power_ups=1).boot(), points)


def by_kind(t: Template, points: int) -> dict[str, float]:
    """Milliseconds a point, of each kind."""
    bench = Bench(t)
    bench.point(Place(3.1, YEAR, 25.0, 0))
    found = {}
    for name, places in kinds(points).items():
        left = iter(places)
        found[name] = each(lambda: bench.point(next(left)), len(places))  # noqa: B023
    return found


def by_part(t: Template, points: int) -> dict[str, float]:
    """Milliseconds of each part of a point whose boot is not known."""
    found = dict.fromkeys(("session", "time off", "power-on with the RAM's cells", "boot"), 0.0)
    for seed in range(2000, 2000 + points):
        at = [time.process_time()]
        session = Session(roms=t.firmware, engine=t.engine, battery="CR2032@2.2", sram=t.image, seed=seed, power_ups=1)
        at.append(time.process_time())
        session.leave(YEAR)
        at.append(time.process_time())
        session.power_on()
        at.append(time.process_time())
        session.boot()
        at.append(time.process_time())
        for name, begin, end in zip(found, at, at[1:], strict=False):
            found[name] += (end - begin) / points * 1000
    return found


def saved_by_template(t: Template, points: int) -> tuple[float, float]:
    """Milliseconds to build a machine, and to restore one that was built to the state it had then."""
    session = Session(roms=t.firmware, engine=t.engine, sram=t.image)
    machine = session.machine
    blocks, versions = machine.snapshot(), machine.versions()
    built = each(lambda: Session(roms=t.firmware, engine=t.engine, sram=t.image), points)
    return built, each(lambda: machine.restore(blocks, versions), points)


def measure(points: int) -> dict[str, dict[str, float]]:
    """All of it, in milliseconds of CPU time."""
    t = template(load_os(None, "m1"))
    built, restored = saved_by_template(t, points)
    return {
        "plain boot": {engine: plain_boot(t, engine, points) for engine in ("v30", "unicorn")},
        "a point": by_kind(t, points),
        "parts of a point with a boot": by_part(t, points),
        "machine": {"built": built, "restored from a snapshot": restored},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=40, help="of each kind")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = measure(args.points)
    if args.json:
        print(json.dumps(found))
        return 0
    plain = found["plain boot"]["v30"]
    for title, rows in found.items():
        print(f"{title}{'':{40 - len(title)}}      ms   x plain boot")
        for name, value in rows.items():
            print(f"  {name:38}{value:8.2f}{value / plain:15.2f}")
    print(f"reach: {REACH:g} ms a point and core")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
