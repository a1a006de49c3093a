"""`assistant run`: the service."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

from assistant import events
from assistant.assembly import Listening, load_recogniser, make_pipeline
from assistant.audio.microphone import Microphone, MicrophoneOptions
from assistant.audio.portaudio import PortAudio
from assistant.audio.source import AudioSource, Frame
from assistant.commands import settings_of
from assistant.config import Settings
from assistant.household import make_household, state_folder
from assistant.pipeline import Pipeline
from assistant.service import AudioWatchdog, Notifier, watchdog_interval_s
from assistant.worker import Worker

STOP_WITHIN_S = 1.8
"""A sound library that hangs must not hold up the shutdown."""
_LOG = logging.getLogger(__name__)


def run(args: argparse.Namespace) -> int:
    """Listen until told to stop."""
    settings = settings_of(args)
    notifier = Notifier.from_environment()
    watchdog = AudioWatchdog(notifier, watchdog_interval_s())
    audio = settings.audio
    options = MicrophoneOptions(audio.device, audio.channels, audio.gain_db)
    microphone = Microphone(PortAudio(), options, on_attempt=watchdog.looked_for_device)
    asyncio.run(serve(settings, Watched(microphone, watchdog), notifier))
    return 0


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


async def serve(settings: Settings, source: AudioSource, notifier: Notifier) -> None:
    """Listen to a source until SIGTERM or SIGINT, telling the service manager how it is."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(_serve(settings, source, notifier))
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


async def _serve(settings: Settings, source: AudioSource, notifier: Notifier) -> None:
    worker = Worker()
    house = await worker.run(make_household, settings, state=state_folder())
    try:
        recogniser = await worker.run(load_recogniser, settings)
        pipeline = make_pipeline(settings, house, recogniser, worker, Listening())
        await house.start()
        words = " or ".join(Path(word).stem.replace("_", " ") for word in settings.wake.words)
        _LOG.info("listening for '%s'", words)
        notifier.ready(f"listening for '{words}'")
        await _listen(pipeline, source)
    finally:
        await house.close()
        worker.close()


async def _listen(pipeline: Pipeline, source: AudioSource) -> None:
    async with aclosing(pipeline.events(source)) as happenings:
        async for event in happenings:
            if text := account(event):
                _LOG.info("%s", text)


def account(event: events.Event) -> str:
    """A line for the log; empty for what needs none."""
    match event:
        case events.WakeDetected(wake_word=word, probability=probability):
            text = f"woken by '{word.replace('_', ' ')}' ({probability:.2f})"
        case events.Rescored(outcome=outcome, lattice_bytes=sent, audio_bytes=audio):
            text = f"rescoring: {outcome}; {sent} bytes sent, its audio has {audio}"
        case events.FinalEndpoint(text=heard):
            text = f"heard: {heard or '(nothing)'}"
        case events.Intent(intent=str(intent), slots=slots):
            text = f"understood: {intent} {slots}"
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
