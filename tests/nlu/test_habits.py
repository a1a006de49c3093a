"""What is asked for often: how it is counted, kept and forgotten."""

import json
import stat
from itertools import pairwise

import pytest

from assistant.lattice.graph import Hypothesis, Word
from assistant.nlu.habit_counts import HALF_LIFE_S, Counts, Habit
from assistant.nlu.habit_file import HabitFile
from assistant.nlu.habits import Habits
from assistant.nlu.understanding import HomeUnderstanding
from tests.household import build

NOON = 1_795_867_200.0
LAMP = Habit("HassTurnOn", "name=Floor lamp")
BLINDS = Habit("HassSetPosition", "name=Office blinds, position=40")


def counted(*habits, at_s=NOON):
    counts = Counts(at_s)
    for habit in habits:
        counts = counts.and_one(habit)
    return counts


def test_at_the_start_only_what_is_usual_in_homes_is_likelier():
    assert Counts().prior(BLINDS) == 0.0
    assert 0.0 < Counts().prior(LAMP) < 1.0


def test_what_is_asked_for_becomes_likelier_step_by_step_and_the_rest_less_likely():
    steps = [counted(*[BLINDS] * count).prior(BLINDS) for count in range(40)]
    assert all(0 <= later - earlier < 0.8 for earlier, later in pairwise(steps))
    assert steps[1] > 0.5
    assert counted(*[BLINDS] * 40).prior(LAMP) < Counts().prior(LAMP)


@pytest.mark.parametrize("count", [0, 1, 10, 100_000])
def test_a_prior_has_bounds(count):
    counts = Counts(NOON, {"HassSetPosition": count}, {BLINDS.meaning: count})
    assert -1.0 <= counts.prior(Habit("HassVacuumStart", "-")) <= counts.prior(BLINDS) <= 2.0


def test_a_count_halves_in_its_half_life_and_is_forgotten_in_the_end():
    counts = counted(*[LAMP] * 8)
    assert counts.at(NOON + HALF_LIFE_S).meanings == {LAMP.meaning: pytest.approx(4.0)}
    assert counts.at(NOON + 2 * HALF_LIFE_S).intents == {"HassTurnOn": pytest.approx(2.0)}
    assert not counts.at(NOON + 10 * HALF_LIFE_S).meanings


def test_a_clock_that_is_behind_forgets_nothing():
    """A small computer without a clock starts in another year, until the network tells it."""
    counts = counted(LAMP).at(0.0).and_one(LAMP)
    assert counts.at_s == NOON
    assert counts.at(NOON).meanings == {LAMP.meaning: 2.0}


def test_they_are_kept_over_a_restart_for_their_owner_alone(tmp_path):
    folder = tmp_path / "state"
    Habits(HabitFile(folder), lambda: NOON).note(LAMP)
    assert Habits(HabitFile(folder), lambda: NOON).counts == counted(LAMP)
    assert stat.S_IMODE((folder / "habits.json").stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == ["habits.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version": 2}',
        '{"version": 1, "at": 0, "intents": {"A": "x"}}',
        '{"version": 1, "at": 0, "intents": {"A": NaN}, "meanings": {}}',
    ],
)
def test_a_damaged_file_is_set_aside_and_said(tmp_path, caplog, text):
    (tmp_path / "habits.json").write_text(text, "utf-8")
    habits = Habits(HabitFile(tmp_path), lambda: NOON)
    assert "cannot be read and is now habits.json.bad" in caplog.text
    habits.note(LAMP)
    assert json.loads((tmp_path / "habits.json").read_text("utf-8"))["intents"] == {"HassTurnOn": 1}
    assert (tmp_path / "habits.json.bad").read_text("utf-8") == text
    assert HabitFile(tmp_path).forget()
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_is_said_once(tmp_path, caplog):
    (tmp_path / "state").write_text("a file where the folder should be", "utf-8")
    habits = Habits(HabitFile(tmp_path / "state"), lambda: NOON)
    habits.note(LAMP)
    habits.note(LAMP)
    assert caplog.text.count("habits will not survive a restart") == 1


def test_a_folder_that_cannot_be_had_is_no_reason_not_to_hear(tmp_path, caplog):
    habits = Habits(HabitFile(tmp_path / ("too long" * 50)), lambda: NOON)
    assert habits.prior(BLINDS) == 0.0
    habits.note(LAMP)
    assert "habits start anew" in caplog.text
    assert "habits will not survive a restart" in caplog.text


def test_who_deletes_the_file_makes_a_running_service_forget(tmp_path):
    habits = Habits(HabitFile(tmp_path), lambda: NOON)
    for _ in range(9):
        habits.note(BLINDS)
    HabitFile(tmp_path).forget()
    assert habits.prior(BLINDS) == 0.0
    habits.note(LAMP)
    assert habits.counts == counted(LAMP)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Understanding that learns, of the home of `build`."""
    made = build()
    habits = Habits(HabitFile(tmp_path_factory.mktemp("state")), lambda: NOON)
    understanding = HomeUnderstanding(
        made.home,
        intents=made.registry.intents(),
        sentences=made.registry.sentences,
        habits=habits,
    )
    return understanding, habits


def test_a_sentence_is_likelier_for_having_been_said_in_other_words(house):
    understanding, _ = house
    network = understanding.network(("okay nabu",))
    before = network.prior("switch the floor lamp on")
    for _ in range(3):
        understanding.learn(understanding.interpret_text("turn on the floor lamp"))
    after = network.prior("switch the floor lamp on")
    assert after > before + 0.5
    assert network.prior("okay nabu turn on the floor lamp") == after
    assert network.prior("turn on the") == 0.0
    assert network.prior("colourless green ideas") == 0.0


@pytest.mark.parametrize("text", ["unlock the front door", "open the garage door"])
def test_what_may_open_a_home_is_heard_no_sooner_for_having_been_opened(house, text):
    understanding, habits = house
    before = habits.counts
    understanding.learn(understanding.interpret_text(text))
    assert understanding.network().prior(text) == 0.0
    assert habits.counts == before


def test_words_of_no_list_are_never_kept(house):
    understanding, habits = house
    before = habits.counts
    for text in ("add a diary to the shopping list", "remind me to call the doctor in an hour"):
        meant = understanding.interpret_text(text)
        assert meant.intent
        understanding.learn(meant)
    assert habits.counts.meanings == before.meanings
    assert sum(habits.counts.intents.values()) == sum(before.intents.values()) + 2


def test_habits_decide_between_what_sounds_alike_but_not_for_what_does_not(house):
    understanding, _ = house
    for _ in range(30):
        understanding.learn(understanding.interpret_text("set a timer for fifteen minutes"))
    network = understanding.network()
    fifty = network.prior("set a timer for fifty minutes")
    assert 0.5 < network.prior("set a timer for fifteen minutes") - fifty < 3.0


def heard(text, log_prob, prior):
    words = tuple(Word(each, 0.0, 0.0) for each in text.split())
    return Hypothesis(words, log_prob + 10.0 + prior, boost=10.0 + prior, sentence_boost=10 + prior)


def test_what_is_likelier_only_by_habit_has_to_be_close_or_is_asked(house):
    """How likely the words are without any favour decides, so habits cannot act by themselves."""
    understanding, _ = house
    often, said = "set a timer for fifteen minutes", "set a timer for fifty minutes"
    close = understanding.interpret([heard(often, -3.5, 2.0), heard(said, -3.0, -1.0)])
    far = understanding.interpret([heard(often, -5.5, 2.0), heard(said, -3.0, -1.0)])
    assert (close.slots, close.question) == ({"minutes": 15}, "")
    assert far.question
