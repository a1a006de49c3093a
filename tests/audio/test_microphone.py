"""The microphone over a driver whose devices come and go; the test advances the time."""

import asyncio
import logging
from contextlib import aclosing, asynccontextmanager

import numpy as np
import pytest

from assistant.audio.capture import InputDevice
from assistant.audio.microphone import (
    CAPACITY,
    GAP_S,
    PAUSES_S,
    STALL_S,
    Microphone,
    MicrophoneOptions,
    choose,
)
from assistant.audio.source import SAMPLE_RATE, AudioError
from tests.hand_clock import HandClock, settle
from tests.microphone_device import FakeDriver

USB = InputDevice(1, "USB Array: hw:1,0", 6, 48_000)
BUILT_IN = InputDevice(0, "Built-in", 2, 44_100, default=True)


@asynccontextmanager
async def heard(microphone):
    """The list into which a task puts every frame."""
    frames = []

    async def listen():
        async with aclosing(microphone.frames()) as source:
            async for frame in source:
                frames.append(frame)  # noqa: PERF401 - seen while it goes on

    task = asyncio.create_task(listen())
    await settle()
    try:
        yield frames
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert len(asyncio.all_tasks()) == 1, "a task is left over"


def tone(rate, duration_s, level=0.25):
    return level * np.sin(2 * np.pi * 440 * np.arange(round(rate * duration_s)) / rate)


def strongest_hz(frames):
    samples = np.concatenate(frames).astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return float(np.argmax(spectrum) * SAMPLE_RATE / samples.size)


@pytest.mark.parametrize("channels", [1, 2, 6])
async def test_any_rate_and_channels_become_frames_of_16_khz(channels):
    driver, clock = FakeDriver(USB), HandClock()
    microphone = Microphone(driver, MicrophoneOptions(channels=channels), clock)
    async with heard(microphone) as frames:
        driver.captures[0].give(tone(48_000, 1.0))
        await settle()
    assert 0.9 <= 0.01 * len(frames) <= 1.0
    assert {frame.shape for frame in frames} == {(160,)}
    assert strongest_hz(frames) == pytest.approx(440, abs=2)
    assert np.abs(np.concatenate(frames)).max() == pytest.approx(8192, rel=0.02)
    assert driver.captures[0].closed


async def test_gain_makes_a_quiet_microphone_louder():
    driver = FakeDriver(USB)
    async with heard(Microphone(driver, MicrophoneOptions(gain_db=6.0), HandClock())) as frames:
        driver.captures[0].give(tone(48_000, 0.5))
        await settle()
    assert np.abs(np.concatenate(frames)).max() == pytest.approx(16_345, rel=0.02)


async def test_an_unplugged_device_is_opened_again_when_it_is_back(caplog):
    driver, clock, attempts = FakeDriver(BUILT_IN), HandClock(), []
    microphone = Microphone(driver, None, clock, lambda: attempts.append(clock.now()))
    async with heard(microphone) as frames:
        driver.captures[0].give(np.zeros(44_100))
        await settle()
        driver.captures[0].plugged = False
        driver.present.clear()
        await clock.turn(1.0)
        assert "is it still plugged in" in caplog.text
        assert "there is no microphone; plug one in" in caplog.text
        assert driver.captures[0].closed
        await clock.turn(60.0)
        pauses = np.diff(attempts[1:])
        assert tuple(pauses[: len(PAUSES_S)]) == PAUSES_S
        assert set(pauses[len(PAUSES_S) :]) == {PAUSES_S[-1]}
        before = len(frames)
        driver.present.append(BUILT_IN)
        await clock.turn(PAUSES_S[-1])
        driver.captures[1].give(tone(44_100, 1.0))
        await settle()
        assert "the microphone is back" in caplog.text
        assert strongest_hz(frames[before:]) == pytest.approx(440, abs=2)
    warnings = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert len(warnings) == 3, "said once, not at every attempt"


