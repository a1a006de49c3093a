"""`assistant listen`: the pipeline over files, the microphone or standard input."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from assistant.app.assembly import Listening, make_pipeline
from assistant.app.household import Household, make_household, state_folder
from assistant.app.recognition import load_recogniser
from assistant.app.speakers import make_voices
from assistant.audio.file import FileSource, Pace
from assistant.audio.microphone import Microphone, MicrophoneOptions
from assistant.audio.portaudio import PortAudio
from assistant.audio.source import AudioSource
from assistant.audio.stdin import PcmSource
from assistant.commands import UsageError, print_line, say, settings_of, wyoming_extra
from assistant.config import Settings
from assistant.config.limits import check_tcp
from assistant.events import Error, WakeDetected
from assistant.pipeline.pipeline import Pipeline
from assistant.pipeline.responder import LatticeFormat
from assistant.pipeline.worker import Worker
from assistant.presence.recorded import RecordedPresence, SeenFrom, read_presence


def run(args: argparse.Namespace) -> int:
    """Print every event of every source; 1 if some audio could not be had."""
    settings = settings_of(args)
    if args.directed and not args.no_wake:
        raise UsageError("--directed judges speech without a wake word: add --no-wake")
    listening = Listening(
        wake=not args.no_wake, lattice=lattice_format(args.lattice), directed=args.directed
    )
    seen = read_presence(args.presence) if args.presence else None
    sources = [make_source(name, args.pace, settings) for name in args.sources]
    return asyncio.run(_until_told_to_stop(settings, listening, sources, seen))


def lattice_format(name: str | None) -> LatticeFormat | None:
    """How a lattice is shown, by the name of the form."""
    if name is None:
        return None
    if name == "json":
        return lambda lattice: lattice
    from assistant.lattice import formats as lattice_formats  # noqa: PLC0415 - seldom wanted

    return lattice_formats.to_slf if name == "slf" else lattice_formats.to_svg


def make_source(name: str, pace: Pace, settings: Settings) -> AudioSource:
    """The source that a name on the command line means."""
    if name == "-":
        return PcmSource()
    if name == "mic" and not Path(name).exists():
        audio = settings.audio
        options = MicrophoneOptions(audio.device, audio.channels, audio.gain_db, persistent=False)
        return Microphone(PortAudio(), options)
    if name.startswith("tcp://"):
        check_tcp(name, "SOURCE")
        satellite: AudioSource = wyoming_extra("satellite").Satellite(name, persistent=False)
        return satellite
    return FileSource(name, pace)


async def _until_told_to_stop(
    settings: Settings,
    listening: Listening,
    sources: list[AudioSource],
    seen: tuple[SeenFrom, ...] | None,
) -> int:
    """Listen to each source; SIGTERM and Ctrl-C end it cleanly, in mid-utterance, too."""
    task = asyncio.ensure_future(listen(settings, listening, sources, seen))
    stopped = []

    def stop(name: str) -> None:
        stopped.append(name)
        task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number.name)
    try:
        return await task
    except asyncio.CancelledError:
        if not stopped:
            raise
        say(f"assistant: stopped by {stopped[0]}")
        return 1


async def listen(
    settings: Settings,
    listening: Listening,
    sources: list[AudioSource],
    seen: tuple[SeenFrom, ...] | None = None,
) -> int:
    """Print the events of each source in turn, each with a pipeline and a demo home of its own.

    `seen`: who is there, in the audio of each.
    """
    worker = Worker()
    house: Household | None = None
    words = settings.wake.words if listening.wake else ()
    status = 0
    try:
        recogniser = await worker.run(load_recogniser, settings)
        for source in sources:
            known = house.understanding if house else None
            voices = make_voices(state_folder(), kept=False)
            house = await worker.run(make_household, settings, understanding=known, voices=voices)
            presence = None if seen is None else RecordedPresence(seen, house.heard_time.now)
            waits = isinstance(source, FileSource)
            recorded = replace(listening, presence=presence, waits=waits)
            pipeline = make_pipeline(settings, house, recogniser, worker, recorded)
            await house.start()
            try:
                status |= await _print_events(pipeline, source, words)
            finally:
                await house.close()
    finally:
        worker.close()
    return status


async def _print_events(pipeline: Pipeline, source: AudioSource, words: Sequence[str]) -> int:
    status, called = 0, not words
    async with aclosing(pipeline.events(source)) as events:
        async for event in events:
            print_line(event.to_json())
            called |= isinstance(event, WakeDetected)
            if isinstance(event, Error):
                say(f"assistant: {event.message}")
                status = 1
    if not called and not status:
        names = " or ".join(Path(word).stem.replace("_", " ") for word in words)
        say(f"assistant: {source.name}: nobody says {names}; see wake.words, or use --no-wake")
    return status
