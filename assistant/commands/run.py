"""`assistant run`: the service."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from assistant import events
from assistant.app.assembly import Listening, make_follow_ups, make_pipeline
from assistant.app.household import make_household, state_folder
from assistant.app.music import make_ducking, mixers_of
from assistant.app.recognition import load_recogniser
from assistant.app.systemd import AudioWatchdog, Notifier, watchdog_interval_s
from assistant.app.terminal import spelled
from assistant.app.voices import make_speaker
from assistant.audio.microphone import Microphone, MicrophoneOptions
from assistant.audio.portaudio import PortAudio
from assistant.audio.source import AudioSource, Frame
from assistant.commands import settings_of, wyoming_extra
from assistant.config import AudioSettings, Settings
from assistant.pipeline.worker import Worker
from assistant.reply.own_voice import OwnVoice
from assistant.reply.voice import Player

STOP_WITHIN_S = 1.8
"""A sound library that hangs must not hold up the shutdown."""
DEMO_HOME = "This is the demo home: nothing real is switched."
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AudioIO:
    """What hears, and what else it can do: this device's microphone, or a satellite."""

    source: AudioSource
    player: Player | None = None
    """Plays there; else this device does."""
    follow: Callable[[events.Event], None] = lambda _event: None
    """Is told of every event."""


def run(args: argparse.Namespace) -> int:
    """Listen until told to stop."""
    settings = settings_of(args)
    notifier = Notifier.from_environment()
    watchdog = AudioWatchdog(notifier, watchdog_interval_s())
    asyncio.run(serve(settings, _audio_io(settings.audio, watchdog), notifier))
    return 0


def _audio_io(audio: AudioSettings, watchdog: AudioWatchdog) -> AudioIO:
    if audio.satellite is None:
        options = MicrophoneOptions(audio.device, audio.channels, audio.gain_db)
        microphone = Microphone(PortAudio(), options, on_attempt=watchdog.looked_for_device)
        return AudioIO(Watched(microphone, watchdog))
    satellite = wyoming_extra("satellite").Satellite(
        audio.satellite, on_attempt=watchdog.looked_for_device
    )
    return AudioIO(Watched(satellite, watchdog), satellite, satellite.follow)


class Watched:
    """A source that feeds the watchdog with the samples that the pipeline takes."""

    def __init__(self, source: AudioSource, watchdog: AudioWatchdog) -> None:
        self.name = source.name
        self._source = source
        self._watchdog = watchdog

    async def frames(self) -> AsyncIterator[Frame]:
        """The frames of the source."""
        samples = 0
        async for frame in self._source.frames():
            samples += frame.size
            self._watchdog.heard(samples)
            yield frame


async def serve(settings: Settings, audio_io: AudioIO, notifier: Notifier) -> None:
    """Listen until SIGTERM or SIGINT, telling the service manager how it is."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(_serve(settings, audio_io, notifier))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    notifier.stopping()
    _leave_in_time()
    stopping.cancel()
    serving.cancel()
    try:
        await serving
    except asyncio.CancelledError:
        _LOG.info("stopped")


def _leave_in_time() -> None:
    """Leave even if a thread hangs."""
    last = threading.Timer(STOP_WITHIN_S, os._exit, [0])
    last.daemon = True
    last.start()


async def _serve(settings: Settings, audio_io: AudioIO, notifier: Notifier) -> None:
    worker = Worker()
    own_voice = OwnVoice()
    follow_ups = make_follow_ups(settings)
    ducking = make_ducking(settings, state_folder())

    def ended(reply: events.Reply, heard_s: float) -> None:
        follow_ups.after(reply, heard_s)
        ducking.ended(reply, heard_s)

    speaker = make_speaker(settings.replies, own_voice, audio_io.player, ended)
    speaking = asyncio.create_task(speaker.run())
    make = partial(make_household, hush=speaker.hush, before_acting=ducking.let_go)
    house = await worker.run(make, settings, speaker.announce, state_folder())
    try:
        recogniser = await worker.run(load_recogniser, settings)
        listening = Listening(own_voice=own_voice, follow_ups=follow_ups)
        pipeline = make_pipeline(settings, house, recogniser, worker, listening)
        await house.start()
        ducking.mixers = mixers_of(settings, house.home)
        await ducking.start()
        words = " or ".join(Path(word).stem.replace("_", " ") for word in settings.wake.words)
        note = DEMO_HOME if settings.home.kind == "demo" else ""
        if note:
            _LOG.warning("%s To act in yours, set home.kind in config.yaml.", note)
        _LOG.info("listening for '%s'", words)
        notifier.ready(f"listening for '{words}'. {note}".rstrip(". "))
        async with aclosing(pipeline.events(own_voice.over(audio_io.source))) as happenings:
            async for event in _noted(happenings, note):
                for follow in (ducking.follow, speaker.follow, audio_io.follow, _log):
                    follow(event)
    finally:
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        await ducking.close()
        await house.close()
        worker.close()


async def _noted(happenings: AsyncIterator[events.Event], note: str) -> AsyncIterator[events.Event]:
    """The events, the first answer with a note, if there is one."""
    async for event in happenings:
        if note and isinstance(event, events.Reply):
            yield replace(event, text=f"{event.text} {note}")
            note = ""
        else:
            yield event


def _log(event: events.Event) -> None:
    if text := account(event):
        _LOG.info("%s", text)


def account(event: events.Event) -> str:
    """A line for the log; empty for what needs none."""
    match event:
        case events.WakeDetected(wake_word=word, probability=probability):
            text = f"woken by '{word.replace('_', ' ')}' ({probability:.2f})"
        case events.Rescored(outcome=outcome, lattice_bytes=sent, audio_bytes=audio):
            text = f"rescoring: {outcome}; {sent} bytes sent, its audio has {audio}"
        case events.FinalEndpoint(text=heard, speaker=speaker):
            by = f" (by {speaker.name})" if speaker and speaker.name else ""
            text = f"heard: {heard or '(nothing)'}{by}"
        case events.Intent(intent=str(intent), slots=slots):
            text = f"understood: {intent} {spelled(slots)}".rstrip()
        case events.Action(success=success, targets=targets):
            text = f"{'done' if success else 'failed'}: {', '.join(targets) or '-'}"
        case events.Reply(text=answer):
            text = f"answer: {answer}"
        case events.Latency(response_ms=response_ms):
            text = f"answered {response_ms:.0f} ms after the last word"
        case events.Error(message=message):
            text = f"error: {message}"
        case _:
            text = ""
    return text
