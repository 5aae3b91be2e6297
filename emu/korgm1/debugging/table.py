"""All commands of the monitor: one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from korgm1.debugging import doing_files, doing_hands, doing_looks, doing_past, doing_runs, doing_stops
from korgm1.debugging.monitor import Command, Monitor

_Row = tuple[str, str, str, str, Callable[[Monitor, str], None], tuple[str, ...]]


def help_text(monitor: Monitor, rest: str) -> None:
    """All commands, or all about one."""
    if rest:
        command = monitor.named(rest.split()[0])
        short = f"   (also {', '.join(command.short)})" if command.short else ""
        monitor.say(f"{command.name} {command.usage}".rstrip() + short, f"  {command.help}")
        monitor.say(*(f"  {line}" for line in command.examples))
        return
    group = ""
    for command in monitor.commands.values():
        if command.group != group:
            group = command.group
            monitor.say(f"{group}:")
        usage = f"{command.name} {command.usage}".rstrip()
        if len(usage) > 34:
            monitor.say(f"  {usage}")
            usage = ""
        monitor.say(f"  {usage:<34} {command.help}")
    monitor.say(
        "Counts are decimal; addresses, ports and bytes hexadecimal, or decimal behind #. PLACE: F000:0123, ps:pc,",
        "a physical address, a symbol. An empty line repeats step, over, back, disassemble and memory.",
        "help COMMAND says more.",
    )


def leave(monitor: Monitor, rest: str) -> None:
    """The end."""
    monitor.over = True


_ROWS: Mapping[str, tuple[_Row, ...]] = {
    "running": (
        ("step", "s t", "[N]", "one instruction, or N; an interrupt taken is a step, too", doing_runs.step, ()),
        ("over", "o n p", "[N]", "the same, but calls, BRK, repeats and interrupts run through", doing_runs.over, ()),
        ("finish", "f fin", "", "to behind the return of this function or handler", doing_runs.finish, ()),
        ("go", "g c", "[PLACE]", "to the next stop, or to PLACE; Ctrl-C stops it", doing_runs.go, ("go F000:0A0F",)),
        ("run", "", "SECONDS", "so many emulated seconds, or to a stop", doing_runs.run, ("run 0.5",)),
        (
            "until", "", '"TEXT"|CONDITION', "until the LCD shows a text, or a condition holds behind an instruction",
            doing_runs.until, ('until "Battery Low"', "until aw == 1234 && cy"),
        ),
        ("back", "b rs", "[N]", "one step back, or N; inputs on the way are undone", doing_runs.back, ()),
        ("back-to-stop", "rc rg", "", "back to the last time a stop was hit", doing_runs.back_to_stop, ()),
        (
            "who", "", 'wrote|read|ran|out|in|took|showed WHAT',
            "back to the last time that was done; asked again there: to the time before", doing_past.who,
            (
                "who wrote 0043C", "who wrote 400-4FF if value == 12", "who read 0043C", "who ran F0A11",
                "who in ADC_DATA", "who out 0A08", "who took 20", 'who showed "Battery"',
            ),
        ),
        ("undo", "", "", "take back the last command that changed time or state", doing_runs.undo, ()),
    ),
    "stops": (
        (
            "break", "bp", "PLACE [if CONDITION]", "stop in front of an instruction", doing_stops.break_at,
            ("break F000:0123", "break F0123 if cw == 0 && b[ds0:ix] == 41"),
        ),
        ("once", "tb", "PLACE [if CONDITION]", "the same, but once", doing_stops.once, ()),
        (
            "watch", "wp", "r|w|rw PLACE[-LAST] [if CONDITION]", "stop behind an access to memory", doing_stops.watch,
            ("watch w 00400-004FF", "watch rw 1234 if value == 5"),
        ),
        (
            "port", "pp", "in|out|io PORT[-LAST] [if CONDITION]", "stop behind an access to a port", doing_stops.port,
            ("port out 0A00-0A0F", "port in ADC_DATA"),
        ),
        (
            "int", "", "[VECTOR] [if CONDITION]", "stop when an interrupt or trap is taken", doing_stops.interrupt,
            ("int 20",),
        ),
        ("text", "", '"TEXT"', "stop when the LCD begins to show it", doing_stops.text, ('text "Init"',)),
        ("stops", "bl", "", "all stops", doing_stops.stops, ()),
        ("delete", "bc", "N|all", "forget a stop", doing_stops.delete, ()),
        ("enable", "be", "N", "have it stop", doing_stops.enable, ()),
        ("disable", "bd", "N", "have it not stop", doing_stops.disable, ()),
        ("ignore", "", "N COUNT", "count its next hits only", doing_stops.ignore, ()),
        (
            "tell", "", "N [EXPRESSION, ...|off]", "have it only tell, with what these are, and go on", doing_past.tell,
            ("tell 1", "tell 1 aw, b[ds0:ix]", "tell 1 off"),
        ),
    ),
    "looking": (
        ("registers", "r", "[NAME=VALUE]", "all registers, or set one, a half, a flag", doing_looks.registers,
         ("r aw=1234", "r al=7F", "r cy=1", "r pc=0")),
        ("disassemble", "d u", "[PLACE] [N]", "instructions; then those that follow", doing_looks.disassemble, ()),
        ("syntax", "", "intel|nec", "whose names", doing_looks.syntax, ()),
        ("stack", "k", "[N]", "words from SS:SP on", doing_looks.stack, ()),
        ("frames", "bt", "", "who called, guessed from the stack", doing_looks.frames, ()),
        ("memory", "m db", "[PLACE] [BYTES]", "memory, without side effects", doing_looks.memory, ("m ss:sp 40",)),
        ("write", "e", 'PLACE BYTES|"TEXT"', "put bytes into RAM", doing_looks.write, ('e 400 "M1"',)),
        (
            "search", "", '[FIRST-LAST] BYTES|"TEXT"', "where bytes are; .. is any byte", doing_looks.search,
            ('search "Battery"', "search 0-FFFF 12 .. 34"),
        ),
        ("print", "?", "EXPRESSION", "what it is", doing_looks.print_value, ("print w[ss:sp]", "print al & 0F")),
        ("symbols", "", "[PART]", "names with PART", doing_looks.symbols, ()),
        ("label", "", "NAME [PLACE]", "give a place a name", doing_files.label, ("label put_letter F0A11",)),
        ("lcd", "", "", "the display", doing_looks.lcd, ()),
        ("timeline", "", "[N]", "what the LCD has shown, the last N pictures", doing_past.timeline, ()),
        ("irq", "", "", "the interrupt controller, and what the CPU waits for", doing_looks.irq, ()),
        (
            "history", "hist", "[REGISTER] [N]", "the last N steps; or those that changed a register",
            doing_past.history, ("history 30", "history sp"),
        ),
        ("ports", "", "[N] [PORT[-LAST]]", "the last N accesses to ports before now", doing_past.ports, ()),
        (
            "latches", "", "[PORT[-LAST]]", "the last byte read from each port, and written to it",
            doing_past.latches, ("latches 0A00-0A0F",),
        ),
        ("peek", "", "PORT", "what a port would read, without side effects", doing_looks.peek, ()),
        ("where", "", "", "time, steps, display, next instruction", doing_looks.where, ()),
    ),
    "instrument": (
        ("power", "", "on|off [KEY ...]", "the switch; keys held for two seconds", doing_hands.power, ()),
        ("press", "", "KEY [SECONDS]", "press a panel key; it comes up as time passes", doing_hands.press, ()),
        ("down", "", "KEY", "put a panel key down", doing_hands.down, ()),
        ("up", "", "KEY", "let it go", doing_hands.up, ()),
        ("value", "", "N", "move VALUE to 0-127", doing_hands.value, ()),
        ("midi", "", "BYTES", "send bytes into MIDI IN", doing_hands.midi, ("midi 90 3C 64",)),
        ("cell", "", "CELL", "another cell: fresh, low, dead, absent, volts, CR2032", doing_hands.cell, ("cell 2.4",)),
        ("card", "", "insert FILE|eject", "the program card", doing_hands.card, ()),
        ("reset", "", "", "pull /RESET low for a moment", doing_hands.reset, ()),
        ("in", "", "PORT", "really read a port, with all that the device makes of it", doing_hands.port_in, ()),
        ("out", "", "PORT BYTE", "really write to a port", doing_hands.port_out, ()),
    ),
    "files": (
        ("save", "", "FILE", "save the state of everything", doing_hands.save, ()),
        ("load", "", "FILE", "go on from a saved state", doing_hands.load, ()),
        ("dump", "", "FILE FIRST-LAST", "write memory to a new file", doing_files.dump, ("dump ram.bin 0-FFFF",)),
        ("put", "", "FILE PLACE", "put a file into RAM", doing_files.put, ()),
        ("labels", "", "[FILE]", "names given here; in a new file, for --symbols", doing_files.labels, ()),
        (
            "trace", "", "FILE [WORDS]|off", "write down what runs from now on; words as of --trace-filter",
            doing_files.trace, ("trace x.trace exec=F0A00-F0AFF,out", "trace x.kmt", "trace off"),
        ),
        ("log", "", "FILE|off", "write commands down, with what they say behind ;", doing_hands.log, ()),
        ("source", "", "FILE", "carry out the commands in a file", doing_hands.source, ()),
        ("help", "h", "[COMMAND]", "this, or all about one", help_text, ()),
        ("quit", "q exit", "", "the power goes off, and files are saved", leave, ()),
    ),
}

COMMANDS: Mapping[str, Command] = MappingProxyType({
    name: Command(name, tuple(short.split()), usage, text, deed, group, examples)
    for group, rows in _ROWS.items() for name, short, usage, text, deed, examples in rows
})
"""By name, in the order of the help."""
WORDS: Mapping[str, Command] = MappingProxyType({
    **{short: command for command in COMMANDS.values() for short in command.short}, **COMMANDS,
})
"""By every word."""
