import pytest

from assistant.home.demo import DemoHome
from assistant.home.model import Area, Device
from assistant.nlu.understanding import HomeUnderstanding
from tests.household import build, hypothesis


@pytest.fixture(scope="module")
def understanding():
    return build().understanding


@pytest.mark.parametrize(
    ("said", "slot", "value"),
    [
        ("set the bedroom light to fifty percent", "brightness", 50),
        ("set the bedroom light to a hundred percent", "brightness", 100),
        ("set the bedroom light to thirty five per cent", "brightness", 35),
        ("set the thermostat to twenty one point five degrees", "temperature", 21.5),
        ("set the thermostat to nineteen and a half degrees", "temperature", 19.5),
        ("set the thermostat to 20.5 degrees", "temperature", 20.5),
        ("set the thermostat to 20.5\u00b0", "temperature", 20.5),
        ("set a timer for ninety minutes", "minutes", 90),
        ("set a timer for half an hour", "minutes", 30),
        ("set an alarm for quarter to seven p m", "clock_time", 1845),
        ("set an alarm for half past six a m", "clock_time", 630),
    ],
)
def test_numbers_are_words(understanding, said, slot, value):
    assert understanding.interpret_text(said).slots[slot] == value


@pytest.mark.parametrize(
    ("said", "intent", "slots"),
    [
        ("raise the volume", "HassSetVolumeRelative", {"volume_step": "up"}),
        ("turn the volume down a little", "HassSetVolumeRelative", {"volume_step": "down"}),
        ("make the volume lower", "HassSetVolumeRelative", {"volume_step": "down"}),
        ("a bit louder", "HassSetVolumeRelative", {"volume_step": "up"}),
        ("mute the speakers", "HassMediaPlayerMute", {}),
        ("lower the lights", "HassLightSet", {"brightness_step": -20}),
        ("turn the lights down a bit", "HassLightSet", {"brightness_step": -20}),
        ("make the lights in the bedroom a bit brighter", "HassLightSet", {"brightness_step": 20}),
        ("turn the kitchen light up a little", "HassLightSet", {"brightness_step": 20}),
        ("increase the brightness", "HassLightSet", {"brightness_step": 20}),
        (
            "set the brightness to ten percent in the kitchen",
            "HassLightSet",
            {"brightness": 10, "area": "Kitchen"},
        ),
        ("heating to twenty", "HassClimateSetTemperature", {"temperature": 20}),
        ("change the color of the bedroom light to green", "HassLightSet", {"color": "green"}),
        ("change the light colour to blue", "HassLightSet", {"color": "blue"}),
        ("turn the house lights off", "HassTurnOff", {"domain": "light"}),
        ("what's my next alarm", "HassTimerStatus", {"kind": "alarm"}),
        ("what time will my alarm go off", "HassTimerStatus", {"kind": "alarm"}),
        ("cancel the alarm that is set for eight a m", "HassCancelTimer", {"clock_time": 800}),
    ],
)
def test_everyday_words_for_everyday_things(understanding, said, intent, slots):
    meant = understanding.interpret_text(said)
    assert (meant.intent, meant.question) == (intent, "")
    assert meant.slots.items() >= slots.items()


@pytest.mark.parametrize("said", ["tomorrow at five", "monday morning at five o'clock"])
def test_a_time_alone_is_no_command(understanding, said):
    """Its day, read as a part of the time, is no command that is to wait for it."""
    assert understanding.interpret_text(said).intent is None


@pytest.mark.parametrize(
    "said", ["are any first floor lights on", "are any lights on on the first floor"]
)
def test_a_floor_is_named_with_and_without_the_word(said):
    home = DemoHome()
    home.areas = lambda: [Area("kitchen", "Kitchen", floor="First Floor")]
    registry = build().registry
    understood = HomeUnderstanding(
        home, intents=registry.intents(), sentences=registry.sentences
    ).interpret_text(said)
    assert (understood.intent, understood.slots["floor"]) == ("HassGetState", "First Floor")


