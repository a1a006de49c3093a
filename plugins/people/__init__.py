"""Voices by talking: learn mine, forget mine, and who am I."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Asks, Outcome, Plugin, PluginContext
from assistant.plugins.room import ROOM
from assistant.speaker.identity import EnrolledVoices
from assistant.speaker.profiles import BadNameError, ProfileError, check_name

from .enrolment import Enrolment

LEARN, FORGET, WHO = "HearthLearnVoice", "HearthForgetVoice", "HearthWhoAmI"
_SAY_A_NAME = "Say: learn my voice as, and then your name."
_UNKNOWN = "I do not know your voice."


class People:
    """Keeps the household's voices, as the people themselves want it."""

    name = "people"

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._enrolments: dict[str, Enrolment] = {}
        """By the room that teaches."""

    def intents(self) -> Sequence[str]:
        """Voices alone."""
        return (LEARN, FORGET, WHO)

    async def prepare(self, interpretation: Interpretation) -> None:
        """Nothing to fetch."""

    def attends(self) -> bool:
        """Whether what is said next in this room teaches a voice."""
        enrolment = self._enrolments.get(ROOM.get())
        if enrolment is not None and self._context.clock.now() > enrolment.until_s:
            self._end()
        return ROOM.get() in self._enrolments

    async def attend(self, interpretation: Interpretation) -> Outcome | None:
        """Take a sentence to learn from; a change of mind ends it."""
        enrolment = self._enrolments.get(ROOM.get())
        again = interpretation.intent == LEARN and not interpretation.answers
        if enrolment is None or again:
            return None
        if interpretation.intent in ("HassNevermind", "HearthStop"):
            self._end()
            return _done("Okay, I have learned nothing.")
        until_s = self._context.clock.now() + enrolment.WAITS_S
        outcome = await enrolment.hear(interpretation.speaker, until_s)
        if enrolment.over:
            self._end()
        return outcome

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Do what is asked."""
        voices = self._context.voices
        if voices is None:
            return _failed("I cannot tell voices apart here.")
        if interpretation.intent == LEARN:
            return self._learn(voices, interpretation)
        if not voices.wanted():
            return _failed(f"I know nobody's voice yet. {_SAY_A_NAME}")
        if interpretation.intent == FORGET:
            return self._forget(voices, interpretation)
        return _who(interpretation)

    def _learn(self, voices: EnrolledVoices, interpretation: Interpretation) -> Outcome:
        name = str(interpretation.slots.get("person", "")).strip().title()
        try:
            check_name(name)
        except BadNameError:
            return _failed(_SAY_A_NAME)
        speaker = interpretation.speaker
        if voices.profiles.find(name) and (speaker is None or not _same(speaker.name, name)):
            return _failed(f"I know the voice of {name} already, and this is another one.")
        if not self._context.may_be_learned(name):
            return _failed(
                f"{name} may do more here than a guest, so I learn that voice only by the command "
                f"assistant voices learn."
            )
        voices.learning = True
        enrolment = Enrolment(voices, name, self._context.clock.now() + Enrolment.WAITS_S)
        self._enrolments[ROOM.get()] = enrolment
        return Outcome(success=True, reply=enrolment.greeting, asks=Asks.MORE)

    def _forget(self, voices: EnrolledVoices, interpretation: Interpretation) -> Outcome:
        speaker = interpretation.speaker
        if speaker is None or speaker.name is None:
            return _failed(f"{_UNKNOWN} There is nothing to forget.")
        name = speaker.name

        async def forget(_interpretation: Interpretation) -> Outcome:
            try:
                voices.profiles.forget(name)
            except ProfileError as error:
                return _failed(str(error))
            return _done(f"I have forgotten the voice of {name}.")

        return self._context.ask(interpretation, forget, f"Shall I forget your voice, {name}?")

    def _end(self) -> None:
        self._enrolments.pop(ROOM.get(), None)
        if self._context.voices is not None:
            self._context.voices.learning = bool(self._enrolments)


def _who(interpretation: Interpretation) -> Outcome:
    speaker = interpretation.speaker
    if speaker is None:
        return _failed("I cannot tell: I did not hear it spoken.")
    if speaker.embedding is None:
        return _failed("I cannot tell by so few words.")
    return _done(f"You are {speaker.name}." if speaker.name else _UNKNOWN)


def _same(one: str | None, other: str) -> bool:
    return one is not None and one.casefold() == other.casefold()


def _done(reply: str) -> Outcome:
    return Outcome(success=True, reply=reply)


def _failed(reply: str) -> Outcome:
    return Outcome(success=False, reply=reply)


def create(context: PluginContext) -> Plugin:
    """The plugin."""
    return People(context)
