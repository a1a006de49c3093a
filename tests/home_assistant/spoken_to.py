"""A household on the real Home Assistant, spoken to in text."""

from assistant.config.settings import HomeSettings, Settings
from assistant.household import make_household


class SpokenTo:
    def __init__(self, core):
        settings = Settings(
            home=HomeSettings(kind="home_assistant", url=core.url, token=core.token)
        )
        self.household = make_household(settings)
        self.home = self.household.home

    async def say(self, text):
        meant = self.household.understanding.interpret_text(text)
        plugin = self.household.plugins.for_intent(meant.intent)
        assert plugin is not None, f"{text!r} is not understood"
        return await plugin.act(meant)
