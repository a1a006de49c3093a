"""Answers about the home from the states of its devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.home.model import Device, DeviceState, Home

from .wording import is_missing, is_or_are, joined, named, sentence, state_words

_OPPOSITE = {
    "on": "off",
    "off": "on",
    "open": "closed",
    "closed": "open",
    "home": "not_home",
    "not_home": "home",
}
_ON_UNLESS_OFF = frozenset({"media_player", "climate"})
_OFF = frozenset({"off", "standby"})
_ENOUGH = 6
"""More devices than these are counted and not named."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Devices with their states, and the state that is asked about."""

    found: Sequence[tuple[Device, DeviceState]]
    wanted: str

    def those(self, *, so: bool) -> list[Device]:
        """The devices that are, or are not, in the wanted state."""
        return [device for device, state in self.found if _is(device, state, self.wanted) is so]

    @property
    def word(self) -> str:
        """The wanted state as one says it."""
        device, _ = self.found[0]
        return state_words(device, DeviceState(self.wanted))

    @property
    def other(self) -> str:
        """What a device is that is not in the wanted state."""
        device, _ = self.found[0]
        different = next(
            (state.state for each, state in self.found if not _is(each, state, self.wanted)),
            _OPPOSITE.get(self.wanted, f"not {self.wanted}"),
        )
        return state_words(device, DeviceState(different))


def _is(device: Device, state: DeviceState, wanted: str) -> bool:
    """Whether a state is the wanted one; what plays, pauses, heats or cools is on."""
    if wanted == "on" and device.domain in _ON_UNLESS_OFF:
        return state.state not in _OFF
    return state.state == wanted


async def answer(home: Home, slots: Mapping[str, Any], devices: Sequence[Device]) -> str:
    """The answer to a question about these devices; `slots["question"]` is its kind."""
    found = [(device, await home.state(device.id)) for device in devices]
    silent = [device for device, state in found if is_missing(state)]
    if len(silent) == len(found):
        verb = "does" if len(silent) == 1 else "do"
        return sentence(f"{_names(silent)} {verb} not answer")
    if "state" not in slots:
        return " ".join(
            sentence(f"{named(d)} {is_or_are([d])} {state_words(d, state)}") for d, state in found
        )
    asked = _Asked(found, str(slots["state"]))
    return _ANSWERS.get(str(slots.get("question")), _yes_or_no)(asked)


async def temperature(home: Home, devices: Sequence[Device]) -> str:
    """How warm it is, by thermostats or thermometers."""
    rooms = {area.id: area.name for area in home.areas()}
    said = []
    for device in devices:
        state = await home.state(device.id)
        value = state.attributes.get("current_temperature", state.state)
        if is_missing(state) or value is None:
            continue
        place = rooms.get(device.area_id or "")
        said.append(f"{float(value):g} degrees" + (f" in the {place}" if place else ""))
    return f"It is {joined(said)}." if said else "I know no temperature there."


async def playing(home: Home, devices: Sequence[Device]) -> str:
    """What media players play."""
    found = [(device, await home.state(device.id)) for device in devices]
    said = [
        f"{named(device)} is playing {_title(state)}"
        for device, state in found
        if state.state == "playing"
    ]
    if said:
        return sentence(joined(said))
    if len(found) == 1:
        device, state = found[0]
        return sentence(f"{named(device)} is {state_words(device, state)}")
    return "Nothing is playing."


def _title(state: DeviceState) -> str:
    title, artist = (state.attributes.get(key) for key in ("media_title", "media_artist"))
    return f"{title or 'something'}" + (f" by {artist}" if artist else "")


def _yes_or_no(asked: _Asked) -> str:
    yes = asked.those(so=True)
    if yes:
        return f"Yes, {_names(yes)} {is_or_are(yes)} {asked.word}."
    no = asked.those(so=False)
    return f"No, {_names(no)} {is_or_are(no)} {asked.other}."


def _any(asked: _Asked) -> str:
    yes = asked.those(so=True)
    return (
        f"Yes, {_names(yes)} {is_or_are(yes)} {asked.word}."
        if yes
        else f"No, none is {asked.word}."
    )


def _all(asked: _Asked) -> str:
    no = asked.those(so=False)
    if not no:
        return f"Yes, all are {asked.word}."
    return f"No, {_names(no)} {is_or_are(no)} {asked.other}."


def _which(asked: _Asked) -> str:
    yes = asked.those(so=True)
    return (
        sentence(f"{_names(yes)} {is_or_are(yes)} {asked.word}")
        if yes
        else f"None is {asked.word}."
    )


def _how_many(asked: _Asked) -> str:
    yes = asked.those(so=True)
    listed = f": {_names(yes)}" if 0 < len(yes) <= _ENOUGH else ""
    return f"{len(yes) or 'None'} {'are' if len(yes) > 1 else 'is'} {asked.word}{listed}."


_ANSWERS: Mapping[str, Callable[[_Asked], str]] = {
    "all": _all,
    "any": _any,
    "how_many": _how_many,
    "which": _which,
}


def _names(devices: Sequence[Device]) -> str:
    if len(devices) > _ENOUGH:
        return f"{len(devices)} of them"
    return joined([named(device) for device in devices])
