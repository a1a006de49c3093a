"""Who is there, by what the settings name."""

from __future__ import annotations

from assistant.config.presence import PresenceSettings
from assistant.presence.camera import Camera
from assistant.presence.senses import Senses
from assistant.presence.sensor import HomeSensor


def make_senses(settings: PresenceSettings) -> Senses:
    """The senses of one room, of which there may be none."""
    sensor = HomeSensor(settings.entity) if settings.entity else None
    return Senses(sensor, Camera(settings.camera) if settings.camera else None)
