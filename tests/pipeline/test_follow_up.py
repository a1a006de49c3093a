"""Speech that needs no wake word: only in its time, and the same in a file as live."""

import asyncio
import json
import logging
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.app.assembly import Listening, make_follow_ups, make_pipeline
from assistant.app.household import make_household
from assistant.app.recognition import load_recogniser
from assistant.audio.blocks import Block, seconds
from assistant.audio.file import FileSource
from assistant.config import Settings, WakeSettings
from assistant.config.settings import ConversationSettings
from assistant.events import Reply
from assistant.pipeline.follow_up import ECHO_S, LOOKED_S, FollowUps, FollowUpTrigger
from assistant.pipeline.trigger import FollowUp
from assistant.pipeline.worker import Worker
from assistant.presence.senses import Seen
from assistant.reply.own_voice import OwnVoice
from tests.scripted import ArraySource, LoudnessVad, spoken

RECORDINGS = Path(__file__).parents[1] / "recordings"
SETTINGS = Settings(wake=WakeSettings(words=("alexa",)))
LONGER = replace(SETTINGS, conversation=ConversationSettings(follow_up_s=5.0))
QUESTION = Reply(source="s", audio_s=0.0, text="Which one?", asks="which")
PLAIN = Reply(source="s", audio_s=0.0, text="Done.")


class Silent:
    """A trigger that nothing opens."""

    idle_frames = 4

    def hear(self, block):
        return None

    def overhear(self, block):
        return None

    def reset(self, spoken_until_s):
        pass


def opened(follow_ups, audio, sounds=lambda: False):
    """What opens first in some audio, heard in blocks of 40 ms."""
    trigger = FollowUpTrigger(Silent(), LoudnessVad(), follow_ups, sounds)
    for start in range(0, audio.size, 640):
        if activation := trigger.hear(Block(audio[start : start + 640], start)):
            return [activation]
    return []


def test_an_answer_opens_in_its_time_and_only_then():
    follow_ups = FollowUps(3.0)
    audio = spoken(("quiet", 2.0), ("speech", 0.5), ("quiet", 2.0))
    assert opened(follow_ups, audio) == []
    follow_ups.after(QUESTION, 1.0)
    (activation,) = opened(follow_ups, audio)
    assert activation.follow_up is FollowUp.ANSWER
    assert activation.hear_from_s == pytest.approx(1.7)
    assert activation.since_reply_s == pytest.approx(1.0)
    follow_ups.after(QUESTION, 2.6)
    assert opened(follow_ups, audio) == []
    follow_ups.after(QUESTION, -2.0)
    assert opened(follow_ups, audio) == []


def test_a_plain_reply_opens_only_where_that_is_set():
    audio = spoken(("quiet", 2.0), ("speech", 0.5))
    for seconds_, kinds in ((0.0, []), (3.0, [FollowUp.MORE])):
        follow_ups = FollowUps(3.0, seconds_)
        follow_ups.after(PLAIN, 1.0)
        assert [each.follow_up for each in opened(follow_ups, audio)] == kinds


def test_what_sounds_closes_it_meanwhile():
    follow_ups = FollowUps(5.0)
    follow_ups.after(QUESTION, 0.0)
    assert opened(follow_ups, spoken(("quiet", 1.0), ("speech", 1.0)), lambda: True) == []


def test_the_end_of_its_own_voice_opens_nothing():
    follow_ups = FollowUps(5.0)
    follow_ups.after(QUESTION, 1.0)
    audio = spoken(("quiet", 0.9), ("speech", 0.1 + ECHO_S), ("quiet", 1.0), ("speech", 0.5))
    (activation,) = opened(follow_ups, audio)
    assert activation.at_s > 2.2


def test_who_answers_at_once_is_heard_from_the_end_of_the_question():
    follow_ups = FollowUps(5.0)
    follow_ups.after(QUESTION, 1.0)
    (activation,) = opened(follow_ups, spoken(("quiet", 1.1), ("speech", 1.0)))
    assert activation.hear_from_s == pytest.approx(1.0, abs=0.05)


class There:
    """Who is there, as a test says; `rests` counts how often that was enough."""

    looks = False

    def __init__(self, somebody=None, facing=None):
        self.is_seen = Seen(somebody, facing)
        self.rests = 0

    def seen(self):
        return self.is_seen

    def follow(self, event):
        pass

    def rest(self):
        self.rests += 1


