"""What a plugin is: intents it carries out, and how it answers. See docs/plugins.md."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from assistant.audio.clock import Clock, MonotonicClock
from assistant.errors import HearthError
from assistant.home.contacts import Contact
from assistant.home.model import Change, Home, HomeError
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.response import filled_in
from assistant.plugins.confirmation import Pending, WaitingCommand

if TYPE_CHECKING:
    import aiohttp

    from assistant.speaker.identity import EnrolledVoices

_LOG = logging.getLogger(__name__)

INTERFACE = 1
"""The number of what this module and docs/plugins.md describe; another one is not compatible."""


class Asks(StrEnum):
    """What a reply asks for. Where it asks, the answer needs no wake word."""

    NOTHING = ""
    YES = "yes"
    """A yes, to what waits for it."""
    WHICH = "which"
    """Which of the outcome's targets is meant."""
    MORE = "more"
    """What the command lacks: for how long, at what time."""
    CODE = "code"
    """The code, for what opens the home."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an intent."""

    success: bool
    reply: str
    targets: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    not_here: bool = False
    """Whether nothing was done because the home has nothing of what was named: no such device, no
    such list. `reply` is then said only if who takes the rest cannot do it either."""
    asks: Asks = Asks.NOTHING
    """What the reply asks for, if anything."""


