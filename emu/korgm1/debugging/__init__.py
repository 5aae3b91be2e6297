"""A debugger for a session: run control, stops, memory and registers, and the way back.

>>> from korgm1.session import Session
>>> from korgm1.debugging import Debugger, Stop
>>> debugger = Debugger(Session()); debugger.power_on()
>>> number = debugger.add(Stop("out", 0x0A00, 0x0A0F))
>>> halt = debugger.go()
>>> halt.reason, halt.stop.number == number, halt.kind
('stop', True, 'out')
>>> debugger.back().reason
'step'
"""

from korgm1.debugging.core import Debugger
from korgm1.debugging.stop import Halt, Stop

__all__ = ["Debugger", "Halt", "Stop"]
