"""Codecs on the demo's recordings: nothing is moved, and what a codec leaves out is gone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("scipy", reason="the extra `train` is not installed")

from training.codecs import CODECS, through_codec

DEMO = Path(__file__).parents[2] / "demo"
RATE = 16_000
TELEPHONES = [codec for codec in CODECS if not codec.levels]


@pytest.fixture(scope="module", params=["02-bedroom-fifty", "05-timer"])
def speech(request):
    return soundfile.read(DEMO / f"{request.param}.ogg", dtype="float32")[0]


def lag(heard, said):
    """By how many samples a recording comes late, by cross-correlation."""
    size = 2 * len(said)
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size))
    late = int(np.fft.irfft(spectrum, size).argmax())
    return late if late < len(said) else late - size


def energy(audio, low_hz, high_hz):
    spectrum, hz = np.abs(np.fft.rfft(audio)) ** 2, np.fft.rfftfreq(len(audio), 1 / RATE)
    return spectrum[(hz >= low_hz) & (hz < high_hz)].sum()


@pytest.mark.parametrize("hardest", [False, True])
@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_every_sound_stays_in_its_place(codec, hardest, speech):
    if codec.levels:
        codec = replace(codec, levels=(codec.levels[hardest],) * 2)
    heard = codec.round_trip(speech, np.random.default_rng(1))
    assert heard.dtype == np.float32
    assert len(heard) == len(speech)
    half = len(speech) // 2
    for part in (slice(None), slice(half), slice(half, None)):
        assert abs(lag(heard[part], speech[part])) <= 2, "an eighth of a millisecond"
    assert (heard != speech).any()
    # The telephone's band is what all of them keep: there the two are alike.
    level = [energy(audio, 500, 3000) for audio in (heard, speech)]
    assert level[0] == pytest.approx(level[1], rel=0.4)


@pytest.mark.parametrize("codec", TELEPHONES, ids=lambda codec: codec.name)
def test_a_telephone_lets_its_band_through_only(codec, speech):
    hum = 0.1 * np.sin(2 * np.pi * 50 / RATE * np.arange(len(speech)))
    said = np.asarray(speech + hum, np.float32)
    heard = codec.round_trip(said, np.random.default_rng(1))
    assert energy(heard, 4200, 8000) < 0.01 * energy(said, 4200, 8000)
    assert energy(heard, 40, 60) < 0.05 * energy(said, 40, 60)


def test_more_compression_leaves_less_of_the_speech(speech):
    for codec in CODECS:
        if codec.levels:
            ends = [replace(codec, levels=(level, level)) for level in codec.levels]
            rng = np.random.default_rng(1)
            errors = [((each.round_trip(speech, rng) - speech) ** 2).mean() for each in ends]
            assert errors[0] < errors[1]


@given(
    audio=st.integers(0, 2000).flatmap(
        lambda n: arrays(np.float32, n, elements=st.floats(-1, 1, width=32))
    ),
    codec=st.sampled_from(CODECS),
    seed=st.integers(0, 99),
)
def test_any_sound_comes_back_as_long_and_in_range(audio, codec, seed):
    heard = codec.round_trip(audio, np.random.default_rng(seed))
    assert heard.shape == audio.shape
    assert heard.dtype == np.float32
    assert np.isfinite(heard).all()
    assert (np.abs(heard) <= 1.0).all()


def test_all_codecs_are_drawn_and_a_seed_decides_which(speech):
    made = [through_codec(speech, np.random.default_rng(seed)) for seed in range(30)]
    again = [through_codec(speech, np.random.default_rng(seed)) for seed in range(3)]
    assert all((a == b).all() for a, b in zip(made, again, strict=False))
    telephones = sum(energy(x, 4200, 8000) < 0.01 * energy(speech, 4200, 8000) for x in made)
    assert 5 <= telephones <= 25
