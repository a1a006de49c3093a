"""A home with everything that understands and serves it: what the pipeline's words reach."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.app.speakers import make_voices
from assistant.app.whispers import load_whispers
from assistant.audio.clock import HeardTime
from assistant.config.settings import Settings
from assistant.dialogue.codes import Codes
from assistant.dialogue.conversation import Conversation
from assistant.dialogue.dispatcher import Dispatcher
from assistant.dialogue.learning import Learning
from assistant.dialogue.state import Dialogue
from assistant.dialogue.texts import TextCommands
from assistant.dialogue.voices import Voices
from assistant.home.factory import contacts_of, make_home
from assistant.home.model import Home, HomeError, area_called
from assistant.nlu.habit_file import HabitFile
from assistant.nlu.habits import Habits
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.referents import Referents
from assistant.nlu.sentence_files import SentenceFolder
from assistant.nlu.understanding import HomeUnderstanding
from assistant.pipeline.identification import Identification
from assistant.pipeline.rescorer import Rescorer, Unchanged
from assistant.plugins.api import Outcome, PluginContext, say_in_log
from assistant.plugins.confirmation import Pending
from assistant.plugins.loader import PluginRegistry, load_plugins
from assistant.speaker.identity import EnrolledVoices
from assistant.speaker.own_things import OwnThings
from assistant.speaker.rights import Rights
from assistant.whispering.detector import NoDetector, WhisperDetector

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Household:
    """The home, the plugins, and the understanding of what is said to them."""

    home: Home
    plugins: PluginRegistry
    sentences: SentenceFolder
    """Those of the user's own."""
    understanding: HomeUnderstanding
    dispatcher: Dispatcher
    conversation: Conversation
    """The understanding with what was said before."""
    heard_time: HeardTime
    """The time by which what was said before counts."""
    rescorer: Rescorer = field(default_factory=Unchanged)
    """Who has a second opinion on what is said."""
    identification: Identification = field(default_factory=Identification)
    """Tells who speaks."""
    whispers: WhisperDetector = field(default_factory=NoDetector)
    """Tells whether they whisper."""

    @property
    def texts(self) -> TextCommands:
        """Understands and carries out what comes as text."""
        return TextCommands(self.conversation.interpret_text, self.dispatcher)

    def in_room(
        self, area: str | None, before_acting: Callable[[Interpretation], Awaitable[None]]
    ) -> Household:
        """The same household as it is spoken to in an area, with a conversation of its own.

        `before_acting` is awaited before a command is carried out.
        """
        heard_time = HeardTime()
        dialogue = Dialogue(heard_time.now)
        understanding = self.understanding.in_area(area, Referents(heard_time.now))
        learning = self.dispatcher.learning
        return replace(
            self,
            understanding=understanding,
            dispatcher=replace(
                self.dispatcher,
                dialogue=dialogue,
                before_acting=before_acting,
                learning=learning and learning.beside(understanding.learn, heard_time.now),
            ),
            conversation=Conversation(understanding, self.home, dialogue),
            heard_time=heard_time,
        )

    async def start(self) -> None:
        """Connect to the home and start what plugins do in the background.

        A home that cannot be reached is logged; commands are refused until it can.
        """
        try:
            await self.home.connect()
        except HomeError as error:
            _LOG.warning("%s", error)
        await self.plugins.start()
        await self.rescorer.start()
        await self.identification.warm()
        for problem in self.unknown_rights():
            _LOG.warning("people: %s", problem)

    def unknown_rights(self) -> list[str]:
        """What to say about what is denied to somebody and means nothing in this home."""
        names = [each.manifest.name for each in self.plugins.loaded]
        unknown = self.dispatcher.voices.rights.unknown(names, self.plugins.intents())
        return [f"'{word}' is denied, but nothing here is called so" for word in unknown]

    async def close(self) -> None:
        """Let go of everything."""
        self.identification.close()
        await self.rescorer.close()
        if self.dispatcher.learning is not None:
            await asyncio.to_thread(self.dispatcher.learning.close)
        await self.plugins.close()
        await self.home.close()


class _PluginsSay:
    """The sentences of plugins, which are made before what understands them."""

    texts: TextCommands

    async def carry_out(self, text: str) -> Outcome:
        return await self.texts.later(text)

    async def carry_out_confirmed(self, text: str) -> Outcome:
        return await self.texts.later(text, confirmed=True)

    async def understand(self, text: str) -> Interpretation:
        return await self.texts.understand(text)


