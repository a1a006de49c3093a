"""A sound that is played piece by piece, into a line that writes down when it got what."""

import asyncio
from contextlib import asynccontextmanager

import numpy as np
import pytest

from assistant.audio.echo import Reference
from assistant.audio.source import FRAME_SAMPLES
from assistant.reply.sound import Sound
from assistant.reply.streamed import PIECE_S, StreamedPlayer
from assistant.reply.voice import ReplyError
from assistant.reply.volume import Level, Volume
from tests.household import HandClock

RATE = 22_050


class Loudspeaker:
    ahead_s = 0.08

    def __init__(self, clock):
        self.clock = clock
        self.got = []
        self.open = self.finished = False
        self.opens = 0
        self.error = None
        self.stall_s = 0.0

    @asynccontextmanager
    async def opened(self, rate):
        self.open = True
        self.opens += 1
        self.rate = rate
        try:
            yield self
        finally:
            self.open = False

    async def write(self, samples):
        if self.error:
            raise self.error
        stall_s, self.stall_s = self.stall_s, 0.0
        await self.clock.sleep(stall_s)
        self.got.append((self.clock.now(), samples))

    async def finish(self):
        self.finished = True


def sound(length_s=1.0, rate=RATE):
    time_s = np.arange(round(length_s * rate)) / rate
    return Sound(rising(time_s).astype(np.int16), rate)


def rising(time_s):
    """A tone that rises from 200 Hz on: unlike itself at any other time."""
    return 8000 * np.sin(2 * np.pi * (200 + 300 * time_s) * time_s)


@pytest.fixture
def clock():
    return HandClock()


def heard(loudspeaker):
    return np.concatenate([samples for _, samples in loudspeaker.got])


def taken(reference, frames):
    return np.concatenate([reference.take() for _ in range(frames)])


@pytest.mark.parametrize("rate", [16_000, 22_050, 48_000])
async def test_all_of_it_is_played_each_piece_shortly_before_it_is_heard(clock, rate):
    loudspeaker = Loudspeaker(clock)
    playing = asyncio.create_task(StreamedPlayer(loudspeaker, clock=clock).play(sound(1.01, rate)))
    begin_s = clock.now()
    for _ in range(60):
        await clock.turn(PIECE_S)
    await playing
    assert loudspeaker.finished
    assert not loudspeaker.open
    assert loudspeaker.rate == rate
    assert np.array_equal(heard(loudspeaker), sound(1.01, rate).samples)
    for number, (at_s, _) in enumerate(loudspeaker.got):
        assert at_s - begin_s == pytest.approx(max(0, number * PIECE_S - 0.08), abs=0.001)


async def test_the_reference_has_what_is_played_where_it_is_played(clock):
    reference = Reference(clock)
    taken(reference, 7)
    player = StreamedPlayer(Loudspeaker(clock), reference, clock=clock)
    playing = asyncio.create_task(player.play(sound()))
    played = []
    for _ in range(130):
        await clock.turn(0.01)
        played.append(reference.take())
    await playing
    played = np.concatenate(played)
    assert np.flatnonzero(played)[0] < FRAME_SAMPLES
    wanted = rising(np.arange(16_000) / 16_000)
    lag = int(np.argmax(np.correlate(played[:4000].astype(float), wanted[:3000], "valid")))
    assert lag < FRAME_SAMPLES + 2
    assert played[lag + 300 : lag + 15_000] == pytest.approx(wanted[300:15_000], abs=300)


async def test_cancelled_it_falls_silent_and_so_does_the_reference(clock):
    reference = Reference(clock)
    loudspeaker = Loudspeaker(clock)
    playing = asyncio.create_task(StreamedPlayer(loudspeaker, reference, clock=clock).play(sound()))
    for _ in range(20):
        await clock.turn(0.01)
        assert reference.take().any()
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    assert not loudspeaker.open
    assert not loudspeaker.finished
    taken(reference, 2)
    assert not taken(reference, 20).any()


