"""What is proved, row by row: prints docs/conformance.md, which nobody types.

    .venv/bin/python tools/conformance.py            print the page
    .venv/bin/python tools/conformance.py --write    write docs/conformance.md

The CPU part runs every recorded case of the public files ($KORGM1_DATA or ../shared/data) on both engines, which must
take the same clocks. The part of 8080 mode runs a part of tools/exercise_8080.py, which has no recordings to compare
with. The part of hypotheses has those the CPU's sources name. The unit part counts what pytest collects and reads the
docstrings and hypotheses.toml.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import exercise_8080
import needs_korgm1  # noqa: F401
from korgm1.cpu.cases import read_cases
from korgm1.errors import UserError
from korgm1.hypotheses import all_hypotheses
from korgm1.verbs.cpu_check import cpu_check

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "conformance.md"
ENGINES = ("v30", "unicorn")
SOURCES = {
    "v30-public.jsonl.gz": ("V30", "NEC uPD70116C-8", "wickerwaka/nec_test tests/v30/v0.1, GPL-2"),
    "i8086-public.jsonl.gz": ("8086", "Intel P80C86A-2", "SingleStepTests/8086, MIT"),
    "i80286-public.jsonl.gz": ("80286", "Intel 80286, real mode", "SingleStepTests/80286"),
}
"""File -> its name on the page, the chip that was recorded, where the file comes from."""
KNOWN: dict[str, tuple[int, str]] = {}
"""Form -> how many of its V30 cases fail on every engine, and why; test_cpu_cases holds the number."""
KNOWN_CLOCKS: dict[str, tuple[int, int, str]] = {}
"""Form -> how many of its cases take other clocks than recorded, by how many clocks in all, and why."""
LAYERS = ("onchip", "board", "sound", "bus", "physics")

Tally = dict[tuple[str, str], dict[str, int]]
"""(form, file) -> {"cases": n, engine: passed, "timed": those with clocks, "exact": with just these, "errors": clocks,
"clocks": recorded}."""
CLOCKS = ("timed", "exact", "errors", "clocks")


def data_folder() -> Path:
    """Where the public files are."""
    return Path(os.environ.get("KORGM1_DATA") or ROOT.parent / "shared" / "data")


def count_cases(folder: Path) -> Tally:
    """What the files hold, as if every case passed but those of KNOWN."""
    tally: Tally = {}
    for name in SOURCES:
        for case in read_cases(folder / name):
            row = tally.setdefault((case["op"], name), dict.fromkeys(("cases", *ENGINES, *CLOCKS), 0))
            for column in ("cases", *ENGINES):
                row[column] += 1
            if "clocks" in case:
                row["timed"] += 1
                row["exact"] += 1
                row["clocks"] += case["clocks"]
    for form, (failing, _) in KNOWN.items():
        for engine in ENGINES:
            tally[form, next(iter(SOURCES))][engine] -= failing
    for form, (cases, clocks, _) in KNOWN_CLOCKS.items():
        tally[form, next(iter(SOURCES))]["exact"] -= cases
        tally[form, next(iter(SOURCES))]["errors"] += clocks
    return tally


def run_cases(folder: Path) -> Tally:
    """Every case of the files, run on every engine."""
    tally: Tally = {}
    for name in SOURCES:
        for engine in ENGINES:
            result = cpu_check([folder / name], engine)
            for error in result.errors:
                raise error
            for form, found in result.forms.items():
                row = tally.setdefault((form, name), {})
                row["cases"], row[engine] = found.total, found.passed
                for column in CLOCKS:
                    value = getattr(found, column)
                    if row.setdefault(column, value) != value:
                        raise UserError(f"{column} of {form} is {value} on {engine}", str(row[column]))
    return tally


def cpu_part(tally: Tally) -> str:
    """The CPU's tables."""
    lines = ["## CPU", "", "| Source | Recorded on | From | Cases | " + " | ".join(ENGINES) + " | Clocks |"]
    lines.append("|---|---|---|---|" + "---|" * (len(ENGINES) + 1))
    for name, (short, chip, origin) in SOURCES.items():
        rows = [row for (_, file), row in tally.items() if file == name]
        lines.append(f"| {short} | {chip} | {origin} | {_cells(rows)} | {_clocks(rows)} |")
    everything = list(tally.values())
    forms = len({form for form, _ in tally})
    lines.append(f"| all | | {forms} forms | {_cells(everything)} | {_clocks(everything)} |")
    lines += ["", _totals(everything)]
    lines += [
        "",
        "A row a form: first byte or bytes in hexadecimal, `.r` the reg field of its modrm, or the pin that",
        "changes (`INT.` `NMI.` `IE0.` `POLL.` `HLT.`) and the instruction around it. Compared: registers, flags,",
        "memory, and for the V30 the order of its data bus cycles. A number under an engine: cases passed. Clocks, the",
        "same on both engines: cases that take just the recorded ones, of those that have some, and the mean error.",
        "Those of an 8086 and an 80286 are of other machines.",
        "",
        "| Form | Source of truth | Cases | " + " | ".join(ENGINES) + " | Clocks |",
        "|---|---|---|" + "---|" * (len(ENGINES) + 1),
    ]
    for form in sorted({form for form, _ in tally}):
        files = [name for name in SOURCES if (form, name) in tally]
        rows = [tally[form, name] for name in files]
        truth = ", ".join(f"{SOURCES[name][0]} {row['cases']}" for name, row in zip(files, rows, strict=True))
        lines.append(f"| {form} | {truth} | {_cells(rows)} | {_clocks(rows)} |")
    lines += ["", "What does not pass:"]
    lines += [f"- {form}, {count} cases: {why}." for form, (count, why) in KNOWN.items()] or ["- nothing"]
    lines += ["", "What takes other clocks:"]
    lines += [f"- {form}, {count} cases: {why}." for form, (count, _, why) in KNOWN_CLOCKS.items()] or ["- nothing"]
    return "\n".join(lines) + "\n"