async def test_a_lost_device_leaves_silence_so_that_an_utterance_ends():
    driver, clock = FakeDriver(BUILT_IN), HandClock()
    async with heard(Microphone(driver, None, clock)) as frames:
        driver.captures[0].give(tone(44_100, 1.0))
        await settle()
        before = len(frames)
        driver.captures[0].plugged = False
        await clock.turn(1.0)
        gap = np.concatenate(frames[before:])
    assert gap.size == GAP_S * SAMPLE_RATE
    assert not gap.any()


async def test_a_device_that_gives_nothing_is_opened_anew(caplog):
    driver, clock = FakeDriver(BUILT_IN), HandClock()
    async with heard(Microphone(driver, None, clock)):
        for _ in range(10):
            driver.captures[0].give(np.zeros(441))
            await clock.turn(1.0)
        assert len(driver.captures) == 1
        await clock.turn(STALL_S + 1.0)
        assert len(driver.captures) == 2
    assert "gave no audio for 5 s" in caplog.text


async def test_a_busy_device_is_reported_with_those_there_are(caplog):
    driver, clock = FakeDriver(BUILT_IN, USB), HandClock()
    driver.refuse = "Device unavailable"
    async with heard(Microphone(driver, MicrophoneOptions("usb"), clock)) as frames:
        (message,) = caplog.messages
        assert "'USB Array: hw:1,0' cannot be opened (Device unavailable)" in message
        assert message.endswith("there are: 0 'Built-in', 1 'USB Array: hw:1,0'")
        driver.refuse = ""
        await clock.turn(PAUSES_S[0])
        driver.captures[0].give(np.zeros(48_000))
        await settle()
        assert len(frames) > 90


async def test_at_a_terminal_a_missing_device_is_an_error_at_once():
    options = MicrophoneOptions(device="studio", persistent=False)
    with pytest.raises(AudioError, match=r"no microphone 'studio'.*0 'Built-in'"):
        await anext(Microphone(FakeDriver(BUILT_IN), options, HandClock()).frames())


async def test_lost_audio_is_counted_and_reported_once_a_minute(caplog):
    driver, clock = FakeDriver(BUILT_IN), HandClock()
    microphone = Microphone(driver, None, clock)
    async with heard(microphone):
        for _ in range(70):
            driver.captures[0].give(np.zeros(441), overrun=True)
            await clock.turn(1.0)
    assert microphone.overruns >= 69
    assert [each for each in caplog.messages if "audio was lost" in each] == [
        "audio was lost 1 times since the start: the machine does not keep up",
        "audio was lost 61 times since the start: the machine does not keep up",
    ]


async def test_when_nobody_takes_the_audio_the_oldest_is_dropped():
    driver, clock = FakeDriver(BUILT_IN), HandClock()
    microphone = Microphone(driver, None, clock)
    assert microphone.waiting_s() == 0
    async with aclosing(microphone.frames()) as frames:
        first = asyncio.ensure_future(anext(frames))
        await settle()
        (capture,) = driver.captures
        for index in range(CAPACITY + 51):
            capture.give(np.full(882, index / 1000))
        await first
        assert capture.inbox.dropped == 51
        taken = round(CAPACITY - microphone.waiting_s() / 0.02)
        assert 1 <= taken <= 4, "a first frame needs no more than the resampler keeps back"
        assert capture.inbox.received == CAPACITY + 51


@pytest.mark.parametrize(
    ("wanted", "found"), [(None, BUILT_IN), (1, USB), ("usb array", USB), ("built", BUILT_IN)]
)
def test_a_device_by_name_or_number(wanted, found):
    assert choose([USB, BUILT_IN], wanted) is found


def test_a_misspelt_device_is_guessed():
    with pytest.raises(AudioError, match="did you mean 'Built-in'"):
        choose([USB, BUILT_IN], "builtn")
