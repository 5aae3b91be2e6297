"""A profile as text, JSON, folded stacks and a graph for Graphviz."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from korgm1.clock import CPU_HZ
from korgm1.profiling import Edge, Entry, Function, Profile
from korgm1.symbols import Symbols

_HALT = "(HALT)"


def folded(profile: Profile, symbols: Symbols) -> Iterable[str]:
    """Folded stacks, a line each, as flamegraph.pl and speedscope read them: names with ; between, a space, clocks.

    HALT is a frame of its own on top.

    >>> from korgm1.session import Session; profile = Profile(); m1 = Session(); m1.follow(profile); _ = m1.boot()
    >>> [line for line in folded(profile, Symbols()) if line.startswith("int 21")][0].rpartition(" ")[0]
    'int 21;F000:08A3'
    """
    for stack in profile.stacks():
        line = symbols.line(stack.entries)
        if stack.own:
            yield f"{line} {stack.own}"
        if stack.halted:
            yield f"{line};{_HALT} {stack.halted}"


def profile_text(profile: Profile, symbols: Symbols, count: int | None = None) -> str:
    """Functions with the most clocks of their own first, `count` of them at most."""
    span = profile.span
    rows = sorted(profile.functions(), key=lambda row: (-row.own, -row.whole, row.entry))
    rows = [row for row in rows if row.own or row.whole or row.calls]
    halted = sum(row.halted for row in rows)
    lines = [
        f"{span:,} clocks ({span / CPU_HZ:.6f} s), {profile.instructions:,} instructions, "
        f"{_share(halted, span).strip()} in HALT, {len(rows):,} functions",
        f"{'own':>14} {'share':>7} {'whole':>14} {'share':>7} {'calls':>10}  function",
    ]
    for row in rows[:count]:
        lines.append(
            f"{row.own:14,} {_share(row.own, span)} {row.whole:14,} {_share(row.whole, span)} {row.calls:10,}  "
            f"{named(row.entry, symbols)}" + (f" (HALT {row.halted:,})" if row.halted else "")
        )
    return "\n".join([*lines, *_more(len(rows), count), *_lost(profile)])


def calls_text(profile: Profile, symbols: Symbols, count: int | None = None) -> str:
    """Each function with who called it above and what it called below, those with the most whole clocks first."""
    rows, callers, callees = _graph(profile)
    lines = [f"{'calls':>10} {'clocks':>14}  of {profile.span:,}; < called by, > calls"]
    for row in rows[:count]:
        lines.append("")
        lines += [f"{e.calls:10,} {e.clocks:14,}    < {named(e.caller, symbols)}" for e in callers.get(row.entry, [])]
        lines.append(f"{row.calls:10,} {row.whole:14,}  {named(row.entry, symbols)}, {row.own:,} of its own")
        lines += [f"{e.calls:10,} {e.clocks:14,}    > {named(e.callee, symbols)}" for e in callees.get(row.entry, [])]
    return "\n".join([*lines, *_more(len(rows), count), *_lost(profile)])


def dot(profile: Profile, symbols: Symbols, count: int | None = None) -> str:
    """The call graph for Graphviz; of `count` functions at most."""
    rows, _, callees = _graph(profile)
    kept = {row.entry: f"n{n}" for n, row in enumerate(rows[:count])}
    lines = ["digraph calls {", '  node [shape=box, fontname="monospace"];']
    for row in rows[:count]:
        text = f"{named(row.entry, symbols)}\\n{row.calls:,} calls, {row.own:,} of {row.whole:,} clocks"
        lines.append(f'  {kept[row.entry]} [label="{_quoted(text)}"];')
    for edges in callees.values():
        lines += [
            f'  {kept[e.caller]} -> {kept[e.callee]} [label="{e.calls:,}"];'
            for e in edges if e.caller in kept and e.callee in kept
        ]  # fmt: skip
    return "\n".join([*lines, "}"])


def profile_json(profile: Profile, symbols: Symbols) -> dict[str, Any]:
    """One object: the sums and a row a function; `at` is its place or interrupt."""
    rows = profile.functions()
    return {
        "clocks": profile.span, "instructions": profile.instructions, "halted": sum(row.halted for row in rows),
        "interrupts": {f"{vector:02X}": count for vector, count in profile.interrupts.items()}, "lost": profile.lost,
        "functions": [
            {"at": row.entry.text, "name": symbols.of(row.entry), "calls": row.calls, "own": row.own,
             "whole": row.whole, "halted": row.halted}
            for row in rows
        ],
    }  # fmt: skip


def calls_json(profile: Profile, symbols: Symbols) -> dict[str, Any]:
    """`profile_json` with a row for each pair of caller and callee."""
    edges = [
        {"caller": e.caller.text, "callee": e.callee.text, "calls": e.calls, "clocks": e.clocks}
        for e in profile.edges()
    ]
    return {**profile_json(profile, symbols), "edges": edges}


def named(entry: Entry, symbols: Symbols) -> str:
    """A place, with its name if it has one.

    >>> named(Entry(0xF000, 0x123), Symbols({0xF0123: "lcd_write"}))
    'F000:0123 lcd_write'
    """
    name = symbols.of(entry)
    return name if name == entry.text else f"{entry.text} {name}"


def _graph(profile: Profile) -> tuple[list[Function], dict[Entry, list[Edge]], dict[Entry, list[Edge]]]:
    callers: dict[Entry, list[Edge]] = {}
    callees: dict[Entry, list[Edge]] = {}
    for edge in profile.edges():
        callers.setdefault(edge.callee, []).append(edge)
        callees.setdefault(edge.caller, []).append(edge)
    return profile.functions(), callers, callees


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:6.2f}%" if whole else f"{'-':>7}"


def _more(rows: int, count: int | None) -> Sequence[str]:
    return [f"and {rows - count:,} more"] if count is not None and rows > count else []


def _lost(profile: Profile) -> Sequence[str]:
    if not profile.lost:
        return []
    return [f"{profile.lost:,} calls, places or ports had no room in the tables: the program runs wild"]


def _quoted(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
