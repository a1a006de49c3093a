"""While something sounds, "stop" alone is heard, and nothing else."""

from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.app.recognition import load_recogniser
from assistant.audio.blocks import Block
from assistant.audio.source import SAMPLE_RATE
from assistant.audio.vad import SileroVad
from assistant.config import Settings
from assistant.endpointing.completeness import Completeness
from assistant.endpointing.endpointer import Endpointing
from assistant.endpointing.pauses import STYLES, FinalEndpointer, SpeculativeEndpointer
from assistant.pipeline.pipeline import Pipeline
from assistant.pipeline.responder import Responder
from assistant.pipeline.stopping import StopSpotter, StopTrigger, alone, beside
from assistant.pipeline.trigger import WakeTrigger
from assistant.pipeline.utterance import UtteranceServices
from assistant.pipeline.worker import Worker
from tests.household import build
from tests.scripted import ArraySource, LoudnessVad, Script, ScriptedRecogniser, spoken

ROOT = Path(__file__).parents[2]
BLOCK = 640
SAID = "Your 10 minutes timer is done."


@pytest.mark.parametrize("said", ["stop", "okay stop", "be quiet", "shut up", "cancel", "silence"])
def test_a_word_to_stop(said):
    assert len(alone(said.split(), "")) == len(said.split())


@pytest.mark.parametrize(
    ("said", "own"),
    [
        ("stop the music", ""),
        ("don't stop", ""),
        ("turn off the light", ""),
        ("", ""),
        ("stop", 'Say "stop" to end it.'),
        ("your ten minutes timer is done", SAID),
    ],
)
def test_what_is_none(said, own):
    assert not alone(said.split(), own)
    assert not beside(said.split(), own)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("your ten minutes timer is done stop", "stop"),
        ("ten minutes timer is done be quiet", "be quiet"),
        ("your ten minutes stop timer is done", "stop"),
        ("your ten minutes timer is done well stop", ""),
        ("your ten minutes timer is done and the soup is burning", ""),
        ("well now stop", ""),
    ],
)
def test_beside_its_own_words(said, found):
    words = said.split()
    kept = beside(words, SAID)
    assert " ".join(words[at] for at in kept) == found


def test_a_word_like_one_of_its_own_is_its_own():
    assert not beside(["your", "stop", "timer", "is", "done"], "Your step timer is done.")


@pytest.fixture(scope="module")
def recogniser():
    return load_recogniser(Settings())


def recording(path):
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == SAMPLE_RATE
    return np.concatenate([np.zeros(8000, np.int16), samples, np.zeros(12800, np.int16)])


def spotted(recogniser, samples, *, sounds=True, own=""):
    spotter = StopSpotter(recogniser, SileroVad(), lambda: sounds, lambda: own)
    blocks = (Block(samples[at : at + BLOCK], at) for at in range(0, samples.size, BLOCK))
    return [found.text for block in blocks if (found := spotter.hear(block)) is not None]


def test_stop_is_heard_while_something_sounds(recogniser):
    stop = recording(ROOT / "tests/recordings/stop-rms.ogg")
    assert spotted(recogniser, stop) == ["stop"]
    assert spotted(recogniser, np.concatenate([stop, stop])) == ["stop", "stop"]
    assert spotted(recogniser, stop, sounds=False) == []
    assert spotted(recogniser, stop, own="Say stop to end it.") == []


@pytest.mark.parametrize("name", ["01-kitchen-light", "05-timer", "12-garage"])
def test_other_words_are_ignored(recogniser, name):
    assert spotted(recogniser, recording(ROOT / f"demo/{name}.ogg")) == []


class NoWakeWord:
    def process(self, _frame):
        return None


async def heard_while(house, words, samples):
    """The events of a stream in which no wake word is said."""
    recogniser, worker = ScriptedRecogniser(Script(words)), Worker()
    style = STYLES["normal"]
    endpointing = Endpointing(
        SpeculativeEndpointer(style.speculative),
        FinalEndpointer(style.final),
        lambda _: Completeness.COMPLETE,
    )
    responder = Responder(worker, house.understanding, house.dispatcher)
    pipeline = Pipeline(
        UtteranceServices(worker, endpointing, responder),
        recogniser,
        lambda: StopTrigger(
            WakeTrigger(NoWakeWord(), 0.3),
            StopSpotter(recogniser, LoudnessVad(), house.registry.rings),
        ),
        LoudnessVad,
        tuple,
    )
    async with aclosing(pipeline.events(ArraySource(samples))) as happened:
        events = [event async for event in happened]
    worker.close()
    return events


@pytest.fixture
async def house(tmp_path):
    house = build(tmp_path)
    await house.registry.start()
    await house.say("set a timer for one minute")
    yield house
    await house.registry.close()


SPEECH = spoken(("quiet", 0.5), ("speech", 0.6), ("quiet", 1.5))


async def test_a_ringing_timer_hears_stop_without_wake_word(house):
    await house.clock.turn(61)
    events = await heard_while(house, [("stop", 0.6)], SPEECH)
    assert [event.type for event in events] == ["final_endpoint", "intent", "action", "reply"]
    assert events[0].text == "stop"
    assert events[0].audio_s == pytest.approx(1.5, abs=0.05)
    assert events[1].intent == "HearthStop"
    assert events[2].success
    assert not house.registry.rings()
    await house.clock.turn(60)
    assert len(house.announced) == 1


async def test_other_words_do_nothing_while_it_rings(house):
    await house.clock.turn(61)
    assert await heard_while(house, [("stop", 0.6), ("it", 0.7), ("all", 0.8)], SPEECH) == []
    assert house.registry.rings()


async def test_where_nothing_rings_nobody_listens(house):
    assert await heard_while(house, [("stop", 0.6)], SPEECH) == []
    await house.clock.turn(61)
    assert len(house.announced) == 1


async def test_it_rings_from_the_first_to_a_while_after_the_last(house):
    assert not house.registry.rings()
    await house.clock.turn(61)
    assert house.registry.rings()
    await house.clock.turn(28)
    assert house.registry.rings()
    await house.clock.turn(2)
    assert not house.registry.rings()
    assert len(house.announced) == 3
