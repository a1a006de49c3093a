"""Puts the pipeline together as the settings have it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.app.household import Household
from assistant.app.recognition import bias_phrases
from assistant.asr.result import BiasPhrase, Recogniser, Sentences
from assistant.audio.vad import SileroVad, VoiceActivity, WebRtcVad
from assistant.config.hearing import WAKE_WORDS, EndpointSettings
from assistant.config.settings import Settings
from assistant.endpointing.endpointer import Endpointing
from assistant.endpointing.pauses import (
    STYLES,
    FinalEndpointer,
    SpeculativeEndpointer,
    with_waits,
)
from assistant.events import Reply
from assistant.pipeline.addressee import Addressee
from assistant.pipeline.arbitration import Arbiter
from assistant.pipeline.barge_in import BargeInTrigger
from assistant.pipeline.follow_up import FollowUps, FollowUpTrigger
from assistant.pipeline.pipeline import Pipeline
from assistant.pipeline.responder import LatticeFormat, Responder
from assistant.pipeline.stopping import StopSpotter, StopTrigger
from assistant.pipeline.trigger import (
    FollowUp,
    GuardedTrigger,
    SpeechTrigger,
    Trigger,
    WakeTrigger,
)
from assistant.pipeline.utterance import UtteranceServices
from assistant.pipeline.worker import Worker
from assistant.plugins.room import EVERYWHERE
from assistant.presence.senses import Presence, Unknown
from assistant.reply.own_voice import OwnVoice
from assistant.reply.volume import Volume
from assistant.wake import factory as wake
from assistant.wake.words import spoken

HEAR_BEFORE_WAKE_S = 1.3
"""The wake word itself lies in so much audio before the place where it was detected."""


@dataclass(frozen=True, slots=True)
class Listening:
    """What opens an utterance, and what is shown of it."""

    wake: bool = True
    """A wake word, else any speech."""
    lattice: LatticeFormat | None = None
    """How final end-points show their lattice, if at all."""
    own_voice: OwnVoice | None = None
    """Where Hearth itself is heard and must not wake itself."""
    follow_ups: FollowUps | None = None
    """Opened by who says the replies; without it, replies are said by nobody and end at once."""
    volume: Volume | None = None
    """Turned down for who speaks while Hearth does; without it, nobody interrupts it so."""
    clear: Callable[[float], bool] = lambda _at_s: True
    """Whether what was heard until a second has no echo of Hearth's own voice."""
    room: str = EVERYWHERE
    """In which of several rooms it listens."""
    presence: Presence | None = None
    """Tells who is there."""
    arbiter: Arbiter | None = None
    """Decides which of them answers."""
    directed: bool = False
    """Without a wake word: whether only what is meant for this device is acted on."""
    waits: bool = False
    """Whether the audio waits for what comes of a command, see `Pipeline.waits`."""
    waiting_s: Callable[[], float] = lambda: 0.0
    """How much captured audio waits to be heard."""


def make_pipeline(
    settings: Settings,
    house: Household,
    recogniser: Recogniser,
    worker: Worker,
    listening: Listening,
) -> Pipeline:
    """The pipeline; raises `WakeWordError`."""
    follow_ups = listening.follow_ups or make_follow_ups(settings, listening.presence)
    responder = Responder(
        worker,
        house.conversation,
        house.dispatcher,
        listening.lattice,
        house.rescorer,
        least_confidence=settings.understanding.confidence,
        remember=house.understanding.referents.note,
        follow_ups=follow_ups,
        replied=_said_elsewhere if listening.follow_ups else None,
        addressee=Addressee(settings.conversation.directedness, house.identification.likeness),
    )
    return Pipeline(
        services=UtteranceServices(
            worker,
            make_endpointing(settings.endpoint, house),
            responder,
            house.identification,
            house.whispers,
            listening.presence or Unknown(),
            listening.waiting_s,
        ),
        recogniser=recogniser,
        trigger=_trigger(settings, house, recogniser, replace(listening, follow_ups=follow_ups)),
        voice=_voice_activity(settings),
        bias=lambda: favoured(settings, house),
        sentences=lambda: favoured_sentences(settings, house, _said_first(settings, listening)),
        pre_roll_s=settings.audio.pre_roll_s,
        wake_words=_said_first(settings, listening),
        heard_time=house.heard_time,
        room=listening.room,
        arbiter=listening.arbiter,
        waits=listening.waits,
    )


