"""A song played to an instrument: its banks loaded, a sound selected, then MIDI by the song's own clock.

What the instrument is asked and answers is the published MIDI implementation, so a dump of Korg's firmware is asked the
same. Nothing here knows files or the host's time; `korgm1 render` and `korgm1 play` are shells around it.
"""

from korgm1.performance.asking import PATIENCE, REFUSALS, Sound, function_of, load, select, talk
from korgm1.performance.guesses import guesses
from korgm1.performance.playing import Frames, Song, begin, check_length, play, stream

__all__ = ["PATIENCE", "REFUSALS", "Frames", "Song", "Sound", "begin", "check_length", "function_of", "guesses", "load",
           "play", "select", "stream", "talk"]
