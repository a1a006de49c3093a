"""Says answers aloud, and the sounds around them.

It works beside the pipeline and never holds it up: what is to be said waits in a short queue, and
whatever goes wrong with a voice or a player is a line in the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.events import (
    Action,
    Error,
    Event,
    FinalEndpoint,
    Interrupted,
    Reply,
    WakeDetected,
    Yielded,
)
from assistant.reply.chimes import Chime, sound_of
from assistant.reply.own_voice import OwnVoice
from assistant.reply.sound import Sound
from assistant.reply.voice import Player, ReplyError, Voice
from assistant.whispering.detector import is_whisper

_LOG = logging.getLogger(__name__)
_CAPACITY = 8
"""So much may wait; then the oldest is dropped, as it is out of date."""


@dataclass(frozen=True, slots=True)
class ReplyStyle:
    """How answers are given."""

    chimes: frozenset[Chime] = frozenset(Chime)
    """Which sounds are played at all."""
    brief: bool = False
    """Whether a command that changed something is confirmed by its sound alone."""
    softly: bool = True
    """Whether whispers are answered softly: by the soft voice, and without sounds."""


@dataclass(frozen=True, slots=True)
class Saying:
    """Something to be heard: a sound, words, or both."""

    chime: Chime | None = None
    text: str = ""
    reply: Reply | None = None
    """What it answers with; an announcement is no reply."""
    softly: bool = False
    """Whether it answers a whisper."""


class Speaker:
    """Speaks while `run` runs. Without a voice or a player it keeps that part to itself.

    `soft_voice` answers whispers; without one, `voice` does. `ended` is told when a reply was said
    and nothing else is to be, and where in the audio that is.
    """

    def __init__(
        self,
        voice: Voice | None,
        player: Player | None,
        own_voice: OwnVoice | None = None,
        style: ReplyStyle | None = None,
        ended: Callable[[Reply, float], None] = lambda _reply, _heard_s: None,
        *,
        soft_voice: Voice | None = None,
    ) -> None:
        self._voice = voice
        self._soft_voice = soft_voice or voice
        self._player = player
        self._own_voice = own_voice or OwnVoice()
        self._style = style or ReplyStyle()
        self._ended = ended
        self._said: Reply | None = None
        """The reply that was said last, until it is told that it has ended."""
        self._waiting: deque[Saying] = deque()
        self._stirred = asyncio.Event()
        self._woken = False
        self._listening = False
        self._listening_since_s = 0.0
        """Where in the audio the wake word was detected that was said last."""
        self._action: Action | None = None
        self._saying_now: asyncio.Task[bool] | None = None
        self._talking: Saying | None = None
        """Whose words are heard."""
        self._interrupted = False
        self._voice_trouble = _Trouble("not spoken")
        self._player_trouble = _Trouble("not played")
        self.dropped = 0
        """What was never said, because too much waited."""

    def announce(self, text: str) -> None:
        """Say something when nobody has asked; it waits until the user has finished speaking."""
        _LOG.info("%s", text)
        self._add(Saying(text=text))

    def hush(self) -> bool:
        """End what is being said and forget what was to be said; whether there was any.

        What the wake word has just interrupted counts, too.
        """
        busy = self._interrupted or bool(self._waiting) or self._saying_now is not None
        self._interrupted = False
        self._waiting.clear()
        if self._saying_now is not None:
            self._saying_now.cancel()
        return busy

    def follow(self, event: Event) -> None:
        """Say what an event of the pipeline asks for; who calls it or speaks over it interrupts.

        While the user speaks, what came of an earlier command is kept back until they have ended.
        Where another room takes the call, nobody speaks here, and what rings goes on.
        """
        current = event.audio_s >= self._listening_since_s
        match event:
            case WakeDetected() | Interrupted():
                self._interrupt()
                self._woken = self._greets(event)
                self._listening, self._action = True, None
                self._listening_since_s = event.audio_s
            case Yielded() if self._talking is not None and self._talking.reply is not None:
                self._interrupt()
            case Action():
                self._action = event
            case Reply():
                self._interrupted = self._interrupted and not current
                self._add(self._saying(event))
        if current and isinstance(event, FinalEndpoint | Reply | Error | Yielded):
            self._listening = False
        self._stirred.set()

    def _greets(self, event: WakeDetected | Interrupted) -> bool:
        """Whether the wake word is answered by its sound: not where it was whispered."""
        if not isinstance(event, WakeDetected) or Chime.WAKE not in self._style.chimes:
            return False
        return not (self._style.softly and is_whisper(event.whispered))

    async def run(self) -> None:
        """Say what there is to say, until cancelled."""
        while True:
            await self._next()
            try:
                await self._greet()
                while self._waiting and not self._listening:
                    await self._unless_hushed(self._waiting.popleft())
                self._tell_ended()
            except Exception:  # noqa: BLE001 - ours or a library's; go on speaking
                _LOG.exception("something was not said")
                self._stirred.set()

    def _tell_ended(self) -> None:
        said, self._said = self._said, None
        if said is not None and not self._listening:
            self._ended(said, self._own_voice.now_s)

    def _interrupt(self) -> None:
        self._interrupted = self._talking is not None
        if self._interrupted and self._saying_now is not None:
            self._saying_now.cancel()

    async def _unless_hushed(self, saying: Saying) -> None:
        """Say it; cancelled by `hush` and by the wake word, it is over."""
        self._saying_now = asyncio.create_task(self._say(saying))
        try:
            await asyncio.wait({self._saying_now})
            if not self._saying_now.cancelled() and self._saying_now.result():
                self._said = saying.reply or self._said
        finally:
            self._saying_now.cancel()
            await asyncio.gather(self._saying_now, return_exceptions=True)
            self._saying_now = None

    async def _next(self) -> None:
        await self._stirred.wait()
        self._stirred.clear()

    def _add(self, saying: Saying) -> None:
        self._waiting.append(saying)
        while len(self._waiting) > _CAPACITY:
            lost = self._waiting.popleft()
            self.dropped += 1
            _LOG.warning("too much to say at once; left out: %s", lost.text or lost.chime)
        self._stirred.set()

    def _saying(self, reply: Reply) -> Saying:
        action, self._action = self._action, None
        if reply.softly and self._style.softly:
            return Saying(text=reply.text, reply=reply, softly=True)
        changed = action is not None and action.success and bool(action.changes)
        if changed and self._style.brief:
            return Saying(Chime.SUCCESS, reply=reply)
        failed = (action is None or not action.success) and not reply.asks
        chime = Chime.FAILURE if failed else Chime.SUCCESS if changed else None
        return Saying(chime, reply.text, reply)

    async def _greet(self) -> None:
        woken, self._woken = self._woken, False
        if woken:
            await self._play(sound_of(Chime.WAKE))

    async def _say(self, saying: Saying) -> bool:
        """Whether it was said: it is kept back if the user speaks.

        Speech is prepared while its sound is played.
        """
        spoken = asyncio.ensure_future(self._spoken(saying))
        try:
            if saying.chime in self._style.chimes:
                await self._play(sound_of(saying.chime))
            while not spoken.done():
                await _first(spoken, asyncio.ensure_future(self._next()))
                await self._greet()
            speech = await spoken
        finally:
            spoken.cancel()
        if speech is None:
            return True
        if self._listening:
            self._waiting.appendleft(replace(saying, chime=None))
            return False
        self._talking = saying
        try:
            await self._play(speech, saying.text)
        finally:
            self._talking = None
        return True

    async def _spoken(self, saying: Saying) -> Sound | None:
        voice = self._soft_voice if saying.softly else self._voice
        if not saying.text or voice is None or self._player is None:
            return None
        try:
            speech = await voice.speak(saying.text)
        except ReplyError as error:
            self._voice_trouble.tell(error)
            return None
        self._voice_trouble.over()
        return speech

    async def _play(self, sound: Sound, text: str = "") -> None:
        if self._player is None:
            return
        try:
            with self._own_voice.speaking(sound.length_s, text):
                await self._player.play(sound)
        except ReplyError as error:
            self._player_trouble.tell(error)
        else:
            self._player_trouble.over()


async def _first(wanted: asyncio.Future[Sound | None], other: asyncio.Future[None]) -> None:
    """Wait for one of them; the other is let go if it is not done."""
    try:
        await asyncio.wait((wanted, other), return_when=asyncio.FIRST_COMPLETED)
    finally:
        other.cancel()


class _Trouble:
    """Said once, not with every answer: a loudspeaker may be off for days."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._told = False

    def tell(self, error: ReplyError) -> None:
        _LOG.log(logging.DEBUG if self._told else logging.WARNING, "%s: %s", self._what, error)
        self._told = True

    def over(self) -> None:
        self._told = False
