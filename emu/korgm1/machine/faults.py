"""The faults of one machine, by the words that name them; `fault_catalogue` lists what there is.

A fault is a changed wire or part: the netlist (`machine.m1`), the backup network (`physics`) and the RAM
ask `Faults` for it by name. Its word is NAME or NAME=ARGUMENT, as in `--fault cell-contact=open`.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from korgm1.errors import UsageError
from korgm1.machine.fault_catalogue import FAULTS, FaultKind

__all__ = ["FAULTS", "Fault", "FaultKind", "Faults", "parse_fault"]

_WORD = re.compile(r"\s*([A-Za-z0-9-]+)\s*(?:[=\s]\s*(.*?))?\s*", re.DOTALL)


@dataclass(frozen=True)
class Fault:
    """A fault that was asked for: its row, its argument's value, and the word it is written with."""

    kind: FaultKind
    value: Any
    text: str

    @property
    def place(self) -> tuple[str, Hashable]:
        """What is broken: two different faults cannot be at one place."""
        one = self.value[:2] if isinstance(self.value, tuple) else self.value
        return self.kind.part or self.kind.name, one if self.kind.many else None


def parse_fault(text: str) -> Fault:
    """The fault of a word.

    Raises:
        UsageError: there is none of that name, or its argument cannot be used.

    >>> parse_fault("cell-contact=50k").value, parse_fault("sram-bit 0x1234.5=1").value
    (50000.0, (4660, 5, 1))
    """
    found = _WORD.fullmatch(text)
    kind = FAULTS.get(found[1].lower()) if found else None
    if found is None or kind is None:
        raise UsageError(f"there is no fault {text!r}", "one of " + ", ".join(FAULTS), "korgm1 faults")
    argument = found[2] or ""
    try:
        value = kind.parse(argument)
    except ValueError:
        wanted = f"{kind.written}, such as {kind.name}={kind.example}" if kind.argument else kind.name
        raise UsageError(f"the fault {text!r} cannot be used", wanted, "korgm1 faults") from None
    return Fault(kind, value, f"{kind.name}={argument}" if argument else kind.name)


class Faults:
    """The faults one machine is built with.

    Args:
        texts: their words.

    Raises:
        UsageError: see `parse_fault`; two different ones at the same place.

    >>> faults = Faults(["r29-open", "sram-bit=0x10.0=1", "sram-bit=0x11.7=0"])
    >>> "r29-open" in faults, "fram" in faults, faults.values("sram-bit")
    (True, False, [(16, 0, 1), (17, 7, 0)])
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        if isinstance(texts, str):
            texts = [texts]
        found: dict[tuple[str, Hashable], Fault] = {}
        for text in texts:
            fault = parse_fault(str(text))
            other = found.setdefault(fault.place, fault)
            if (other.kind, other.value) != (fault.kind, fault.value):
                raise UsageError(f"the faults {other.text} and {fault.text} exclude each other", "one of them")
        self._by_name: dict[str, list[Any]] = {}
        for fault in found.values():
            self._by_name.setdefault(fault.kind.name, []).append(fault.value)
        self.texts = tuple(fault.text for fault in found.values())
        """The words, each once, in their order."""

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def values(self, name: str) -> list[Any]:
        """The arguments of all faults of that name."""
        return list(self._by_name.get(name, ()))

    def value(self, name: str) -> Any:
        """The argument of the fault of that name; None without it."""
        return next(iter(self.values(name)), None)

    def network(self) -> dict[str, Any]:
        """What they change about the cell's network: attributes of `physics.backup_network.BackupNetwork`.

        >>> Faults(["cell-contact=open", "cell-diode-short"]).network()
        {'contact_ohms': inf, 'cell_diode': 'short'}
        """
        found: dict[str, Any] = {}
        if "cell-contact" in self:
            found["contact_ohms"] = self.value("cell-contact")
        for state in ("open", "short"):
            if f"cell-diode-{state}" in self:
                found["cell_diode"] = state
        if "isolation-diode-short" in self:
            found["isolation_diode"] = "short"
        if "r29-open" in self:
            found["sense_open"] = True
        if "ic29-an6-leak" in self:
            found["adc_leakage_amps"] = self.value("ic29-an6-leak") * 1e-6
        if "node-pull-up" in self:
            found["pull_up_ohms"] = self.value("node-pull-up")
        return found
