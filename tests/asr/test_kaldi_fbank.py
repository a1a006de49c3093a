"""Kaldi's features in a stream: those that the library computes of the whole audio."""

from itertools import pairwise

import kaldi_native_fbank
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asr.features.kaldi_fbank import KaldiFrontEnd

AUDIO = (np.random.default_rng(0).standard_normal(8000) * 3000).astype(np.int16)


def of_the_whole(samples):
    """As sherpa-onnx sets the library up (`features.h`)."""
    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.samp_freq = 16_000
    options.frame_opts.dither = 0
    options.frame_opts.snip_edges = False
    options.mel_opts.num_bins = 80
    options.mel_opts.low_freq = 20
    options.mel_opts.high_freq = -400
    features = kaldi_native_fbank.OnlineFbank(options)
    if len(samples):
        features.accept_waveform(16_000, samples.astype(np.float32) / 32768)
    features.input_finished()
    frames = [features.get_frame(number) for number in range(features.num_frames_ready)]
    return np.array(frames, np.float32).reshape(-1, 80)


@settings(deadline=None)
@given(st.integers(0, len(AUDIO)), st.lists(st.integers(0, len(AUDIO)), max_size=5))
def test_pieces_give_the_frames_of_the_whole(length, cuts):
    audio = AUDIO[:length]
    stream = KaldiFrontEnd(80).open()
    edges = [0, *sorted(min(cut, length) for cut in cuts), length]
    found = [stream.accept(audio[start:end]) for start, end in pairwise(edges)]
    np.testing.assert_array_equal(np.concatenate([*found, stream.finish()]), of_the_whole(audio))


def test_a_frame_waits_for_eight_milliseconds():
    stream = KaldiFrontEnd(80).open()
    assert len(stream.accept(AUDIO[:279])) == 0
    assert len(stream.accept(AUDIO[279:280])) == 1


@pytest.mark.parametrize("mels", [40, 80])
def test_silence_is_the_floor(mels):
    front_end = KaldiFrontEnd(mels)
    stream = front_end.open()
    frames = stream.accept(np.zeros(1600, np.int16))
    np.testing.assert_array_equal(frames, np.full((9, mels), front_end.floor, np.float32))