def _cells(rows: list[dict[str, int]]) -> str:
    """Cases, and for each engine what passed of them."""
    return " | ".join(str(sum(row[column] for row in rows)) for column in ("cases", *ENGINES))


def _clocks(rows: list[dict[str, int]]) -> str:
    """Exact of timed, and the mean error where there is one."""
    timed, exact, errors = (sum(row[column] for row in rows) for column in ("timed", "exact", "errors"))
    if not timed:
        return "-"
    return f"{exact} of {timed}" + (f", {errors / timed:.4f}" if errors else ", 0")


def _totals(rows: list[dict[str, int]]) -> str:
    """All of it in a sentence."""
    cases, timed, exact, errors, clocks = (sum(row[column] for row in rows) for column in ("cases", *CLOCKS))
    failing = [cases - sum(row[engine] for row in rows) for engine in ENGINES]
    words = " and ".join(f"{count} on {engine}" for count, engine in zip(failing, ENGINES, strict=True))
    return (
        f"Of {cases:,} cases fail {words}. Of {timed:,} with clocks {exact:,} ({100 * exact / timed:.2f} %) take just\n"
        f"the recorded ones; the others are off by {errors} clocks of {clocks:,} ({100 * errors / clocks:.4f} %)."
    )


def run_exerciser() -> dict[str, int]:
    """Group of the 8080 exerciser -> instructions compared on each engine, with the flags of a V30 and of an 8080.

    Raises:
        UserError: one of them does something else than the model.
    """
    found: dict[str, int] = {}
    for name, group in exercise_8080.GROUPS.items():
        for engine in ENGINES:
            for flags in ("v30", "8080"):
                core, part = exercise_8080.Core(engine, flags), exercise_8080.PARTS.get(name, 1)
                found[name], difference = exercise_8080.exercise(group, core, flags, part)
                if difference:
                    raise UserError(f"8080 mode on {engine}, flags of a {flags}: {difference}")
    return found


def count_exerciser() -> dict[str, int]:
    """The same without running it."""
    return {
        name: sum(len(codes) for _, codes in exercise_8080.part_of(group, exercise_8080.PARTS.get(name, 1)))
        for name, group in exercise_8080.GROUPS.items()
    }


def emulation_part(compared: Mapping[str, int]) -> str:
    """The table of 8080 mode."""
    lines = [
        "## 8080 mode", "",
        "No chip was recorded in this mode. Source of truth: Intel's manuals, as tests/models/reference_8080.py has",
        "them, with an 8080's AC and V and with those H-8080-FLAGS supposes; clocks are H-8080-CLOCKS. A number: how",
        "many instructions leave registers and flags as the model does, on each engine and with both kinds of flags,",
        "in the part of a group run here; `.venv/bin/python tools/exercise_8080.py` runs the whole of it.", "",
        "| Group | Instructions and operands | Part | Compared |", "|---|---|---|---|",
    ]  # fmt: skip
    for name, count in compared.items():
        part = exercise_8080.PARTS.get(name, 1)
        text = (exercise_8080.GROUPS[name].__doc__ or "").rstrip(".")
        lines.append(f"| {name} | {text} | {f'1/{part}' if part > 1 else 'all'} | {count} |")
    lines.append(f"| all | | | {sum(compared.values())} |")
    return "\n".join(lines) + "\n"


