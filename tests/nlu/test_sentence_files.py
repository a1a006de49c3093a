import pytest

from assistant.config import ConfigError
from assistant.nlu.sentence_files import SentenceFolder, read_file, read_folder
from assistant.nlu.understanding import HomeUnderstanding
from tests.household import build

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


def sentences(intent, text):
    return f"intents: {{{intent}: {{data: [{{sentences: ['{text}']}}]}}}}\n"


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
    (tmp_path / "own.yaml").write_text(drop("it"))
    (problem,) = read_folder(tmp_path / "own.yaml").problems
    assert "this is a file; name the folder it is in" in problem
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
        (
            "intents: {A: {data: [{sentences: [a], slots: {b: !x 1}}]}}",
            "line 1, column 50: !x is not known here",
        ),
        (
            "intents:\n  A: {data: [{sentences: [a]}]}\n  A: {data: [{sentences: [b]}]}",
            "line 3, column 3: 'A' is given twice, first in line 2; put everything under one",
        ),
        ("intents: &x {<<: *x}", "a part of it contains itself"),
        ("intents: {A: {data: []}}\n---\nintents: {}", "line 2, column 1: YAML cannot be read"),
        ("intents:\n  A:\n    data:\n      - sentences:\n        - [the] end", "in quotes"),
        (
            "intents:\n  A:\n   data: []\n  B: 'x",
            "close all quotes, and indent alike what is alike",
        ),
        (
            "intents:\nHassTurnOn:\n  data: []",
            "line 2, column 1: indent 'HassTurnOn' so that it stands below `intents:`",
        ),
        (sentences("A", "a (b|c"), "column 35: this sentence cannot be read: ')' is missing"),
        (sentences("A", "a b) c"), "nothing is open at ')' after 'a b'"),
        (sentences("A", "a (b] c"), "')' is missing before ']' after 'a (b'"),
        (sentences("A", "a {} c"), "there is nothing between '{' and '}'"),
        (sentences("A", "a {:b} c"), "'{:b}' lacks a name"),
        (sentences("A", "a {1-5} c"), "'{1-5}' is no range; write it like {0..100:brightness}"),
        (sentences("A", "(" * 30 + "a" + ")" * 30), "more than 20 brackets are open"),
        (sentences("A", "..."), "there are no words in it"),
        (sentences("A", "[a] [b]"), "would fit whatever is said: all of it is optional"),
        (sentences("A", "[a] {w}") + "lists: {w: {wildcard: true}}", "fit whatever is said"),
        ("intents: {A: {data: [{sentences: turn it}]}}", "needs `sentences:` with a list"),
        ("intents: {A: {data: [turn it]}}", "line 1, column 22: intent 'A' needs `sentences:`"),
        ("intents: {A: [{sentences: [a]}]}", "line 1, column 14: intent 'A' needs `data:`"),
        ("intents: {A: {data: [{sentences: [~]}]}}", "there is nothing here; expected words"),
        (
            "intents: {A: {data: [{sentences: [a], slot: {}}]}}",
            "line 1, column 39: unknown key 'slot'; the nearest valid key is 'slots'",
        ),
        ("intents: {A: {sentences: [a]}}", "unknown key 'sentences'; the nearest valid key is"),
        (
            "intents: {A: {data: [{sentences: [a], slots: {name: [b, c]}}]}}",
            "slot 'name' can have one value; write a block for each",
        ),
        ("intents: {A: {data: [{sentences: [a], slots: {name: }}]}}", "there is nothing here"),
        (
            "intents: {A: {data: [{sentences: [a], requires_context: {domain: {is: x}}}]}}",
            "unknown key 'is'; the nearest valid key is",
        ),
        ("intents: {A: {data: [{sentences: [a], excludes_context: x}]}}", "expected indented"),
        ("lists: {x: [a, b]}", "line 1, column 12: list 'x' needs one of `values: [...]`"),
        ("lists: {x: {values: {a: b}}}", "list 'x' needs `values:` with a list"),
        ("lists: {x: {values: []}}", "list 'x' needs `values:` with a list"),
        ("lists: {x: {values: [{out: b}]}}", "`in: ...`, the words that are said, is missing"),
        ("lists: {x: {values: [a, [b]]}}", "line 1, column 25: expected words"),
        ("lists: {x: {values: ['a {area}']}}", "a list's values cannot refer to lists or rules"),
        ("lists: {x: {values: ['a (b']}}", "this value cannot be read: ')' is missing"),
        ("lists: {x: {value: [a]}}", "unknown key 'value'; the nearest valid key is 'values'"),
        ("lists: {x: {range: {from: 1}}}", "line 1, column 20: `to: ...` is missing in the range"),
        ("lists: {x: {range: {from: 5, to: 1}}}", "the range of list 'x' ends before it begins"),
        ("lists: {x: {range: {from: a, to: 1}}}", "expected a whole number, not 'a'"),
        ("lists: {x: {range: {from: 1, to: 9, step: 0}}}", "the step must be 1 or more"),
        ("lists: {x: {range: {from: 1, to: 9, type: percent}}}", "expected one of number, perce"),
        ("lists: {x: {range: 1-5}}", "line 1, column 20: expected indented `name: ...` lines"),
        ("lists: {x: {wildcard: false}}", "`wildcard:` can only be true"),
        ("lists: {x: {wildcard: true, values: [a]}}", "needs just one of"),
        ("lists: {area: {values: [a]}}", "{area} always stands for the names of this home"),
        ("expansion_rules: {x: [a, b]}", "line 1, column 22: expected one word here, not a list"),
        ("expansion_rules: {x: a <x>}", "line 1, column 22: this rule needs itself: <x> needs <x>"),
        ("expansion_rules: {the: a <my>, my: <the> b}", "this rule needs itself: <the> needs <my>"),
        ("expansion_rules: {x: a <y>}", "line 1, column 22: there is no rule <y>; the nearest is"),
        ("skip_words: please", "line 1, column 13: expected a list, such as [one, two]"),
        ("responses: {A: x}", "unknown key 'A'; the nearest valid key is"),
        ("- sentences: [a]", "line 1, column 1: expected `intents:` with sentences below"),
    ],
)
def test_what_is_wrong_is_placed(write, text, message):
    with pytest.raises(ConfigError) as caught:
        read_file(write(text))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "line 1, column 1: it has no sentences yet; write `intents:`"),
        ("language: de", "line 1, column 11: it is for the language 'de', and Hearth understands"),
        ("language: no", 'line 1, column 11: put the language in quotes: "no"'),
        (
            "lists: {x: {values: [on, off]}}",
            "line 1, column 22: put it in quotes, since YAML reads",
        ),
        (sentences("HassNevermind", "drop|leave it"), "`|` divides the whole sentence"),
        (
            sentences("HassNevermind", "drop it") + "settings: {ignore_whitespace: true}",
            "the setting 'ignore_whitespace' is not used",
        ),
        ("responses: {errors: {no_intent: a}}", "Hearth has its own words for errors"),
        ("responses: {intents: {A: {b: '{% if x %}a{% endif %}'}}}", "knows only {{ slots.NAME }}"),
        (
            "intents: {A: {data: [{sentences: [a b], response: c}]}}",
            "line 1, column 35: there is no response 'c' for A in your files",
        ),
        (
            "intents: {A: {data: [{sentences: ['a {name}'], requires_context: {colour: red}}]}}",
            "nothing here gives the context 'colour', so this is never understood",
        ),
        (
            "intents: {A: {data: [{sentences: ['a {area}'], requires_context: {domain: fan}}]}}",
            "the context 'domain' is that of {name}, which this sentence has not",
        ),
        (
            sentences("A", "put {x} {y} away")
            + "lists: {x: {wildcard: true}, y: {wildcard: true}}",
            "nothing tells where {x} ends and {y} begins; put a word between them",
        ),
        (
            "intents: {A: {data: [{sentences: [a b]}]}, B: {data: [{sentences: [A b!]}]}}",
            "column 68: the same sentence is in",
        ),
        (
            "expansion_rules: {the: a}",
            "line 1, column 24: this changes Home Assistant's rule <the> for all sentences",
        ),
    ],
)
def test_what_could_be_better_is_said_and_counts(write, tmp_path, caplog, text, hint):
    write(text)
    found = read_folder(tmp_path)
    assert found.problems == ()
    assert hint in found.hints[0]
    assert found.hints[0] in caplog.text


