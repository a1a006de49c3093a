"""What Hearth hears with: microphone and wake words, and how it is heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.app import echo
from assistant.app.doctor.finding import Finding, hint, ok, problem, reached
from assistant.app.voices import make_player, make_voice
from assistant.audio.capture import Driver
from assistant.audio.microphone import choose
from assistant.audio.source import AudioError
from assistant.config.hearing import AudioSettings, SourceSettings
from assistant.config.settings import RepliesSettings, Settings
from assistant.reply.voice import ReplyError
from assistant.wake import factory as wake
from assistant.wake.words import WakeWordError


def microphone(settings: Settings, driver: Callable[[], Driver]) -> Iterator[Finding]:
    """The microphones, or the satellites in their place."""
    audio = settings.audio
    for source in audio.sources or (audio,):
        about = f"microphone {source.name}" if isinstance(source, SourceSettings) else "microphone"
        if source.satellite:
            yield reached(about.replace("microphone", "satellite"), source.satellite)
        else:
            yield from _device(about, source, driver)


def _device(
    about: str, source: AudioSettings | SourceSettings, driver: Callable[[], Driver]
) -> Iterator[Finding]:
    """One microphone, and what else could be one."""
    try:
        devices = driver().devices()
        chosen = choose(devices, source.device)
    except AudioError as error:
        yield problem(about, error)
        return
    for device in devices:
        mark = "in use: " if device is chosen else ""
        yield ok(about, f"{mark}{device.index} '{device.name}', {device.rate} Hz")
    if source.channels > chosen.channels:
        message = f"it has {chosen.channels} channels, not {source.channels}: change `channels`"
        yield problem(about, message)


def echo_cancellation(settings: AudioSettings) -> Iterator[Finding]:
    """Whether what is played can be taken out of what is heard."""
    about = "echo cancellation"
    if settings.echo_cancellation == "none":
        return
    try:
        echo.make_canceller(settings)
    except AudioError as error:
        yield problem(about, error)
        return
    yield ok(about, f"{settings.echo_cancellation}, of what {_plays(settings)} plays")
    if settings.echo_reference == "system" and (lacking := echo.no_monitor()):
        yield problem(about, f"audio.echo_reference is system, but {lacking}")


def _plays(settings: AudioSettings) -> str:
    return "the system" if echo.of_system(settings) else "Hearth"


def wake_words(settings: Settings) -> Iterator[Finding]:
    """Whether the detector can be made."""
    chosen = settings.wake
    try:
        wake.create(chosen.engine, chosen.words, chosen.threshold, chosen.refractory_s)
    except WakeWordError as error:
        yield problem("wake word", error)
    except Exception as error:  # noqa: BLE001 - a model file of the user's may be anything
        yield problem("wake word", f"a model cannot be loaded: {error}")
    else:
        words = ", ".join(Path(word).stem.replace("_", " ") for word in chosen.words)
        yield ok("wake word", f"{words} ({chosen.engine})")


def replies(settings: RepliesSettings) -> Iterator[Finding]:
    """Whether answers can be spoken and played."""
    about = "replies"
    if settings.silent:
        yield ok(about, "silent mode: answers are only in the log")
        return
    try:
        make_player(settings)
        make_voice(settings)
    except ReplyError as error:
        yield hint(about, f"answers are not heard: {error}")
    else:
        yield ok(about, f"spoken by {settings.engine}" if settings.engine != "none" else "sounds")
    if settings.engine == "wyoming" and settings.url:
        yield reached(about, settings.url)
