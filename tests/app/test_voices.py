"""What the settings give, with programs that are there or not."""

import asyncio
import logging
import shutil

import numpy as np
import pytest

from assistant.app import voices as factory
from assistant.app.voices import (
    make_player,
    make_soft_voice,
    make_speaker,
    make_voice,
    whispering_variant,
)
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


class Elsewhere:
    played = 0

    async def play(self, sound):
        self.played += 1


async def test_a_player_of_the_settings_is_for_this_device_and_not_for_a_satellite(programs):
    programs("mpv")
    satellite = Elsewhere()
    settings = RepliesSettings(engine="none", player=("mpv", "-"))
    speaker = make_speaker(settings, OwnVoice(), satellite)
    running = asyncio.create_task(speaker.run())
    speaker.follow(Reply(source="hall", audio_s=1.0, text="Sorry?"))
    await settle()
    assert satellite.played == 1
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


VOICES = """case "$1" in
--voices=variant) echo head; echo "5 variant --/M female_whisper !v/whisperf"
    echo "5 variant --/M whisper !v/whisper";;
--voices=en-gb) echo head; echo " 3 en-gb --/M english-mb mb/mb-en1 (en 2)"
    echo " 2 en-gb --/M English gmw/en (en 2)";;
--voices=*) echo head;;
esac"""


@pytest.mark.parametrize(
    ("voice", "variant"),
    [
        (None, "gmw/en+whisper"),
        ("en-gb+f3", "gmw/en+whisperf"),
        ("en-gb+m1", "gmw/en+whisper"),
        ("storm", "storm+whisper"),
        ("mb-en1", None),
    ],
)
def test_the_whispering_variant_goes_by_the_file_of_the_voice(programs, voice, variant):
    programs("espeak-ng", VOICES)
    assert whispering_variant(voice) == variant


@pytest.mark.parametrize("line", ["echo nothing", "exit 3"])
def test_an_espeak_without_variants_has_none(programs, line):
    programs("espeak-ng", line)
    assert whispering_variant(None) is None


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
async def test_espeak_whispers_and_is_much_softer():
    settings = RepliesSettings()
    voice = make_voice(settings)
    aloud = (await voice.speak("The kitchen light is on.")).samples.astype(float)
    softly = (await make_soft_voice(settings, voice).speak("The kitchen light is on.")).samples
    lower_db = 10 * np.log10(np.square(aloud).mean() / np.square(softly.astype(float)).mean())
    assert 9 < lower_db < 20
    assert voiced(softly.astype(float)) < 0.5 < voiced(aloud)


def voiced(samples):
    """The highest autocorrelation at a lag of 2.5 to 14 ms, in the mean over loud frames."""
    frames = samples[: len(samples) // 880 * 880].reshape(-1, 880)
    loud = frames[np.square(frames).mean(1) > np.square(samples).mean()]
    return np.mean([max(f[lag:] @ f[:-lag] for lag in range(55, 310, 2)) / (f @ f) for f in loud])


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
async def test_other_voices_speak_softly():
    voice = make_voice(RepliesSettings())
    aloud = (await voice.speak("Good night.")).samples
    softly = make_soft_voice(RepliesSettings(engine="wyoming", url="tcp://h:1"), voice)
    quiet = (await softly.speak("Good night.")).samples
    np.testing.assert_allclose(quiet, aloud * 10 ** (-12 / 20), atol=0.51)
