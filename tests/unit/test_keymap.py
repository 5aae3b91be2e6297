"""The key map: its defaults, its file, and every mistake a file can have, told with its line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import LIMIT

from korgm1.board.panel import Panel
from korgm1.errors import UsageError, UserError
from korgm1.keymap import KINDS, TERMINAL, WINDOW, default, load, loads, parts, readable, table, to_toml
from korgm1.keymap.actions import check
from korgm1.keymap.chords import Mistake, chord, window_chord
from korgm1.keymap.presets import MODES, PIANOS, window

NAMES = Panel().keys()


def mistakes(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(UserError) as caught:
        loads(data, "my.toml")
    first, *rows = caught.value.found.split("\n")
    assert first == "my.toml cannot be used:"
    assert "korgm1 keys" in caught.value.hint
    return [row.strip() for row in rows]


# the defaults


def test_the_defaults_reach_every_button_in_both_frontends() -> None:
    assert default().unreachable() == {}
    for piano in PIANOS:
        assert loads(f'piano = "{piano}"'.encode()).warnings == ()


def test_the_defaults_are_as_written_down() -> None:
    keys = default()
    assert [keys.for_window(f"f{n}") for n in range(2, 10)] == [f"key {name}" for name in MODES]
    assert [keys.for_terminal(f"f{n}") for n in range(2, 10)] == [f"key {name}" for name in MODES]
    assert [keys.for_window(str(n), shift=True) for n in range(1, 9)] == [f"key {name}" for name in "ABCDEFGH"]
    assert [keys.for_window(str(n), ctrl=True) for n in range(10)] == [f"key {n}" for n in range(10)]
    assert [keys.for_window(key) for key in ("z", "s", "x", "m", ",", "q", "2", "p")] == [
        f"note {n}" for n in (0, 1, 2, 11, 12, 12, 13, 28)
    ]
    assert keys.for_window("z", shift=True) == "note 0", "a note sounds with Shift held"
    assert keys.for_window("z", ctrl=True) == "command rewind 1"
    assert keys.for_window("k") is None and keys.for_window("f12") is None
    assert [keys.for_terminal(key) for key in ("7", "a", "P", "space", ":", "ctrl+c")] == [
        "key 7", "key A", "key PROG", "key START/STOP", "prompt", None
    ]  # fmt: skip


def test_every_default_is_spelt_as_a_file_would_have_it() -> None:
    for piano in PIANOS:
        for where, chords in ((WINDOW, window(piano)), (TERMINAL, default().terminal)):
            for key, action in chords.items():
                assert chord(key, where) == key
                assert check(action, where) == action


def test_a_piano_has_each_note_of_its_range() -> None:
    for piano, last in (("two rows", 28), ("one row", 17)):
        notes = {int(parts(action)[1]) for action in window(piano).values() if parts(action)[0] == "note"}
        assert notes == set(range(last + 1))
    assert not any(parts(action)[0] == "note" for action in window("off").values())


def test_the_piano_mode_of_the_terminal_takes_the_windows_notes() -> None:
    keys = loads(b'piano = "one row"')
    assert [keys.for_terminal(key, piano=True) for key in "awzq"] == ["note 0", "note 1", "octave -1", "quit"]
    assert keys.for_terminal("a") == "key A"


# as people read it


OTHER = 'piano = "off"\n[window]\nk = "quit"\nf1 = "none"\nz = "note 60"\n'


@pytest.mark.parametrize("text", ["", 'piano = "one row"', OTHER])
def test_the_table_has_every_action_once(text: str) -> None:
    keys = loads(text.encode())
    shown = [action for group in table(keys) for row in group.rows for action in row.actions]
    assert len(shown) == len(set(shown))
    assert set(shown) >= set(keys.window.values()) | set(keys.terminal.values())
    for group in table(keys):
        for row in group.rows:
            assert row.what and (row.window or row.terminal)


def test_the_rack_has_no_joystick() -> None:
    assert "joystick left" in str(table(default())) and "joystick" not in str(table(default(), rack=True))


# a file


def test_a_file_changes_what_it_names_and_nothing_else() -> None:
    keys = loads(b"""
