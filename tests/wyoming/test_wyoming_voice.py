"""Speech from a text-to-speech server of the protocol's own package."""

import asyncio
from functools import partial

import numpy as np
import pytest

pytest.importorskip("wyoming", reason="the extra `wyoming` is not installed")

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.server import AsyncEventHandler, AsyncServer
from wyoming.tts import Synthesize

from assistant.reply.voice import ReplyError
from assistant.wyoming.voice import WyomingVoice

FORM = {"rate": 22_050, "width": 2, "channels": 2}
SPEECH = np.arange(4000, dtype=np.int16).reshape(-1, 2)


class Tts(AsyncEventHandler):
    def __init__(self, asked, behaviour, *args):
        super().__init__(*args)
        self.asked = asked
        self.behaviour = behaviour

    async def handle_event(self, event):
        self.asked.append(Synthesize.from_event(event))
        if self.behaviour == "hangs up":
            return False
        if self.behaviour == "fails":
            await self.write_event(Error(text="no such voice").event())
            return True
        if self.behaviour == "garbage":
            self.writer.write(b'{"type": "audio-chunk", "payload_length": 99999999}\n')
            return True
        form = {**FORM, "width": 4} if self.behaviour == "wide" else FORM
        await self.write_event(AudioStart(**form).event())
        for at in range(0, len(SPEECH), 500):
            await self.write_event(
                AudioChunk(**form, audio=SPEECH[at : at + 500].tobytes()).event()
            )
        await self.write_event(AudioStop().event())
        return True


@pytest.fixture
async def tts(unused_tcp_port):
    servers, asked = [], []

    async def start(behaviour="speaks"):
        url = f"tcp://127.0.0.1:{unused_tcp_port}"
        server = AsyncServer.from_uri(url)
        servers.append(server)
        await server.start(partial(Tts, asked, behaviour))
        return url, asked

    yield start
    for server in servers:
        await server.stop()


async def test_a_server_speaks(tts):
    url, asked = await tts()
    sound = await WyomingVoice(url, "amy").speak("Good evening.")
    assert (asked[0].text, asked[0].voice.name) == ("Good evening.", "amy")
    assert sound.rate == 22_050
    assert np.array_equal(sound.samples, SPEECH[:, 0])


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        ("hangs up", "hung up"),
        ("fails", "no such voice"),
        ("garbage", "hung up"),
        ("wide", "4 bytes a sample"),
    ],
)
async def test_a_server_that_does_not_speak_is_an_error(tts, behaviour, why):
    url, _ = await tts(behaviour)
    async with asyncio.timeout(10):
        with pytest.raises(ReplyError, match=why):
            await WyomingVoice(url).speak("Good evening.")


async def test_a_server_that_is_away_is_an_error(unused_tcp_port):
    with pytest.raises(ReplyError, match="cannot be reached"):
        await WyomingVoice(f"tcp://127.0.0.1:{unused_tcp_port}").speak("Good evening.")
