"""python -m korgm1: the command line."""

from korgm1.start import main

raise SystemExit(main())
