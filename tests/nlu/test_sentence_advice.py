from assistant.nlu.sentence_advice import Advice, unheard
from assistant.nlu.sentence_files import read_file
from tests.household import build

SLIPS = """
intents:
  HassTurnOn:
    data:
      - sentences: ["tea is ready", "tea is served"]
        slots: {name: Kettl}
      - sentences: ["attic party"]
        slots: {area: Attic, domain: lights}
      - sentences: ["top party {area:preferred}"]
        slots: {floor: Second}
      - sentences: ["movie time"]
  HassLightSet:
    data:
      - sentences: ["glare"]
        slots: {brightness: 150, area: kitchen}
      - sentences: ["gloom"]
        slots: {brightness: low, area: kitchen}
  HassTrunOff:
    data:
      - sentences: ["everything out"]
"""
RIGHT = """
lists: {how: {values: [{in: low, out: 10}]}}
intents:
  HassTurnOff:
    data:
      - sentences: ["bats out [of] [the] {area}"]
        slots: {domain: light}
      - sentences: ["tea is cold"]
        slots: {name: The Kettle}
      - sentences: ["tea is off"]
        slots: {name: switch.kettle}
      - sentences: ["all quiet upstairs"]
        slots: {floor: upstairs, domain: all}
  HassLightSet:
    data:
      - sentences: ["be {how:brightness} in {area}"]
  HassStartTimer:
    data:
      - sentences: ["steep it"]
        slots: {minutes: 4, name: Earl Grey}
  GreetGuest:
    data:
      - sentences: ["greet {name:guest}"]
        slots: {name: Nobody, mood: good}
"""


def advice(tmp_path, text):
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    house = build()
    found = Advice(house.home, house.registry.sentences).on(read_file(path))
    return [each.removeprefix(f"{path}, ") for each in found]


def test_slips_are_told_with_their_line(tmp_path):
    areas = "Bathroom, Bedroom, Garage, Garden, Hallway, Kids room, Kitchen, Living room, Office"
    known = "it knows area, device_class, domain, floor, name"
    assert advice(tmp_path, SLIPS) == [
        "line 5: this home has no device 'Kettl'; the nearest is 'Kettle'",
        "line 7: there is no domain 'lights'; the nearest is 'light'",
        f"line 7: this home has no area 'Attic'; it has {areas}",
        f"line 9: HassTurnOn does nothing with 'preferred'; {known}",
        "line 9: this home has no floor 'Second'; it has Ground floor, Upstairs",
        "line 11: it does not say what HassTurnOn means; add slots, such as {name: Kettle}",
        "line 14: 'brightness' of HassLightSet goes from 0 to 100, and is 150 here",
        "line 16: 'brightness' of HassLightSet is a number, not 'low'",
    ]


def test_what_is_right_is_not_told(tmp_path):
    assert advice(tmp_path, RIGHT) == []


def test_an_intent_that_nobody_carries_out_is_told_with_the_nearest(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(SLIPS, encoding="utf-8")
    (told,) = unheard([read_file(path)], build().registry.intents())
    assert told.startswith(f"{path}, line 20: no plugin carries out the intent 'HassTrunOff'")
    assert "(the nearest is 'HassTurnOff')" in told