@pytest.mark.parametrize(
    "said",
    [
        "please turn on the kitchen light",
        "um could you turn on the kitchen light please",
        "turn the kitchen light on",
        "Turn on the Kitchen Light!",
        "okay switch on kitchen light for me",
        "turn on the kitchen light again",
        "i want to turn on the kitchen light",
        "i need you to turn on the kitchen light",
        "i'd like to turn the kitchen light on please",
        "could you be so kind and turn on the kitchen light",
        "turn on the kitchen light for now please",
    ],
)
def test_politeness_and_hesitation_mean_nothing(understanding, said):
    plain = understanding.interpret_text("turn on the kitchen light")
    assert understanding.interpret_text(said).same_meaning(plain)


def test_a_correction_costs_confidence(understanding):
    exact = understanding.interpret_text("lock the back door")
    near = understanding.interpret_text("lock the bag door")
    assert near.same_meaning(exact)
    assert near.confidence < exact.confidence == 1.0


@pytest.mark.parametrize("said", ["turn off all", "switch all off", "turn all on"])
def test_all_of_what_is_asked(understanding, said):
    found = understanding.interpret_text(said)
    switched = "on" if said.endswith("on") else "off"
    assert found.question == f"Did you mean: turn {switched} everything?"
    assert found.slots == {"domain": "all"}


@pytest.mark.parametrize("where", ["in the kitchen", "upstairs"])
def test_all_of_a_place_is_everything_there(understanding, where):
    everything = understanding.interpret_text(f"turn off everything {where}")
    found = understanding.interpret_text(f"turn off all {where}")
    assert (found.question, found.targets) == ("", everything.targets)


@pytest.mark.parametrize("said", ["the office one", "kitchen one", "the bedside lamp one please"])
def test_one_after_a_name_is_no_amount(understanding, said):
    assert understanding.interpret_text(said).intent is None


@pytest.mark.parametrize("said", ["set the office light to one", "set the office light one"])
def test_one_is_an_amount_where_something_is_set(understanding, said):
    assert understanding.interpret_text(said).slots["brightness"] == 1


@pytest.mark.parametrize("said", ["the door", "the kitchen light", "up", "me a coffee"])
def test_what_is_to_be_got_is_not_always_to_be_bought(understanding, said):
    assert understanding.interpret_text(f"get {said}").intent is None


@pytest.mark.parametrize("heard", ["she", "shut"])
def test_set_is_told_from_what_it_sounds_like_by_the_rest(understanding, heard):
    meant = understanding.interpret_text("set the bedroom light to fifty percent")
    found = understanding.interpret_text(f"{heard} the bedroom light to fifty percent")
    assert found.same_meaning(meant)
    assert understanding.interpret_text("shut the living room blinds").confidence == 1.0


def test_a_swallowed_in_does_not_widen_the_command(understanding):
    exact = understanding.interpret_text("turn off everything in the kitchen")
    assert understanding.interpret_text("turn off everything the kitchen").same_meaning(exact)


@pytest.mark.parametrize(
    "said",
    [
        "turn on the light in the kid's room",
        "turn on the light in the childrens room",
        "switch on the lights in the children\u2019s room",
    ],
)
def test_nobody_hears_an_apostrophe(understanding, said):
    meant = understanding.interpret_text(said)
    assert (meant.intent, meant.slots["area"], meant.question) == ("HassTurnOn", "Kids room", "")


def test_a_negation_is_not_corrected_away(understanding):
    assert understanding.interpret_text("don't turn on the kichen light").intent is None


def test_doubt_between_two_meanings_is_shown(understanding):
    sure = understanding.interpret([hypothesis("unlock the front door")])
    unsure = understanding.interpret(
        [hypothesis("unlock the front door", 0.0), hypothesis("lock the front door", -0.5)]
    )
    assert unsure.intent == sure.intent == "HassTurnOff"
    assert unsure.confidence < 0.6 < sure.confidence
    assert [other.intent for other in unsure.alternatives] == ["HassTurnOn"]


