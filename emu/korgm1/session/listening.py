"""What comes out of the sound board, and what goes into it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from korgm1.session.base import Base


class Listening(Base):
    """Sound as numbers: the frames of four words that the DAC is given, made whether or not anybody listens."""

    def listen(self, on: bool) -> None:
        """Keep what comes out from now on, over power-off and power-on too; or keep no more, and drop what was kept.

        Who listens takes with `heard` now and then: a second is half a megabyte.

        >>> from korgm1.session import Session
        >>> m1 = Session(); m1.power_on(); m1.run(0.1); m1.listen(True); m1.run(0.1)
        >>> frames = m1.heard(); frames.shape[1], abs(len(frames) - 3125) < 2, int(frames.any())
        (4, True, 0)
        """
        self._listening = on
        self._past_frames = []
        self.machine.sound_board.listen(on)

    def heard(self) -> NDArray[np.int32]:
        """The frames since the last call, or since `listen`, up to now.

        Returns:
            n x 4 signed words of 20 bits, outputs 1/L, 2/R, 3 and 4 of each frame, 31,250 frames a second
            (H-FS). No frames while nobody listens.
        """
        frames, self._past_frames = [*self._past_frames, self.machine.sound_board.heard()], []
        return frames[0] if len(frames) == 1 else np.concatenate(frames)

    @property
    def sound_rate(self) -> int:
        """Frames a second (H-FS).

        >>> from korgm1.session import Session
        >>> Session().sound_rate
        31250
        """
        return self.machine.sound_board.frame_rate

    @property
    def sound_hash(self) -> int:
        """64 bits over all frames since power-on, listened to or not: the same sound has the same hash.

        >>> from korgm1.session import Session
        >>> one, other = Session(engine="v30"), Session()
        >>> for m1 in (one, other): m1.power_on(); m1.run(0.2)
        >>> one.sound_hash == other.sound_hash
        True
        """
        return self.machine.sound_board.hash()

    @property
    def wave_sha1(self) -> str:
        """SHA-1 of the wave ROM's words, low byte first: which sounds there are.

        >>> from korgm1.session import Session
        >>> len(Session().wave_sha1)
        40
        """
        return self.machine.wave_rom.sha1

    @property
    def pcm_card_sha1(self) -> str | None:
        """The same of the PCM card's words; None without a card.

        >>> from korgm1.session import Session
        >>> Session().pcm_card_sha1 is None
        True
        """
        return self.machine.wave_rom.card_sha1

    def log_sound(self, on: bool) -> None:
        """Keep the writes to the sound chips' ports from now on; or keep no more, and drop what was kept."""
        self._logging = on
        self._past_writes = []
        self.machine.sound_board.log(on)

    def sound_writes(self) -> NDArray[Any]:
        """The writes since the last call, or since `log_sound`.

        Returns:
            Rows of `clock` (8 bytes; CPU clocks since power-on at which the instruction began), `port` (2), `value`
            (1), in the order of the writes.
        """
        writes, self._past_writes = [*self._past_writes, self.machine.sound_board.writes()], []
        return writes[0] if len(writes) == 1 else np.concatenate(writes)

    def _keep_sound(self) -> None:
        """The machine goes: what it said and nobody took stays."""
        board = self.machine.sound_board
        if self._listening:
            self._past_frames.append(board.heard())
        if self._logging:
            self._past_writes.append(board.writes())
