"""Several utterances in one stream: each is heard as it is alone, file or live."""

import asyncio
import json
from contextlib import aclosing
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.app.assembly import Listening, make_pipeline
from assistant.app.household import make_household
from assistant.app.recognition import load_recogniser
from assistant.audio.file import FileSource
from assistant.audio.source import SAMPLE_RATE
from assistant.config import Settings, WakeSettings
from assistant.pipeline.worker import Worker
from tests.scripted import ArraySource

DEMO = Path(__file__).parents[2] / "demo"
RECORDINGS = Path(__file__).parents[1] / "recordings"
SETTINGS = Settings(wake=WakeSettings(words=("alexa", "okay_nabu")))
TAKT = round(0.48 * SAMPLE_RATE)
"""After so much everything that looks at audio in pieces begins a piece."""


@pytest.fixture(scope="module")
def recogniser():
    return load_recogniser(SETTINGS)


@pytest.fixture(scope="module")
def understanding():
    return make_household(SETTINGS).understanding


@pytest.fixture
def hear(recogniser, understanding):
    """The events of a source, each as plain values, in a demo home as it is at first."""

    def run(source, *, wake=True):
        return asyncio.run(events(source, wake))

    async def events(source, wake):
        worker, house = Worker(), make_household(SETTINGS, understanding=understanding)
        pipeline = make_pipeline(SETTINGS, house, recogniser, worker, Listening(wake=wake))
        await house.start()
        async with aclosing(pipeline.events(source)) as happened:
            heard = [json.loads(event.to_json()) async for event in happened]
        await house.close()
        worker.close()
        return heard

    return run


def recording(name):
    path = next(iter(DEMO.glob(f"{name}*.ogg")), RECORDINGS / f"{name}.ogg")
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == SAMPLE_RATE
    return samples


def seconds_of(name, begin_s, end_s=None):
    end = None if end_s is None else round(end_s * SAMPLE_RATE)
    return recording(name)[round(begin_s * SAMPLE_RATE) : end]


def joined(*parts):
    """The parts in a row, each drawn out with quiet to a whole number of pieces."""
    quiet = [np.zeros(-part.size % TAKT, np.int16) for part in parts]
    return np.concatenate([each for pair in zip(parts, quiet, strict=True) for each in pair])


def utterances(events):
    """The events of each utterance less their times; what the home was like does not count."""
    each = []
    opens = {"wake_detected"} if events[0]["type"] == "wake_detected" else {"speech_started"}
    for event in events:
        if event["type"] in opens and (not each or each[-1][-1]["type"] == "latency"):
            each.append([])
        kept = {k: v for k, v in event.items() if not k.endswith(("_s", "_ms"))}
        each[-1].append({k: v for k, v in kept.items() if k not in {"changes", "source"}})
    return [[event for event in every if event["type"] != "reply"] for every in each]


def what_came_of_it(events):
    """Text, intent and targets of each utterance."""
    return [
        [
            (event.get("text"), event.get("intent"), event.get("slots"), event.get("targets"))
            for event in utterance
            if event["type"] in {"final_endpoint", "intent", "action"}
        ]
        for utterance in utterances(events)
    ]


def texts(events):
    return [event["text"] for event in events if event["type"] == "final_endpoint"]


@pytest.mark.parametrize(
    ("name", "wake"), [("01", True), ("straight-rms", True), ("01", False), ("06", False)]
)
def test_the_same_recording_five_times_gives_five_equal_utterances(hear, name, wake):
    heard = hear(ArraySource(joined(*[recording(name)] * 5)), wake=wake)
    each = utterances(heard)
    assert len(each) == 5
    if wake:  # what voice activity remembers shifts a beginning by some hundredths of a second
        assert each[1:] == [each[1]] * 4
    assert what_came_of_it(heard) == [what_came_of_it(heard)[0]] * 5
    (alone,) = what_came_of_it(hear(ArraySource(recording(name)), wake=wake))
    assert what_came_of_it(heard)[0] == alone


class JumpingClock:
    """Whoever waits for it finds the time passed."""

    def __init__(self):
        self.now_s = 0.0

    def now(self):
        return self.now_s

    async def sleep(self, duration_s):
        self.now_s += duration_s
        await asyncio.sleep(0)


