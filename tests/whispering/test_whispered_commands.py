"""Whispered commands through the whole pipeline, in audio time; only the words are scripted."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the extra `train` is not installed, which makes whispers")

from assistant.app.assembly import Listening, make_pipeline
from assistant.app.household import make_household
from assistant.app.settings import demo_settings
from assistant.audio.file import read_samples
from assistant.config import load
from assistant.pipeline.worker import Worker
from assistant.reply.own_voice import OwnVoice
from assistant.reply.sound import Sound
from assistant.reply.speaker import Speaker
from tests.hand_clock import settle
from tests.scripted import ArraySource, Script, ScriptedRecogniser
from training.whisper import whispered

ROOT = Path(__file__).parents[2]
PAUSE = np.zeros(32_000, np.int16)


class Named:
    """A voice that says its name instead, which is played by keeping it."""

    def __init__(self, name, played):
        self.name = name
        self.played = played

    async def speak(self, text):
        return Sound(np.zeros(1 + len(self.name), np.int16), 8000)


class Played(list):
    async def play(self, sound):
        names = {1 + len(name): name for name in ("aloud", "softly")}
        self.append(names.get(sound.samples.size, "chime"))


async def recording(name):
    """A command with a wake word and no pause after it."""
    return await read_samples(str(ROOT / "tests" / "recordings" / f"{name}.ogg"))


async def hear(samples, *texts, wake=False):
    """The events of a stream, and what was played."""
    worker, settings, played = Worker(), demo_settings(load(None)), Played()
    house = make_household(settings)
    recogniser = ScriptedRecogniser(*(Script([(text, 0.5)]) for text in texts))
    listening = Listening(wake=wake, waits=True)
    pipeline = make_pipeline(settings, house, recogniser, worker, listening)
    aloud, softly = Named("aloud", played), Named("softly", played)
    speaker = Speaker(aloud, played, OwnVoice(), soft_voice=softly)
    speaking = asyncio.create_task(speaker.run())
    await house.start()
    found = []
    async with aclosing(pipeline.events(ArraySource(samples))) as events:
        async for event in events:
            speaker.follow(event)
            await settle()
            found.append(event)
    speaking.cancel()
    await asyncio.gather(speaking, return_exceptions=True)
    await house.close()
    worker.close()
    return found, played


async def test_a_whispered_command_is_answered_softly_and_the_next_one_aloud():
    speech = await recording("straight-rms")
    stream = np.concatenate([whispered(speech), PAUSE, speech, PAUSE])
    on, off = "turn on the kitchen light", "turn off the kitchen light"
    events, played = await hear(stream, on, off)
    ends = [event.whispered for event in events if event.type == "final_endpoint"]
    assert [probability > 0.5 for probability in ends] == [True, False]
    assert [event.softly for event in events if event.type == "reply"] == [True, None]
    assert played == ["softly", "chime", "aloud"]
    assert '"softly": true' in next(e.to_json() for e in events if e.type == "reply")


async def test_a_wake_word_tells_already():
    speech = await recording("straight-rms")
    events, played = await hear(np.concatenate([speech, PAUSE]), "turn on the fan", wake=True)
    (woken,) = [event for event in events if event.type == "wake_detected"]
    assert woken.whispered < 0.5
    assert played[0] == "chime"