def unknown_areas(settings: Settings, home: Home) -> list[str]:
    """What to say about areas of the settings that this home does not have."""
    known = home.areas()
    wanted = {f"audio.sources, {each.name}": each.area for each in settings.audio.sources}
    wanted["home.area"] = settings.home.area
    return [
        f"there is no area '{area}' ({setting}); there are {', '.join(each.name for each in known)}"
        for setting, area in wanted.items()
        if area and area_called(known, area) is None
    ]


def make_household(
    settings: Settings,
    announce: Callable[[str], None] | None = None,
    state: Path | None = None,
    *,
    understanding: HomeUnderstanding | None = None,
    hush: Callable[[], bool] | None = None,
    voices: EnrolledVoices | None = None,
) -> Household:
    """A household as the settings have it, not yet started.

    `announce` says something when nobody has asked; without it, it goes into the log. `state` is
    the folder for what must survive a restart (`state_folder()` in the service); without it,
    nothing is kept. `understanding`: that of another household with the same settings, to save
    the time of making it. `hush` ends what `announce` says. `voices`: those that are known, instead
    of the ones in `state`. Raises `HomeError`, `ContactsError` and
    `RescoringError`; a bad plugin or sentence file is left out and named in `plugins.problems` or
    `sentences.now().problems`.
    """
    contacts = contacts_of(settings)
    home = make_home(settings, contacts.names)
    habits = _habits(settings, state)

    says = _PluginsSay()
    heard_time = HeardTime()
    voices = voices or make_voices(state)
    rights = Rights({name: person.deny for name, person in settings.people.items()}, home)
    context = PluginContext(
        home,
        pending=Pending(heard_time.now),
        unlock_confidence=settings.home.unlock_confidence,
        state_folder=state,
        announce=announce or say_in_log,
        carry_out=says.carry_out,
        carry_out_confirmed=says.carry_out_confirmed,
        understand=says.understand,
        hush=hush or (lambda: False),
        people=contacts.people,
        call_command=settings.calls.command,
        keep_words_local=settings.privacy.keep_words_local,
        voices=voices,
        may_be_learned=rights.may_be_learned_by_voice,
    )
    plugins = load_plugins(context, settings.understanding.plugins)
    sentences = SentenceFolder(settings.understanding.sentences)
    understanding = understanding or _understanding(settings, home, plugins, sentences, habits)
    understanding.referents = Referents(heard_time.now)
    dialogue = Dialogue(heard_time.now)
    dispatcher = Dispatcher(
        plugins.for_intent,
        context.ask,
        context.pending.forget,
        dialogue,
        voices=Voices(
            rights,
            _own_things(settings, home),
            lambda: context.pending.asked,
            settings.home.unlock_voice,
        ),
        codes=Codes(settings.home.code, heard_time.now),
        attending=plugins.attending,
        learning=Learning(understanding.learn, heard_time.now) if habits and state else None,
    )
    says.texts = TextCommands(
        understanding.interpret_text, replace(dispatcher, dialogue=Dialogue(), learning=None)
    )
    return Household(
        home,
        plugins,
        sentences,
        understanding,
        dispatcher,
        Conversation(understanding, home, dialogue),
        heard_time,
        _rescorer(settings, home),
        Identification(voices),
        load_whispers(),
    )


def _understanding(
    settings: Settings,
    home: Home,
    plugins: PluginRegistry,
    sentences: SentenceFolder,
    habits: Habits | None,
) -> HomeUnderstanding:
    return HomeUnderstanding(
        home,
        intents=plugins.intents(),
        sentences=plugins.sentences,
        own_sentences=lambda: sentences.now().documents,
        own_area=settings.home.area,
        habits=habits,
    )


def _own_things(settings: Settings, home: Home) -> OwnThings:
    return OwnThings(
        home, {name: person.list for name, person in settings.people.items() if person.list}
    )


def _habits(settings: Settings, state: Path | None) -> Habits | None:
    """What is asked for often, where that helps; without a state folder, in any home."""
    personal = settings.personalisation
    if not (personal.enabled and personal.sentences and personal.habits):
        return None
    return Habits(HabitFile(state) if state else None)


def _rescorer(settings: Settings, home: Home) -> Rescorer:
    if settings.rescoring.url is None:
        return Unchanged()
    from assistant.rescoring.remote import make_rescorer  # noqa: PLC0415 - seldom wanted

    return make_rescorer(settings.rescoring, settings.rescoring.url, home.contacts)


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where what must survive a restart is kept: systemd's folder for it, or the user's."""
    if given := environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    base = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "hearth"


def state_folders(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Where a command may find what the service keeps: `state_folder()` first.

    For services of a user, systemd before 254 has it among the configuration.
    """
    base = environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return state_folder(environ), Path(base) / "hearth"
