"""The interrupt controller as lines of text: who asks, who is masked, who is served, and where each goes."""

from __future__ import annotations

from korgm1.debugging.looking import Looking
from korgm1.onchip.sysregs import OPCN


def levels(opcn: int) -> tuple[str, ...]:
    """What asks at each level of the ICU, as OPCN routes it (onchip/sysregs).

    >>> levels(0x04)[:4]
    ('TOUT0', 'SCU', 'INTP2', 'INTP3')
    """
    return (
        "TOUT0", "SCU" if opcn & 4 else "INTP1", "TOUT1" if opcn & 8 else "INTP2",
        *(f"INTP{number}" for number in range(3, 8)),
    )  # fmt: skip


def table(debugger: Looking) -> list[str]:
    """A line of the CPU, and one a level: its source, its vector, where that leads, how it asks, and how it stands.

    >>> from korgm1.session import Session
    >>> session = Session(); session.power_on(); table(Looking(session))
    ['CPU: interrupts off, INT 0, NMI 0; the ICU is not initialised']
    """
    machine = debugger.session.machine
    icu, cpu = machine.icu.snapshot(), machine.engine.snapshot()
    enabled = "on" if debugger.registers()["psw"] & 0x200 else "off"
    state = ", halted" if machine.engine.halted else ""
    head = f"CPU: interrupts {enabled}, INT {cpu['int_line']}, NMI {cpu['nmi_latch']}{state}"
    if not icu["ready"]:
        return [f"{head}; the ICU is not initialised"]
    edge = icu["edge"]
    asks = icu["latch"] & edge | icu["inputs"] & ~edge
    rows = [head]
    for level, name in enumerate(levels(machine.sysregs.peek(OPCN))):
        vector = icu["vector"] | level
        offset, segment = (int.from_bytes(debugger.read(4 * vector + at, 2), "little") for at in (0, 2))
        words = [text for bits, text in ((asks, "asks"), (icu["imk"], "masked"), (icu["iis"], "in service"))
                 if bits >> level & 1]  # fmt: skip
        trigger = "edge" if edge >> level & 1 else "level"
        where = f"{segment:04X}:{offset:04X}"
        rows.append(f"{level} {name:5} vector {vector:02X} {where}  {trigger:5}  {', '.join(words)}".rstrip())
    return rows