class Noon(datetime):
    """A clock that stands still, whatever it is asked for."""

    @classmethod
    def now(cls, tz=None):
        return datetime(2026, 11, 28, 12, 0, tzinfo=tz)


@pytest.mark.parametrize("wake", [True, False])
def test_live_it_takes_the_same_decisions_as_in_a_file(hear, tmp_path, monkeypatch, wake):
    monkeypatch.setattr("assistant.plugins.api.datetime", Noon)  # one asks what time it is
    path, clock = tmp_path / "three.wav", JumpingClock()
    soundfile.write(path, np.concatenate([recording(name) for name in ("05", "06", "01")]), 16_000)
    live = hear(FileSource(path, "realtime", clock), wake=wake)
    assert clock.now_s > 13.0
    fast = hear(FileSource(path, "fast"), wake=wake)
    for event in (*live, *fast):
        for name in [name for name in event if name.endswith("_ms")]:
            del event[name]
    assert live == fast
    assert len(texts(live)) == 3


@pytest.mark.parametrize("wake", [True, False])
def test_all_recordings_in_a_row_are_heard_as_each_alone(hear, wake):
    names = [path.stem for path in sorted(DEMO.glob("*.ogg"))]
    row = np.concatenate([recording(name) for name in names])
    alone = [
        each
        for name in names
        for each in what_came_of_it(hear(FileSource(DEMO / f"{name}.ogg"), wake=wake))
    ]
    assert what_came_of_it(hear(ArraySource(row), wake=wake)) == alone
    assert len(alone) == len(names)


@pytest.mark.parametrize("name", ["straight-rms", "straight-en-gb", "05", "06"])
def test_a_command_without_a_pause_after_the_wake_word_is_whole(hear, name):
    said = {
        "05": "set a timer for ten minutes",
        "06": "what time is it",
    }.get(name, "turn on the kitchen light")
    assert texts(hear(ArraySource(np.concatenate([recording(name)] * 2)))) == [said] * 2


def test_two_wake_words_in_a_row_are_one_utterance(hear):
    audio = np.concatenate([seconds_of("01", 0.0, 1.15), seconds_of("02", 0.55)])
    heard = hear(ArraySource(audio))
    assert [e["wake_word"] for e in heard if e["type"] == "wake_detected"] == ["alexa", "okay_nabu"]
    assert texts(heard) == ["set the bedroom light to fifty percent"]


@pytest.mark.parametrize("pause_s", [0.05, 0.15, 0.3, 0.5])
def test_a_wake_word_may_follow_before_the_command_was_over(hear, pause_s):
    """The first command ends within 0.1 s of 2.2 s, the second begins at its wake word."""
    audio = np.concatenate([seconds_of("06", 0.0, 2.15 + pause_s), seconds_of("01", 0.55)])
    heard = hear(ArraySource(audio))
    assert texts(heard) == ["what time is it", "turn on the kitchen light"]
    done = [event["intent"] for event in heard if event["type"] == "intent"]
    assert done == ["HassGetCurrentTime", "HassTurnOn"]


def test_a_wake_word_within_a_command_begins_anew(hear):
    """ "Alexa, set the office light to - alexa, turn on the kitchen light"."""
    audio = np.concatenate([seconds_of("11", 0.0, 3.2), seconds_of("01", 0.55)])
    heard = hear(ArraySource(audio))
    assert texts(heard) == ["turn on the kitchen light"]
    assert [event["targets"] for event in heard if event["type"] == "action"] == [["light.kitchen"]]


def test_a_television_in_the_background_does_not_hold_a_command_up(hear):
    """Talk that never pauses, 20 dB below the command; it ends as soon as without it."""
    talk = np.concatenate([seconds_of(name, 2.1, 4.1) for name in ("07", "08", "09", "03") * 2])
    command = recording("01")
    audio = np.concatenate([command, np.zeros(talk.size - command.size, np.int16)])
    (alone,) = [event for event in hear(ArraySource(audio)) if event["type"] == "final_endpoint"]
    heard = hear(ArraySource(audio + talk // 10))
    final = next(event for event in heard if event["type"] == "final_endpoint")
    assert (final["text"], final["reason"]) == (alone["text"], "pause")
    assert final["audio_s"] < alone["audio_s"] + 0.5
