"""Actions beside the listening: however long one takes, whoever speaks meanwhile is heard."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from assistant.app.assembly import Listening, make_pipeline
from assistant.app.household import make_household
from assistant.app.recognition import load_recogniser
from assistant.audio.capture import InputDevice
from assistant.audio.microphone import Microphone
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE
from assistant.config import Settings, WakeSettings
from assistant.dialogue.dispatcher import Dispatcher
from assistant.endpointing.completeness import Completeness
from assistant.endpointing.endpointer import Endpointing
from assistant.endpointing.pauses import STYLES, FinalEndpointer, SpeculativeEndpointer
from assistant.pipeline.pipeline import Pipeline
from assistant.pipeline.responder import Responder
from assistant.pipeline.trigger import SpeechTrigger
from assistant.pipeline.utterance import UtteranceServices
from assistant.pipeline.worker import Worker
from tests.hand_clock import HandClock
from tests.household import build
from tests.microphone_device import FakeDriver
from tests.scripted import ArraySource, LoudnessVad, Script, ScriptedRecogniser, spoken

LIGHT = "turn on the kitchen light"
TIME = "what time is it"
DEMO = Path(__file__).parents[2] / "demo"


class Slow:
    """A plugin whose acts wait until they are let go."""

    def __init__(self, plugin):
        self.name = plugin.name
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()
        self.log = []
        self._plugin = plugin

    async def prepare(self, interpretation):
        await self._plugin.prepare(interpretation)

    async def act(self, interpretation):
        self.begun.set()
        self.log.append(f"begin {interpretation.text}")
        try:
            await self.let_go.wait()
            return await self._plugin.act(interpretation)
        finally:
            self.log.append(f"end {interpretation.text}")


class Timed:
    """A source; at a second of its audio something is let go."""

    def __init__(self, source, at_s, let_go):
        self.name = source.name
        self._source, self._at_s, self._let_go = source, at_s, let_go

    async def frames(self):
        samples = 0
        async for frame in self._source.frames():
            samples += frame.size
            yield frame
            if samples >= self._at_s * SAMPLE_RATE:
                self._let_go.set()


class Room:
    """The demo home, its plugin for lights slow, and somebody who says some commands."""

    def __init__(self, *texts):
        self.house = build()
        self.slow = Slow(self.house.registry.for_intent("HassTurnOn"))
        self.worker = Worker()
        self.audio = spoken(*[("quiet", 0.5), ("speech", 1.0), ("quiet", 0.5)] * len(texts))
        self.ask = self.house.dispatcher.ask
        dispatcher = Dispatcher(self._plugin_for, self.ask)
        waits = STYLES["quick"]
        endpointing = Endpointing(
            SpeculativeEndpointer(waits.speculative),
            FinalEndpointer(waits.final),
            lambda _: Completeness.COMPLETE,
        )
        referents = self.house.understanding.referents
        responder = Responder(
            self.worker, self.house.understanding, dispatcher, remember=referents.note
        )
        self.pipeline = Pipeline(
            services=UtteranceServices(self.worker, endpointing, responder),
            recogniser=ScriptedRecogniser(*[self._script(text) for text in texts]),
            trigger=lambda: SpeechTrigger(LoudnessVad()),
            voice=LoudnessVad,
            bias=tuple,
        )

    def _plugin_for(self, intent):
        plugin = self.house.registry.for_intent(intent)
        return self.slow if plugin is not None and plugin.name == self.slow.name else plugin

    @staticmethod
    def _script(text):
        return Script([(word, 0.4 + 0.1 * at) for at, word in enumerate(text.split())])

    async def hear(self, source=None, let_go_at=lambda _events: False):
        """The events; the slow plugin is let go as soon as they fulfil something."""
        events = []
        async with aclosing(self.pipeline.events(source or ArraySource(self.audio))) as happened:
            async for event in happened:
                events.append(event)
                if let_go_at(events):
                    self.slow.let_go.set()
        self.worker.close()
        return events


@pytest.fixture(autouse=True)
async def bounded():
    async with asyncio.timeout(30):
        yield
    assert len(asyncio.all_tasks()) == 1, "a task is left over"


def utterances(events):
    """Types of each utterance's events, by the place of its final end-point."""
    ends = [event.audio_s for event in events if event.type == "final_endpoint"]
    return [[event.type for event in events if event.audio_s == end_s] for end_s in ends]


