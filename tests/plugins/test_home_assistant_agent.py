"""What Home Assistant's agent is handed, and what only after a yes."""

import pytest

from assistant.dialogue.dispatcher import Dispatcher
from assistant.home.demo import DemoHome
from assistant.home.model import HomeError, NotUnderstoodError
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.understanding import HomeUnderstanding
from assistant.plugins.api import PluginContext
from assistant.plugins.loader import load_plugins
from tests.household import build, hypothesis

REFUSAL = NotUnderstoodError("Sorry, I am not aware of that.")


class AgentHome(DemoHome):
    """The demo home as if Home Assistant kept it, without some of what it has."""

    def __init__(self):
        super().__init__()
        self.processed = []
        self.error = None

    def devices(self):
        return [each for each in super().devices() if each.domain not in {"todo", "weather"}]

    async def process(self, text):
        self.processed.append(text)
        if self.error:
            raise self.error
        return "Done."


@pytest.fixture
def home():
    return AgentHome()


@pytest.fixture
def context(home):
    clock = build().clock
    return PluginContext(home, clock, clock.local_time)


@pytest.fixture
def registry(context):
    return load_plugins(context)


@pytest.fixture(scope="module")
def understanding():
    home = AgentHome()
    registry = load_plugins(PluginContext(home))
    return HomeUnderstanding(home, intents=registry.intents(), sentences=registry.sentences)


@pytest.fixture
def say(registry, context, understanding):
    """Say something that may have been heard in several ways, and have it carried out."""

    async def say(*heard):
        meant = understanding.interpret(
            [hypothesis(text, -float(n)) for n, text in enumerate(heard)]
        )
        dispatcher = Dispatcher(registry.for_intent, context.ask)
        return await dispatcher.carry_out(meant, heard[0])

    return say


async def act(registry, text, intent=None):
    return await registry.for_intent(intent).act(Interpretation(text, intent))


async def test_what_nothing_understood_is_handed_on(registry, home):
    outcome = await act(registry, "brew some coffee")
    assert (outcome.success, outcome.reply) == (True, "Done.")
    assert home.processed == ["brew some coffee"]


UNKNOWN = [
    ("please turn on the fog machine", "home_control", "I know no device called fog machine."),
    ("start the disco", "home_control", "I know no device called disco."),
    ("open the hatch", "home_control", "I know no device called hatch."),
    ("dim the chandelier", "home_control", "I know no device called chandelier."),
    ("turn on the fan in the garage", "home_control", "There is no fan in the Garage."),
    ("mow the lawn", "home_control", "This home has no such device."),
    ("what's the weather", "weather", "This home has no weather forecast."),
    ("add milk to my shopping list", "lists", "This home has no such list."),
]


@pytest.mark.parametrize(("said", "plugin", "own"), UNKNOWN, ids=[said for said, *_ in UNKNOWN])
async def test_what_the_home_does_not_have_is_handed_on_first(say, home, said, plugin, own):
    carried = await say(said)
    assert (carried.plugin, carried.outcome.reply) == ("home_assistant", "Done.")
    home.error = REFUSAL
    carried = await say(said)
    assert (carried.plugin, carried.outcome.success) == (plugin, False)
    assert carried.outcome.reply == own
    assert home.processed == [said, said]


async def test_the_words_that_were_heard_are_handed_on_not_others_that_make_sense(say, home):
    carried = await say("start thy disco", "start the disco")
    assert carried.plugin == "home_assistant"
    assert home.processed == ["start thy disco"]


KNOWN = [
    ("turn on the kitchen light", "Turned on the Kitchen light."),
    ("set the thermostat to thirty nine degrees", "Living room thermostat can be set from 5 to 30"),
    ("cancel the timer", "No timer is running."),
]


@pytest.mark.parametrize(("said", "own"), KNOWN)
async def test_what_the_home_has_is_not_handed_on(say, home, said, own):
    assert (await say(said)).outcome.reply.startswith(own)
    assert home.processed == []


async def test_an_agent_that_fails_is_no_agent_that_knows_nothing(say, home):
    home.error = HomeError("Home Assistant did not answer within 10 s.")
    carried = await say("start the disco")
    assert (carried.plugin, carried.outcome.success) == ("home_assistant", False)
    assert carried.outcome.reply == "Home Assistant did not answer within 10 s."


@pytest.mark.parametrize(
    "text",
    [
        "unlock the shed",
        "disarm the alarm",
        "turn off the alarm",
        "open the cellar door",
        "please open up the garage",
        "lift the gate",
        "press the garage opener",
        "turn off the shed's lock",
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


@pytest.mark.parametrize(
    "text", ["close the cellar door", "turn on the lamp at the door", "press the door bell"]
)
async def test_what_opens_nothing_does_not_wait(registry, home, text):
    assert (await act(registry, text)).reply == "Done."


async def test_a_yes_is_not_handed_on(say, home):
    home.error = REFUSAL
    assert (await say("unlock the shed")).outcome.reply == (
        'Did you say "unlock the shed"? Then say yes.'
    )
    assert (await say("yes")).outcome.reply == "Sorry, I am not aware of that."
    assert home.processed == ["unlock the shed"]


async def test_a_yes_is_for_what_was_asked_last(registry, home, context):
    await act(registry, "disarm the alarm")
    unlocking = Interpretation(
        "unlock the front door", "HassTurnOff", {"name": "Front door"}, ("lock.front_door",), 0.3
    )
    await Dispatcher(registry.for_intent, context.ask).carry_out(unlocking, unlocking.text)
    outcome = await act(registry, "yes", "HearthConfirm")
    assert outcome.reply == "Unlocked the Front door."
    assert home.processed == []
