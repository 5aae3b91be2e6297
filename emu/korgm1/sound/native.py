"""The C side of the sound layer: the one place where it imports the extension.

Sources: each chip's own module and cext/*.h.
"""

from __future__ import annotations

from korgm1._native import ffi as ffi
from korgm1._native import lib as lib
