"""The Engine on Unicorn 2.1.4, the default: a 386 in 16-bit mode made a V30 by cext/unicorn_glue.c.

Unicorn translates and runs what both CPUs do alike; the V30 core executes the rest on the same memory, counts every
clock and takes the interrupts, so registers, flags, clocks, bus order and port stamps are those of `V30Engine`.
Confirmed by the recordings `korgm1 cpu-check --engine unicorn` runs and by `--engine lockstep`. The library is the one
inside the installed `unicorn` package, whose Python module is never imported.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from korgm1.cpu.native import ffi, lib
from korgm1.cpu.v30_engine import V30Engine
from korgm1.errors import UserError, pip_install

VERSION = "2.1.4"
"""The only version the glue is made for: its traps were measured, and its flags compared, on this one."""

_NAMES = ("libunicorn.so.2", "libunicorn.2.dylib")


@cache
def library_path() -> Path:
    """The shared library of the installed Unicorn.

    Raises:
        UserError: there is none.

    >>> library_path().name.startswith("libunicorn")
    True
    """
    spec = find_spec("unicorn")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for name in _NAMES:
            path = Path(folder) / "lib" / name
            if path.is_file():
                return path
    raise unusable("Unicorn's library is not installed")


def unusable(found: str) -> UserError:
    """The error of an engine that cannot be made without Unicorn."""
    return UserError(found, f"Unicorn {VERSION}", f"{pip_install(f'unicorn=={VERSION}')}, or add --engine v30")


def make_native(make: Callable[..., Any], free: Callable[[Any], None], *arguments: Any) -> Any:
    """What `make` of the C side gives for the library, freed with its last reference.

    Raises:
        UserError: the library is missing, cannot be loaded or is another version.
    """
    path = library_path()
    why = ffi.new("const char **")
    made = make(os.fsencode(path), *arguments, why)
    if made == ffi.NULL:
        raise unusable(f"Unicorn's library {path} cannot be used: {ffi.string(why[0]).decode()}")
    return ffi.gc(made, free)


class UnicornEngine(V30Engine):
    """The CPU on Unicorn; arguments as those of `V30Engine`.

    Raises:
        UserError: Unicorn is missing or another version.
    """

    name = "unicorn"

    def _begin(self) -> None:
        self._glue = make_native(lib.unicorn_glue_new, lib.unicorn_glue_free, self._cpu, self.bus.pointer)

    @property
    def delegated(self) -> int:
        """Steps (instructions, elements of repeated ones, interrupts) left to the V30 core so far."""
        return int(lib.unicorn_glue_delegated(self._glue))

    def run(self, until: int) -> None:
        """Run to the first boundary at or after `until`; raises what a callback raised.

        Raises:
            UserError: Unicorn refused the memory map.
        """
        self._cpu.horizon = until
        if not self._watched_run():
            lib.unicorn_glue_run(self._glue)
        self.bus.raise_pending()
        error = lib.unicorn_glue_error(self._glue)
        if error != ffi.NULL:
            raise unusable(f"Unicorn cannot run: {ffi.string(error).decode()}")

    def host_wrote(self, start: int, size: int) -> None:
        """Forget what was translated from `size` bytes at `start`."""
        lib.unicorn_glue_forget(self._glue, start, size)

    def pages_changed(self) -> None:
        """The memory map's page kinds changed; in a callback too."""
        super().pages_changed()
        lib.unicorn_glue_remap(self._glue)
