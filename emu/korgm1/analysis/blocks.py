"""Blocks and functions from instructions that were found."""

from __future__ import annotations

from bisect import bisect_left

from korgm1.analysis.descent import Descent
from korgm1.analysis.program import Block, Function, physical

_BUDGET = 300_000


def blocks_of(descent: Descent) -> dict[int, Block]:
    """Cut the instructions where somebody jumps in or out."""
    placed = descent.placed
    leaders = (descent.refs.keys() | descent.calls) & placed.keys()
    order = sorted(placed)
    jumps: dict[int, tuple[int, ...]] = {}
    for address in order:
        each = placed[address]
        instruction = each.instruction
        behind = physical(each.segment, instruction.next)
        if instruction.ends or (instruction.target is not None and not _calls(descent, address)):
            leaders.add(behind)
        target = instruction.target
        if target is not None and not _calls(descent, address):
            jumps[address] = (physical(each.segment, target),)
        elif instruction.form is not None and instruction.form.name == "EA":
            jumps[address] = (physical(instruction.values[0] >> 16, instruction.values[0] & 0xFFFF),)
    blocks = {}
    start: int | None = None
    for n, address in enumerate(order):
        if start is None:
            start = address
        instruction = placed[address].instruction
        end = address + len(instruction.code)
        following = descent.resumes.get(end, end)
        last = n + 1 == len(order) or order[n + 1] != end or end in leaders or address in jumps or instruction.ends
        if last:
            leads = set(jumps.get(address, ()))
            if not instruction.ends:
                leads.add(following)
            blocks[start] = Block(start, end, tuple(sorted(each for each in leads if each in placed)))
            start = None
    return blocks


def _calls(descent: Descent, address: int) -> bool:
    form = descent.placed[address].instruction.form
    if form is None:
        return False
    mnemonic = form.mnemonic[0]
    return mnemonic == "call" or (form.name.startswith("8080.") and mnemonic[0] == "C")


def functions_of(descent: Descent, blocks: dict[int, Block], names: dict[int, str]) -> dict[int, Function]:
    """What is called, with the blocks that are reached from there without a call.

    Args:
        descent: the code.
        blocks: its blocks.
        names: names of entries that have one; the others are sub_ and the address.
    """
    entries = {address for address in descent.calls if address in descent.placed}
    called: dict[int, set[int]] = {}
    for target, refs in descent.refs.items():
        if target in entries:
            for ref in refs:
                if ref.kind == "call":
                    called.setdefault(ref.origin, set()).add(target)
    callers_in = sorted(called)
    bodies: dict[int, list[int]] = {}
    calls: dict[int, set[int]] = {entry: set() for entry in entries}
    budget = _BUDGET
    for entry in sorted(entries):
        body, work = set(), [entry]
        while work and budget > 0:
            start = work.pop()
            if start in body or start not in blocks:
                continue
            budget -= 1
            body.add(start)
            for leads in blocks[start].successors:
                if leads in entries and leads != entry:
                    calls[entry].add(leads)
                else:
                    work.append(leads)
        bodies[entry] = sorted(body)
        for start in body:
            at = bisect_left(callers_in, start)
            while at < len(callers_in) and callers_in[at] < blocks[start].end:
                calls[entry] |= called[callers_in[at]]
                at += 1
    if budget <= 0:
        descent.notes.append("the functions share too many blocks: some are cut short")
    callers: dict[int, set[int]] = {entry: set() for entry in entries}
    for entry, leads_to in calls.items():
        for each in leads_to:
            callers[each].add(entry)
    return {
        entry: Function(
            entry, descent.placed[entry].segment, names.get(entry, f"sub_{entry:05X}"), tuple(bodies[entry]),
            tuple(sorted(calls[entry])), tuple(sorted(callers[entry])),
            tuple(blocks[start].end for start in bodies[entry]),
        )
        for entry in sorted(entries)
    }  # fmt: skip
