"""Commands in this process, with a recogniser that follows a script in place of the real one."""

import json
import sys
from dataclasses import dataclass

import pytest

from assistant import cli
from assistant.app.household import make_household
from assistant.commands import demo, listen
from assistant.config import Settings
from tests.scripted import Script, ScriptedRecogniser

LIGHT = [("turn", 0.6), ("on", 0.8), ("the", 0.9), ("kitchen", 1.0), ("light", 1.1)]


@dataclass
class Ran:
    status: int
    out: str
    err: str

    @property
    def events(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def types(self):
        return [event["type"] for event in self.events if event["type"] != "partial_transcript"]


@pytest.fixture
def assistant(capsys, monkeypatch, tmp_path):
    """Runs a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        capsys.readouterr()
        try:
            status = cli.main([str(argument) for argument in arguments])
        except SystemExit as left:
            status = left.code
        return Ran(status, *capsys.readouterr())

    return run


@pytest.fixture
def terminal(capsys, monkeypatch):
    """Lets both streams be a terminal."""
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)


@pytest.fixture(scope="session")
def understanding():
    """That of the demo home, which takes a second to make."""
    return make_household(Settings()).understanding


@pytest.fixture
def scripted(monkeypatch, understanding):
    """Lets the recogniser hear some words, each at its second of the utterance's audio."""

    def household(settings, **_):
        return make_household(settings, understanding=understanding)

    monkeypatch.setattr(listen, "make_household", household)
    monkeypatch.setattr(demo, "make_household", household)

    def hear(words=LIGHT):
        recogniser = ScriptedRecogniser(Script(words))
        monkeypatch.setattr(listen, "load_recogniser", lambda _: recogniser)
        monkeypatch.setattr(demo, "load_recogniser", lambda _: recogniser)
        return recogniser

    return hear
