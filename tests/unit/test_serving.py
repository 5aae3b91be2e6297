"""The remote control's lines and conversations, without an instrument: bytes in, bytes out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.clock import CPU_HZ
from korgm1.errors import M1Error, UsageError
from korgm1.verbs.serving import LONGEST_LINE, Lines, Refused, encode, parse
from korgm1.verbs.serving_peer import EVENTS, HELD, UNREAD, Peer


class StandIn:
    """A host that notes what it is told to do."""

    def __init__(self) -> None:
        self.now = 0
        self.done: list[tuple[str, Mapping[str, Any]]] = []
        self.ended = False

    def hello(self) -> Mapping[str, Any]:
        return {"program": "korgm1"}

    def commands(self) -> list[dict[str, Any]]:
        return [{"name": "press", "help": "", "arguments": []}]

    def perform(self, name: str, arguments: Mapping[str, Any]) -> Any:
        if name != "press":
            raise UsageError(f"there is no command {name}", "press")
        self.done.append((name, arguments))
        return {"done": len(self.done)}

    def quit(self) -> Any:
        self.ended = True
        return "off"


@pytest.fixture
def host() -> StandIn:
    return StandIn()


@pytest.fixture
def peer(host: StandIn) -> Peer:
    return Peer(host)


def talk(peer: Peer, data: bytes) -> list[Any]:
    """Send bytes; the lines that came back."""
    peer.take(data)
    while peer.busy:
        peer.work()
    return said(peer)


def said(peer: Peer) -> list[Any]:
    lines = bytes(peer.out).splitlines()
    peer.out.clear()
    return [json.loads(line) for line in lines]


def test_each_request_has_its_answer_in_order(peer: Peer, host: StandIn) -> None:
    lines = b'{"id":"a","do":"press","key":"INT"}\n\n{"do":"press","key":"CARD"}\r\n{"id":2.5,"do":"hello"}'
    assert talk(peer, lines) == [{"id": "a", "ok": {"done": 1}}, {"id": None, "ok": {"done": 2}}]
    assert host.done == [("press", {"key": "INT"}), ("press", {"key": "CARD"})]
    peer.end()
    peer.work()
    assert said(peer) == [{"id": 2.5, "ok": {"program": "korgm1"}}] and peer.done


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"press INT", "no JSON"),
        (b'{"do":"press"', "no JSON"),
        (b"[" * 200_000, "no JSON"),
        (b'{"do":"press","n":' + b"1" * 5000 + b"}", "no JSON"),
        (b'{"do":"press","key":"\x00"}', "no JSON"),
        (b'{"do":"press","key":"\xc3"}', "no UTF-8 from byte 21"),
        (b'{"do":"press","key":"\\u0000"}', "NUL"),
        (b'{"do":"press","key":"\\ud800"}', "surrogate"),
        (b'{"do":"press","\\ud800":1}', "surrogate"),
        (b'{"do":"press","key":["a","\\u0000"]}', "NUL"),
        (b"5", "no object: 5"),
        (b'{"key":"INT"}', "no do"),
        (b'{"do":5}', "no do"),
        (b'{"id":[1],"do":"press"}', "id is neither"),
        (b'{"do":"press","do":"hello"}', "twice"),
        (b'{"do":"press","n":NaN}', "NaN is no number"),
        (b'{"do":"press","n":1e999}', "1e999 is no number"),
        (b'{"do":"press","n":{"a":1}}', "an object or a list of lists"),
        (b'{"do":"press","n":[[1]]}', "an object or a list of lists"),
        (b'{"do":"press","with":{"n":1},"m":2}', "beside it"),
        (b'{"do":"press","with":[1]}', "with is no object"),
        (b'{"do":"press","with":{"with":{}}}', "an object or a list of lists"),
        (b'{"do":"press","with":{"n":"\\u0000"}}', "NUL"),
        (b'{"do":"dance"}', "no command dance"),
        (b'{"do":"hello","x":1}', "no argument 'x'"),
        (b'{"do":"run"}', "run has no seconds"),
        (b'{"do":"run","seconds":-1}', "seconds is -1"),
        (b'{"do":"run","seconds":true}', "seconds True cannot be used"),
        (b'{"do":"subscribe","to":["lcd","smell"]}', "no events 'smell'"),
        (b'{"do":"subscribe","to":[5]}', "no events '5'"),
        (b'{"do":"subscribe","to":true}', "to True cannot be used"),
        (b"x" * (LONGEST_LINE + 1), "longer than 1,048,576"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_line_is_answered_and_the_next_one_is_done(peer: Peer, host: StandIn, line: bytes, found: str) -> None:
    bad, good = talk(peer, line + b'\n{"id":1,"do":"press"}\n')
    assert found in bad["error"]["found"] and set(bad["error"]) == {"found", "expected", "hint"}
    assert good == {"id": 1, "ok": {"done": 1}}


def test_arguments_may_stand_apart_so_that_one_can_be_called_id(peer: Peer, host: StandIn) -> None:
    assert talk(peer, b'{"id":1,"do":"press","with":{"id":"H-FS"}}\n{"do":"press","with":{}}\n')[0]["id"] == 1
    assert host.done == [("press", {"id": "H-FS"}), ("press", {})]


def test_an_id_comes_back_with_its_error(peer: Peer) -> None:
    answers = talk(peer, b'{"id":9,"do":"dance"}\n{"id":8}\n{"id":7,"do":"run","seconds":"x"}\n')
    assert [answer["id"] for answer in answers] == [9, 8, 7]


def test_the_longest_line_is_taken(peer: Peer) -> None:
    frame = b'{"do":"press","key":"%s"}'
    line = frame % (b"x" * (LONGEST_LINE - len(frame) + 2))
    assert len(line) == LONGEST_LINE
    assert talk(peer, line + b"\n") == [{"id": None, "ok": {"done": 1}}]


def test_run_is_answered_when_the_time_has_passed_and_the_rest_waits(peer: Peer, host: StandIn) -> None:
    assert talk(peer, b'{"id":1,"do":"run","seconds":0.5}\n{"id":2,"do":"press"}\n') == []
    assert peer.until == CPU_HZ // 2 and not host.done
    host.now = CPU_HZ // 2 - 1
    peer.work()
    assert said(peer) == []
    host.now += 3
    peer.work()
    peer.work()
    assert said(peer) == [{"id": 1, "ok": {"now": CPU_HZ // 2 + 2}}, {"id": 2, "ok": {"done": 1}}]


def test_events_come_to_those_who_want_them(peer: Peer) -> None:
    peer.tell("lcd", 5, {"lines": []})
    assert talk(peer, b'{"do":"subscribe","to":["lcd"]}\n')[0]["ok"] == ["lcd"]
    peer.tell("lcd", 5, {"lines": ["é→", ""]})
    peer.tell("midi", 6, {"hex": "FE"})
    assert said(peer) == [{"event": "lcd", "at": 5, "lines": ["é→", ""]}]
    assert talk(peer, b'{"do":"subscribe"}\n')[0]["ok"] == sorted(EVENTS)
    assert talk(peer, b'{"do":"unsubscribe","to":"lcd"}\n')[0]["ok"] == sorted(set(EVENTS) - {"lcd"})
    peer.tell("lcd", 7, {"lines": []})
    assert said(peer) == []


def test_a_flood_waits_and_leaves_the_others_their_turn(peer: Peer, host: StandIn) -> None:
    line = b'{"do":"press"}\n'
    peer.take(line * (HELD // (len(line) - 1) + 1))
    assert peer.full
    peer.work()
    assert len(host.done) == 1 and peer.busy
    while peer.busy:
        peer.work()
    assert not peer.full


def test_who_reads_nothing_is_lost_after_a_bounded_buffer(peer: Peer) -> None:
    talk(peer, b'{"do":"subscribe"}\n')
    while not peer.lost:
        peer.tell("message", 0, {"text": "x" * 100_000})
    assert UNREAD < len(peer.out) < UNREAD + 200_000


def test_the_commands_describe_themselves(peer: Peer) -> None:
    listed = {one["name"]: one for one in talk(peer, b'{"do":"commands"}\n')[0]["ok"]}
    assert {"hello", "commands", "subscribe", "unsubscribe", "run", "quit", "press"} <= set(listed)
    assert all({"name", "help", "arguments"} <= set(one) for one in listed.values())
    assert (listed["run"]["arguments"][0]["name"], listed["run"]["arguments"][0]["required"]) == ("seconds", True)
    assert listed["subscribe"]["arguments"][0]["default"] == list(EVENTS)


def test_half_a_character_in_an_answer_stays_an_escape() -> None:
    line = encode({"found": "caf\udce9"})
    assert line == b'{"found": "caf\\udce9"}\n' and json.loads(line)["found"] == "caf\udce9"


@given(st.lists(st.binary(max_size=40)), st.integers(0, 30))
def test_lines_do_not_depend_on_how_the_bytes_come(pieces: list[bytes], longest: int) -> None:
    whole, cut = Lines(longest), Lines(longest)
    joined = b"".join(pieces)
    at_once = [*whole.take(joined), *whole.end()]
    assert [*(line for piece in pieces for line in cut.take(piece)), *cut.end()] == at_once
    for line in at_once:
        assert line is None or 0 < len(line) <= longest


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(["id", "do", "to", "seconds", "key"]) | st.text(), JSON, max_size=5)
DO = st.sampled_from(["hello", "commands", "subscribe", "unsubscribe", "run", "press", "dance"])


@given(st.binary() | OBJECTS.map(lambda value: json.dumps(value).encode()))
def test_any_line_is_a_request_or_refused(line: bytes) -> None:
    if line.strip() and b"\n" not in line:
        try:
            request = parse(line)
        except Refused as refused:
            assert isinstance(refused.error, M1Error) and refused.error.found
        else:
            assert isinstance(request.do, str)
            json.dumps(dict(request.arguments), allow_nan=False)


@given(st.lists(st.tuples(st.binary(max_size=60) | OBJECTS, DO), max_size=8), st.lists(st.integers(1, 50), min_size=1))
def test_any_bytes_get_one_answer_a_line_whatever_their_slices(
    asked: list[tuple[bytes | dict[str, Any], str]], cuts: list[int]
) -> None:
    data = b"".join(
        (one if isinstance(one, bytes) else json.dumps({**one, "do": do}).encode()) + b"\n" for one, do in asked
    )
    expected = sum(1 for line in data.split(b"\n") if line.strip())

    def answers(slices: list[bytes]) -> bytes:
        host = StandIn()
        peer = Peer(host)
        for piece in slices:
            peer.take(piece)
            for _ in range(3):
                host.now = peer.until or host.now
                peer.work()
        peer.end()
        while not peer.done:
            host.now = peer.until or host.now
            peer.work()
        return bytes(peer.out)

    pieces, at, turn = [], 0, 0
    while at < len(data):
        pieces.append(data[at : at + cuts[turn % len(cuts)]])
        at, turn = at + cuts[turn % len(cuts)], turn + 1
    found = answers([data])
    assert found.count(b"\n") == expected
    assert answers(pieces) == found
