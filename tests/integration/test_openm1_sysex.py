"""OpenM1's dumps: Korg's factory bank in and out, single parts, refusals, sizes, broken messages, power cuts."""

from __future__ import annotations

import hashlib

import pytest

from korgm1.serial_frame import Frame
from korgm1.session import Session

HEAD = bytes.fromhex("F0 42 30 19")
LOADED, REFUSED, FORMAT = (HEAD + bytes([code, 0xF7]) for code in (0x23, 0x24, 0x26))
STORED = slice(0x1000, 0xC69C)
DATA = slice(0x1040, 0xC69B)
COMBIS, PROGRAMS, SONGS = 861, 13261, 27561
PROGRAM, COMBI = 143, 124
BYTE_TIME = 10 / 31250


def pack(data: bytes) -> bytes:
    """Groups of seven, the high bits first (facts: m1-hardware 6.2)."""
    groups = (data[at : at + 7] for at in range(0, len(data), 7))
    return b"".join(
        bytes([sum((byte >> 7) << n for n, byte in enumerate(g))]) + bytes(b & 0x7F for b in g) for g in groups
    )


def unpack(data: bytes) -> bytes:
    groups = (data[at : at + 8] for at in range(0, len(data), 8))
    return b"".join(bytes(byte | (g[0] >> n & 1) << 7 for n, byte in enumerate(g[1:])) for g in groups)


def steps(count: int) -> bytes:
    return bytes([count & 0x7F, count >> 7])


def invented(sounds: int, count: int) -> bytes:
    """Data of an ALL DATA dump with names to be recognised and every byte value somewhere."""
    combis = b"".join(
        f"Combi  {n:03}".encode() + bytes((n + i) & 0xFF for i in range(COMBI - 10)) for n in range(sounds)
    )
    programs = b"".join(
        f"Program{n:03}".encode() + bytes((n * 3 + i) & 0xFF for i in range(PROGRAM - 10)) for n in range(sounds)
    )
    rest = bytes((i * 7) & 0xFF for i in range(1522 + 4 * count))
    return bytes(i & 0x7F for i in range(861)) + combis + programs + rest


def all_data(data: bytes, allocation: int, count: int) -> bytes:
    return HEAD + b"\x50" + bytes([allocation]) + steps(count) + pack(data) + b"\xf7"


def talk(session: Session, data: bytes, extra: float = 0.5) -> bytes:
    """Sends `data` at full speed; what came back, without active sensing."""
    before = len(session.midi_out)
    session.midi_in(data)
    session.run(len(data) * BYTE_TIME + extra)
    return bytes(byte for byte in session.midi_out[before:] if byte != 0xFE)


def ask(session: Session, body: str, seconds: float = 1.0) -> bytes:
    before = len(session.midi_out)
    session.midi_in(HEAD + bytes.fromhex(body) + b"\xf7")
    session.run(seconds)
    return bytes(byte for byte in session.midi_out[before:] if byte != 0xFE)


def reboot(session: Session) -> Session:
    again = Session(sram=session.sram)
    again.boot()
    return again


def digest(session: Session) -> str:
    return hashlib.sha1(session.sram[STORED]).hexdigest()


def test_the_factory_bank_in_and_out(m1: Session, preload: bytes) -> None:
    m1.midi_in(preload)
    m1.run(8)
    assert m1.lcd[1].rstrip() == "Receiving MIDI Data"
    assert talk(m1, b"", 8.1) == LOADED
    m1.run(1)
    assert m1.lcd[0].rstrip() == "Prog I00 Universe"
    assert m1.sram[0x1040 : 0x1040 + 43559] == unpack(preload[8:-1])
    assert ask(m1, "0F 00", 17) == preload
    kept = m1.sram[STORED]
    again = reboot(m1)
    assert again.lcd[0].rstrip() == "Prog I00 Universe"
    assert again.sram[STORED] == kept
    again.press("COMBI")
    assert again.lcd[0].rstrip() == "Combi I00 FilmScore"


