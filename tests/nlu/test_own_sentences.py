"""Sentences of the user's own, from the file to what they mean."""

import pytest

from assistant.nlu.sentence_files import read_folder
from assistant.nlu.understanding import HomeUnderstanding
from assistant.plugins.api import outcome_of
from tests.household import build


@pytest.fixture
def understood(tmp_path):
    def understood(*texts):
        for number, text in enumerate(texts):
            (tmp_path / f"{number}.yaml").write_text(text, encoding="utf-8")
        found = read_folder(tmp_path)
        assert (found.problems, found.hints) == ((), ())
        registry = build().registry
        return HomeUnderstanding(
            build().home, intents=registry.intents(), sentences=registry.sentences + found.documents
        )

    return understood


def block(intent, *sentences, **more):
    parts = {"sentences": list(sentences), **more}
    return f"intents: {{{intent}: {{data: [{parts}]}}}}\n"


@pytest.mark.parametrize(
    ("slots", "targets"),
    [
        ({"name": "Garage door"}, ("cover.garage_door",)),
        ({"name": "the GARAGE door"}, ("cover.garage_door",)),
        ({"name": "cover.garage_door"}, ("cover.garage_door",)),
        ({"name": "Bedroom light", "area": "Bedroom"}, ("light.bedroom",)),
        ({"area": "Living Room", "domain": "Light"}, ("light.living_room", "light.floor_lamp")),
        ({"area": "living_room", "domain": "light"}, ("light.living_room", "light.floor_lamp")),
        ({"area": "the lounge", "domain": "light"}, ("light.living_room", "light.floor_lamp")),
        ({"area": "Kitchen", "device_class": "curtain"}, ()),
        ({"area": "Attic", "domain": "light"}, ()),
    ],
)
def test_names_in_a_file_are_those_of_the_home(understood, slots, targets):
    meant = understood(block("HassTurnOn", "abracadabra", slots=slots)).interpret_text(
        "abracadabra"
    )
    assert (meant.intent, meant.targets) == ("HassTurnOn", targets)


def test_a_floor_in_a_file_is_one_of_the_home(understood):
    own = understood(
        block("HassTurnOff", "bats out", slots={"floor": "UPSTAIRS", "domain": "light"})
    )
    meant = own.interpret_text("bats out")
    assert (meant.slots["floor"], len(meant.targets)) == ("Upstairs", 8)


def test_an_area_alone_means_what_can_be_switched_there(understood):
    meant = understood(block("HassTurnOff", "done here", slots={"area": "Office"})).interpret_text(
        "done here"
    )
    assert set(meant.targets) >= {"light.office", "light.office_desk_lamp"}


def test_a_timer_has_any_name(understood):
    own = understood(block("HassStartTimer", "steep it", slots={"minutes": 4, "name": "Earl Grey"}))
    meant = own.interpret_text("Steep it, please.")
    assert (meant.intent, meant.confidence) == ("HassStartTimer", 1.0)
    assert meant.slots == {"minutes": 4, "name": "Earl Grey"}


SPOKEN = [
    ("mood three", "mood three"),
    ("mood three", "mood 3"),
    ("Mood: Three!", "mood three"),
    ("thirty-two bars", "thirty two bars"),
    ("fade to {brightness:brightness}%", "fade to forty percent"),
    ("number (five|six) is alive", "number five is alive"),
    ("caf\u00e9 time", "cafe time"),
    ("telly time", "television time"),
    ("please behave", "please behave"),
    ("okay house", "okay house"),
    ("okay house", "please okay house"),
    ("showtime now", "um showtime now"),
    ("showtime now", "could you showtime now please"),
    ("would you look at that", "would you look at that"),
    ("well well", "well well"),
    ("lights thank you", "lights thank you"),
    ("so[o] dark", "so dark"),
    ("some(one|body) is here", "someone is here"),
    ("seven dwarfs {area}", "seven dwarfs office"),
    ("note down {anything:item}", "okay note down two pears please"),
]


