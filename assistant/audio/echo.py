"""Takes what the loudspeaker plays out of what the microphone hears.

A canceller needs to know what is played, and roughly when: the `Reference` lays it beside the
microphone's audio, sample by sample. How late the echo really comes is estimated all along, and
where that is out of a canceller's reach, the reference is moved.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from assistant.audio.clock import Clock, MonotonicClock
from assistant.audio.echo_alignment import AlignedCanceller
from assistant.audio.echo_canceller import EchoCanceller
from assistant.audio.echo_delay import DelayEstimator
from assistant.audio.echo_removal import Removal
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE, AudioSource, Frame

AHEAD_FRAMES = 500
"""Frames that may wait for the pipeline: 5 s; then the source's own bound counts."""
QUIET_S = 1.0
"""So long after what was played, a room has fallen silent, and audio is left as it is."""
BLOCK_S = 0.02
"""Sound cards give their audio in blocks of about this length."""
WANTED_S = 0.05
"""The delay of the echo that a moved reference aims at: rooms and buffers vary around it."""
REACH_S = (0.002, 0.3)
"""Delays that a canceller finds by itself; it does so anew where the reference is moved."""
_LOG = logging.getLogger(__name__)
_SILENCE = np.zeros(FRAME_SAMPLES, np.int16)
_SILENCE.flags.writeable = False


