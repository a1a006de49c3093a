"""`assistant transcribe`: the recogniser over files, without wake word and end-points."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.asr.result import BiasPhrase, Recogniser, RecognitionResult
from assistant.assembly import bias_phrases, load_recogniser
from assistant.audio.file import FileSource
from assistant.audio.source import SAMPLE_RATE, AudioError
from assistant.commands import UsageError, print_json, say, settings_of
from assistant.home.factory import make_home

BLOCK = SAMPLE_RATE // 10
"""Samples given to the recogniser at a time, as in live use."""


def run(args: argparse.Namespace) -> int:
    """Print a JSON line a file; 1 if a file could not be read, after all the others."""
    settings = settings_of(args)
    bias: tuple[BiasPhrase, ...] = ()
    if args.personalisation:
        bias = bias_phrases(settings, make_home(settings))
    if args.context:
        bias += tuple(BiasPhrase(line) for line in read_context(args.context))
    recogniser = load_recogniser(settings)
    status = 0
    for name in args.files:
        try:
            print_json(transcribe(recogniser, name, bias))
        except AudioError as error:
            say(f"assistant: {error}")
            status = 1
    return status


def read_context(path: Path) -> list[str]:
    """The names in a file, one a line; raises `UsageError`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as names, one a line ({error})") from None
    return [line.strip() for line in lines if line.strip()]


def transcribe(recogniser: Recogniser, name: str, bias: Sequence[BiasPhrase]) -> dict[str, Any]:
    """One file's transcript as plain values; raises `AudioError`."""
    samples = asyncio.run(read_samples(name))
    result = recognise(recogniser, samples, bias)
    audio_s = samples.size / SAMPLE_RATE
    return {
        "file": name,
        "text": result.text,
        "nbest": [
            {"text": each.text, "log_prob": round(each.log_prob, 4)} for each in result.nbest
        ],
        "audio_s": round(audio_s, 4),
        "decode_ms": round(result.decode_ms, 2),
        "real_time_factor": round(result.decode_ms / 1000 / audio_s, 4),
    }


async def read_samples(name: str) -> NDArray[np.int16]:
    """A file's audio, int16 at 16 kHz; raises `AudioError`."""
    return np.concatenate([frame async for frame in FileSource(name).frames()])


def recognise(
    recogniser: Recogniser, samples: NDArray[np.int16], bias: Sequence[BiasPhrase] = ()
) -> RecognitionResult:
    """The final result for whole audio, given piece by piece as in live use."""
    stream = recogniser.open(bias)
    for at in range(0, samples.size, BLOCK):
        stream.accept(samples[at : at + BLOCK])
    return stream.finish()
