"""Dumps from files, folders and zips: bounded in depth, number and size; nothing is ever unpacked to disk.

A path inside a zip is only text here: it is shown to the user and never opened or created.
"""

from __future__ import annotations

import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from korgm1.errors import UserError
from korgm1.romset.database import Database
from korgm1.romset.identify import Fault, Identity, Verdict, identify
from korgm1.romset.pairs import Dump, OsSet, find_sets
from korgm1.romset.trimming import trim
from korgm1.sound.waverom import CHIP

MAX_FILE = 0x40_0000
"""Bytes of the largest file that is read: all of the M1's sample ROM in one."""
MAX_TOTAL = 0x800_0000
"""Bytes read in one scan, zips unpacked."""
MAX_FILES = 20_000
"""Files and zip entries, and again folders, looked at in one scan."""
MAX_ZIP = 0x4000_0000
"""Bytes of the largest zip that is opened."""
MAX_DEPTH = 6
"""Folders below the one named."""
MIN_FILE = 0x2000
"""Files below this many bytes are passed over in folders and zips."""

SYSTEM = ("/proc", "/sys", "/dev")
"""Folders of no real files; passed over unless they are named."""

_SUFFIXES = (".bin", ".rom", ".hex", ".s19", ".ic23", ".ic32", ".epr", ".dump", ".img")
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
)


@dataclass
class Scan:
    """What a scan found: `dumps`, the OS `sets` among them, the number of files `passed` over, how many of these
    are as large as a sample ROM (`chips`), `notes` for the user."""

    dumps: list[Dump] = field(default_factory=list)
    sets: list[OsSet] = field(default_factory=list)
    passed: int = 0
    chips: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def useful(self) -> bool:
        """True where at least one set runs or one part is known."""
        verdicts = {dump.identity.verdict for dump in self.dumps}
        return any(one.status != "broken" for one in self.sets) or bool(verdicts & {Verdict.KNOWN, Verdict.ALTERED})


def scan(
    paths: Iterable[str | os.PathLike[str]], database: Database, keep: frozenset[int] = frozenset()
) -> Scan:
    """Identify every dump below `paths` (files, folders, zips).

    Args:
        paths: where to look.
        database: the ROMs we know.
        keep: sizes of which unknown dumps are listed with their bytes, too, instead of being passed over.

    Raises:
        UserError: a path that does not exist or cannot be read.
    """
    return _Scanner(database, keep).run([Path(path) for path in paths])


def printable(name: str) -> str:
    """A file name that can be shown: control characters and broken encodings as escapes.

    >>> printable("a\\x1b[2J.bin")
    'a\\\\x1b[2J.bin'
    """
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in name
    )
    return shown.encode("utf-8", "backslashreplace").decode()


