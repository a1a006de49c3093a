"""Which media players are meant when none is named: those that play, or could go on."""

from __future__ import annotations

from assistant.home.model import Home

_PREFERRED = {
    "HassMediaPause": (("playing",),),
    "HassMediaUnpause": (("paused",), ("on", "idle")),
    "HassMediaSearchAndPlay": (("playing", "paused"), ("on", "idle"), ("off", "standby")),
}
_OTHERWISE = (("playing",), ("paused",), ("on", "idle"))
_ONE_ONLY = frozenset({"HassMediaSearchAndPlay"})


async def meant(home: Home, intent: str, players: tuple[str, ...]) -> tuple[str, ...]:
    """The players in the state that suits the intent best; none if none suits."""
    states = {player: (await home.state(player)).state for player in players}
    for suitable in _PREFERRED.get(intent, _OTHERWISE):
        found = tuple(player for player, state in states.items() if state in suitable)
        if found:
            return found[:1] if intent in _ONE_ONLY else found
    return ()
