"""One voice among others: it is heard with them and without, and the likelier counts."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from assistant.app.recognition import load_voice_filter
from assistant.asr.decoding.beam_search import SearchSettings
from assistant.asr.decoding.two_pass import CLEARLY_LIKELIER
from assistant.asr.features.frontend import WhisperFrontEnd
from assistant.asr.features.whisper_mel import FLOOR
from assistant.asr.networks.model_folder import Model
from assistant.asr.recogniser import TransducerRecogniser, load_recogniser
from assistant.asr.result import recognise
from assistant.audio.file import read_samples
from assistant.audio.source import SAMPLE_RATE
from tests.asr.toy_network import ToyNetwork

ROOT = Path(__file__).parents[2]


class Filter:
    """In the place of the network: gives what it was told to, whatever is heard."""

    def __init__(self, made) -> None:
        self.made, self.asked = made, 0

    def anchor(self, samples):
        return samples if samples.size else None

    def filtered(self, heard, anchor):
        self.asked += 1
        return self.made(heard)


def toy_recogniser(voice_filter):
    network = ToyNetwork(seed=7)
    network.whole_frames = 400
    model = Model(network, WhisperFrontEnd(), max_symbols_per_frame=3)
    return TransducerRecogniser(model, SearchSettings(), voice_filter=voice_filter)


def content(result):
    return result.nbest, result.lattice, result.end_of_sentence


def score(result):
    return result.nbest[0].log_prob - result.nbest[0].boost


@pytest.fixture
def samples():
    rng = np.random.default_rng(4)
    time = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    tone = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 12))
    return (1500 * tone + rng.normal(0, 20, time.size)).astype(np.int16)


def test_the_likelier_hearing_counts(samples):
    """Of some ways in which a filter may change what is heard."""
    plain = recognise(toy_recogniser(None), samples)
    likelier = 0
    for seed in range(20):
        change = np.random.default_rng(seed).normal(0, 0.6, 80).astype(np.float32)
        change += 0.1 - change.mean()
        told = toy_recogniser(Filter(lambda heard, change=change: heard - change))
        made = recognise(told, samples, anchor=samples[:8000])
        if content(made) != content(plain):
            likelier += 1
            assert score(made) > score(plain) + CLEARLY_LIKELIER
    assert 0 < likelier < 20


def test_without_a_wake_word_or_with_too_little_of_one_nothing_is_asked(samples):
    lowering = Filter(lambda heard: heard - 0.3)
    plain = recognise(toy_recogniser(None), samples)
    told = toy_recogniser(lowering)
    assert content(recognise(told, samples)) == content(plain)
    assert content(recognise(told, samples, anchor=samples[:0])) == content(plain)
    assert not lowering.asked


def test_where_hardly_anything_is_taken_away_it_is_heard_once(samples):
    """Though it were likelier."""
    change = np.random.default_rng(5).normal(0, 0.3, 80).astype(np.float32)
    change += 0.03 - change.mean()
    plain = recognise(toy_recogniser(None), samples)
    told = toy_recogniser(Filter(lambda heard: heard - change))
    assert content(recognise(told, samples, anchor=samples[:8000])) == content(plain)


def test_what_is_shown_while_somebody_speaks_is_as_before(samples):
    streams = [toy_recogniser(None).open()]
    streams.append(toy_recogniser(Filter(lambda heard: heard - 1)).open(anchor=samples[:8000]))
    for stream in streams:
        stream.accept(samples)
    first, second = (stream.partial() for stream in streams)
    assert content(first) == content(second)


def test_a_moment_is_left_as_it_is(samples):
    lowering = Filter(lambda heard: np.maximum(heard - 0.3, FLOOR))
    recognise(toy_recogniser(lowering), samples[: SAMPLE_RATE // 2], anchor=samples[:8000])
    assert not lowering.asked


def test_how_the_audio_comes_changes_nothing(samples):
    recogniser = toy_recogniser(Filter(lambda heard: heard - 0.2))
    whole, pieces = (recogniser.open(anchor=samples[:8000]) for _ in range(2))
    whole.accept(samples)
    for piece in np.split(samples, [7, 400, 5000, 5001, 12_345]):
        pieces.accept(piece)
    assert content(whole.finish()) == content(pieces.finish())


def demo(name: str) -> np.ndarray:
    return asyncio.run(read_samples(str(ROOT / "demo" / name)))


def test_what_is_certain_as_it_is_needs_no_second_hearing():
    """The filter, which would take much away, is not asked."""
    lowering = Filter(lambda heard: heard - 1)
    recogniser = load_recogniser(ROOT / "models" / "en-small", beam=4, voice_filter=lowering)
    said = demo("01-kitchen-light.ogg")[int(1.08 * SAMPLE_RATE) :]
    heard = recognise(recogniser, said, anchor=said)
    assert score(heard) > -CLEARLY_LIKELIER
    assert not lowering.asked


@pytest.mark.parametrize("runtime", ["onnx", "edge"])
def test_what_ships_changes_nothing_alone_in_either_runtime(runtime):
    folder = ROOT / "models" / "en-small"
    recogniser = load_recogniser(folder, runtime=runtime, beam=4, voice_filter=load_voice_filter())
    said = demo("01-kitchen-light.ogg")
    assert recogniser.one_voice(said[: 4800 - 1]) is None
    anchor = said[: SAMPLE_RATE // 2]
    alone = recognise(recogniser, said)
    assert content(recognise(recogniser, said, anchor=anchor)) == content(alone)
