"""Source, feed, activation, utterance, events: one direction, as in the picture of the design.

Listening never waits for an action: what was decided is carried out by a task beside it, and its
events come between those of what is heard meanwhile.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from assistant.asr.recording import unrecorded
from assistant.asr.result import (
    BiasPhrase,
    Recogniser,
    RecogniserStream,
    RecognitionResult,
    Sentences,
)
from assistant.audio.blocks import Block, seconds
from assistant.audio.clock import HeardTime
from assistant.audio.source import SAMPLE_RATE, AudioError, AudioSource
from assistant.audio.vad import VoiceActivity
from assistant.events import EndReason, Error, Event, Interrupted, WakeDetected, Yielded
from assistant.pipeline.arbitration import Arbiter, loudness_db, score
from assistant.pipeline.decision import Decision, TurnEnd
from assistant.pipeline.discretion import Send
from assistant.pipeline.feed import AudioFeed
from assistant.pipeline.foreground import Foreground
from assistant.pipeline.listener import Listener, power
from assistant.pipeline.memory import give_back
from assistant.pipeline.outbox import Outbox
from assistant.pipeline.trigger import Activation, FollowUp, Trigger
from assistant.pipeline.utterance import Utterance, UtteranceServices
from assistant.plugins.room import EVERYWHERE, ROOM
from assistant.wake.place import find_call

_SILENCE = np.zeros(SAMPLE_RATE // 2, np.int16)
"""In the place of a wake word."""
CALL_ENDED_S = 0.25
"""So long before it is detected, a wake word is over: about, where the recogniser cannot say."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The stages. They are shared by all streams; what a stream changes is made anew for each."""

    services: UtteranceServices
    recogniser: Recogniser
    trigger: Callable[[], Trigger]
    voice: Callable[[], VoiceActivity]
    bias: Callable[[], tuple[BiasPhrase, ...]]
    """The names that the home has now, to favour."""
    pre_roll_s: float = 2.0
    sentences: Callable[[], Sentences | None] = lambda: None
    """Those that the home understands now; asked when an utterance begins."""
    wake_words: tuple[str, ...] = ()
    """As they are spoken. Where an utterance begins with one, that is no part of it."""
    heard_time: HeardTime = field(default_factory=HeardTime)
    """Follows the audio that is heard."""
    room: str = EVERYWHERE
    """In which room it hears, where there are several."""
    arbiter: Arbiter | None = None
    """Decides who answers, where several sources hear the same."""
    waits: bool = False
    """Whether what was said is done before more is heard: for a recording, which waits; so what
    comes of a command falls at the same place however fast it is played."""

    async def prepare(self) -> None:
        """Do now what the first utterance would wait for.

        Names and sentences are read once, and what hears voices by a wake word is loaded.
        """
        await self.services.worker.run(self._stream, called=True, secret=False, anchor=_SILENCE)

    async def events(self, source: AudioSource) -> AsyncGenerator[Event]:
        """Everything that happens in a stream of audio; an `Error` when the audio cannot be had.

        Events of one utterance come in their order. It ends when the audio has ended and all
        actions are done; whoever stops reading cancels those that are not.
        """
        outbox = Outbox()
        outbox.begin(self._listen(source, outbox))
        async with aclosing(outbox.events()) as happened:
            async for event in happened:
                yield event

    async def _listen(self, source: AudioSource, outbox: Outbox) -> None:
        ROOM.set(self.room)
        worker = self.services.worker
        place = partial(find_call, self.recogniser)
        trigger = await worker.run(self.trigger)
        feed = AudioFeed(source, trigger, worker, self.pre_roll_s, place)
        self.heard_time.follow(lambda: feed.heard_s)
        try:
            while (activation := await feed.activated()) is not None:
                decision = await self._decide(source.name, activation, feed, outbox.send)
                if decision is not None:
                    await self._carry_out(decision, outbox)
                await worker.run(give_back)
        except AudioError as error:
            await outbox.send(
                Error(source=source.name, audio_s=feed.heard_s, code=error.code, message=str(error))
            )

    async def _carry_out(self, decision: Decision, outbox: Outbox) -> None:
        carrying_out = self.services.responder.carry_out(decision, outbox.send)
        if self.waits:
            await carrying_out
        else:
            outbox.begin(carrying_out)

    async def _decide(
        self, source: str, activation: Activation, feed: AudioFeed, send: Send
    ) -> Decision | None:
        """Listen to what was activated, to its end; nothing where another source answers."""
        called = activation.wake is not None
        taken = _by_nobody if called or not self.arbiter else self.arbiter.taken(self.room)
        winner = await self._winner(activation, feed)
        if winner != self.room:
            await send(Yielded(source=source, audio_s=activation.at_s, to=winner))
            feed.enter(activation.at_s)
            feed.leave(activation.at_s)
            return None
        if activation.wake is not None:
            await send(
                WakeDetected(
                    source=source,
                    audio_s=activation.at_s,
                    wake_word=activation.wake.word,
                    probability=activation.wake.probability,
                    whispered=await self._whispered(activation, feed),
                )
            )
        if activation.follow_up is FollowUp.INTERRUPTION:
            await send(Interrupted(source=source, audio_s=activation.at_s))
        if activation.stop is not None:
            decision = await self._stopped(source, activation.at_s, activation.stop, send)
            feed.enter(activation.at_s)
            feed.leave(activation.at_s)
            return decision
        utterance, before = await self._utterance(source, activation, feed, send, taken)
        decided = await utterance.run(before, feed)
        feed.leave(utterance.spoken_until_s)
        if decided is None and (to := taken()):
            self.services.responder.give_way()
            await send(Yielded(source=source, audio_s=activation.at_s, to=to))
        return decided

    async def _whispered(self, activation: Activation, feed: AudioFeed) -> float | None:
        """The probability that the wake word was whispered: its sound is an answer, too."""
        whisper = self.services.whispers.open()
        called = feed.audio(activation.hear_from_s, activation.at_s)
        await self.services.worker.run(whisper.accept, called.samples)
        return await self.services.worker.run(whisper.probability)

    async def _winner(self, activation: Activation, feed: AudioFeed) -> str:
        """Which room answers."""
        if self.arbiter is None or activation.stop is not None:
            return self.room
        begin_s, at_s = activation.hear_from_s, activation.at_s
        loudness = loudness_db(feed.audio(0.0, begin_s), feed.audio(begin_s, at_s))
        probability = activation.wake.probability if activation.wake else 0.5
        best = score(loudness, probability)
        return await self.arbiter.winner(self.room, best, called=activation.wake is not None)

    async def _stopped(
        self, source: str, at_s: float, said: RecognitionResult, send: Send
    ) -> Decision:
        """What comes of a word to stop, which was heard to its end."""
        end = TurnEnd(source, at_s, EndReason.PAUSE, speech_end_s=None, speculated_s=None)
        return await self.services.responder.decide(end, lambda: said, None, send)

    def _stream(
        self, *, called: bool, secret: bool, anchor: NDArray[np.int16] | None = None
    ) -> RecogniserStream:
        """A stream that favours the names there are now; collecting them can take a while.

        Who opened it by speaking may still begin with a wake word. What is `secret` is not kept.
        `anchor`: the wake word's sound.
        """
        if secret:
            return unrecorded(self.recogniser).open(anchor=anchor)
        words = () if called else map(BiasPhrase, self.wake_words)
        return self.recogniser.open((*self.bias(), *words), self.sentences(), anchor)

    async def _utterance(
        self,
        source: str,
        activation: Activation,
        feed: AudioFeed,
        send: Send,
        taken: Callable[[], str | None],
    ) -> tuple[Utterance, Block]:
        """An utterance, and the audio that it begins with: right after the wake word, if any.

        Where the recogniser does not hear the wake word, it ends some time before it was detected.
        """
        call = await feed.call()
        word = None if call is None else feed.audio(call.begin_s, call.end_s)
        stream = await self.services.worker.run(
            self._stream,
            called=activation.wake is not None,
            secret=self.services.responder.secret,
            anchor=None if word is None else word.samples,
        )
        voice = await self.services.worker.run(self.voice)
        words_from_s = 0.0
        from_s = activation.hear_from_s
        if call is not None:
            from_s = call.end_s
        elif activation.wake is not None:
            words_from_s = activation.at_s - CALL_ENDED_S
            from_s = words_from_s - 0.05
        foreground, speaker = Foreground(), self.services.identification.open()
        whisper = self.services.whispers.open()
        if word is not None:
            speaker.called(word)
            await self.services.worker.run(whisper.accept, word.samples)
            for frame, _ in word.frames():
                foreground.takes(foreground.level(power(frame)))
        before = feed.enter(from_s)
        start_s = seconds(before.start)
        listener = Listener(stream, voice, start_s, words_from_s, self.wake_words, whisper=whisper)
        utterance = Utterance(
            source,
            activation.listen_from_s,
            listener,
            self.services,
            send=send,
            foreground=foreground,
            follow_up=activation.follow_up,
            since_reply_s=activation.since_reply_s,
            voice=speaker,
            taken=taken,
        )
        return utterance, before


def _by_nobody() -> None:
    """A wake word was heard here, so no other source takes what follows it."""
