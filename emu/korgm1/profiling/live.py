"""A profile of a running program: what `Session.follow` stands on."""

from __future__ import annotations

from korgm1.cpu.trace import TraceFilter, Tracer
from korgm1.errors import UsageError
from korgm1.machine.m1 import M1
from korgm1.profiling import Profile


class Follower:
    """Feeds a profile with what a machine does, as `tracing.TraceFile` writes it to a file.

    Args:
        profile: what counts.
        words: what of it, see `TraceFilter.parse`; all instructions and interrupts must be among it.

    Raises:
        UsageError: they are not, or the words cannot be understood.
    """

    def __init__(self, profile: Profile, words: str = "all") -> None:
        wanted = TraceFilter.parse(words)
        if not is_whole(wanted):
            raise UsageError(f"{words!r} leaves out instructions or interrupts", "exec,int in it, for a profile")
        self._profile = profile
        self._tracer = Tracer(wanted, profile.feed, packed=True)
        self._machine: M1 | None = None
        profile.words = wanted
        profile.pending = self._tracer.flush

    def attach(self, machine: M1) -> None:
        """From now on this machine is followed."""
        self.detach()
        self._machine = machine
        machine.engine.trace(self._tracer)
        self._profile.mark(machine.clock)

    def detach(self) -> None:
        """No machine is followed."""
        machine, self._machine = self._machine, None
        if machine is not None:
            machine.engine.trace(None)
            self._tracer.flush()
            self._profile.mark(min(machine.clock, self._profile.words.end))

    def close(self) -> None:
        """It is over."""
        self.detach()
        self._profile.pending = lambda: None


def is_whole(wanted: TraceFilter) -> bool:
    """Whether every instruction and every interrupt of its time is in a trace of this filter.

    >>> [is_whole(TraceFilter.parse(words)) for words in ("exec,int,port=402", "exec=F0000-FFFFF,int")]
    [True, False]
    """
    return wanted.interrupts and any(span == (0, 0xFFFFF) for span in wanted.ranges.get("exec", ()))
