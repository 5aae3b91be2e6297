"""`korgm1 gdb` as a process, and GDB in batch as its client."""

from __future__ import annotations

import re
import select
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from patience import LIMIT
from screen_driver import without_display

GDB = shutil.which("gdb-multiarch") or shutil.which("gdb")
needs_gdb = pytest.mark.skipif(GDB is None, reason="neither gdb-multiarch nor gdb is installed")
FRESH = "maintenance flush register-cache"


class Server:
    """`korgm1 gdb` as a process of its own, at a free port."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        self.errors = (folder / "stderr").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "korgm1", "gdb", "--port", "0", *words], cwd=folder, stdout=subprocess.PIPE,
            stderr=self.errors, text=True, env=without_display(folder),
        )  # fmt: skip
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], LIMIT)
        line = self.process.stdout.readline() if ready else ""
        found = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line)
        assert found is not None, self.said()
        self.port = int(found[1])

    def gdb(self, *commands: str, init: str = "", code: int = 0) -> str:
        """What GDB prints for these commands after it has connected."""
        assert GDB is not None
        script = ["-x", init] if init else []
        words = [word for command in (f"target remote 127.0.0.1:{self.port}", *commands) for word in ("-ex", command)]
        done = subprocess.run(
            [GDB, "-nx", "-batch", *script, *words], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=LIMIT, env=without_display(self.folder),
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def from_power_on(self, *commands: str) -> str:
        """The same, from a power-on with a fresh cell."""
        return self.gdb("monitor battery fresh", "monitor power cycle", FRESH, *commands)

    def socket(self) -> socket.socket:
        """A client that speaks for itself."""
        return socket.create_connection(("127.0.0.1", self.port), LIMIT)

    def said(self) -> str:
        self.errors.flush()
        return (self.folder / "stderr").read_text()

    def end(self) -> int:
        """Ctrl-C."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(LIMIT)
        finally:
            self.process.kill()
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.errors.close()
