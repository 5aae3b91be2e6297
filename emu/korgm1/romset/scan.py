"""Dumps from files, folders and zips: bounded in depth, number and size; nothing is ever unpacked to disk.

A path inside a zip is only text here: it is shown to the user and never opened or created.
"""

from __future__ import annotations

import io
import lzma
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from korgm1.errors import UserError
from korgm1.romset.database import Database
from korgm1.romset.finding import Finding
from korgm1.romset.identify import Fault, Identity, Verdict, identify
from korgm1.romset.image import HALF, IMAGE, reset_jump
from korgm1.romset.pairs import Dump, OsSet, find_sets
from korgm1.romset.text_forms import is_text, read_text
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
MAX_NESTED = 0x100_0000
"""Bytes of the largest zip inside a zip that is opened."""
MAX_ZIPS = 4
"""Zips inside each other that are opened."""
MIN_FILE = 0x2000
"""Files below this many bytes are passed over in folders and zips."""

SYSTEM = ("/proc", "/sys", "/dev")
"""Folders of no real files; passed over unless they are named."""

_SUFFIX = re.compile(
    r"\.(?:bin|rom|raw|hex|ihx|ihex|h86|mcs|obj|s19|s28|s37|mot|srec|txt|epr|eprom|prom|dump|dmp|img|gz"
    r"|(?:27|28)c?\d+|ic\d+|u\d+)$", re.IGNORECASE,
)
_GZIP = b"\x1f\x8b\x08"
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
            self.entries(path, name, 1)
        except _ZIP_ERRORS as error:
            self.found.notes.append(f"{name} is a damaged zip: {_reason(error)}")

    def entries(self, file: Path | BinaryIO, name: str, depth: int) -> None:
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                inside = f"{name}:{printable(entry.filename)}"
                if self.files >= MAX_FILES or self.left <= 0:
                    return self.full(Path(inside))
                if entry.is_dir():
                    continue
                if entry.filename.lower().endswith(".zip"):
                    self.nested(archive, entry, inside, depth)
                elif self.wanted(inside, entry.file_size, named=False):
                    data = self.entry(archive, entry, inside, MAX_FILE)
                    if data is not None:
                        self.dump(inside, data, named=False, archive=name)

    def nested(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, depth: int) -> None:
        self.files += 1
        if depth >= MAX_ZIPS or entry.file_size > MAX_NESTED:
            self.found.notes.append(f"{name} is a zip inside a zip, too deep or too large: unpack the outer one")
            return
        data = self.entry(archive, entry, name, MAX_NESTED)
        if data is None:
            return
        self.left -= len(data)
        try:
            self.entries(io.BytesIO(data), name, depth + 1)
        except _ZIP_ERRORS as error:
            self.found.notes.append(f"{name} is a damaged zip: {_reason(error)}")

    def entry(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, most: int) -> bytes | None:
        if entry.flag_bits & 1:
            self.found.notes.append(f"{name} is encrypted: unpack it first")
            return None
        try:
            with archive.open(entry) as file:
                return file.read(most + 1)
        except _ZIP_ERRORS as error:
            self.found.notes.append(f"{name} cannot be unpacked: {_reason(error)}")
            return None

    def wanted(self, name: str, size: int, named: bool) -> bool:
        """Is a file of this name and size worth reading? Counts it."""
        self.files += 1
        if size > MAX_FILE and named:
            text = f"{size:,} bytes, more than any M1 ROM"
            other = Identity(size, 0, "", Verdict.OTHER, text, faults=(Fault("size", text),))
            self.found.dumps.append(Dump(name, other))
            return False
        power_of_two = size & (size - 1) == 0
        likely = MIN_FILE <= size <= MAX_FILE and (power_of_two or _SUFFIX.search(name) is not None)
        if not named and not likely:
            self.found.passed += 1
            return False
        return True

    def dump(self, name: str, data: bytes, named: bool, archive: str = "") -> None:
        self.left -= len(data)
        if data.startswith(_GZIP):
            unpacked = self.unpacked(name, data)
            if unpacked is None:
                return
            data = unpacked
        remarks: tuple[Finding, ...] = ()
        text = read_text(data)
        if text is not None and text.data:
            data, remarks = text.data, text.findings
        elif is_text(data) and not named:
            self.found.passed += 1
            return
        identity = identify(data, self.database)
        if text is not None and not text.data:
            faults = tuple(Fault(one.code, one.text, one.hint) for one in text.findings)
            identity = replace(identity, verdict=Verdict.OTHER, what=f"a file of {text.form}", faults=faults)
        if len(data) in self.keep and not identity.data:
            self.found.dumps.append(Dump(name, replace(identity, data=data), archive, data, remarks))
            return
        unknown = identity.verdict is Verdict.OTHER and bool(identity.faults) and identity.faults[0].code == "unknown"
        if unknown and self.several(name, data):
            return
        if unknown and not named and not remarks and trim(data, self.database) is None:
            self.found.passed += 1
            self.found.chips += len(data) == CHIP
            return
        self.found.dumps.append(Dump(name, identity, archive, data, remarks))

    def unpacked(self, name: str, data: bytes) -> bytes | None:
        """What is in a gzip file, `MAX_FILE` bytes and one at most."""
        unpacker = zlib.decompressobj(31)
        try:
            out = unpacker.decompress(data, MAX_FILE + 1)
        except zlib.error as error:
            self.found.notes.append(f"{name} is a damaged gzip file: {_reason(error)}")
            return None
        self.left -= len(out)
        if not unpacker.eof and len(out) <= MAX_FILE:
            self.found.notes.append(f"{name} is a gzip file whose end is missing: {len(out):,} bytes are left of it")
        return out

    def several(self, name: str, data: bytes) -> bool:
        """The chips of a file that holds more than a pair, each as if it were a file in a folder of that name."""
        if len(data) <= IMAGE or len(data) % HALF or trim(data, self.database) is not None:
            return False
        chips: list[Dump] = []
        at = 0
        while at < len(data):
            pair, half = data[at : at + IMAGE], data[at : at + HALF]
            size = IMAGE if len(pair) == IMAGE and reset_jump(pair) is not None else HALF
            identity = identify(pair if size == IMAGE else half, self.database)
            if size == IMAGE or identity.verdict in (Verdict.KNOWN, Verdict.ALTERED):
                chips.append(Dump(f"{name}:{at:05X}", identity, name, data[at : at + size]))
            at += size
        self.found.dumps += chips
        if chips:
            places = ", ".join(f"{dump.base}-{int(dump.base, 16) + len(dump.raw) - 1:05X}" for dump in chips)
            self.found.notes.append(f"{name} holds several chips: {places}")
        return bool(chips)


def _reason(error: BaseException) -> str:
    return printable(getattr(error, "strerror", None) or str(error) or type(error).__name__)
