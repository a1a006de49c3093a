"""Cameras that see whether somebody faces the device."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.app.doctor.finding import Finding, ok, problem
from assistant.config.settings import Settings
from assistant.presence.pictures import CameraError, Pictures


def cameras(settings: Settings) -> Iterator[Finding]:
    """Whether each shows a picture; it is looked at and forgotten."""
    for path in dict.fromkeys(each.camera for each in settings.presences if each.camera):
        try:
            pictures = Pictures(path)
            try:
                facing = pictures.face()
            finally:
                pictures.close()
        except CameraError as error:
            yield problem("camera", error)
        else:
            yield ok("camera", f"{path}: {'somebody' if facing else 'nobody'} faces it")
