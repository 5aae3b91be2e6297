"""Imported first by the tools that need the package: without it they end with a sentence instead of a traceback."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("korgm1") is None:
    tool = Path(sys.argv[0]).name
    print(
        f"{tool}: this Python ({sys.executable}) has no korgm1; use the project's own: .venv/bin/python tools/{tool} "
        "(python3 tools/m1.py setup makes it)",
        file=sys.stderr,
    )
    raise SystemExit(2)
