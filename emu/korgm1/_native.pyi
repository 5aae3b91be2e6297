"""The compiled C extension (cext/), seen by the type checker."""

from typing import Any

ffi: Any
lib: Any
