"""The detector that ships, on speech and on whispers that are made of it."""

import asyncio
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy", reason="the extra `train` is not installed, which makes whispers")

from assistant.app.whispers import MODEL_FOLDER
from assistant.asr.networks.manifest import ModelError
from assistant.audio.file import read_samples
from assistant.whispering.detector import NoDetector, is_whisper
from assistant.whispering.network import NETWORK, RecurrentWhisperDetector
from training.whisper import whispered

DEMO = Path(__file__).parents[2] / "demo"
PEOPLE = ("01-kitchen-light", "02-bedroom-fifty", "03-blinds", "06-time", "12-garage")
DETECTOR = RecurrentWhisperDetector(MODEL_FOLDER)


def recording(name):
    return asyncio.run(read_samples(str(DEMO / f"{name}.ogg")))


def heard(samples, cut=320):
    stream = DETECTOR.open()
    for at in range(0, samples.size, cut):
        stream.accept(samples[at : at + cut])
    return stream.probability()


SPEECH = recording("01-kitchen-light")
WHISPER = whispered(SPEECH)


@pytest.mark.parametrize("name", PEOPLE)
def test_speech_is_none_and_a_whisper_is_one(name):
    samples = recording(name)
    assert not is_whisper(heard(samples))
    assert is_whisper(heard(whispered(samples)))


@given(peak_db=st.floats(-50.0, 0.0))
@settings(deadline=None, max_examples=15)
def test_the_level_does_not_decide(peak_db):
    for samples, whisper in ((SPEECH, False), (WHISPER, True)):
        gain = 10.0 ** (peak_db / 20.0) * 32_767 / np.abs(samples.astype(int)).max()
        assert is_whisper(heard(np.rint(samples * gain).astype(np.int16))) is whisper


@given(cut=st.integers(1, 20_000))
@settings(deadline=None, max_examples=10)
def test_it_is_the_same_however_the_audio_is_cut(cut):
    assert heard(WHISPER[:24_000], max(cut, 80)) == pytest.approx(heard(WHISPER[:24_000]), abs=1e-3)


def test_it_tells_while_somebody_speaks():
    stream, found = DETECTOR.open(), []
    for at in range(0, WHISPER.size, 8000):
        stream.accept(WHISPER[at : at + 8000])
        found.append(stream.probability())
    assert max(found) > 0.5
    assert found[-1] == pytest.approx(heard(WHISPER), abs=1e-3)


def test_where_nothing_was_heard_there_is_no_whisper():
    assert not is_whisper(heard(np.zeros(0, np.int16)))


def test_where_there_is_no_detector_nobody_knows():
    stream = NoDetector().open()
    stream.accept(SPEECH)
    assert stream.probability() is None
    assert not is_whisper(None)


def test_a_folder_that_cannot_be_used_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"manifest.json cannot be read"):
        RecurrentWhisperDetector(tmp_path)
    shutil.copytree(MODEL_FOLDER, tmp_path / "model")
    file = tmp_path / "model" / NETWORK
    good = file.read_bytes()
    file.write_bytes(good[:-10])
    with pytest.raises(ModelError, match=r"network.npz is not as it was written"):
        RecurrentWhisperDetector(tmp_path / "model")
    file.unlink()
    with pytest.raises(ModelError, match=r"network.npz is missing"):
        RecurrentWhisperDetector(tmp_path / "model")
    manifest = tmp_path / "model" / "manifest.json"
    manifest.write_text(json.dumps({"form": "hearth-speaker"}))
    with pytest.raises(ModelError, match="describes no detector of whispers"):
        RecurrentWhisperDetector(tmp_path / "model")
