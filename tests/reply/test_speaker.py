"""What is said when; and that Hearth does not wake from it, heard by the real detector."""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from assistant.audio.blocks import Blocks
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE
from assistant.events import (
    Action,
    Error,
    FinalEndpoint,
    Interrupted,
    Reply,
    WakeDetected,
    Yielded,
)
from assistant.pipeline.trigger import GuardedTrigger, WakeTrigger
from assistant.reply.chimes import Chime, sound_of
from assistant.reply.own_voice import TAIL_S, OwnVoice
from assistant.reply.sound import Sound
from assistant.reply.speaker import ReplyStyle, Speaker
from assistant.reply.voice import ReplyError
from assistant.wake import factory as wake
from tests.hand_clock import settle

AT = {"source": "mic", "audio_s": 1.0}
WOKEN = WakeDetected(**AT, wake_word="alexa", probability=0.9)
CHANGE = {"device": "light.kitchen", "attribute": "state", "before": "off", "after": "on"}
HEARD = {"text": "x", "confidence": 1.0, "nbest": (), "revised": False, "reason": "pause"}
CHIMES = {sound_of(chime).samples.size: chime.value for chime in Chime}


def action(*, success=True, changes=(CHANGE,)):
    return Action(**AT, plugin="p", success=success, targets=(), changes=changes)


def reply(text):
    return Reply(**AT, text=text)


class Talker:
    """A voice whose speech is recognised by its length."""

    def __init__(self):
        self.texts = {}
        self.error = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def speak(self, text):
        await self.gate.wait()
        if self.error:
            raise self.error
        size = 10 + len(self.texts)
        self.texts[size] = text
        return Sound(np.zeros(size, np.int16), 8000)


class Loudspeaker:
    def __init__(self, talker):
        self.heard = []
        self.error = None
        self._talker = talker

    async def play(self, sound):
        if self.error:
            raise self.error
        size = sound.samples.size
        self.heard.append(CHIMES.get(size) or self._talker.texts[size])


class Whisperer(Talker):
    """Another voice, whose words are known by their brackets."""

    async def speak(self, text):
        return await super().speak(f"({text})")


class Stage:
    def __init__(self, **style):
        self.talker = Talker()
        self.whisperer = Whisperer()
        self.whisperer.texts = self.talker.texts
        self.loudspeaker = Loudspeaker(self.talker)
        self.ended = []
        self.speaker = Speaker(
            self.talker,
            self.loudspeaker,
            style=ReplyStyle(**style),
            ended=lambda reply, _heard_s: self.ended.append(reply.text),
            soft_voice=self.whisperer,
        )

    async def hears(self, *events):
        for event in events:
            self.speaker.follow(event)
        await settle()
        heard, self.loudspeaker.heard = self.loudspeaker.heard, []
        return heard


@pytest.fixture
async def stage():
    stage = Stage()
    running = asyncio.create_task(stage.speaker.run())
    yield stage
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_command_is_heard_done_and_answered(stage):
    assert await stage.hears(WOKEN) == ["wake"]
    assert await stage.hears(action(), reply("Turned it on.")) == ["success", "Turned it on."]


async def test_a_whisper_is_answered_softly_and_without_sounds(stage):
    whispered = replace(WOKEN, whispered=0.9)
    assert await stage.hears(whispered) == []
    softly = replace(reply("Turned it on."), softly=True)
    assert await stage.hears(action(), softly) == ["(Turned it on.)"]
    assert stage.ended == ["Turned it on."]
    assert await stage.hears(replace(WOKEN, whispered=0.2)) == ["wake"]
    assert await stage.hears(action(), reply("Turned it off.")) == ["success", "Turned it off."]


async def test_an_announcement_is_not_whispered(stage):
    await stage.hears(replace(WOKEN, whispered=0.9), replace(reply("Done."), softly=True))
    stage.speaker.announce("Your timer is over.")
    assert await stage.hears() == ["Your timer is over."]


@pytest.mark.parametrize(
    ("style", "heard"),
    [
        ({"brief": True}, ["(Turned it on.)"]),
        ({"softly": False}, ["wake", "success", "Turned it on."]),
    ],
)
async def test_how_a_whisper_is_answered_can_be_chosen(style, heard):
    stage = Stage(**style)
    running = asyncio.create_task(stage.speaker.run())
    softly = replace(reply("Turned it on."), softly=True)
    woken = await stage.hears(replace(WOKEN, whispered=0.9))
    assert woken + await stage.hears(action(), softly) == heard
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_answer_is_only_words(stage):
    assert await stage.hears(action(changes=()), reply("It is 8:15.")) == ["It is 8:15."]


