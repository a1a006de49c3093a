"""The rooms of the service: what hears in each, answers there, and goes down meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.app import echo
from assistant.app.assembly import Listening, make_follow_ups, make_pipeline
from assistant.app.household import Household
from assistant.app.music import make_ducking, make_ledger, mixers_of
from assistant.app.presence import make_senses
from assistant.app.voices import make_speaker
from assistant.asr.result import Recogniser
from assistant.audio.source import AudioSource
from assistant.config.presence import PresenceSettings
from assistant.config.settings import Settings
from assistant.ducking.ducking import Ducking
from assistant.ducking.ledger import Ledger
from assistant.events import Event, Reply
from assistant.pipeline.arbitration import Arbiter
from assistant.pipeline.follow_up import FollowUps
from assistant.pipeline.pipeline import Pipeline
from assistant.pipeline.worker import Worker
from assistant.plugins.room import EVERYWHERE, ROOM
from assistant.presence.senses import Senses
from assistant.reply.own_voice import OwnVoice
from assistant.reply.speaker import Speaker
from assistant.reply.streamed import Outlet, StreamedPlayer
from assistant.reply.voice import Player
from assistant.reply.volume import Volume


@dataclass(frozen=True, slots=True)
class AudioIO:
    """What hears, and what else it can do: this device's microphone, or a satellite."""

    source: AudioSource
    player: Player | None = None
    """Plays there; else this device does."""
    follow: Callable[[Event], None] = lambda _event: None
    """Is told of every event."""
    room: str = EVERYWHERE
    """Its name, where there are several."""
    area: str | None = None
    outlet: Outlet | None = None
    """The player again, where it plays piece by piece, too."""
    presence: PresenceSettings = field(default_factory=PresenceSettings)
    """What tells that somebody is there."""
    waiting_s: Callable[[], float] = lambda: 0.0
    """How much audio was captured and not taken yet."""


@dataclass(frozen=True, slots=True)
class Room:
    """One source with what is its own; models, home and plugins are shared."""

    audio_io: AudioIO
    follow_ups: FollowUps
    ducking: Ducking
    speaker: Speaker
    own_voice: OwnVoice = field(default_factory=OwnVoice)
    senses: Senses = field(default_factory=Senses)
    volume: Volume | None = None
    """Turned down for who speaks while it does, where that is wanted."""
    clear: Callable[[float], bool] = lambda _at_s: True
    """Whether what is heard at a second of the audio has no echo of what is played."""

    @property
    def source(self) -> AudioSource:
        """Its audio, counted to know where its own voice is heard."""
        return self.own_voice.over(self.audio_io.source)

    def follow(self, event: Event) -> None:
        """Do in the room what an event asks for."""
        for each in (self.senses, self.ducking, self.speaker, self.audio_io):
            each.follow(event)

    def pipeline(
        self,
        settings: Settings,
        house: Household,
        recogniser: Recogniser,
        worker: Worker,
        arbiter: Arbiter | None,
    ) -> Pipeline:
        """What hears here."""
        room = self.audio_io.room
        listening = Listening(
            own_voice=self.own_voice,
            follow_ups=self.follow_ups,
            volume=self.volume,
            clear=self.clear,
            room=room,
            presence=self.senses,
            arbiter=arbiter,
            waiting_s=self.audio_io.waiting_s,
        )
        here = house.in_room(self.audio_io.area, self.ducking.let_go)
        return make_pipeline(settings, here, recogniser, worker, listening)


class Rooms:
    """All rooms. What is announced goes to the room that it was asked for in, or else to all."""

    def __init__(self, settings: Settings, audio_ios: Sequence[AudioIO], state: Path) -> None:
        self._settings = settings
        ledger = make_ledger(state)
        self.rooms = [_room(settings, audio_io, ledger) for audio_io in audio_ios]
        self._running: list[asyncio.Task[None]] = []

    def announce(self, text: str) -> None:
        """Say something when nobody has asked; once where rooms share a loudspeaker."""
        said_here = False
        for room in self._meant():
            here = room.audio_io.player is None
            if not (here and said_here):
                room.speaker.announce(text)
            said_here |= here

    def hush(self) -> bool:
        """End what is being said in the room that asks for it; whether there was any."""
        return True in {room.speaker.hush() for room in self._meant()}

    async def start(self, house: Household) -> None:
        """Begin to speak and to look, and bring back what was left turned down."""
        for room in self.rooms:
            room.senses.begin(house.home)
            self._running += map(asyncio.create_task, (room.speaker.run(), room.senses.run()))
        for room in self.rooms:
            area, here = room.audio_io.area, room.audio_io.player is None
            room.ducking.mixers = mixers_of(self._settings, house.home, area, here=here)
            await room.ducking.start()

    async def close(self) -> None:
        """Fall silent, look no more, and bring back what is turned down."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await asyncio.gather(*(room.ducking.close() for room in self.rooms))

    def _meant(self) -> list[Room]:
        asked_in = [room for room in self.rooms if room.audio_io.room == ROOM.get()]
        return asked_in or self.rooms


def _room(settings: Settings, audio_io: AudioIO, ledger: Ledger) -> Room:
    senses = make_senses(audio_io.presence)
    follow_ups = make_follow_ups(settings, senses)
    ducking = make_ducking(settings, ledger)
    own_voice = OwnVoice()
    ears = echo.ears(settings.audio, audio_io.source, here=audio_io.player is None)
    wanted = settings.conversation.barge_in
    # If it is not said, speech interrupts where the echo really is taken out.
    volume = Volume() if (ears.cancels if wanted is None else wanted) else None

    def ended(reply: Reply, heard_s: float) -> None:
        follow_ups.after(reply, heard_s)
        ducking.ended(reply, heard_s)

    def streamed(outlet: Outlet) -> Player:
        return StreamedPlayer(outlet, ears.reference, volume)

    player, streams = audio_io.player, ears.cancels or volume is not None
    if streams and audio_io.outlet is not None:
        player = streamed(audio_io.outlet)
    speaker = make_speaker(
        settings.replies, own_voice, player, ended, streamed if streams else None
    )
    captured_s = audio_io.waiting_s
    audio_io = replace(
        audio_io, source=ears.source, waiting_s=lambda: captured_s() + ears.waiting_s()
    )
    return Room(audio_io, follow_ups, ducking, speaker, own_voice, senses, volume, ears.clear)