def make_follow_ups(settings: Settings, presence: Presence | None = None) -> FollowUps:
    """When no wake word is needed, as it is set, and by who is there."""
    talk = settings.conversation
    gaze_s = talk.gaze_s if presence and presence.looks else 0.0
    return FollowUps(talk.answer_s, talk.follow_up_s, gaze_s, presence)


def _said_elsewhere(_reply: Reply) -> None:
    """Whoever says it opens the microphone when it is said."""


def make_endpointing(settings: EndpointSettings, house: Household) -> Endpointing:
    """The end-pointers as they are set, asking the household's understanding."""
    style = with_waits(
        STYLES[settings.style],
        settings.speculative_silence_s,
        settings.final_silence_s,
        settings.incomplete_silence_s,
    )

    return Endpointing(
        SpeculativeEndpointer(style.speculative),
        FinalEndpointer(style.final, settings.no_speech_timeout_s, settings.max_utterance_s),
        house.conversation.completeness,
    )


def favoured(settings: Settings, house: Household) -> tuple[BiasPhrase, ...]:
    """What to favour in the utterance that begins; reads files that changed, so for the worker."""
    more = [*house.plugins.names(), *house.sentences.now().names]
    return bias_phrases(settings, house.home, more, house.understanding.words_before)


def favoured_sentences(
    settings: Settings, house: Household, calls: Sequence[str] = ()
) -> Sentences | None:
    """The sentences to favour in the utterance that begins, alone or after one of the calls."""
    personal = settings.personalisation
    wanted = personal.enabled and personal.sentences
    return house.understanding.network(calls) if wanted else None


def _trigger(
    settings: Settings, house: Household, recogniser: Recogniser, listening: Listening
) -> Callable[[], Trigger]:
    """A wake word, and "stop" while something sounds; or any speech but Hearth's own."""
    own_voice = listening.own_voice or OwnVoice()
    voice = _voice_activity(settings)
    if not listening.wake:
        doubted = FollowUp.OVERHEARD if listening.directed else None
        return lambda: GuardedTrigger(SpeechTrigger(voice(), follow_up=doubted), own_voice.covers)
    by_wake_word = _by_wake_word(settings)
    calls = [spoken(word) for word in settings.wake.words]

    def trigger() -> Trigger:
        guarded = GuardedTrigger(by_wake_word(), lambda at_s: own_voice.says(calls, at_s))
        spotter = StopSpotter(
            recogniser,
            voice(),
            sounds=lambda: own_voice.speaks or house.plugins.rings(),
            said=lambda: own_voice.text,
        )
        stopping = StopTrigger(guarded, spotter)
        follow_ups = listening.follow_ups or make_follow_ups(settings)
        following = FollowUpTrigger(stopping, voice(), follow_ups, lambda: own_voice.sounds)
        if listening.volume is None:
            return following
        return BargeInTrigger(
            *(following, recogniser, voice(), own_voice, listening.volume), clear=listening.clear
        )

    return trigger


def _said_first(settings: Settings, listening: Listening) -> tuple[str, ...]:
    """What may come before a command: a wake word, any known one where none is waited for."""
    known = () if listening.wake else WAKE_WORDS[settings.wake.engine]
    return tuple(dict.fromkeys(spoken(word) for word in (*settings.wake.words, *known)))


def _voice_activity(settings: Settings) -> Callable[[], VoiceActivity]:
    if settings.audio.voice_activity == "silero":
        return SileroVad
    WebRtcVad()  # an extra that is not installed is said now rather than at the first utterance
    return WebRtcVad


def _by_wake_word(settings: Settings) -> Callable[[], Trigger]:
    chosen = settings.wake
    lead_s = min(HEAR_BEFORE_WAKE_S, settings.audio.pre_roll_s)

    def trigger() -> Trigger:
        detector = wake.create(chosen.engine, chosen.words, chosen.threshold, chosen.refractory_s)
        return WakeTrigger(detector, lead_s)

    trigger()  # a word that cannot be had is said now rather than at the first frame
    return trigger
