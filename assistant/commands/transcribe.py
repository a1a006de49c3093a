"""`assistant transcribe`: the recogniser over files, without wake word and end-points."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.app.recognition import bias_phrases, load_recogniser
from assistant.app.whispers import load_whispers
from assistant.asr.result import BiasPhrase, Recogniser, RecognitionResult, Sentences, recognise
from assistant.audio.file import read_samples
from assistant.audio.source import SAMPLE_RATE, AudioError
from assistant.audio.vad import SileroVad
from assistant.commands import UsageError, print_json, say, settings_of
from assistant.config import SettingError, Settings
from assistant.config.extras import install_command
from assistant.config.hearing import WAKE_WORDS
from assistant.config.rescoring import leaves_device
from assistant.home.factory import make_home
from assistant.pipeline.rescorer import RescoredResult, RescoringOutcome
from assistant.wake.words import spoken
from assistant.whispering.spoken import WhereSpoken

_PATIENCE_MS = 2000.0
"""How long a rescoring server is waited for: nobody waits for a reply here."""


def run(args: argparse.Namespace) -> int:
    """Print a JSON line a file; 1 if a file could not be read, after all the others."""
    settings = settings_of(args)
    second = _second_opinion(settings, args.rescore) if args.rescore else None
    bias: tuple[BiasPhrase, ...] = ()
    if args.personalisation:
        bias = bias_phrases(settings, make_home(settings))
    if args.context:
        bias += tuple(BiasPhrase(line) for line in read_context(args.context))
    sentences = _sentences(settings, args.sentences) if args.sentences else None
    recogniser = load_recogniser(settings)
    status = 0
    for name in args.files:
        try:
            line, result = transcribe(recogniser, name, bias, second, sentences)
            if args.attention:
                line |= {"attention": str(_drawn(name, args.attention, result, line["audio_s"]))}
            print_json(line)
        except AudioError as error:
            say(f"assistant: {error}")
            status = 1
    return status


def _sentences(settings: Settings, folder: Path) -> Sentences:
    """What the home understands with the sentences and the plugins of a folder.

    Raises:
        UsageError: the folder is none, or something in it cannot be used.

    """
    from assistant.app.household import make_household  # noqa: PLC0415 - seldom wanted

    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder of sentences")
    own = replace(settings.understanding, sentences=folder, plugins=folder)
    house = make_household(replace(settings, understanding=own))
    if problems := [*house.plugins.problems, *house.sentences.now().problems]:
        raise UsageError(problems[0])
    calls = tuple(spoken(word) for word in WAKE_WORDS[settings.wake.engine])
    return house.understanding.network(calls)


def read_context(path: Path) -> list[str]:
    """The names in a file, one a line; raises `UsageError`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as names, one a line ({error})") from None
    return [line.strip() for line in lines if line.strip()]


def _second_opinion(settings: Settings, url: str) -> Callable[[RecognitionResult], RescoredResult]:
    """Asks a server; raises `UsageError` for one that may not be asked."""
    from assistant.rescoring.remote import make_rescorer  # noqa: PLC0415 - seldom wanted

    if leaves_device(url) and settings.privacy.keep_words_local:
        raise UsageError(
            f"{url} is another machine, and privacy.keep_words_local says that words stay on this "
            "device: set it to false if you want this"
        )
    try:
        chosen = replace(settings.rescoring, url=url, deadline_ms=_PATIENCE_MS)
    except SettingError as error:
        raise UsageError(f"--rescore: {error}") from None
    home = make_home(settings)

    async def ask(result: RecognitionResult) -> RescoredResult:
        rescorer = make_rescorer(chosen, url, home.contacts)
        await rescorer.start()
        try:
            return await rescorer.open().settle(result)
        finally:
            await rescorer.close()

    return lambda result: asyncio.run(ask(result))


def transcribe(
    recogniser: Recogniser,
    name: str,
    bias: Sequence[BiasPhrase],
    second: Callable[[RecognitionResult], RescoredResult] | None = None,
    sentences: Sentences | None = None,
) -> tuple[dict[str, Any], RecognitionResult]:
    """One file's transcript as plain values, and what they are taken from; raises `AudioError`.

    `second` rescores it. Where that fails, the log says why, and `rescored` is as `text`.
    """
    samples = asyncio.run(read_samples(name))
    result = recognise(recogniser, samples, bias, sentences)
    audio_s = samples.size / SAMPLE_RATE
    whisper = WhereSpoken(load_whispers(), SileroVad).open()
    whisper.accept(samples)
    whispered = whisper.probability()
    line = {
        "file": name,
        "text": result.text,
        "nbest": [
            {
                "text": each.text,
                "log_prob": round(each.log_prob, 4),
                "boost": round(each.boost, 4),
                "sentence_boost": round(each.sentence_boost, 4),
            }
            for each in result.nbest
        ],
        "names": [
            {
                "name": each.phrase.text,
                "margin": round(each.margin, 2),
                "start_s": round(each.start_s, 3),
                "end_s": round(each.end_s, 3),
            }
            for each in result.names
        ],
        "audio_s": round(audio_s, 4),
        **({} if whispered is None else {"whispered": round(whispered, 4)}),
        "decode_ms": round(result.decode_ms, 2),
        "real_time_factor": round(result.decode_ms / 1000 / audio_s, 4),
        **(_rescored(second(result), samples) if second else {}),
    }
    return line, result


def _drawn(name: str, form: str, result: RecognitionResult, length_s: float) -> Path:
    """The picture of the names in a file, in the working directory; raises `UsageError`."""
    from assistant.asr.biasing.name_map import name_map  # noqa: PLC0415 - seldom wanted

    path = Path(f"{Path(name).stem}.attention.{form}")
    drawn = name_map(result.nbest[0].words, result.names, length_s)
    try:
        path.write_bytes(drawn.png() if form == "png" else drawn.svg().encode())
    except ImportError:
        message = f"--attention png needs Pillow; install it: {install_command('png')}"
        raise UsageError(message) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    return path


def _rescored(outcome: RescoredResult, samples: NDArray[np.int16]) -> dict[str, Any]:
    account = outcome.account
    return {
        "rescored": outcome.result.text,
        "rescored_nbest": [
            {"text": each.text, "log_prob": round(each.log_prob, 4)}
            for each in outcome.result.nbest
        ],
        "rescoring": account.outcome.value if account else RescoringOutcome.FAILED.value,
        "lattice_bytes": account.lattice_bytes if account else 0,
        "audio_bytes": samples.nbytes,
        "rescoring_ms": round(account.waited_ms, 2) if account else 0.0,
    }