def test_with_a_good_and_with_a_dead_cell(m1: Session, preload: bytes) -> None:
    talk(m1, preload)
    session = Session(battery="low", sram=m1.sram)
    session.boot()
    assert [line.rstrip() for line in session.lcd] == ["Prog I00 Universe", "Battery Low (Internal)"]
    session = Session(battery="dead", sram=m1.sram)
    session.boot()
    assert [line.rstrip() for line in session.lcd] == ["Prog I00 Init Prog", "Battery Low (Internal)"]


def test_nul_in_a_name_is_a_blank(m1: Session) -> None:
    assert talk(m1, HEAD + b"\x40" + pack(b"A\0B\x1f\x80\xffC\x7e\0\0" + bytes(133)) + b"\xf7") == LOADED
    assert m1.lcd[0][9:19] == "A B   C\u2192  "


@pytest.mark.parametrize(("sounds", "allocation", "count"), [(100, 0, 0), (100, 0, 4400), (50, 1, 7700), (50, 1, 3)])
def test_any_bank_that_fits_comes_back(m1: Session, sounds: int, allocation: int, count: int) -> None:
    dump = all_data(invented(sounds, count), allocation, count)
    assert talk(m1, dump) == LOADED
    m1.run(1)
    assert m1.lcd[0].rstrip() == "Prog I00 Program000"
    assert ask(m1, "0F 00", len(dump) * BYTE_TIME + 1) == dump
    assert ask(m1, "12")[6] == allocation
    again = reboot(m1)
    assert again.lcd[0].rstrip() == "Prog I00 Program000"
    again.press("DOWN")
    assert again.lcd[0].rstrip() == f"Prog I{sounds - 1} Program0{sounds - 1}"
    again.press("7")
    again.press("3")
    number = 73 % sounds
    assert again.lcd[0].rstrip() == f"Prog I{number} Program0{number}"


@pytest.mark.parametrize(
    ("request_", "part", "extra"),
    [
        ("1C 00", slice(PROGRAMS, SONGS), b""),
        ("1D 00", slice(COMBIS, PROGRAMS), b""),
        ("0E 00", slice(0, COMBIS), None),
        ("18 00", slice(SONGS, None), b"\x23\x1c"),
    ],
)
def test_single_parts(m1: Session, preload: bytes, request_: str, part: slice, extra: bytes | None) -> None:
    data = unpack(preload[8:-1])[part]
    function = {"1C": 0x4C, "1D": 0x4D, "0E": 0x51, "18": 0x48}[request_[:2]]
    dump = HEAD + bytes([function]) + (b"" if extra is None else b"\0" + extra) + pack(data) + b"\xf7"
    before = m1.sram[DATA]
    assert talk(m1, dump) == LOADED
    after = m1.sram[DATA]
    assert after[part][: len(data)] == data
    start = part.start or 0
    assert after[:start] == before[:start] and after[start + len(data) :] == before[start + len(data) :]
    assert ask(m1, request_, len(dump) * BYTE_TIME + 1) == dump
    assert reboot(m1).sram[DATA] == after


def test_fifty_of_a_kind_go_to_the_first_fifty(m1: Session) -> None:
    data = invented(50, 0)
    programs = data[861 + 50 * COMBI :][: 50 * PROGRAM]
    assert talk(m1, HEAD + b"\x4c\x01" + pack(programs) + b"\xf7") == LOADED
    stored = m1.sram[DATA][PROGRAMS:]
    assert stored[: len(programs)] == programs
    assert stored[len(programs) :][:10] == b"Init Prog "


def test_a_hundred_do_not_fit_where_there_are_fifty(m1: Session) -> None:
    assert talk(m1, all_data(invented(50, 0), 1, 0)) == LOADED
    before = digest(m1)
    assert talk(m1, HEAD + b"\x4c\x00" + pack(bytes(100 * PROGRAM)) + b"\xf7") == REFUSED
    assert m1.lcd[1].rstrip() == "MIDI Data Too Large"
    assert digest(m1) == before