async def test_who_comes_late_goes_on_and_the_reference_with_it(clock):
    reference, loudspeaker = Reference(clock), Loudspeaker(clock)
    playing = asyncio.create_task(StreamedPlayer(loudspeaker, reference, clock=clock).play(sound()))
    await clock.turn(0.1)
    loudspeaker.stall_s = 0.5  # the machine is busy; the loudspeaker runs dry
    played = [taken(reference, 10)]
    for _ in range(160):
        await clock.turn(0.01)
        played.append(reference.take())
    await playing
    assert np.array_equal(heard(loudspeaker), sound().samples)
    assert loudspeaker.got[-1][0] > 1.25
    assert np.flatnonzero(np.concatenate(played))[-1] > 1.3 * 16_000


async def test_a_loudspeaker_that_fails_says_why(clock):
    loudspeaker = Loudspeaker(clock)
    loudspeaker.error = ReplyError("unplugged")
    with pytest.raises(ReplyError, match="unplugged"):
        await StreamedPlayer(loudspeaker, clock=clock).play(sound())
    assert not loudspeaker.open


async def played_with(clock, changes, length_s=1.0):
    """The loudspeaker and the reference, where the volume changes after so many turns of 10 ms."""
    volume, loudspeaker, reference = Volume(), Loudspeaker(clock), Reference(clock)
    player = StreamedPlayer(loudspeaker, reference, volume, clock)
    playing = asyncio.create_task(player.play(sound(length_s, 16_000)))
    told = []
    for turn in range(400):
        volume.level = changes.get(turn, volume.level)
        await clock.turn(0.01)
        told.append(reference.take())
        if playing.done():
            break
    await playing
    assert loudspeaker.finished
    assert volume.level is Level.FULL
    return loudspeaker, np.concatenate([*told, taken(reference, 20)])


def same(played, wanted):
    """How much of the beginning is the same, in pieces."""
    pieces = min(played.size, wanted.size) // 320
    starts = [slice(at * 320, at * 320 + 320) for at in range(pieces)]
    return [np.array_equal(played[each], wanted[each]) for each in starts].index(False)


def level_of(samples, first, last):
    """The level of some pieces, beside that of the sound."""
    part = samples[first * 320 : last * 320].astype(float)
    return np.sqrt(np.mean(part**2)) / (8000 / np.sqrt(2))


async def test_it_is_turned_down_and_up_without_a_gap(clock):
    loudspeaker, told = await played_with(clock, {20: Level.LOW, 40: Level.FULL})
    played, wanted = heard(loudspeaker), sound(1.0, 16_000).samples
    assert played.size == wanted.size
    down = same(played, wanted)
    assert 0.2 <= down * PIECE_S <= 0.3 + loudspeaker.ahead_s
    assert level_of(played, down + 1, down + 8) == pytest.approx(0.2, abs=0.02)
    assert np.array_equal(played[(down + 13) * 320 :], wanted[(down + 13) * 320 :])
    assert np.abs(np.diff(played.astype(int))).max() < 4000, "no click"
    begin = np.flatnonzero(told)[0] - np.flatnonzero(played)[0]
    assert np.array_equal(told[begin : begin + played.size], played), "the reference has the same"


async def test_what_was_held_goes_on_from_where_it_was_turned_down(clock):
    loudspeaker, _ = await played_with(clock, {20: Level.LOW, 30: Level.HELD, 80: Level.FULL})
    played, wanted = heard(loudspeaker), sound(1.0, 16_000).samples
    down = same(played, wanted)
    again = wanted[down * 320 :]
    assert np.array_equal(played[-again.size :][320:], again[320:])
    assert 3 * 320 <= played.size - wanted.size <= 8 * 320, "what was quiet is said again"
    assert loudspeaker.opens == 2, "what is held falls silent at once, whatever is on its way"
    pauses_s = np.diff([at_s for at_s, _ in loudspeaker.got])
    assert pauses_s.max() == pytest.approx(0.5, abs=0.05)


async def test_what_is_held_does_not_begin(clock):
    volume, loudspeaker = Volume(), Loudspeaker(clock)
    volume.level = Level.HELD
    player = StreamedPlayer(loudspeaker, volume=volume, clock=clock)
    playing = asyncio.create_task(player.play(sound()))
    for _ in range(5):
        await clock.turn(0.1)
    assert not playing.done()
    assert loudspeaker.opens == 0
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    assert volume.level is Level.FULL
