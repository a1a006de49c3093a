"""A Wyoming satellite: a microphone, and maybe a loudspeaker, elsewhere in the network.

Hearth is the client here, as Home Assistant is: it connects to the satellite and tells it to run.
A satellite that is away is looked for after growing pauses, and the stream of frames goes on when
it is back. It must leave the wake word to us: one that detects its own sends only what follows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
from numpy.typing import NDArray
from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event as WireEvent
from wyoming.event import Eventable
from wyoming.ping import Ping, Pong
from wyoming.satellite import RunSatellite
from wyoming.snd import Played
from wyoming.wake import Detection

from assistant.audio.clock import Clock, MonotonicClock
from assistant.audio.frames import Framer
from assistant.audio.microphone import GAP_S, PAUSES_S
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE, AudioError, Frame
from assistant.events import Event, FinalEndpoint, WakeDetected
from assistant.reply.sound import Sound
from assistant.reply.voice import ReplyError
from assistant.wyoming.audio import ChunkReader
from assistant.wyoming.wire import Peer, WyomingError

_LOG = logging.getLogger(__name__)
CAPACITY = 500
"""Frames that may wait for the pipeline: 5 s; then the oldest is dropped."""
PING_S = 10.0
"""One that says nothing is asked for a sign of life, and let go after as long again."""
_PLAYED_S = 2.0
"""How much later than a sound's end a satellite may say that it was played; some never do."""
_CHUNK_SAMPLES = 1024


class Satellite:
    """An `AudioSource`, a `Player` and an `Outlet`.

    `on_attempt` is called after each try to connect.
    """

    ahead_s = 0.2
    """So much of a sound it has before it is to be heard: the network may be late."""

    def __init__(
        self,
        url: str,
        clock: Clock | None = None,
        on_attempt: Callable[[], None] = lambda: None,
        *,
        persistent: bool = True,
    ) -> None:
        self.name = url
        self._clock = clock or MonotonicClock()
        self._on_attempt = on_attempt
        self._persistent = persistent
        self._peer: Peer | None = None
        self._connections = 0
        self._received = 0
        self._played = asyncio.Event()
        self._told: set[asyncio.Task[None]] = set()
        self._waiting: asyncio.Queue[Frame | None] = asyncio.Queue(CAPACITY)
        self.dropped = 0
        """Frames dropped because nobody took them."""

    def waiting_s(self) -> float:
        """How much audio that has come nobody has taken yet."""
        return self._waiting.qsize() * FRAME_SAMPLES / SAMPLE_RATE

    async def frames(self) -> AsyncIterator[Frame]:
        """Audio without end; raises `AudioError` only where `persistent` is not set."""
        while True:
            peer = await self._connect()
            waiting = self._waiting = asyncio.Queue(CAPACITY)
            tasks = [
                asyncio.create_task(self._read(peer, waiting)),
                asyncio.create_task(self._watch(peer)),
            ]
            try:
                while (frame := await waiting.get()) is not None:
                    yield frame
            finally:
                self._peer = None
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await peer.close()
            for frame in _silence():
                yield frame

    async def play(self, sound: Sound) -> None:
        """Play a sound there, to its end; raises `ReplyError`."""
        peer = self._peer
        if peer is None:
            raise ReplyError(f"the satellite {self.name} is away")
        self._played.clear()
        try:
            await peer.send(*_played(sound))
            async with asyncio.timeout(sound.length_s + _PLAYED_S):
                await self._played.wait()
        except WyomingError as error:
            raise ReplyError(f"the satellite {self.name}: {error}") from None
        except TimeoutError:
            _LOG.debug("%s does not say that it played", self.name)

    @asynccontextmanager
    async def opened(self, rate: int) -> AsyncIterator[_Line]:
        """A sound is played there as it comes; raises `ReplyError`."""
        peer = self._peer
        if peer is None:
            raise ReplyError(f"the satellite {self.name} is away")
        self._played.clear()
        line = _Line(self.name, peer, rate, self._played)
        await line.send(AudioStart(rate=rate, width=2, channels=1))
        try:
            yield line
        finally:
            await line.stop()

    def follow(self, event: Event) -> None:
        """Let it show what goes on: that it was heard, and what."""
        match event:
            case WakeDetected(wake_word=word):
                self._tell(Detection(name=word))
            case FinalEndpoint(text=text):
                self._tell(Transcript(text=text))

    def _tell(self, what: Eventable) -> None:
        if self._peer is not None:
            task = asyncio.create_task(_sent(self._peer, what))
            self._told.add(task)
            task.add_done_callback(self._told.discard)

    async def _connect(self) -> Peer:
        """Connect, however many attempts it takes."""
        attempt = 0
        while True:
            try:
                peer = await Peer.connect(self.name)
                await peer.send(RunSatellite())
            except WyomingError as error:
                message = f"the satellite {error}; check its address, and that it runs"
                if not self._persistent and not self._connections:
                    raise AudioError("audio_satellite", message) from None
                # Said once, not at every attempt: a satellite may be off for days.
                _LOG.log(logging.DEBUG if attempt else logging.WARNING, "%s", message)
            else:
                back = "is back" if self._connections or attempt else "is there"
                _LOG.info("the satellite %s %s", self.name, back)
                self._connections += 1
                self._peer = peer
                return peer
            finally:
                self._on_attempt()
            await self._clock.sleep(PAUSES_S[min(attempt, len(PAUSES_S) - 1)])
            attempt += 1

    async def _read(self, peer: Peer, waiting: asyncio.Queue[Frame | None]) -> None:
        """Take what it sends, whether the pipeline keeps up or not; then say that it is over."""
        chunks, framer = ChunkReader(), Framer()
        try:
            while True:
                event = await peer.receive()
                self._received += 1
                await self._answer(peer, event)
                for frame in _frames(event, chunks, framer):
                    self._put(waiting, frame)
        except (WyomingError, ValueError, KeyError, TypeError) as error:
            _LOG.warning("the satellite %s is lost (%s); trying again", self.name, error)
        finally:
            self._put(waiting, None)

    async def _answer(self, peer: Peer, event: WireEvent) -> None:
        if Ping.is_type(event.type):
            await peer.send(Pong(text=Ping.from_event(event).text))
        elif Played.is_type(event.type):
            self._played.set()

    def _put(self, waiting: asyncio.Queue[Frame | None], frame: Frame | None) -> None:
        if waiting.full():
            waiting.get_nowait()
            self.dropped += 1
        waiting.put_nowait(frame)

    async def _watch(self, peer: Peer) -> None:
        """Hang up on a satellite that has gone without a word."""
        received = -1
        while received != self._received:
            received = self._received
            await _sent(peer, Ping())
            await self._clock.sleep(PING_S)
        await peer.close()


