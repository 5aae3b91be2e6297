"""Names for the places of a trace: the options that say where they come from."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from korgm1.errors import UsageError, UserError

if TYPE_CHECKING:
    from korgm1.profiling import Profile
    from korgm1.symbols import Symbols


def add_name_options(parser: argparse.ArgumentParser) -> None:
    """What `symbols_of` reads."""
    parser.add_argument(
        "--symbols", metavar="CSV", help="names of functions: a CSV file with the columns address and name"
    )
    parser.add_argument(
        "--firmware", metavar="FIRMWARE",
        help="names that the analysis of the traced firmware gives: a dump (one word); default: those of an OpenM1",
    )


def symbols_of(args: argparse.Namespace, profile: Profile | None = None) -> Symbols:
    """The names of --symbols or --firmware; without either those of a traced build of OpenM1, else none.

    Args:
        args: the options.
        profile: a run of that firmware, of which the analysis learns more.

    Raises:
        UsageError: both are given.
        UserError: the file cannot be used, or the profile is of another firmware.
        RomError: there is no such firmware.
    """
    from korgm1.romset.openm1 import build_of
    from korgm1.symbols import Symbols, read_symbols

    if args.symbols and args.firmware:
        raise UsageError("--symbols and --firmware exclude each other", "names from one of them")
    if args.symbols:
        return read_symbols(args.symbols)
    if not args.firmware:
        build = None if profile is None else build_of(profile.firmware.rpartition(" ")[2])
        return Symbols() if build is None else names_of(build.image(), profile)
    from korgm1.romset.firmware_file import read_firmware

    firmware = read_firmware([args.firmware])
    if profile is not None and profile.firmware and firmware.sha1 not in profile.firmware:
        raise UserError(
            f"{args.firmware} is {firmware.name} {firmware.version}, sha1 {firmware.sha1}",
            f"the firmware of the trace, {profile.firmware}",
        )
    return names_of(firmware.image, profile)


def names_of(image: bytes, profile: Profile | None = None) -> Symbols:
    """The names of functions that an analysis gives.

    Args:
        image: the firmware.
        profile: a run of it, of which the analysis learns more.
    """
    from korgm1.analysis import Executed, analyse
    from korgm1.symbols import Symbols

    executed = None
    if profile is not None:
        executed = Executed(frozenset(profile.executed()[["ps", "pc"]].tolist()), {}, profile.called)
    program = analyse(image, executed)
    return Symbols({address: function.name for address, function in program.functions.items()})
