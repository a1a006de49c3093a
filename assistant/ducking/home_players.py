"""Media players of the home, in the room that Hearth listens in."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.ducking.mixer import MixerError
from assistant.home.model import Home, HomeError, ServiceCall, area_called

_ATTRIBUTE = "volume_level"


class HomePlayers:
    """A `Mixer` of the media players in an area; by `area`, its id or one of its names."""

    name = "home"

    def __init__(self, home: Home, area: str) -> None:
        self._home = home
        self._area = area

    async def playing(self) -> Mapping[str, float]:
        """Volume of each player that plays; raises `MixerError`."""
        area = area_called(self._home.areas(), self._area)
        found = {}
        for device in self._home.devices():
            if device.domain == "media_player" and area and device.area_id == area.id:
                state, volume = await self._known(device.id)
                if state == "playing" and volume is not None:
                    found[device.id] = volume
        return found

    async def volume(self, id_: str) -> float | None:
        """A player's volume; raises `MixerError`, also where it tells none now: it will again."""
        state, volume = await self._known(id_)
        if state and volume is None:
            raise MixerError(f"{id_} is {state}, and tells no volume")
        return volume

    async def set(self, id_: str, volume: float) -> None:
        """Set a player's volume; raises `MixerError`."""
        call = ServiceCall("media_player", "volume_set", (id_,), {_ATTRIBUTE: round(volume, 2)})
        try:
            await self._home.call(call)
        except HomeError as error:
            raise MixerError(str(error)) from None

    async def _known(self, id_: str) -> tuple[str, float | None]:
        if not self._home.devices():
            raise MixerError("the home shows no devices now")
        if all(device.id != id_ for device in self._home.devices()):
            return "", None
        try:
            state = await self._home.state(id_)
        except HomeError as error:
            raise MixerError(str(error)) from None
        volume = state.attributes.get(_ATTRIBUTE)
        return state.state, float(volume) if isinstance(volume, int | float) else None
