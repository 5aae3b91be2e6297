"""OpenM1 with a RAM that lost some bits: what it says, what it keeps, and that no stored value leads it astray."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from korgm1.session import Session

BANNER = "OpenM1 Music Workstation M1 #24"
STORED = slice(0x1000, 0xC69C)
REGION, REGION_END = 0x1020, 0xC69C
COMBIS, PROG_I00 = 0x139D, 0x440D
UNUSED = (slice(0xC69C, 0xC7F0), slice(0xC7F4, 0xC800), slice(0xE000, 0xEE00))
"""What OpenM1 leaves alone: gaps, free RAM, and the stack but for its last 512 bytes."""
SHARES = (0.0001, 0.001, 0.01, 0.05)


@pytest.fixture(scope="module")
def initialised() -> bytes:
    with Session() as session:
        session.boot()
        return session.sram


@pytest.fixture(scope="module")
def named(initialised: bytes) -> bytes:
    """A whole image whose sounds have names of their own and whose bytes differ from place to place."""
    image = bytearray(initialised)
    image[0x1040:REGION_END] = random.Random(1).randbytes(REGION_END - 0x1040)
    for n in range(100):
        image[PROG_I00 + 143 * n : PROG_I00 + 143 * n + 10] = f"Program {n:02}".encode()
        image[COMBIS + 124 * n : COMBIS + 124 * n + 10] = f"Combi   {n:02}".encode()
    return summed(image)


def summed(image: bytes | bytearray) -> bytes:
    """`image` with the two sums over 1020-C69B right."""
    first = second = 0
    for at in range(REGION, REGION_END, 2):
        first += image[at] | image[at + 1] << 8
        second += first
    sums = (first & 0xFFFF).to_bytes(2, "little") + (second & 0xFFFF).to_bytes(2, "little")
    return bytes(image[:0x1010]) + sums + bytes(image[0x1014:])


def errors(session: Session) -> list[str]:
    """The codes shown since power-on."""
    return [row.lcd[1][10:].rstrip() for row in session.timeline if row.lcd[1].startswith("RAM Error ")]


def flipped(image: bytes, rng: random.Random, share: float, first: int = REGION, end: int = REGION_END) -> bytes:
    """`image` with this share of the bits from `first` to `end` turned, one at least."""
    changed = bytearray(image)
    bits = (end - first) * 8
    for bit in rng.sample(range(bits), max(1, round(bits * share))):
        changed[first + bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def with_pattern(image: bytes, rng: random.Random) -> bytes:
    """`image` with something to be recognised where OpenM1 has no business."""
    changed = bytearray(image)
    for part in UNUSED:
        changed[part] = rng.randbytes(len(changed[part]))
    return bytes(changed)


@pytest.mark.parametrize(
    ("address", "code", "kept"),
    [
        (0x1005, "01", False), (0x100F, "01", False),
        (0x1010, "02", True), (0x1013, "02", True), (0x1020, "03", False), (0x1021, "03", False),
        (0x1027, "03", False), (0x1022, "02", True), (0x1040, "02", True), (PROG_I00, "02", True), (0xC69A, "02", True),
        (0x1014, "04", True), (0x1015, "04", True),
    ],
)  # fmt: skip
def test_one_wrong_byte(initialised: bytes, named: bytes, address: int, code: str, kept: bool) -> None:
    image = bytearray(named)
    image[address] ^= 0x50
    session = Session(sram=bytes(image))
    assert session.boot().lcd[0].startswith("Prog I00")
    assert errors(session) == [code]
    after = session.sram
    if not kept:
        assert after[STORED] == initialised[STORED]
    else:
        image[0x1014:0x1016] = bytes(2)
        assert after[STORED] == summed(image)[STORED]
    again = Session(sram=after)
    again.boot()
    assert errors(again) == []
    assert again.sram[STORED] == after[STORED]


@pytest.mark.parametrize(
    ("settings", "valid"),
    [
        ("00 0F 01 00 00 00 30 11", True),
        ("00 10 01 00 00 00 00 00", False),
        ("00 80 01 00 00 00 00 00", False),
        ("02 00 01 00 00 00 00 00", False),
        ("00 00 01 00 00 00 31 11", False),
        ("01 00 01 00 00 00 14 1E", True),
        ("01 00 01 00 00 00 15 1E", False),
        ("00 00 01 00 00 00 FF FF", False),
    ],
)
def test_settings_no_openm1_writes_are_not_taken_whatever_the_sums(
    initialised: bytes, settings: str, valid: bool
) -> None:
    image = bytearray(initialised)
    image[0x1020:0x1028] = bytes.fromhex(settings)
    good = summed(image)
    session = Session(sram=good)
    session.boot()
    assert errors(session) == ([] if valid else ["03"])
    assert session.sram[STORED] == (good if valid else initialised)[STORED]


def test_two_exchanged_words_are_noticed(named: bytes) -> None:
    image = bytearray(named)
    name = PROG_I00 + 1
    image[name : name + 4] = image[name + 2 : name + 4] + image[name : name + 2]
    session = Session(sram=bytes(image))
    assert session.boot().lcd[0].rstrip() == "Prog I00 Pgrroam 00"
    assert errors(session) == ["02"]


def test_the_code_stands_a_second_under_the_banner(named: bytes) -> None:
    session = Session(sram=flipped(named, random.Random(2), 0.0001, PROG_I00, REGION_END))
    session.boot()
    at = next(n for n, row in enumerate(session.timeline) if row.lcd[1].startswith("RAM Error 02"))
    row, after = session.timeline[at : at + 2]
    assert row.lcd[0].rstrip() == BANNER
    assert after.lcd[0].startswith("Prog I00 ")
    assert 0.99 < after.seconds - row.seconds < 1.02


def test_whole_data_show_no_code_and_take_no_longer(named: bytes) -> None:
    session = Session(sram=named)
    session.boot()
    assert errors(session) == []
    page = next(row for row in session.timeline if row.lcd[0].startswith("Prog"))
    assert page.seconds < 1.01


@pytest.mark.parametrize(("faults", "shown"), [([], "ROM OK "), (["rom-bit=0xE8001.3"], "ROM BAD")])
def test_the_rom_check_of_a_ram_without_content_stands_its_second(faults: list[str], shown: str) -> None:
    session = Session(faults=faults)
    session.boot(hold=["INT"])
    at = next(n for n, row in enumerate(session.timeline) if row.lcd[1].startswith(shown))
    check, code, page = session.timeline[at : at + 3]
    assert code.lcd[1].startswith("RAM Error 01") and page.lcd[0].startswith("Prog I00 Init Prog")
    assert 0.99 < code.seconds - check.seconds < 1.02
    assert 0.99 < page.seconds - code.seconds < 1.02


def test_a_sound_that_lost_bits_is_shown_as_it_is(named: bytes) -> None:
    image = bytearray(named)
    image[PROG_I00 + 143 * 3] ^= 0x01
    session = Session(sram=bytes(image))
    session.boot()
    for key in ("0", "3"):
        session.press(key)
    assert session.lcd[0].rstrip() == "Prog I03 Qrogram 03"


def test_a_dead_cell_and_a_battery_message_go_together(named: bytes) -> None:
    session = Session(battery="dead", sram=named)
    result = session.boot()
    assert errors(session) == ["01"]
    assert [line.rstrip() for line in result.lcd] == ["Prog I00 Init Prog", "Battery Low (Internal)"]


def test_an_open_journal_is_carried_out_without_a_code(named: bytes) -> None:
    """The store of 51 at C100 was noted with the sums to come, and the power failed before it was done."""
    after = bytearray(named)
    after[0xC100] ^= 0x51
    image = bytearray(named)
    image[0x1014:0x101D] = b"\x5a\xa5\x00\xc1" + summed(after)[0x1010:0x1014] + after[0xC100:0xC101]
    session = Session(sram=bytes(image))
    session.boot()
    assert errors(session) == []
    assert session.sram[0x1020:REGION_END] == bytes(after[0x1020:])[: REGION_END - 0x1020]


@pytest.mark.parametrize("address", [0x0000, 0x0400, 0x1010, 0x101F, 0xC69C, 0xEFFE, 0xFFFF])
def test_a_journal_that_leads_outside_is_not_carried_out(named: bytes, address: int) -> None:
    image = bytearray(named)
    image[0x1014:0x101D] = b"\x5a\xa5" + address.to_bytes(2, "little") + b"\x12\x34\x56\x78\x9a"
    session = Session(sram=bytes(image))
    session.boot()
    assert errors(session) == ["04"]
    assert session.sram[0x1020:REGION_END] == named[0x1020:REGION_END]
    assert session.sram[0x1014:0x1016] == bytes(2)


@pytest.mark.parametrize("receiving", [0x01, 0x47, 0x52, 0xFF])
def test_a_dump_that_cannot_have_been_under_way_is_forgotten(named: bytes, receiving: int) -> None:
    image = bytearray(named)
    image[0x1028:0x102A] = bytes([receiving, 1])
    session = Session(sram=bytes(image))
    assert "Incomplete" not in session.boot().lcd[1]
    assert errors(session) == ["02"]
    assert session.sram[0x1028:0x102A] == bytes(2)
    assert session.sram[0x1040:REGION_END] == named[0x1040:REGION_END]


@pytest.mark.parametrize("receiving", [0x48, 0x4C, 0x4D, 0x50, 0x51])
@pytest.mark.parametrize("pointer", [0x0000, 0x1020, 0x5000, 0xC69C, 0xFFFF])
def test_the_repair_of_a_dump_stays_inside_whatever_its_pointer_says(
    named: bytes, receiving: int, pointer: int
) -> None:
    image = bytearray(with_pattern(named, random.Random(pointer)))
    image[0x1028:0x102A] = bytes([receiving, receiving & 1])
    image[0x101E:0x1020] = pointer.to_bytes(2, "little")
    session = Session(sram=bytes(image))
    assert session.boot().lcd[1].rstrip() == "MIDI Data Incomplete"
    assert all(session.sram[part] == image[part] for part in UNUSED)
    again = Session(sram=session.sram)
    again.boot()
    assert errors(again) == []


@pytest.mark.parametrize(
    ("at", "change", "code"),
    [
        (0x1000, b"?", "01"),                               # everything is being initialised
        (0x5000, b"?", "02"),                               # the sums are being made anew
        (0x1028, b"\x50\x01", "02"),                        # a broken dump is being repaired
    ],
)  # fmt: skip
def test_the_power_fails_during_the_check(named: bytes, at: int, change: bytes, code: str) -> None:
    """Cut anywhere, the next power-on ends as one that was never cut."""
    image = bytearray(named)
    image[at : at + len(change)] = change
    if at == 0x1028:
        image[:] = summed(image)
    whole = Session(engine="v30", sram=bytes(image))
    whole.boot()
    assert at != 0x1028 or whole.lcd[1].rstrip() == "MIDI Data Incomplete"
    shown = set()
    cut = Session(engine="v30", sram=bytes(image))
    cut.power_on()
    for clock in range(680_000, 3_200_000, 100_003):
        cut.run_until(clock)
        again = Session(engine="v30", sram=cut.sram)
        again.boot()
        assert again.sram[0x1020:REGION_END] == whole.sram[0x1020:REGION_END]
        shown.add(tuple(errors(again)))
    assert shown == {(code,), ()}


def use(session: Session, bodies: Sequence[str]) -> None:
    """What a player can do: the play pages, GLOBAL, a key, the slider, and MIDI requests, all of them answered."""
    for keys in ("9 9 DOWN", "COMBI UP 5 0", "GLOBAL PAGE+ PAGE+ UP PAGE+ UP 0 E DOWN"):
        for key in keys.split():
            session.press(key, 0.03)
    session.note_on(60)
    session.note_off(60)
    session.slide(90)
    session.run(0.1)
    head = bytes([0xF0, 0x42, 0x30 | session.sram[0x1021], 0x19])
    for body in bodies:
        session.midi_in(head + bytes.fromhex(body) + b"\xf7")
    for _ in range(60):
        session.run(1)
        if session.midi_out.count(head) == len(bodies):
            break
    assert session.midi_out.count(head) == len(bodies)
    session.run(20 if "0F 00" in bodies else 0.2)
    session.press("PROG")


def assert_well(session: Session, image: bytes) -> None:
    """Nothing was written outside, the CPU goes on, and what is stored is whole again."""
    assert session.stopped is None
    assert not [place for place in session.machine.unmapped.by_place if place[0] in ("rom write", "mem write")]
    assert all(session.sram[part] == image[part] for part in UNUSED)
    for key in ("0", "1"):
        session.press(key)
    assert session.lcd[0].startswith("Prog I01 ")
    again = Session(engine="v30", sram=session.sram)
    again.boot()
    assert errors(again) == []


SHORT = ("10", "11 00 07", "12", "19", "1A 00 31", "0E 00")


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("sounds", [100, 50])
def test_flipped_bits_lead_nowhere(initialised: bytes, named: bytes, share: float, sounds: int) -> None:
    """Where the settings are out of range all is initialised, otherwise the data are kept as they are."""
    codes = []
    for seed in range(8):
        rng = random.Random(f"{share} {sounds} {seed}")
        image = bytearray(with_pattern(named, rng))
        image[0x1020] = sounds == 50
        settings = bytes(image[REGION:0x102A])
        image[:] = flipped(bytes(image), rng, share)
        if seed % 4:
            image[REGION:0x102A] = settings
        session = Session(engine="v30", sram=bytes(image))
        assert session.boot().lcd[0].startswith("Prog I00 ")
        code = errors(session)
        codes += code
        if code == ["03"]:
            assert session.sram[STORED] == initialised[STORED]
        elif image[0x1028] == 0:
            assert session.sram[REGION:REGION_END] == image[REGION:REGION_END]
        use(session, SHORT)
        assert_well(session, bytes(image))
    assert len(codes) == 8 and set(codes) <= {"02", "03"} and codes.count("02") >= 6


@pytest.mark.parametrize(("sounds", "steps", "share"), [(100, 4400, 0.05), (50, 7700, 0.01), (50, 3, 0.001)])
def test_all_dumps_of_damaged_data_go_out(named: bytes, sounds: int, steps: int, share: float) -> None:
    rng = random.Random(f"{sounds} {steps}")
    image = bytearray(with_pattern(named, rng))
    image[0x1020] = sounds == 50
    image[0x1026:0x1028] = steps.to_bytes(2, "little")
    image[:] = flipped(bytes(image), rng, share, 0x1040)
    session = Session(engine="v30", sram=bytes(image))
    session.boot()
    assert errors(session) == ["02"]
    use(session, ("18 00", "1C 00", "1D 00", "0F 00"))
    assert_well(session, bytes(image))


def test_random_bytes_behind_a_signature_lead_nowhere(named: bytes) -> None:
    for seed in range(12):
        rng = random.Random(seed)
        image = bytearray(with_pattern(named, rng))
        image[0x1010:REGION_END] = rng.randbytes(REGION_END - 0x1010)
        image[0x1020:0x1023] = bytes([seed & 1, seed, 1])
        image[0x1026:0x1028] = rng.randrange(4401).to_bytes(2, "little")
        session = Session(engine="v30", sram=bytes(image))
        assert session.boot().lcd[0].startswith("Prog I00 ")
        assert errors(session) == ["02"]
        use(session, SHORT)
        assert_well(session, bytes(image))


def test_a_part_that_wakes_with_anything_at_all_is_initialised(initialised: bytes) -> None:
    for seed in range(6):
        session = Session(engine="v30", sram=random.Random(seed).randbytes(0x10000))
        session.boot()
        assert errors(session) == ["01"]
        assert session.sram[STORED] == initialised[STORED]
