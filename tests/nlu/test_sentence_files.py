import pytest
from household import build

from assistant.config import ConfigError
from assistant.nlu.sentence_files import read_file, read_folder
from assistant.nlu.understanding import HomeUnderstanding

BEDTIME = """
language: en
intents:
  HassTurnOff:
    data:
      - sentences:
          - "(lights out|sweet dreams) [in] [the] {area}"
        slots: {domain: light}
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="own.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_sentences_of_ones_own_are_understood(write, tmp_path):
    write(BEDTIME)
    found = read_folder(tmp_path)
    assert (found.problems, [file.sentences for file in found.files]) == ((), [1])
    registry = build().registry
    own = HomeUnderstanding(
        build().home, intents=registry.intents(), sentences=registry.sentences + found.documents
    )
    meant = own.interpret_text("sweet dreams in the kitchen")
    assert (meant.intent, meant.targets) == ("HassTurnOff", ("light.kitchen", "light.counter"))


def test_home_assistants_folder_per_language_is_used(write, tmp_path):
    write(BEDTIME, "en/bed.yaml")
    write("nothing: of this", "en/notes.txt")
    assert [file.path.name for file in read_folder(tmp_path).files] == ["bed.yaml"]


def test_a_list_may_come_from_another_file(write, tmp_path):
    write("intents: {HassNevermind: {data: [{sentences: ['drop the {tool}']}]}}", "a.yaml")
    write("lists: {tool: {values: [hammer, saw]}}", "b.yaml")
    found = read_folder(tmp_path)
    assert found.problems == ()
    assert found.names == ("hammer", "saw")


def test_a_bad_file_is_placed_and_the_others_count(write, tmp_path, caplog):
    write(BEDTIME, "good.yaml")
    bad = write(BEDTIME.replace("{area}", "{areas}"), "bad.yaml")
    found = read_folder(tmp_path)
    assert [file.path.name for file in found.files] == ["good.yaml"]
    (problem,) = found.problems
    assert problem == (
        f"{bad}, line 7, column 13: there is no list {{areas}}; the nearest is {{area}}"
    )
    assert problem in caplog.text


def test_a_missing_folder_is_said(tmp_path):
    (problem,) = read_folder(tmp_path / "lost").problems
    assert "there is no such folder" in problem
    assert read_folder(None).problems == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "intent: {}",
            "line 1, column 1: unknown key 'intent'; the nearest valid key is 'intents'",
        ),
        ("intents: [a]", "line 1, column 10: expected indented `name: ...` lines"),
        ("intents: {A: {}}", "line 1, column 14: intent 'A' needs `data:`"),
        ("intents: {A: {data: [{}]}}", "line 1, column 22: intent 'A' needs `sentences:`"),
        ("intents: {A: {data: [{sentences: [[]]}]}}", "line 1, column 35: expected a sentence"),
        ("intents: {A: {data: [{sentences: ['<x> y']}]}}", "line 1, column 35: there is no rule"),
        ("expansion_rules: {x: '[y'}", "line 1, column 22: this rule 'x' cannot be read"),
        ("intents:\n\t- x", "line 2, column 1: YAML cannot be read here"),
        ("intents: {A: {data: [{sentences: [a], slots: !x 1}]}}", "line 1, column 46"),
    ],
)
def test_what_is_wrong_is_placed(write, text, message):
    with pytest.raises(ConfigError) as caught:
        read_file(write(text))
    assert message in str(caught.value)