def test_edit_buffers_and_write(m1: Session) -> None:
    program = b"My Program" + bytes(range(100, 233))
    assert talk(m1, HEAD + b"\x40" + pack(program) + b"\xf7") == LOADED
    assert m1.lcd[0].rstrip() == "Prog I00 My Program"
    assert ask(m1, "10") == HEAD + b"\x40" + pack(program) + b"\xf7"
    before = digest(m1)
    assert ask(m1, "11 01 07") == HEAD + b"\x22\xf7"  # the card
    assert m1.lcd[1].rstrip() == "No Card"
    assert ask(m1, "11 00 64") == HEAD + b"\x22\xf7"  # there is no program 100
    assert ask(m1, "11 00") == HEAD + b"\x22\xf7"
    assert digest(m1) == before
    assert ask(m1, "11 00 07") == HEAD + b"\x21\xf7"
    combi = b"My Combi  " + bytes(range(60, 174))
    assert talk(m1, HEAD + b"\x49" + pack(combi) + b"\xf7") == LOADED
    assert ask(m1, "19") == HEAD + b"\x49" + pack(combi) + b"\xf7"
    assert ask(m1, "1A 00 63") == HEAD + b"\x21\xf7"
    again = reboot(m1)
    for keys, text in ((("0", "7"), "Prog I07 My Program"), (("COMBI", "9", "9"), "Combi I99 My Combi")):
        for key in keys:
            again.press(key)
        assert again.lcd[0].rstrip() == text


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (("GLOBAL", "4", "UP"), "Memory Protected"),
        (("GLOBAL", "4", "E", "UP"), "Memory Protected"),
        (("GLOBAL", "4", "G", "UP"), "Memory Protected"),
        (("GLOBAL", "5", "PAGE+", "DOWN"), "Exclusive Disabled"),
    ],
)
def test_a_refused_bank_changes_nothing(m1: Session, preload: bytes, keys: tuple[str, ...], message: str) -> None:
    for key in (*keys, "PROG"):
        m1.press(key)
    before = digest(m1)
    assert talk(m1, preload) == REFUSED
    assert [line.rstrip() for line in m1.lcd] == ["Prog I00 Init Prog", message]
    assert digest(m1) == before
    assert reboot(m1).sram[STORED] == m1.sram[STORED]


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("A", b"\x4c\0" + pack(bytes(14300))),
        ("E", b"\x4d\0" + pack(bytes(12400))),
        ("G", b"\x48\0\0\0" + pack(bytes(1522))),
    ],
)
def test_each_protect_switch_guards_its_own_part(m1: Session, key: str, body: bytes) -> None:
    for name in ("GLOBAL", "4", key, "UP"):
        m1.press(name)
    before = digest(m1)
    assert talk(m1, HEAD + body + b"\xf7") == REFUSED
    assert digest(m1) == before
    assert m1.lcd[1].rstrip() == "Memory Protected"
    m1.press("E")
    if key != "G":
        assert ask(m1, "11 00 00" if key == "A" else "1A 00 00") == HEAD + b"\x22\xf7"
        assert m1.lcd[1].rstrip() == "Memory Protected"
    m1.press(key)
    m1.press("DOWN")
    assert talk(m1, HEAD + body + b"\xf7") == LOADED


def test_a_bank_refused_by_protect_is_taken_once_it_is_off(m1: Session, preload: bytes) -> None:
    for key in ("GLOBAL", "4", "UP", "PROG"):
        m1.press(key)
    assert talk(m1, preload) == REFUSED
    assert [line.rstrip() for line in m1.lcd] == ["Prog I00 Init Prog", "Memory Protected"]
    m1.press("GLOBAL")
    assert [line.rstrip() for line in m1.lcd] == [
        "GLOBAL 4-1   Prog     Combi    Seq", "Protect     >ON       OFF      OFF",
    ]
    for key in ("DOWN", "PROG"):
        m1.press(key)
    assert m1.lcd[1].startswith("SINGLE")
    assert talk(m1, preload, 0.2) == LOADED
    assert [line.rstrip() for line in m1.lcd] == ["Prog I00 Universe", "MIDI Data Received"]