def replies(events):
    return [event.text for event in events if event.type == "reply"]


def time_is_told(events):
    return any("18:30" in reply for reply in replies(events))


AFTER = ["final_endpoint", "intent", "action", "reply", "latency"]


async def test_who_speaks_while_an_action_takes_long_is_answered_at_once():
    room = Room(LIGHT, TIME)
    events = await room.hear(let_go_at=time_is_told)
    assert replies(events) == ["It is 18:30.", "Turned on the Kitchen light."]
    assert utterances(events) == [AFTER, AFTER]
    assert await room.house.state("light.kitchen") == "on"


async def test_commands_of_one_plugin_do_not_overtake_each_other():
    room = Room(LIGHT, "turn off the kitchen light", TIME)
    events = await room.hear(let_go_at=time_is_told)
    assert replies(events)[0] == "It is 18:30."
    assert room.slow.log == [
        *("begin turn on the kitchen light", "end turn on the kitchen light"),
        *("begin turn off the kitchen light", "end turn off the kitchen light"),
    ]
    assert await room.house.state("light.kitchen") == "off"


async def test_it_means_what_the_command_before_is_about_though_that_is_not_done():
    room = Room(LIGHT, "turn it off", TIME)
    events = await room.hear(let_go_at=time_is_told)
    actions = [event for event in events if event.type == "action"]
    assert [event.targets for event in actions[1:]] == [("light.kitchen",)] * 2
    assert await room.house.state("light.kitchen") == "off"


async def test_what_came_of_an_earlier_command_does_not_change_what_it_means():
    room = Room(LIGHT, "turn on the bedroom light", TIME, "turn it off")
    plain = room.slow._plugin

    async def act(interpretation):
        if "kitchen" not in interpretation.text:
            await at_the_end.wait()
        return await plain.act(interpretation)

    at_the_end = asyncio.Event()
    room.slow._plugin = SimpleNamespace(name=plain.name, prepare=plain.prepare, act=act)

    def told(events):
        if len([event for event in events if event.type == "final_endpoint"]) == 4:
            at_the_end.set()
        return time_is_told(events)

    events = await room.hear(let_go_at=told)
    actions = [event for event in events if event.type == "action"]
    assert [event.targets for event in actions if event.targets] == [
        ("light.kitchen",),
        ("light.bedroom",),
        ("light.bedroom",),
    ]


async def test_a_yes_waits_for_what_may_have_asked():
    room = Room("unlock the front door", "yes", TIME)

    async def doubt(interpretation):
        await room.slow.let_go.wait()
        return "" if interpretation.confidence == 1.0 and asked else asked.append(1) or "Really?"

    asked = []
    room.slow.doubt = doubt
    events = await room.hear(let_go_at=time_is_told)
    assert replies(events) == ["It is 18:30.", "Really? Then say yes.", "Unlocked the Front door."]
    assert await room.house.state("lock.front_door") == "unlocked"


async def test_the_stream_ends_when_all_is_done():
    room = Room(LIGHT)
    audio_is_over = asyncio.Event()
    source = Timed(ArraySource(room.audio), 1.99, audio_is_over)
    hearing = asyncio.create_task(room.hear(source))
    await audio_is_over.wait()
    await room.slow.begun.wait()
    assert not hearing.done()
    room.slow.let_go.set()
    assert utterances(await hearing) == [AFTER]


async def test_whoever_stops_reading_cancels_what_is_not_done():
    room = Room(LIGHT, TIME)
    async with aclosing(room.pipeline.events(ArraySource(room.audio))) as happened:
        async for event in happened:
            if event.type == "reply":
                break
    assert room.slow.log == [f"begin {LIGHT}", f"end {LIGHT}"]
    assert await room.house.state("light.kitchen") == "off"
    assert len(asyncio.all_tasks()) == 1
    room.worker.close()


