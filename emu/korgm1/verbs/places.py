"""Where the user's own files are. Only this module of its layer imports platformdirs."""

from __future__ import annotations

from pathlib import Path


def data_folder() -> Path:
    """The folder of RAM images that are kept from run to run."""
    import platformdirs

    return Path(platformdirs.user_data_dir("korgm1", appauthor=False))


def keymap_file() -> Path:
    """The key map that is used where no other is named; it need not be there.

    >>> keymap_file().name
    'keys.toml'
    """
    import platformdirs

    return Path(platformdirs.user_config_dir("korgm1", appauthor=False)) / "keys.toml"
