"""What every point of a sweep has in common: the instrument, its RAM at power-off, what whole and empty look like."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from korgm1 import __version__
from korgm1.errors import UsageError
from korgm1.hypotheses import Hypotheses
from korgm1.machine.faults import Faults
from korgm1.romset.load import RomSet
from korgm1.sweep.image import recognisable
from korgm1.sweep.outcome import Reference, reference_of

ENGINE = "v30"
"""The faster one for boots; the others come to the same results, to the clock."""


@dataclass(frozen=True)
class Template:
    """The instrument that all points boot. It can be pickled and sent to another machine.

    Attributes:
        model, firmware, engine, hypotheses, faults: as for `Session`; of the hypotheses only those that were changed.
        image: the RAM at power-off, 65,536 bytes.
        reference: what a boot is compared with.
        image_name: for people.
    """

    model: str
    firmware: RomSet
    engine: str
    image: bytes = field(repr=False)
    hypotheses: Mapping[str, Any]
    faults: tuple[str, ...]
    reference: Reference = field(repr=False)
    image_name: str = ""

    def describe(self) -> dict[str, Any]:
        """What of it decides the results, as plain values."""
        return {
            "program": __version__,
            "model": self.model,
            "firmware": {"name": self.firmware.name, "version": self.firmware.version, "sha1": self.firmware.sha1},
            "image": {"name": self.image_name, "sha1": hashlib.sha1(self.image).hexdigest()},
            "hypotheses": dict(self.hypotheses),
            "faults": list(self.faults),
        }

    @property
    def key(self) -> str:
        """A name under which a worker keeps what it made of this template."""
        whole = {**self.describe(), "engine": self.engine}
        return hashlib.sha1(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def template(
    firmware: RomSet,
    model: str = "m1",
    image: bytes | None = None,
    image_name: str = "",
    engine: str = ENGINE,
    hypotheses: Mapping[str, Any] | None = None,
    faults: Iterable[str] = (),
    asked: Callable[[], object] = lambda: False,
) -> Template:
    """Make a template: three boots for the reference, and without `image` a bank over MIDI (see `recognisable`).

    Raises:
        UsageError: an image of another size, an unknown hypothesis or fault.
        UserError: see `recognisable`.
        Stopped: `asked`, which is looked at often, was true.
    """
    guess, broken = Hypotheses(hypotheses).changed(), Faults(faults).texts
    if image is None:
        image, image_name = recognisable(firmware, model, engine, guess, asked), "recognisable sounds"
    if len(image) != 0x10000:
        raise UsageError(f"the RAM image has {len(image):,} bytes", "65,536 bytes")
    reference = reference_of(firmware, model, image, engine, guess, asked)
    return Template(model, firmware, engine, image, guess, broken, reference, image_name)
