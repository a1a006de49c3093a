"""Source, doorway, opening, utterance, events: one direction, as in the picture of the design."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from assistant.asr.result import BiasPhrase, Recogniser, RecogniserStream, RecognitionResult
from assistant.audio.blocks import Block, seconds
from assistant.audio.source import AudioError, AudioSource
from assistant.audio.vad import VoiceActivity
from assistant.endpointing.endpointer import EndReason
from assistant.events import Error, Event, WakeDetected
from assistant.pipeline.doorway import Doorway
from assistant.pipeline.foreground import Foreground
from assistant.pipeline.listener import Ear, power
from assistant.pipeline.memory import give_back
from assistant.pipeline.responder import Commit
from assistant.pipeline.trigger import Opener, Opening
from assistant.pipeline.utterance import Staff, Utterance
from assistant.wake.place import find_call

CALL_ENDED_S = 0.25
"""So long before it is detected, a wake word is over: about, where the recogniser cannot say."""


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
    wake_words: tuple[str, ...] = ()
    """As they are spoken. Where an utterance begins with one, that is no part of it."""

    async def events(self, source: AudioSource) -> AsyncGenerator[Event]:
        """Everything that happens in a stream of audio; an `Error` when the audio cannot be had."""
        worker = self.staff.worker
        place = partial(find_call, self.recogniser)
        opener = await worker.run(self.opener)
        door = Doorway(source, opener, worker, self.pre_roll_s, place)
        try:
            while (opening := await door.opened()) is not None:
                if opening.wake is not None:
                    yield WakeDetected(
                        source=source.name,
                        audio_s=opening.at_s,
                        wake_word=opening.wake.word,
                        probability=opening.wake.probability,
                    )
                if opening.stop is not None:
                    async for event in self._stopped(source.name, opening.at_s, opening.stop):
                        yield event
                    door.enter(opening.at_s)
                    door.leave(opening.at_s)
                    continue
                utterance, before = await self._utterance(source.name, opening, door)
                async with aclosing(utterance.run(before, door)) as happenings:
                    async for event in happenings:
                        yield event
                door.leave(utterance.spoken_until_s)
                await worker.run(give_back)
        except AudioError as error:
            yield Error(
                source=source.name, audio_s=door.heard_s, code=error.code, message=str(error)
            )

    def _stopped(self, source: str, at_s: float, said: RecognitionResult) -> AsyncIterator[Event]:
        """What comes of a word to stop, which was heard to its end."""
        commit = Commit(source, at_s, EndReason.PAUSE, speech_end_s=None, speculated_s=None)
        return self.staff.answer.give(commit, lambda: said, None)

    def _stream(self, *, called: bool) -> RecogniserStream:
        """A stream that favours the names there are now; collecting them can take a while.

        Who opened it by speaking may still begin with a wake word.
        """
        words = () if called else map(BiasPhrase, self.wake_words)
        return self.recogniser.open((*self.bias(), *words))

    async def _utterance(
        self, source: str, opening: Opening, door: Doorway
    ) -> tuple[Utterance, Block]:
        """An utterance, and the audio that it begins with: right after the wake word, if any.

        Where the recogniser does not hear the wake word, it ends some time before it was detected.
        """
        stream = await self.staff.worker.run(self._stream, called=opening.wake is not None)
        voice = await self.staff.worker.run(self.voice)
        call = await door.call()
        words_from_s = 0.0
        from_s = opening.hear_from_s
        if call is not None:
            from_s = call.end_s
        elif opening.wake is not None:
            words_from_s = opening.at_s - CALL_ENDED_S
            from_s = words_from_s - 0.05
        foreground = Foreground()
        if call is not None:
            for frame, _ in door.audio(call.begin_s, call.end_s).frames():
                foreground.takes(foreground.level(power(frame)))
        before = door.enter(from_s)
        ear = Ear(stream, voice, seconds(before.start), words_from_s, self.wake_words)
        return Utterance(source, opening.listen_from_s, ear, self.staff, foreground), before
