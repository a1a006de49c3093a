"""Wake words on the demo's recordings, which begin with "alexa" or "okay nabu"."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pymicro_wakeword import MicroWakeWordFeatures

from assistant.audio.source import FRAME_SAMPLES
from assistant.wake.detector import Wake
from assistant.wake.factory import create
from assistant.wake.micro import BUILTIN, MicroDetector, _load
from assistant.wake.refractory import Refractory
from assistant.wake.words import WakeWordError

DEMO = Path(__file__).parents[2] / "demo"


def commands():
    with (DEMO / "commands.tsv").open(encoding="utf8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def frames(name):
    samples, _ = soundfile.read(DEMO / f"{name}.ogg", dtype="int16")
    whole = len(samples) // FRAME_SAMPLES * FRAME_SAMPLES
    return samples[:whole].reshape(-1, FRAME_SAMPLES)


def wakes(detector, audio):
    return [wake for frame in audio if (wake := detector.process(frame))]


def woken_by(engine):
    """For each recording, the words that it woke, and the word that was said."""
    detector = create(engine, ["alexa", "Okay Nabu"])
    for command in commands():
        detector.reset()
        heard = [wake.word for wake in wakes(detector, frames(command["file"]))]
        yield heard, command["wake"].replace(" ", "_")


def test_each_recording_wakes_once_by_its_own_word():
    assert [heard for heard, _ in woken_by("micro")] == [[said] for _, said in woken_by("micro")]


def test_the_second_engine_hears_most_synthetic_voices_and_mistakes_no_word():
    heard = [(words, said) for words, said in woken_by("open") if words]
    assert len(heard) >= 9
    assert all(set(words) == {said} for words, said in heard)


def test_micro_says_what_the_library_says():
    """Our shorter way round the network gives the library's own probabilities."""
    library = _load("alexa", BUILTIN["alexa"], None)
    features = MicroWakeWordFeatures()
    library.probability_cutoff = 0.0
    detector = MicroDetector(["alexa"], 0.0)
    for frame in frames("01-kitchen-light"):
        theirs = [
            probability
            for each in features.process_streaming(frame.tobytes())
            if (probability := library.process_streaming_prob(each))
        ]
        ours = detector.process(frame)
        assert (ours.probability if ours else None) == pytest.approx(
            theirs[0] if theirs else None, abs=1e-6
        )


@pytest.mark.parametrize("engine", ["micro", "open"])
def test_after_a_reset_the_same_audio_sounds_the_same(engine):
    detector = create(engine, ["alexa"])
    audio = frames("03-blinds")
    first = wakes(detector, audio)
    wakes(detector, audio[: len(audio) // 3])
    detector.reset()
    assert wakes(detector, audio) == first
    assert first


class Eager:
    def process(self, frame):
        return Wake("now", 1.0)

    def reset(self):
        pass


def test_within_the_refractory_period_it_does_not_wake_again():
    frame = np.zeros(FRAME_SAMPLES, np.int16)
    detector = Refractory(Eager(), 0.5)
    woken = [index for index in range(120) if detector.process(frame)]
    assert woken == [0, 51, 102]


@pytest.mark.parametrize(
    ("engine", "words", "message"),
    [
        ("micro", ["alexia"], "did you mean 'alexa'"),
        ("micro", [], "no wake word is set"),
        ("open", ["gone.tflite"], "gone.tflite: no such file"),
        ("macro", ["alexa"], "use micro or open"),
    ],
)
def test_a_word_that_cannot_be_had(engine, words, message):
    with pytest.raises(WakeWordError, match=message):
        create(engine, words)