class Plugin(Protocol):
    """Carries out some intents."""

    name: str

    def intents(self) -> Sequence[str]:
        """Names of the intents that this plugin carries out."""

    async def prepare(self, interpretation: Interpretation) -> None:
        """Fetch what `act` will need; must not change anything and may be thrown away."""

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Carry it out; errors of the home come back as an unsuccessful outcome with a reply."""


async def outcome_of(plugin: Plugin, interpretation: Interpretation) -> tuple[Outcome, str]:
    """What came of it; a plugin's failure is an outcome too, with a message for the log.

    Where a sentence of the user's own has an answer, a success is answered with that.
    """
    try:
        outcome = await plugin.act(interpretation)
    except HomeError as error:
        return Outcome(success=False, reply=str(error)), ""
    except Exception as error:  # noqa: BLE001 - a plugin is not ours; go on listening
        _LOG.exception("plugin %s failed", plugin.name)
        apology = Outcome(success=False, reply="Sorry, something went wrong.")
        return apology, f"plugin {plugin.name} failed: {error}"
    own = filled_in(interpretation.slots) if outcome.success else None
    return (replace(outcome, reply=own) if own else outcome), ""


@runtime_checkable
class Background(Protocol):
    """What a plugin also has if it does something between commands."""

    async def start(self) -> None:
        """Begin; called once, in the event loop, before the first command."""

    async def close(self) -> None:
        """End; nothing of it runs afterwards."""


@runtime_checkable
class Named(Protocol):
    """What a plugin also has if it knows names that should be heard right."""

    def names(self) -> Sequence[str]:
        """Names to favour: radio stations, the cat."""


@runtime_checkable
class Cautious(Protocol):
    """What a plugin also has if it asks before it does some things, however they were heard."""

    async def doubt(self, interpretation: Interpretation) -> str:
        """What has to be answered with yes first; empty if it may be done at once."""


@runtime_checkable
class Opening(Protocol):
    """What a plugin also has if it may open the home: a lock, a door, a gate, an alarm."""

    async def opens(self, interpretation: Interpretation) -> str:
        """What for, such as "to unlock the front door"; empty if it opens nothing."""


@runtime_checkable
class Demanding(Protocol):
    """What a plugin also has if what was said may lack something that a yes cannot give."""

    async def lacks(self, interpretation: Interpretation) -> str:
        """What to ask for, with nothing done until it is said; empty if nothing is lacking."""


@runtime_checkable
class Foreseeing(Protocol):
    """What a plugin also has if it can tell that a yes would lead nowhere."""

    def is_futile(self, interpretation: Interpretation) -> bool:
        """Whether nothing would be done however surely it was said: nothing or too much fits."""

    def which(self, interpretation: Interpretation) -> str:
        """What would be asked where too much fits; empty where it is clear what is meant."""


@runtime_checkable
class Timely(Protocol):
    """What a plugin also has if there must be an occasion for some of its commands."""

    async def is_untimely(self, interpretation: Interpretation) -> bool:
        """Whether nothing would come of it now: a yes to no question, "stop" where it is quiet."""


@runtime_checkable
class Attending(Protocol):
    """What a plugin of ours also has if it may take what is said next, whatever it means."""

    name: str

    def attends(self) -> bool:
        """Whether it does now."""

    async def attend(self, interpretation: Interpretation) -> Outcome | None:
        """What comes of it; `None` if it is not taken after all."""


@runtime_checkable
class Rings(Protocol):
    """What a plugin of ours also has if it can ring until it is told to stop."""

    def rings(self) -> bool:
        """Whether it rings now: then "stop" needs no wake word."""


class PluginError(HearthError):
    """A plugin cannot be used; the message names it and says why."""


def _local_time() -> datetime:
    return datetime.now().astimezone()


def say_in_log(text: str) -> None:
    """What happens to announcements that nobody says aloud."""
    _LOG.info("%s", text)


async def _nobody(text: str) -> Outcome:
    return Outcome(success=False, reply=f"Nobody is here to carry this out: {text}.")


async def _nothing(text: str) -> Interpretation:
    return Interpretation(text, None)


def _silent() -> bool:
    return False


def no_network() -> aiohttp.ClientSession:
    """What plugins are given as `session` whose manifest does not say that they use a network."""
    raise PluginError("write `network: true` into its manifest.yaml to use context.session()")


@dataclass(frozen=True, slots=True)
class PluginContext:
    """What plugins are given. `announce` says something when nobody has asked (a timer's end)."""

    home: Home
    clock: Clock = field(default_factory=MonotonicClock)
    local_time: Callable[[], datetime] = _local_time
    announce: Callable[[str], None] = say_in_log
    carry_out: Callable[[str], Awaitable[Outcome]] = _nobody
    """Understands a sentence and acts on it; what opens a home is asked back."""
    carry_out_confirmed: Callable[[str], Awaitable[Outcome]] = _nobody
    """The same for a sentence that the user said yes to before: nothing is asked back."""
    understand: Callable[[str], Awaitable[Interpretation]] = _nothing
    """What a sentence means, with what is asked back unless it is sure; nothing is done."""
    hush: Callable[[], bool] = _silent
    """Ends what Hearth is saying and forgets what it was about to say; whether there was any."""
    unlock_confidence: float = 0.7
    """Confidence (0 to 1) from which a lock or a gate is opened without asking back."""
    state_folder: Path | None = None
    """Where plugins keep what has to survive a restart; `None`: nowhere."""
    pending: Pending[Outcome] = field(default_factory=Pending)
    """What waits for a yes."""
    people: Callable[[], Sequence[Contact]] = tuple
    """Who is in the address book now, with their numbers; reads a file, so not in an event loop."""
    call_command: tuple[str, ...] = ()
    """The program that calls a number, with its arguments; empty: there is none."""
    keep_words_local: bool = True
    """Whether what was said stays on this device."""
    voices: EnrolledVoices | None = None
    """Whose voices are known; of our own plugins only."""
    may_be_learned: Callable[[str], bool] = lambda _name: True
    """Whether a voice of this name may be learned by talking alone."""
    session: Callable[[], aiohttp.ClientSession] = no_network
    """An HTTP session, shared and closed by Hearth; from `start` on. Raises `PluginError`."""

    def ask(
        self,
        interpretation: Interpretation,
        act: Callable[[Interpretation], Awaitable[Outcome]],
        question: str,
    ) -> Outcome:
        """Ask back: `act` carries it out, with full confidence, if the user soon says yes."""
        self.pending.ask(WaitingCommand(interpretation, act))
        reply = f"{question} Then say yes."
        targets = interpretation.targets
        return Outcome(success=False, reply=reply, targets=targets, asks=Asks.YES)