@pytest.mark.parametrize(
    ("body", "reply"),
    [
        (b"\x50\x02\0\0", FORMAT),
        (b"\x50\0" + steps(4401), REFUSED),
        (b"\x50\x01" + steps(7701), REFUSED),
        (b"\x48\0" + steps(4401), REFUSED),
        (b"\x4c\x02", FORMAT),
        (b"\x4d\x7f", FORMAT),
        (b"\x50", FORMAT),
        (b"\x50\0\0", FORMAT),
    ],
)
def test_headers_that_cannot_be_taken_change_nothing(m1: Session, body: bytes, reply: bytes) -> None:
    before = digest(m1)
    assert talk(m1, HEAD + body + b"\xf7") == reply
    assert m1.lcd[1].rstrip() == ("MIDI Data Too Large" if reply == REFUSED else "MIDI Data Error")
    assert digest(m1) == before


def test_one_byte_more_than_announced(m1: Session) -> None:
    dump = all_data(invented(100, 2), 0, 2)
    assert talk(m1, dump[:-1] + b"\0\0\xf7") == FORMAT
    assert m1.lcd[1].rstrip() == "MIDI Data Error"
    assert m1.sram[DATA][: len(invented(100, 2))] == invented(100, 2)
    assert reboot(m1).lcd[0].rstrip() == "Prog I00 Program000"


def test_an_edit_buffer_dump_of_the_wrong_size_is_not_taken(m1: Session) -> None:
    for size in (PROGRAM - 1, PROGRAM + 1):
        assert talk(m1, HEAD + b"\x40" + pack(b"x" * size) + b"\xf7") == FORMAT
    m1.press("UP")
    m1.press("DOWN")
    assert m1.lcd[0].rstrip() == "Prog I00 Init Prog"