class _Line:
    """A `Line` to a satellite."""

    def __init__(self, name: str, peer: Peer, rate: int, played: asyncio.Event) -> None:
        self._name = name
        self._peer = peer
        self._rate = rate
        self._played = played
        self._stopped = False

    async def write(self, samples: NDArray[np.int16]) -> None:
        """Send int16 [n]; raises `ReplyError`."""
        audio = samples.astype("<i2").tobytes()
        await self.send(AudioChunk(rate=self._rate, width=2, channels=1, audio=audio))

    async def finish(self) -> None:
        """Wait until it says that it has played; raises `ReplyError`."""
        await self.stop()
        try:
            async with asyncio.timeout(_PLAYED_S):
                await self._played.wait()
        except TimeoutError:
            _LOG.debug("%s does not say that it played", self._name)

    async def stop(self) -> None:
        """Nothing more is to be played."""
        if not self._stopped:
            self._stopped = True
            await self.send(AudioStop())

    async def send(self, what: Eventable) -> None:
        """Send it; raises `ReplyError`."""
        try:
            await self._peer.send(what)
        except WyomingError as error:
            raise ReplyError(f"the satellite {self._name}: {error}") from None


def _frames(event: WireEvent, chunks: ChunkReader, framer: Framer) -> NDArray[np.int16]:
    """The frames that an event completes: int16 [frames, 160]."""
    if AudioChunk.is_type(event.type):
        return framer.cut(chunks.read(AudioChunk.from_event(event)))
    if AudioStop.is_type(event.type):
        # It stops where nobody speaks; what was being said then comes to an end.
        return np.concatenate((framer.cut(chunks.end()), _silence()))
    return _silence(0.0)


def _silence(length_s: float = GAP_S) -> NDArray[np.int16]:
    return np.zeros((round(length_s * SAMPLE_RATE / FRAME_SAMPLES), FRAME_SAMPLES), np.int16)


def _played(sound: Sound) -> list[Eventable]:
    form = {"rate": sound.rate, "width": 2, "channels": 1}
    chunks = [
        AudioChunk(**form, audio=sound.samples[at : at + _CHUNK_SAMPLES].tobytes())
        for at in range(0, sound.samples.size, _CHUNK_SAMPLES)
    ]
    return [AudioStart(**form), *chunks, AudioStop()]


async def _sent(peer: Peer, what: Eventable) -> None:
    """Send what may be lost: whoever reads will notice that the connection is."""
    try:
        await peer.send(what)
    except WyomingError as error:
        _LOG.debug("%s", error)
