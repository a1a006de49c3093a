import pytest
from household import build

from assistant.config import ConfigError
from assistant.nlu.sentence_files import SentenceFolder, read_file, read_folder
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


def test_a_rule_may_come_from_another_file(write, tmp_path):
    write("intents: {HassNevermind: {data: [{sentences: ['drop <it>']}]}}", "a.yaml")
    write("expansion_rules: {it: (it|that)}", "b.yaml")
    found = read_folder(tmp_path)
    assert (found.problems, len(found.files)) == ((), 2)


def test_who_needs_what_a_bad_file_would_have_brought_is_left_out_too(write, tmp_path):
    write("intents: {HassNevermind: {data: [{sentences: ['drop the {tool}']}]}}", "a.yaml")
    write("lists: {tool: {values: [hammer}", "b.yaml")
    write("lists: {box: {range: {from: 1}}}", "c.yaml")
    write("intents: {HassNevermind: {data: [{sentences: ['drop box {box}']}]}}", "d.yaml")
    found = read_folder(tmp_path)
    assert found.files == ()
    problems = "\n".join(found.problems)
    assert "a.yaml, line 1, column 47: there is no list {tool}" in problems
    assert "d.yaml, line 1, column 47: it needs the list {box}, which cannot be used" in problems


def test_the_rest_of_a_file_with_a_mistake_counts(write, tmp_path, caplog):
    path = write(f"""
lists:
  tool: {{values: [hammer, saw]}}
  box: [red, blue]
intents:
  HassNevermind:
    data:
      - sentences: ["drop (the|a {{tool}}", "drop the {{tool}}", "leave box {{box}}"]
      - sentence: ["forget it all"]
      - sentences: ["leave it all"]
        slots: {{name: [a, b]}}
{BEDTIME.partition("intents:")[2]}""")
    found = read_folder(tmp_path)
    (file,) = found.files
    assert (file.sentences, file.document["lists"].keys()) == (2, {"tool"})
    places = [problem.removeprefix(f"{path}, ").partition(",")[0] for problem in found.problems]
    assert places == ["line 4", "line 8", "line 9", "line 9", "line 11", "line 8"]
    assert f"{found.problems[0]}; going on without it" in caplog.text


def drop(word):
    return f"intents: {{HassNevermind: {{data: [{{sentences: ['drop {word}']}}]}}}}"


def test_a_file_that_is_saved_added_or_removed_is_seen(write, tmp_path, caplog):
    own = SentenceFolder(tmp_path)
    first = own.now()
    assert first.files == ()
    write(drop("it"))
    assert [file.sentences for file in own.now().files] == [1]
    assert own.now() is own.now()
    with caplog.at_level("INFO"):
        write(f"lists: {{tool: {{values: [hammer]}}}}\n{drop('the {tool}')}")
        assert own.now().names == ("hammer",)
    assert "your sentences have changed: 1 in 1 files" in caplog.text
    write(drop("that"), "more.yaml")
    (tmp_path / "own.yaml").unlink()
    assert [file.path.name for file in own.now().files] == ["more.yaml"]
    (tmp_path / ".#more.yaml").symlink_to("somebody@somewhere")  # as an editor does
    assert own.now().problems == ()


def test_what_was_good_stays_when_a_file_is_broken(write, tmp_path, caplog):
    path = write(drop("it"))
    own = SentenceFolder(tmp_path)
    write(drop("(it"))
    write(drop("that"), "good.yaml")
    assert [file.path.name for file in own.now().files] == ["good.yaml", "own.yaml"]
    assert own.now().documents[1]["intents"]["HassNevermind"]["data"][0]["sentences"] == ["drop it"]
    (problem,) = own.now().problems
    assert problem.startswith(f"{path}, line 1, column 47: this sentence cannot be read")
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        f"{problem}; what it had before stays"
    ]
    write(drop("them"))
    assert own.now().problems == ()


def test_what_was_good_stays_only_while_it_can(write, tmp_path):
    write("lists: {tool: {values: [hammer]}}", "a.yaml")
    write(drop("the {tool}"), "b.yaml")
    own = SentenceFolder(tmp_path)
    write("lists: {tool: {values: [saw]}}\nexpansion_rules: {x: '[y'}", "a.yaml")
    assert own.now().names == ("hammer",)
    assert len(own.now().problems) == 1
    (tmp_path / "a.yaml").unlink()
    assert own.now().files == ()
    assert "there is no list {tool}" in own.now().problems[0]


def test_a_folder_that_goes_away_takes_nothing_with_it(write, tmp_path, caplog):
    folder = write(drop("it"), "mine/own.yaml").parent
    own = SentenceFolder(folder)
    folder.rename(tmp_path / "elsewhere")
    assert len(own.now().files) == 1
    assert "there is no such folder of sentences; the sentences stay as they were" in caplog.text
    (tmp_path / "elsewhere").rename(folder)
    assert (len(own.now().files), own.now().problems) == (1, ())


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
        ("lists: 5", "line 1, column 8: expected indented `name: ...` lines"),
        (
            "intents: {A: {data: [{sentences: [a], slots: 5}]}}",
            "line 1, column 46: expected indent",
        ),
        ("lists: {x: 5}", "line 1, column 12: list 'x' needs one of `values: [...]`"),
        (
            "expansion_rules: {x: a <y>, y: b <x>}\nintents: {A: {data: [{sentences: [<x>]}]}}",
            "line 1, column 22: this rule needs itself: <x> needs <y> needs <x>",
        ),
        ("intents:\n\t- x", "line 2, column 1: YAML cannot be read here"),
        ("intents: {A: {data: [{sentences: [a], slots: !x 1}]}}", "line 1, column 46"),
    ],
)
def test_what_is_wrong_is_placed(write, text, message):
    with pytest.raises(ConfigError) as caught:
        read_file(write(text))
    assert message in str(caught.value)
