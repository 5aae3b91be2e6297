"""What the battery's laws cost, as shares of one boot of OpenM1 in the same run.

    .venv/bin/python bench/battery.py [--json]

Best of five, CPU time. Nothing here is a test: what counts is the ratio.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from itertools import count

from korgm1.physics.ageing import leave
from korgm1.physics.backup_network import BackupNetwork
from korgm1.physics.cell_cr2032 import YEAR, Cr2032
from korgm1.physics.sram_retention import lost
from korgm1.physics.sram_wake import wake
from korgm1.physics.supply_history import SupplyHistory
from korgm1.session import Session


def best(work: Callable[[], object], tries: int = 5) -> float:
    """Seconds of CPU time."""
    took = []
    for _ in range(tries):
        begin = time.process_time()
        work()
        took.append(time.process_time() - begin)
    return min(took)


def measure() -> dict[str, float]:
    """Seconds by what was done; "boot" is the yardstick."""
    network, seeds = BackupNetwork(), count(1000)
    span = leave(Cr2032(0), network, 25 * YEAR, 25.0)
    long, low = SupplyHistory(), SupplyHistory()
    long.span(span)
    low.stay(1.0, 86_400, 25.0)
    return {
        "boot": best(lambda: Session().boot(), 3),
        "20 years with daily use": best(lambda: leave(Cr2032(0), network, 20 * YEAR, 25.0, 1 / 24)),
        "their supply into the history": best(lambda: SupplyHistory().span(span)),
        "the network's steady state": best(lambda: [network.supply_volts(Cr2032(0), 25.0) for _ in range(100)]) / 100,
        "bits lost, dead cell": best(lambda: lost(next(seeds), long)),
        "bits lost, 1.0 V": best(lambda: lost(next(seeds), low)),
        "bits lost, 2.0 V and above": best(lambda: [lost(0, SupplyHistory()) for _ in range(100)]) / 100,
        "waking": best(lambda: wake(next(seeds), 3)),
    }


def as_text(found: dict[str, float]) -> str:
    """The table, with the yardstick last."""
    lines = [
        f"{name:32} {seconds * 1e3:9.3f} ms   {100 * seconds / found['boot']:7.3f} % of a boot"
        for name, seconds in found.items() if name != "boot"
    ]
    return "\n".join([*lines, f"{'a boot of OpenM1':32} {found['boot'] * 1e3:9.3f} ms"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="seconds by name")
    as_json = parser.parse_args().json
    found = measure()
    print(json.dumps(found, indent=2) if as_json else as_text(found))


if __name__ == "__main__":
    main()
