"""The options of `boot` that count what the CPU does, and the files they ask for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from korgm1.errors import UsageError
from korgm1.files import check_writable

if TYPE_CHECKING:
    from korgm1.profiling import Profile
    from korgm1.session import Session


def add_profile_options(group: argparse._ArgumentGroup) -> None:
    """What `begin_profile` and `write_profile` read."""
    group.add_argument(
        "--profile", metavar="FILE", help="write clocks by function as folded stacks (korgm1 trace profile --help)"
    )
    group.add_argument(
        "--coverage", metavar="FILE", help="draw what of ROM and RAM was used, a PNG (korgm1 trace coverage --help)"
    )


def begin_profile(session: Session, args: argparse.Namespace) -> Profile | None:
    """Have the session followed if the options ask for it.

    Raises:
        UsageError: together with a trace.
        UserError: a file that cannot be written, or matplotlib is missing.
    """
    if not (args.profile or args.coverage):
        return None
    from korgm1.profiling import Profile

    if args.trace:
        option = "--profile" if args.profile else "--coverage"
        hint = "korgm1 trace profile FILE makes a profile of the trace"
        raise UsageError(f"{option} and --trace exclude each other", "one of them", hint)
    if args.coverage:
        from korgm1.verbs.plotting import check_picture

        check_picture(Path(args.coverage))
    for name in (args.profile, args.coverage):
        if name:
            check_writable(Path(name))
    profile = Profile()
    session.follow(profile)
    return profile


def write_profile(session: Session, args: argparse.Namespace, profile: Profile) -> None:
    """Write the files that were asked for.

    Raises:
        UserError: one cannot be written.
    """
    if args.profile:
        from korgm1.verbs.trace_names import names_of
        from korgm1.verbs.trace_profile import write_folded

        write_folded(Path(args.profile), profile, names_of(session.firmware.image, profile))
    if args.coverage:
        from korgm1.verbs.coverage_plot import draw

        firmware = session.firmware
        draw(Path(args.coverage), profile, f"What a boot of {firmware.name} {firmware.version} used of the memory")
