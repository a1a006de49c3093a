"""Echo cancellation as the settings have it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from assistant.app.voices import find_program
from assistant.audio.echo import EchoCancelled, Reference
from assistant.audio.echo_canceller import EchoCanceller
from assistant.audio.monitor import HOLD_S, PROGRAM, Monitor
from assistant.audio.source import AudioError, AudioSource
from assistant.audio.speex_echo import SpeexEchoCanceller
from assistant.audio.webrtc_echo import WebRtcEchoCanceller
from assistant.config.extras import install_command
from assistant.config.hearing import AudioSettings

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ears:
    """A source as the pipeline hears it."""

    source: AudioSource
    cancels: bool = False
    """Whether the echo of what is played is taken out."""
    clear: Callable[[float], bool] = lambda _at_s: True
    """Whether it has no echo at a second of its audio."""
    reference: Reference | None = None
    """Where it must be put what Hearth plays; `None`: nobody needs to know."""
    waiting_s: Callable[[], float] = lambda: 0.0
    """How much audio was taken from the source and not by the pipeline."""


def make_canceller(settings: AudioSettings) -> EchoCanceller | None:
    """The canceller, none where none is wanted; raises `AudioError` with what to do."""
    if settings.echo_cancellation == "speex":
        return SpeexEchoCanceller()
    return WebRtcEchoCanceller() if settings.echo_cancellation == "webrtc" else None


def ears(settings: AudioSettings, source: AudioSource, *, here: bool) -> Ears:
    """The source without the echo; as it is where that is not wanted, or cannot be had.

    `here`: whether it hears what this device plays.
    """
    try:
        canceller = make_canceller(settings)
    except AudioError as error:
        _LOG.warning("its own voice stays in what it hears: %s", error)
        return Ears(source)
    if canceller is None:
        return Ears(source)
    reference = Reference()
    system = here and of_system(settings)
    feeders, hold_s = ([Monitor().feed], HOLD_S) if system else ([], 0.0)
    cleaned = EchoCancelled(source, canceller, reference, feeders=feeders, hold_s=hold_s)
    return Ears(
        cleaned,
        cancels=True,
        clear=cleaned.works_at,
        reference=None if system else reference,
        waiting_s=cleaned.waiting_s,
    )


def of_system(settings: AudioSettings) -> bool:
    """Whether all that this device plays is the reference, not only what Hearth does."""
    wanted = settings.echo_reference
    return wanted == "system" or (wanted == "auto" and not no_monitor())


def no_monitor() -> str:
    """Why it cannot be known what the system plays, and what to do; empty where it can."""
    if find_program(PROGRAM) is None:
        return f"there is no program '{PROGRAM}': sudo apt install pulseaudio-utils"
    try:
        from assistant.ducking import pulse  # noqa: PLC0415 - an optional extra
    except (ImportError, OSError) as error:
        return f"it needs an extra ({error}): {install_command('music')}"
    return "" if pulse.is_there() else "no sound server answers: PulseAudio or PipeWire"
