r"""Static analysis of a V50 firmware: `analyse(image)` finds its code, data and what they refer to.

>>> list(analyse(b"\xcc" * 131072).functions)
[1048560]
"""

from korgm1.analysis.analyse import analyse
from korgm1.analysis.program import (
    UNKNOWN_PORT,
    Block,
    Copy,
    Executed,
    Function,
    Gap,
    Placed,
    PortUse,
    Program,
    Table,
    Text,
    Xref,
    physical,
)

__all__ = [
    "UNKNOWN_PORT", "Block", "Copy", "Executed", "Function", "Gap", "Placed", "PortUse", "Program", "Table", "Text",
    "Xref", "analyse", "physical",
]
