"""`assistant demo`: spoken commands from the repository, carried out in the demo home.

The account goes to standard error. Where standard output is neither a terminal nor the same file
as standard error, it gets the events.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import statistics
import sys
import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from assistant import events
from assistant.app.assembly import Listening, make_pipeline
from assistant.app.household import make_household
from assistant.app.recognition import load_recogniser
from assistant.app.settings import demo_settings
from assistant.app.terminal import columns, entry, fold, spelled
from assistant.audio.concatenated import Concatenated
from assistant.audio.file import FileSource
from assistant.audio.source import AudioSource, Frame
from assistant.commands import UsageError, print_line, say, settings_of
from assistant.commands.timeline import LEGEND, Levels, draw
from assistant.config import Settings
from assistant.config.extras import install_command
from assistant.config.shipped import IN_PACKAGE, example_settings, shipped
from assistant.pipeline.pipeline import Pipeline
from assistant.pipeline.worker import Worker

FOLDER = shipped("demo")
MARGIN = 12
"""What a line has beside the picture in it."""
NEXT = """
That was an invented home; nothing real was switched. What to do next:"""
E = TypeVar("E", bound=events.Event)


def run(args: argparse.Namespace) -> int:
    """Play every recording and tell what came of it."""
    if not any(FOLDER.glob("*.ogg")):
        raise UsageError(f"{FOLDER} has no recordings; {install_command()}")
    settings = settings_of(args)
    asyncio.run(demonstrate(demo_settings(settings), one_stream=args.one_stream))
    return 0


class Tapped:
    """A source whose loudness is kept on the way."""

    def __init__(self, source: AudioSource) -> None:
        self.name = source.name
        self.levels = Levels()
        self._source = source

    async def frames(self) -> AsyncIterator[Frame]:
        """The frames of the source."""
        async for frame in self._source.frames():
            self.levels.add(frame)
            yield frame


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What happened in one recording."""

    path: Path
    said: str
    voice: str
    levels: Sequence[float]
    happened: Sequence[events.Event]
    wall_s: float

    def last(self, kind: type[E]) -> E | None:
        """The last event of a kind."""
        return next((event for event in reversed(self.happened) if isinstance(event, kind)), None)


async def demonstrate(settings: Settings, *, one_stream: bool = False) -> None:
    """Play the recordings one after the other to one home, each a stream or all of them one."""
    worker = Worker()
    begin_s = time.monotonic()
    say(f"Loading the recogniser '{settings.recogniser.model}' and the demo home ...")
    house = await worker.run(make_household, settings)
    try:
        recogniser = await worker.run(load_recogniser, settings)
        pipeline = make_pipeline(settings, house, recogniser, worker, Listening())
        await house.start()
        say(f"Ready after {time.monotonic() - begin_s:.1f} s.\n\n{fold(LEGEND)}")
        spoken = commands(FOLDER / "commands.tsv")
        told = []
        paths = sorted(FOLDER.glob("*.ogg"))
        for row in [paths] if one_stream else [[path] for path in paths]:
            for each in await _play(pipeline, row, spoken):
                told.append(each)
                say("\n".join(account(each)))
        say("\n" + fold(summary(told)))
        say(NEXT + "".join(f"\n  {line}" for line in next_steps()))
    finally:
        await house.close()
        worker.close()


def next_steps() -> Iterator[str]:
    """What to type next, and what for."""
    run, doctor = "make run", ".venv/bin/assistant doctor"
    if IN_PACKAGE:
        run, doctor = "assistant run", "assistant doctor"
    yield f'1. {run:36}say "okay nabu" to your own microphone'
    yield f"2. {doctor:36}what is missing, and what to do"
    example = f"cp {example_settings()} config.yaml"
    use = "your own home: home.kind there"
    yield f"3. {use}:\n     {example}" if IN_PACKAGE else f"3. {example:36}{use}"


def commands(table: Path) -> Mapping[str, Mapping[str, str]]:
    """What was spoken in each recording, by its name, where the table is there."""
    if not table.is_file():
        return {}
    with table.open(encoding="utf8") as lines:
        return {line["file"]: line for line in csv.DictReader(lines, delimiter="\t")}


async def _play(
    pipeline: Pipeline, paths: Sequence[Path], spoken: Mapping[str, Mapping[str, str]]
) -> list[Demonstration]:
    """Play recordings as one stream; what happened in each, by its own time."""
    sources = [Tapped(FileSource(path)) for path in paths]
    row = Concatenated(str(paths[0]) if len(paths) == 1 else str(FOLDER), sources)
    begin_s = time.monotonic()
    happened: list[list[events.Event]] = [[] for _ in paths]
    async with aclosing(pipeline.events(row)) as stream:
        async for event in stream:
            at = bisect_right(row.begins_s, event.audio_s) - 1
            happened[at].append(earlier(event, row.begins_s[at]))
            if _events_wanted():
                print_line(event.to_json())
    wall_s = (time.monotonic() - begin_s) / len(paths)
    return [
        _told(path, spoken.get(path.stem, {}), source.levels.values, each, wall_s)
        for path, source, each in zip(paths, sources, happened, strict=True)
    ]


