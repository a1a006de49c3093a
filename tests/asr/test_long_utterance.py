"""Commands said one after another, without a pause that would end the sentence."""

import asyncio
import csv
from pathlib import Path

import numpy as np
import pytest

from assistant.asr.recogniser import load_recogniser
from assistant.asr.result import recognise
from assistant.audio.file import read_samples

ROOT = Path(__file__).parents[2]
RATE = 16_000
LOUD = 300
BEFORE, AFTER = RATE // 10, RATE // 5


def spoken(name):
    """A recording of the demo, without the silence around it."""
    samples = asyncio.run(read_samples(str(ROOT / "demo" / f"{name}.ogg")))
    loud = np.flatnonzero(np.abs(samples.astype(int)) > LOUD)
    return samples[max(0, loud[0] - BEFORE) : loud[-1] + AFTER]


@pytest.fixture(scope="module")
def commands():
    with (ROOT / "demo" / "commands.tsv").open(encoding="utf8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [(row["command"].replace(" | ", " "), spoken(row["file"])) for row in rows]


@pytest.mark.parametrize(("count", "least"), [(7, 3), (12, 6)])
def test_all_of_a_long_utterance_is_heard(commands, count, least):
    """It was the first command alone; above half a minute, the first pass's text."""
    texts = [text for text, _ in commands[:count]]
    audio = np.concatenate([samples for _, samples in commands[:count]])
    assert len(audio) > 18 * RATE
    result = recognise(load_recogniser(ROOT / "models" / "en-small", beam=8), audio)
    heard = [text for text in texts if text in result.text]
    assert len(heard) >= least, result.text
    assert result.text.split()[-1] == texts[-1].split()[-1]
    words = result.nbest[0].words
    assert words[-1].end_s > len(audio) / RATE - 1.5
