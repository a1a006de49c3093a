"""The commands that need no audio."""

import json
import re

import pytest

from assistant.commands import demo as demo_command


def test_interpret_says_what_would_be_done(assistant):
    ran = assistant("interpret", "turn on the kitchen light")
    assert ran.status == 0
    (meant,) = map(json.loads, ran.out.splitlines())
    assert (meant["intent"], meant["targets"]) == ("HassTurnOn", ["light.kitchen"])
    assert meant["confidence"] > 0.9
    assert isinstance(meant["alternatives"], list)


def test_interpret_of_nonsense_is_no_intent(assistant):
    ran = assistant("interpret", "blue cheese tomorrow")
    assert ran.status == 0
    assert json.loads(ran.out)["intent"] is None


def test_interpret_of_nothing_is_bad_usage(assistant):
    ran = assistant("interpret", "  ")
    assert ran.status == 2
    assert "try: assistant interpret" in ran.err


def test_check_shows_what_is_in_force(assistant, tmp_path):
    (tmp_path / "config.yaml").write_text("wake: {words: [alexa]}\n")
    ran = assistant("check")
    assert ran.status == 0
    assert "- alexa" in ran.out
    assert f"settings from {tmp_path}/config.yaml" in ran.out


def test_check_of_a_wrong_setting_is_one_line_with_its_place(assistant, tmp_path):
    (tmp_path / "config.yaml").write_text("wake:\n  wrods: [alexa]\n")
    ran = assistant("check")
    assert ran.status == 2
    assert ran.out == ""
    (line,) = ran.err.splitlines()
    assert "config.yaml" in line
    assert "words" in line


def test_a_model_that_is_not_there(assistant, tmp_path):
    (tmp_path / "config.yaml").write_text("recogniser: {model: ./nowhere}\n")
    ran = assistant("transcribe", "x.wav")
    assert ran.status == 1
    (line,) = ran.err.splitlines()
    assert "nowhere" in line


def test_an_unexpected_error_is_one_line_too(assistant, monkeypatch):
    def broken(_):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("assistant.commands.check.settings_of", broken)
    ran = assistant("check")
    assert ran.status == 1
    assert ran.err == (
        "assistant: ZeroDivisionError: oops; this is a mistake of ours, please report it\n"
    )


@pytest.mark.parametrize("command", ["run", "demo", "listen", "transcribe", "bench", "doctor"])
def test_every_command_has_help(assistant, command):
    ran = assistant(command, "--help")
    assert ran.status == 0
    assert "--config" in ran.out


@pytest.mark.parametrize("options", [[], ["--one-stream"]])
def test_the_demo_tells_of_each_recording(assistant, scripted, monkeypatch, tmp_path, options):
    scripted()
    names = ["01-kitchen-light", "03-blinds"]
    folder = tmp_path / "demo"
    folder.mkdir()
    for name in names:
        (folder / f"{name}.ogg").symlink_to(demo_command.FOLDER / f"{name}.ogg")
    (folder / "commands.tsv").symlink_to(demo_command.FOLDER / "commands.tsv")
    monkeypatch.setattr(demo_command, "FOLDER", folder)
    ran = assistant("demo", *options)
    assert ran.status == 0
    account = ran.err
    for name in names:
        assert name in account
    assert "said        close the living room blinds" in account
    assert re.search("heard       .*the kitchen light", account)
    assert "light.kitchen state: off -> on" in account
    assert "waiting for a pause" in account
    assert "2 of 2 commands by 2 voices carried out" in account
    assert ran.types().count("action") == 2, "events go where standard output is no terminal"
