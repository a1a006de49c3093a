"""A code over Wyoming: as a text, and its speech is judged by nobody else."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("wyoming", reason="the extra `wyoming` is not installed")

from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStop

from assistant.app.household import make_household
from assistant.config import HomeSettings, Settings
from assistant.pipeline.rescorer import Unchanged
from assistant.pipeline.worker import Worker
from assistant.wyoming.description import describe
from assistant.wyoming.session import Services, Session
from tests.scripted import Script, ScriptedRecogniser


class Judge(Unchanged):
    """A second opinion that changes nothing."""

    asked = 0

    def open(self):
        self.asked += 1
        return self


async def test_a_text_may_be_the_code_and_its_speech_is_judged_by_nobody_else():
    async def speak():
        chunk = AudioChunk(16_000, 2, 1, np.zeros(32_000, np.int16).tobytes())
        await session.take(chunk.event())
        await session.take(AudioStop().event())

    async def say(text):
        await session.take(Transcript(text=text).event())
        return sent[-1].text

    async def send(event):
        sent.append(event)

    sent, judge, worker = [], Judge(), Worker()
    house = replace(make_household(Settings(home=HomeSettings(code="4711"))), rescorer=judge)
    services = Services(
        info=describe("scripted", ()),
        worker=worker,
        recogniser=ScriptedRecogniser(Script([("four", 0.5)])),
        detector=lambda names: None,
        household=house,
        bias=tuple,
    )
    session = Session(services, send)
    assert await say("unlock the front door") == "What is the code to unlock the Front door?"
    await speak()
    assert judge.asked == 0
    assert await say("4711") == "Unlocked the Front door."
    await speak()
    assert judge.asked == 1
    worker.close()
