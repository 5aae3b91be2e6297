"""python -m korgm1: the command line."""

from korgm1.cli import main

raise SystemExit(main())
