"""Source, ring, opening, utterance, events: one direction, as in the picture of the design."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from assistant.asr.result import BiasPhrase, Recogniser, RecogniserStream
from assistant.audio.ring import PreRoll
from assistant.audio.source import SAMPLE_RATE, AudioError, AudioSource
from assistant.audio.vad import VoiceActivity
from assistant.blocks import Block, Blocks, seconds
from assistant.events import Error, Event, WakeDetected
from assistant.hearing import Ear, WakeWordSaid
from assistant.opening import Opener, Opening
from assistant.utterance import Staff, Utterance


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The stages. They are shared by all streams; what a stream changes is made anew for each."""

    staff: Staff
    recogniser: Recogniser
    opener: Callable[[], Opener]
    voice: Callable[[], VoiceActivity]
    bias: Callable[[], tuple[BiasPhrase, ...]]
    """The names that the home has now, to favour."""
    pre_roll_s: float = 2.0

    async def events(self, source: AudioSource) -> AsyncGenerator[Event]:
        """Everything that happens in a stream of audio; an `Error` when the audio cannot be had."""
        blocks = Blocks(source)
        try:
            async for opening, before in self._openings(blocks):
                if opening.wake is not None:
                    yield WakeDetected(
                        source=source.name,
                        audio_s=opening.at_s,
                        wake_word=opening.wake.word,
                        probability=opening.wake.probability,
                    )
                utterance = await self._utterance(source.name, opening)
                async with aclosing(utterance.run(before, blocks)) as happenings:
                    async for event in happenings:
                        yield event
        except AudioError as error:
            yield Error(
                source=source.name,
                audio_s=seconds(blocks.position),
                code=error.code,
                message=str(error),
            )

    async def _openings(self, blocks: Blocks) -> AsyncIterator[tuple[Opening, Block]]:
        """Each opening of an utterance, with the audio that the recogniser should hear first."""
        opener = await self.staff.worker.run(self.opener)
        ring = PreRoll(self.pre_roll_s)
        while (block := await blocks.next(opener.idle_frames)) is not None:
            ring.append(block.samples)
            opening = await self.staff.worker.run(opener.hear, block)
            if opening is None:
                continue
            first = max(ring.start, round(opening.hear_from_s * SAMPLE_RATE))
            yield opening, Block(ring.since(first), first)
            opener.reset()
            ring = PreRoll(self.pre_roll_s)

    def _stream(self) -> RecogniserStream:
        """A stream that favours the names there are now; collecting them can take a while."""
        return self.recogniser.open(self.bias())

    async def _utterance(self, source: str, opening: Opening) -> Utterance:
        stream = await self.staff.worker.run(self._stream)
        voice = await self.staff.worker.run(self.voice)
        said = None
        if opening.wake is not None:
            wake_end_s = opening.listen_from_s - opening.hear_from_s
            said = WakeWordSaid(opening.wake.word, wake_end_s)
        return Utterance(source, opening.listen_from_s, Ear(stream, voice, said), self.staff)
