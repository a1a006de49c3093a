"""An entity of the home tells whether somebody is there."""

import logging

import pytest

from assistant.home.demo import DemoHome
from assistant.home.model import DeviceState
from assistant.presence.sensor import HomeSensor


class States:
    """A home of one entity."""

    def __init__(self, state=None):
        self.state = state

    def follow(self, entity_id):
        pass

    def sensed(self, entity_id):
        return self.state and DeviceState(self.state)


def sensor(home, entity="binary_sensor.kitchen_occupancy"):
    made = HomeSensor(entity)
    made.begin(home)
    return made


@pytest.mark.parametrize(
    ("entity", "state", "somebody"),
    [
        ("binary_sensor.x", "on", True),
        ("binary_sensor.x", "off", False),
        ("binary_sensor.x", "unavailable", None),
        ("person.anna", "home", True),
        ("person.anna", "not_home", False),
        ("person.anna", "Work", False),
        ("person.anna", "unknown", None),
        ("binary_sensor.x", "Work", None),
        ("binary_sensor.x", None, None),
    ],
)
def test_a_state_tells_whether_somebody_is_there(entity, state, somebody):
    assert sensor(States(state), entity).somebody is somebody


def test_an_entity_of_the_demo_home_is_at_hand():
    home = DemoHome()
    entities = ("binary_sensor.bedroom_window", "binary_sensor.kitchen_window", "person.nobody")
    assert [sensor(home, each).somebody for each in entities] == [True, False, None]


def test_what_is_lost_is_told_once(caplog):
    caplog.set_level(logging.INFO)
    home = States("on")
    occupancy = sensor(home)
    assert occupancy.somebody
    for home.state in ("unavailable", "unavailable", None, "off", "on"):
        occupancy.somebody  # noqa: B018 - it is asked
    lost, found = [each.message for each in caplog.records]
    assert "binary_sensor.kitchen_occupancy is unavailable" in lost
    assert "known again" in found


def test_a_home_that_cannot_tell_is_as_none():
    assert sensor(object()).somebody is None
