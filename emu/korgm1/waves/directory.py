"""What a multisound is: zones over the keyboard, each a stretch of words with a loop; and the M1's 100 and 44 names.

Numbers and names: the owner's manual, by way of facts m1-hardware 7.1 and 7.2. Where words lie, zones, levels and
loops are our own; nothing of Korg's directory is public. An end is the word behind the last: words `start` to
`loop_end` - 1 are played, then `loop_start` again. A drum sound has one zone, with step 1 at key 60.
"""

from __future__ import annotations

from dataclasses import dataclass

RATE = 31_250
"""Words a second at step 1 (ASSUMED: one frame is 256 clocks of 8 MHz; nobody has measured it)."""
KEYS = 128
UNITY = 256
"""The `level` of a zone whose words are played as they are."""
ROOT_UNIT = 1000
"""Steps of a cent in `Zone.root`."""

MULTISOUNDS = tuple(
    name.replace("_", " ")
    for name in (
        "A.Piano E.Piano1 E.Piano2 Clav Harpsichord Organ1 Organ2 MagicOrgan Guitar1 Guitar2 E.Guitar Sitar1 Sitar2 "
        "A.Bass PickBass E.Bass Fretless SynthBass1 SynthBass2 Vibes Bell Tubular BellRing Karimba KarimbaNT "
        "SynMallet Flute PanFlute Bottles Voices Choir Strings Brass1 Brass2 TenorSax MuteTP Trumpet TubaFlugel "
        "DoubleReed KotoTrem BambooTrem Rhythm Lore LoreNT Flexatone WindBells Pole PoleNT Block BlockNT FingerSnap "
        "Pop Drop DropNT Breath BreathNT Pluck PluckNT VibeHit VibeHitNT Hammer MetalHit MetalHitNT Pick Distortion "
        "DistNT BassThumb BasThumNT1 BasThumNT2 Wire PanWave PingWave FvWave MvWave VoiceWave VoiceWvNT1 VoiceWvNT2 "
        "DWGS_EP1 DWGS_EP2 DWGS_EP3 DWGS_Piano DWGS_Clav DWGS_Vibe1 DWGS_Bass1 DWGS_Bass2 DWGS_Bell1 DWGS_Orgn1 "
        "DWGS_Orgn2 DWGS_Voice SquareWave Digital1 SawWave Digital2 25%_Pulse 10%_Pulse Digital3 Digital4 Digital5 "
        "DWGS_Tri DWGS_Sine"
    ).split()
)
"""The names of multisounds 0 to 99."""

DRUMS = tuple((
    "Kick1 Kick2 Kick3 Snare1 Snare2 Snare3 Snare4 SideStick Tom1 Tom2 ClosedHH1 OpenHH1 ClosedHH2 OpenHH2 Crash "
    "Conga1 Conga2 Timbales1 Timbales2 Cowbell Claps Tambourine E.Tom Ride Rap Whip Shaker Pole Block FingerSnap "
    "Drop VibeHit Hammer MetalHit Pluck FlexaTone WindBell Tubular1 Tubular2 Tubular3 Tubular4 BellRing "
    "Metronome1 Metronome2"
).split())
"""The names of drum sounds 1 to 44; drum 1 is DRUMS[0]."""

TWINS = {
    "KarimbaNT": "Karimba", "LoreNT": "Lore", "PoleNT": "Pole", "BlockNT": "Block", "DropNT": "Drop",
    "BreathNT": "Breath", "PluckNT": "Pluck", "VibeHitNT": "VibeHit", "MetalHitNT": "MetalHit",
    "DistNT": "Distortion", "BasThumNT1": "BassThumb", "BasThumNT2": "BassThumb", "VoiceWvNT1": "VoiceWave",
    "VoiceWvNT2": "VoiceWave",
}
"""The 14 that do not follow the keyboard, and whose words they play at one pitch."""


@dataclass(frozen=True)
class Zone:
    """The keys up to `top_key`, and the words they play.

    `start`, `loop_start` and `loop_end` are word addresses in the wave ROM; loop_start = loop_end where nothing
    repeats. `root` is the pitch heard at step 1, in 1/1000 cent above MIDI key 0 (key 60 is 6,000,000). The words times
    `level` / 256 are as loud as those of any other zone.

    >>> Zone(127, 0, 10, 90, 6_001_500, 256).root_key, Zone(127, 0, 10, 90, 6_001_500, 256).root_cents
    (60, 1.5)
    """

    top_key: int
    start: int
    loop_start: int
    loop_end: int
    root: int
    level: int

    @property
    def root_key(self) -> int:
        """The MIDI key nearest to the root."""
        return (self.root + 50 * ROOT_UNIT) // (100 * ROOT_UNIT)

    @property
    def root_cents(self) -> float:
        """How many cents the root lies above `root_key`, -50 to 50."""
        return (self.root - self.root_key * 100 * ROOT_UNIT) / ROOT_UNIT

    @property
    def words(self) -> int:
        """How many words it has."""
        return self.loop_end - self.start


@dataclass(frozen=True)
class Sound:
    """A multisound (0 to 99) or a drum sound (1 to 44).

    `zones` are sorted by `top_key`, the last of which is 127. `tracking` is False where every key sounds alike,
    `one_shot` is True where it ends instead of repeating, `pitched` where keys can be told by ear; `made` says how the
    words are made.
    """

    number: int
    name: str
    zones: tuple[Zone, ...]
    tracking: bool
    one_shot: bool
    pitched: bool
    made: str

    def zone(self, key: int) -> Zone:
        """The zone of a key, 0 to 127."""
        return next(zone for zone in self.zones if key <= zone.top_key)
