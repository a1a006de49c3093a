import pytest

from assistant.app import household
from assistant.app.assembly import favoured, favoured_sentences
from assistant.app.household import make_household, state_folder
from assistant.config import load
from assistant.config.settings import Settings
from assistant.home import contacts
from assistant.home.contacts import Contact
from assistant.home.factory import make_home
from assistant.home.model import HomeError
from assistant.plugins.loader import PluginRegistry


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
    house = make_household(settings("personalisation: {contacts: [Zora], contacts_file: book.vcf}"))
    assert house.understanding.interpret_text("call zora").targets == ("Zora",)
    assert house.understanding.interpret_text("call tadhg").targets == ("Tadhg Byrne",)


def test_own_sentences_and_own_area_are_used(settings, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "bed.yaml").write_text(
        "intents: {HassTurnOff: {data: [{sentences: [sleepy time], slots: {domain: light}}]}}"
    )
    house = make_household(settings("understanding: {sentences: own}\nhome: {area: Bedroom}"))
    assert house.sentences.now().problems == ()
    found = house.understanding.interpret_text("sleepy time")
    assert found.targets == ("light.bedroom", "light.bedside_lamp")


def test_what_is_saved_counts_in_the_next_sentence(settings, tmp_path, caplog):
    def save(sentences):
        (tmp_path / "own" / "tea.yaml").write_text(
            f"lists: {{brew: {{values: [Lapsang]}}}}\n"
            f"intents: {{HassNevermind: {{data: [{{sentences: {sentences}}}]}}}}"
        )

    def intent(text):
        return house.understanding.interpret_text(text).intent

    (tmp_path / "own").mkdir()
    given = settings("understanding: {sentences: own}")
    house = make_household(given)
    assert intent("no more of that lapsang") is None
    save('["no more of that {brew}"]')
    assert "Lapsang" in {phrase.text for phrase in favoured(given, house)}
    assert intent("no more of that lapsang") == "HassNevermind"
    save('["no more of that {brew"]')
    assert intent("no more of that lapsang") == "HassNevermind"
    assert "tea.yaml, line 2, column 47: this sentence cannot be read" in caplog.text
    (tmp_path / "own" / "tea.yaml").unlink()
    assert intent("no more of that lapsang") is None
    assert "Lapsang" not in {phrase.text for phrase in favoured(given, house)}


def test_a_number_that_is_new_in_the_address_book_is_known(settings, tmp_path, monkeypatch):
    contexts = []
    monkeypatch.setattr(
        household, "load_plugins", lambda context, _: contexts.append(context) or PluginRegistry(())
    )
    book = tmp_path / "book.vcf"
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Tadhg Byrne{}\nEND:VCARD\n"
    book.write_text(card.format(""))
    house = make_household(settings("personalisation: {contacts_file: book.vcf}"))
    book.write_text(card.format("\nTEL:12"))
    assert contexts[0].people() == (Contact("Tadhg Byrne", ("12",)),)
    assert "Tadhg Byrne" in house.home.contacts()


def test_the_address_book_is_read_once_at_the_start(settings, tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(contacts, "read_contacts", lambda file: read.append(file) or ())
    (tmp_path / "book.vcf").touch()
    make_household(settings("personalisation: {contacts_file: book.vcf}"))
    assert read == [tmp_path / "book.vcf"]


async def test_a_household_starts_and_closes(tmp_path):
    house = make_household(Settings(), state=tmp_path)
    await house.start()
    await house.close()


def test_home_assistant_without_a_token_says_where_to_get_one(settings):
    with pytest.raises(HomeError, match="make a long-lived access token"):
        make_home(settings("home: {kind: home_assistant, url: 'http://localhost:1'}"), environ={})


def test_state_is_kept_where_systemd_or_the_user_has_it(tmp_path):
    assert str(state_folder({"STATE_DIRECTORY": "/var/lib/hearth:/x"})) == "/var/lib/hearth"
    assert state_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "hearth"


async def test_a_sentence_is_carried_out_but_opens_nothing(tmp_path):
    house = make_household(Settings(), state=tmp_path)
    outcome = await house.texts.later("turn on the kitchen light")
    assert outcome.reply == "Turned on the Kitchen light."
    outcome = await house.texts.later("unlock the front door")
    assert outcome.reply == "Did you ask me to unlock the Front door? Then say yes."
    assert (await house.home.state("lock.front_door")).state == "locked"
    assert not (await house.texts.later("purple monkey")).success


SENTENCE = "turn on the floor lamp"


async def say(house, *texts):
    """Carry texts out as the service does, and close the house."""
    for text in texts:
        assert (await house.texts.carry_out(text, 1.0)).outcome.success
    await house.close()


async def test_what_is_asked_for_is_learned_over_restarts(tmp_path):
    state = tmp_path / "state"
    first = make_household(Settings(), state=state)
    before = first.understanding.network().prior(SENTENCE)
    await say(first, SENTENCE, "what time is it")
    second = make_household(Settings(), state=state)
    assert second.understanding.network().prior(SENTENCE) > before
    assert favoured_sentences(Settings(), second).prior(SENTENCE) > before


@pytest.mark.parametrize("off", ["habits: false", "sentences: false", "enabled: false"])
async def test_habits_can_be_turned_off(settings, tmp_path, off):
    state = tmp_path / "state"
    house = make_household(settings(f"personalisation: {{{off}}}"), state=state)
    assert house.understanding.network().prior(SENTENCE) == 0.0
    await say(house, SENTENCE, "what time is it")
    assert not (state / "habits.json").exists()


async def test_nothing_is_learned_without_a_state_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    house = make_household(Settings())
    before = house.understanding.network().prior(SENTENCE)
    await say(house, SENTENCE, "what time is it")
    assert house.understanding.network().prior(SENTENCE) == before
    assert not list(tmp_path.iterdir())
