from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant.config import (
    MODELS_FOLDER,
    AudioSettings,
    PersonalisationSettings,
    Settings,
    effective,
    load,
)
from assistant.config.load import MASK


def test_without_a_file_the_defaults_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(None) == Settings()
    assert load(None).file is None


def test_config_yaml_in_the_working_directory_is_read(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("endpoint: {style: quick}\n")
    assert load(None).endpoint.style == "quick"
    assert load(None).file == tmp_path / "config.yaml"


def test_effective_settings_show_everything_but_secrets(write):
    write("cat: Hobbes the Secret\nfriends: [Zebedee]\n", "secrets.yaml")
    text = effective(
        load(
            write(
                "audio: {device: Büro}\n"
                "personalisation: {contacts: !secret friends, words: [dog, !secret cat]}\n"
            )
        )
    )
    shown = yaml.safe_load(text)
    assert shown["audio"]["device"] == "Büro"
    assert shown["wake"]["words"] == ["okay_nabu"]
    assert shown["personalisation"]["contacts"] == MASK
    assert "Hobbes" not in text
    assert "Zebedee" not in text


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029"])
def test_odd_line_ends_are_shown_as_they_are(write, end):
    settings = load(write("audio: {device: '0'}\n"))
    settings = replace(settings, audio=replace(settings.audio, device=f"Büro{end}1{end}"))
    assert yaml.safe_load(effective(settings))["audio"]["device"] == f"Büro{end}1{end}"


@hypothesis_settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    device=st.none() | st.integers(0, 99) | st.text(st.characters(codec="utf-8"), min_size=1),
    gain_db=st.floats(-40, 40),
    words=st.lists(st.sampled_from(["no", "1", "Zoë", "a: b", "!x", "#", "2024-01-01"])),
)
def test_effective_settings_load_as_the_same_settings(tmp_path, device, gain_db, words):
    if isinstance(device, str) and not device.strip():
        device = None
    before = Settings(
        audio=AudioSettings(device=device, gain_db=gain_db),
        personalisation=PersonalisationSettings(words=tuple(words)),
    )
    path = tmp_path / "again.yaml"
    path.write_text(effective(before), encoding="utf-8")
    assert load(path) == before


@pytest.mark.parametrize("model", ["en-small", "other"])
def test_a_bare_model_name_lies_in_models(settings, model):
    assert settings(f"recogniser: {{model: {model}}}").model_folder == MODELS_FOLDER / model


def test_a_model_path_is_relative_to_the_configuration(settings, tmp_path):
    assert settings("recogniser: {model: ./big}").model_folder == tmp_path / "big"
    assert settings("recogniser: {model: /opt/big}").model_folder == Path("/opt/big")