@pytest.mark.parametrize(
    ("taken", "end"),
    [
        *((n, b"\xf7") for n in (3, 861, 861 + 124 * 30 + 5, PROGRAMS + 143 * 20 + 77, SONGS - 142, SONGS, SONGS + 40)),
        (861 + 124 * 99 + 123, b"\x90\x40\x40"),
        (PROGRAMS + 143, b""),
    ],
)
def test_a_dump_that_breaks_off(m1: Session, taken: int, end: bytes) -> None:
    data = invented(100, 5)
    cut = HEAD + b"\x50\0" + steps(5) + pack(data[:taken])
    before = m1.sram[DATA]
    assert talk(m1, cut + end, 0.5 if end else 3.6) == FORMAT
    assert m1.lcd[1].rstrip() == "MIDI Data Incomplete"
    after = m1.sram[DATA]
    combis = max(0, min(100, (taken - COMBIS) // COMBI))
    programs = max(0, min(100, (taken - PROGRAMS) // PROGRAM))
    for first, size, whole in ((COMBIS, COMBI, combis), (PROGRAMS, PROGRAM, programs)):
        split = first + size * whole
        assert after[first:split] == data[first:split]
        stop = first + 100 * size
        assert after[split:stop] == before[split:stop]
    assert after[SONGS:] == before[SONGS:]
    assert reboot(m1).sram[DATA] == after


def test_a_broken_dump_with_another_allocation_initialises_the_rest(m1: Session) -> None:
    data = invented(50, 5)
    taken = 861 + 50 * COMBI + 3 * PROGRAM + 9
    assert talk(m1, HEAD + b"\x50\x01" + steps(5) + pack(data[:taken]) + b"\xf7") == FORMAT
    after = m1.sram[DATA]
    assert after[: 861 + 50 * COMBI + 3 * PROGRAM] == data[: 861 + 50 * COMBI + 3 * PROGRAM]
    programs = after[861 + 50 * COMBI :]
    assert {programs[n * PROGRAM :][:10] for n in range(3, 50)} == {b"Init Prog "}
    assert programs[50 * PROGRAM + 20 :][:10] == b"New Song  "
    assert ask(m1, "12")[6] == 1
    assert reboot(m1).sram[DATA] == after


@pytest.mark.parametrize("seconds", [0.001, 0.3, 3.0, 7.77, 9.9])
def test_the_power_fails_in_the_middle_of_a_dump(m1: Session, seconds: float) -> None:
    data = invented(100, 0)
    m1.midi_in(all_data(data, 0, 0))
    m1.run(0.01 + seconds)
    again = reboot(m1)
    assert again.lcd[1].rstrip() == "MIDI Data Incomplete"
    combis = again.sram[DATA][COMBIS:PROGRAMS]
    names = [combis[n * COMBI :][:10] for n in range(100)]
    whole = names.index(b"Init Combi") if b"Init Combi" in names else 100
    assert combis[: whole * COMBI] == data[COMBIS:][: whole * COMBI]
    assert set(names[whole:]) <= {b"Init Combi"}
    assert Session(sram=again.sram).boot().lcd[1].rstrip() != "MIDI Data Incomplete"


def test_the_power_fails_anywhere_while_settings_change(m1: Session) -> None:
    """Every image of the RAM, however the store was cut, is valid: the marked program survives."""
    assert talk(m1, HEAD + b"\x40" + pack(b"Still here" + bytes(133)) + b"\xf7") == LOADED
    assert ask(m1, "11 00 00") == HEAD + b"\x21\xf7"
    for key in ("GLOBAL", "5"):
        m1.press(key)
    images = set()
    for code in range(0, 128, 9):
        m1.slide(code)
        for _ in range(40):
            m1.run_until(m1.clock + 977)
            images.add(m1.sram)
        m1.run(0.02)
    torn = {image[STORED] for image in images}
    assert len(torn) > 10
    for image in list({image[STORED]: image for image in images}.values())[:25]:
        session = Session(sram=image)
        session.boot(1.5)
        assert session.lcd[0].rstrip() == "Prog I00 Still here"


def test_a_slow_sender_is_waited_for(m1: Session) -> None:
    dump = HEAD + b"\x40" + pack(b"Slow sound" + bytes(133)) + b"\xf7"
    for at in range(0, len(dump), 64):
        assert talk(m1, dump[at : at + 64], 1.0) == (LOADED if at + 64 >= len(dump) else b"")
    assert m1.lcd[0].rstrip() == "Prog I00 Slow sound"


def test_bytes_lost_while_a_dump_goes_out(m1: Session, preload: bytes) -> None:
    """The receive ring holds 1.3 s; what comes in during a whole ALL DATA dump does not fit and is not half taken."""
    talk(m1, preload)
    sent = ask(m1, "0F 00", 1)
    assert sent.startswith(HEAD + b"\x50")
    assert talk(m1, preload[:20000], 12).endswith(b"\xf7" + FORMAT)
    assert m1.lcd[1].rstrip() == "MIDI Data Incomplete"
    assert talk(m1, HEAD + b"\x12\xf7").startswith(HEAD + b"\x42")
    assert reboot(m1).sram[DATA] == m1.sram[DATA]


def programs(count: int) -> list[bytes]:
    """Programs, no two alike."""
    return [f"Changed{n:03}".encode() + bytes((n * 5 + i) & 0xFF for i in range(PROGRAM - 10)) for n in range(count)]


def stored_programs(session: Session) -> list[bytes]:
    data = session.sram[DATA][PROGRAMS:SONGS]
    return [data[at : at + PROGRAM] for at in range(0, len(data), PROGRAM)]


REPLY_SECONDS = 33247 * BYTE_TIME
"""What ALL DATA of an initialised memory takes on MIDI OUT."""


def test_a_dump_that_begins_during_a_long_reply_is_taken(m1: Session) -> None:
    assert ask(m1, "0F 00", REPLY_SECONDS - 0.5).startswith(HEAD + b"\x50")
    bank = programs(100)
    assert talk(m1, HEAD + b"\x4c\0" + pack(b"".join(bank)) + b"\xf7").endswith(b"\xf7" + LOADED)
    assert stored_programs(m1) == bank
    assert m1.lcd == ("Prog I00 Changed000".ljust(40), "MIDI Data Received".ljust(40))


def test_a_message_after_a_long_reply_stands_its_time(m1: Session) -> None:
    ask(m1, "0F 00", REPLY_SECONDS - 0.9)
    m1.midi_in(HEAD + b"\x51" + pack(bytes(861)) + b"\xf7")
    m1.run(0.9)
    assert m1.lcd[1].rstrip() == "MIDI Data Received"
    m1.run(0.8)
    assert "MIDI" not in m1.lcd[1]


def test_nothing_behind_a_gap_is_stored(m1: Session) -> None:
    """The ring runs over 0.5 s before the reply ends; what comes while it empties does not join on."""
    ask(m1, "0F 00", REPLY_SECONDS - 2.2)
    before, bank = stored_programs(m1), programs(100)
    assert talk(m1, HEAD + b"\x4c\0" + pack(b"".join(bank)) + b"\xf7").endswith(b"\xf7" + FORMAT)
    assert m1.lcd[1].rstrip() == "MIDI Data Incomplete"
    after = stored_programs(m1)
    whole = sum(a == b for a, b in zip(after, bank, strict=True))
    assert whole == (4095 - 6) * 7 // 8 // PROGRAM
    assert after == bank[:whole] + before[whole:]
    assert reboot(m1).sram[DATA] == m1.sram[DATA]


def test_a_message_behind_a_gap_is_taken(m1: Session) -> None:
    """It comes while the ring still empties; the last 0.33 s of the reply lie in the transmit ring."""
    ask(m1, "0F 00", REPLY_SECONDS - 0.33 - 1.5)
    before = stored_programs(m1)
    cut = HEAD + b"\x4c\0" + pack(b"".join(programs(100)))[:4800]
    assert talk(m1, cut + HEAD + b"\x12\xf7", 1.0).endswith(FORMAT + HEAD + bytes.fromhex("42 02 00 30 01 F7"))
    assert stored_programs(m1)[30:] == before[30:]


def break_a_byte(session: Session) -> None:
    """A character without its stop bit arrives: a framing error."""
    session.machine.scu.receive_frame(Frame(session.clock, 256, 10, 0))
    session.run(0.001)


def test_two_gaps_during_a_long_reply(m1: Session) -> None:
    """Nothing joins on to what came before the first, and what comes behind the second is taken."""
    dump = HEAD + b"\x40" + pack(programs(1)[0]) + b"\xf7"
    ask(m1, "0F 00", REPLY_SECONDS - 0.33 - 0.6)
    talk(m1, dump[:100], 0.01)
    break_a_byte(m1)
    talk(m1, dump[101:150], 0.01)
    break_a_byte(m1)
    out = talk(m1, dump[151:] + b"\xc0\x06" + HEAD + b"\x12\xf7", 1.2)
    assert out.endswith(b"\xf7" + FORMAT + HEAD + bytes.fromhex("42 02 00 30 01 F7"))
    assert m1.lcd[0].rstrip() == "Prog I06 Init Prog"


@pytest.mark.parametrize(("mode", "name"), [("PROG", "Prog I{} Program0{}"), ("COMBI", "Combi I{} Combi  0{}")])
@pytest.mark.parametrize("number", [49, 50, 73, 99])
def test_fifty_sounds_have_no_numbers_above_49(m1: Session, mode: str, name: str, number: int) -> None:
    for key in (mode, *str(number)):
        m1.press(key)
    bank = all_data(invented(50, 0), 1, 0)
    assert talk(m1, bank).endswith(LOADED)
    left = f"{number % 50:02}"
    assert m1.lcd[0].rstrip() == name.format(left, left)
    body = "10" if mode == "PROG" else "19"
    first, size = (861 + 50 * COMBI, PROGRAM) if mode == "PROG" else (COMBIS, COMBI)
    assert unpack(ask(m1, body)[5:-1]) == invented(50, 0)[first + number % 50 * size :][:size]


def test_the_last_numbers_of_fifty(m1: Session) -> None:
    assert talk(m1, all_data(invented(50, 0), 1, 0)) == LOADED
    for sent, shown in ((49, 49), (50, 0), (99, 49), (100, 0), (127, 27)):
        talk(m1, bytes([0xC0, sent]))
        assert m1.lcd[0].rstrip() == f"Prog I{shown:02} Program0{shown:02}"
    assert ask(m1, "11 00 31") == HEAD + b"\x21\xf7"
    assert ask(m1, "11 00 32") == HEAD + b"\x22\xf7"
    assert ask(m1, "1A 00 31") == HEAD + b"\x21\xf7"
    assert ask(m1, "1A 00 32") == HEAD + b"\x22\xf7"


def test_a_broken_dump_of_fifty_leaves_no_number_above_49(m1: Session) -> None:
    for key in ("7", "3"):
        m1.press(key)
    whole = all_data(invented(50, 0), 1, 0)
    assert talk(m1, whole[:200] + b"\xf7").endswith(FORMAT)
    assert m1.lcd[0].rstrip() == "Prog I23 Init Prog"


def test_nul_in_the_name_of_a_combination_is_a_blank(m1: Session) -> None:
    m1.press("COMBI")
    assert talk(m1, HEAD + b"\x49" + pack(b"\0A\x01\x1f \x80\xff~Z\0" + bytes(114)) + b"\xf7") == LOADED
    assert m1.lcd[0][10:20] == " A     \u2192Z "


@pytest.mark.parametrize(
    ("kind", "key", "parameters", "shown"),
    [
        (0x40, "PROG", "02 01 63 00 64", "DRUMS   MONO  OSC1 099"),
        (0x40, "PROG", "01 FE FF 00 FF", "DOUBLE  POLY  OSC1 255  OSC2 255"),
        (0x40, "PROG", "03 FF 64 00 00", "?       MONO  OSC1 100"),
        (0x40, "PROG", "FF 00 00 FF FF", "?       POLY  OSC1 000"),
        (0x49, "COMBI", "04", "MULTI"),
        (0x49, "COMBI", "05", "?"),
        (0x49, "COMBI", "FF", "?"),
    ],
)
def test_what_no_sound_should_hold_is_shown_readably(
    m1: Session, kind: int, key: str, parameters: str, shown: str
) -> None:
    m1.press(key)
    sound = (bytes(10) + bytes.fromhex(parameters)).ljust(PROGRAM if kind == 0x40 else COMBI, b"\xff")
    assert talk(m1, HEAD + bytes([kind]) + pack(sound) + b"\xf7") == LOADED
    assert m1.lcd[0].rstrip() in ("Prog I00", "Combi I00")
    assert m1.lcd[1].rstrip() == shown


@pytest.mark.parametrize(
    ("tune", "transpose", "shown", "up", "down"),
    [
        (50, 12, "+50     >+12", "+50     >+12", "+49     >+11"),
        (-50, -12, "-50     >-12", "-49     >-11", "-50     >-12"),
        (51, 13, "+51     >+13", "+50     >+12", "+50     >+12"),
        (-51, -13, "-51     >-13", "-50     >-12", "-50     >-12"),
        (100, -128, "+100    >-128", "+50     >-12", "+50     >-12"),
        (127, -100, "+127    >-100", "+50     >-12", "+50     >-12"),
        (-128, 127, "-128    >+127", "-50     >+12", "-50     >+12"),
    ],
)
def test_global_values_from_outside_their_range(
    m1: Session, tune: int, transpose: int, shown: str, up: str, down: str
) -> None:
    dump = HEAD + b"\x51" + pack(bytes([tune & 0xFF, transpose & 0xFF]) + bytes(859)) + b"\xf7"
    for key, after in (("UP", up), ("DOWN", down)):
        assert talk(m1, dump, 1.5) == LOADED
        for name in ("GLOBAL", "0", "E"):
            m1.press(name)
        assert m1.lcd[1].rstrip() == "Master       " + shown
        assert ask(m1, "0E 00") == dump
        for name in (key, "A", key, "E"):
            m1.press(name)
        assert m1.lcd[1].rstrip() == "Master       " + after