class _Scanner:
    def __init__(self, database: Database, keep: frozenset[int]) -> None:
        self.database = database
        self.keep = keep
        self.found = Scan()
        self.left = MAX_TOTAL
        self.files = self.folders = 0

    def run(self, paths: list[Path]) -> Scan:
        for path in paths:
            try:
                mode = path.stat().st_mode
                if stat.S_ISDIR(mode):
                    self.folder(path)
                elif stat.S_ISREG(mode):
                    self.file(path, named=True)
                else:
                    raise UserError(f"{printable(str(path))} is a device or a pipe", "a file, a folder or a zip")
            except FileNotFoundError:
                raise UserError(f"{printable(str(path))} does not exist", "a file, a folder or a zip") from None
            except (OSError, ValueError) as error:
                raise UserError(f"{printable(str(path))} cannot be read: {_reason(error)}") from None
        self.found.sets = find_sets(self.found.dumps, self.database)
        return self.found

    def folder(self, top: Path) -> None:
        for where, folders, names in os.walk(top):
            here = Path(where)
            folders[:] = sorted(name for name in folders if not self.is_system(here / name))
            if folders and len(here.relative_to(top).parts) >= MAX_DEPTH:
                folders.clear()
                self.left_out(f"folders more than {MAX_DEPTH} deep were not looked at, as below", here)
            self.folders += 1
            for name in sorted(names):
                self.file(here / name, named=False)
                if self.files >= MAX_FILES or self.left <= 0:
                    return self.full(here / name)
            if self.folders >= MAX_FILES:
                return self.full(here)

    def is_system(self, path: Path) -> bool:
        if os.path.abspath(path) not in SYSTEM:
            return False
        self.found.notes.append(f"{printable(path.as_posix())} was not looked at: it holds no real files")
        return True

    def full(self, last: Path) -> None:
        limit = f"{MAX_TOTAL >> 20} MB" if self.left <= 0 else f"{MAX_FILES:,} files or folders"
        self.left_out(f"{limit} were looked at; left out is what comes after", last)

    def left_out(self, text: str, where: Path) -> None:
        if not any(note.startswith(text) for note in self.found.notes):
            self.found.notes.append(f"{text} {printable(where.as_posix())}: name the folder with the dumps")

    def file(self, path: Path, named: bool) -> None:
        name = printable(path.as_posix())
        try:
            if not named and not path.is_file():
                return
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if file.read(4) in (b"PK\x03\x04", b"PK\x05\x06"):
                    self.zip(path, name, size)
                    return
                if self.wanted(name, size, named):
                    file.seek(0)
                    self.dump(name, file.read(MAX_FILE + 1), named)
        except OSError as error:
            if named:
                raise
            self.found.notes.append(f"{name} cannot be read: {_reason(error)}")

    def zip(self, path: Path, name: str, size: int) -> None:
        if size > MAX_ZIP:
            self.found.notes.append(f"{name} has {size:,} bytes, too many for ROM dumps: unpack what you need")
            return
        try:
            with zipfile.ZipFile(path) as archive:
                for entry in archive.infolist():
                    inside = f"{name}:{printable(entry.filename)}"
                    if self.files >= MAX_FILES or self.left <= 0:
                        return self.full(Path(inside))
                    if entry.filename.lower().endswith(".zip"):
                        self.found.notes.append(f"{inside} is a zip inside a zip: unpack the outer one")
                    elif not entry.is_dir() and self.wanted(inside, entry.file_size, named=False):
                        self.entry(archive, entry, inside, name)
        except _ZIP_ERRORS as error:
            self.found.notes.append(f"{name} is a damaged zip: {_reason(error)}")

    def entry(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, outer: str) -> None:
        if entry.flag_bits & 1:
            self.found.notes.append(f"{name} is encrypted: unpack it first")
            return
        try:
            with archive.open(entry) as file:
                data = file.read(MAX_FILE + 1)
        except _ZIP_ERRORS as error:
            self.found.notes.append(f"{name} cannot be unpacked: {_reason(error)}")
            return
        self.dump(name, data, named=False, archive=outer)

    def wanted(self, name: str, size: int, named: bool) -> bool:
        """Is a file of this name and size worth reading? Counts it."""
        self.files += 1
        if size > MAX_FILE and named:
            text = f"{size:,} bytes, more than any M1 ROM"
            other = Identity(size, 0, "", Verdict.OTHER, text, faults=(Fault("size", text),))
            self.found.dumps.append(Dump(name, other))
            return False
        power_of_two = size & (size - 1) == 0
        likely = MIN_FILE <= size <= MAX_FILE and (power_of_two or name.lower().endswith(_SUFFIXES))
        if not named and not likely:
            self.found.passed += 1
            return False
        return True

    def dump(self, name: str, data: bytes, named: bool, archive: str = "") -> None:
        self.left -= len(data)
        identity = identify(data, self.database)
        if len(data) in self.keep and not identity.data:
            self.found.dumps.append(Dump(name, replace(identity, data=data), archive, data))
            return
        unknown = identity.verdict is Verdict.OTHER and identity.faults[0].code == "unknown"
        if unknown and not named and trim(data, self.database) is None:
            self.found.passed += 1
            self.found.chips += len(data) == CHIP
            return
        self.found.dumps.append(Dump(name, identity, archive, data))


def _reason(error: BaseException) -> str:
    return printable(getattr(error, "strerror", None) or str(error) or type(error).__name__)
