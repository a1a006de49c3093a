"""Which names are favoured, and after which words."""

from assistant.app.household import make_household
from assistant.app.recognition import bias_phrases
from assistant.config.hearing import PersonalisationSettings, WeightSettings
from assistant.config.settings import Settings
from assistant.home.demo import DemoHome


def phrases(home=None, before=None, more=(), **personal):
    settings = Settings(personalisation=PersonalisationSettings(**personal))
    found = bias_phrases(settings, home or DemoHome(), more, before)
    return {phrase.text: phrase for phrase in found}


def test_all_lists_are_favoured_once():
    people = DemoHome(lambda: ("Siobhan Walsh", "Siobhan Byrne"))
    found = phrases(people, words=("Mittens",), more=("Radio Paradise", "Mittens"))
    assert found.keys() >= {"Kitchen light", "Bedroom", "Siobhan Walsh", "Mittens"}
    assert found.keys() >= {"Siobhan", "Radio Paradise"}
    assert phrases(enabled=False) == {}


def test_each_list_counts_as_much_as_its_weight_says():
    people = DemoHome(lambda: ("Siobhan",))
    weights = WeightSettings(devices=0.5, rooms=0, people=2)
    found = phrases(people, words=("Mittens",), weights=weights)
    names = ("Kitchen light", "Bedroom", "Siobhan", "Mittens")
    assert [found[name].weight for name in names] == [0.5, 0, 2, 1]


def test_names_are_likelier_after_the_words_of_the_sentences():
    house = make_household(Settings())
    found = phrases(
        DemoHome(lambda: ("Siobhan",)), house.understanding.words_before, words=("Mittens",)
    )
    assert {"call", "text", "to"} <= set(found["Siobhan"].after)
    assert {"the", "on", "dim"} <= set(found["Kitchen light"].after)
    assert "call" not in found["Kitchen light"].after
    assert found["Mittens"].after == ()


def test_sounds_stand_in_for_the_words_of_a_name():
    people = DemoHome(lambda: ("Siobhan Walsh", "Aoife"))
    found = phrases(
        people, sounds_like={"siobhan": ("shi-vawn",), "Aoife": ("ee fa",), "Tadhg": ("tige",)}
    )
    assert found["Siobhan Walsh"].sounds_like == ("shivawn walsh",)
    assert found["Siobhan"].sounds_like == ("shivawn",)
    assert found["Aoife"].sounds_like == ("eefa",)
    assert found["Tadhg"].sounds_like == ("tige",)


def test_a_new_contact_is_favoured_in_the_next_utterance():
    people = ["Siobhan"]
    home = DemoHome(lambda: people)
    assert "Tadhg" not in phrases(home)
    people.append("Tadhg")
    assert "Tadhg" in phrases(home)
