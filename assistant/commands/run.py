"""`assistant run`: the service."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path

from assistant import events
from assistant.app.household import make_household, state_folder, unknown_areas
from assistant.app.recognition import load_recogniser
from assistant.app.rooms import AudioIO, Room, Rooms
from assistant.app.systemd import AudioWatchdog, Notifier, watchdog_interval_s
from assistant.app.terminal import spelled
from assistant.audio.microphone import Microphone, MicrophoneOptions
from assistant.audio.portaudio import PortAudio
from assistant.audio.source import AudioSource, Frame
from assistant.commands import settings_of, wyoming_extra
from assistant.config import Settings
from assistant.pipeline.arbitration import Arbiter
from assistant.pipeline.pipeline import Pipeline
from assistant.pipeline.worker import Worker

STOP_WITHIN_S = 1.8
"""A sound library that hangs must not hold up the shutdown."""
DEMO_HOME = "This is the demo home: nothing real is switched."
_LOG = logging.getLogger(__name__)


def run(args: argparse.Namespace) -> int:
    """Listen until told to stop."""
    settings = settings_of(args)
    notifier = Notifier.from_environment()
    watchdog = AudioWatchdog(notifier, watchdog_interval_s())
    asyncio.run(serve(settings, audio_ios(settings, watchdog), notifier))
    return 0


def audio_ios(settings: Settings, watchdog: AudioWatchdog) -> list[AudioIO]:
    """The sources that are named, else the one microphone or satellite."""
    audio = settings.audio
    if not audio.sources:
        device = MicrophoneOptions(audio.device, audio.channels, audio.gain_db)
        only = _audio_io(device, audio.satellite, watchdog, "", settings.home.area)
        return [replace(only, presence=settings.conversation.presence)]
    return [
        replace(
            _audio_io(
                MicrophoneOptions(each.device, each.channels, each.gain_db),
                each.satellite,
                watchdog,
                each.name,
                each.area or settings.home.area,
            ),
            presence=settings.presence_at(each),
        )
        for each in audio.sources
    ]


def _audio_io(
    device: MicrophoneOptions,
    satellite_url: str | None,
    watchdog: AudioWatchdog,
    room: str,
    area: str | None,
) -> AudioIO:
    if satellite_url is None:
        microphone = Microphone(PortAudio(), device, on_attempt=watchdog.looked_for_device)
        microphone.name = room or microphone.name
        heard = Watched(microphone, watchdog)
        return AudioIO(heard, room=room, area=area, waiting_s=microphone.waiting_s)
    satellite = wyoming_extra("satellite").Satellite(
        satellite_url, on_attempt=watchdog.looked_for_device
    )
    heard = Watched(satellite, watchdog)
    return AudioIO(
        heard,
        satellite,
        satellite.follow,
        room,
        area,
        outlet=satellite,
        waiting_s=satellite.waiting_s,
    )


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


async def serve(settings: Settings, ios: Sequence[AudioIO], notifier: Notifier) -> None:
    """Listen until SIGTERM or SIGINT, telling the service manager how it is."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(_serve(settings, ios, notifier))
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


async def _serve(settings: Settings, ios: Sequence[AudioIO], notifier: Notifier) -> None:
    worker = Worker()
    rooms = Rooms(settings, ios, state_folder())
    make = partial(make_household, hush=rooms.hush)
    house = await worker.run(make, settings, rooms.announce, state_folder())
    try:
        recogniser = await worker.run(load_recogniser, settings)
        arbiter = Arbiter() if len(ios) > 1 else None
        pipelines = [
            room.pipeline(settings, house, recogniser, worker, arbiter) for room in rooms.rooms
        ]
        await house.start()
        for unknown in unknown_areas(settings, house.home) if house.home.areas() else ():
            _LOG.warning("%s", unknown)
        await rooms.start(house)
        for pipeline in pipelines:
            await pipeline.prepare()
        words = " or ".join(Path(word).stem.replace("_", " ") for word in settings.wake.words)
        note = DEMO_HOME if settings.home.kind == "demo" else ""
        if note:
            _LOG.warning("%s To act in yours, set home.kind in config.yaml.", note)
        _LOG.info("listening for '%s'", words)
        notifier.ready(f"listening for '{words}'. {note}".rstrip(". "))
        await _hear_all(rooms.rooms, pipelines, note)
    finally:
        await rooms.close()
        await house.close()
        worker.close()


async def _hear_all(rooms: Sequence[Room], pipelines: Sequence[Pipeline], note: str) -> None:
    """Hear in all rooms; an error that ends one ends all, and the service is started again."""
    tasks = [
        asyncio.create_task(_hear(room, pipeline, note))
        for room, pipeline in zip(rooms, pipelines, strict=True)
    ]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _hear(room: Room, pipeline: Pipeline, note: str) -> None:
    async with aclosing(pipeline.events(room.source)) as happenings:
        async for event in _noted(happenings, note):
            room.follow(event)
            _log(event, room.audio_io.room)


async def _noted(happenings: AsyncIterator[events.Event], note: str) -> AsyncIterator[events.Event]:
    """The events, the first answer with a note, if there is one."""
    async for event in happenings:
        if note and isinstance(event, events.Reply):
            yield replace(event, text=f"{event.text} {note}")
            note = ""
        else:
            yield event


def _log(event: events.Event, room: str) -> None:
    if text := account(event):
        _LOG.info("%s%s", f"{room}: " if room else "", text)


def account(event: events.Event) -> str:
    """A line for the log; empty for what needs none."""
    match event:
        case events.WakeDetected(wake_word=word, probability=probability):
            text = f"woken by '{word.replace('_', ' ')}' ({probability:.2f})"
        case events.Yielded(to=room):
            text = f"heard the wake word; {room} heard it better"
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
