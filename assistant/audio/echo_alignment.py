"""Lets each echo come equally late to a canceller, however late the loudspeaker has begun.

A canceller learns the way from what is played to what is heard. A program that plays begins some
milliseconds sooner or later each time, and to the canceller that is another room, to be learned
anew. So it is found first, in the first fifth of a second of a sound, how late its echo comes; what
is played is then given to the canceller so much later that the echo follows it as it always does.
What was heard until then is gone through once more, for the canceller to learn from.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.audio.echo_canceller import EchoCanceller
from assistant.audio.echo_delay import LATEST_ARRIVAL, arrival
from assistant.audio.echo_removal import Sounds
from assistant.audio.source import FRAME_SAMPLES, Frame

_AFTER: Final = 160
"""Samples by which the echo follows what is played: what comes sooner cannot be cancelled."""
_FIRST_LOOK: Final = 15
_EVERY: Final = 3
_LONGEST: Final = 100
"""Frames of a sound after which its echo is first looked for, between two looks, and after which it
is given up: the echo is faint, or somebody else is louder."""
_SAME: Final = 2
"""Samples; two looks this close confirm each other."""
_HISTORY: Final = LATEST_ARRIVAL + FRAME_SAMPLES


class AlignedCanceller:
    """An `EchoCanceller` beside another.

    While it looks for the echo of a sound, that stays as it is heard; where the last two came
    equally late, it is taken for granted that this one does until it is known better.
    """

    def __init__(self, canceller: EchoCanceller) -> None:
        self._canceller = canceller
        self._sounds = Sounds()
        self._later = 0
        """By how many samples what is played is given later to the canceller."""
        self._steady = False
        """Whether the echo came as late as that of the sound before."""
        self._played: NDArray[np.int16] = np.zeros(_HISTORY, np.int16)
        """What was played last, as long as it may be given later."""
        self._before = self._played
        """The same at the beginning of the sound."""
        self._heard: list[tuple[Frame, Frame]] | None = None
        """What was heard and played since the sound began, while its echo is looked for."""
        self._last: int | None = None

    def process(self, near: Frame, far: Frame) -> Frame:
        """What was heard (int16 [160]) without the echo of what was played (int16 [160])."""
        if self._sounds.begins(far):
            self._heard, self._last, self._before = [], None, self._played
        if self._heard is None:
            return self._cancelled(near, far)
        self._heard.append((near, far))
        if self._is_over(self._heard):
            return self._aligned(self._heard)
        return self._cancelled(near, far) if self._steady else near

    def _cancelled(self, near: Frame, far: Frame) -> Frame:
        self._played = np.concatenate((self._played[FRAME_SAMPLES:], far))
        end = self._played.size - self._later
        return self._canceller.process(near, self._played[end - FRAME_SAMPLES : end])

    def _is_over(self, heard: list[tuple[Frame, Frame]]) -> bool:
        """Whether it is known how late the echo comes, or no longer looked for."""
        if len(heard) < _FIRST_LOOK or len(heard) % _EVERY:
            return False
        near, far = (np.concatenate(frames) for frames in zip(*heard, strict=True))
        last, self._last = self._last, arrival(near, far)
        if last is not None and self._last is not None and abs(self._last - last) <= _SAME:
            return True
        given_up = len(heard) >= _LONGEST
        if given_up:
            self._last = None
        return given_up

    def _aligned(self, heard: list[tuple[Frame, Frame]]) -> Frame:
        """Go on as the echo comes: the last of the frames that were heard, without it."""
        self._heard = None
        later = self._later if self._last is None else max(0, self._last - _AFTER)
        same = abs(later - self._later) <= _SAME
        if same and self._steady:
            return self._cancelled(*heard[-1])
        self._steady = same and self._last is not None
        self._later = later
        self._played = self._before
        return [self._cancelled(*each) for each in heard][-1]
