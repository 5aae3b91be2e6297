"""What is proved, row by row: prints docs/conformance.md, which nobody types.

    python tools/conformance.py            print the page
    python tools/conformance.py --write    write docs/conformance.md

The CPU part runs every recorded case of the public files ($KORGM1_DATA or ../shared/data) on both engines. The unit
part counts what pytest collects and reads the docstrings and hypotheses.toml.
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
LAYERS = ("onchip", "board", "sound", "bus")

Tally = dict[tuple[str, str], dict[str, int]]
"""(form, file) -> {"cases": n, engine: passed}."""


def data_folder() -> Path:
    """Where the public files are."""
    return Path(os.environ.get("KORGM1_DATA") or ROOT.parent / "shared" / "data")


def count_cases(folder: Path) -> Tally:
    """What the files hold, as if every case passed but those of KNOWN."""
    tally: Tally = {}
    for name in SOURCES:
        for case in read_cases(folder / name):
            row = tally.setdefault((case["op"], name), {"cases": 0, **dict.fromkeys(ENGINES, 0)})
            for column in row:
                row[column] += 1
    for form, (failing, _) in KNOWN.items():
        for engine in ENGINES:
            tally[form, next(iter(SOURCES))][engine] -= failing
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
                tally.setdefault((form, name), {})["cases"] = found.total
                tally[form, name][engine] = found.passed
    return tally


def cpu_part(tally: Tally) -> str:
    """The CPU's tables."""
    lines = ["## CPU", "", "| Source | Recorded on | From | Cases | " + " | ".join(ENGINES) + " |"]
    lines.append("|---|---|---|---|" + "---|" * len(ENGINES))
    for name, (short, chip, origin) in SOURCES.items():
        rows = [row for (_, file), row in tally.items() if file == name]
        lines.append(f"| {short} | {chip} | {origin} | {_cells(rows)} |")
    lines += [
        "",
        "A row a form: first byte or bytes in hexadecimal, `.r` the reg field of its modrm, or the pin that",
        "changes (`INT.` `NMI.` `IE0.` `POLL.` `HLT.`) and the instruction around it. Compared: registers, flags,",
        "memory, and for the V30 the order of its data bus cycles. A number under an engine: cases passed.",
        "",
        "| Form | Source of truth | Cases | " + " | ".join(ENGINES) + " |",
        "|---|---|---|" + "---|" * len(ENGINES),
    ]
    for form in sorted({form for form, _ in tally}):
        files = [name for name in SOURCES if (form, name) in tally]
        rows = [tally[form, name] for name in files]
        truth = ", ".join(f"{SOURCES[name][0]} {row['cases']}" for name, row in zip(files, rows, strict=True))
        lines.append(f"| {form} | {truth} | {_cells(rows)} |")
    if KNOWN:
        lines += ["", "What does not pass:"]
        lines += [f"- {form}, {count} cases: {why}." for form, (count, why) in KNOWN.items()]
    return "\n".join(lines) + "\n"


def _cells(rows: list[dict[str, int]]) -> str:
    """Cases, and for each engine what passed of them."""
    return " | ".join(str(sum(row[column] for row in rows)) for column in ("cases", *ENGINES))


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
    """The modules a test file imports, dotted; `from korgm1.board import sram` is korgm1.board.sram, too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def unit_part(tests: Mapping[str, int]) -> str:
    """The table of on-chip units, board chips and buses."""
    uses = {name: imported(ROOT / name) for name in tests if name.startswith("tests/")}
    known = all_hypotheses()
    lines = [
        "## Units", "",
        "Tests: those pytest collects in test files that import the module, and its doctests; the whole-machine",
        "tests under tests/integration drive all of them and are not counted. Source of truth and open hypotheses",
        "are what the module's docstring names; `korgm1 hypotheses` prints each with its evidence and falsifier.", "",
        "| Module | What it is | Tests | Source of truth | Open hypotheses (confidence) |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for layer in LAYERS:
        for file in sorted((ROOT / "emu" / "korgm1" / layer).glob("*.py")):
            text = ast.get_docstring(ast.parse(file.read_text("utf-8")))
            if file.stem == "__init__" or text is None:
                continue
            path = file.relative_to(ROOT).as_posix()
            module = f"korgm1.{layer}.{file.stem}"
            count = tests.get(path, 0) + sum(tests[name] for name, modules in uses.items() if module in modules)
            guesses = sorted(set(re.findall(r"H-[A-Z0-9]+(?:-[A-Z0-9]+)*", text)) & set(known))
            cells = [
                f"{layer}/{file.stem}", _title(text), str(count), _sources(text),
                ", ".join(f"{name} ({known[name].confidence})" for name in guesses) or "-",
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
    head = "Printed by `python tools/conformance.py --write`; a test holds it to that. Not edited by hand."
    return "\n".join([f"# Conformance\n\n{head}\n", *parts])


def main() -> int:
    parser = argparse.ArgumentParser(description="Print docs/conformance.md.")
    parser.add_argument("--write", action="store_true", help="write the page instead of printing it")
    args = parser.parse_args()
    try:
        text = page([cpu_part(run_cases(data_folder())), unit_part(collected())])
    except UserError as error:
        print(f"the recorded cases are not in {data_folder()}: {error}", file=sys.stderr)
        return 1
    if args.write:
        PAGE.write_text(text, "utf-8")
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
