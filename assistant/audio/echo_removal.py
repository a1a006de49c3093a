"""Whether a canceller works: how much of what is heard it removes, and whether the rest is echo.

A loudspeaker that begins a little sooner or later than the last time has to be found again, and
until then some of it is left, or comes back for a moment.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from assistant.audio.echo_delay import likeness
from assistant.audio.source import Frame

_PLAYED = 1000.0
"""Mean square of what is played, below which it is silence between words, or between sounds."""
_BETWEEN_SOUNDS = 40
"""Frames: a longer silence is one between sounds."""
_SMOOTH = 0.1
_REMOVED = 0.02
"""The share of what is heard that is left where a canceller works: -17 dB."""
_SURE_FRAMES = 10
"""For so long it must have worked before that counts."""
_WEAK = 1e-5
"""An echo so much weaker than what is played is none: -50 dB."""
_LATEST_FRAMES = 50
"""An echo that has not come by then does not come."""
_ALIKE = 8.0
"""What is left is echo from such a likeness on: speech of others has less in three of four frames,
echo more (voices of people/train.tsv over replies of espeak-ng, in three simulated rooms)."""
_LEFT_FRAMES, _FAR_FRAMES = 20, 55
_EVERY_FRAMES = 2
_CHANGES = 1000


class Sounds:
    """Tells where sounds begin in what is played, frame by frame."""

    def __init__(self) -> None:
        self.heard = False
        """Whether the last frame was no silence between words, or between sounds."""
        self._quiet = _BETWEEN_SOUNDS + 1

    def begins(self, far: Frame) -> bool:
        """Take the next frame; whether a sound begins in it."""
        self.heard = _power(far) >= _PLAYED
        begins = self.heard and self._quiet > _BETWEEN_SOUNDS
        self._quiet = 0 if self.heard else self._quiet + 1
        return begins


class Removal:
    """Watches a canceller frame by frame, anew for each sound that is played."""

    def __init__(self) -> None:
        self._samples = 0
        self._sounds = Sounds()
        self._near = self._left = self._far = 0.0
        self._frames = 0
        """For how many frames something was played since the sound began."""
        self._untouched = False
        """Whether the canceller left the last frame as it was."""
        self._touched = 0
        """How many frames it has changed since it began."""
        self._proven = False
        """Whether the canceller has been seen to work in this sound."""
        self._was_proven = False
        """The same of the sound before."""
        self._lefts: deque[Frame] = deque(maxlen=_LEFT_FRAMES)
        self._fars: deque[Frame] = deque(maxlen=_FAR_FRAMES)
        self._works: deque[tuple[int, bool]] = deque([(0, True)], maxlen=_CHANGES)

    def works_at(self, sample: int) -> bool:
        """Whether what was left until a sample had no echo, as far as is known."""
        return next((works for since, works in reversed(self._works) if since < sample), True)

    def hear(self, near: Frame, far: Frame, left: Frame) -> None:
        """Take a frame that was heard, what is played then, and what is left."""
        self._lefts.append(left)
        self._fars.append(far)
        if self._sounds.begins(far):
            self._near = self._left = self._far = 0.0
            self._frames, self._was_proven, self._proven = 0, self._proven, False
        if self._sounds.heard:
            self._frames += 1
            self._begin(np.array_equal(near, left))
            self._follow(_power(near), _power(far), _power(left))
        self._samples += near.size

    def _begin(self, untouched: bool) -> None:
        """What was left as it was says nothing of what the canceller does from then on."""
        if self._untouched and not untouched:
            self._near = self._left = 0.0
            self._touched, self._proven = 0, self._was_proven
        self._untouched = untouched
        self._touched += not untouched

    def _follow(self, near: float, far: float, left: float) -> None:
        self._near += _SMOOTH * (near - self._near)
        self._left += _SMOOTH * (left - self._left)
        self._far += _SMOOTH * (far - self._far)
        removed = self._touched >= _SURE_FRAMES and self._left < _REMOVED * self._near
        weak = self._frames > _LATEST_FRAMES and self._near < _WEAK * self._far
        self._proven |= removed or weak
        if removed or weak or not self._proven:
            self._note(self._proven)
        elif self._frames % _EVERY_FRAMES == 0:
            self._note(not self._alike())

    def _alike(self) -> bool:
        """Whether what is left is like what is played, somewhat later."""
        if len(self._fars) < _FAR_FRAMES:
            return False
        return likeness(np.concatenate(self._lefts), np.concatenate(self._fars)) > _ALIKE

    def _note(self, works: bool) -> None:
        if works is not self._works[-1][1]:
            self._works.append((self._samples, works))


def _power(frame: Frame) -> float:
    return float(np.mean(np.square(frame, dtype=np.float32)))
