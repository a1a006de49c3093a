"""Voice activity on a recording: speech is found where it is, and silence is none."""

import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from assistant.audio.source import FRAME_SAMPLES
from assistant.audio.vad import SileroVad, WebRtcVad
from assistant.endpointing.speech_tracker import SpeechTracker


@pytest.fixture(params=[SileroVad, WebRtcVad])
def voice(request):
    if request.param is WebRtcVad:
        pytest.importorskip("webrtcvad", reason="the extra `webrtc` is not installed")
    return request.param()


def frames(samples):
    return samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)


def speech(voice, samples):
    """The probability of each frame."""
    return [voice.process(frame) for frame in frames(samples)]


def test_speech_is_found_where_it_is(voice):
    samples, _ = soundfile.read("demo/01-kitchen-light.ogg", dtype="int16")
    tracker = SpeechTracker()
    found = speech(voice, samples)
    for index, probability in enumerate(found, 1):
        tracker.step(probability, index / 100)
    loud = [index for index, frame in enumerate(frames(samples)) if np.abs(frame).max() > 1000]
    assert tracker.speech_start_s == pytest.approx(loud[0] / 100, abs=0.15)
    assert tracker.speech_end_s == pytest.approx(loud[-1] / 100, abs=0.25)


@pytest.mark.parametrize("loudness", [0, 30, 300])
def test_steady_noise_is_no_speech(voice, loudness):
    noise = np.random.default_rng(1).normal(0, 1, 16_000 * 4) * loudness
    assert np.mean(speech(voice, noise.astype(np.int16))[50:]) < 0.1


def test_what_was_heard_can_be_forgotten(voice):
    samples, _ = soundfile.read("demo/03-blinds.ogg", dtype="int16")
    first = speech(voice, samples)
    voice.reset()
    assert speech(voice, samples) == first


ASKED = """
import os, sys, numpy as np
from assistant.audio.vad import SileroVad
voice = SileroVad()
for _ in range(40):
    voice.process(np.zeros(160, np.int16))
print(len(os.listdir("/proc/self/task")), os.environ.get("OMP_THREAD_LIMIT"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
@pytest.mark.parametrize("limit", [None, "3"])
def test_the_network_takes_one_thread_and_leaves_the_environment(limit):
    environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    environ.pop("OMP_THREAD_LIMIT", None)
    if limit:
        environ["OMP_THREAD_LIMIT"] = limit
    command = [sys.executable, "-c", ASKED]
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1", str(limit)]
