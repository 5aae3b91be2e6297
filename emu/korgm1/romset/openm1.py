"""The builds of OpenM1 that ship with this package: one source, five versions (roms/openm1/VERSIONS.md).

"24" is the one that runs where nobody asks for another; the rest are there to try tools on that compare versions. What
differs between them is this project's invention and says nothing of Korg's versions.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from korgm1.errors import RomError, UserError

OPENM1 = "openm1"
"""Set id of the build that runs without `--roms`; those of the others begin with it."""
DEFAULT = "24"
"""Its key in `OPENM1_BUILDS`."""
_HALF = 0x10000
_PREFIX = "openm1:"


@dataclass(frozen=True)
class Build:
    """One version of OpenM1.

    `key` is what follows `openm1:`, `version` what the display shows at power-up, `models` whose it is, `id` the set's.
    """

    key: str
    version: str
    models: tuple[str, ...]

    @property
    def id(self) -> str:
        """Set id: "openm1" of the default build, else with the number behind it, as "openm1-19"."""
        return OPENM1 if self.key == DEFAULT else f"{OPENM1}-{self.key}"

    @property
    def word(self) -> str:
        """What `--roms` takes for it."""
        return _PREFIX + self.key

    @property
    def files(self) -> tuple[str, str]:
        """Its files in korgm1/firmware: the even half (IC32), the odd half (IC23).

        >>> OPENM1_BUILDS["19"].files
        ('openm1_19_ic32.bin', 'openm1_19_ic23.bin')
        """
        stem = self.id.replace("-", "_")
        return f"{stem}_ic32.bin", f"{stem}_ic23.bin"

    def pair(self) -> tuple[bytes, bytes]:
        """The even half (IC32) and the odd half (IC23), 65,536 bytes each.

        Raises:
            RomError: this installation has none.
        """
        folder = files("korgm1") / "firmware"
        try:
            even, odd = ((folder / name).read_bytes() for name in self.files)
        except OSError:
            even = odd = b""
        if len(even) != _HALF or len(odd) != _HALF:
            raise RomError(
                f"OpenM1 {self.version} is missing from this installation",
                "two images of 65,536 bytes in korgm1/firmware",
                "install it again",
            )
        return even, odd

    def image(self) -> bytes:
        """Both halves as the V50 sees them: 131,072 bytes at E0000-FFFFF.

        Raises:
            RomError: this installation has none.

        >>> OPENM1_BUILDS["29"].image()[:10]
        b'OpenM1 #29'
        """
        image = bytearray(2 * _HALF)
        image[0::2], image[1::2] = self.pair()
        return bytes(image)


_ALL = ("m1", "m1ex", "m1r", "m1rex")
_KEYS, _RACK = _ALL[:2], _ALL[2:]

OPENM1_BUILDS: Mapping[str, Build] = MappingProxyType({
    build.key: build
    for build in (
        Build("19", "#19", _KEYS), Build("24", "#24", _ALL), Build("29", "#29", _KEYS),
        Build("06", "#06", _RACK), Build("12", "#12", _RACK),
    )
})
"""The builds by the word behind `openm1:`, the older first, the rack's last."""


def asked_for(word: str) -> Build | None:
    """The build that `openm1:NN` names; None where the word is no such thing.

    Raises:
        RomError: there is no build of that number.
        UserError: no number is said, and no file is called so.

    >>> asked_for("openm1:06").version
    '#06'
    """
    if word.lower() == OPENM1 and not os.path.exists(word):
        builds = ", ".join(one.word for one in OPENM1_BUILDS.values())
        raise UserError(f"{word} does not exist", f"which OpenM1 it is: {builds}")
    if not word.lower().startswith(_PREFIX):
        return None
    number = word[len(_PREFIX) :]
    build = OPENM1_BUILDS.get(number)
    if build is None:
        raise RomError(
            f"there is no OpenM1 {number[:40]!r}", "one of " + ", ".join(one.word for one in OPENM1_BUILDS.values())
        )
    return build


@cache
def _by_sha1() -> dict[str, Build]:
    found = {}
    for build in OPENM1_BUILDS.values():
        try:
            found[hashlib.sha1(build.image()).hexdigest()] = build
        except RomError:
            continue
    return found


def build_of(sha1: str) -> Build | None:
    """The build whose image has that SHA-1, None where it is no build of this installation.

    >>> import hashlib
    >>> build_of(hashlib.sha1(OPENM1_BUILDS["12"].image()).hexdigest()).key
    '12'
    """
    return _by_sha1().get(sha1)