async def test_a_failure_sounds_like_one(stage):
    heard = await stage.hears(action(success=False, changes=()), reply("It is jammed."))
    assert heard == ["failure", "It is jammed."]
    assert await stage.hears(reply("I did not understand.")) == ["failure", "I did not understand."]


@pytest.mark.parametrize(
    ("style", "heard"),
    [
        ({"brief": True}, ["success"]),
        ({"chimes": frozenset()}, ["Done."]),
        ({"chimes": frozenset({Chime.WAKE})}, ["wake", "Done."]),
    ],
)
async def test_the_manner_is_a_setting(style, heard):
    stage = Stage(**style)
    running = asyncio.create_task(stage.speaker.run())
    events = [WOKEN] if Chime.WAKE in style.get("chimes", ()) else []
    assert await stage.hears(*events) == heard[: len(events)]
    assert await stage.hears(action(), reply("Done.")) == heard[len(events) :]
    running.cancel()


async def test_a_question_is_no_failure(stage):
    asked = replace(reply("Which one?"), asks="which")
    assert await stage.hears(action(success=False, changes=()), asked) == ["Which one?"]


async def test_it_tells_when_a_reply_has_ended_and_nothing_else_is_to_be_said(stage):
    stage.talker.gate.clear()
    await stage.hears(reply("Which one?"))
    assert stage.ended == []
    stage.speaker.announce("Your timer is done.")
    stage.talker.gate.set()
    assert await stage.hears() == ["Which one?", "Your timer is done."]
    assert stage.ended == ["Which one?"]


async def test_a_reply_that_is_interrupted_or_kept_back_has_not_ended(stage):
    stage.talker.gate.clear()
    await stage.hears(reply("Which one?"))
    await stage.hears(WOKEN)
    stage.talker.gate.set()
    await stage.hears()
    assert stage.ended == []
    await stage.hears(FinalEndpoint(**AT, **HEARD))
    assert stage.ended == ["Which one?"]


async def test_an_announcement_is_no_reply(stage):
    stage.speaker.announce("Your timer is done.")
    await stage.hears()
    assert stage.ended == []


async def test_without_a_voice_a_reply_ends_at_once():
    ended = []
    speaker = Speaker(None, None, ended=lambda reply, heard_s: ended.append((reply.text, heard_s)))
    running = asyncio.create_task(speaker.run())
    speaker.follow(reply("Which one?"))
    await settle()
    assert ended == [("Which one?", 0.0)]
    running.cancel()


async def test_an_announcement_waits_until_she_has_finished(stage):
    await stage.hears(WOKEN)
    stage.speaker.announce("Your timer is done.")
    assert await stage.hears() == []
    heard = await stage.hears(reply("Sorry?"))
    assert heard == ["Your timer is done.", "failure", "Sorry?"]


async def test_speech_that_is_ready_too_late_waits_too(stage):
    stage.talker.gate.clear()
    stage.speaker.announce("Your timer is done.")
    assert await stage.hears() == []
    assert await stage.hears(WOKEN) == ["wake"]
    stage.talker.gate.set()
    assert await stage.hears() == []
    assert await stage.hears(Error(**AT, code="audio", message="unplugged")) == [
        "Your timer is done."
    ]


async def test_what_cannot_be_heard_is_one_line_until_it_can(stage, caplog):
    caplog.set_level(logging.WARNING)
    stage.loudspeaker.error = ReplyError("no soundcards found")
    for _ in range(3):
        await stage.hears(reply("Yes."))
    assert [record.message for record in caplog.records] == ["not played: no soundcards found"]
    stage.loudspeaker.error, stage.talker.error = None, ReplyError("espeak-ng failed")
    assert await stage.hears(reply("Yes.")) == ["failure"]
    assert await stage.hears(reply("Yes.")) == ["failure"]
    assert caplog.messages[1:] == ["not spoken: espeak-ng failed"]
    stage.talker.error = None
    assert await stage.hears(reply("Yes.")) == ["failure", "Yes."]


async def test_a_voice_with_a_mistake_does_not_end_it(stage, caplog):
    stage.talker.error = ZeroDivisionError()
    await stage.hears(reply("Yes."))
    assert "something was not said" in caplog.text
    stage.talker.error = None
    assert await stage.hears(reply("Yes.")) == ["failure", "Yes."]


