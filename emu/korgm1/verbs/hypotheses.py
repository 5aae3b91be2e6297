"""korgm1 hypotheses: every guess, its evidence and its switch."""

from __future__ import annotations

import argparse
import json
import textwrap
from dataclasses import asdict
from typing import Any

from korgm1.hypotheses import all_hypotheses

EPILOG = """\
examples:
  korgm1 hypotheses
  korgm1 hypotheses --json
  korgm1 boot --hyp H-VREF=4.5            boot with another guess (--hypothesis is the same)
"""


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "hypotheses",
        help="list what is guessed, why, and how to change it",
        description="List every guess the emulator makes where nothing public says how the hardware is.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--markdown", action="store_true", help="print the page docs/hypotheses.md")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    rows = all_hypotheses()
    if args.json:
        print(json.dumps({key: asdict(row) for key, row in rows.items()}, indent=2))
        return 0
    if args.markdown:
        print(markdown(), end="")
        return 0
    for key, row in rows.items():
        print(f"{key} = {row.default}   (confidence: {row.confidence}; {row.switch})")
        values = ", ".join(map(str, row.choices)) if row.choices else row.form
        if row.min is not None and row.max is not None:
            values = f"{row.min:g} to {row.max:g}"
        texts = {"claim": row.claim, "evidence": row.evidence, "falsifier": row.falsifier, "values": values}
        for label, text in texts.items():
            if not text:
                continue
            body = textwrap.fill(text, 108, initial_indent=f"  {label}: ", subsequent_indent="    ")
            print(body)
        print()
    return 0


def markdown() -> str:
    """All of them as a page."""
    lines = [
        "# Hypotheses",
        "",
        "What the emulator assumes where nothing public says how the hardware is. A default is not knowledge.",
        "Made by `korgm1 hypotheses --markdown` from `emu/korgm1/hypotheses.toml`.",
    ]
    for key, row in all_hypotheses().items():
        lines += [
            "",
            f"## {key}",
            row.claim,
            "",
            f"- evidence: {row.evidence}",
            f"- confidence: {row.confidence}",
            f"- would be refuted by: {row.falsifier}",
            f"- default: `{row.default}`" + (f" (one of {', '.join(map(str, row.choices))})" if row.choices else ""),
            f"- switch: {row.switch}",
        ]
    return "\n".join(lines) + "\n"