class Reference:
    """What is played, by its place in one microphone's audio; in the event loop only.

    A place is a sample of the microphone's audio: that which it gave when something was played.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or MonotonicClock()
        self._ahead: NDArray[np.int16] = np.zeros(0, np.int16)
        """What is played from `_position` on, as far as it is known."""
        self._position = 0
        self._moved_s = self._clock.now()
        self._sounded = -SAMPLE_RATE * 3600
        """Where something was played last."""
        self.known = True
        """Whether it is told what is played."""

    @property
    def now(self) -> int:
        """The place of what is played now: between two blocks of a sound card, by the clock."""
        since_s = min(BLOCK_S, max(0.0, self.still_s))
        return self._position + round(since_s * SAMPLE_RATE)

    @property
    def still_s(self) -> float:
        """For how long the microphone has given nothing."""
        return self._clock.now() - self._moved_s

    @property
    def quiet_s(self) -> float:
        """For how long nothing was played."""
        return (self._position - self._sounded) / SAMPLE_RATE

    def put(self, place: int, samples: NDArray[np.int16]) -> int:
        """int16 [n] at 16 kHz are played at a place; the place after them.

        What comes too late for its place is left out.
        """
        at = place - self._position
        kept = samples[max(0, -at) :]
        begin, end = max(0, at), max(0, at) + kept.size
        if end > self._ahead.size:
            more = np.zeros(end - self._ahead.size, np.int16)
            self._ahead = np.concatenate((self._ahead, more))
        mixed = self._ahead[begin:end].astype(np.int32) + kept
        self._ahead[begin:end] = np.clip(mixed, -32768, 32767)
        return place + samples.size

    def cut(self) -> None:
        """What was to be played from now on is not."""
        self._ahead = self._ahead[: max(0, self.now - self._position)]

    def take(self) -> Frame:
        """What is played during the next frame of the microphone."""
        frame = np.zeros(FRAME_SAMPLES, np.int16)
        taken, self._ahead = self._ahead[:FRAME_SAMPLES], self._ahead[FRAME_SAMPLES:]
        frame[: taken.size] = taken
        self._position += FRAME_SAMPLES
        self._moved_s = self._clock.now()
        if taken.any():
            self._sounded = self._position
        return frame


Feeder = Callable[[Reference], Coroutine[None, None, None]]
"""Puts something into the reference, until cancelled."""


class EchoCancelled:
    """An `AudioSource` without the echo of what is played.

    It takes the source's audio as soon as it is there, however long the pipeline takes, so that
    places are those of the sound card. `hold_s`: audio is given so much later, where a feeder knows
    only afterwards what was played. `ahead_frames`: how many frames may wait to be taken.
    """

    def __init__(
        self,
        source: AudioSource,
        canceller: EchoCanceller,
        reference: Reference,
        *,
        feeders: Sequence[Feeder] = (),
        hold_s: float = 0.0,
        ahead_frames: int = AHEAD_FRAMES,
    ) -> None:
        self.name = source.name
        self._source = source
        self._canceller = AlignedCanceller(canceller)
        self._reference = reference
        self._feeders = feeders
        self._delayed = _Delayed(hold_s)
        self._ahead_frames = ahead_frames
        self._delay = DelayEstimator()
        self._waiting: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._removal = Removal()
        self._given = self._unknown_until = 0  # in samples

    def works_at(self, at_s: float) -> bool:
        """Whether what was given until a second of its audio has no echo of what is played then.

        A canceller needs a moment in each sound, for it may begin sooner or later than the last.
        """
        sample = round(at_s * SAMPLE_RATE)
        return sample > self._unknown_until and self._removal.works_at(sample)

    def waiting_s(self) -> float:
        """How much audio was cleaned and not taken yet."""
        return self._waiting.qsize() * FRAME_SAMPLES / SAMPLE_RATE

    async def frames(self) -> AsyncIterator[Frame]:
        """The frames of the source, cleaned; raises `AudioError`."""
        waiting = self._waiting = asyncio.Queue(self._ahead_frames)
        feeding = [asyncio.create_task(feed(self._reference)) for feed in self._feeders]
        pump = asyncio.create_task(self._pump(waiting))
        try:
            while (frame := await waiting.get()) is not None:
                yield frame
            await pump
        finally:
            for task in (pump, *feeding):
                task.cancel()
            for task in (pump, *feeding):
                with suppress(asyncio.CancelledError):
                    await task

    async def _pump(self, waiting: asyncio.Queue[Frame | None]) -> None:
        try:
            async for frame in self._source.frames():
                await waiting.put(self._clean(frame))
        except Exception:
            await waiting.put(None)
            raise
        await waiting.put(None)

    def _clean(self, frame: Frame) -> Frame:
        near, far = self._delayed.both(frame, self._reference.take())
        self._given += FRAME_SAMPLES
        if not self._reference.known:
            self._unknown_until = self._given + round(self._delayed.longest_s * SAMPLE_RATE)
        if self._reference.quiet_s > QUIET_S + self._delayed.longest_s:
            self._removal.hear(near, far, near)
            return near
        found_s = self._delay.hear(near, far)
        if found_s is not None and not REACH_S[0] <= found_s <= REACH_S[1]:
            _LOG.info("the echo comes %.0f ms after what is played: moved", 1000 * found_s)
            self._delayed.move(found_s - WANTED_S)
            self._delay = DelayEstimator()
        left = self._canceller.process(near, far)
        self._removal.hear(near, far, left)
        return left


class _Delayed:
    """Holds the microphone's audio, or the reference, back by so much, in whole frames."""

    def __init__(self, hold_s: float) -> None:
        self._near: deque[Frame] = deque()
        self._far: deque[Frame] = deque()
        self.move(-hold_s)

    @property
    def longest_s(self) -> float:
        """The longer of the two delays."""
        return max(len(self._near), len(self._far)) * FRAME_SAMPLES / SAMPLE_RATE

    def move(self, later_s: float) -> None:
        """Give the reference so much later than now, or, below 0, the microphone's audio."""
        frames = round(later_s * SAMPLE_RATE / FRAME_SAMPLES)
        for _ in range(frames):
            self._far.append(_SILENCE)
        for _ in range(-frames):
            if self._far:
                self._far.popleft()
            else:
                self._near.append(_SILENCE)

    def both(self, near: Frame, far: Frame) -> tuple[Frame, Frame]:
        """Take a frame of each; those that belong together now."""
        self._near.append(near)
        self._far.append(far)
        return self._near.popleft(), self._far.popleft()
