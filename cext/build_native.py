"""Build recipe of korgm1._native: every cext/*.c in one cffi API-mode module for the limited API (abi3).

NAME.cdef declares what Python sees of NAME.h. setuptools runs this file with the project's root as working directory.
"""

import os
import sysconfig
from pathlib import Path

from cffi import FFI

HERE = Path("cext")
CDEFS = sorted(HERE.glob("*.cdef"))
COMPILER = os.environ.get("CC") or sysconfig.get_config_var("CC") or ""
LTO = ["-flto=auto"] if "gcc" in COMPILER else []   # docs/performance.md; clang would need a linker of its own

ffibuilder = FFI()
ffibuilder.cdef("\n".join(path.read_text("utf-8") for path in CDEFS))
ffibuilder.set_source(
    "korgm1._native",
    "\n".join(f'#include "{path.stem}.h"' for path in CDEFS),
    sources=[str(path) for path in sorted(HERE.glob("*.c"))],
    include_dirs=[str(HERE)],
    depends=[str(path) for path in sorted(HERE.glob("*.h"))],
    extra_compile_args=["-O3", "-std=c11", *LTO],
    extra_link_args=["-O3", *LTO],
    py_limited_api=True,
)

if __name__ == "__main__":
    ffibuilder.compile(verbose=True)
