"""A voice is learned by talking, through the whole pipeline, in audio time.

Only the words are scripted; the voices are those of the recordings: rms, slt and awb.
"""

from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from assistant.app.assembly import Listening, make_pipeline
from assistant.app.household import make_household
from assistant.app.speakers import make_voices
from assistant.audio.concatenated import Concatenated
from assistant.audio.file import FileSource
from assistant.config import load
from assistant.dialogue.dispatcher import nothing_before
from assistant.pipeline.worker import Worker
from assistant.plugins.room import ROOM
from assistant.speaker.network import OnnxEmbedder
from tests.scripted import ArraySource, Script, ScriptedRecogniser

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "demo"
RMS = [DEMO / f"{name}.ogg" for name in 3 * ("02-bedroom-fifty", "06-time")]
RMS_LAST = ROOT / "tests" / "recordings" / "straight-rms.ogg"
SLT, AWB = DEMO / "12-garage.ogg", DEMO / "03-blinds.ogg"
PAUSE_S = 3.0
AS_RECORDED = Listening(wake=False, waits=True)
"""As `assistant listen` hears a recording: what was said is done before more is heard."""
CONFIG = "wake: {words: [alexa]}\nendpoint: {final_silence_s: 1.2}\n"


@pytest.fixture(scope="module")
def understanding():
    return make_household(load(None)).understanding


@pytest.fixture
def stream(tmp_path, understanding):
    """Plays recordings in one stream, one utterance each, and says what is heard in them."""

    async def play(said, config=CONFIG, kept=True):
        (tmp_path / "config.yaml").write_text(config)
        settings = load(tmp_path / "config.yaml")
        voices = make_voices(tmp_path / "state", kept=kept)
        worker = Worker()
        house = make_household(settings, understanding=understanding, voices=voices)
        recogniser = ScriptedRecogniser(*(Script([(text, 0.5)]) for _, text in said))
        pipeline = make_pipeline(settings, house, recogniser, worker, AS_RECORDED)
        silence = np.zeros(round(PAUSE_S * 16_000), np.int16)
        sources = [part for file, _ in said for part in (FileSource(file), ArraySource(silence))]
        await house.start()
        async with aclosing(pipeline.events(Concatenated("stream", sources))) as events:
            heard = [event async for event in events]
        await house.close()
        worker.close()
        return heard

    return play


def replies(events):
    return [event.text for event in events if event.type == "reply"]


def speakers(events):
    return [
        event.speaker and event.speaker.name for event in events if event.type == "final_endpoint"
    ]


async def test_learn_my_voice_and_then_who_am_i(stream, tmp_path):
    taught = [(file, "turn on the kitchen light") for file in RMS[:5]]
    asks = [(RMS_LAST, "who am i"), (SLT, "who am i")]
    events = await stream([(RMS[5], "learn my voice as ben"), *taught, *asks])
    assert replies(events)[0].startswith("I will call you Ben.")
    assert replies(events)[-3:] == [
        "Thank you, Ben. I know your voice now.",
        "You are Ben.",
        "I do not know your voice.",
    ]
    assert not [event for event in events if event.type == "action" and event.plugin != "people"]
    (profile,) = (tmp_path / "state" / "voices").iterdir()
    assert profile.name == "ben.json"
    again = await stream([(RMS_LAST, "turn on the kitchen light"), (AWB, "turn on the fan")])
    assert speakers(again) == ["Ben", None]


async def test_another_voice_in_between_teaches_nothing(stream):
    said = [(RMS[0], "learn my voice as ben"), (RMS[1], "one"), (SLT, "two"), (RMS[2], "three")]
    events = await stream([*said, (RMS[3], "never mind"), (RMS[4], "who am i")])
    answers = replies(events)
    assert answers[1].startswith("1 of 5.")
    assert answers[2].startswith("That did not sound like the same voice.")
    assert answers[3].startswith("2 of 5.")
    assert answers[4:] == [
        "Okay, I have learned nothing.",
        "I know nobody's voice yet. Say: learn my voice as, and then your name.",
    ]


async def test_a_sentence_teaches_however_it_was_heard(stream, monkeypatch):
    def certainty(meant, _result):
        return 1.0 if meant.intent else 0.01

    monkeypatch.setattr("assistant.pipeline.responder.certainty", certainty)
    said = [(RMS[0], "learn my voice as ben"), (RMS[1], "won"), (RMS[2], "too")]
    events = await stream(said)
    assert [text[:7] for text in replies(events)[-2:]] == ["1 of 5.", "2 of 5."]


