"""A household on the real Home Assistant, spoken to in text or in sound."""

from contextlib import aclosing

from assistant.app.assembly import Listening, make_pipeline
from assistant.app.household import make_household
from assistant.config.hearing import WakeSettings
from assistant.config.settings import HomeSettings, Settings


class SpokenTo:
    def __init__(self, core):
        self.settings = Settings(
            home=HomeSettings(kind="home_assistant", url=core.url, token=core.token),
            wake=WakeSettings(words=("alexa", "okay_nabu")),
        )
        self.household = make_household(self.settings)
        self.home = self.household.home

    async def say(self, text):
        meant = self.household.understanding.interpret_text(text)
        carried = await self.household.dispatcher.carry_out(meant, text)
        assert carried.understood, f"{text!r} is not understood"
        return carried.outcome

    async def hear(self, source, recogniser, worker, *, wake=True):
        """All events while a source is played, the last of each type by the type's name."""
        listening = Listening(wake=wake)
        pipeline = make_pipeline(self.settings, self.household, recogniser, worker, listening)
        async with aclosing(pipeline.events(source)) as events:
            return {event.type: event async for event in events}