def kinds(there, reply, speech_s, more_s=3.0, gaze_s=0.0):
    """What opens at a second, after a reply that ended at 1 s."""
    follow_ups = FollowUps(3.0, more_s, gaze_s, there)
    follow_ups.after(reply, 1.0)
    audio = spoken(("quiet", speech_s), ("speech", 0.5))
    return [each.follow_up for each in opened(follow_ups, audio)]


@pytest.mark.parametrize("somebody", [True, None])
def test_somebody_may_go_on_and_so_may_they_where_nothing_is_known(somebody):
    there = There(somebody)
    assert kinds(there, PLAIN, 2.0) == [FollowUp.MORE]
    assert there.rests == 0


def test_with_nobody_in_the_room_only_an_answer_opens_and_that_is_told(caplog):
    caplog.set_level(logging.INFO)
    there = There(somebody=False)
    assert kinds(there, PLAIN, 2.0) == []
    assert there.rests == 1
    assert kinds(there, QUESTION, 2.0) == [FollowUp.ANSWER]
    said = [each.message for each in caplog.records]
    assert ["wake word is needed" in each for each in said] == [True, False]
    assert "nobody seems to be in the room to answer" in said[1]


@pytest.mark.parametrize(
    ("facing", "speech_s", "opens"),
    [(True, 8.0, True), (False, 8.0, False), (None, 8.0, False), (True, 12.0, False)],
)
@pytest.mark.parametrize("more_s", [3.0, 0.0])
def test_it_stays_open_while_somebody_faces_it_but_not_for_ever(facing, speech_s, opens, more_s):
    there = There(facing or None, facing)
    assert bool(kinds(there, PLAIN, speech_s, more_s, 10.0)) is opens
    assert bool(there.rests) is not opens


def test_who_looks_away_may_still_begin_a_moment_later():
    there = There(somebody=True, facing=True)
    follow_ups = FollowUps(3.0, 0.0, 10.0, there)
    follow_ups.after(PLAIN, 1.0)
    assert [follow_ups.may_begin(at_s) for at_s in (1.5, 3.0, 5.0)] == [True, True, True]
    there.is_seen = Seen()
    assert follow_ups.may_begin(5.0 + LOOKED_S)
    assert not follow_ups.may_begin(5.0 + LOOKED_S + 0.2)


@pytest.fixture(scope="module")
def recogniser():
    return load_recogniser(SETTINGS)


@pytest.fixture(scope="module")
def understanding():
    return make_household(SETTINGS).understanding


@pytest.fixture
def hear(recogniser, understanding):
    """The events of a source in a demo home as it is at first."""

    async def run(source, settings=SETTINGS, each=lambda _event: None, **listening):
        worker, house = Worker(), make_household(settings, understanding=understanding)
        pipeline = make_pipeline(settings, house, recogniser, worker, Listening(**listening))
        await house.start()
        heard = []
        async with aclosing(pipeline.events(source)) as happened:
            async for event in happened:
                heard.append(json.loads(event.to_json()))
                each(event)
        await house.close()
        worker.close()
        return heard

    return run


def recording(name):
    return soundfile.read(RECORDINGS / f"{name}.ogg", dtype="int16")[0]


def targets(events):
    return [event["targets"] for event in events if event["type"] == "action"]


async def test_a_question_is_answered_without_the_wake_word(hear):
    events = await hear(ArraySource(recording("which-one-slt")), waits=True)
    asked, done = targets(events)
    assert (asked, done) == (["light.office_desk_lamp", "light.kids_desk_lamp"], asked[:1])
    assert [e["asks"] for e in events if "asks" in e] == ["which"]
    assert sum(event["type"] == "wake_detected" for event in events) == 1
    (directed,) = [event for event in events if event["type"] == "directed"]
    assert directed["probability"] > SETTINGS.conversation.directedness


async def test_the_microphone_closes_after_the_answer(hear):
    """What follows it, "no, the other one", needs the wake word, unless that is set."""
    audio = recording("which-one-slt")
    assert len(targets(await hear(ArraySource(audio), waits=True))) == 2
    longer = targets(await hear(ArraySource(audio), LONGER, waits=True))
    assert longer[2:] == [["light.kids_desk_lamp"], ["light.office_desk_lamp"]]