def test_a_device_named_in_two_ways_is_no_doubt(understanding):
    sure = understanding.interpret(
        [hypothesis("open the garage door"), hypothesis("open the garage garage door", -0.5)]
    )
    assert (sure.targets, sure.confidence) == (("cover.garage_door",), 1.0)
    rooms = [hypothesis("clean the kitchen"), hypothesis("clean the chicken", -0.5)]
    assert understanding.interpret(rooms).slots["area"] == "Kitchen"
    rooms = [hypothesis("clean the office"), hypothesis("clean the bathroom", -0.5)]
    assert understanding.interpret(rooms).confidence < 0.6


def test_words_far_behind_do_not_count(understanding):
    found = understanding.interpret(
        [hypothesis("mumble mumble", 0.0), hypothesis("unlock the front door", -13.0)]
    )
    assert found.intent is None


def test_the_room_of_the_assistant_is_meant():
    house = build()
    there = HomeUnderstanding(
        house.home,
        intents=house.registry.intents(),
        sentences=house.registry.sentences,
        own_area="Study",
    )
    found = there.interpret_text("turn on the lights")
    assert found.targets == ("light.office", "light.office_desk_lamp")
    assert len(there.interpret_text("turn on all the lights everywhere").targets) == 15
    assert there.interpret_text("turn on the desk lamp").targets == ("light.office_desk_lamp",)


def test_a_renamed_device_is_known_at_once():
    house = build()
    house.home._devices = tuple(
        Device(device.id, "Moonbeam", device.domain, device.area_id)
        if device.id == "light.kitchen"
        else device
        for device in house.home.devices()
    )
    own = HomeUnderstanding(house.home, intents=["HassTurnOn"])
    assert own.interpret_text("turn on moonbeam").targets == ("light.kitchen",)


# fmt: off
COLOURS = ["red", "blue", "green", "amber", "ivory", "coral", "olive", "pearl", "ruby", "sky"]
PLACES = ["loft", "attic", "cellar", "den", "nook", "porch", "studio", "pantry", "lobby", "bay"]
KINDS = ["light", "lamp", "fan", "blind", "switch", "heater", "lock", "socket", "sensor", "scene"]
# fmt: on


class LargeHome:
    """A thousand devices in a hundred rooms."""

    name = "large"

    def __init__(self):
        rooms = [f"{colour} {place}" for colour in COLOURS for place in PLACES]
        self._areas = [Area(room, room.title()) for room in rooms]
        domains = {"lamp": "light", "blind": "cover", "heater": "climate"}
        self._devices = [
            Device(f"{kind}.{room}", f"{room} {kind}".title(), domains.get(kind, kind), room)
            for room in rooms
            for kind in KINDS
        ]

    def areas(self):
        return self._areas

    def devices(self):
        return self._devices

    def contacts(self):
        return ()


def test_a_command_in_a_large_home_is_understood():
    large = HomeUnderstanding(LargeHome(), sentences=build().registry.sentences)
    for text, device in (
        ("turn on the ruby studio lamp", "lamp.ruby studio"),
        ("close the olive porch blind", "blind.olive porch"),
        ("turn on the ruby studeo lamp", "lamp.ruby studio"),
    ):
        assert large.interpret_text(text).targets == (device,)


@pytest.mark.parametrize(
    ("said", "own", "free"),
    [
        ("turn on the kitchen light", 5, 0),
        ("add buy tea to my shopping list", 5, 2),
        ("please add buy tea to my shopping list", 6, 2),
        ("set a cake timer for ten minutes", 6, 1),
        ("add tea to my shopping list and turn on the kitchen light", 11, 1),
        ("turn on the kitchen light and then add oat milk to my shopping list", 11 + 1, 2),
        ("okay nabu add oat milk to my shopping list", 7, 2),
        ("add oat milk to my shopping list and colourless green ideas", 0, 0),
        ("turn on the chandelier", 0, 0),
        ("colourless green ideas", 0, 0),
        ("and", 0, 0),
        ("", 0, 0),
    ],
)
def test_whose_the_words_of_a_sentence_are(understanding, said, own, free):
    assert understanding.network(("okay nabu",)).shares(said) == (own, free)
