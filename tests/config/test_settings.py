from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import yaml

from assistant.config import ConfigError, Settings, effective, load
from assistant.config.bind import setting_names

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
SECTIONS = {item.name: item.default_factory() for item in fields(Settings) if item.compare}


def test_the_example_is_the_defaults():
    assert load(EXAMPLE) == Settings()


def test_the_example_has_every_setting_in_order():
    written = yaml.safe_load(EXAMPLE.read_text())
    assert list(written) == list(SECTIONS)
    for name, section in SECTIONS.items():
        expected = setting_names(type(section)) if is_dataclass(section) else section
        assert list(written[name]) == list(expected), name


def test_the_example_says_why_for_every_setting():
    lines = EXAMPLE.read_text().splitlines()
    settings = [index for index, line in enumerate(lines) if line.startswith("  ") and ":" in line]
    settings = [index for index in settings if not lines[index].lstrip().startswith("#")]
    assert len(settings) == sum(_count(each) for each in SECTIONS.values() if is_dataclass(each))
    for index in settings:
        assert lines[index - 1].lstrip().startswith("# "), lines[index]
        assert lines[index - 1].endswith("."), lines[index]


def _count(section):
    """The settings of a section, those of its parts too."""
    values = [getattr(section, name) for name in setting_names(type(section))]
    return len(values) + sum(_count(value) for value in values if is_dataclass(value))


@pytest.mark.parametrize("name", SECTIONS)
def test_settings_cannot_be_changed(name):
    with pytest.raises(AttributeError):
        setattr(Settings(), name, None)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("replies: {engine: piper}", "piper needs `voice`"),
        ("replies: {engine: piper, voice: amy}", "piper needs `voice`"),
        ("replies: {engine: wyoming}", "wyoming needs `url`"),
        ("replies: {engine: wyoming, url: 'http://x:1'}", "must be an address such as tcp://"),
        ("replies: {sounds: [succes]}", "the nearest is 'success'"),
        ("replies: {brief: true, sounds: []}", "brief needs the sound `success`"),
        ("audio: {satellite: kitchen.local}", "must be an address such as tcp://"),
        ("audio: {satellite: 'tcp://kitchen.local'}", "must be an address such as tcp://"),
        ("audio: {satellite: 'tcp://kitchen:many'}", "must be an address such as tcp://"),
        ("conversation: {presence: {entity: light.lamp}}", "must be an entity of binary_sensor"),
        ("conversation: {presence: {entity: group}}", "such as binary_sensor.kitchen_occupancy"),
        ("conversation: {presence: {entity: group.My room}}", "as Home Assistant writes it"),
        ("conversation: {presence: {entity: group.a__b}}", "as Home Assistant writes it"),
        ("calls: {command: [linphonecsh, dial]}", "say where the number goes"),
        ("calls: {command: ['{number}']}", "say where the number goes"),
    ],
)
def test_what_does_not_go_together_is_refused(refused, text, wrong):
    assert wrong in str(refused(text))


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("", False),
        ("audio: {satellite: 'tcp://kitchen:10700'}", True),
        ("replies: {engine: wyoming, url: 'tcp://127.0.0.1:10200'}", True),
        ("calls: {command: [dial, '{number}']}", True),
        ("home: {kind: home_assistant, url: 'http://h:8123'}", True),
    ],
)
def test_a_network_is_needed_for_what_is_elsewhere(settings, text, needed):
    assert settings(text).needs_network is needed


def test_what_names_sound_like_is_read(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("personalisation: {sounds_like: {Siobhan: [shivawn, shi-vawn]}}\n", "utf8")
    settings = load(path)
    assert settings.personalisation.sounds_like == {"Siobhan": ("shivawn", "shi-vawn")}
    assert "- shivawn" in effective(settings)
    path.write_text("personalisation: {sounds_like: {Siobhan Walsh: [shivawn]}}\n", "utf8")
    with pytest.raises(ConfigError, match="'shivawn' needs 2 words, one for each of 'Siobhan Wa"):
        load(path)
    path.write_text("personalisation: {sounds_like: {Siobhan: shivawn}}\n", "utf8")
    with pytest.raises(ConfigError, match="expected a list"):
        load(path)
