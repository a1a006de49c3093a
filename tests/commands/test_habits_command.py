"""`assistant habits`: shown and forgotten, wherever the service keeps them."""

import json
import time

import pytest

from assistant.nlu.habit_counts import Habit
from assistant.nlu.habit_file import HabitFile
from assistant.nlu.habits import Habits


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """Habits as the service keeps them; an older systemd does so among the configuration."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)

    def kept(place):
        file = HabitFile(tmp_path / place / "hearth")
        habits = Habits(file, time.time)
        for _ in range(2):
            habits.note(Habit("HassTurnOn", "name=Floor lamp"))
        habits.note(Habit("HassGetCurrentTime", "-"))
        return file

    return kept


@pytest.mark.parametrize("place", ["state", "config"])
def test_they_are_shown_and_forgotten(assistant, kept, place):
    file = kept(place)
    assert json.loads(assistant("habits").out) == {
        "intents": {"HassGetCurrentTime": 1.0, "HassTurnOn": 2.0},
        "meanings": {"HassGetCurrentTime -": 1.0, "HassTurnOn name=Floor lamp": 2.0},
    }
    ran = assistant("habits", "forget")
    assert (ran.status, ran.err) == (0, f"deleted: {file.path}\n")
    assert not file.path.exists()
    assert json.loads(assistant("habits", "show").out) == {"intents": {}, "meanings": {}}
    assert assistant("habits", "forget").err == "there was nothing to forget\n"


@pytest.mark.usefixtures("terminal")
def test_they_are_for_people_at_a_terminal(assistant, kept):
    assert "nothing was learned yet" in assistant("habits").out
    kept("state")
    assert assistant("habits").out.splitlines() == [
        "     2.0  HassTurnOn name=Floor lamp",
        "     2.0  HassTurnOn, all of it",
        "     1.0  HassGetCurrentTime",
        "     1.0  HassGetCurrentTime, all of it",
    ]
