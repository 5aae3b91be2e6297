"""Which guesses a sound stands on."""

from __future__ import annotations

from typing import Any

from korgm1.session import Session
from korgm1.sound.output_stage import DEPENDS

SAMPLES = (
    "H-FS", "H-TGW", "H-MDEP", "H-INT", "H-LOOP", "H-PAN", "H-BUS", "H-VDF8", "H-VDF12", "H-CUT", "H-FXALG",
    "H-MDE-DUAL", "H-MDE-OUT34", "H-PCM-CARD",
)  # fmt: skip
"""The guesses that the samples stand on, whatever they are looked at with."""
OPENM1 = (
    "H-PARTS", "H-DRUM-KEYS", "H-AT", "H-VEL", "H-VDA", "H-TRACK", "H-CUT99", "H-EG", "H-EG-TIME", "H-EG-DEPTH", "H-MG",
)  # fmt: skip
"""Those of OpenM1's own laws."""


def guesses(session: Session, view: str) -> dict[str, Any]:
    """The hypotheses, with their values, that what is heard in this view depends on; and every other that was changed.

    >>> "H-LPF" in guesses(Session(), "analogue"), "H-LPF" in guesses(Session(), "digital")
    (True, False)
    """
    own = OPENM1 if session.firmware.name == "OpenM1" else ()
    ids = (*SAMPLES, *own, *DEPENDS[view], *session.hypotheses.changed())
    known = session.hypotheses.all()
    return {key: known[key] for key in dict.fromkeys(ids) if key in known}
