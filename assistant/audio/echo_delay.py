"""How late the echo of what is played comes.

The generalised cross-correlation with phase transform of what is played and what is heard (Knapp
and Carter, "The generalized correlation method for estimation of time delay", 1976): a room and a
loudspeaker colour an echo, but its arrival stays a peak.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE, Frame

EARLIEST_S, LATEST_S = -0.2, 0.8
"""Echoes are looked for from before the reference, where that comes too late."""
_WINDOW = 6400
_EARLY, _LATE = round(-EARLIEST_S * SAMPLE_RATE), round(LATEST_S * SAMPLE_RATE)
_EVERY_FRAMES = 25
"""Looking takes a few milliseconds."""
_EDGE = 80
_LEAST_POWER = 300.0
"""Mean square of what is played, below which it has hardly an echo."""
_LEAST_PEAK = 12.0
"""A peak so many times above the rest is an arrival: music and speech of others give below 7."""
LATEST_ARRIVAL = round(0.3 * SAMPLE_RATE)
"""Samples that the echo of a sound comes after it at the latest."""
_SAME = 32
"""Samples; two estimates this close confirm each other."""


class DelayEstimator:
    """Follows the delay frame by frame; an estimate is given when two in a row agree."""

    def __init__(self) -> None:
        frames = (_WINDOW + _EARLY + _LATE) // FRAME_SAMPLES
        self._near: deque[Frame] = deque(maxlen=frames)
        self._far: deque[Frame] = deque(maxlen=frames)
        self._heard = 0
        self._last: int | None = None

    def hear(self, near: Frame, far: Frame) -> float | None:
        """Take a frame of each; the delay in seconds where it has just become certain."""
        self._near.append(near)
        self._far.append(far)
        self._heard += 1
        if self._heard % _EVERY_FRAMES or len(self._near) < (self._near.maxlen or 0):
            return None
        last, self._last = self._last, _delay(np.concatenate(self._near), np.concatenate(self._far))
        if last is None or self._last is None or abs(last - self._last) > _SAME:
            return None
        return self._last / SAMPLE_RATE


def _delay(near: NDArray[np.int16], far: NDArray[np.int16]) -> int | None:
    """By how many samples the newest of `far` comes later in `near`; `None` where it is not clear.

    A window of what was heard some time ago is compared with all that was played around it.
    """
    heard = near[_LATE : _LATE + _WINDOW].astype(np.float64)
    played = far.astype(np.float64)
    found = _correlated(played, heard)[: _EARLY + _LATE]
    at = int(np.argmax(found))
    echoed = played[at : at + _WINDOW]
    loud = np.mean(echoed**2) > _LEAST_POWER and np.mean(heard**2) > 1.0
    clear = found[at] > _LEAST_PEAK * np.sqrt(np.mean(found**2))
    inside = _EDGE < at < found.size - _EDGE
    return _LATE - at if loud and clear and inside else None


def arrival(near: NDArray[np.int16], far: NDArray[np.int16]) -> int | None:
    """By how many samples a sound comes later in `near` than in `far`, where both begin with it.

    Both are int16 [n]; `None` where it is not clear.
    """
    played, heard = far.astype(np.float64), near.astype(np.float64)
    found = _correlated(heard, played)[:LATEST_ARRIVAL]
    at = int(np.argmax(found))
    return at if found[at] > _LEAST_PEAK * np.sqrt(np.mean(found**2)) else None


def likeness(left: NDArray[np.int16], far: NDArray[np.int16]) -> float:
    """How much `left` (int16 [n]) is like some part of `far` (int16 [m], m > n).

    Its best place beside all others: 8 and more for an echo, about 5 for something else.
    """
    found = _correlated(far.astype(np.float64), left.astype(np.float64))[: far.size - left.size]
    return float(found.max() / (np.sqrt(np.mean(found**2)) + 1e-12))


def _correlated(whole: NDArray[np.float64], part: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each place in `whole`, how much is `part` from there on, phases alone counted."""
    size = 1 << (whole.size + part.size).bit_length()
    cross = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size))
    strength = np.abs(cross)
    return np.asarray(np.fft.irfft(cross / (strength + 1e-3 * strength.max() + 1e-9), size))
