"""What may be a code is told to nobody: not in events, to no server, in no recording."""

import json
import logging
from contextlib import aclosing
from dataclasses import replace

import pytest

from assistant.app.assembly import Listening, make_pipeline
from assistant.app.household import make_household
from assistant.asr.recording import RecordingRecogniser
from assistant.config import HomeSettings, Settings
from assistant.endpointing.completeness import Completeness
from assistant.endpointing.endpointer import Endpointing
from assistant.endpointing.pauses import STYLES, FinalEndpointer, SpeculativeEndpointer
from assistant.events import HIDDEN
from assistant.pipeline.rescorer import RescoredResult, Unchanged
from assistant.pipeline.trigger import SpeechTrigger
from assistant.pipeline.worker import Worker
from tests.scripted import ArraySource, LoudnessVad, Script, ScriptedRecogniser, spoken

UNLOCK, SAID = "unlock the front door", "four seven one one"
DIGITS = frozenset(SAID.split()) | {"4711"}


class Server(Unchanged):
    """A second opinion that changes nothing, and notes what it is asked."""

    def __init__(self):
        self.asked = []

    def open(self):
        return self

    async def settle(self, result):
        self.asked.append(result.text)
        return RescoredResult(result)


class Heard:
    """What came of some commands in a home that asks for a code, one after the other."""

    def __init__(self, folder, *texts):
        self.folder = folder
        self.settings = Settings(home=HomeSettings(code="4711"))
        self.server, self.worker = Server(), Worker()
        self.house = replace(make_household(self.settings), rescorer=self.server)
        scripts = [
            Script([(word, 0.4 + 0.1 * at) for at, word in enumerate(text.split())])
            for text in texts
        ]
        self.recogniser = ScriptedRecogniser(*scripts)
        self.audio = spoken(*[("quiet", 0.5), ("speech", 1.0), ("quiet", 1.0)] * len(texts))

    async def events(self):
        pipeline = make_pipeline(
            self.settings,
            self.house,
            RecordingRecogniser(self.recogniser, self.folder),
            self.worker,
            Listening(wake=False, waits=True),
        )
        waits = STYLES["quick"]
        endpointing = Endpointing(
            SpeculativeEndpointer(waits.speculative),
            FinalEndpointer(waits.final),
            lambda _: Completeness.COMPLETE,
        )
        pipeline = replace(
            pipeline,
            services=replace(pipeline.services, endpointing=endpointing),
            trigger=lambda: SpeechTrigger(LoudnessVad()),
            voice=LoudnessVad,
        )
        async with aclosing(pipeline.events(ArraySource(self.audio))) as happened:
            return [event async for event in happened]

    async def state(self):
        return (await self.house.home.state("lock.front_door")).state


def words_of(event):
    return set(json.dumps(json.loads(event.to_json())).lower().replace('"', " ").split())


@pytest.fixture
async def heard(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    heard = Heard(tmp_path, UNLOCK, SAID)
    heard.happened = await heard.events()
    yield heard
    heard.worker.close()


async def test_a_code_opens_and_is_in_no_event(heard, caplog):
    replies = [event for event in heard.happened if event.type == "reply"]
    assert [reply.asks for reply in replies] == ["code", None]
    assert replies[-1].text == "Unlocked the Front door."
    assert await heard.state() == "unlocked"
    finals = [event.text for event in heard.happened if event.type == "final_endpoint"]
    assert finals == [UNLOCK, HIDDEN]
    assert not [event for event in heard.happened if words_of(event) & DIGITS]
    log = " ".join(record.getMessage() for record in caplog.get_records("setup"))
    assert not set(log.split()) & DIGITS


async def test_a_code_goes_to_no_server_and_into_no_recording(heard):
    assert heard.server.asked == [UNLOCK]
    assert len(list(heard.folder.glob("*.wav"))) == 1


async def test_words_are_told_again_after_it(tmp_path):
    heard = Heard(tmp_path, UNLOCK, SAID, "turn on the kitchen light")
    happened = await heard.events()
    finals = [event.text for event in happened if event.type == "final_endpoint"]
    assert finals == [UNLOCK, HIDDEN, "turn on the kitchen light"]
    heard.worker.close()
