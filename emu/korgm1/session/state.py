"""Snapshots of a session (docs/snapshot-format.md)."""

from __future__ import annotations

import os
from pathlib import Path

from korgm1 import __version__
from korgm1 import snapshot as snapshots
from korgm1.board import sram as sram_chip
from korgm1.board.battery import Battery
from korgm1.board.sram import Wake
from korgm1.errors import SnapshotError, UsageError, UserError
from korgm1.files import write_atomic
from korgm1.hypotheses import Hypotheses, still_open
from korgm1.machine.build import build
from korgm1.machine.faults import Faults
from korgm1.machine.m1 import PORT_LOGS
from korgm1.result import KEPT, Timeline
from korgm1.session.cards import Cards
from korgm1.snapshot import Snapshot


class State(Cards):
    """Saving and taking back."""

    def snapshot(self) -> bytes:
        """The whole instrument, to be taken back with `restore` in any process, on any engine.

        >>> from korgm1.session import Session
        >>> m1 = Session(); m1.power_on(); m1.run(0.2); state = m1.snapshot()
        >>> m1.run(1); later = m1.lcd
        >>> m1.restore(state); m1.run(1); m1.lcd == later
        True
        """
        return snapshots.encode(self.take())

    def take(self, pictures: int = KEPT) -> Snapshot:
        """What `snapshot` encodes, not encoded, for those who keep many; `restore` takes it, too.

        Args:
            pictures: how many of the latest LCD pictures are in it.

        Returns:
            Blocks that may share lists with the running machine: copy or encode them before it goes on.
        """
        machine, clock = self.machine, self.machine.clock
        return Snapshot(
            manifest={
                "program": __version__,
                "model": self.model.name,
                "firmware": {"name": self.firmware.name, "version": self.firmware.version, "sha1": self.firmware.sha1},
                "engine": self.engine_name,
                "clock": clock,
                "powered": self.powered,
                "hypotheses": self.hypotheses.all(),
                "seed": self.seed,
                "faults": list(self.faults.texts),
            },
            blocks={
                "session": {
                    "kept": self._kept,
                    "card": self._card,
                    "power_ups": self._power_ups,
                    "actions": [[at - clock, order, name, value] for at, order, name, value in self._actions],
                    "order": self._order,
                    "sent_at": self._sent_at,
                    "wake": None if self.wake is None else self.wake.snapshot(),
                    "display": self._display.snapshot(pictures),
                },
                **machine.snapshot(),
                **self._foreign.blocks,
            },
            versions={**machine.versions(), **self._foreign.versions},
        )

    def restore(self, data: bytes | Snapshot, card_path: Path | None = None) -> None:
        """Take a snapshot back: the session, its guesses and seed included, goes on exactly as the other one did.

        The engine stays this session's. Blocks that this program does not know are kept for the next `snapshot`.
        The card in the slot is the snapshot's; what is on the one that was in it, if that is another, waits for
        `save_files`. A PCM card is put in or out as it was, if it has ever been in this session's slot. Frames and
        writes to the sound chips that nobody has taken yet are dropped.

        Args:
            data: of `snapshot` or `take`.
            card_path: the file of the snapshot's card, to be written if it holds something else; None: it has none.

        Raises:
            SnapshotError: damaged, of another model, firmware or program version, or made with a guess that turned
                out wrong since; nothing has changed then.
            UsageError: a recording is under way.

        >>> from korgm1.session import Session
        >>> one = Session(engine="v30"); one.power_on(); one.run(0.2)
        >>> other = Session(engine="unicorn"); other.restore(one.snapshot())
        >>> one.run(1); other.run(1); one.sram == other.sram
        True
        """
        if self._monitor is not None:
            raise UsageError("a recording is under way, which a snapshot would break", "the end of the recording first")
        saved = data if isinstance(data, Snapshot) else snapshots.decode(data)
        manifest = saved.manifest
        try:
            model, sha1 = manifest["model"], manifest["firmware"]["sha1"]
            if (model, sha1) != (self.model.name, self.firmware.sha1):
                raise SnapshotError(
                    f"the snapshot is of {model} with firmware {sha1[:12]}",
                    f"{self.model.name} with firmware {self.firmware.sha1[:12]}",
                    "korgm1 state load FILE --roms PATH, where the dump of that firmware is",
                )
            if "session" not in saved.blocks:
                raise SnapshotError("the snapshot has no block 'session'")
            block = saved.blocks["session"]
            hypotheses = Hypotheses(still_open(manifest["hypotheses"]))
            seed, faults = int(manifest["seed"]), Faults(manifest.get("faults", ()))
            battery = Battery.from_text("fresh", hypotheses, seed, faults=faults.network())
            wave_rom, pcm_card = self._wave_rom, self.pcm_card
            was_in = saved.blocks.get("wave_rom", {}).get("card")
            if was_in is None or was_in in self._pcm_cards:
                pcm_card = None if was_in is None else self._pcm_cards[was_in]
            if pcm_card != self.pcm_card or hypotheses["H-PCM-CARD"] != self.hypotheses["H-PCM-CARD"]:
                wave_rom = self._wave_rom_of(hypotheses, pcm_card)
            machine = build(
                self.model, self.firmware.image, self.engine_name, hypotheses, battery, None, faults, wave_rom,
            )
            machine.restore(saved.blocks, saved.versions)
            if block.get("lowest_volts") is not None:
                battery.was_at(float(block["lowest_volts"]))
            wake = None if block.get("wake") is None else Wake.restored(block["wake"])
            clock = machine.clock
            display = Timeline.restored(block["display"])
            actions = [(int(a) + clock, int(b), str(c), d) for a, b, c, d in block["actions"]]
            for _, _, name, _ in actions:
                if not hasattr(self, f"_do_{name}"):
                    raise UsageError(f"an input {name!r} was planned", "one that this program knows")
            numbers = [int(block[name]) for name in ("power_ups", "order", "sent_at")]
            if block["kept"] is not None:
                sram_chip.check_image(block["kept"], "the RAM of the snapshot")
            kept, card, powered = block["kept"], block["card"], bool(manifest["powered"])
        except SnapshotError:
            raise
        except (UsageError, UserError) as error:
            raise SnapshotError(
                f"the snapshot does not fit this machine: {error}", "one of the same program version"
            ) from error
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise SnapshotError(
                "a field of the snapshot is missing, or of a kind this program cannot read: it does not fit this one",
                "one of the same program version", "korgm1 state show FILE, which tells the program it is of",
            ) from error
        if self.card is not None and card_path != self._card_path:
            self._card_out(self.card)
        self.powered = powered
        self._adopt(machine)
        self._wave_rom, self.pcm_card = wave_rom, pcm_card
        self.hypotheses, self.battery, self.faults, self.wake = hypotheses, battery, faults, wake
        self._display, self._actions = display, actions
        self._power_ups, self._order, self._sent_at = numbers
        self._kept, self.seed = kept, seed
        self._card_comes_back(card_path, card)
        self._used = True
        known = {"session", *machine.parts(), *PORT_LOGS}
        self._past_frames, self._past_writes = [], []
        self._foreign = Snapshot(
            blocks={name: b for name, b in saved.blocks.items() if name not in known},
            versions={name: version for name, version in saved.versions.items() if name not in known},
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `snapshot` to a file; an older file stays whole until the new one is.

        Raises:
            UserError: it cannot be written.
        """
        write_atomic(Path(path), self.snapshot())
