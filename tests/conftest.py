"""Shared by all tests."""

import json
from collections.abc import Iterator

import pytest

from assistant.nlu import understanding
from assistant.nlu.grammar import Grammar


@pytest.fixture(autouse=True, scope="session")
def grammars_made_once() -> Iterator[None]:
    """Every household of the tests has the same thousand sentences; reading them takes a while."""
    made: dict[str, Grammar] = {}

    def grammar(wanted, extra):
        key = json.dumps([sorted(wanted) if wanted is not None else None, list(extra)])
        if key not in made:
            made[key] = Grammar(wanted, extra)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(understanding, "Grammar", grammar)
        yield