# mine
piano = "off"
[window]
"Ctrl+S" = "command save my.state"
F5 = "none"
[terminal]
"x" = "key rest/tie"
':' = "key 10HOLD"
""")
    assert keys.for_window("s", ctrl=True) == "command save my.state"
    assert keys.for_window("f5") is None
    assert keys.for_window("f4") == default().for_window("f4")
    assert keys.for_terminal("x") == "key REST/TIE"
    assert keys.for_terminal(":") == "key 10HOLD"
    assert keys.piano == "off" and keys.for_window("a") is None
    assert keys.warnings == ("the key map: no key of the window works SEQ",)


def test_none_unbinds_a_chord_with_shift_too() -> None:
    keys = loads(b'[window]\n"shift+1" = "none"')
    assert keys.for_window("1", shift=True) is None


def test_all_mistakes_come_at_once_with_their_lines() -> None:
    assert mistakes("""\
piano = "three rows"
pianno = "off"
[window]
"F13" = "key INT"
"z" = "kex INT"
"x" = "key INTT"
"c" = 3
"v" = "octave up"
"b" = "joystick out"
"n" = "note 61"
"m" = "drawer 2"
"a" = "key"
"A" = "key INT"
this is nothing
[windows]
"q" = "nothing to be told of here"
[terminal]
"drawer" = "drawer"
"d" = "drawer"
"ctrl+c" = "quit"
"shift+a" = "quit"
"ctrl+i" = "quit"
""") == [
        "line 1: piano cannot be three rows; did you mean 'two rows'?",
        "line 2: there is no setting pianno; did you mean 'piano'?",
        "line 4: F13: there is no key 'f13'; did you mean 'f3'?",
        "line 5: z: there is no action 'kex INT'; did you mean 'key'?",
        "line 6: x: the panel has no key 'INTT'; did you mean 'INT'?",
        "line 7: c: an action is a text, not 3; 'key INT' in quotes, for example",
        "line 8: v: 'octave' cannot go by 'up'; +1 to +127 or -1 to -127",
        "line 9: b: the joystick does not go 'out'; one of left, right, up, down",
        "line 10: n: '61' is no note; 0 to 60",
        "line 11: m: 'drawer' has nothing after it, but there is '2'; 'drawer'",
        "line 12: a: 'key' lacks its argument; 'key NAME'",
        "line 13: a is in line 12 already",
        "line 14: this is not TOML: this is nothing; Expected '=' after a key in a key/value pair at column 6",
        "line 15: there is no table [windows]; did you mean 'window'?",
        "line 18: drawer: there is no key 'drawer' in a terminal; a character, or one of backspace, delete, down, end, "
        "enter, escape, f1, f10, f11, f12, f2, f3, f4, f5, f6, f7, f8, f9, home, insert, left, page down, page up, "
        "right, space, tab, up",
        "line 19: d: 'drawer' does nothing in the terminal; one of 'key NAME', 'note N', 'octave +N or -N', "
        "'velocity +N or -N', 'value +N or -N', 'volume +N or -N', 'joystick left|right|up|down', 'damper', "
        "'command LINE', 'help', 'piano', 'prompt', 'quit', 'none'",
        "line 20: ctrl+c: 'ctrl+c' always stops the program in a terminal; another chord",
        "line 21: shift+a: a terminal tells no Shift beside 'a'; the character it types, as 'A'",
        "line 22: ctrl+i: 'ctrl+i' and 'tab' are the same in a terminal; 'tab'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (b'piano = "off"\n\n\xff\n', "line 3: the byte FF is not UTF-8"),
        ("[window]\n[terminal]\n[window]\n", "line 3: [window] is in line 1 already"),
        ('[window]\n"a" = """\nquit"""\n', "line 2: a text must end on its line"),
        ('piano = "off"\npiano = "off"\n', "line 2: piano is in line 1 already"),
        ('"ctrl+shift+ctrl+a" = "quit"', "line 1: there is no setting ctrl+shift+ctrl+a; 'piano', or a chord below "
         "[window] or [terminal]"),
        ('[window]\n"ctrl+shift+ctrl+a" = "quit"', "line 2: ctrl+shift+ctrl+a: 'ctrl+shift+ctrl+a' has ctrl twice; "
         "a chord as 'ctrl+shift+z'"),
        ("a = " + "[" * 5000, "line 1: this is not TOML: a = [[["),
        ("a = " + "9" * 5000, "line 1: "),
        ("[[window]]\n", "line 1: there is no table [[window]]"),
        ("[]\n", "line 1: this is not TOML: []"),
        ("window = 3\n", "line 1: window is a table, not 3; [window] in a line of its own"),
        ("#" * (1 << 21), "line 1: it has 2,097,152 bytes"),
    ],
)  # fmt: skip
def test_files_nobody_can_use(text: str | bytes, row: str) -> None:
    assert any(told.startswith(row) for told in mistakes(text)), mistakes(text)


def test_a_long_list_is_cut() -> None:
    rows = mistakes("[window]\n" + "".join(f'"no key {n}" = "quit"\n' for n in range(100)))
    assert len(rows) == 21 and rows[-1] == "and 80 more"


def test_inline_tables_and_dotted_keys_are_toml_too() -> None:
    keys = loads(b'window = { k = "key A", "f12" = "quit" }\nterminal.x = "quit"\r\n')
    assert (keys.for_window("k"), keys.for_window("f12"), keys.for_terminal("x")) == ("key A", "quit", "quit")
    assert "line 2: k is in line 1 already" in mistakes('window = { k = "key A" }\nwindow.k = "quit"')


def test_commands_are_checked_by_those_who_know_them() -> None:
    def knows(line: str) -> None:
        if line != "press INT":
            raise UsageError(f"there is no command {line!r}", "one of press")

    assert loads(b'[window]\nk = "command press INT"', command=knows).for_window("k") == "command press INT"
    with pytest.raises(UserError, match="line 2: k: command 'prss': there is no command 'prss'; one of press"):
        loads(b'[window]\nk = "command prss"', command=knows)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="key map"):
        load(tmp_path / "no.toml")
    (tmp_path / "keys.toml").write_bytes(b"\xef\xbb\xbf" + b'piano = "off"\n')
    assert load(tmp_path / "keys.toml").piano == "off"


def test_a_map_written_is_the_map_that_is_read() -> None:
    for text in (
        "", 'piano = "one row"',
        OTHER + '[terminal]\n"\\"" = "key INT"\n"\\\\" = "quit"\n"é" = "quit"\n":" = "none"',
    ):  # fmt: skip
        keys = loads(text.encode())
        assert loads(to_toml(keys).encode()) == keys
    one = loads(to_toml(keys, (TERMINAL,)).encode())
    assert one.terminal == keys.terminal and one.window == default().window


TEXTS = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(["[window]", "[terminal]", "piano = 'off'", "[", '"', "'''", '"""', "{", "\r", "\x00"]),
        st.tuples(
            st.one_of(st.text(max_size=8), st.sampled_from(["ctrl+a", "shift+", "+", "kp +", "F1"])),
            st.one_of(st.text(max_size=12), st.sampled_from([*KINDS, "key INT", "note 3", "octave +1", "command x"])),
        ).map(lambda pair: f'"{pair[0]}" = "{pair[1]}"'),
    ),
    max_size=12,
).map("\n".join)


@given(st.one_of(st.binary(max_size=200), TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_any_file_is_a_map_or_a_message_with_lines(data: bytes) -> None:
    try:
        keys = loads(data)
    except UserError as error:
        assert all(row.strip().startswith(("line ", "and ")) for row in error.found.split("\n")[1:])
        return
    for chords, where in ((keys.window, WINDOW), (keys.terminal, TERMINAL)):
        for key, action in chords.items():
            assert chord(key, where) == key and check(action, where) == action and action != "none"


@given(st.text(max_size=20), st.sampled_from([WINDOW, TERMINAL]))
def test_a_chord_has_one_spelling(text: str, where: str) -> None:
    try:
        name = chord(text, where)
    except Mistake:
        return
    assert chord(name, where) == name
    assert readable(name)


def test_chords_of_a_window_are_spelt_as_files_spell_them() -> None:
    assert window_chord("kp +", ctrl=True, alt=True) == chord("alt+ctrl+kp +", WINDOW)


def test_the_package_imports_nothing_but_the_standard_library() -> None:
    program = "import sys, korgm1.keymap; print([m for m in ('numpy', 'pygame', 'unicorn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=LIMIT)
    assert done.stdout.strip() == "[]"
