"""Real MIDI ports, where a JACK server can be started: the live instrument at virtual ports, asked by others.

On a busy host JACK loses a message now and then: what is asked is asked again, and a client that it
has not answered is started again.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from patience import LIMIT, wait_for

from korgm1 import syx

GOES = 10
"""Seconds that jackd has to end by itself."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """A JACK server without a sound card; its name is in the environment."""
    rtmidi = pytest.importorskip("rtmidi", reason="python-rtmidi is not installed")
    if rtmidi.API_UNIX_JACK not in rtmidi.get_compiled_api():
        pytest.skip("this python-rtmidi has no JACK backend")
    if shutil.which("jackd") is None:
        pytest.skip("jackd is not installed")
    name = f"korgm1-test-{os.getpid()}-{tmp_path.name[-12:]}"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    log = (tmp_path / "jackd.log").open("wb")
    process = subprocess.Popen(
        ["jackd", "--no-mlock", "-n", name, "-r", "-t", "5000", "-d", "dummy", "-p", "1024"], stdout=log, stderr=log
    )
    try:
        def runs() -> bool:
            return not korgm1("midi", "list").returncode

        with suppress(AssertionError):
            wait_for(lambda: process.poll() is not None or runs(), "jackd never answers")
        if not runs():
            pytest.skip("jackd cannot run here: " + (tmp_path / "jackd.log").read_text(errors="replace")[-200:])
        yield process
    finally:
        process.terminate()
        try:
            process.wait(GOES)
        except subprocess.TimeoutExpired:    # it waits for a client that was killed
            process.kill()
            process.wait(LIMIT)
        log.close()


def korgm1(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "korgm1", *words], capture_output=True, text=True, timeout=LIMIT, check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def instrument(server: subprocess.Popen[bytes], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`korgm1 run` in a terminal that is none, at ports of its own."""
    out = (tmp_path / "run.out").open("wb")

    def begun() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "korgm1", "run", "--tty", "--mute", "--no-sram", "--midi-virtual"],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )

    def has_ports() -> bool:
        nonlocal process
        if process.poll() == 1:    # the server was too busy to answer it
            process = begun()
        return "korgm1 in" in korgm1("midi", "list").stdout

    process = begun()
    try:
        wait_for(has_ports, lambda: "no port of korgm1 run: " + (tmp_path / "run.out").read_text(errors="replace"))
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(LIMIT)
        out.close()


def test_the_live_instrument_answers_over_real_ports(instrument: subprocess.Popen[bytes], tmp_path: Path) -> None:
    ports = ("--midi-out", "korgm1 in", "--midi-in", "korgm1 out")
    listed = korgm1("midi", "list").stdout
    assert "korgm1 out" in listed.partition("outputs:")[0]
    program = syx.message(1, 0x40, data=b"By cable  " + bytes(133))
    file, back = tmp_path / "p.syx", tmp_path / "back.syx"
    file.write_bytes(program)

    def asked(what: str) -> bytes:
        back.unlink(missing_ok=True)
        korgm1("syx", "receive", "-o", str(back), "--request", what, *ports)
        return back.read_bytes() if back.exists() else b""

    wait_for(lambda: asked("mode")[4:6] == b"\x42\2", "it does not say its mode")
    wait_for(lambda: "loaded (reply 23)" in korgm1("syx", "send", str(file), *ports).stdout, "it takes no program")
    wait_for(lambda: asked("program") == program, "the program does not come back")
    instrument.send_signal(signal.SIGTERM)
    instrument.wait(LIMIT)
    assert "By cable" in (tmp_path / "run.out").read_text()
    gone = korgm1("syx", "send", str(file), *ports)
    assert gone.returncode == 1
    assert "there is no MIDI output 'korgm1 in'" in gone.stderr


def test_the_server_dies_and_the_instrument_lives(
    server: subprocess.Popen[bytes], instrument: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    server.terminate()
    server.wait(LIMIT)
    assert korgm1("midi", "list").returncode == 1
    said = tmp_path / "run.out"
    wait_for(lambda: "Prog I00 Init Prog" in said.read_text(errors="replace"), "the instrument did not go on")
    assert instrument.poll() is None
    instrument.send_signal(signal.SIGTERM)
    assert instrument.wait(LIMIT) == 0
