"""Ports by rtmidi's stand-in: found by name, stamped, sent to in time and in pieces; raw devices by a named pipe."""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from pathlib import Path

import pytest
from fake_rtmidi import Host
from patience import LIMIT, wait_for

from korgm1.errors import UserError
from korgm1.frontends import midi_ports, midi_raw
from korgm1.frontends.midi_ports import Ports, choose

NAMES = ("Midi Through 14:0", "UNO:UNO MIDI 1 20:0", "nano:nanoKEY 24:0")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host(NAMES, NAMES)
    monkeypatch.setitem(sys.modules, "rtmidi", made)
    return made


@pytest.mark.parametrize(("word", "number"), [("1", 1), ("uno", 1), ("NANO", 2), ("Midi Through 14:0", 0), ("24:0", 2)])
def test_a_port_is_called_by_number_or_part_of_its_name(word: str, number: int) -> None:
    assert choose(word, list(NAMES), "input") == number


@pytest.mark.parametrize(("word", "found"), [
    ("midi", "2 MIDI inputs are called 'midi'"), ("7", "there is no MIDI input '7'"),
    ("x", "there is no MIDI input 'x'"),
])  # fmt: skip
def test_what_is_ambiguous_or_missing_is_told_with_what_there_is(word: str, found: str) -> None:
    with pytest.raises(UserError) as caught:
        choose(word, list(NAMES), "input")
    assert caught.value.found == found
    assert all(name in caught.value.expected for name in NAMES)
    with pytest.raises(UserError, match="there is none at all"):
        choose(word, [], "input")


def test_listing_says_what_there_is_and_what_does_not_work(host: Host) -> None:
    host.broken[3] = "JACK server not running?"
    found = midi_ports.listing()
    assert (found.backends, found.inputs, found.outputs) == (("ALSA",), NAMES, NAMES)
    assert found.broken == {"Jack": "JACK server not running?"}
    assert midi_ports.probe() == ", ".join(NAMES + NAMES)
    assert all(client.deleted for client in host.clients)


