"""Files that older versions of the program wrote. Both of tests/older were made before H-TCU-ODD was settled, with an
OpenM1 that is kept beside them.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from korgm1.cli import main
from korgm1.errors import M1Error, ReplayDifference, SnapshotError
from korgm1.recording import read_recording
from korgm1.replay import replay, session_of
from korgm1.session import Session
from korgm1.snapshot import decode, encode

OLDER = Path(__file__).resolve().parents[1] / "older"
SNAPSHOT, RECORDING = OLDER / "layout1.state", OLDER / "layout1.rec"
FIRMWARE = OLDER / "layout1.firmware.gz"
INQUIRY_REPLY = bytes.fromhex("f07e000602421900000018000100f7")


@pytest.fixture(scope="module")
def older_openm1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("roms") / "openm1.bin"
    path.write_bytes(gzip.decompress(FIRMWARE.read_bytes()))
    return path


@pytest.mark.parametrize("engine", ["v30", "unicorn"])
def test_a_snapshot_goes_on_as_it_did(engine: str, older_openm1: Path) -> None:
    """It was taken while the SCU was sending F0, the first byte of a reply, and receiving the second of 40."""
    old = decode(SNAPSHOT.read_bytes())
    assert old.manifest["hypotheses"]["H-TCU-ODD"] == "8254" and old.version("scu") == 1
    assert old.blocks["scu"]["tx"] is not None and old.blocks["scu"]["rx_start"] is not None
    session = Session.load(SNAPSHOT, roms=older_openm1, engine=engine)
    session.run(1.0)
    assert [line.rstrip() for line in session.lcd] == ["Prog I07 Init Prog", "Battery Low (Internal)"]
    assert session.midi_out.replace(b"\xfe", b"") == INQUIRY_REPLY
    again = decode(session.snapshot())
    assert not {"H-TCU-ODD", "H-TG-NOTE"} & set(again.manifest["hypotheses"])


@pytest.mark.parametrize("engine", ["v30", "unicorn"])
def test_a_snapshot_from_before_there_was_sound_is_silent(engine: str, older_openm1: Path) -> None:
    """Its chips were ports that were written down; their frames are counted from its clock on."""
    old = decode(SNAPSHOT.read_bytes())
    assert "TG" in old.blocks and "sound_board" not in old.blocks
    session = Session.load(SNAPSHOT, roms=older_openm1, engine=engine)
    board = session.machine.sound_board
    assert session.clock == old.manifest["clock"] and board.frames() == session.clock // 256 + 1 and not board.held
    assert session.sound_hash == Session().sound_hash and session.machine.tg.sounding == []
    session.listen(True)
    session.run(0.5)
    assert len(session.heard()) > 15_600 and session.sound_hash == Session().sound_hash
    again = decode(session.snapshot())
    assert "TG" not in again.blocks and {"sound_board", "tg", "vdf1", "vdf2", "mde", "wave_rom"} <= set(again.blocks)


def test_state_show_takes_a_settled_guess_for_no_change(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["state", "show", str(SNAPSHOT)]) == 0
    said = capsys.readouterr().out
    assert "pedal2,battery,none" in said and "H-TCU-ODD" not in said, "IN7 was nothing then"


def test_a_snapshot_that_was_made_with_the_other_choice_is_refused(older_openm1: Path) -> None:
    old = decode(SNAPSHOT.read_bytes())
    old.manifest["hypotheses"]["H-TCU-ODD"] = "82C54"
    session = Session(roms=older_openm1, engine="v30")
    before = session.snapshot()
    with pytest.raises(SnapshotError, match="H-TCU-ODD=82C54, a guess that turned out wrong"):
        session.restore(encode(old))
    assert session.snapshot() == before


def test_a_recording_is_read_and_differs_where_the_clocks_do(older_openm1: Path) -> None:
    """Its instrument can be set up; since then instructions take other clocks, and the replay says so."""
    recording = read_recording(RECORDING)
    assert recording.whole and recording.header["hypotheses"]["H-TCU-ODD"] == "8254"
    assert set(session_of(recording, older_openm1).hypotheses.changed()) == {"H-ADC-CH"}, "IN7 was nothing then"
    with pytest.raises(ReplayDifference, match="first in the LCD: clock 177,"):
        replay(RECORDING, older_openm1)


def rewritten(path: Path, **guesses: Any) -> Path:
    """A recording of today whose header has other guesses."""
    with Session(engine="v30") as session:
        session.record(path)
        session.power_on()
        session.run(0.3)
    head, *rows = path.read_text().splitlines()
    fields = json.loads(head)
    fields["hypotheses"].update(guesses)
    path.write_text("\n".join([json.dumps(fields), *rows]) + "\n")
    return path


def test_a_settled_guess_in_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    assert replay(rewritten(path, **{"H-TCU-ODD": "8254"})).whole
    with pytest.raises(M1Error, match="H-TCU-ODD=82C54, a guess that turned out wrong"):
        replay(rewritten(path, **{"H-TCU-ODD": "82C54"}))


CARD = bytes(n * 3 & 0xFF for n in range(32768))


def test_a_card_without_a_cell_in_a_snapshot_gets_a_new_one() -> None:
    """Layout 1 of the block `card` was its bytes and its switch."""
    session = Session(engine="v30", card=CARD)
    session.power_on()
    session.run(0.3)
    state = decode(session.snapshot())
    state.blocks["card"] = {"data": CARD, "protected": True}
    state.versions.pop("card")
    state.manifest["hypotheses"]["H-ADC-CH"] = "joystick_x,joystick_y,value,aftertouch,pedal1,pedal2,battery,none"
    for name in ("H-CARD-CELL", "H-CARD-FORMAT"):
        state.manifest["hypotheses"].pop(name)
    again = Session(engine="unicorn")
    again.restore(encode(state))
    again.run(1.0)
    assert again.card is not None and again.card.protected and bytes(again.card.data) == CARD
    again.power_off()
    again.power_on()
    assert again.card.lost == 0 and 3.2 < again.card.supply.cell_volts < 3.3


@pytest.mark.parametrize("engine", ["v30", "unicorn"])
def test_a_recording_of_format_3_with_cards(engine: str, tmp_path: Path) -> None:
    """Its checkpoints do not look at cards, and cards have no state."""
    path = tmp_path / "x.rec"
    session = Session(engine="v30", card=CARD)
    session.record(path)
    session.power_on()
    session.run(2.0)
    session.eject_card()
    session.run(0.3)
    session.insert_card(CARD, protected=True)
    session.run(0.3)
    session.power_off()
    session.record_end()
    rows = [json.loads(row) for row in path.read_text().splitlines()]
    rows[0]["version"] = 3
    rows[0].pop("card_state")
    for row in rows:
        row.pop("state", None)
        for name in ("card", "pcm_card"):
            row.get("check", {}).pop(name, None)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    played = replay(path, engine=engine)
    assert played.whole and played.checks >= 10
