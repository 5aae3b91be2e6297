"""An instrument's years: what happened to its cell, its supply and its memory, event by event.

>>> from korgm1.session import Session
>>> life = live(Session(battery="CR2032", sram=bytes(65536)), "use=5y:3h/week look")
>>> life.steps[1].woken.cells_lost
0
"""

from korgm1.lifetime.events import Event, parse_events
from korgm1.lifetime.live import live
from korgm1.lifetime.looking import WARNING_CODE
from korgm1.lifetime.report import Mark, Report, Step, Stray, Supply, Woken

__all__ = ["WARNING_CODE", "Event", "Mark", "Report", "Step", "Stray", "Supply", "Woken", "live", "parse_events"]
