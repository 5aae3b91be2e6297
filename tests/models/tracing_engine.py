"""A V30 with little around it, and its trace as lines in both forms."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from korgm1.bus.memory import MemoryMap
from korgm1.bus.ports import PortMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.engine import DEFAULTS, CpuOptions
from korgm1.cpu.trace import KINDS, NEVER, TraceBlock, TraceFilter, Tracer, TraceReader
from korgm1.cpu.v30_engine import V30Engine


def engine_with(code: bytes, start: int = 0x10400, options: CpuOptions = DEFAULTS) -> V30Engine:
    """RAM in the low 128 KB, `code` at 1000:0400, a vector table that points into it, open bus above."""
    memory = MemoryMap(UnmappedLog(lambda: 0))
    memory.map_ram(0, 0x20000)
    memory.image[0:0x400] = bytes((0x00, 0x05, 0x00, 0x10)) * 256
    memory.image[start : start + len(code)] = code
    memory.image[0x10500:0x10501] = b"\xcf"
    engine = V30Engine(memory, PortMap(UnmappedLog(lambda: 0)), lambda: 0x20, options=options)
    engine.set_registers({"ps": 0x1000, "pc": 0x400, "ss": 0x0, "sp": 0x8000})
    return engine


def blocks_of(engine: V30Engine, words: str, until: int, packed: bool) -> list[TraceBlock]:
    blocks: list[TraceBlock] = []
    tracer = Tracer(TraceFilter.parse(words), blocks.append, packed)
    engine.trace(tracer)
    engine.run(until)
    engine.trace(None)
    tracer.flush()
    assert tracer.lines == sum(sum(block.counts) for block in blocks)
    return blocks


def traced(engine: V30Engine, words: str, until: int) -> list[str]:
    blocks = blocks_of(engine, words, until, False)
    lines = b"".join(block.data for block in blocks).decode("ascii").splitlines()
    for block in blocks:
        own = block.data.decode().splitlines()
        assert (block.begins, block.ends) == (int(own[0].split()[0]), int(own[-1].split()[0]))
        assert block.counts == tuple(sum(line.split()[1] == kind for line in own) for kind in KINDS)
    return lines


def unpacked(blocks: list[TraceBlock], wanted: TraceFilter | None = None, count: int = NEVER) -> list[str]:
    reader = TraceReader(wanted or TraceFilter.parse(), count)
    lines = b""
    for block in blocks:
        text, counts = reader.text(block.data, block.begins)
        assert counts == block.counts
        lines += text
    return lines.decode("ascii").splitlines()


FORMS = {"text": traced, "packed": lambda engine, words, until: unpacked(blocks_of(engine, words, until, True))}
Lines = Callable[[V30Engine, str, int], list[str]]
both_forms = pytest.mark.parametrize("lines_of", FORMS.values(), ids=FORMS)
