"""Controls the home's devices and answers questions about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from assistant.home.model import Change, Device, HomeError, ServiceCall
from assistant.home.players import one_plays
from assistant.nlu.agreement import names_one
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.spoken_names import spoken_form
from assistant.plugins import Asks, Outcome, Plugin, PluginContext

from . import players, questions, replies
from .caution import CONFIRM, opens_something, touches_something
from .services import ACTIONS, Request, services
from .steps import step_of, stepped
from .wording import joined, named

_STATE, _TEMPERATURE = "HassGetState", "HassClimateGetTemperature"
_PLAYING = "HearthWhatIsPlaying"
_OF_WHAT_PLAYS = frozenset({"HassMediaNext", "HassMediaPause", "HassMediaPrevious"})
_QUERY = "search_query"
_PLACES = frozenset({"name", "area", "floor"})
_MANY = 4
_VACUUM = re.compile(r"\bthe (vacuum|hoover)\b")
_ON_A_PLAYER = re.compile(r" on (?:the |my |our )?(\w.* (?:speakers?|radio|stereo|player|tv))$")
"""A player that is named after what is to be played, and that the home does not know."""


class HomeControl:
    """Acts through the `Home`, asks where it is not clear which device is meant."""

    name = "home_control"

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._home = context.home

    def intents(self) -> Sequence[str]:
        """Everything that is done to devices, and questions about them."""
        return (*ACTIONS, _STATE, _TEMPERATURE, _PLAYING, CONFIRM)

    async def prepare(self, interpretation: Interpretation) -> None:
        """Nothing to fetch: what is needed is the state at the moment of acting."""

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Do it, or answer, or ask."""
        if interpretation.intent == CONFIRM:
            return await self._confirmed()
        devices = self._devices(interpretation.targets)
        missing = self._missing(interpretation, devices)
        if reply := missing or self._which(interpretation, devices):
            targets = interpretation.targets
            asks = Asks.NOTHING if missing else Asks.WHICH
            return Outcome(
                success=False, reply=reply, targets=targets, not_here=bool(missing), asks=asks
            )
        try:
            if interpretation.intent in (_STATE, _TEMPERATURE, _PLAYING):
                return await self._answer(interpretation, devices)
            return await self._do(interpretation, devices)
        except HomeError as error:
            return Outcome(success=False, reply=str(error), targets=interpretation.targets)

    async def _confirmed(self) -> Outcome:
        waiting = self._context.pending.take()
        if waiting is None:
            return Outcome(success=False, reply="There is nothing to say yes to.")
        outcome = await waiting.act(replace(waiting.interpretation, confidence=1.0))
        # What handles the rest would be told "yes", and not what it is about.
        return replace(outcome, not_here=False)

    def _devices(self, targets: Sequence[str]) -> list[Device]:
        known = {device.id: device for device in self._home.devices()}
        return [known[target] for target in targets if target in known]

    def _missing(self, interpretation: Interpretation, devices: Sequence[Device]) -> str:
        """What this home does not have of what was said; empty if it has it."""
        slots = interpretation.slots
        if not self._home.devices():
            return "This home shows me no devices."
        if "unknown_name" in slots:
            return self._unknown(str(slots["unknown_name"]))
        if "name" not in slots and (player := _ON_A_PLAYER.search(str(slots.get(_QUERY, "")))):
            return self._unknown(player[1])
        return "" if devices else _nothing_there(interpretation)

    def _unknown(self, said: str) -> str:
        """What to say of a name: a device may be there, and its kind be none that we control."""
        for device in self._home.devices():
            if spoken_form(said) in map(spoken_form, (device.name, *device.aliases)):
                return f"I cannot do that with {named(device)}."
        return f"I know no device called {said}."

    def is_futile(self, interpretation: Interpretation) -> bool:
        """Whether the home has nothing of what was said, or several things that fit equally."""
        if interpretation.intent == CONFIRM:
            return False
        devices = self._devices(interpretation.targets)
        return bool(self._missing(interpretation, devices)) or _is_unclear(interpretation, devices)

    def which(self, interpretation: Interpretation) -> str:
        """Which of several things that fit equally is meant; empty where that is clear."""
        return self._which(interpretation, self._devices(interpretation.targets))

    def _which(self, interpretation: Interpretation, devices: Sequence[Device]) -> str:
        if not _is_unclear(interpretation, devices):
            return ""
        if len(devices) > _MANY:
            return "Which one do you mean? Say its name or the room."
        rooms = {area.id: area.name for area in self._home.areas()}
        choices = [
            named(device) + (f" in the {rooms[device.area_id]}" if device.area_id in rooms else "")
            for device in devices
        ]
        return f"Which one do you mean: {joined(choices, 'or')}?"

    async def is_untimely(self, interpretation: Interpretation) -> bool:
        """Whether it is a yes to no question, or about what plays where nothing does."""
        if interpretation.intent == CONFIRM:
            return self._context.pending.asked is None
        if interpretation.intent not in _OF_WHAT_PLAYS:
            return False
        return not await one_plays(self._home, interpretation.targets)

    async def doubt(self, interpretation: Interpretation) -> str:
        """What to ask before something is opened that was not heard word for word and clearly."""
        clear = interpretation.confidence >= self._context.unlock_confidence
        if clear and not interpretation.reason:
            return ""
        opening = await self.opens(interpretation)
        me = "me " if opening.startswith("to ") else ""
        return f"Did you ask {me}{opening}?" if opening else ""

    async def opens(self, interpretation: Interpretation) -> str:
        """What would be opened: "to unlock the Front door", "for the Good night"."""
        devices = self._devices(interpretation.targets)
        if _is_unclear(interpretation, devices):
            return ""
        if await touches_something(self._home, devices):
            return f"for {replies.described(interpretation.slots, devices)}"
        if not opens_something(interpretation, devices):
            return ""
        verb = "unlock" if devices[0].domain == "lock" else "open"
        return f"to {verb} {replies.described(interpretation.slots, devices)}"

    async def _answer(self, interpretation: Interpretation, devices: Sequence[Device]) -> Outcome:
        if interpretation.intent == _TEMPERATURE:
            reply = await questions.temperature(self._home, devices)
        elif interpretation.intent == _PLAYING:
            reply = await questions.playing(self._home, devices)
        else:
            reply = await questions.answer(self._home, interpretation.slots, devices)
        return Outcome(success=True, reply=reply, targets=interpretation.targets)

    async def _do(self, interpretation: Interpretation, devices: Sequence[Device]) -> Outcome:
        intent, slots = str(interpretation.intent), interpretation.slots
        targets = interpretation.targets
        if all(device.domain == "media_player" for device in devices) and not _PLACES & set(slots):
            targets = await players.meant(self._home, intent, targets)
            devices = self._devices(targets)
            if not targets:
                return Outcome(success=False, reply="Nothing is playing.")
        if moving := step_of(slots):
            moved = await stepped(self._home, moving[0], devices, moving[1])
            calls = [moving[0].call(device.id, value, moving[1]) for device, value in moved]
            changes = await self._call(calls)
            reply = replies.moved(slots, *moving, moved)
            return Outcome(success=True, reply=reply, targets=targets, changes=changes)
        calls = await services(intent, Request(self._home, slots, targets))
        changes = await self._call(calls)
        told = replies.told(slots, calls)
        reply = replies.done(intent, told, devices, changed=bool(changes))
        return Outcome(success=True, reply=reply, targets=targets, changes=changes)

    async def _call(self, calls: Iterable[ServiceCall]) -> tuple[Change, ...]:
        changes: list[Change] = []
        for call in calls:
            changes += await self._home.call(call)
        return tuple(changes)


def _is_unclear(interpretation: Interpretation, devices: Sequence[Device]) -> bool:
    """Whether one device was asked for and several fit equally."""
    if len(devices) <= 1 or interpretation.intent in (_TEMPERATURE, _PLAYING):
        return False
    if "name" in interpretation.slots:
        return True
    somewhere = bool(_PLACES & set(interpretation.slots))
    rooms = {device.area_id for device in devices}
    if somewhere or (len(rooms) == 1 and None not in rooms):
        return False
    said = interpretation.text
    return names_one(said.split()) or bool(_VACUUM.search(said))


def _nothing_there(interpretation: Interpretation) -> str:
    slots = interpretation.slots
    kind = str(slots.get("device_class") or slots.get("domain") or "such device")
    kind = "device" if kind == "all" else kind.replace("_", " ")
    place = replies.where(slots)
    return f"There is no {kind}{place}." if place else f"This home has no {kind}."


def create(context: PluginContext) -> Plugin:
    """The plugin."""
    return HomeControl(context)
