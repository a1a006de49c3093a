"""`assistant bench` for real, on one recording: every figure is there, and live takes its time."""

import json

import pytest

from assistant.commands import demo


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "06-time.ogg").symlink_to(demo.FOLDER / "06-time.ogg")
    (tmp_path / "commands.tsv").symlink_to(demo.FOLDER / "commands.tsv")
    return tmp_path


def test_what_somebody_waits_is_told_by_audio_and_by_the_clock(assistant, folder):
    ran = assistant("bench", "--json", "--live", folder)
    assert ran.status == 0, ran.err
    report = json.loads(ran.out)
    (file,) = report["files"]
    assert file["text"] == "what time is it"
    counted = report["latency"]["response_ms"]["median"]
    assert counted == file["response_ms"] > 0
    assert report["live"]["median"] > file["final_ms"], "no pause ends sooner by the clock"
    assert report["listening"]["one_stream"] == {"files": 1, "as_alone": 1}