async def test_an_error_beside_the_listening_is_raised():
    room = Room(LIGHT, TIME)

    async def broken(_interpretation):
        raise ZeroDivisionError

    room.slow.doubt = broken
    with pytest.raises(ZeroDivisionError):
        await room.hear()
    room.worker.close()


class Device(FakeDriver):
    """Says when it is opened."""

    def __init__(self):
        super().__init__(InputDevice(0, "Built-in", 1, SAMPLE_RATE, default=True))
        self.opened = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def open(self, device, channels, inbox):
        capture = super().open(device, channels, inbox)
        self._loop.call_soon_threadsafe(self.opened.set)
        return capture


class Talking:
    """A microphone into which somebody speaks, whether it is listened to or not."""

    name = "mic"

    def __init__(self, audio):
        self.device = Device()
        self.microphone = Microphone(self.device, clock=HandClock())
        self.taken = 0
        self._took = asyncio.Event()
        self._audio = audio

    async def frames(self):
        speaking = asyncio.create_task(self._speak())
        async with aclosing(self.microphone.frames()) as frames:
            async for frame in frames:
                self.taken += frame.size
                self._took.set()
                yield frame
                if self.taken >= self._audio.size:
                    break
        await speaking

    async def _speak(self):
        """Speak to the end, 20 ms after 20 ms, never more than 4 s ahead of who listens."""
        await self.device.opened.wait()
        step = SAMPLE_RATE // 50
        for at in range(0, self._audio.size, step):
            self.device.captures[0].give(self._audio[at : at + step] / 32768.0)
            while at - self.taken > 4 * SAMPLE_RATE:
                self._took.clear()
                await self._took.wait()


SETTINGS = Settings(wake=WakeSettings(words=("alexa", "okay_nabu")))


def recording(name):
    samples, _ = soundfile.read(next(DEMO.glob(f"{name}*.ogg")), dtype="int16")
    return samples


async def spoken_to(recogniser, source, at_s):
    """What happens in a home whose lights are done at a second of the audio."""
    worker, house = Worker(), await asyncio.to_thread(make_household, SETTINGS)
    slow = Slow(house.plugins.for_intent("HassTurnOn"))

    def plugin_for(intent):
        plugin = house.plugins.for_intent(intent)
        return slow if plugin is not None and plugin.name == slow.name else plugin

    house = replace(house, dispatcher=Dispatcher(plugin_for, house.dispatcher.ask))
    pipeline = make_pipeline(SETTINGS, house, recogniser, worker, Listening())
    await house.start()
    async with aclosing(pipeline.events(Timed(source, at_s, slow.let_go))) as happened:
        events = [event async for event in happened]
    await house.close()
    worker.close()
    return events


def decided(event):
    """What is the same however fast the audio comes; one of the answers tells the time."""
    values = json.loads(event.to_json())
    del values["source"]
    if event.type == "reply":
        del values["text"]
    return {name: value for name, value in values.items() if not name.endswith("_ms")}


async def test_in_8_s_of_an_action_no_sample_is_lost_and_all_is_decided_as_in_a_file():
    """A light takes from 3 s to 11 s; somebody says the wake word again at 4 s."""
    audio = np.concatenate([recording("01"), recording("06"), np.zeros(5 * SAMPLE_RATE, np.int16)])
    audio = audio[: audio.size // FRAME_SAMPLES * FRAME_SAMPLES]
    recogniser = load_recogniser(SETTINGS)
    live = Talking(audio)
    heard = await spoken_to(recogniser, live, 11.0)
    assert live.microphone.overruns == 0
    assert live.taken == audio.size
    assert [event.type for event in heard if event.type in {"wake_detected", "reply"}] == [
        *("wake_detected", "wake_detected", "reply", "reply")
    ]
    assert "Kitchen" in replies(heard)[1]
    in_a_file = await spoken_to(recogniser, ArraySource(audio), 11.0)
    assert list(map(decided, heard)) == list(map(decided, in_a_file))
