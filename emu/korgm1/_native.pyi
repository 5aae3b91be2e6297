"""The compiled cores (cext/), by cffi; every object of it is a cdata without a static type."""

from typing import Any

ffi: Any
lib: Any
