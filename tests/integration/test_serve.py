"""korgm1 serve as programs use it: the documented conversation, sockets, clients that behave badly, files."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patience import LIMIT, wait_for
from screen_driver import without_display

from korgm1.desk import Desk
from korgm1.desk.commands import COMMANDS, described
from korgm1.errors import M1Error
from korgm1.session import Session
from korgm1.verbs.serving_host import DeskHost
from korgm1.verbs.serving_peer import DESCRIBED, UNREAD, Peer
from korgm1.verbs.serving_wires import Wires

ROOT = Path(__file__).resolve().parent.parent.parent
DOC = (ROOT / "docs" / "remote-control.md").read_text("utf-8")
SERVE = [sys.executable, "-m", "korgm1", "serve"]

needs_sockets = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets here")


def talk(folder: Path, lines: str | bytes, *words: str, code: int = 0) -> list[Any]:
    """What `korgm1 serve --paced-by-client` says to these lines."""
    data = lines.encode() if isinstance(lines, str) else lines
    done = subprocess.run(
        [*SERVE, "--paced-by-client", *words], input=data, capture_output=True, cwd=folder,
        env=without_display(folder), timeout=LIMIT,
    )  # fmt: skip
    assert done.returncode == code, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


# the documentation

def conversation() -> list[tuple[str, str]]:
    """(">" or "<", line) of all examples."""
    blocks = re.findall(r"^```\n(.*?)^```", DOC, re.S | re.M)
    return [(line[0], line[2:]) for block in blocks for line in block.splitlines()]


def matches(expected: str, line: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in expected.split("…")), line) is not None


def test_the_documented_conversation_is_what_happens(tmp_path: Path) -> None:
    (tmp_path / "songs.card").write_bytes(bytes(32768))
    (tmp_path / "piano.pcm").write_bytes(bytes(65536))
    (tmp_path / "song.mid").write_bytes(bytes.fromhex("4D546864000000060000000100604D54726B0000000700C00500FF2F00"))
    lines = conversation()
    sent = "\n".join(line for side, line in lines if side == ">")
    done = subprocess.run(
        [*SERVE, "--paced-by-client", "--no-sram"], input=sent.encode(), capture_output=True, cwd=tmp_path,
        env=without_display(tmp_path), timeout=LIMIT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    said = done.stdout.decode().splitlines()
    wanted = [line for side, line in lines if side == "<"]
    place = 0
    for number, expected in enumerate(wanted):
        if expected == "…":
            following = wanted[number + 1]
            while place < len(said) and not matches(following, said[place]):
                place += 1
            continue
        assert place < len(said), f"never came: {expected}"
        assert matches(expected, said[place]), f"expected {expected}\nfound    {said[place]}"
        place += 1
    assert said[place:] == []


def test_every_command_has_an_example() -> None:
    shown = {json.loads(line)["do"] for side, line in conversation() if side == ">" and line.startswith("{")}
    assert shown - {"presss"} == {one["name"] for one in DESCRIBED} | set(COMMANDS)


@needs_sockets
def test_the_documented_client_works(tmp_path: Path, server: Server) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", DOC, re.S | re.M)
    (tmp_path / "client.py").write_text(code)
    done = subprocess.run(
        [sys.executable, tmp_path / "client.py", server.path], capture_output=True, text=True, timeout=LIMIT
    )
    assert (done.stdout, done.stderr) == ("Prog I42 Init Prog\n", "")


# stdin and stdout

def test_a_person_at_a_terminal_is_told_what_to_type(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb", buffering=0) as keys:
        keys.write(b'{"do":"quit"}\n')
        done = subprocess.run(
            [*SERVE, "--no-sram"], stdin=theirs, capture_output=True, text=True, cwd=tmp_path,
            env=without_display(tmp_path), timeout=LIMIT,
        )  # fmt: skip
        os.close(theirs)
    assert (done.returncode, done.stdout) == (0, '{"id": null, "ok": null}\n')
    assert '{"do": "commands"}' in done.stderr


def test_stdout_is_protocol_only_and_the_end_of_stdin_saves(tmp_path: Path) -> None:
    ram = tmp_path / "my.sram"
    answers = talk(tmp_path, '{"do":"run","seconds":2}\n{"id":1,"do":"state"}', "--sram", str(ram))
    assert answers[-1]["id"] == 1 and answers[-1]["ok"]["image"] == str(ram)
    assert ram.stat().st_size == 65536


def test_the_same_requests_get_the_same_answers(tmp_path: Path) -> None:
    lines = "".join(
        json.dumps(request) + "\n"
        for request in (
            {"do": "subscribe"}, {"do": "run", "seconds": 1.7}, {"do": "press", "key": "7"},
            {"do": "note", "key": 20}, {"do": "run", "seconds": 0.4}, {"do": "power", "to": "off"},
            {"do": "run", "seconds": 0.1}, {"do": "power", "to": "on"}, {"do": "run", "seconds": 1.3}, {"do": "state"},
        )
    )  # fmt: skip
    first = talk(tmp_path, lines, "--no-sram")
    assert first[-1]["ok"]["powered"] and any(line.get("event") == "midi" for line in first)
    assert talk(tmp_path, lines, "--no-sram", "--engine", "v30")[:-1] == first[:-1]


def test_quit_says_what_could_not_be_saved_and_stays(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    ram = folder / "my.sram"
    child = subprocess.Popen(
        [*SERVE, "--paced-by-client", "--sram", ram], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=without_display(tmp_path),
    )  # fmt: skip
    assert child.stdin is not None and child.stdout is not None

    def ask(**request: Any) -> Any:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(json.dumps(request) + "\n")
        child.stdin.flush()
        return json.loads(child.stdout.readline())

    try:
        ask(do="run", seconds=1.5)
        folder.rmdir()
        folder.write_text("in the way")
        assert "my.sram cannot be written" in ask(do="quit")["error"]["found"]
        assert ask(do="state")["ok"]["powered"] is False
        folder.unlink()
        assert ask(id=5, do="quit") == {"id": 5, "ok": None}
        assert child.wait(LIMIT) == 0
        assert ram.stat().st_size == 65536
    finally:
        child.kill()
        child.communicate()


def test_seconds_end_a_paced_run(tmp_path: Path) -> None:
    asked = '{"do":"run","seconds":0.3}\n{"do":"run","seconds":0.3}\n'
    (line,) = talk(tmp_path, asked, "--no-sram", "--seconds", "0.4")
    assert 2_400_000 <= line["ok"]["now"] < 2_400_100


def test_sound_needs_time_that_passes(tmp_path: Path) -> None:
    assert talk(tmp_path, "", "--no-sram", "--sound", code=2) == []


# every command, with anything

@pytest.fixture(scope="module")
def booted() -> bytes:
    m1 = Session(engine="v30")
    m1.boot()
    return m1.snapshot()


VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.lists(
    st.integers() | st.text(max_size=4), max_size=3
)
KNOWN = st.sampled_from(["INT", "on", "off", "toggle", "insert", "eject", "protect", "x", "H-FS", "none", "stop", "1s"])
QUIET = {"save", "load", "screenshot", "run", "leave", "dip", "rewind", "scenario", "engine"}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(set(COMMANDS) - QUIET)),
    values=st.lists(VALUES | KNOWN, max_size=3),
    odd=st.dictionaries(st.text(max_size=5), VALUES, max_size=1),
)
def test_anything_in_an_argument_is_done_or_refused(
    desk: Desk, name: str, values: list[Any], odd: dict[str, Any]
) -> None:
    peer = Peer(DeskHost(desk, True, desk.close))
    names = [argument.name for argument in COMMANDS[name].arguments]
    request = {"id": 1, "do": name, "with": {**odd, **dict(zip(names, values, strict=False))}}
    peer.take(json.dumps(request).encode() + b"\n")
    peer.work()
    (line,) = peer.out.splitlines()
    assert set(json.loads(line)) in ({"id", "ok"}, {"id", "error"})


@pytest.fixture
def desk(booted: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    session = Session(engine="v30")
    session.restore(booted)
    return Desk(session, minutes=0)


def test_every_result_is_plain_data(desk: Desk) -> None:
    host = DeskHost(desk, True, desk.close)
    for name in ("lcd", "leds", "state"):
        json.dumps(host.perform(name, {}), allow_nan=False)
    json.dumps([host.hello(), host.commands()], allow_nan=False)
    assert [one["name"] for one in host.commands()] == [one["name"] for one in described() if one["name"] != "run"]
    with pytest.raises(M1Error):
        host.perform("press", {"key": "Q"})


# sockets

class Server:
    """A live `korgm1 serve --unix`."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.path = folder / "m1"
        self.child = subprocess.Popen(
            [*SERVE, "--unix", self.path, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=without_display(folder),
        )  # fmt: skip
        wait_for(lambda: _answers(self.path) or self.child.poll() is not None, "the socket never came")

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        self.child.send_signal(number)
        out, err = self.child.communicate(timeout=LIMIT)
        return self.child.returncode, out, err

    def close(self) -> None:
        self.child.kill()
        self.child.communicate()


class Client:
    """A connection; `ask` gives the answer, events are kept."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(LIMIT)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")
        self.events: list[Any] = []

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> Any:
        while "event" in (line := json.loads(self.lines.readline())):
            self.events.append(line)
        return line

    def ask(self, **request: Any) -> Any:
        self.send(json.dumps(request).encode() + b"\n")
        return self.answer()

    def close(self) -> None:
        self.lines.close()
        self.socket.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with contextlib.closing(Server(tmp_path, "--no-sram")) as live:
        yield live


@pytest.fixture
def client(server: Server) -> Iterator[Callable[[], Client]]:
    made: list[Client] = []

    def connect() -> Client:
        made.append(Client(server.path))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@needs_sockets
def test_only_the_owner_may_use_it_and_it_goes_with_the_server(server: Server, client: Callable[[], Client]) -> None:
    assert server.path.stat().st_mode & 0o777 == 0o600
    assert client().ask(id=1, do="hello")["ok"]["paced_by"] == "host"
    again = subprocess.run(
        [*SERVE, "--unix", server.path, "--no-sram"], capture_output=True, text=True, timeout=LIMIT,
        env=without_display(server.path.parent),
    )  # fmt: skip
    assert again.returncode == 1 and "in use by another server" in again.stderr
    assert client().ask(do="lcd")["ok"]["lines"]
    code, out, _ = server.end()
    assert (code, out) == (0, "") and not server.path.exists()


@needs_sockets
def test_two_clients_have_their_own_ids_and_events(server: Server, client: Callable[[], Client]) -> None:
    one, other = client(), client()
    assert one.ask(id=1, do="subscribe", to=["lcd"])["ok"] == ["lcd"]
    assert other.ask(id=1, do="run", seconds=2)["ok"]["now"] >= 16_000_000
    other.ask(id=2, do="press", key="9")
    other.ask(id=3, do="run", seconds=0.3)
    assert one.ask(id=9, do="lcd")["id"] == 9
    assert any(event["lines"][0].startswith("Prog I9_") for event in one.events) and other.events == []


@needs_sockets
def test_a_bad_line_harms_nobody(server: Server, client: Callable[[], Client]) -> None:
    bad = client()
    for line in (b"\x00\xff\n", b"{" * 5000 + b"\n", b"x" * 1_100_000 + b"\n", b'{"id":1,"do":"lcd\n'):
        bad.send(line)
        assert "error" in bad.answer()
    assert "ok" in bad.ask(do="lcd")
    bad.send(b'{"id":3,"do":"l')
    bad.close()
    assert "ok" in client().ask(do="lcd")


@needs_sockets
def test_a_client_that_vanishes_in_a_run_harms_nobody(server: Server, client: Callable[[], Client]) -> None:
    gone = client()
    gone.send(b'{"do":"subscribe"}\n{"do":"press","key":"5"}\n{"do":"run","seconds":999999}\n{"do":"quit"}\n')
    gone.answer()
    gone.close()
    other = client()
    other.ask(do="run", seconds=2)
    assert other.ask(do="state")["ok"]["powered"] is True


@needs_sockets
def test_a_half_closed_client_gets_its_answers(server: Server, client: Callable[[], Client]) -> None:
    one = client()
    one.send(b'{"do":"run","seconds":0.2}\n{"id":2,"do":"lcd"}')
    one.socket.shutdown(socket.SHUT_WR)
    assert [one.answer().get("id"), one.answer()["id"]] == [None, 2]
    assert one.lines.readline() == b""


@needs_sockets
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_and_removes_the_socket(tmp_path: Path, number: signal.Signals) -> None:
    ram = tmp_path / "my.sram"
    with contextlib.closing(Server(tmp_path, "--sram", str(ram))) as live:
        with contextlib.closing(Client(live.path)) as one:
            one.ask(do="run", seconds=0.5)
        code, out, err = live.end(number)
    assert (code, out) == (0, ""), err
    assert ram.stat().st_size == 65536 and not live.path.exists()


@needs_sockets
def test_a_stale_socket_is_replaced_and_anything_else_is_not(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "m1"))
    with contextlib.closing(Server(tmp_path, "--no-sram")) as live, contextlib.closing(Client(live.path)) as one:
        assert "ok" in one.ask(do="hello")
        assert one.ask(do="quit") == {"id": None, "ok": None}
        assert live.child.wait(LIMIT) == 0
    for path, words in (
        (tmp_path / "notes.txt", "is no socket"), (tmp_path / ("x" * 120), "cannot be a socket"),
        (tmp_path / "none" / "m1", "cannot be a socket"),
    ):  # fmt: skip
        if path.name == "notes.txt":
            path.write_text("mine")
        done = subprocess.run(
            [*SERVE, "--unix", path, "--no-sram"], capture_output=True, text=True, timeout=LIMIT,
            env=without_display(tmp_path),
        )  # fmt: skip
        assert done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "notes.txt").read_text() == "mine"


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


@needs_sockets
def test_a_client_that_never_reads_is_dropped_and_the_others_are_not(desk: Desk, tmp_path: Path) -> None:
    told: list[str] = []
    wires = Wires(tmp_path / "m1", told.append)
    host = DeskHost(desk, True, desk.close)
    wires.meet(lambda: Peer(host))
    lazy, other = Client(tmp_path / "m1"), Client(tmp_path / "m1")
    try:
        lazy.send(b'{"do":"subscribe"}\n')
        wait_for(lambda: turn(wires, host) or len(wires.peers) == 2, "no clients")
        wait_for(lambda: turn(wires, host) or wires.peers[0].out == b"", "no subscription")
        for _ in range(UNREAD // 100_000 + 20):
            desk.say("x" * 100_000)
            turn(wires, host)
        assert told == ["a client that reads nothing was given up"] and len(wires.peers) == 1
        other.send(b'{"id":1,"do":"lcd"}\n')
        wait_for(lambda: turn(wires, host) or select_line(other), "no answer")
    finally:
        lazy.close()
        other.close()
        wires.close()
    assert not (tmp_path / "m1").exists()


def turn(wires: Wires, host: DeskHost) -> None:
    wires.poll(0)
    for peer in wires.peers:
        peer.work()
    host.tell(wires.peers)


def select_line(client: Client) -> bool:
    client.socket.setblocking(False)
    try:
        return bool(client.socket.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


@needs_sockets
def test_a_system_without_unix_sockets_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(socket, "AF_UNIX")
    with pytest.raises(M1Error, match="no Unix sockets"):
        Wires(tmp_path / "m1", print)


def test_without_stdin_it_says_so(tmp_path: Path) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *SERVE, "--no-sram"], capture_output=True, text=True, timeout=LIMIT,
        env=without_display(tmp_path),
    )  # fmt: skip
    assert done.returncode == 1 and "stdin or stdout is closed" in done.stderr