def earlier(event: E, by_s: float) -> E:
    """The event with all its places in the audio so much earlier."""
    moved: dict[str, Any] = {
        field.name: value - by_s
        for field in fields(event)
        if field.name.endswith("_s") and isinstance(value := getattr(event, field.name), float)
    }
    return replace(event, **moved)


def _told(
    path: Path,
    spoken: Mapping[str, str],
    levels: Sequence[float],
    happened: Sequence[events.Event],
    wall_s: float,
) -> Demonstration:
    return Demonstration(
        path=path,
        said=_said(spoken),
        voice=" ".join(spoken[key] for key in ("engine", "voice") if key in spoken),
        levels=levels,
        happened=happened,
        wall_s=wall_s,
    )


def _events_wanted() -> bool:
    """Not at a terminal, nor where they would come between the lines of the account."""
    out, err = sys.stdout, sys.stderr
    try:
        return not out.isatty() and not os.path.sameopenfile(out.fileno(), err.fileno())
    except (OSError, ValueError):
        return True  # one of them is no file


def _said(spoken: Mapping[str, str]) -> str:
    """All that the recording says, the wake word too."""
    command = spoken.get("command", "").replace(" | ", " ... ")
    return f"{spoken['wake']}, {command}" if "wake" in spoken else command


def account(told: Demonstration) -> Iterator[str]:
    """What was said, heard, understood and done, and where the time went."""
    width = columns()
    yield f"\n{told.path.stem}  ({told.voice})"
    picture = draw(told.levels, told.happened, width - MARGIN)
    entries = [("said", told.said), *(line for event in told.happened for line in _line(event))]
    lines = [line for title, text in entries for line in entry(title, text, width - 2)]
    yield from (f"  {line}".rstrip() for line in (*picture, *lines))


def _line(event: events.Event) -> Iterator[tuple[str, str]]:
    """What an event means to a person, each with its title; nothing for most."""
    match event:
        case events.FinalEndpoint(text=text, confidence=confidence):
            yield "heard", f"{text or '(nothing)'}  [{confidence:.2f}]"
        case events.Intent(intent=intent, slots=slots, reused=reused):
            early = ", already before the final end-point" if reused else ""
            yield "understood", f"{intent or '(nothing)'}  {spelled(slots)}{early}"
        case events.SpeculationReset(reason=reason):
            yield "reset", reason
        case events.Action(success=success, changes=changes):
            yield from _changes(changes) if success else [("changed", "nothing: it failed")]
        case events.Reply(text=text):
            yield "answer", text
        case events.Latency():
            yield from _times(event)
        case events.Error(message=message):
            yield "error", message


def _changes(changes: Sequence[Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    title = "changed"
    for change in changes:
        before, after = spelled(change["before"]), spelled(change["after"])
        yield title, f"{change['device']} {change['attribute']}: {before} -> {after}"
        title = ""
    if not changes:
        yield title, "nothing (it was so already, or was only asked)"


def _times(latency: events.Latency) -> Iterator[tuple[str, str]]:
    """Where the milliseconds went, and which setting each wait belongs to."""
    waited_ms = 1000 * (latency.final_endpoint_s - latency.speech_end_s)
    wait = f"{waited_ms:.0f} waiting for a pause (endpoint.style), {latency.work_ms:.1f} working"
    yield "time", f"{latency.response_ms:.0f} ms from the last sound to the action: {wait}"
    early = "no speculation held"
    if latency.speculative_endpoint_s is not None:
        early_ms = 1000 * (latency.final_endpoint_s - latency.speculative_endpoint_s)
        early = f"speculation began {early_ms:.0f} ms before the final end-point"
    work = f"understanding {latency.nlu_ms:.1f}, action {latency.action_ms:.1f}"
    yield "", f"{early}; {work}, recogniser {latency.decode_ms:.0f} in all"


def summary(told: Sequence[Demonstration]) -> str:
    """One line over all recordings."""
    done = [each for each in told if (action := each.last(events.Action)) and action.success]
    times = [latency.response_ms for each in told if (latency := each.last(events.Latency))]
    voices = len({each.voice for each in done})
    audio_s = sum(len(each.levels) for each in told) / 100
    wall_s = sum(each.wall_s for each in told)
    median = f", median {statistics.median(times):.0f} ms to the action" if times else ""
    return (
        f"{len(done)} of {len(told)} commands by {voices} voices carried out{median}; "
        f"{audio_s:.0f} s of audio in {wall_s:.1f} s."
    )
