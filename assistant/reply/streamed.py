"""Plays sounds piece by piece, so that it is known at any moment what the loudspeaker has.

That is what echo cancellation needs, and what makes it possible to turn a sound down, or hold it,
while it is played.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from assistant.audio.clock import Clock, MonotonicClock
from assistant.audio.echo import Reference
from assistant.audio.source import SAMPLE_RATE
from assistant.reply.sound import Sound
from assistant.reply.volume import Level, Volume

PIECE_S = 0.02


class Line(Protocol):
    """A loudspeaker that is open."""

    async def write(self, samples: NDArray[np.int16]) -> None:
        """Take int16 [n] to be heard after what it has; raises `ReplyError`."""

    async def finish(self) -> None:
        """Wait until all is heard; raises `ReplyError`."""


class Outlet(Protocol):
    """Opens a loudspeaker for samples that come as they are to be heard."""

    ahead_s: float
    """So much it wants to have before it is heard; all that is known of its buffers."""

    def opened(self, rate: int) -> AbstractAsyncContextManager[Line]:
        """A line for mono audio of this rate; left before `finish`, it falls silent at once."""


class StreamedPlayer:
    """A `Player` that gives an outlet each piece shortly before it is to be heard.

    `reference` learns what is played at which place of the microphone's audio. `volume` counts from
    the next piece on; what was held goes on from where it was first turned down.
    """

    def __init__(
        self,
        outlet: Outlet,
        reference: Reference | None = None,
        volume: Volume | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._outlet = outlet
        self._volume = volume or Volume()
        self._clock = clock or MonotonicClock()
        self._reference = reference or Reference(self._clock)

    async def play(self, sound: Sound) -> None:
        """Play it to its end; raises `ReplyError`. Cancelled, it falls silent."""
        pieces = _Faded(_Pieces(sound), self._volume)
        try:
            while not pieces.ended:
                await self._until_let_go()
                async with self._outlet.opened(sound.rate) as line:
                    await self._stream(pieces, line)
                    if pieces.ended:
                        await line.finish()
                if not pieces.ended:
                    self._reference.cut()
        except BaseException:
            self._reference.cut()
            raise
        finally:
            self._volume.level = Level.FULL

    async def _until_let_go(self) -> None:
        while self._volume.level is Level.HELD:
            await self._clock.sleep(PIECE_S)

    async def _stream(self, pieces: _Faded, line: Line) -> None:
        """Play to the end, or until it is held: then the line falls silent at once."""
        place, begin_s = self._reference.now, self._clock.now()
        number = 0
        while not pieces.ended:
            early_s = begin_s + number * PIECE_S - self._outlet.ahead_s - self._clock.now()
            if early_s > 0:
                await self._clock.sleep(early_s)
            late_s = -early_s - self._outlet.ahead_s
            if late_s > 0:  # we did not come to it in time: the loudspeaker has run dry
                begin_s += late_s
                place += round(late_s * SAMPLE_RATE)
            piece = pieces.next()
            if piece is None:
                return
            await line.write(piece.played)
            place = self._reference.put(place, piece.reference)
            number += 1


@dataclass(frozen=True, slots=True)
class _Piece:
    played: NDArray[np.int16]
    """At the sound's own rate."""
    reference: NDArray[np.int16]
    """The same at 16 kHz."""

    def faded(self, before: float, after: float) -> _Piece:
        """From one volume to another."""
        if before == after == 1.0:
            return self
        return _Piece(_fade(self.played, before, after), _fade(self.reference, before, after))


class _Faded:
    """The pieces of a sound as they are played."""

    def __init__(self, pieces: _Pieces, volume: Volume) -> None:
        self._pieces = pieces
        self._volume = volume
        self._before = Level.FULL
        self._at = 0
        self._full = 0
        """Until where it was played at full volume."""

    @property
    def ended(self) -> bool:
        """Whether there is no more."""
        return self._at >= self._pieces.count

    def next(self) -> _Piece | None:
        """The next piece; `None` where it is held, and then goes on from before that."""
        before, level = self._before, self._volume.level
        self._before = level
        if level is Level.HELD:
            self._at = self._full
            return None
        piece = self._pieces.piece(self._at).faded(before.value, level.value)
        self._at += 1
        if level is Level.FULL:
            self._full = self._at
        return piece


class _Pieces:
    """A sound in pieces: as it is played, and the same at 16 kHz."""

    def __init__(self, sound: Sound) -> None:
        self._sound = sound
        self.count = int(np.ceil(sound.length_s / PIECE_S))
        resampled = soxr.resample(sound.samples.astype(np.float32), sound.rate, SAMPLE_RATE)
        self._reference = np.clip(np.rint(resampled), -32768, 32767).astype(np.int16)

    def piece(self, number: int) -> _Piece:
        """One of them."""
        return _Piece(
            _part(self._sound.samples, number, self._sound.rate),
            _part(self._reference, number, SAMPLE_RATE),
        )


def _fade(samples: NDArray[np.int16], before: float, after: float) -> NDArray[np.int16]:
    faded = samples * np.linspace(before, after, samples.size)
    return np.asarray(np.rint(faded), np.int16)


def _part(samples: NDArray[np.int16], number: int, rate: int) -> NDArray[np.int16]:
    begin, end = (round(at * PIECE_S * rate) for at in (number, number + 1))
    return samples[begin:end]
