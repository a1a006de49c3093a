"""The documents: they name what is there, and leave nothing out."""

import ast
import re
from pathlib import Path

import pytest

from tests.test_rooms import FLOORS

ROOT = Path(__file__).parents[1]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def protocols():
    """Every public Protocol of `assistant`, with its file."""
    for file in sorted((ROOT / "assistant").rglob("*.py")):
        for node in ast.parse(file.read_text("utf-8")).body:
            bases = [getattr(base, "id", "") for base in getattr(node, "bases", ())]
            if "Protocol" in bases and not node.name.startswith("_"):
                yield node.name, file.relative_to(ROOT)


@pytest.mark.parametrize(("name", "file"), protocols())
def test_every_protocol_is_explained_with_its_file(name, file):
    row = re.search(rf"^\|[^|\n]*`{name}`.*$", ARCHITECTURE, re.MULTILINE)
    assert row
    assert f"`{file}`" in row[0]


def test_every_class_that_the_page_names_is_there():
    table = ARCHITECTURE.partition("## Protocols")[2].partition("## Glossary")[0]
    code = "\n".join(file.read_text("utf-8") for file in (ROOT / "assistant").rglob("*.py"))
    named = set(re.findall(r"`([A-Z][A-Za-z]+)`", table))
    assert [name for name in named if not re.search(rf"^class {name}\b", code, re.MULTILINE)] == [
        "Protocol"
    ]


def test_the_floors_are_those_that_are_checked():
    table = ARCHITECTURE.partition("| floor |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", table, re.MULTILINE)
    told = {int(number): set(re.findall(r"`([a-z]+)`", rooms)) for number, rooms in rows}
    assert told == {number: set(rooms) for number, rooms in enumerate(FLOORS, 1)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_are_there(page):
    folders = "assistant|plugins|models|training|docs|tests|tools|systemd|demo"
    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", page.read_text("utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_index_lists_every_page():
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {page for page in pages if f"]({page})" not in index} == set()
