"""What is played is taken out of what is heard, by the real canceller."""

import logging
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.audio import speex_echo
from assistant.audio.echo import QUIET_S, EchoCancelled, Reference
from assistant.audio.echo_delay import DelayEstimator
from assistant.audio.echo_removal import Removal
from assistant.audio.source import (
    FRAME_SAMPLES,
    SAMPLE_RATE,
    AudioError,
    NoAudioLibraryError,
)
from assistant.audio.speex_echo import SpeexEchoCanceller
from tests.hand_clock import HandClock
from tests.scripted import ArraySource

DEMO = Path(__file__).parents[2] / "demo"


def recordings(*names):
    """Recordings in a row, a second of silence after each: int16 [n]."""
    pause = np.zeros(SAMPLE_RATE, np.int16)
    parts = [soundfile.read(DEMO / f"{name}.ogg", dtype="int16")[0] for name in names]
    samples = np.concatenate([each for part in parts for each in (part, pause)])
    return samples[: samples.size // FRAME_SAMPLES * FRAME_SAMPLES]


PLAYED = recordings("01-kitchen-light", "05-timer", "12-garage", "01-kitchen-light")
SAID = recordings("05-timer")


def echo_of(played, delay_s, seed=1):
    """What a microphone in a room hears of it: int16 [n], with faint noise."""
    noise = np.random.default_rng(seed)
    length = round(0.25 * SAMPLE_RATE)
    tail = noise.normal(0, 1, length) * np.exp(-6.9 * np.arange(length) / length)
    room = np.concatenate([[1.0], 0.4 * tail / np.linalg.norm(tail)])
    late = round(delay_s * SAMPLE_RATE)
    echo = 0.5 * np.convolve(played.astype(float), room)
    if late >= 0:
        echo = np.concatenate([np.zeros(late), echo])[: played.size]
    else:
        echo = np.concatenate([echo[-late:], np.zeros(-late)])[: played.size]
    return (echo + noise.normal(0, 3, played.size)).astype(np.int16)


def decibels(samples):
    return 10 * np.log10(np.mean(samples.astype(float) ** 2) + 1e-9)


@pytest.fixture(params=["webrtc", "speex"])
def canceller(request):
    """Each that there is."""
    if request.param == "speex":
        return speex()
    pytest.importorskip("livekit.rtc.apm", reason="the extra `echo` is not installed")
    from assistant.audio.webrtc_echo import WebRtcEchoCanceller  # noqa: PLC0415 - may be skipped

    return WebRtcEchoCanceller()


def speex():
    try:
        return SpeexEchoCanceller()
    except NoAudioLibraryError:
        pytest.skip("libspeexdsp1 is not installed")


class Unchanged:
    """Hears what it is given, and removes nothing."""

    def __init__(self):
        self.near, self.far = [], []

    def process(self, near, far):
        self.near.append(near)
        self.far.append(far)
        return near


async def heard(near, played, canceller, **options):
    """What is left of the microphone's audio: int16 [n]."""
    reference = Reference(HandClock())
    reference.put(0, played)
    source = EchoCancelled(ArraySource(near), canceller, reference, **options)
    async with aclosing(source.frames()) as frames:
        return np.concatenate([frame async for frame in frames])


@pytest.mark.parametrize("delay_s", [0.02, 0.12, 0.25])
async def test_an_echo_is_removed_from_several_utterances(delay_s, canceller):
    near = echo_of(PLAYED, delay_s)
    left = await heard(near, PLAYED, canceller)
    half = near.size // 2
    assert decibels(near[half:]) - decibels(left[half:]) > 20


async def test_who_speaks_beside_it_is_kept(canceller):
    echo = echo_of(PLAYED, 0.06)
    begin = PLAYED.size - SAID.size - SAMPLE_RATE
    speech = np.zeros_like(echo)
    speech[begin : begin + SAID.size] = SAID
    left = await heard(echo + speech, PLAYED, canceller)
    stretch = slice(begin, begin + SAID.size)
    assert abs(decibels(left[stretch]) - decibels(speech[stretch])) < 3


async def test_an_echo_out_of_reach_is_fetched(caplog, canceller):
    caplog.set_level(logging.INFO)
    played = np.concatenate([PLAYED, PLAYED])
    near = echo_of(played, 0.7)
    left = await heard(near, played, canceller)
    assert "comes 700 ms after what is played" in caplog.text
    assert decibels(near[-3 * near.size // 8 :]) - decibels(left[-3 * near.size // 8 :]) > 15


async def test_a_reference_that_comes_too_late_is_waited_for(caplog):
    caplog.set_level(logging.INFO)
    near = echo_of(PLAYED, -0.1)
    hears = Unchanged()
    left = await heard(near, PLAYED, hears)
    assert "comes -100 ms" in caplog.text
    assert np.array_equal(left[-SAMPLE_RATE:], near[-SAMPLE_RATE - 2400 : -2400])


async def test_who_speaks_beside_louder_music_is_kept_by_speex():
    """WebRTC's takes most of it away."""
    music = soundfile.read(DEMO / "08-living-room.ogg", dtype="int16")[0][32_000:]
    music = np.resize(np.concatenate([music, music[::-1]]), 20 * SAMPLE_RATE)
    echo = 3 * echo_of(music, 0.06).astype(float)
    begin = 14 * SAMPLE_RATE
    speech = np.zeros_like(echo)
    speech[begin : begin + SAID.size] = 0.4 * SAID
    near = np.clip(echo + speech, -32768, 32767).astype(np.int16)
    left = await heard(near, music, speex())
    stretch = slice(begin, begin + SAID.size)
    assert decibels(near[stretch]) - decibels(speech[stretch]) > 10
    assert abs(decibels(left[stretch]) - decibels(speech[stretch])) < 3


def test_without_its_library_speex_says_what_to_install(monkeypatch):
    monkeypatch.setattr(speex_echo, "LIBRARY", "libnowhere.so.1")
    with pytest.raises(NoAudioLibraryError, match="sudo apt install libspeexdsp1"):
        SpeexEchoCanceller()


async def test_where_nothing_is_played_nothing_is_changed():
    hears = Unchanged()
    left = await heard(SAID, np.zeros(0, np.int16), hears)
    assert np.array_equal(left[: SAID.size], SAID)
    assert not hears.near


async def test_the_canceller_works_until_the_room_is_silent():
    hears = Unchanged()
    played = np.full(SAMPLE_RATE, 1000, np.int16)
    await heard(np.zeros(5 * SAMPLE_RATE, np.int16), played, hears)
    assert len(hears.near) * FRAME_SAMPLES == pytest.approx((1 + QUIET_S) * SAMPLE_RATE, abs=320)
    assert np.array_equal(np.concatenate(hears.far)[: played.size], played)


async def test_audio_is_held_for_a_reference_that_is_told_afterwards():
    hears = Unchanged()
    left = await heard(SAID, SAID, hears, hold_s=0.08)
    assert np.array_equal(left[1280:], SAID[: left.size - 1280])


async def test_audio_that_cannot_be_had_is_an_error():
    class Unplugged:
        name = "mic"

        async def frames(self):
            yield np.zeros(FRAME_SAMPLES, np.int16)
            raise AudioError("audio_device", "there is no microphone")

    source = EchoCancelled(Unplugged(), Unchanged(), Reference(HandClock()))
    with pytest.raises(AudioError, match="no microphone"):
        async for _ in source.frames():
            pass


async def test_who_stops_reading_ends_it_though_more_waits():
    source = EchoCancelled(ArraySource(SAID), Unchanged(), Reference(HandClock()), ahead_frames=1)
    async with aclosing(source.frames()) as frames:
        await anext(frames)


async def test_a_place_is_that_of_the_sound_card_by_the_clock():
    clock = HandClock()
    reference = Reference(clock)
    reference.take()
    assert reference.now == FRAME_SAMPLES
    await clock.turn(0.005)
    assert reference.now == FRAME_SAMPLES + 80
    await clock.turn(1)
    assert reference.now == FRAME_SAMPLES + 320, "a microphone that stands still has no places"


def test_what_is_played_lies_at_its_place():
    reference = Reference(HandClock())
    after = reference.put(100, np.full(200, 7, np.int16))
    assert after == 300
    reference.put(after, np.full(20, 30_000, np.int16))
    reference.put(after, np.full(20, 30_000, np.int16))
    first, second = reference.take(), reference.take()
    assert list(np.flatnonzero(first)) == list(range(100, 160))
    assert second[139] == 7
    assert second[140] == 32_767, "two at a time do not wrap around"
    late = reference.put(0, np.full(400, 9, np.int16))
    assert late == 400
    assert np.count_nonzero(reference.take()) == 80
    reference.put(480, np.full(1000, 9, np.int16))
    reference.cut()
    assert not reference.take().any()


@pytest.mark.parametrize("delay_s", [-0.15, 0.0, 0.06, 0.4, 0.75])
def test_the_delay_is_found(delay_s):
    near, estimator = echo_of(PLAYED, delay_s), DelayEstimator()
    found = [
        estimator.hear(near[at : at + FRAME_SAMPLES], PLAYED[at : at + FRAME_SAMPLES])
        for at in range(0, near.size - FRAME_SAMPLES, FRAME_SAMPLES)
    ]
    found = [each for each in found if each is not None]
    assert len(found) > 4
    assert found == pytest.approx([delay_s] * len(found), abs=0.002)


def test_no_delay_is_found_where_something_else_is_heard():
    estimator = DelayEstimator()
    other = recordings("05-timer", "12-garage", "05-timer", "12-garage")
    for at in range(0, min(other.size, PLAYED.size) - FRAME_SAMPLES, FRAME_SAMPLES):
        frame = slice(at, at + FRAME_SAMPLES)
        assert estimator.hear(other[frame][::-1].copy(), PLAYED[frame]) is None


def frames_of(samples):
    return samples[: samples.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)


def removal(near, far, left):
    watched = Removal()
    for each in zip(frames_of(near), frames_of(far), frames_of(left), strict=True):
        watched.hear(*each)
    return watched


def test_a_canceller_is_trusted_once_it_removes_enough_in_each_sound():
    far = np.concatenate([PLAYED, np.zeros(SAMPLE_RATE, np.int16), PLAYED])
    echo = echo_of(far, 0.06)
    left = echo.copy()
    begin = int(np.flatnonzero(np.abs(PLAYED) > 500)[0])
    left[begin + SAMPLE_RATE : PLAYED.size] //= 30
    watched = removal(echo, far, left)

    def share(first_s, last_s):
        """In how much of a stretch it works, from the first sound on."""
        places = range(begin + round(first_s * 16_000), begin + round(last_s * 16_000), 160)
        return np.mean([watched.works_at(each) for each in places])

    assert share(0.05, 0.95) == 0.0
    assert share(1.5, 5.0) == 1.0
    again_s = (PLAYED.size + SAMPLE_RATE) / SAMPLE_RATE
    assert share(again_s + 0.05, again_s + 3.0) == 0.0, "the next sound may begin later"


@pytest.mark.parametrize(("waited", "trusted"), [(3200, True), (0, False)])
def test_who_speaks_over_a_sound_that_was_waited_for_is_heard(waited, trusted):
    """It does not begin later to the canceller, so that works if it did in the sound before."""
    echo = echo_of(PLAYED, 0.06)
    begin = int(np.flatnonzero(np.abs(PLAYED) > 500)[0])
    speech = np.random.default_rng(3).normal(0, 3000, PLAYED.size).astype(np.int16)
    pause = np.zeros(SAMPLE_RATE, np.int16)
    left = echo // 30 + speech
    left[: begin + waited] = (echo + speech)[: begin + waited]
    watched = removal(
        np.concatenate([echo, pause, echo + speech]),
        np.concatenate([PLAYED, pause, PLAYED]),
        np.concatenate([echo // 30, pause, left]),
    )
    over = PLAYED.size + SAMPLE_RATE + begin
    works = [watched.works_at(at) for at in range(over + 8000, over + 24_000, 160)]
    assert bool(np.mean(works) > 0.6) is trusted


def test_echo_that_comes_back_is_known():
    echo = echo_of(PLAYED, 0.06)
    half = PLAYED.size // 2
    left = np.concatenate([echo[:half] // 30, echo[half:] // 2])
    watched = removal(echo, PLAYED, left)
    loud = [
        at for at in range(half + 8000, PLAYED.size, 160) if np.abs(PLAYED[at:][:160]).max() > 500
    ]
    assert np.mean([watched.works_at(at) for at in loud]) < 0.3


def test_somebody_elses_speech_is_no_echo():
    echo = echo_of(PLAYED, 0.06)
    half = PLAYED.size // 2
    speech = np.resize(SAID, PLAYED.size)[::-1].copy()
    speech[:half] //= 100
    watched = removal(echo + speech // 2, PLAYED, echo // 30 + speech // 2)
    assert np.mean([watched.works_at(at) for at in range(half + 8000, PLAYED.size, 160)]) > 0.7


def test_an_echo_that_does_not_come_needs_no_canceller():
    far = np.full(SAMPLE_RATE, 3000, np.int16)
    watched = removal(np.full(SAMPLE_RATE, 3, np.int16), far, np.full(SAMPLE_RATE, 3, np.int16))
    assert not watched.works_at(4800), "it may be late"
    assert watched.works_at(SAMPLE_RATE)


async def test_it_tells_where_it_works(canceller):
    near = echo_of(PLAYED, 0.06)
    reference = Reference(HandClock())
    reference.put(0, PLAYED)
    source = EchoCancelled(ArraySource(near), canceller, reference)
    async with aclosing(source.frames()) as frames:
        async for _ in frames:
            pass
    assert source.works_at(near.size / SAMPLE_RATE - 1.5)
    assert not all(source.works_at(at / 100) for at in range(near.size // 160))


async def test_where_nobody_knows_what_is_played_the_echo_stays():
    reference = Reference(HandClock())
    source = EchoCancelled(ArraySource(SAID), Unchanged(), reference, hold_s=0.08, ahead_frames=1)
    async with aclosing(source.frames()) as frames:
        for reference.known in [False] * 20 + [True] * 20:
            await anext(frames)
    assert [source.works_at(at_s) for at_s in (0.2, 0.25, 0.4)] == [False, False, True]