def test_another_language_does_not_count(write, tmp_path):
    write(drop("it").replace("intents", "language: de\nintents", 1), "de.yaml")
    write(drop("it").replace("intents", "language: en-GB\nintents", 1), "gb.yaml")
    assert [file.path.name for file in read_folder(tmp_path).files] == ["gb.yaml"]


def test_words_that_yaml_takes_for_something_else_are_words(write, tmp_path):
    write(
        "lists: {x: {values: [on, 5, 2026-13-01]}}\n"
        "intents: {HassNevermind: {data: [{sentences: [no, 'no {x}'],"
        " slots: {y: off, z: '5', item: 7}}]}}"
    )
    (document,) = read_folder(tmp_path).documents
    assert [value["out"] for value in document["lists"]["x"]["values"]] == ["on", "5", "2026-13-01"]
    block = document["intents"]["HassNevermind"]["data"][0]
    assert (block["sentences"], block["slots"]) == (
        ["no"],
        {"y": "off", "z": 5, "item": "7"},
    )


def test_files_of_both_endings_and_in_folders_count(write, tmp_path):
    write(drop("it"), "a.yml")
    write(drop("that"), "kitchen/b.YAML")
    write(drop("them"), ".trash/c.yaml")
    own = SentenceFolder(tmp_path)
    assert [file.path.name for file in own.now().files] == ["a.yml", "b.YAML"]
    write(drop("those"), "kitchen/c.yaml")
    assert len(own.now().files) == 3


def test_a_file_beside_the_folder_of_the_language_is_named(write, tmp_path):
    write(BEDTIME, "en/bed.yaml")
    path = write(BEDTIME, "lost.yaml")
    found = read_folder(tmp_path)
    assert [file.path.name for file in found.files] == ["bed.yaml"]
    assert found.hints == (f"{path}: it does not count; move it into {tmp_path / 'en'}",)


def test_what_is_merged_in_yaml_counts_where_nothing_else_is_written(write, tmp_path):
    write(
        "intents:\n"
        "  HassNevermind:\n"
        "    data:\n"
        "      - &one {sentences: [drop it], slots: {y: 1}}\n"
        "      - {<<: *one, sentences: [leave it]}\n"
    )
    found = read_folder(tmp_path)
    assert found.problems == ()
    blocks = found.documents[0]["intents"]["HassNevermind"]["data"]
    assert [(each["sentences"], each["slots"]) for each in blocks] == [
        (["drop it"], {"y": 1}),
        (["leave it"], {"y": 1}),
    ]
