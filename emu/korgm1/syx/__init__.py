"""Files of the M1's exclusive messages: cut into messages, checked to the byte, taken apart and put together again.

Pure: bytes in, structure out.
"""

from __future__ import annotations

from korgm1.syx.checking import Finding, Report, check
from korgm1.syx.functions import FUNCTIONS, REPLIES, REQUESTS, Function
from korgm1.syx.message import Piece, message, pieces
from korgm1.syx.parts import join, split

__all__ = [
    "FUNCTIONS", "REPLIES", "REQUESTS", "Finding", "Function", "Piece", "Report", "check", "join", "message", "pieces",
    "split",
]
