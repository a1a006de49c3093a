"""Shared by all tests."""

import json
import logging
from collections.abc import Iterator

import pytest

from assistant.app import log
from assistant.nlu import understanding
from assistant.nlu.grammar import Grammar


@pytest.fixture(autouse=True, scope="session")
def grammars_made_once() -> Iterator[None]:
    """Every household of the tests has the same thousand sentences; reading them takes a while."""
    made: dict[str, Grammar] = {}

    def grammar(wanted, extra, before=None):
        key = json.dumps([sorted(wanted) if wanted is not None else None, list(extra)])
        if key not in made:
            made[key] = Grammar(wanted, extra, before)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(understanding, "Grammar", grammar)
        yield


@pytest.fixture(autouse=True)
def logging_left_as_it_was() -> Iterator[None]:
    """A command under test sets up logging to a stream that is gone when the test is."""
    yield
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, log._Handler)]:
        root.removeHandler(handler)
    logging.getLogger(log._OURS).setLevel(logging.NOTSET)
