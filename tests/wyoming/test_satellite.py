"""A satellite that is a server of the protocol's own package: it comes, streams, plays and goes."""

import asyncio
from contextlib import aclosing, suppress

import numpy as np
import pytest

pytest.importorskip("wyoming", reason="the extra `wyoming` is not installed")

from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.ping import Ping, Pong
from wyoming.wake import Detection

from assistant.audio.microphone import PAUSES_S
from assistant.audio.source import AudioError
from assistant.events import FinalEndpoint, WakeDetected
from assistant.reply.chimes import Chime, sound_of
from assistant.reply.voice import ReplyError
from assistant.wyoming.satellite import CAPACITY, PING_S, Satellite
from tests.hand_clock import HandClock
from tests.satellite_device import Device

AT = {"source": "kitchen", "audio_s": 1.0}


@pytest.fixture
async def device(unused_tcp_port):
    device = Device(unused_tcp_port)
    yield device
    await device.stop()


async def take(frames, count):
    """The first sample of each of the next frames."""
    async with asyncio.timeout(10):
        return [int((await anext(frames))[0]) for _ in range(count)]


async def test_its_audio_is_heard(device):
    await device.start()
    async with aclosing(Satellite(device.url, HandClock()).frames()) as frames:
        first = asyncio.create_task(take(frames, 3))
        await device.next("run-satellite")
        await device.speak(1, 2, 3)
        assert await first == [1, 2, 3]


async def test_where_it_stops_speech_comes_to_an_end(device):
    await device.start()
    async with aclosing(Satellite(device.url, HandClock()).frames()) as frames:
        taken = asyncio.create_task(take(frames, 202))
        await device.next("run-satellite")
        await device.speak(7)
        await device.send(AudioStop())
        await device.speak(8)
        assert await taken == [7, *[0] * 200, 8]


async def test_it_goes_on_when_it_is_back(device, caplog):
    clock, attempts = HandClock(), []
    satellite = Satellite(device.url, clock, lambda: attempts.append(clock.now()))
    async with aclosing(satellite.frames()) as frames:
        taken = asyncio.create_task(take(frames, 1))
        while len(attempts) < 3:
            await clock.turn(PAUSES_S[len(attempts)])
        assert caplog.text.count("cannot be reached") == 1
        await device.start()
        await clock.turn(sum(PAUSES_S))
        await device.next("run-satellite")
        await device.speak(1)
        assert await taken == [1]
        await device.stop()
        assert await take(frames, 200) == [0] * 200
        assert "is lost (it hung up)" in caplog.text
        taken = asyncio.create_task(take(frames, 1))
        await device.start()
        await clock.turn(sum(PAUSES_S))
        await device.next("run-satellite")
        await device.speak(2)
        assert await taken == [2]
        taken.cancel()


async def test_one_that_has_gone_without_a_word_is_let_go(device, caplog):
    device.answers_pings = False
    await device.start()
    clock = HandClock()
    async with aclosing(Satellite(device.url, clock).frames()) as frames:
        taken = asyncio.create_task(take(frames, 1))
        await device.next("ping")
        await clock.turn(PING_S)
        assert await taken == [0]
        assert "is lost" in caplog.text


async def test_one_that_is_only_quiet_is_kept(device, caplog):
    await device.start()
    clock = HandClock()
    async with aclosing(Satellite(device.url, clock).frames()) as frames:
        taken = asyncio.create_task(take(frames, 1))
        for _ in range(5):
            await device.next("ping")
            await clock.turn(PING_S)
        await device.send(Ping(text="you?"))
        assert Pong.from_event(await device.next("pong")).text == "you?"
        await device.speak(5)
        assert await taken == [5]
        assert "is lost" not in caplog.text


