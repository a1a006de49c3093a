"""What is turned down while somebody speaks, as the settings have it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from assistant.config.extras import install_command
from assistant.config.settings import Settings
from assistant.ducking.ducking import Ducking
from assistant.ducking.home_players import HomePlayers
from assistant.ducking.ledger import Ledger
from assistant.ducking.mixer import Mixer
from assistant.home.model import Home

_LOG = logging.getLogger(__name__)


def make_ledger(state: Path) -> Ledger:
    """What is turned down in all rooms; `state` is the folder for what survives a restart."""
    return Ledger(state / "turned_down.json")


def make_ducking(settings: Settings, ledger: Ledger) -> Ducking:
    """Turns down what `mixers_of` gives it."""
    return Ducking(ledger, settings.ducking.level, settings.conversation.answer_s)


def mixers_of(settings: Settings, home: Home, area: str | None, *, here: bool) -> list[Mixer]:
    """What has volumes in an area; what is lacking for it is a line in the log.

    `here`: whether what plays on this device is heard there.
    """
    chosen, mixers = settings.ducking, list[Mixer]()
    if chosen.level >= 1.0:
        return mixers
    if chosen.local and here:
        mixers += _local()
    if chosen.home and area:
        mixers.append(HomePlayers(home, area))
    return mixers


def _local() -> list[Mixer]:
    """The sound server's streams; where there is no server, the players of the session."""
    try:
        from assistant.ducking import mpris, pulse  # noqa: PLC0415 - an optional extra
    except (ImportError, OSError) as error:
        hint = install_command("music")
        _LOG.info("music here is not turned down: it needs an extra (%s): %s", error, hint)
        return []
    if pulse.is_there() or "DBUS_SESSION_BUS_ADDRESS" not in os.environ:
        return [pulse.PulseMixer()]
    return [mpris.MprisMixer()]
