"""Writing files so that a power cut leaves the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path

from korgm1.errors import UsageError, UserError

BACKUPS = 3
"""How many older versions `write_atomic` keeps: NAME.1 is the newest."""


def write_atomic(path: Path, data: bytes, backups: int = 0) -> None:
    """Write `data` to a temporary name beside `path`, sync it, and rename it over `path`.

    A link is followed; an existing file keeps its permissions.

    Args:
        path: the file; its folder is made when missing. What is there must be a file.
        data: the whole content.
        backups: how many older versions to keep as NAME.1 (newest) to NAME.n. An unchanged file makes none.

    Raises:
        UserError: the file cannot be written; the old content is still there.
    """
    temporary = None
    try:
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = 0o666 & ~_umask()
        if path.exists():
            _want_file(path)
            mode = stat.S_IMODE(path.stat().st_mode)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        if backups and path.exists() and path.read_bytes() != data:
            _rotate(path, backups)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:    # RuntimeError: links that go in a circle
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise unwritten(path, error) from error


def check_writable(path: Path) -> None:
    """Find out now whether `write_atomic` will be able to write `path` later.

    Raises:
        UserError: it will not.
    """
    try:
        path = path.resolve()
        if path.exists():
            _want_file(path)
        folder = next((parent for parent in path.parents if parent.exists()), path.parent)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, RuntimeError) as error:
        raise unwritten(path, error) from error


def unwritten(path: Path, error: Exception) -> UserError:
    """What to say of a file that the system did not let us write.

    >>> str(unwritten(Path("x"), OSError(28, "No space left on device")))
    'x cannot be written: No space left on device; expected room on the disk'
    """
    full = (getattr(errno, name, None) for name in ("ENOSPC", "EDQUOT", "EFBIG"))
    expected = "room on the disk" if getattr(error, "errno", 0) in full else "a folder you may write to"
    return UserError(f"{path} cannot be written: {_reason(error)}", expected)


def check_ending(path: Path, ending: str, kind: str) -> None:
    """Refuse a name that promises another kind of file; one without an ending promises nothing.

    Args:
        path: what is to be written.
        ending: the one it may have, in small letters.
        kind: what the files are, for the message.

    Raises:
        UsageError: it ends as if it were something else.

    >>> check_ending(Path("x.WAV"), ".wav", "sound is WAV")
    >>> check_ending(Path("x.mp3"), ".wav", "sound is WAV")
    Traceback (most recent call last):
    korgm1.errors.UsageError: x.mp3 is to be a .mp3 file; expected a name ending in .wav: sound is WAV
    """
    if path.suffix.lower() not in ("", ending):
        raise UsageError(f"{path} is to be a {path.suffix} file", f"a name ending in {ending}: {kind}")


def check_apart(
    reads: Iterable[tuple[str, str | None]], writes: Iterable[tuple[str, str | None]],
    over: Collection[tuple[str, str]] = (),
) -> None:
    """Refuse, before any work, what would write over an input or over another output.

    Args:
        reads: (option, file name or None) of every input.
        writes: the same of every output, and of what is both.
        over: (output, input) that may be the same file.

    Raises:
        UsageError: two of them are the same file.

    >>> check_apart([("--sram", "x")], [("-o", "x"), ("--plot", "p")], over=[("-o", "--sram")])
    >>> check_apart([], [("--sram", "x"), ("--png", "./x")])
    Traceback (most recent call last):
      ...
    korgm1.errors.UsageError: --png and --sram are the same file, ./x; expected two files
    """
    taken = [(option, name) for option, name in reads if name]
    for option, name in writes:
        if not name:
            continue
        for other, known in taken:
            if _same(name, known) and (option, other) not in over:
                raise UsageError(f"{option} and {other} are the same file, {name}", "two files")
        taken.append((option, name))


class PartFile:
    """A long file being written: NAME.part, which becomes NAME when it is whole.

    What stood at NAME stays until then; a killed process leaves NAME.part. A link is followed; what is there must be a
    file.

    Args:
        path: NAME; its folder is made when missing.
        sync: wait for the disk before it gets its name.

    Raises:
        UserError: it cannot be written.
    """

    def __init__(self, path: Path, sync: bool = True) -> None:
        self.path = path
        self._sync = sync
        try:
            self.path = path = path.resolve()
            if path.exists():
                _want_file(path)
            self._part = path.with_name(f"{path.name}.part")
            if self._part.exists():
                _want_file(self._part)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("wb", buffering=0)
        except (OSError, RuntimeError) as error:
            raise self._failed(error) from error

    def write(self, data: bytes) -> None:
        """Hand `data` to the operating system.

        Raises:
            UserError: it cannot be written.
        """
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """The file is whole: give it its name.

        Raises:
            UserError: it cannot be written; NAME.part is still there.
        """
        try:
            with self._file as file:
                if self._sync:
                    os.fsync(file.fileno())
            os.replace(self._part, self.path)
        except OSError as error:
            raise self._failed(error) from error

    def patch(self, at: int, data: bytes) -> None:
        """Write over what was written at byte `at`.

        Raises:
            UserError: it cannot be written.
        """
        try:
            end = self._file.tell()
            self._file.seek(at)
            self.write(data)
            self._file.seek(end)
        except OSError as error:
            raise self._failed(error) from error

    def abandon(self) -> None:
        """It will never be whole: NAME.part stays as it is."""
        self._file.close()

    def discard(self) -> None:
        """It will never be whole, and nobody has a use for the part: NAME.part goes."""
        self._file.close()
        self._part.unlink(missing_ok=True)

    def _failed(self, error: Exception) -> UserError:
        return unwritten(self.path, error)


def read_file(path: Path, what: str, limit: int = 64 << 20) -> bytes:
    """The content of a file the user named.

    Args:
        path: the file.
        what: what it is meant to be, for the message ("an SRAM image").
        limit: refuse files of more bytes than this.

    Raises:
        UserError: missing, a folder, unreadable or too large.
    """
    try:
        if path.is_dir():
            raise UserError(f"{path} is a folder", f"{what} (a file)")
        if path.exists() and not path.is_file():
            raise UserError(f"{path} is a device or a pipe", f"{what} (a file)")
        with path.open("rb") as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise UserError(f"{path} has more than {limit:,} bytes", what)
        return data
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}", what) from error


def _rotate(path: Path, backups: int) -> None:
    for number in range(backups - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            os.replace(older, path.with_name(f"{path.name}.{number + 1}"))
    first = path.with_name(f"{path.name}.1")
    first.unlink(missing_ok=True)
    try:
        os.link(path, first)
    except OSError:
        first.write_bytes(path.read_bytes())


def _same(a: str, b: str) -> bool:
    try:
        return Path(a).resolve() == Path(b).resolve() or os.path.samefile(a, b)
    except (OSError, RuntimeError):
        return False


def _want_file(path: Path) -> None:
    if not path.is_file():
        what = "a folder" if path.is_dir() else "a device or a pipe"
        raise UserError(f"{path} cannot be written: it is {what}, not a file", "the name of a file")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
