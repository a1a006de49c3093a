"""One client's connection: what it asks for, and what it is answered.

https://github.com/OHF-Voice/wyoming has the protocol.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from wyoming.asr import (
    Transcribe,
    Transcript,
    TranscriptChunk,
    TranscriptStart,
    TranscriptStop,
)
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event, Eventable
from wyoming.handle import Handled, NotHandled
from wyoming.info import Describe, Info
from wyoming.intent import Entity, Intent, NotRecognized, Recognize
from wyoming.ping import Ping, Pong
from wyoming.wake import Detect, Detection, NotDetected

from assistant.asr.result import BiasPhrase, Recogniser, RecogniserStream, Sentences
from assistant.audio.frames import Framer
from assistant.audio.source import SAMPLE_RATE
from assistant.audio.vad import SileroVad
from assistant.dialogue.carried import NOT_UNDERSTOOD
from assistant.dialogue.texts import TextCommands
from assistant.nlu.understanding import HomeUnderstanding
from assistant.pipeline.identification import Identification, RecordedVoice
from assistant.pipeline.rescorer import Rescorer, Unchanged
from assistant.pipeline.worker import Worker
from assistant.speaker.heard import HeardVoice
from assistant.wake.detector import WakeDetector
from assistant.whispering.detector import WhisperDetector, WhisperStream
from assistant.whispering.spoken import WhereSpoken
from assistant.wyoming.audio import ChunkReader

_LOG = logging.getLogger(__name__)
_TERM_WEIGHT = 0.5
_MOST_NAMES = 2000
_TEXT_CONFIDENCE = 0.5
_LONGEST_S = 300
"""Speech that does not end; what is heard of a stream is kept until then."""

Send = Callable[[Eventable], Awaitable[None]]


class Served(Protocol):
    """What understands texts here and carries them out, as a `Household` does."""

    @property
    def understanding(self) -> HomeUnderstanding:
        """What texts mean."""

    @property
    def texts(self) -> TextCommands:
        """Carries them out."""

    @property
    def rescorer(self) -> Rescorer:
        """Has a second opinion on what was heard."""

    @property
    def identification(self) -> Identification:
        """Tells who speaks."""

    @property
    def whispers(self) -> WhisperDetector:
        """Tells whether they whisper."""


@dataclass(frozen=True, slots=True)
class Services:
    """What all connections share."""

    info: Info
    worker: Worker
    recogniser: Recogniser
    detector: Callable[[Sequence[str] | None], WakeDetector]
    """A detector of the named words, or of all; raises `WakeWordError`."""
    household: Served
    bias: Callable[[], tuple[BiasPhrase, ...]]
    sentences: Callable[[], Sentences | None] = lambda: None


class Session:
    """Answers the events of one client, in their order."""

    def __init__(self, services: Services, send: Send) -> None:
        self._services = services
        self._send = send
        self._listener: Transcription | Detecting | None = None
        self._request: Transcribe | Detect = Transcribe()

    async def take(self, event: Event) -> None:
        """Answer an event; raises `ValueError` and `KeyError` for what is malformed."""
        if Describe.is_type(event.type):
            await self._send(self._services.info)
        elif Ping.is_type(event.type):
            await self._send(Pong(text=Ping.from_event(event).text))
        elif Transcribe.is_type(event.type):
            self._request = Transcribe.from_event(event)
        elif Detect.is_type(event.type):
            self._request = Detect.from_event(event)
            self._listener = None
        elif Recognize.is_type(event.type):
            await self._recognise(str(event.data["text"]))
        elif Transcript.is_type(event.type):
            await self._handle(str(event.data["text"]))
        else:
            await self._hear(event)

    async def _hear(self, event: Event) -> None:
        if AudioStart.is_type(event.type):
            self._listener = await self._listen()
        elif AudioChunk.is_type(event.type):
            self._listener = self._listener or await self._listen()
            await self._listener.hear(AudioChunk.from_event(event))
        elif AudioStop.is_type(event.type) and self._listener is not None:
            listener, self._listener = self._listener, None
            await listener.stop()

    async def _listen(self) -> Transcription | Detecting:
        services, request = self._services, self._request
        if isinstance(request, Detect):
            detector = await services.worker.run(services.detector, request.names)
            return Detecting(services.worker, detector, self._send)
        stream = await services.worker.run(self._stream, request)
        house = services.household
        secret = house.texts.dispatcher.codes.waits  # what is said may be the code
        return Transcription(
            services.worker,
            stream,
            Unchanged() if secret else house.rescorer,
            self._send,
            voice=RecordedVoice(house.identification),
            whisper=WhereSpoken(house.whispers, SileroVad).open(),
        )

    def _stream(self, request: Transcribe) -> RecogniserStream:
        """A stream that favours the names there are now; collecting them can take a while."""
        services = self._services
        names = (*services.bias(), *_wanted(request))
        return services.recogniser.open(names, services.sentences())

    async def _recognise(self, text: str) -> None:
        understanding = self._services.household.understanding
        meant = await self._services.worker.run(understanding.interpret_text, text)
        if meant.intent is None or meant.then:  # an intent is all that an answer can hold
            await self._send(NotRecognized(text=NOT_UNDERSTOOD))
            return
        slots = {**meant.slots, **({"targets": list(meant.targets)} if meant.targets else {})}
        entities = [Entity(name, value) for name, value in slots.items()]
        await self._send(Intent(name=meant.intent, entities=entities))

    async def _handle(self, text: str) -> None:
        # How sure the hearing was is not in a text, so what needs to be sure is asked back.
        carried = await self._services.household.texts.carry_out(text, _TEXT_CONFIDENCE)
        answer = Handled if carried.outcome.success else NotHandled
        await self._send(answer(text=carried.outcome.reply))


class Transcription:
    """Speech to text of one stream, words sent as soon as they stay the same.

    Where a rescorer may revise them, that is at the end: what was sent cannot be taken back.
    """

    def __init__(
        self,
        worker: Worker,
        stream: RecogniserStream,
        rescorer: Rescorer,
        send: Send,
        *,
        voice: RecordedVoice,
        whisper: WhisperStream,
    ) -> None:
        self._voice = voice
        self._whisper = whisper
        self._worker = worker
        self._stream = stream
        self._rescorer = rescorer
        self._send = send
        self._chunks = ChunkReader()
        self._samples = 0
        self._before: list[str] = []
        self._sent = 0

    async def hear(self, chunk: AudioChunk) -> None:
        """Take some audio, and send the words that have become certain enough."""
        words = await self._worker.run(self._accept, self._chunks.read(chunk))
        if self._rescorer.revises:
            return
        settled = _common(self._before, words[:-1])
        self._before = words
        await self._send_words(words[:settled])

    async def stop(self) -> None:
        """Send the whole."""
        await self._worker.run(self._accept, self._chunks.end())
        text = await self._text()
        await self._send_words(text.split())
        whispered = await self._worker.run(self._whisper.probability)
        context = _context(await self._voice.identified(), whispered)
        await self._send(Transcript(text=text, context=context, language="en"))
        await self._send(TranscriptStop())

    async def _text(self) -> str:
        """The words of the whole, after a second opinion if there is one."""
        heard = await self._worker.run(self._stream.finish)
        outcome = await self._rescorer.open().settle(heard)
        if account := outcome.account:
            _LOG.info(
                "rescoring: %s; %d bytes sent, its audio has %d",
                account.outcome,
                account.lattice_bytes,
                2 * self._samples,
            )
        return outcome.result.text

    def _accept(self, samples: NDArray[np.int16]) -> list[str]:
        self._samples += samples.size
        if self._samples > _LONGEST_S * SAMPLE_RATE:
            raise ValueError(
                f"speech of more than {_LONGEST_S} s; send audio-stop between commands"
            )
        self._stream.accept(samples)
        self._voice.hear(samples)
        self._whisper.accept(samples)
        return self._stream.partial().text.split()

    async def _send_words(self, words: Sequence[str]) -> None:
        new = words[self._sent :]
        if not new:
            return
        if not self._sent:
            await self._send(TranscriptStart(language="en"))
        space = " " if self._sent else ""
        self._sent = len(words)
        await self._send(TranscriptChunk(text=space + " ".join(new)))


class Detecting:
    """Wake words in one stream."""

    def __init__(self, worker: Worker, detector: WakeDetector, send: Send) -> None:
        self._worker = worker
        self._detector = detector
        self._send = send
        self._chunks = ChunkReader()
        self._framer = Framer()
        self._samples = 0
        self._detected = False

    async def hear(self, chunk: AudioChunk) -> None:
        """Take some audio, and say which words are in it."""
        await self._look(self._framer.cut(self._chunks.read(chunk)))

    async def stop(self) -> None:
        """Say so if there was none."""
        await self._look(self._framer.cut(self._chunks.end()))
        if not self._detected:
            await self._send(NotDetected())

    async def _look(self, frames: NDArray[np.int16]) -> None:
        for word, at in await self._worker.run(self._detect, frames):
            self._detected = True
            await self._send(Detection(name=word, timestamp=round(1000 * at / SAMPLE_RATE)))

    def _detect(self, frames: NDArray[np.int16]) -> list[tuple[str, int]]:
        found = []
        for frame in frames:
            self._samples += frame.size
            if wake := self._detector.process(frame):
                found.append((wake.word, self._samples))
        return found


def _context(voice: HeardVoice | None, whispered: float | None) -> dict[str, Any] | None:
    """Who speaks and whether they whisper, for the client; `None` where neither is known."""
    context: dict[str, Any] = {}
    if voice is not None:
        known = {"name": voice.name, "probability": round(voice.probability, 4)}
        context["speaker"] = known if voice.name else None
    if whispered is not None:
        context["whispered"] = round(whispered, 4)
    return context or None


def _wanted(request: Transcribe) -> list[BiasPhrase]:
    """Names that the client wants to be favoured."""
    names = [BiasPhrase(str(name)) for name in request.transcript_names or ()]
    terms = [BiasPhrase(str(term), _TERM_WEIGHT) for term in request.transcript_terms or ()]
    return [*names, *terms][:_MOST_NAMES]


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """How many words both begin with."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count
