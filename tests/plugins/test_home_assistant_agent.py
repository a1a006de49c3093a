"""What Home Assistant's agent is handed, and what only after a yes."""

import pytest
from household import build

from assistant.home.demo import DemoHome
from assistant.nlu.interpretation import Interpretation
from assistant.plugin_loader import load_plugins
from assistant.plugins import PluginContext


class AgentHome(DemoHome):
    def __init__(self):
        super().__init__()
        self.processed = []

    async def process(self, text):
        self.processed.append(text)
        return "Done."


@pytest.fixture
def home():
    return AgentHome()


@pytest.fixture
def registry(home):
    clock = build().clock
    return load_plugins(PluginContext(home, clock, clock.local_time))


async def act(registry, text, intent=None):
    return await registry.for_intent(intent).act(Interpretation(text, intent))


async def test_what_nothing_understood_is_handed_on(registry, home):
    outcome = await act(registry, "brew some coffee")
    assert (outcome.success, outcome.reply) == (True, "Done.")
    assert home.processed == ["brew some coffee"]


@pytest.mark.parametrize(
    "text",
    [
        "unlock the shed",
        "disarm the alarm",
        "turn off the alarm",
        "open the cellar door",
        "please open up the garage",
    ],
)
async def test_what_would_open_something_waits_for_a_yes(registry, home, text):
    outcome = await act(registry, text)
    assert not outcome.success
    assert outcome.reply == f'Did you say "{text}"? Then say yes.'
    assert home.processed == []
    assert (await act(registry, "yes", "HearthConfirm")).reply == "Done."
    assert home.processed == [text]
    assert not (await act(registry, "yes", "HearthConfirm")).success


async def test_a_yes_is_for_what_was_asked_last(registry, home):
    await act(registry, "disarm the alarm")
    unlocking = Interpretation(
        "unlock the front door", "HassTurnOff", {"name": "Front door"}, ("lock.front_door",), 0.3
    )
    await registry.for_intent("HassTurnOff").act(unlocking)
    outcome = await act(registry, "yes", "HearthConfirm")
    assert outcome.reply == "Unlocked the Front door."
    assert home.processed == []
