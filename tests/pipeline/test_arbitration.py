"""One command, several sources: exactly one answers."""

import asyncio
import random
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.app.assembly import Listening, make_pipeline
from assistant.app.household import make_household
from assistant.app.recognition import load_recogniser
from assistant.audio.blocks import Block
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE
from assistant.config import Settings, WakeSettings
from assistant.dialogue.dispatcher import nothing_before
from assistant.pipeline.arbitration import LATE_S, ROUND_S, Arbiter, loudness_db, score
from assistant.pipeline.worker import Worker
from tests.household import HandClock

SETTINGS = Settings(wake=WakeSettings(words=("alexa",)))
DEMO = Path(__file__).parents[2] / "demo" / "01-kitchen-light.ogg"
RECORDINGS = Path(__file__).parents[1] / "recordings"


async def answers(claims):
    """Who answers, of sources (name, seconds after the first, score)."""
    clock = HandClock()
    arbiter = Arbiter(clock)

    async def claim(name, after_s, best):
        await clock.sleep(after_s)
        return name if await arbiter.winner(name, best) == name else None

    tasks = [asyncio.create_task(claim(*each)) for each in claims]
    await clock.turn(5.0)
    return [name for name in await asyncio.gather(*tasks) if name]


async def test_the_surer_one_answers_though_it_heard_it_later():
    assert await answers([("far", 0.0, 10.0), ("near", 0.08, 20.0)]) == ["near"]
    assert await answers([("near", 0.0, 20.0), ("far", 0.29, 10.0)]) == ["near"]


async def test_who_comes_too_late_has_lost_however_sure():
    late_s = ROUND_S + LATE_S / 2
    assert await answers([("first", 0.0, 1.0), ("late", late_s, 99.0)]) == ["first"]


async def test_what_is_said_later_is_something_else():
    later_s = ROUND_S + LATE_S + 0.1
    assert await answers([("one", 0.0, 1.0), ("two", later_s, 1.0)]) == ["one", "two"]


@pytest.mark.parametrize("seed", range(100))
async def test_exactly_one_answers_whatever_they_heard(seed):
    chance = random.Random(seed)
    claims = [
        (f"room {number}", chance.uniform(0, ROUND_S + LATE_S), chance.choice([1.0, 5.0, 9.0]))
        for number in range(chance.randint(2, 6))
    ]
    claims[0] = (claims[0][0], 0.0, claims[0][2])
    assert len(await answers(claims)) == 1


def test_louder_over_the_noise_is_better_and_a_gain_changes_nothing():
    noise = np.random.default_rng(1).normal(0, 30, 16_000)
    tone = 3000 * np.sin(np.arange(8_000) / 5)

    def loudness(level, gain=1.0):
        before = Block((gain * noise[:8_000]).astype(np.int16), 0)
        call = Block((gain * (noise[8_000:] + level * tone)).astype(np.int16), 8_000)
        return loudness_db(before, call)

    assert loudness(1.0) > loudness(0.5) + 5 > loudness(0.1) + 10
    assert loudness(0.5, gain=4.0) == pytest.approx(loudness(0.5), abs=0.5)
    assert loudness_db(Block(np.zeros(0, np.int16), 0), Block(np.zeros(0, np.int16), 0)) == 0.0
    assert score(10.0, 0.99) > score(10.0, 0.6)
    assert score(10.0, 1.0) < score(30.0, 0.5)


class Paced:
    """An array that is heard in the time of a clock, from some delay on."""

    def __init__(self, name, samples, clock, delay_s=0.0):
        self.name = name
        self._samples, self._clock, self._delay_s = samples, clock, delay_s

    async def frames(self):
        for at in range(0, len(self._samples) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
            due_s = self._delay_s + (at + FRAME_SAMPLES) / SAMPLE_RATE
            if (wait_s := due_s - self._clock.now()) > 0:
                await self._clock.sleep(wait_s)
            yield self._samples[at : at + FRAME_SAMPLES]


async def heard_by(rooms, settings=SETTINGS):
    """The events of each room: (name, area, samples, delay), all in the time of one clock."""
    clock = HandClock()
    arbiter, worker, recogniser = Arbiter(clock), Worker(), load_recogniser(settings)
    house = make_household(settings)
    await house.start()
    found = {name: [] for name, *_ in rooms}

    async def hear(name, area, samples, delay_s):
        here = house.in_room(area, nothing_before)
        listening = Listening(room=name, arbiter=arbiter)
        pipeline = make_pipeline(settings, here, recogniser, worker, listening)
        async with aclosing(pipeline.events(Paced(name, samples, clock, delay_s))) as events:
            async for event in events:
                found[name].append(event)

    tasks = [asyncio.create_task(hear(*room)) for room in rooms]
    while not all(task.done() for task in tasks):
        waiting = sum(not task.done() for task in tasks)
        if len(clock._sleepers) >= waiting:  # all of them have heard what there is
            await clock.turn(0.01)
        else:
            await asyncio.sleep(0.001)
    await asyncio.gather(*tasks)
    await house.close()
    worker.close()
    return found, house


def recording(path):
    return soundfile.read(path, dtype="int16")[0]


def faded(samples, gain, seed):
    """The same from farther away: quieter in the same noise."""
    noise = np.random.default_rng(seed).normal(0, 20, samples.size)
    return (gain * samples + noise).astype(np.int16)


def types(events):
    return [event.type for event in events]


async def test_of_three_rooms_the_nearest_answers_and_the_others_are_silent():
    audio = recording(DEMO)
    rooms = [
        ("hall", "Hallway", faded(audio, 0.2, 1), 0.0),
        ("kitchen", "Kitchen", faded(audio, 0.9, 2), 0.08),
        ("bedroom", "Bedroom", faded(audio, 0.4, 3), 0.04),
    ]
    found, house = await heard_by(rooms)
    assert [name for name, events in found.items() if "reply" in types(events)] == ["kitchen"]
    assert types(found["kitchen"]).count("action") == 1
    for name in ("hall", "bedroom"):
        assert set(types(found[name])) <= {"yielded"}
        assert all(event.to == "kitchen" for event in found[name])
    assert (await house.home.state("light.kitchen")).state == "on"


async def test_a_question_is_answered_in_its_room_and_not_in_another():
    """The kitchen asks which one; the bedroom hears the answer, too, and does nothing."""
    audio = recording(RECORDINGS / "which-one-slt.ogg")
    rooms = [
        ("kitchen", "Kitchen", faded(audio, 0.9, 1), 0.0),
        ("bedroom", "Bedroom", faded(audio, 0.3, 2), 0.02),
    ]
    found, house = await heard_by(rooms)
    assert types(found["kitchen"]).count("action") == 2
    assert "action" not in types(found["bedroom"])
    assert (await house.home.state("light.office_desk_lamp")).state == "on"


async def test_a_question_in_one_room_does_not_take_the_command_of_another():
    """The kitchen waits for an answer, and hears the bedroom's call too quietly to know it."""
    question = recording(RECORDINGS / "which-one-slt.ogg")[: 5 * SAMPLE_RATE]
    call = recording(DEMO)
    silence = np.zeros(question.size, np.int16)
    rooms = [
        ("kitchen", "Kitchen", faded(np.append(question, 0.1 * call), 0.9, 1), 0.0),
        ("bedroom", "Bedroom", faded(np.append(silence, call), 0.9, 2), 0.0),
    ]
    found, _ = await heard_by(rooms)
    assert "action" in types(found["bedroom"])
    assert types(found["kitchen"])[-1] == "yielded"
