"""Experiments on a firmware: each asks one question that nobody's paper answers, by running the firmware.

Every experiment takes (firmware, model, progress) and returns a frozen dataclass with `to_dict()`. It works on any
128 KB V50 firmware: where one does not come to a page that stands still, the result says so in `notes`.

>>> from korgm1.experiments import battery_threshold
>>> from korgm1.romset.load import load_os
>>> battery_threshold(load_os(None, "m1"), times=False).code
128
"""

from korgm1.experiments.bench import Bench
from korgm1.experiments.hardware import Hardware, hardware
from korgm1.experiments.initial import Initial, NameTable, initial_contents
from korgm1.experiments.interrupts import InterruptMap, interrupt_map
from korgm1.experiments.keys import Held, PowerOnKeys, power_on_keys
from korgm1.experiments.memory_map import MemoryMap, layout
from korgm1.experiments.midi import MidiReplies, Reply, midi_replies
from korgm1.experiments.record import Progress, Range, Record, quiet
from korgm1.experiments.texts import LcdTexts, Text, lcd_texts
from korgm1.experiments.threshold import Threshold, battery_threshold
from korgm1.experiments.validity import Place, Validity, validity

__all__ = [
    "Bench", "Hardware", "Held", "Initial", "InterruptMap", "LcdTexts", "MemoryMap", "MidiReplies", "NameTable",
    "Place", "PowerOnKeys", "Progress", "Range", "Record", "Reply", "Text", "Threshold", "Validity",
    "battery_threshold", "hardware", "initial_contents", "interrupt_map", "layout", "lcd_texts", "midi_replies",
    "power_on_keys", "quiet", "validity",
]
