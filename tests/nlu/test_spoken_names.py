import pytest

from assistant.home.demo import DemoHome
from assistant.home.model import Device
from assistant.nlu.understanding import HomeUnderstanding
from tests.household import build

NAMES = {
    "light.f": "F1",
    "fan.fan": "Fan",
    "switch.ps": "PS5",
    "light.a": "Zone 1A",
    "light.b": "Zone 1B",
    "switch.r": "R2-D2",
    "switch.q": "Q-Lab #4",
    "switch.no": "Lab No. 5",
    "switch.coffee": "Mr. Coffee",
    "switch.led": "L.E.D. strip",
    "switch.usb": "USB-C dock",
    "light.room": "Room 205",
    "switch.card": "RTX 3080",
    "light.first": "1st stair lamp",
    "switch.and": "Salt & Pepper mill",
}


@pytest.fixture(scope="module")
def understanding():
    home = DemoHome()
    home._devices = tuple(Device(key, name, key.split(".")[0]) for key, name in NAMES.items())
    registry = build().registry
    return HomeUnderstanding(home, intents=registry.intents(), sentences=registry.sentences)


@pytest.mark.parametrize(
    ("said", "device"),
    [
        ("f one", "light.f"),
        ("the fan", "fan.fan"),
        ("the ps five", "switch.ps"),
        ("the p s five", "switch.ps"),
        ("PS5", "switch.ps"),
        ("zone one a", "light.a"),
        ("zone 1b", "light.b"),
        ("r two d two", "switch.r"),
        ("q lab four", "switch.q"),
        ("q lab number four", "switch.q"),
        ("lab number five", "switch.no"),
        ("mister coffee", "switch.coffee"),
        ("the led strip", "switch.led"),
        ("the l e d strip", "switch.led"),
        ("the u s b c dock", "switch.usb"),
        ("room two oh five", "light.room"),
        ("room two hundred and five", "light.room"),
        ("the rtx thirty eighty", "switch.card"),
        ("the first stair lamp", "light.first"),
        ("the salt and pepper mill", "switch.and"),
    ],
)
def test_a_written_name_is_found_as_it_is_spoken(understanding, said, device):
    found = understanding.interpret_text(f"turn on {said}")
    assert (found.targets, found.confidence) == ((device,), 1.0)
