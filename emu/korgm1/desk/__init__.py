"""A live instrument and everything that somebody at a desk can do to it.

No host time, no graphics, no threads: whoever has those (`korgm1 run`, `korgm1 serve`) lets desk time pass with `run`.
`korgm1.desk.commands` has the same as words.

>>> from korgm1.desk import Desk
>>> from korgm1.session import Session
>>> desk = Desk(Session(battery="dead"))
>>> desk.power(True); desk.run(40_000_000); desk.lcd[1].rstrip()
'Battery Low (Internal)'
"""

from __future__ import annotations

from korgm1.desk.scenes import Scenes
from korgm1.desk.status import LiveStatus, Message


class Desk(Scenes):
    """One instrument on the desk.

    Args:
        session: the instrument, on or off; always ask the desk for it, it may be another one later.
        minutes: how far back `rewind` goes; 0: nowhere.
        own_image: its RAM's file is what the user keeps from run to run, see `korgm1.desk.supply.Mains`.
    """


__all__ = ["Desk", "LiveStatus", "Message"]
