"""Rights and own lists, in the demo home with the one dispatcher."""

from dataclasses import replace

import pytest

from assistant.dialogue.voices import Voices
from assistant.home.demo import DemoHome
from assistant.home.model import Device
from assistant.nlu.interpretation import Interpretation
from assistant.speaker.heard import HeardVoice
from assistant.speaker.own_things import OwnThings
from assistant.speaker.rights import Rights
from tests.household import build

ANNA, CHILD, GUEST = (HeardVoice(name, 0.99) for name in ("Anna", "child", None))
DENIED = {"Anna": (), "child": ("locks", "garage", "Office light", "calls")}


@pytest.fixture
def house(tmp_path):
    house = build(tmp_path)
    voices = Voices(Rights(DENIED, house.home))
    house.dispatcher = replace(house.dispatcher, voices=voices)
    return house


async def say(house, text, speaker):
    meant = house.understanding.interpret_text(text).said_by(speaker)
    return (await house.dispatcher.carry_out(meant, text)).outcome


@pytest.mark.parametrize(
    "text",
    ["unlock the front door", "open the garage door", "turn on the office light", "call anna"],
)
async def test_what_is_denied(house, text):
    for speaker in (CHILD, GUEST, None, HeardVoice("Unlisted", 0.99)):
        outcome = await say(house, text, speaker)
        assert not outcome.success
        assert "not allowed" in outcome.reply or "do not know your voice" in outcome.reply
    assert (await house.state("lock.front_door")) == "locked"


async def test_the_rest_is_not_denied(house):
    assert (await say(house, "turn on the kitchen light", CHILD)).success
    assert (await say(house, "unlock the front door", ANNA)).reply.startswith("Unlocked")


async def test_a_command_in_a_sentence_of_several(house):
    outcome = await say(house, "turn on the kitchen light and unlock the front door", CHILD)
    assert "not allowed" in outcome.reply
    assert (await house.state("light.kitchen")) == "off"


async def test_everyone_may_say_stop(house):
    voices = Voices(Rights({"Anna": (), "guest": ("timers",)}, house.home))
    house.dispatcher = replace(house.dispatcher, voices=voices)
    assert (await say(house, "stop", GUEST)).reply == "Nothing is playing."
    assert "do not know your voice" in (await say(house, "set a timer for a minute", GUEST)).reply


async def test_a_yes_needs_the_rights_to_what_was_asked(house):
    asks = Interpretation("unlock the front door", "HassTurnOff", targets=("lock.front_door",))
    voices = replace(house.dispatcher.voices, asked=lambda: asks)
    house.dispatcher = replace(house.dispatcher, voices=voices)
    assert "not allowed" in (await say(house, "yes", CHILD)).reply
    assert (await say(house, "yes", ANNA)).reply == "There is nothing to say yes to."


async def test_a_command_for_later_is_of_who_gave_it(tmp_path):
    async def later(text):
        meant = house.understanding.interpret_text(text)
        return (await house.dispatcher.carry_out(meant, text)).outcome

    house = build(tmp_path, carry_out=later, carry_out_confirmed=later)
    voices = Voices(Rights({"Anna": (), "child": ("lights",)}, house.home))
    house.dispatcher = replace(house.dispatcher, voices=voices)
    for speaker, then in ((CHILD, "off"), (ANNA, "on")):
        await say(house, "turn on the kitchen light in ten minutes", speaker)
        await house.clock.turn(700)
        assert await house.state("light.kitchen") == then


async def test_what_nobody_here_understands_is_not_handed_on_for_whom_something_is_denied():
    rights = Rights(DENIED)
    assert rights.refusal(CHILD, (), None, "home_assistant")
    assert not rights.refusal(ANNA, (), None, "home_assistant")


@pytest.mark.parametrize("name", ["child", "guest", "unlisted"])
def test_only_names_without_more_rights_are_learned_by_talking(name):
    assert Rights(DENIED).may_be_learned_by_voice(name)
    assert not Rights(DENIED).may_be_learned_by_voice("ANNA")
    assert Rights({"Anna": ()}).may_be_learned_by_voice("Anna")


def test_words_that_deny_nothing_are_found():
    rights = Rights({"child": ("lokcs", "locks", "garage", "kitchen", "calls")}, DemoHome())
    assert rights.unknown(["calls"], []) == ["lokcs"]


class Shared(DemoHome):
    """With lists of the household's and of people's own."""

    def devices(self):
        return (
            Device("todo.shopping", "Shopping list", "todo"),
            Device("todo.anna", "Anna's shopping list", "todo"),
            Device("todo.ben", "Ben's list", "todo"),
        )


@pytest.mark.parametrize(
    ("name", "text", "own"),
    [
        ("Anna", "add milk to my shopping list", "todo.anna"),
        ("Anna", "add milk to the shopping list", None),
        ("Ben", "add milk to my list", "todo.ben"),
        ("Ben", "add milk to my shopping list", None),
        ("Cleo", "add milk to my shopping list", "todo.ben"),
        ("Zoe", "add milk to my list", None),
    ],
)
def test_whose_list_is_mine(name, text, own):
    things = OwnThings(Shared(), {"cleo": "Ben's list"})
    assert things.list_of(name, text, "todo.shopping") == own


def test_my_list_is_that_of_who_says_it():
    home = Shared()
    voices = Voices(own=OwnThings(home, {}))
    meant = Interpretation("add milk to my shopping list", "HassShoppingListAddItem")
    meant = replace(meant, targets=("todo.shopping",))
    assert voices.personal(meant.said_by(ANNA)).targets == ("todo.anna",)
    assert voices.personal(meant.said_by(GUEST)).targets == ("todo.shopping",)
    assert voices.personal(meant).targets == ("todo.shopping",)
