"""The whole of it in a simulated room: real canceller, voice activity, recogniser and pipeline."""

import asyncio
import math
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.app.assembly import Listening, make_follow_ups, make_pipeline
from assistant.app.household import make_household
from assistant.app.recognition import load_recogniser
from assistant.audio.echo import EchoCancelled, Reference
from assistant.audio.source import SAMPLE_RATE
from assistant.config import Settings
from assistant.events import Reply
from assistant.pipeline.worker import Worker
from assistant.reply.own_voice import OwnVoice
from assistant.reply.sound import Sound
from assistant.reply.speaker import ReplyStyle, Speaker
from assistant.reply.streamed import StreamedPlayer
from assistant.reply.volume import Volume
from tests.echo_room import EchoRoom

ROOT = Path(__file__).parents[2]
PLAIN = "It is twenty past seven in the evening, and the lights in the office are on."
COMMAND = "Did you mean turn on the kitchen light?"


def recording(path):
    samples, rate = soundfile.read(ROOT / path, dtype="int16")
    assert rate == SAMPLE_RATE
    return samples


class Recorded:
    """A voice that says what it has a recording of, again and again until it is long enough."""

    async def speak(self, text):
        said = recording("demo/12-garage.ogg" if text == PLAIN else "demo/01-kitchen-light.ogg")
        return Sound(np.tile(said, math.ceil(5 * SAMPLE_RATE / said.size)), SAMPLE_RATE)


class Home:
    def __init__(self):
        pytest.importorskip("livekit.rtc.apm", reason="the extra `echo` is not installed")
        from assistant.audio.webrtc_echo import WebRtcEchoCanceller  # noqa: PLC0415 - may be skipped

        noise = np.random.default_rng(1)
        length = round(0.2 * SAMPLE_RATE)
        tail = noise.normal(0, 1, length) * np.exp(-6.9 * np.arange(length) / length)
        self.room = EchoRoom(np.concatenate([[0.3], 0.1 * tail / np.linalg.norm(tail)]))
        reference = Reference(self.room.clock)
        self.heard = EchoCancelled(self.room, WebRtcEchoCanceller(), reference, ahead_frames=1)
        self.own_voice, self.volume = OwnVoice(), Volume()
        player = StreamedPlayer(self.room, reference, self.volume, self.room.clock)
        self.speaker = Speaker(Recorded(), player, self.own_voice, ReplyStyle(frozenset()))
        self.events = []

    async def listen(self, script):
        worker, settings = Worker(), Settings()
        house = make_household(settings)
        await house.start()
        listening = Listening(
            own_voice=self.own_voice,
            follow_ups=make_follow_ups(settings),
            volume=self.volume,
            clear=self.heard.works_at,
        )
        pipeline = make_pipeline(settings, house, load_recogniser(settings), worker, listening)
        tasks = [asyncio.create_task(self.speaker.run()), asyncio.create_task(script(self))]
        try:
            async for event in pipeline.events(self.own_voice.over(self.heard)):
                self.events.append(event)
                self.speaker.follow(event)
            await tasks[1]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await house.close()
            worker.close()

    async def begin(self, text):
        """Say something in a while."""
        await self.room.clock.sleep(1.0)
        self.speaker.follow(Reply(source="mic", audio_s=self.room.clock.now(), text=text))
        while not self.own_voice.speaks:
            await self.room.clock.sleep(0.02)

    async def end(self):
        while self.own_voice.speaks:
            await self.room.clock.sleep(0.1)


async def test_it_does_not_answer_itself_though_it_says_a_command():
    async def script(home):
        for text in (COMMAND, PLAIN, COMMAND):
            await home.begin(text)
            await home.end()
        await home.room.clock.sleep(1.0)
        home.room.over.set()

    home = Home()
    await home.listen(script)
    assert home.events == []
    assert sum(frame.any() for frame in home.room.played) > 1200, "it was said to its end"