async def test_replies_are_followed_up_where_that_is_set(hear):
    audio = recording("and-the-bedroom-slt")
    assert targets(await hear(ArraySource(audio), waits=True)) == [["light.kitchen"]]
    events = await hear(ArraySource(audio), LONGER, waits=True)
    bedroom = ["light.bedroom"]
    assert targets(events) == [["light.kitchen"], bedroom, bedroom]
    assert [e["intent"] for e in events if e["type"] == "intent"][-1] == "HassTurnOff"


async def test_talk_after_a_question_is_ignored_and_the_answer_still_counts(hear):
    """Somebody else says something first: no apology, and the question stays open."""
    audio = recording("which-one-slt")
    talk = recording("straight-en-gb")[38_400:52_000]  # the end of a command is no command
    quiet = np.zeros(16_000, np.int16)
    at = 80_000  # the question has been asked, the answer not begun
    with_talk = np.concatenate((audio[:at], talk, quiet, audio[at:130_000]))
    events = await hear(ArraySource(with_talk), waits=True)
    assert targets(events)[1:] == [["light.office_desk_lamp"]]
    ignored = [event for event in events if event.get("reason") == "not meant for this device"]
    assert [event["intent"] for event in ignored] == [None]
    assert sum(event["type"] == "reply" for event in events) == 2


async def test_what_nothing_would_come_of_is_ignored(hear):
    """To stop where nothing rings or plays is no command, and no word is lost about it."""
    audio, stop = recording("and-the-bedroom-slt"), recording("stop-rms")
    heard = np.concatenate((audio[:90_000], stop, np.zeros(32_000, np.int16)))
    events = await hear(ArraySource(heard), LONGER, waits=True)
    (said,) = [e["text"] for e in events if e["type"] == "final_endpoint"][1:]
    assert said == "stop"
    (meant,) = [e for e in events if e["type"] == "intent"][1:]
    assert (meant["intent"], meant["reason"]) == (None, "not meant for this device")
    assert sum(event["type"] == "reply" for event in events) == 1


async def test_events_say_who_was_there(hear):
    audio = recording("which-one-slt")[:80_000]
    events = await hear(ArraySource(audio), waits=True, presence=There(somebody=True, facing=False))
    ends = [event for event in events if event["type"] == "final_endpoint"]
    assert {(end["somebody"], end["facing"]) for end in ends} == {(True, False)}


async def test_a_file_gives_the_same_however_fast_it_is_played(hear, tmp_path):
    path = tmp_path / "which.wav"
    soundfile.write(path, recording("which-one-slt"), 16_000)

    class Jumping:
        now_s = 0.0

        def now(self):
            return self.now_s

        async def sleep(self, duration_s):
            self.now_s += duration_s
            await asyncio.sleep(0)

    slow = await hear(FileSource(path, "realtime", Jumping()), LONGER, waits=True)
    fast = await hear(FileSource(path, "fast"), LONGER, waits=True)
    for event in (*slow, *fast):
        for name in [name for name in event if name.endswith("_ms")]:
            del event[name]
    assert slow == fast


class Played:
    """A source; a reply that `follow` is told of has been said when so much more was heard."""

    name = "played"

    def __init__(self, audio, follow_ups, length_s):
        self._audio, self._follow_ups, self._length_s = audio, follow_ups, length_s
        self._heard_s = 0.0
        self._ends = []

    async def frames(self):
        async for frame in ArraySource(self._audio).frames():
            self._heard_s += seconds(frame.size)
            if self._ends and self._heard_s >= self._ends[0][1]:
                self._follow_ups.after(self._ends.pop()[0], self._heard_s)
            yield frame

    def follow(self, event):
        if isinstance(event, Reply):
            self._ends.append((event, self._heard_s + self._length_s))


@pytest.mark.parametrize(("length_s", "commands"), [(0.2, 2), (30.0, 1)])
async def test_in_the_service_it_opens_when_the_reply_has_been_played(hear, length_s, commands):
    """While its question is being said, which may take longer, an answer is not heard."""
    follow_ups = make_follow_ups(SETTINGS)
    source = Played(recording("which-one-slt"), follow_ups, length_s)
    events = await hear(
        source, each=source.follow, own_voice=OwnVoice(), follow_ups=follow_ups, waits=True
    )
    assert len(targets(events)) == commands
