import pytest

from assistant.nlu.sentence_files import read_folder
from assistant.nlu.understanding import HomeUnderstanding
from tests.household import build

OWN = """
intents:
  HassTurnOn:
    data:
      - sentences: ["wake [the] {name} [now]"]
        excludes_context: {domain: cover}
      - sentences: ["shine {how} in {area}"]
        slots: {domain: light}
lists:
  how: {values: [bright, dark]}
"""


@pytest.fixture
def explain(tmp_path):
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    found = read_folder(tmp_path)
    assert found.problems == ()
    registry = build().registry
    return HomeUnderstanding(
        build().home, intents=registry.intents(), sentences=registry.sentences + found.documents
    ).explain


def test_the_template_that_matches_is_named_with_its_place(explain, tmp_path):
    found = explain("please wake the kettle")
    assert (found["matched"], found["template"]) == (True, "wake [the] {name} [now]")
    assert (found["file"], found["line"]) == (str(tmp_path / "own.yaml"), 5)
    assert (found["intent"], found["read_as"]) == ("HassTurnOn", "wake the kettle")


@pytest.mark.parametrize(
    ("said", "line", "failed_at", "expected"),
    [
        ("wake the flux capacitor", 5, "flux capacitor", ("{name}",)),
        ("wake kettle sideways", 5, "sideways", ("now", "the end")),
        ("shine", 7, "", ("{how}",)),
        ("shine grey in kitchen", 7, "gray in kitchen", ("{how}",)),
        ("shine dark at kitchen", 7, "at kitchen", ("in",)),
        ("shine dark in xanadu", 7, "xanadu", ("{area}",)),
    ],
)
def test_where_the_nearest_template_fails_is_told(explain, said, line, failed_at, expected):
    found = explain(said)
    assert (found["matched"], found["line"]) == (False, line)
    assert (found["failed_at"], found["expected"]) == (failed_at, expected)
    assert all(each in found["message"] for each in (failed_at, *expected))


def test_words_that_fit_and_a_context_that_does_not_are_told(explain):
    found = explain("wake the garage door")
    assert (found["matched"], found["line"], found["failed_at"]) == (False, 5, "")
    assert "requires_context or excludes_context does not hold" in found["message"]


def test_beside_a_template_of_hearths_the_nearest_own_one_is_told(explain):
    found = explain("turn on the kitchen light")
    assert (found["matched"], found["file"], found["line"]) == (True, None, None)
    assert found["own"]["message"] == "no sentence begins like this"


def test_what_does_not_account_for_all_words_is_no_match(explain):
    found = explain("wake kettle unless it rains")
    assert (found["matched"], found["line"], found["failed_at"]) == (False, 5, "unless it rains")


def test_what_is_like_nothing_is_told(explain):
    found = explain("xylophone")
    assert (found["matched"], found["message"]) == (False, "no sentence begins like this")
    assert explain("")["matched"] is False