async def test_a_name_is_short(stream):
    said = [(RMS[0], "learn my voice as tom and unlock the front door"), (RMS[1], "who am i")]
    assert replies(await stream(said)) == [
        "Say: learn my voice as, and then your name.",
        "I know nobody's voice yet. Say: learn my voice as, and then your name.",
    ]


async def learn(stream, config=CONFIG):
    taught = [(file, "one") for file in RMS[:5]]
    return await stream([(RMS[5], "learn my voice as ben"), *taught], config)


async def test_nobody_takes_the_name_of_somebody_else(stream):
    await learn(stream)
    events = await stream([(SLT, "learn my voice as ben"), (RMS_LAST, "learn my voice as ben")])
    assert replies(events)[0] == "I know the voice of Ben already, and this is another one."
    assert replies(events)[1].startswith("I will call you Ben.")


async def test_forget_my_voice_asks_and_then_forgets(stream, tmp_path):
    await learn(stream)
    events = await stream([(SLT, "forget my voice"), (RMS_LAST, "forget my voice")])
    assert replies(events) == [
        "I do not know your voice. There is nothing to forget.",
        "Shall I forget your voice, Ben? Then say yes.",
    ]
    events = await stream([(RMS_LAST, "forget my voice"), (RMS[0], "yes")])
    assert replies(events)[-1] == "I have forgotten the voice of Ben."
    assert list((tmp_path / "state" / "voices").iterdir()) == []


async def test_where_nobody_is_known_nothing_is_computed(stream, monkeypatch):
    def load_model():
        raise AssertionError("the network was loaded")

    monkeypatch.setattr("assistant.app.speakers.load_model", load_model)
    events = await stream([(SLT, "turn on the kitchen light")])
    (end,) = [event for event in events if event.type == "final_endpoint"]
    assert end.speaker is None
    assert '"speaker"' not in end.to_json()


async def test_a_broken_model_stops_no_command(stream, monkeypatch, tmp_path, caplog):
    await learn(stream)
    monkeypatch.setattr("assistant.app.speakers.load_model", lambda: OnnxEmbedder(tmp_path))
    events = await stream([(SLT, "turn on the kitchen light")])
    assert replies(events) == ["Turned on the Kitchen light."]
    assert "speakers are not identified any more" in caplog.text


async def test_what_listen_learns_is_not_kept(stream, tmp_path):
    taught = [(file, "one") for file in RMS[:5]]
    said = [(RMS[5], "learn my voice as ben"), *taught, (RMS_LAST, "who am i")]
    assert replies(await stream(said, kept=False))[-1] == "You are Ben."
    assert not (tmp_path / "state").exists()


PEOPLE = "people: {Ben: {deny: [locks, lights]}, Anna: {}}\n"


async def test_what_is_denied_is_denied_by_voice_and_to_guests(stream):
    await learn(stream, CONFIG + PEOPLE)
    said = [(file, "unlock the front door") for file in (RMS_LAST, SLT)]
    events = await stream([*said, (RMS_LAST, "what time is it")], CONFIG + PEOPLE)
    assert replies(events)[:2] == [
        "Sorry, Ben, that is not allowed for you.",
        "I do not know your voice, so I may not do that.",
    ]
    assert replies(events)[2].startswith("It is ")
    assert {event.plugin for event in events if event.type == "action"} == {"clock"}


async def test_a_name_with_more_rights_is_not_learned_by_talking(stream):
    events = await stream([(SLT, "learn my voice as anna")], CONFIG + PEOPLE)
    (reply,) = replies(events)
    assert "assistant voices learn" in reply


async def test_what_is_said_in_another_room_teaches_nothing(understanding, tmp_path):
    voices = make_voices(tmp_path, kept=False)
    house = make_household(load(None), understanding=understanding, voices=voices)
    await house.start()

    async def said(room, text):
        ROOM.set(room)
        here = house.in_room(room, nothing_before)
        meant = here.conversation.interpret_text(text)
        return (await here.dispatcher.carry_out(meant, text)).outcome

    assert (await said("Kitchen", "learn my voice as anna")).asks
    assert (await said("Office", "turn on the lights")).changes
    assert (await said("Kitchen", "never mind")).reply == "Okay, I have learned nothing."
    assert not voices.learning
    await house.close()