@pytest.mark.parametrize(("written", "said"), SPOKEN)
def test_words_of_a_file_are_read_as_spoken_ones_are(understood, written, said):
    text = block("HassLightSet", written, slots={"area": "office", "domain": "light"})
    own = understood(f"{text}lists: {{anything: {{wildcard: true}}}}\n")
    meant = own.interpret_text(said)
    assert (meant.intent, meant.targets) == (
        "HassLightSet",
        ("light.office", "light.office_desk_lamp"),
    )
    assert meant.slots.get("item", "two pears") == "two pears"


def test_less_than_the_sentence_is_not_the_sentence(understood):
    own = understood(block("HassTurnOn", "okay house", "lights please", slots={"area": "office"}))
    assert [own.interpret_text(said).intent for said in ("house", "lights", "please")] == [None] * 3
    assert own.interpret_text("okay turn on the kitchen light please").targets == ("light.kitchen",)


def test_what_stands_beside_sentences_counts_for_them(understood):
    beside = {
        "lists": {"how": {"values": [{"in": "cosy", "out": 20}, {"in": "Level Two", "out": 60}]}},
        "expansion_rules": {"go": "(go|make it)"},
    }
    other = {"lists": {"how": {"values": [{"in": "cosy", "out": 99}]}}}
    own = understood(
        block("HassLightSet", "<go> {how:brightness} in {area}", **beside),
        block("HassLightSet", "be {how:brightness} in {area}", **other),
    )
    texts = ("go level two in kitchen", "make it cosy in kitchen", "be cosy in kitchen")
    meant = [own.interpret_text(text) for text in texts]
    assert [each.slots["brightness"] for each in meant] == [60, 20, 99]
    assert own.interpret_text("be level two in kitchen").slots.get("brightness") is None


def test_words_to_skip_are_skipped_unless_a_sentence_has_them(understood):
    text = block("HassTurnOff", "begone darling", slots={"area": "Office"})
    own = understood(f"{text}skip_words: [darling, if you like]\n")
    for said in (
        "turn on darling the kitchen light",
        "darling turn on the kitchen light if you like",
    ):
        assert own.interpret_text(said).targets == ("light.kitchen",)
    assert own.interpret_text("begone darling").slots["area"] == "Office"
    assert own.interpret_text("begone").intent is None


async def test_a_response_is_the_answer_where_it_can_be_filled_in(understood):
    own = understood(
        block("HassTurnOn", "boost {area}", slots={"domain": "light"}, response="up")
        + "responses: {intents: {HassTurnOn: {up: 'Up in the {{ slots.area }} it goes.', "
        "default: 'As {{slots.name}} you like.'}, HassRespond: {pass: 'It is swordfish.'}}}\n",
        block("HassTurnOn", "shine on", slots={"area": "kitchen", "domain": "light"}),
        block("HassRespond", "what is the pass word", response="pass"),
    )
    house = build()

    async def answer(said):
        meant = own.interpret_text(said)
        outcome, _ = await outcome_of(house.registry.for_intent(meant.intent), meant)
        return outcome.reply

    assert await answer("boost kitchen") == "Up in the Kitchen it goes."
    assert await answer("what is the pass word") == "It is swordfish."
    assert "you like" not in await answer("shine on")
    assert "you like" not in await answer("turn on the kitchen light")


def test_a_sentence_of_ones_own_comes_before_another(understood):
    said = "turn on the kitchen light"
    own = understood(block("HassTurnOff", said, slots={"name": "Kettle"}))
    meant = own.interpret_text(said)
    assert (meant.intent, meant.targets, meant.confidence) == (
        "HassTurnOff",
        ("switch.kettle",),
        1.0,
    )


def test_the_same_documents_make_the_same_grammar_twice(understood, tmp_path):
    understood(
        block("MakeTea", "make tea") + "lists: {brew: {values: [lapsang]}}\n",
        block("MakeTea", "make {brew}") + "lists: {brew: {values: [oolong]}}\n",
    )
    before = [file.sentences for file in read_folder(tmp_path).files]
    documents = read_folder(tmp_path).documents
    for _ in range(2):
        HomeUnderstanding(build().home, intents=["MakeTea"], sentences=documents)
    assert [len(document["intents"]["MakeTea"]["data"]) for document in documents] == before
    assert [len(document["lists"]["brew"]["values"]) for document in documents] == [1, 1]
