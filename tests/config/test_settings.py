from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import yaml

from assistant.config import Settings, load
from assistant.config.bind import setting_names

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
SECTIONS = {item.name: item.default_factory() for item in fields(Settings) if item.compare}


def test_the_example_is_the_defaults():
    assert load(EXAMPLE) == Settings()


def test_the_example_has_every_setting_in_order():
    written = yaml.safe_load(EXAMPLE.read_text())
    assert list(written) == list(SECTIONS)
    for name, section in SECTIONS.items():
        assert is_dataclass(section)
        assert list(written[name]) == setting_names(type(section)), name


def test_the_example_says_why_for_every_setting():
    lines = EXAMPLE.read_text().splitlines()
    settings = [index for index, line in enumerate(lines) if line.startswith("  ") and ":" in line]
    settings = [index for index in settings if not lines[index].lstrip().startswith("#")]
    assert len(settings) == sum(len(setting_names(type(each))) for each in SECTIONS.values())
    for index in settings:
        assert lines[index - 1].startswith("  # "), lines[index]
        assert lines[index - 1].endswith("."), lines[index]


@pytest.mark.parametrize("name", SECTIONS)
def test_settings_cannot_be_changed(name):
    with pytest.raises(AttributeError):
        setattr(Settings(), name, None)