async def test_only_so_much_waits(stage):
    await stage.hears(WOKEN)
    for number in range(20):
        stage.speaker.announce(str(number))
    heard = await stage.hears(Error(**AT, code="audio", message="unplugged"))
    assert heard == [str(number) for number in range(12, 20)]
    assert stage.speaker.dropped == 12


class SlowLoudspeaker(Loudspeaker):
    """Plays until it is cancelled."""

    async def play(self, sound):
        await super().play(sound)
        if sound.samples.size not in CHIMES:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.heard.append("(silent)")
                raise


@pytest.fixture
async def slow():
    stage = Stage()
    stage.speaker._player = stage.loudspeaker = SlowLoudspeaker(stage.talker)
    running = asyncio.create_task(stage.speaker.run())
    yield stage
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_wake_word_interrupts_an_answer(slow):
    assert await slow.hears(action(changes=()), reply("It is long.")) == ["It is long."]
    assert await slow.hears(WOKEN) == ["(silent)", "wake"]
    assert await slow.hears(action(changes=()), reply("Yes.")) == ["Yes."]


async def test_a_room_that_gives_way_ends_its_answer_and_can_be_heard_again(slow):
    yielded = Yielded(**AT, to="bedroom")
    await slow.hears(action(changes=()), reply("It is long."))
    assert await slow.hears(yielded) == ["(silent)"]
    await slow.hears(WOKEN)
    slow.speaker.announce("Your timer is done.")
    assert await slow.hears(yielded) == ["Your timer is done."]
    assert await slow.hears(yielded) == []


async def test_what_came_of_an_earlier_command_waits_until_the_user_has_spoken(slow):
    later = {"source": "mic", "audio_s": 5.0}
    assert await slow.hears(WOKEN) == ["wake"]
    assert await slow.hears(replace(WOKEN, **later)) == ["wake"]
    assert await slow.hears(action(changes=()), reply("The first is done.")) == []
    end = {"text": "", "confidence": 1.0, "nbest": (), "revised": False, "reason": "pause"}
    ended = FinalEndpoint(**later, **end)
    assert await slow.hears(ended) == ["The first is done."]


async def test_what_came_of_an_earlier_command_does_not_hide_what_was_interrupted(slow):
    await slow.hears(action(changes=()), reply("It is long."))
    await slow.hears(replace(WOKEN, audio_s=5.0))
    await slow.hears(reply("The first is done."))
    assert slow.speaker._interrupted
    await slow.hears(replace(reply("Yes."), audio_s=7.0))
    assert not slow.speaker._interrupted


async def test_hush_ends_what_is_said_and_forgets_what_waits(slow):
    assert not slow.speaker.hush()
    assert await slow.hears(action(changes=()), reply("It is long.")) == ["It is long."]
    slow.speaker.announce("Your timer is done.")
    assert slow.speaker.hush()
    assert await slow.hears() == ["(silent)"]
    assert not slow.speaker.hush()
    assert await slow.hears(action(changes=()), reply("Yes.")) == ["Yes."]


async def test_hush_after_the_wake_word_knows_what_was_interrupted(slow):
    await slow.hears(action(changes=()), reply("It is long."))
    await slow.hears(WOKEN)
    assert slow.speaker.hush()
    assert not slow.speaker.hush()


async def test_without_voice_and_player_nothing_happens():
    speaker = Speaker(None, None)
    running = asyncio.create_task(speaker.run())
    speaker.follow(WOKEN)
    speaker.follow(reply("Yes."))
    await settle()
    assert not running.done()
    running.cancel()


class Room:
    """A source and a player: what is played is in the audio from then on, and nothing else."""

    name = "mic"

    def __init__(self, length_s):
        self._left = np.zeros(round(length_s * SAMPLE_RATE), np.int16)
        self._playing = 0
        self._played = asyncio.Event()

    async def frames(self):
        while self._left.size >= FRAME_SAMPLES:
            frame, self._left = self._left[:FRAME_SAMPLES], self._left[FRAME_SAMPLES:]
            yield frame
            self._playing -= FRAME_SAMPLES
            if self._playing <= 0:
                self._played.set()
            await asyncio.sleep(0)

    async def play(self, sound):
        self._left[: sound.samples.size] += sound.samples
        self._playing = sound.samples.size
        self._played.clear()
        await self._played.wait()


