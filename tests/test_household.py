import pytest

from assistant.config import load
from assistant.config.settings import Settings
from assistant.home.factory import make_home
from assistant.home.model import HomeError
from assistant.household import make_household, state_folder


@pytest.fixture
def settings(tmp_path):
    def settings(text):
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return settings


def test_people_of_the_settings_can_be_called(settings, tmp_path):
    (tmp_path / "book.vcf").write_text(
        "BEGIN:VCARD\nVERSION:3.0\nFN:Tadhg Byrne\nEND:VCARD\n", encoding="utf-8"
    )
    household = make_household(
        settings("personalisation: {contacts: [Zora], contacts_file: book.vcf}")
    )
    assert household.understanding.interpret_text("call zora").targets == ("Zora",)
    assert household.understanding.interpret_text("call tadhg").targets == ("Tadhg Byrne",)


def test_own_sentences_and_own_area_are_used(settings, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "bed.yaml").write_text(
        "intents: {HassTurnOff: {data: [{sentences: [sleepy time], slots: {domain: light}}]}}"
    )
    household = make_household(settings("understanding: {sentences: own}\nhome: {area: Bedroom}"))
    assert household.sentences.problems == ()
    found = household.understanding.interpret_text("sleepy time")
    assert found.targets == ("light.bedroom", "light.bedside_lamp")


async def test_a_household_starts_and_closes(tmp_path):
    household = make_household(Settings(), state=tmp_path)
    await household.start()
    await household.close()


def test_home_assistant_without_a_token_says_where_to_get_one(settings):
    with pytest.raises(HomeError, match="make a long-lived access token"):
        make_home(settings("home: {kind: home_assistant, url: 'http://localhost:1'}"), {})


def test_state_is_kept_where_systemd_or_the_user_has_it(tmp_path):
    assert str(state_folder({"STATE_DIRECTORY": "/var/lib/hearth:/x"})) == "/var/lib/hearth"
    assert state_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "hearth"


async def test_a_sentence_is_carried_out_but_opens_nothing(tmp_path):
    household = make_household(Settings(), state=tmp_path)
    outcome = await household.carry_out("turn on the kitchen light")
    assert outcome.reply == "Turned on the Kitchen light."
    outcome = await household.carry_out("unlock the front door")
    assert outcome.reply == "Did you ask me to unlock the Front door? Then say yes."
    assert (await household.home.state("lock.front_door")).state == "locked"
    assert not (await household.carry_out("purple monkey")).success
