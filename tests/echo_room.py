"""A simulated room in audio time: what its loudspeaker is given is heard by its microphone.

It is a source, an outlet and a clock. Time passes with the frames that are taken, so whatever is
played, heard and decided falls at the same place however fast the machine is.
"""

import asyncio
from contextlib import asynccontextmanager

import numpy as np

from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE

SETTLE = 12
"""So often everybody else goes on between two frames."""


class RoomClock:
    """Seconds of the room's audio."""

    def __init__(self):
        self.samples = 0
        self._sleepers = []

    def now(self):
        return self.samples / SAMPLE_RATE

    async def sleep(self, duration_s):
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now() + duration_s, woken))
        await woken

    def advance(self, samples):
        self.samples += samples
        due = [each for each in self._sleepers if each[0] <= self.now() + 1e-9]
        self._sleepers = [each for each in self._sleepers if each not in due]
        for _, woken in sorted(due, key=lambda each: each[0]):
            if not woken.done():
                woken.set_result(None)


class EchoRoom:
    """`impulse`: from loudspeaker to microphone, float [n]; `delay_s`: of all buffers between.

    `latency_s`: how much longer the program that plays takes to begin, for each sound.
    """

    name = "mic"
    ahead_s = 0.06

    def __init__(self, impulse, delay_s=0.06, noise=3.0, latency_s=lambda: 0.0, seed=1):
        self.clock = RoomClock()
        self._impulse = impulse
        self._latency_s = latency_s
        self._delay = round(delay_s * SAMPLE_RATE)
        self._noise = (noise, np.random.default_rng(seed))
        self._loudspeaker = np.zeros(0, np.int16)
        """What it plays from now on."""
        self._echo = np.zeros(0)
        """What of it the microphone hears from now on."""
        self._said = np.zeros(0)
        """What is said in the room from now on."""
        self.played, self.heard = [], []
        """Frame by frame: what the loudspeaker gave, and what was heard of all."""
        self.over = asyncio.Event()

    def say(self, samples, in_s=0.0):
        """Somebody begins to speak, at once or somewhat later; where, in seconds."""
        at = round(in_s * SAMPLE_RATE)
        self._said = _added(self._said, at, samples.astype(float))
        return self.clock.now() + in_s

    async def frames(self):
        while not self.over.is_set():
            yield self._frame()
            self.clock.advance(FRAME_SAMPLES)
            for _ in range(SETTLE):
                await asyncio.sleep(0)

    def _frame(self):
        played, self._loudspeaker = _taken(self._loudspeaker)
        if played.any():
            echo = np.convolve(played.astype(float), self._impulse)
            self._echo = _added(self._echo, self._delay, echo)
        echo, self._echo = _taken(self._echo)
        said, self._said = _taken(self._said)
        level, random = self._noise
        heard = echo + said + random.normal(0, level, FRAME_SAMPLES)
        heard = np.clip(heard, -32768, 32767).astype(np.int16)
        self.played.append(played)
        self.heard.append(heard)
        return heard

    @asynccontextmanager
    async def opened(self, rate):
        assert rate == SAMPLE_RATE
        line = _Line(self, round(self._latency_s() * SAMPLE_RATE))
        try:
            yield line
        finally:
            self._loudspeaker = self._loudspeaker[:0]

    def _write(self, place, samples):
        at = max(0, place - self.clock.samples)
        self._loudspeaker = _added(self._loudspeaker, at, samples)
        return self.clock.samples + at + samples.size


class _Line:
    def __init__(self, room, latency):
        self._room = room
        self._end = room.clock.samples + latency

    async def write(self, samples):
        self._end = self._room._write(self._end, samples)

    async def finish(self):
        await self._room.clock.sleep(self._end / SAMPLE_RATE - self._room.clock.now())


def _taken(samples):
    frame = np.zeros(FRAME_SAMPLES, samples.dtype)
    frame[: samples[:FRAME_SAMPLES].size] = samples[:FRAME_SAMPLES]
    return frame, samples[FRAME_SAMPLES:]


def _added(samples, at, more):
    if at + more.size > samples.size:
        samples = np.concatenate([samples, np.zeros(at + more.size - samples.size, samples.dtype)])
    samples[at : at + more.size] += more
    return samples
