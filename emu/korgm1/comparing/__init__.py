"""Two firmwares side by side: what differs in what they are, and in what they do.

`compare` is the whole of it; `Comparison` what comes of it.
"""

from korgm1.comparing.comparison import Comparison, compare
from korgm1.comparing.finding import KINDS, Finding

__all__ = ["KINDS", "Comparison", "Finding", "compare"]
