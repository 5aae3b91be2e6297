"""The card slots of a running instrument: a small model beside a session, files, PCM cards under sounding notes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sound_programs import program, rom_of
from sound_scripts import bytes_to, keyed

from korgm1.board.card import SIZE, Card
from korgm1.cardfile.card_file import beside, card_text, read_card
from korgm1.errors import SnapshotError, UsageError, UserError
from korgm1.physics.bench_supply import BenchSupply
from korgm1.recording import read_recording
from korgm1.replay import replay
from korgm1.session import Session
from korgm1.snapshot import decode, encode
from korgm1.sound.waverom import INTERNAL

YEAR = 31_557_600.0
ENGINES = ("v30", "unicorn", "lockstep")


@dataclass(frozen=True)
class Model:
    """What a slot is: what is in it, its switch, whether its cell gives anything, and +5 V."""

    image: bytes | None = None
    protected: bool = False
    good: bool = True
    on: bool = False
    pcm: bytes | None = None
    known: bool = True
    """Whether the content can be told: a dead cell without +5 V makes it noise."""


class Slot(RuleBasedStateMachine):
    """A session is done to what the model is done to."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(engine="v30")
        self.model = Model()
        self.saved: tuple[bytes, Model] | None = None

    @precondition(lambda self: self.model.image is None)
    @rule(fill=st.integers(0, 255), protected=st.booleans(), good=st.booleans())
    def insert(self, fill: int, protected: bool, good: bool) -> None:
        card = Card(bytes([fill]) * SIZE, cell=BenchSupply(3.0) if good else None)
        card.power(True)    # it comes from another instrument: nothing is lost yet
        card.power(False)
        card.data[:] = bytes([fill]) * SIZE
        card.supply.leave(0.0)
        self.session.insert_card(card, protected)
        self.model = replace(
            self.model, image=bytes([fill]) * SIZE, protected=protected, good=good, known=True
        )

    @precondition(lambda self: self.model.image is not None)
    @rule()
    def insert_a_second(self) -> None:
        with pytest.raises(UsageError, match="there is a card"):
            self.session.insert_card(bytes(SIZE))

    @precondition(lambda self: self.model.image is not None)
    @rule()
    def eject(self) -> None:
        image = self.session.eject_card()
        if self.model.known:
            assert image == self.model.image
        self.model = replace(self.model, image=None, protected=False, good=True, known=True)

    @precondition(lambda self: self.model.image is None)
    @rule()
    def eject_nothing(self) -> None:
        for deed in (self.session.eject_card, lambda: self.session.protect_card(True)):
            with pytest.raises(UsageError, match="no card"):
                deed()

    @precondition(lambda self: self.model.image is not None)
    @rule(on=st.booleans())
    def protect(self, on: bool) -> None:
        self.session.protect_card(on)
        self.model = replace(self.model, protected=on)

    @precondition(lambda self: self.model.on)
    @rule(at=st.integers(0, SIZE - 1), lane=st.integers(0, 1), value=st.integers(0, 255))
    def write(self, at: int, lane: int, value: int) -> None:
        self.session.machine.memory.write(0x50000 + 2 * at + lane, value)
        model = self.model
        if model.image is not None and not model.protected and not lane:
            self.model = replace(model, image=model.image[:at] + bytes([value]) + model.image[at + 1 :])

    @rule(seconds=st.sampled_from([None, 0.0, 1e4, 8 * YEAR]))
    def power(self, seconds: float | None) -> None:
        if self.model.on:
            self.session.power_off()
            if seconds is not None:
                self.session.leave(seconds)
            kept = self.model.good or seconds == 0.0
            self.model = replace(self.model, on=False, known=self.model.known and kept)
        else:
            self.session.power_on()
            if self.model.image is not None and not self.model.known:
                self.model = replace(self.model, image=self.session.machine.card.image(), known=True)
            self.model = replace(self.model, on=True)

    @rule(words=st.one_of(st.none(), st.integers(1, 300)))
    def pcm(self, words: int | None) -> None:
        if self.model.pcm is None:
            with pytest.raises(UsageError, match="no PCM card"):
                self.session.eject_pcm_card()
        else:
            assert self.session.eject_pcm_card() == self.model.pcm
        data = None if words is None else bytes([words & 0xFF, 1]) * words
        if data is not None:
            self.session.insert_pcm_card(data)
        self.model = replace(self.model, pcm=data)

    @rule()
    def save(self) -> None:
        self.saved = self.session.snapshot(), self.model

    @precondition(lambda self: self.saved is not None)
    @rule(other=st.booleans())
    def restore(self, other: bool) -> None:
        assert self.saved is not None
        if other and self.saved[1].pcm is None:
            self.session = Session(engine="unicorn")
        self.session.restore(self.saved[0])
        self.model = self.saved[1]

    @invariant()
    def is_as_the_model(self) -> None:
        machine, model = self.session.machine, self.model
        assert machine.card.status == (model.image is None) and machine.card.protected == model.protected
        assert machine.wave_rom.card_status == (model.pcm is None) and self.session.pcm_card == model.pcm
        pins = machine.pio
        if model.on:
            assert pins.peek(4) >> 3 & 1 == (model.pcm is None)
        for at in (0, 1, 2 * 777, 0xFFFE):
            read = machine.memory.read(0x50000 + at)
            if at & 1 or model.image is None:
                assert read == 0xFF
            elif model.known:
                assert read == model.image[at // 2]
        if model.image is None:
            assert machine.card.sense_microvolts() == 0
        else:
            assert machine.card.sense_microvolts() == (3_000_000 if model.good else 0)


TestSlot = Slot.TestCase
TestSlot.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_a_card_and_its_file_go_together(tmp_path: Path) -> None:
    path = tmp_path / "x.card"
    path.write_bytes(bytes(SIZE))
    session = Session(engine="v30")
    session.insert_card(path)
    session.power_on()
    session.machine.memory.write(0x50000, 0x42)
    session.run(0.5)
    session.protect_card(True)
    session.power_off()
    assert path.read_bytes()[0] == 0x42 and read_card(path).protected
    session.leave(YEAR)
    session.eject_card()
    card = read_card(path)
    assert card.supply.cell is not None and YEAR <= card.supply.cell.age_seconds < YEAR + 2
    assert card.supply.cell.drawn_mah > 5, "in the slot the sense input drains it"
    session.power_on()
    session.insert_card(str(path), protected=False)
    assert session.card is not None and not session.card.protected and session.card.lost == 0
    session.machine.memory.write(0x50002, 0x43)
    session.eject_card()
    assert path.read_bytes()[:2] == b"\x42\x43" and not read_card(path).protected
    assert {each.name for each in tmp_path.iterdir()} == {"x.card", "x.card.toml", "x.card.1", "x.card.2"}


def test_years_in_the_slot_with_a_weak_cell_cost_the_card(tmp_path: Path) -> None:
    path = tmp_path / "x.card"
    path.write_bytes(b"\x55" * SIZE)
    beside(path).write_text(card_text(Card(bytes(SIZE), cell=BenchSupply(0.3))))
    session = Session(engine="v30", card=path)
    session.power_on()
    assert session.card is not None and session.card.lost > 200_000
    session.power_off()
    assert path.read_bytes() != b"\x55" * SIZE and (tmp_path / "x.card.1").read_bytes() == b"\x55" * SIZE


@pytest.mark.parametrize(("what", "said"), [
    ("none.card", "not there"), ("empty", "0 bytes"), (".", "folder"), ("bad.card", r"bad\.card\.toml"),
])
def test_what_cannot_be_inserted_changes_nothing(
    what: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").write_bytes(b"")
    Path("bad.card").write_bytes(bytes(SIZE))
    Path("bad.card.toml").write_text("protected = perhaps")
    session = Session(engine="v30")
    session.power_on()
    with pytest.raises(UserError, match=said):
        session.insert_card(what)
    assert session.card is None and session.machine.card.status == 1
    session.insert_card(bytes(SIZE))
    session.power_off()
    with pytest.raises(UserError, match=said):
        Session(engine="v30", card=what)


def test_a_firmware_store_that_an_eject_cuts_leaves_what_was_written() -> None:
    """A loop that writes 01 to card bytes 0, 1, 2 ...; the card goes in the middle of it."""
    code = bytes.fromhex("B8 00 50 8E D8 31 FF B0 01 88 05 47 47 EB FA")     # DS = 5000; [DI] = 1, DI += 2
    session = Session(engine="v30", roms=rom_of(code), card=bytes(SIZE))
    session.power_on()
    session.run(0.01)
    image = session.eject_card()
    written = image.count(1)
    assert 100 < written < SIZE and image == b"\1" * written + bytes(SIZE - written)
    session.run(0.001)
    assert session.machine.memory.read(0x50000) == 0xFF


@pytest.mark.parametrize("engine", ENGINES)
def test_a_recording_with_cards_is_the_same_on_every_engine(engine: str, tmp_path: Path) -> None:
    card = Card(bytes(n & 0xFF for n in range(SIZE)), cell=BenchSupply(0.7), seed=4)
    session = Session(engine="v30")
    session.insert_pcm_card(bytes(100))
    session.eject_pcm_card()
    session.record(tmp_path / "x.rec")
    session.power_on()
    session.run(1.8)
    session.insert_card(card, protected=True)
    assert card.lost > 0, "its weak cell"
    session.run(0.3)
    session.insert_pcm_card(b"\x34\x12" * 5000)
    session.protect_card(False)
    session.run(0.3)
    session.power_off()
    session.leave(2 * YEAR)
    session.power_on()
    session.run(0.3)
    session.eject_pcm_card()
    lost = session.card.lost if session.card else 0
    session.eject_card()
    session.run(0.3)
    session.power_off()
    session.record_end()
    played = replay(tmp_path / "x.rec", engine=engine)
    prints = [row["check"]["card"] for row in read_recording(tmp_path / "x.rec").seen if "check" in row]
    assert played.whole and len(set(prints)) >= 4 and lost > 0


def level(session: Session) -> int:
    """The last word of 1/L in a hundredth of a second."""
    session.run(0.01)
    return round(int(session.heard()[-1, 0]) / 4)


def test_a_note_plays_a_card_only_while_it_is_in() -> None:
    """A voice repeats the card's words; out, it goes on over words nobody drives; in again, it is heard again."""
    start = bytes_to(0x100A, *INTERNAL.to_bytes(3, "little")) + bytes_to(0x100E, *INTERNAL.to_bytes(3, "little"))
    code = program([*start, *keyed(0, end=INTERNAL + 500)[6:]])
    session = Session(engine="v30", roms=rom_of(code), hypotheses={"H-TGW": "any", "H-BUS": 12})
    session.power_on()
    session.listen(True)
    heard = [level(session)]
    for value in (0x1234, None, -0x0800):
        if value is None:
            session.eject_pcm_card()
        else:
            session.insert_pcm_card(np.full(1000, value, "<i2").tobytes())
        heard.append(level(session))
    assert heard[0] == heard[2] == 0 and abs(heard[1] - 0x1234) <= 1 and abs(heard[3] + 0x0800) <= 1
    state = session.snapshot()
    session.eject_pcm_card()
    session.restore(state)
    assert abs(level(session) - heard[3]) <= 1, "the session knows its cards"


@pytest.mark.parametrize("since", [-1, 2**70])
def test_a_card_in_a_damaged_snapshot_is_refused_and_not_found_out_at_power_off(since: int) -> None:
    session = Session(engine="v30", card=bytes(SIZE))
    session.power_on()
    before = session.snapshot()
    damaged = decode(before)
    assert damaged.blocks["card"]["since"] == 0
    damaged.blocks["card"]["since"] = since
    with pytest.raises(SnapshotError, match="time that was not yet"):
        session.restore(encode(damaged))
    assert session.snapshot() == before
    session.power_off()