def guesses_part() -> str:
    """The table of the CPU's hypotheses: those its modules name."""
    named: dict[str, list[str]] = {}
    for file in sorted((ROOT / "emu" / "korgm1" / "cpu").glob("*.py")) + sorted((ROOT / "cext").glob("v30*.[ch]")):
        for name in _guesses(file.read_text("utf-8")):
            named.setdefault(name, []).append(file.name)
    lines = [
        "## Open hypotheses of the CPU", "",
        "Those that `emu/korgm1/cpu` and `cext/v30*` name; `korgm1 hypotheses` prints each with its evidence and its",
        "switch. The recordings are of a V30 without waits and refresh: what is only a V50's they cannot settle.", "",
        "| Hypothesis | Confidence | Claim | What would refute it | Where |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for name, row in all_hypotheses().items():
        if name in named:
            cells = (name, row.confidence, row.claim, row.falsifier, ", ".join(named[name]))
            lines.append("| " + " | ".join(cell.replace("|", "/").rstrip(".") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _guesses(text: str) -> list[str]:
    """The ids of hypotheses in a text, sorted."""
    return sorted(set(re.findall(r"H-[A-Z0-9]+(?:-[A-Z0-9]+)*", text)) & set(all_hypotheses()))


def collected() -> Counter[str]:
    """File, relative to the project -> how many tests pytest collects in it."""
    where = ["tests/unit", *(f"emu/korgm1/{layer}" for layer in LAYERS)]
    options = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", "--import-mode=importlib", "--doctest-modules"]
    command = [sys.executable, "-m", "pytest", "--collect-only", *options, *where]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"pytest cannot collect the tests:\n{done.stdout}{done.stderr}")
    return Counter(line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line)


def imported(file: Path) -> set[str]:
    """The modules a test file imports, dotted; `from korgm1.board import sram` is korgm1.board.sram, too.

    What it imports of tests/models is looked into.
    """
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    models = [path for name in names if (path := ROOT / "tests" / "models" / f"{name}.py").exists()]
    return names.union(*map(imported, models))


def unit_part(tests: Mapping[str, int]) -> str:
    """The table of on-chip units, board chips, buses and laws."""
    uses = {name: imported(ROOT / name) for name in tests if name.startswith("tests/")}
    known = all_hypotheses()
    lines = [
        "## Units", "",
        "Tests: how many pytest collects in test files that import the module, themselves or by a file of",
        "tests/models, and its doctests. They are counted here, not run: `.venv/bin/python -m pytest` runs",
        "them, and this page is committed only with a suite that passes. The whole-machine tests under",
        "tests/integration drive all units and are not counted. Source of truth and open hypotheses are what the",
        "docstring names; `korgm1 hypotheses` prints each with its evidence.", "",
        "| Module | What it is | Tests collected | Source of truth | Open hypotheses (confidence) |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for layer in LAYERS:
        for file in sorted((ROOT / "emu" / "korgm1" / layer).glob("*.py")):
            text = ast.get_docstring(ast.parse(file.read_text("utf-8")))
            if file.stem == "__init__" or text is None:
                continue
            path = file.relative_to(ROOT).as_posix()
            module = f"korgm1.{layer}.{file.stem}"
            count = tests.get(path, 0) + sum(tests[name] for name, modules in uses.items() if module in modules)
            cells = [
                f"{layer}/{file.stem}", _title(text), str(count), _sources(text),
                ", ".join(f"{name} ({known[name].confidence})" for name in _guesses(text)) or "-",
            ]  # fmt: skip
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _title(text: str) -> str:
    """The first sentence, as a table cell."""
    return text.partition("\n\n")[0].replace("\n", " ").replace("|", "/").rstrip(".")


def _sources(text: str) -> str:
    """The paragraph that begins with Source(s), as a table cell."""
    match = re.search(r"^Sources?: (.+?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return " ".join(match[1].split()).replace("|", "/").rstrip(".") if match else "none named"


def page(parts: Iterable[str]) -> str:
    """The whole page."""
    head = "Printed by `.venv/bin/python tools/conformance.py --write`; a test holds it to that. Not edited by hand."
    return "\n".join([f"# Conformance\n\n{head}\n", *parts])


def main() -> int:
    parser = argparse.ArgumentParser(description="Print docs/conformance.md.")
    parser.add_argument("--write", action="store_true", help="write the page instead of printing it")
    args = parser.parse_args()
    try:
        parts = [cpu_part(run_cases(data_folder())), emulation_part(run_exerciser())]
    except UserError as error:
        print(f"the page cannot be made: {error}", file=sys.stderr)
        return 1
    text = page([*parts, guesses_part(), unit_part(collected())])
    if args.write:
        PAGE.write_text(text, "utf-8")
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
