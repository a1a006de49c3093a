"""What people really feed it: broken files, wrong formats, no room to write, a sudden end."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.asr.recording import RecordingRecogniser
from assistant.audio.source import SAMPLE_RATE
from assistant.audio.vad import SileroVad
from assistant.commands import listen

DEMO = Path(__file__).parents[2] / "demo"
LIGHT = DEMO / "01-kitchen-light.ogg"
TESTS = Path(__file__).parents[1]


def error(ran):
    """The one line of a failure, told to people and in the event."""
    assert ran.status == 1
    assert "Traceback" not in ran.err
    (line,) = ran.err.splitlines()
    (event,) = ran.events
    assert event["type"] == "error"
    assert event["message"] in line
    return line


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.wav", b"", "the file is empty; record it again"),
        ("notes.wav", b"turn on the light, please\n" * 9, "not an audio file"),
        ("header.wav", b"RIFF\x24\x00\x00\x00WAVEfmt ", "not an audio file"),
    ],
)
def test_what_is_no_audio(assistant, scripted, name, content, message):
    scripted()
    Path(name).write_bytes(content)
    line = error(assistant("listen", "--no-wake", name))
    assert name in line
    assert message in line


def test_a_file_that_is_not_there(assistant, scripted):
    scripted()
    assert "gone.wav: No such file" in error(assistant("listen", "gone.wav"))


def test_the_files_after_a_broken_one_are_heard(assistant, scripted, tmp_path):
    scripted()
    (tmp_path / "empty.wav").touch()
    ran = assistant("listen", "--no-wake", tmp_path / "empty.wav", LIGHT)
    assert ran.status == 1
    assert "action" in ran.types()


def test_one_sample(assistant, scripted, tmp_path):
    scripted()
    soundfile.write(tmp_path / "one.wav", np.array([0.5]), SAMPLE_RATE)
    ran = assistant("listen", "--no-wake", tmp_path / "one.wav")
    assert (ran.status, ran.out, ran.err) == (0, "", "")


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 2), (192_000, 1), (44_100, 6)])
def test_other_rates_and_channels(assistant, scripted, tmp_path, rate, channels):
    scripted()
    samples, _ = soundfile.read(LIGHT)
    positions = np.arange(round(samples.size * rate / SAMPLE_RATE)) * SAMPLE_RATE / rate
    heard = np.interp(positions, np.arange(samples.size), samples)
    path = tmp_path / "other.wav"
    soundfile.write(path, np.repeat(heard[:, None], channels, axis=1), rate)
    ran = assistant("listen", "--no-wake", path)
    usual = assistant("listen", "--no-wake", LIGHT)
    assert ran.status == 0
    assert ran.types() == usual.types()
    for event, other in zip(ran.events, usual.events, strict=False):
        assert event["audio_s"] == pytest.approx(other["audio_s"], abs=0.15)


def test_a_truncated_file_is_heard_as_far_as_it_goes(assistant, scripted, tmp_path):
    scripted()
    samples, _ = soundfile.read(LIGHT)
    whole = tmp_path / "whole.wav"
    soundfile.write(whole, samples, SAMPLE_RATE)
    (tmp_path / "cut.wav").write_bytes(whole.read_bytes()[: 2 * 2 * SAMPLE_RATE])
    (tmp_path / "cut.ogg").write_bytes(LIGHT.read_bytes()[: LIGHT.stat().st_size // 2])
    ran = assistant("listen", "--no-wake", "cut.wav", "cut.ogg")
    assert ran.status == 0
    assert "Traceback" not in ran.err
    ends = [event for event in ran.events if event["type"] == "final_endpoint"]
    assert {event["source"] for event in ends} == {"cut.wav", "cut.ogg"}


def noise(duration_s):
    """Loud white noise, the same minute again and again."""
    minute = np.random.default_rng(0).normal(0, 3000, 60 * SAMPLE_RATE).astype(np.int16)
    return np.resize(minute, duration_s * SAMPLE_RATE)


@pytest.mark.parametrize("sound", [noise, lambda duration_s: np.zeros(duration_s * SAMPLE_RATE)])
def test_ten_minutes_of_noise_or_silence_wake_nobody(assistant, scripted, sound):
    scripted()
    soundfile.write("long.flac", sound(600), SAMPLE_RATE)
    ran = assistant("listen", "long.flac")
    assert (ran.status, ran.out) == (0, "")


def test_noise_that_is_taken_for_speech_comes_to_an_end(assistant, scripted, monkeypatch):
    scripted([])

    class Credulous(SileroVad):
        def process(self, frame):
            return 1.0 if frame.any() else 0.0

    monkeypatch.setattr("assistant.app.assembly.SileroVad", Credulous)
    soundfile.write("noise.flac", noise(120), SAMPLE_RATE)
    ran = assistant("listen", "--no-wake", "noise.flac")
    assert ran.status == 0
    assert "action" not in ran.types()
    starts = [event["audio_s"] for event in ran.events if event["type"] == "speech_started"]
    ends = [event["audio_s"] for event in ran.events if event["type"] == "final_endpoint"]
    assert len(ends) == 8
    assert all(end - start <= 15.5 for start, end in zip(starts, ends, strict=True))


@contextmanager
def tiny_disk(folder):
    """A file system of 8 kB."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=8k", "tmpfs", str(folder)]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("a file system cannot be mounted here (needs root)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def recorded_in(folder, scripted, monkeypatch):
    """Lets commands be recorded in a folder."""
    recogniser = RecordingRecogniser(scripted(), folder)
    monkeypatch.setattr(listen, "load_recogniser", lambda _: recogniser)


def test_commands_are_recorded_where_asked_for(assistant, scripted, monkeypatch, tmp_path):
    recorded_in(tmp_path / "kept", scripted, monkeypatch)
    assert assistant("listen", "--no-wake", LIGHT).status == 0
    paths = sorted((tmp_path / "kept").iterdir())
    samples, rate = soundfile.read(paths[-1], dtype="int16")
    assert rate == SAMPLE_RATE
    assert 1.0 < samples.size / rate < 4.0
    assert np.abs(samples).max() > 5000


def test_a_full_disk_costs_the_recording_and_nothing_else(
    assistant, scripted, monkeypatch, tmp_path
):
    with tiny_disk(tmp_path / "small") as folder:
        recorded_in(folder, scripted, monkeypatch)
        ran = assistant("listen", "--no-wake", LIGHT)
        assert list(folder.iterdir()) == []
    assert ran.status == 0
    assert "action" in ran.types()
    assert "could not be recorded" in ran.err
    assert "Traceback" not in ran.err


def test_a_folder_that_cannot_be_written_costs_the_recording_and_nothing_else(
    assistant, scripted, monkeypatch
):
    recorded_in(Path("/proc/hearth"), scripted, monkeypatch)
    ran = assistant("listen", "--no-wake", LIGHT)
    assert ran.status == 0
    assert "action" in ran.types()
    assert "could not be recorded in /proc/hearth" in ran.err


PROGRAM = """
import sys
from tests.scripted import Script, ScriptedRecogniser
from assistant import cli
from assistant.audio.vad import SileroVad
from assistant.commands import listen
words = [("turn", 0.6), ("on", 0.8), ("the", 0.9), ("kitchen", 1.0), ("light", 1.1)]
listen.load_recogniser = lambda _: ScriptedRecogniser(Script(words))
sys.exit(cli.main())
"""


def started(*arguments, **options):
    """The assistant in a process of its own, with a recogniser that follows a script."""
    environ = os.environ | {"PYTHONPATH": str(TESTS)} | options.pop("environ", {})
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        env=environ,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_terminated_in_mid_utterance_it_leaves_cleanly_within_two_seconds():
    process = started("listen", "--no-wake", "--pace", "realtime", LIGHT, stdout=subprocess.PIPE)
    assert '"speech_started"' in process.stdout.readline()
    begin_s = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, complaint = process.communicate(timeout=10)
    assert time.monotonic() - begin_s < 2.0
    assert process.returncode == 1
    assert complaint == "assistant: stopped by SIGTERM\n"


def test_events_that_cannot_be_written_are_one_line():
    """Standard output on a full disk."""
    with Path("/dev/full").open("w") as full:
        process = started("listen", "--no-wake", LIGHT, stdout=full)
        _, complaint = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "No space left" in complaint
    assert "Traceback" not in complaint


def test_a_home_folder_that_cannot_be_written(tmp_path):
    """`/proc` takes no files, not even from root."""
    process = started(
        "listen", "--no-wake", LIGHT, stdout=subprocess.PIPE, environ={"HOME": "/proc"}
    )
    events, complaint = process.communicate(timeout=30)
    assert process.returncode == 0
    assert '"action"' in events
    assert "Traceback" not in complaint


def test_transcribe_hears_with_the_sentences_of_a_folder(assistant, tmp_path):
    (tmp_path / "own.yaml").write_text(
        "language: en\nintents: {HassTurnOn: {data: [{sentences: [begin the show],"
        " slots: {name: Kitchen light}}]}}\n"
    )
    recording = str(DEMO / "01-kitchen-light.ogg")
    (alone,) = assistant("transcribe", recording).events
    (held,) = assistant("transcribe", "--sentences", str(tmp_path), recording).events
    assert [each["sentence_boost"] for each in alone["nbest"]] == [0] * len(alone["nbest"])
    assert held["text"] == "alexa turn on the kitchen light"
    assert held["nbest"][0]["sentence_boost"] > 0


def test_a_folder_of_sentences_with_mistakes_is_told(assistant, tmp_path):
    (tmp_path / "own.yaml").write_text("intents: []\n")
    for folder in (tmp_path, tmp_path / "nowhere"):
        ran = assistant("transcribe", "--sentences", str(folder), "x.wav")
        assert ran.status == 2
        assert str(folder) in ran.err.splitlines()[-1]
