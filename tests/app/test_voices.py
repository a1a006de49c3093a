"""What the settings give, with programs that are there or not."""

import asyncio
import logging

import pytest

from assistant.app import voices as factory
from assistant.app.voices import make_player, make_speaker, make_voice
from assistant.config import RepliesSettings
from assistant.events import Reply
from assistant.reply.own_voice import OwnVoice
from assistant.reply.voice import ReplyError
from tests.hand_clock import settle


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """The only programs there are, each a line of shell."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(factory.sys, "executable", str(folder / "python"))

    def add(name, line="exit 0"):
        file = folder / name
        file.write_text(f"#!/bin/sh\n{line}\n")
        file.chmod(0o755)

    return add


@pytest.mark.parametrize(
    ("settings", "what_to_do"),
    [
        ({}, "sudo apt install espeak-ng"),
        ({"engine": "piper", "voice": "/v/amy.onnx"}, "pip install piper-tts"),
    ],
)
def test_a_voice_that_is_not_there_says_what_to_do(programs, settings, what_to_do):
    with pytest.raises(ReplyError, match=what_to_do):
        make_voice(RepliesSettings(**settings))


def test_pipers_voice_must_be_there(programs, tmp_path):
    programs("piper")
    settings = RepliesSettings(engine="piper", voice=str(tmp_path / "amy.onnx"))
    with pytest.raises(ReplyError, match=r"there is no voice .*amy.onnx"):
        make_voice(settings)


async def test_piper_is_given_its_voice_and_the_text(programs, tmp_path):
    programs("piper", f'echo "$@" > {tmp_path}/said; /bin/cat >> {tmp_path}/said')
    model = tmp_path / "amy.onnx"
    model.touch()
    voice = make_voice(RepliesSettings(engine="piper", voice=str(model)))
    with pytest.raises(ReplyError, match="gave no speech"):
        await voice.speak("Good evening.")
    said = (tmp_path / "said").read_text()
    assert said == f"--model {model} --output_file -\nGood evening.\n"


def test_without_a_player_it_says_what_to_do(programs):
    with pytest.raises(ReplyError, match="sudo apt install alsa-utils"):
        make_player(RepliesSettings())
    with pytest.raises(ReplyError, match="no program 'mpv': change replies"):
        make_player(RepliesSettings(player=("mpv", "-")))


async def test_a_home_without_any_of_it_goes_on(programs, caplog):
    caplog.set_level(logging.WARNING)
    speaker = make_speaker(RepliesSettings(), OwnVoice())
    running = asyncio.create_task(speaker.run())
    speaker.follow(Reply(source="mic", audio_s=1.0, text="Yes."))
    await settle()
    assert not running.done()
    assert len(caplog.messages) == 1
    assert "answers are only in the log: nothing can play sounds" in caplog.text
    running.cancel()


async def test_silent_mode_plays_nothing_and_complains_of_nothing(programs, tmp_path, caplog):
    programs("aplay", f"echo played > {tmp_path}/played")
    speaker = make_speaker(RepliesSettings(silent=True), OwnVoice())
    running = asyncio.create_task(speaker.run())
    speaker.follow(Reply(source="mic", audio_s=1.0, text="Yes."))
    await settle()
    assert not (tmp_path / "played").exists()
    assert not caplog.messages
    running.cancel()
