"""The commands that need no audio."""

import json
import logging
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from assistant import __version__, cli
from assistant.commands import demo as demo_command
from assistant.config import extras
from assistant.config.extras import install_command


def test_interpret_says_what_would_be_done(assistant):
    ran = assistant("interpret", "turn on the kitchen light")
    assert ran.status == 0
    (meant,) = map(json.loads, ran.out.splitlines())
    assert (meant["intent"], meant["targets"]) == ("HassTurnOn", ["light.kitchen"])
    assert meant["confidence"] > 0.9
    assert isinstance(meant["alternatives"], list)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("blue cheese", "no sentence begins like this"),
        ("good morning house", "no sentence begins like this"),
        ("set the", "it fits up to 'set the'; then it wants"),
        ("what time is it purple", "it fits up to 'what time is it'; then it wants 'right' or"),
    ],
)
def test_interpret_of_nonsense_is_no_intent(assistant, text, reason):
    ran = assistant("interpret", text)
    assert ran.status == 1
    meant = json.loads(ran.out)
    assert meant["intent"] is None
    assert meant["reason"].startswith(reason)
    assert ran.err == f"assistant: not understood: {meant['reason']}\n"


def test_interpret_is_for_people_at_a_terminal(assistant, monkeypatch, terminal):
    ran = assistant("interpret", "turn on the kitchen light")
    assert ran.out.splitlines() == [
        "text        turn on the kitchen light",
        "understood  HassTurnOn  name = Kitchen light (light.kitchen)  [1.00]",
    ]
    ran = assistant("interpret", "turn on the moon")
    assert 'devices     none here is called "moon"' in ran.out.splitlines()
    ran = assistant("interpret", "blue cheese tomorrow")
    assert (ran.status, ran.out) == (1, "")
    assert "not understood" in ran.err


@pytest.mark.usefixtures("terminal")
def test_at_a_terminal_no_line_breaks_inside_a_word(assistant, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "config.yaml").write_text(f"wake: {{words: [{'/nowhere' * 12} alexa]}}\n")
    ran = assistant("doctor")
    assert ran.status in (1, 2)
    lines = (ran.out + ran.err).splitlines()
    assert len(lines) > 1
    assert all(len(line) <= 80 or " " not in line.strip() for line in lines)


@pytest.mark.parametrize("arguments", [["--version"], ["-v"]])
def test_the_version_is_said(assistant, arguments):
    ran = assistant(*arguments)
    assert (ran.status, ran.out) == (0, f"hearth {__version__}\n")


@pytest.mark.parametrize("arguments", [["-v", "interpret", "hello"], ["interpret", "-v", "hello"]])
def test_more_is_logged_where_asked_for(assistant, arguments):
    assistant(*arguments)
    assert logging.getLogger("assistant").level == logging.DEBUG
    assistant("interpret", "hello")
    assert logging.getLogger("assistant").level == logging.INFO


def test_an_extra_is_installed_from_the_clone():
    """On PyPI `hearth` is somebody else's package."""
    *_, folder = shlex.split(install_command("mic"))
    assert folder.endswith("[mic]")
    project = tomllib.loads((Path(folder.removesuffix("[mic]")) / "pyproject.toml").read_text())
    assert "mic" in project["project"]["optional-dependencies"]


def test_an_extra_of_a_wheel_is_what_it_needs(monkeypatch):
    """The clone is not there, and the wheel may be gone."""
    monkeypatch.setattr(extras, "IN_PACKAGE", True)
    *_, wyoming, zeroconf = shlex.split(install_command("wyoming"))
    assert wyoming.startswith("wyoming>=")
    assert zeroconf.startswith("zeroconf>=")


def test_no_message_names_a_package_that_is_not_ours():
    for path in Path(cli.__file__).parent.rglob("*.py"):
        assert not re.search(r"pip install '?hearth\b", path.read_text()), path


def test_the_runtime_reports_nothing_to_its_maker():
    """ONNX Runtime does so from 1.29 on, unless this is set before it is loaded."""
    code = "import os, assistant; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    ran = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, check=True)
    assert ran.stdout == b"1\n"


def test_interpret_explains(assistant, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.yaml").write_text(
        "intents:\n"
        "  HassTurnOn: {data: [{sentences: ['brew with {name}']}]}\n"
        "  MakeTea: {data: [{sentences: [make tea]}]}\n"
    )
    (tmp_path / "config.yaml").write_text("understanding: {sentences: own}\n")
    ran = assistant(
        "interpret", "--config", str(tmp_path / "config.yaml"), "--explain", "brew with gas"
    )
    explanation = json.loads(ran.out)["explanation"]
    assert (explanation["template"], explanation["line"]) == ("brew with {name}", 2)
    assert (explanation["failed_at"], explanation["expected"]) == ("gas", ["{name}"])
    (problem,) = explanation["sentence_problems"]
    assert "no plugin carries out the intent 'MakeTea'" in problem


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
    assert ran.status == 2
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


@pytest.mark.parametrize(
    "command", ["run", "demo", "listen", "transcribe", "bench", "doctor", "habits"]
)
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
    monkeypatch.setenv("COLUMNS", "80")
    ran = assistant("demo", *options)
    assert ran.status == 0
    account = ran.err
    for name in names:
        assert name in account
    assert "said        alexa, close the living room blinds" in account
    assert "  W the wake word was heard" in account
    assert re.search("heard       .*the kitchen light", account)
    assert "light.kitchen state: off -> on" in account
    assert "waiting for a pause" in account
    assert "2 of 2 commands by 2 voices carried out" in account
    assert "light.kitchen brightness: unset -> 100" in account
    assert not re.search(r"None|True|False|[{}]", account)
    assert max(map(len, account.splitlines())) <= 80
    assert all(f"  {n}. " in account for n in (1, 2, 3)), "what to do next"
    assert ran.types().count("action") == 2, "events go where standard output is no terminal"


def test_the_demo_in_a_file_is_for_people(tmp_path):
    """No events between the lines where both streams go to one file."""
    file = tmp_path / "demo.txt"
    with file.open("w") as out:
        code = "from assistant.commands import demo; print(demo._events_wanted())"
        subprocess.run([sys.executable, "-c", code], stdout=out, stderr=out, check=True)
    assert file.read_text() == "False\n"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert ran.stdout == b"True\n"