class Recording:
    """A voice that says "Alexa, turn on the kitchen light", whatever the text."""

    async def speak(self, text):
        samples, rate = soundfile.read("demo/01-kitchen-light.ogg", dtype="int16")
        assert rate == SAMPLE_RATE
        return Sound(samples, rate)


@pytest.mark.parametrize("guarded", [True, False])
async def test_it_does_not_wake_from_its_own_reply(guarded):
    room, own_voice = Room(8), OwnVoice()
    speaker = Speaker(Recording(), room, own_voice, ReplyStyle(frozenset()))
    speaking = asyncio.create_task(speaker.run())
    trigger = WakeTrigger(wake.create("micro", ["alexa"]), 0.3)
    if guarded:
        trigger = GuardedTrigger(trigger, own_voice.covers)
    speaker.follow(reply("Alexa is a name."))
    blocks = Blocks(own_voice.over(room))
    opened = []
    while (block := await blocks.next(trigger.idle_frames)) is not None:
        opened.append(trigger.hear(block))
    assert any(opened) is not guarded
    speaking.cancel()


@pytest.mark.parametrize(("answer", "wakes"), [("Turned it on.", True), ("Alexa is on.", False)])
async def test_an_answer_makes_it_deaf_only_to_its_own_wake_word(answer, wakes):
    own_voice = OwnVoice()
    room = Room(0)
    room._left = (await Recording().speak("")).samples  # the user, while the answer is played
    trigger = WakeTrigger(wake.create("micro", ["alexa"]), 0.3)
    trigger = GuardedTrigger(trigger, lambda at_s: own_voice.says(["alexa"], at_s))
    blocks = Blocks(own_voice.over(room))
    opened = []
    with own_voice.speaking(10.0, answer):
        while (block := await blocks.next(trigger.idle_frames)) is not None:
            opened.append(trigger.hear(block))
    assert any(opened) is wakes


async def advance(own_voice, length_s):
    class Silence:
        name = "mic"

        async def frames(self):
            for _ in range(round(length_s * 100)):
                yield np.zeros(FRAME_SAMPLES, np.int16)

    async with aclosing(own_voice.over(Silence()).frames()) as frames:
        async for _ in frames:
            pass


async def test_it_knows_what_it_says_while_it_may_be_heard():
    own_voice = OwnVoice()
    await advance(own_voice, 3.0)
    assert not own_voice.speaks
    with own_voice.speaking(0.2):
        assert not own_voice.speaks, "a chime has no words"
    with own_voice.speaking(1.0, "It is 7:00."):
        await advance(own_voice, 1.0)
        assert own_voice.speaks
        assert own_voice.text == "It is 7:00."
    assert not own_voice.speaks
    await advance(own_voice, TAIL_S + 0.1)
    assert own_voice.text == ""


async def test_its_own_voice_lies_where_it_was_played():
    own_voice = OwnVoice()
    await advance(own_voice, 3.0)
    with own_voice.speaking(1.0):
        await advance(own_voice, 0.2)  # a player that only hands the sound on
    assert not own_voice.covers(3.0)
    assert own_voice.covers(3.04)
    assert own_voice.covers(4.0 + TAIL_S)
    assert not own_voice.covers(4.01 + TAIL_S)


async def test_a_slow_player_is_waited_for_and_a_failing_one_is_not():
    own_voice = OwnVoice()
    with own_voice.speaking(0.1):
        await advance(own_voice, 2.0)
        assert own_voice.covers(1.9)
    assert own_voice.covers(2.0 + TAIL_S)
    assert not own_voice.covers(2.1 + TAIL_S)
    await advance(own_voice, 1.0)
    with pytest.raises(ReplyError), own_voice.speaking(60.0):
        raise ReplyError("no loudspeaker")
    assert not own_voice.covers(3.1 + TAIL_S)


async def test_who_speaks_over_it_is_listened_to_without_a_sound(slow):
    await slow.hears(action(changes=()), reply("It is long."))
    assert await slow.hears(Interrupted(**AT)) == ["(silent)"]
    slow.speaker.announce("Your timer is done.")
    assert await slow.hears() == []
    assert slow.speaker.hush(), "stop means what was interrupted"
    await slow.hears(FinalEndpoint(**AT, **HEARD))
    assert await slow.hears(action(changes=()), reply("Yes.")) == ["Yes."]
