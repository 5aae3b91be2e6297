"""From code that was found to a `Program`: names, references, texts, tables, ports, what is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from korgm1.analysis.arguments import ports_handed
from korgm1.analysis.blocks import functions_of
from korgm1.analysis.descent import Descent
from korgm1.analysis.flow import Flow
from korgm1.analysis.gaps import gaps
from korgm1.analysis.names import port_names, ram_name
from korgm1.analysis.pointers import JumpTable
from korgm1.analysis.program import (
    JUMPS,
    Block,
    Copy,
    Executed,
    Function,
    PortUse,
    Program,
    Table,
    Text,
    Xref,
    physical,
)
from korgm1.analysis.references import POINTERS, data_refs, register
from korgm1.analysis.texts import name_tables, pointer_tables, runs
from korgm1.analysis.told import Told

_RAM_END = 0x10000


def describe(
    descent: Descent, blocks: dict[int, Block], flow: Flow, jump_tables: list[JumpTable],
    vectors: dict[int, tuple[int, int]], writes: Iterable[tuple[int, int]], copies: tuple[Copy, ...],
    told: Told, executed: Executed,
) -> Program:  # fmt: skip
    """Everything about the code and what it uses.

    Args:
        descent: the code, complete.
        blocks: its blocks.
        flow: memory and ports it uses, its calls.
        jump_tables: those its indirect jumps name.
        vectors: that are installed, as far as known.
        writes: port and value of what a dry run wrote to the V50's system area.
        copies: what it copied to RAM.
        told: what somebody says of places.
        executed: what a run did.
    """
    image, base = descent.image, descent.base
    functions = functions_of(descent, blocks, _entry_names(descent, vectors, told))
    used = flow.accesses + ports_handed(descent, blocks, functions, flow)
    refs = data_refs(descent, flow, copies)
    for address in {*told.names, *told.kinds}:
        refs[address] |= set()
    texts, tables, cover = _data(descent, refs, jump_tables, told)
    for table in tables:
        for n in range(table.count if table.kind != "names" else 0):
            target = table.entries[n]
            if isinstance(target, int) and target not in descent.placed:
                refs[target].add(Xref(table.address + n * table.stride, "table"))
    texts = [Text(each.address, each.text, _origins(refs, each.address)) for each in texts]
    texts += [Text(start, _inline_text(image[start - base : end + 1 - base])) for start, end in descent.inline]
    xrefs = {address: set(found) for address, found in descent.refs.items()}
    for address, kind in told.kinds.items():
        if kind != "ignore":
            xrefs.setdefault(address, set())
    known = {each.address for each in texts} | {each.address for each in tables}
    known |= {*told.names, *told.kinds}.difference(told.of_kind("ignore"))
    known |= {address for address in refs if address not in descent.placed and descent.ends_before(address)}
    for access in used:
        if access.kind == "write" and access.address < 0x400 and access.value is not None:
            target = physical(descent.placed[access.origin].segment, access.value)
            if target in descent.placed:
                xrefs.setdefault(target, set()).add(Xref(access.origin, "address"))
    for address, found in refs.items():
        sure = {ref for ref in found if ref.kind != "address" or address in known}
        if sure:
            xrefs.setdefault(address, set()).update(sure)
    ports: dict[int, list[PortUse]] = defaultdict(list)
    for access in used:
        if access.kind in ("in", "out"):
            ports[access.address].append(PortUse(access.origin, access.kind))
    stored = [
        (access.address, access.value & 0xFF)
        for access in used
        if access.kind == "out" and access.address >= 0xFFF0 and access.value is not None
    ]
    return Program(
        image, base, dict(sorted(descent.placed.items())), blocks, functions,
        _labels(descent, functions, texts, tables, xrefs, told),
        {at: tuple(sorted(found, key=lambda ref: (ref.origin, ref.kind))) for at, found in sorted(xrefs.items())},
        tuple(sorted(texts, key=lambda text: text.address)), tuple(tables),
        {port: tuple(uses) for port, uses in sorted(ports.items())}, {**port_names([*writes, *stored]), **told.ports},
        _nec(descent), dict(sorted(vectors.items())), tuple(gaps(image, base, cover)), copies,
        tuple(descent.notes),
        told.comments, told.kinds,
        {at: told.extent(image, base, at) // 2 for at in told.of_kind("words") if at not in descent.placed},
        {access.origin: access.address for access in used if access.kind == "stack"},
        executed.memory, executed.touched,
    )  # fmt: skip


def _entry_names(descent: Descent, vectors: dict[int, tuple[int, int]], told: Told) -> dict[int, str]:
    """reset, start, int_20; one routine for many vectors is named after the first, with _and_others.

    What somebody has named keeps that name, and nothing else gets it.
    """
    names: dict[int, str] = {}
    for number, (segment, offset) in sorted(vectors.items()):
        address = physical(segment, offset)
        if address not in names:
            names[address] = f"int_{number:02X}"
        elif not names[address].endswith("_and_others"):
            names[address] += "_and_others"
    reset = physical(0xFFFF, 0)
    names[reset] = "reset"
    starts = [
        (ref.origin, address) for address, refs in descent.refs.items() for ref in refs
        if ref.kind == "jump" and ref.origin >= reset > address and address in descent.placed
    ]
    if starts:
        _, start = min(starts)
        names[start] = "start"
        descent.calls.add(start)
    taken = set(told.names.values())
    free = {address: name + "_" if name in taken else name for address, name in names.items()}
    return {**free, **told.names}


def _inline_text(data: bytes) -> str:
    """A text without its 0 at the end, or without the high bit of its last letter."""
    return bytes(byte & 0x7F for byte in data).rstrip(b"\0").decode("ascii")


def _data(
    descent: Descent, refs: dict[int, set[Xref]], jump_tables: list[JumpTable], told: Told
) -> tuple[list[Text], list[Table], bytearray]:
    """Texts, tables, and which bytes are code or one of them."""
    image, base = descent.image, descent.base
    cover = bytearray(descent.cover)
    for start, end in descent.inline:
        cover[start - base : end + 1 - base] = bytes([1]) * (end + 1 - start)
    tables = []
    for jump in jump_tables:
        entries = tuple(jump.target(image, base, n) for n in range(jump.count))
        tables.append(Table(jump.address, jump.stride, jump.count, entries, "code", (jump.origin,)))
        size = (jump.count - 1) * jump.stride + (4 if jump.segment is None else 2)
        cover[jump.address - base : jump.address - base + size] = bytes([1]) * size
    origins = {address: _origins(refs, address) for address in refs}
    pointed = {
        address for address, found in refs.items()
        if any(ref.kind == "address" and register(descent.placed[ref.origin]) in POINTERS for ref in found)
    }
    own = [
        Text(at, image[at - base : at - base + told.extent(image, base, at)].decode("latin-1"), _origins(refs, at))
        for at in told.of_kind("text") if at in descent and at not in descent.placed
    ]
    ignored = set(told.of_kind("ignore"))
    texts = _with(own, runs(image, base, cover, origins, pointed), ignored)
    for _ in range(2):
        found = [table for table in _pointer_tables(descent, cover, texts) if table.address not in ignored]
        aims = {
            aim: (table.address,) for table in found for aim in table.entries
            if isinstance(aim, int) and aim not in descent.placed
        }
        more = {**aims, **_beside(image, base, cover, found)}
        words = bytearray(cover)
        for table in found:
            for n in range(table.count):
                at = table.address + n * table.stride - base
                words[at : at + 2] = b"\1\1"
        texts = _with(own, runs(image, base, words, {**more, **origins}, {*pointed, *more}), ignored)
    for table in found:
        tables.append(replace(table, refs=_origins(refs, table.address)))
    cover = words
    tables += [
        table for table in name_tables(texts, image, base) if table.count >= 3 and table.address not in ignored
    ]
    for text in texts:
        end = text.address + len(text.text) - base
        end += end < len(image) and image[end] == 0
        cover[text.address - base : end] = bytes([1]) * (end - text.address + base)
    return texts, sorted(tables, key=lambda table: table.address), cover


def _with(own: list[Text], found: list[Text], ignored: set[int]) -> list[Text]:
    """Texts that somebody has told of, and those found beside them and not refused."""
    taken = {text.address for text in own}
    return sorted(
        [*own, *(text for text in found if text.address not in taken and text.address not in ignored)],
        key=lambda text: text.address,
    )


def _pointer_tables(descent: Descent, cover: bytearray, texts: list[Text]) -> list[Table]:
    """Tables of pointers in the segments that execute code."""
    image, base = descent.image, descent.base
    targets = {text.address: "texts" for text in texts if _whole(image, base, text)}
    weak = {
        text.address + n: "texts"
        for text in texts if _zero(image, base, text)
        for n in range(1, min(len(text.text) - 3, 32)) if _words_before(text.text[:n], text.address + n)
    }
    for address in descent.calls:
        if address in descent.placed and {ref.kind for ref in descent.refs[address]} & {"call", "table", "address"}:
            targets[address] = "code"
    plain = bytearray(cover)
    for text in texts:
        if text.refs:
            plain[text.address - base : text.address - base + len(text.text)] = bytes([1]) * len(text.text)
    segments = sorted({placed.segment for placed in descent.placed.values()})[:4]
    return [each for segment in segments for each in pointer_tables(image, base, plain, segment, targets, weak)]


def _words_before(characters: str, address: int) -> bool:
    """Characters that may be pointers to what lies there: their high bytes are those of its neighbourhood."""
    return all(abs(ord(high) - (address >> 8 & 0xFF)) <= 1 for high in characters[-1::-2])


def _zero(image: bytes, base: int, text: Text) -> bool:
    """A zero ends it."""
    end = text.address + len(text.text) - base
    return end < len(image) and image[end] == 0


def _beside(image: bytes, base: int, cover: bytearray, tables: list[Table]) -> dict[int, tuple[int, ...]]:
    """What the words in front of and behind a table of pointers to texts point to: short texts such as UP."""
    found: dict[int, tuple[int, ...]] = {}
    for table in tables:
        for at in (table.address - 2 - base, table.address + 2 * table.count - base):
            if table.kind == "texts" and table.stride == 2 and 0 <= at < len(image) - 1 and not any(cover[at : at + 2]):
                first = table.entries[0]
                assert isinstance(first, int)
                target = (first & 0xF0000) + (image[at] | image[at + 1] << 8)
                if 0 < target - base < len(image) and image[target - base - 1] == 0:
                    found[target] = (base + at,)
    return found


def _whole(image: bytes, base: int, text: Text) -> bool:
    """It begins behind something that is no character, or somebody refers to it."""
    at = text.address - base
    return bool(text.refs) or at == 0 or not 0x20 <= image[at - 1] < 0x7F


def _origins(refs: dict[int, set[Xref]], address: int) -> tuple[int, ...]:
    return tuple(sorted({ref.origin for ref in refs.get(address, ())}))


def _labels(
    descent: Descent, functions: dict[int, Function], texts: list[Text], tables: list[Table],
    xrefs: dict[int, set[Xref]], told: Told,
) -> dict[int, str]:  # fmt: skip
    labels = {}
    for address, refs in xrefs.items():
        if address < _RAM_END:
            labels[address] = ram_name(address)
        elif descent.base <= address < descent.end:
            code = address in descent.placed or any(ref.kind in JUMPS for ref in refs)
            labels[address] = f"{'loc' if code else 'data'}_{address:05X}"
    for text in texts:
        labels[text.address] = f"text_{text.address:05X}"
    for table in tables:
        labels[table.address] = f"table_{table.address:05X}"
    for address, function in functions.items():
        labels[address] = function.name
    labels |= told.names
    return dict(sorted(labels.items()))


def _nec(descent: Descent) -> dict[str, tuple[int, ...]]:
    """Instructions that only NEC's CPUs have: 0F, REPC, REPNC, FPO2, and all of 8080 mode."""
    found: dict[str, list[int]] = defaultdict(list)
    for address, placed in sorted(descent.placed.items()):
        form = placed.instruction.form
        if form is None:
            continue
        if form.name.startswith(("0F", "66", "67", "8080.")):
            found[form.name].append(address)
        for prefix in placed.instruction.prefixes:
            if prefix in (0x64, 0x65):
                found[f"{prefix:02X}"].append(address)
    return {name: tuple(found[name]) for name in sorted(found)}