async def test_a_sound_is_played_there_to_its_end(device):
    await device.start()
    satellite = Satellite(device.url, HandClock())
    sound = sound_of(Chime.SUCCESS)
    with pytest.raises(ReplyError, match="is away"):
        await satellite.play(sound)
    async with aclosing(satellite.frames()) as frames:
        taken = asyncio.create_task(take(frames, 1))
        await device.next("run-satellite")
        await satellite.play(sound)
        audio = b""
        while (event := await device.next("audio-chunk", "audio-stop")).type == "audio-chunk":
            audio += AudioChunk.from_event(event).audio
        assert audio == sound.samples.tobytes()
        taken.cancel()
        with suppress(asyncio.CancelledError):
            await taken


async def test_a_sound_is_played_there_piece_by_piece(device):
    await device.start()
    satellite = Satellite(device.url, HandClock())
    with pytest.raises(ReplyError, match="is away"):
        async with satellite.opened(16_000):
            pass
    async with aclosing(satellite.frames()) as frames:
        taken = asyncio.create_task(take(frames, 1))
        await device.next("run-satellite")
        async with satellite.opened(22_050) as line:
            for value in (1, 2):
                await line.write(np.full(441, value, np.int16))
            await line.finish()
        start = await device.next("audio-start", "audio-chunk")
        assert AudioStart.from_event(start).rate == 22_050
        for value in (1, 2):
            chunk = AudioChunk.from_event(await device.next("audio-chunk", "audio-stop"))
            assert chunk.audio == np.full(441, value, np.int16).tobytes()
        assert (await device.next("audio-chunk", "audio-stop")).type == "audio-stop"
        async with satellite.opened(22_050) as line:
            await line.write(np.full(441, 3, np.int16))
        assert (await device.next("audio-stop")).type == "audio-stop", "told to be silent"
        await device.speak(5)
        assert await taken == [5]


async def test_it_is_told_what_was_heard(device):
    await device.start()
    satellite = Satellite(device.url, HandClock())
    async with aclosing(satellite.frames()) as frames:
        taken = asyncio.create_task(take(frames, 1))
        await device.next("run-satellite")
        satellite.follow(WakeDetected(**AT, wake_word="alexa", probability=0.9))
        assert Detection.from_event(await device.next("detection")).name == "alexa"
        satellite.follow(
            FinalEndpoint(
                **AT, text="lights on", confidence=1.0, nbest=(), revised=False, reason="pause"
            )
        )
        assert Transcript.from_event(await device.next("transcript")).text == "lights on"
        await device.speak(1)
        await taken


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\n",
        b'{"type": "audio-chunk", "payload_length": 999999999}\n',
        b'{"type": "audio-chunk", "data": {"rate": 0, "width": 9, "channels": 0}}\n',
        b'{"type": "audio-chunk", "data": []}\n',
        b'{"type": 7}\n',
    ],
)
async def test_garbage_only_costs_the_connection(device, garbage):
    await device.start()
    clock = HandClock()
    async with aclosing(Satellite(device.url, clock).frames()) as frames:
        taken = asyncio.create_task(take(frames, 1))
        await device.next("run-satellite")
        device.handler.writer.write(garbage)
        if garbage == b'{"type": 7}\n':
            await device.speak(0)
        assert await taken == [0]


async def test_a_pipeline_that_does_not_keep_up_loses_the_oldest(device):
    await device.start()
    satellite = Satellite(device.url, HandClock())
    async with aclosing(satellite.frames()) as frames:
        taken = asyncio.create_task(take(frames, 1))
        await device.next("run-satellite")
        await device.speak(1)
        await taken
        assert satellite.waiting_s() == 0
        await device.speak(*range(2, CAPACITY + 12))
        async with asyncio.timeout(10):
            while satellite.dropped < 10:
                await device.send(Ping())
                await device.next("pong")
        assert satellite.waiting_s() == 0.01 * CAPACITY
        assert await take(frames, 2) == [12, 13]
        assert satellite.waiting_s() == pytest.approx(0.01 * (CAPACITY - 2))


async def test_without_patience_one_that_is_away_is_an_error(device):
    with pytest.raises(AudioError, match="check its address"):
        await anext(Satellite(device.url, HandClock(), persistent=False).frames())
