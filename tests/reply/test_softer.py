"""A voice that is lower than another."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.reply.softer import Softer
from assistant.reply.sound import Sound


class Tone:
    def __init__(self, level):
        self.level = level

    async def speak(self, text):
        return Sound(np.full(len(text), self.level, np.int16), 8000)


@given(level=st.integers(-32_768, 32_767), lower_db=st.floats(0.0, 60.0))
def test_it_is_so_much_lower_and_nothing_else_changes(level, lower_db):
    sound = asyncio.run(Softer(Tone(level), lower_db).speak("soft"))
    assert sound.rate == 8000
    assert sound.samples.dtype == np.int16
    assert sound.samples.tolist() == pytest.approx([level * 10 ** (-lower_db / 20)] * 4, abs=0.51)
