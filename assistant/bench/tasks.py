"""The single measurements; each runs in a process of its own, see `child`."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import statistics
import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant import events
from assistant.app.assembly import Listening, make_pipeline
from assistant.app.household import make_household
from assistant.app.recognition import bias_phrases, load_recogniser
from assistant.app.settings import demo_settings
from assistant.asr.result import RecognitionResult, recognise
from assistant.audio.concatenated import Concatenated
from assistant.audio.file import FileSource, read_samples
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE, AudioSource, Frame
from assistant.bench.audio import (
    known_ends,
    plain_end_s,
    recordings,
    speech,
    transcripts,
    word_errors,
)
from assistant.bench.loop import Longest, watched
from assistant.config import Settings
from assistant.home.factory import make_home
from assistant.lattice.graph import Lattice
from assistant.lattice.oracle import oracle_errors
from assistant.pipeline.pipeline import Pipeline
from assistant.pipeline.worker import Worker

WAITING_S = 60.0
CUT_OFF_S = 0.1
"""A final end-point so much before the end of speech cut the user off."""


def recognition(settings: Settings, folder: Path) -> dict[str, Any]:
    """Real-time factor and word errors of the recogniser, names of the home favoured."""
    recogniser = load_recogniser(settings)
    bias = bias_phrases(settings, make_home(settings))
    files = recordings(folder)
    audio = {path.stem: asyncio.run(read_samples(str(path))) for path in files}
    recognise(recogniser, next(iter(audio.values())), bias)  # the first one warms up
    begin_s = time.process_time()
    heard = {name: recognise(recogniser, samples, bias) for name, samples in audio.items()}
    cpu_s = time.process_time() - begin_s
    audio_s = sum(samples.size for samples in audio.values()) / SAMPLE_RATE
    return {
        "real_time_factor": cpu_s / audio_s,
        "audio_s": audio_s,
        **_sizes(heard.values(), audio.values()),
        **_accuracy_of_all(folder, {name: result.text for name, result in heard.items()}),
        **_oracle(folder, {name: result.lattice for name, result in heard.items()}),
    }


def _sizes(
    results: Iterable[RecognitionResult], audio: Iterable[NDArray[np.int16]]
) -> dict[str, int]:
    """Medians of a lattice's size as JSON, and of the audio that it stands for."""
    lattices = [len(json.dumps(result.lattice.to_json())) for result in results]
    return {
        "lattice_bytes": round(statistics.median(lattices)),
        "audio_bytes": round(statistics.median(samples.nbytes for samples in audio)),
    }


def _oracle(folder: Path, lattices: Mapping[str, Lattice]) -> dict[str, float]:
    """Word error rate of the best path that the lattices hold, for whole files."""
    known = {} if (folder / "commands.tsv").is_file() else transcripts(folder)
    said = {name: text.lower().split() for name, text in known.items() if name in lattices}
    words = sum(map(len, said.values()))
    errors = sum(oracle_errors(lattices[name], text) for name, text in said.items())
    return {"oracle_word_error_rate": errors / words} if words else {}


def peer(_settings: Settings, folder: Path) -> dict[str, Any]:
    """The same with PocketSphinx, where it is installed; an empty answer where not."""
    if importlib.util.find_spec("pocketsphinx") is None:
        return {}
    import pocketsphinx  # noqa: PLC0415 - seldom there

    decoder = pocketsphinx.Decoder(samprate=SAMPLE_RATE, loglevel="FATAL")
    heard: dict[str, str] = {}
    cpu_s, samples_count = 0.0, 0
    for path in recordings(folder):
        samples = asyncio.run(read_samples(str(path)))
        begin_s = time.process_time()
        decoder.start_utt()
        decoder.process_raw(samples.tobytes(), full_utt=True)
        decoder.end_utt()
        hypothesis = decoder.hyp()
        cpu_s += time.process_time() - begin_s
        samples_count += samples.size
        heard[path.stem] = hypothesis.hypstr if hypothesis else ""
    return {
        "name": "PocketSphinx en-us",
        "real_time_factor": cpu_s / (samples_count / SAMPLE_RATE),
        **_accuracy_of_all(folder, heard),
    }


def waiting(settings: Settings, _folder: Path) -> dict[str, Any]:
    """What the whole pipeline costs while it waits for the wake word, in a room with some noise."""
    worker, house = Worker(), make_household(settings)
    pipeline = make_pipeline(settings, house, load_recogniser(settings), worker, Listening())
    begin_s = time.process_time()
    asyncio.run(_drain(pipeline, _Room()))
    cpu_s = time.process_time() - begin_s
    worker.close()
    return {"real_time_factor": cpu_s / WAITING_S}


class _Room:
    """A minute of noise."""

    name = "room"

    async def frames(self) -> AsyncIterator[Frame]:
        """The noise, frame by frame."""
        noise = np.random.default_rng(1).normal(0, 200, round(WAITING_S * SAMPLE_RATE))
        for frame in noise.astype(np.int16).reshape(-1, FRAME_SAMPLES):
            yield frame


async def _drain(pipeline: Pipeline, source: AudioSource) -> None:
    async with aclosing(pipeline.events(source)) as stream:
        async for _ in stream:
            pass


def listening(settings: Settings, folder: Path) -> dict[str, Any]:
    """Latencies of the whole pipeline, file by file, and how long the event loop was held."""
    wakes = (folder / "commands.tsv").is_file()
    chosen = demo_settings(settings) if wakes else settings
    utterances, one_stream, longest = asyncio.run(_listen(chosen, folder, wakes))
    return {
        "utterances": utterances,
        "one_stream": one_stream,
        **accuracy(folder, {Path(each["file"]).stem: each.get("text", "") for each in utterances}),
        "longest_block_ms": longest.cpu_ms,
        "longest_block_wall_ms": longest.wall_ms,
    }