def test_no_backend_no_ports_no_module(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.inputs.clear()
    host.outputs.clear()
    host.broken[3] = "no server"
    assert midi_ports.probe() == "no ports"
    with pytest.raises(UserError, match="there is no MIDI input 'uno'"):
        Ports().open_input("uno")
    host.broken.update({2: "no sequencer", 3: "no server"})
    assert midi_ports.probe() == "the system's MIDI cannot be used (ALSA: no sequencer; Jack: no server)"
    with pytest.raises(UserError, match="no sequencer; no server"):
        Ports().open_input("uno")
    with pytest.raises(UserError, match="virtual MIDI ports cannot be made"):
        Ports().open_virtual()
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    assert midi_ports.probe().startswith("python-rtmidi is not installed: ")


def test_an_input_hears_everything_and_stamps_it(host: Host) -> None:
    now = 100.0
    port = Ports(lambda: now).open_input("uno")
    assert port.name == NAMES[1]
    (client,) = [one for one in host.clients if one.port]
    assert client.ignored == {"sysex": False, "timing": False, "active_sense": False}
    host.play(NAMES[1], b"\x90<d")
    now = 100.050
    host.play(NAMES[1], b"\x80<\0", 0.010)
    now = 100.051
    host.play(NAMES[1], b"\xfe", 0.010)
    (first, one), (second, other), (third, sensing) = port.take()
    assert (one, other, sensing) == (b"\x90<d", b"\x80<\0", b"\xfe")
    assert first == 100.0
    assert second == pytest.approx(100.010, abs=0.0005)
    assert third - second == pytest.approx(0.010, abs=0.0005)
    assert port.take() == []
    now = 105.0
    host.play(NAMES[1], b"\xf8", 0.010)
    assert port.take()[0][0] == 105.0, "a delta that lags seconds behind is not believed"
    port.close()
    assert client.port is None


def test_a_pulled_port_is_missed(host: Host) -> None:
    takes, gives = Ports().open_input("uno"), Ports().open_output("uno")
    assert takes.present() and gives.present()
    host.inputs.remove(NAMES[1])
    host.outputs.remove(NAMES[1])
    assert not takes.present() and not gives.present()
    gives.close()


def test_an_output_sends_at_its_time_and_in_order(host: Host) -> None:
    lock, now = threading.Lock(), [10.0]

    def clock() -> float:
        with lock:
            return now[0]

    port = Ports(clock).open_output("uno")
    port.send(b"\x90<d")
    wait_for(lambda: host.sent, "nothing happened")
    port.send(b"\xf8", 10.001)
    port.send(b"\x80<\0", 10.0005)
    assert [data for _, data in host.sent] == [b"\x90<d"]
    with lock:
        now[0] = 10.002
    wait_for(lambda: len(host.sent) == 3, "nothing happened")
    assert [data for _, data in host.sent] == [b"\x90<d", b"\xf8", b"\x80<\0"]
    port.drain()
    port.close()


def test_a_long_message_goes_in_pieces_that_rtmidi_takes(host: Host) -> None:
    message = b"\xf0" + bytes(range(128)) * 10 + b"\xf7"
    port = Ports().open_output("uno")
    port.send(message)
    port.drain()
    assert b"".join(data for _, data in host.sent) == message
    assert len(host.sent) > 100
    host.sent.clear()
    port.send_piece(message[:100])
    port.send_piece(message[100:])
    assert b"".join(data for _, data in host.sent) == message
    port.close()


def test_sending_to_a_port_that_has_gone(host: Host) -> None:
    port = Ports().open_output("uno")
    host.outputs.remove(NAMES[1])
    port.send(b"\xf8")
    with pytest.raises(UserError, match="cannot be sent to: the port has gone"):
        port.drain()
    assert not port.present()
    port.close()
    host.outputs.append("Busy 1:0")
    host.busy.add("Busy 1:0")
    with pytest.raises(UserError, match="Busy 1:0 cannot be opened: the port is in use"):
        Ports().open_output("busy")


def test_virtual_ports(host: Host) -> None:
    takes, gives = Ports().open_virtual()
    assert (takes.name, gives.name, takes.present(), gives.present()) == ("korgm1 in", "korgm1 out", True, True)
    host.play("korgm1 in", b"\xf8")
    assert [message for _, message in takes.take()] == [b"\xf8"]
    gives.send(b"\xfa")
    gives.drain()
    assert host.sent == [("korgm1 out", b"\xfa")]
    takes.close()
    gives.close()
    host.no_virtual = True
    with pytest.raises(UserError, match="no virtual ports here"):
        Ports().open_virtual()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_raw_device_is_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "midiC1D0"
    os.mkfifo(path)
    takes, gives = Ports().open_input(str(path)), Ports().open_output(str(path))
    assert isinstance(takes, midi_raw.RawInput) and isinstance(gives, midi_raw.RawOutput)
    assert takes.present() and gives.present()
    dump = b"\xf0" + bytes(1000) + b"\xf7"
    gives.send(b"\x90<d")
    gives.drain()
    gives.send_piece(dump[:500])
    gives.send_piece(dump[500:])
    got: list[bytes] = []
    wait_for(lambda: got.extend(message for _, message in takes.take()) or len(got) == 2, "nothing happened")
    assert got == [b"\x90<d", dump]
    path.unlink()
    assert not takes.present() and not gives.present()
    takes.close()
    gives.close()


def test_what_is_no_device_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"")
    with pytest.raises(UserError, match="is no MIDI device"):
        Ports().open_input(str(file))
    with pytest.raises(UserError, match="cannot be opened: No such file"):
        Ports().open_output(str(tmp_path / "none"))


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes of POSIX")
def test_a_closed_raw_device_writes_into_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(midi_raw, "_PATIENCE", LIMIT)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    gives = midi_raw.RawOutput(str(pipe), time.monotonic)
    gives.send(b"\xf0" + bytes(500_000) + b"\xf7")  # more than a pipe holds
    wait_for(lambda: not select.select([], [gives._file], [], 0)[1], "nothing happened")
    gives.close()
    wait_for(lambda: not gives._thread.is_alive(), "nothing happened")
    assert "was closed before all was sent" in gives.failed, "not by whatever file has its number next"
