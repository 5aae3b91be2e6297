"""What a process begins with: a Ctrl-C while the program itself is still being read ends it in a line."""

from __future__ import annotations

import signal
import sys

from korgm1.verbs.signals import INTERRUPTED, asked_to_stop, interrupted, remember


def main() -> int:
    """Run the words of the process's command line.

    Returns:
        The exit code.
    """
    try:
        remember()
        with asked_to_stop() as asked:
            from korgm1 import cli
        if asked:
            raise KeyboardInterrupt
        return cli.main()
    except KeyboardInterrupt:
        print("korgm1: stopped before anything was done", file=sys.stderr)
        return INTERRUPTED
    except Exception:
        if not interrupted():
            raise
        print("korgm1: stopped", file=sys.stderr)
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
