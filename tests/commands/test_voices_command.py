"""`assistant voices` on the demo's recordings: slt, rms and awb are three voices."""

import json
import stat
from pathlib import Path

import numpy as np
import pytest
import soundfile

DEMO = Path(__file__).parents[2] / "demo"
SLT = [DEMO / "01-kitchen-light.ogg", DEMO / "07-thermostat.ogg"]
RMS = [DEMO / "02-bedroom-fifty.ogg", DEMO / "06-time.ogg"]


@pytest.fixture
def household(assistant, tmp_path, monkeypatch):
    """Two people learned, in the state folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert assistant("voices", "learn", "Anna", *SLT).status == 0
    assert assistant("voices", "learn", "Ben", *RMS).status == 0
    return tmp_path / "state" / "hearth" / "voices"


def test_members_are_told_apart_and_guests_are_nobody(assistant, household):
    said = {"12-garage.ogg": "Anna", "11-thinking.ogg": "Ben", "03-blinds.ogg": None}
    ran = assistant("voices", "identify", *(DEMO / name for name in said))
    assert ran.status == 0
    for event, (name, speaker) in zip(ran.events, said.items(), strict=True):
        assert event["file"].endswith(name)
        assert event["speaker"] == speaker
        assert set(event["scores"]) == {"Anna", "Ben"}
        assert (0.9 if speaker else 0) <= event["probability"] <= 1


def test_only_the_user_can_read_what_is_kept_and_it_is_no_audio(household):
    files = sorted(household.iterdir())
    assert [file.name for file in files] == ["anna.json", "ben.json"]
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.stat().st_size < 15_000
    assert stat.S_IMODE(household.stat().st_mode) == 0o700


def test_a_voice_is_listed_exported_and_forgotten(assistant, household):
    names = [event["name"] for event in assistant("voices", "list").events]
    assert names == ["Anna", "Ben"]
    (exported,) = assistant("voices", "export", "anna").events
    assert exported == json.loads((household / "anna.json").read_text())
    assert assistant("voices", "forget", "ANNA").status == 0
    assert not (household / "anna.json").exists()
    (event,) = assistant("voices", "identify", SLT[0]).events
    assert event["speaker"] is None
    ran = assistant("voices", "forget", "Anna")
    assert ran.status == 2
    assert "not known; known is Ben" in ran.err


def test_another_folder(assistant, household, tmp_path):
    other = tmp_path / "other"
    ran = assistant("voices", "list", "--profiles", other)
    assert (ran.status, ran.out) == (0, "")
    assert "nobody's voice is known" in ran.err
    assert assistant("voices", "learn", "Ben", *RMS, "--profiles", other).status == 0
    assert [event["name"] for event in assistant("voices", "list").events] == ["Anna", "Ben"]
    (event,) = assistant("voices", "identify", SLT[0], "--profiles", other).events
    assert event["speaker"] is None


def test_what_another_model_has_learned_is_not_used(assistant, household):
    file = household / "anna.json"
    file.write_text(file.read_text().replace("speaker-campplus", "speaker-older"))
    (event,) = assistant("voices", "identify", SLT[0]).events
    assert event["speaker"] is None
    usable = {event["name"]: event["usable"] for event in assistant("voices", "list").events}
    assert usable == {"Anna": False, "Ben": True}


@pytest.mark.parametrize("damage", ["{", '{"format": 2}', '{"format": 1, "name": "Anna"}'])
def test_a_damaged_profile_leaves_the_others(assistant, household, damage):
    (household / "anna.json").write_text(damage)
    assert [event["name"] for event in assistant("voices", "list").events] == ["Ben"]


def test_recordings_that_teach_nothing(assistant, tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(32_000, np.int16), 16_000)
    ran = assistant("voices", "learn", "Anna", "silence.wav", "--profiles", tmp_path)
    assert ran.status == 2
    assert "too little speech" in ran.err
    ran = assistant("voices", "learn", "Anna", "gone.wav", "--profiles", tmp_path)
    assert ran.status == 1
    assert not list(tmp_path.glob("*.json"))


def test_a_recording_of_somebody_else_is_told(assistant, tmp_path):
    blinds = DEMO / "03-blinds.ogg"
    ran = assistant("voices", "learn", "Anna", *SLT, blinds, "--profiles", tmp_path)
    assert ran.status == 0
    assert "03-blinds.ogg: does not sound like the other recordings" in ran.err


def test_a_bad_file_among_others_to_identify(assistant, household):
    ran = assistant("voices", "identify", "gone.wav", SLT[0])
    assert ran.status == 1
    assert [event["speaker"] for event in ran.events] == ["Anna"]


def test_a_folder_that_cannot_be_written(assistant, tmp_path):
    (tmp_path / "file").touch()
    ran = assistant("voices", "learn", "Anna", *SLT, "--profiles", tmp_path / "file")
    assert ran.status == 1
    assert "is not kept" in ran.err


def test_names_do_not_leave_the_folder(assistant, tmp_path):
    folder = tmp_path / "profiles"
    assert assistant("voices", "learn", "../anna", *SLT, "--profiles", folder).status == 0
    assert [file.name for file in folder.iterdir()] == ["..%2Fanna.json"]


def test_what_is_no_name_is_said_before_anything_is_heard(assistant, tmp_path):
    ran = assistant("voices", "learn", " ", "gone.wav", "--profiles", tmp_path)
    assert ran.status == 2
    assert "cannot be a name" in ran.err