async def _listen(
    settings: Settings, folder: Path, wakes: bool
) -> tuple[list[dict[str, Any]], dict[str, int], Longest]:
    async with _hearing(settings, wakes) as pipeline:
        with watched() as longest:
            alone = [await _utterance(pipeline, path) for path in recordings(folder)]
        return alone, await _in_a_row(pipeline, folder, alone), longest


@asynccontextmanager
async def _hearing(settings: Settings, wakes: bool) -> AsyncIterator[Pipeline]:
    """The whole pipeline in a home that has started."""
    worker = Worker()
    house = await worker.run(make_household, settings)
    try:
        recogniser = await worker.run(load_recogniser, settings)
        pipeline = make_pipeline(settings, house, recogniser, worker, Listening(wake=wakes))
        await house.start()
        yield pipeline
    finally:
        await house.close()
        worker.close()


def live(settings: Settings, folder: Path) -> dict[str, Any]:
    """How long somebody waits: from the end of speech to the action, by the clock.

    Each file is heard as it is spoken. A machine that is still busy with one thing when the next is
    due is late, which audio time does not show.
    """
    wakes = (folder / "commands.tsv").is_file()
    chosen = demo_settings(settings) if wakes else settings
    return {"response_ms": asyncio.run(_live(chosen, folder, wakes))}


async def _live(settings: Settings, folder: Path, wakes: bool) -> list[float]:
    async with _hearing(settings, wakes) as pipeline:
        await pipeline.prepare()
        heard = [await _waited_ms(pipeline, path) for path in recordings(folder)]
        return [each for each in heard if each is not None]


async def _waited_ms(pipeline: Pipeline, path: Path) -> float | None:
    """Of a file's first utterance; nothing where no action came of it."""
    began_s = time.monotonic()
    async with aclosing(pipeline.events(FileSource(path, "realtime"))) as stream:
        async for event in stream:
            if isinstance(event, events.Latency):
                return 1000 * (time.monotonic() - began_s - event.speech_end_s)
    return None


async def _in_a_row(
    pipeline: Pipeline, folder: Path, alone: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    """All files as one stream: how many have the same first words in it as alone."""
    row = Concatenated(str(folder), [FileSource(path) for path in recordings(folder)])
    heard: dict[int, str] = {}
    async with aclosing(pipeline.events(row)) as stream:
        async for event in stream:
            if isinstance(event, events.FinalEndpoint):
                heard.setdefault(bisect_right(row.begins_s, event.audio_s) - 1, event.text)
    same = sum(each.get("text") == heard.get(at) for at, each in enumerate(alone))
    return {"files": len(alone), "as_alone": same}


async def _utterance(pipeline: Pipeline, path: Path) -> dict[str, Any]:
    """The first utterance of a file, against the end of all speech in it."""
    samples = await read_samples(str(path))
    stretches = await asyncio.to_thread(speech, samples)
    happened: dict[str, events.Event] = {}
    woken_s = 0.0
    async with aclosing(pipeline.events(FileSource(path))) as stream:
        async for event in stream:
            if isinstance(event, events.WakeDetected):
                woken_s = event.audio_s
            happened[event.type] = event
            if isinstance(event, events.Latency):
                break
    command = [stretch for stretch in stretches if stretch[1] > woken_s]
    end_s = known_ends(path.parent).get(path.name, command[-1][1] if command else 0.0)
    return {"file": path.name, **_figures(happened, command, end_s)}


def _figures(
    happened: Mapping[str, events.Event], stretches: list[tuple[float, float]], speech_end_s: float
) -> dict[str, Any]:
    latency, final = happened.get("latency"), happened.get("final_endpoint")
    intent = happened.get("intent")
    if (
        not isinstance(latency, events.Latency)
        or not isinstance(final, events.FinalEndpoint)
        or not isinstance(intent, events.Intent)
        or not stretches
    ):
        return {}
    early_s = latency.speculative_endpoint_s
    return {
        "text": final.text,
        "speculative_ms": None if early_s is None else 1000 * (early_s - latency.speech_end_s),
        "final_ms": 1000 * (latency.final_endpoint_s - latency.speech_end_s),
        "nlu_ms": latency.nlu_ms,
        "action_ms": latency.action_ms,
        "work_ms": latency.work_ms,
        "response_ms": latency.response_ms,
        "revised": final.revised,
        "reused": intent.reused,
        "cut_off": latency.final_endpoint_s < speech_end_s - CUT_OFF_S,
        "plain_rule_cut_off": plain_end_s(stretches) < speech_end_s - CUT_OFF_S,
    }


def accuracy(folder: Path, heard: Mapping[str, str]) -> dict[str, Any]:
    """Word error rate over the files whose transcript is known."""
    errors = words = 0
    for name, text in transcripts(folder).items():
        if name in heard:
            wrong, count = word_errors(text, heard[name])
            errors, words = errors + wrong, words + count
    return {"word_error_rate": errors / words, "words": words} if words else {}


def _accuracy_of_all(folder: Path, heard: Mapping[str, str]) -> dict[str, Any]:
    """The same for whole files; none where a wake word comes before what was to be heard."""
    return {} if (folder / "commands.tsv").is_file() else accuracy(folder, heard)


TASKS: dict[str, Callable[[Settings, Path], dict[str, Any]]] = {
    "recognition": recognition,
    "peer": peer,
    "waiting": waiting,
    "listening": listening,
    "live": live,
}
