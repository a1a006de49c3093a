"""What a manifest must say, and which plugins fit."""

import sys

import pytest

from assistant.home.demo import DemoHome
from assistant.plugins import manifest as plugin_manifest
from assistant.plugins.api import INTERFACE, PluginContext, PluginError
from assistant.plugins.loader import want_network
from assistant.plugins.manifest import PluginManifest, check_fits, read_manifest

WHOLE = """\
name: tea
version: "1.0"
description: Makes tea.
interface: 1
"""


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "manifest.yaml").write_text(text, encoding="utf-8")
        return read_manifest(tmp_path)

    return read


def fitting(**changes):
    whole = {"name": "tea", "version": "1", "description": "Tea.", "interface": INTERFACE}
    return PluginManifest(**whole | changes)


def test_a_manifest_is_read(read):
    assert read(WHOLE) == PluginManifest(
        name="tea", version="1.0", description="Makes tea.", interface=1
    )
    text = WHOLE + "requires: [icalendar>=6]\nnetwork: true\nsends_words: true\n"
    assert read(text).requires == ("icalendar>=6",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, column 1: `name: ...` is missing"),
        (WHOLE.replace("interface: 1", ""), "line 1, column 1: `interface: ...` is missing"),
        (
            WHOLE + "requirs: []",
            "line 5, column 1: unknown key 'requirs'; the nearest valid key is",
        ),
        (WHOLE.replace('"', ""), "line 2, column 10: version: must be text, not '1.0'; put it in"),
        (WHOLE.replace("face: 1", "face: one"), "line 4, column 12: interface: must be a whole"),
        (WHOLE + "requires: [a, '>= 6']", "'>= 6' is no requirement such as icalendar>=6"),
        (WHOLE + "sends_words: true", "what sends words needs `network: true`"),
        ("name: [", "YAML cannot be read here"),
        ("- name", "expected indented `key: value` lines"),
    ],
)
def test_what_is_wrong_is_placed(read, tmp_path, text, message):
    with pytest.raises(PluginError) as caught:
        read(text)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "manifest.yaml"))


def test_a_missing_manifest_says_what_to_write(tmp_path):
    with pytest.raises(PluginError, match="name, version, description and `interface: 1`"):
        read_manifest(tmp_path)


def test_a_plugin_for_another_interface_does_not_fit(monkeypatch):
    context = PluginContext(DemoHome())
    check_fits(fitting(), context)
    with pytest.raises(PluginError, match=r"interface 2, and this Hearth has 1: update Hearth"):
        check_fits(fitting(interface=2), context)
    monkeypatch.setattr(plugin_manifest, "INTERFACE", 2)
    with pytest.raises(PluginError, match="look for a newer version of the plugin"):
        check_fits(fitting(interface=1), context)


def test_what_sends_words_fits_only_where_words_may_leave():
    talkative = fitting(network=True, sends_words=True)
    with pytest.raises(PluginError, match=r"privacy\.keep_words_local says that words stay"):
        check_fits(talkative, PluginContext(DemoHome()))
    check_fits(talkative, PluginContext(DemoHome(), keep_words_local=False))


def test_requirements_that_are_not_met_are_named_with_what_installs_them():
    context = PluginContext(DemoHome())
    met = ("aiohttp>=3", "PyYAML", "no-such-package; python_version < '3'")
    check_fits(fitting(requires=met), context)
    with pytest.raises(PluginError) as caught:
        check_fits(fitting(requires=(*met, "no-such-package>=6", "aiohttp>=999")), context)
    assert str(caught.value) == (
        "it needs no-such-package>=6, aiohttp>=999; install with: "
        f"{sys.executable} -m pip install 'no-such-package>=6' 'aiohttp>=999'"
    )


def test_a_network_is_wanted_where_a_plugin_says_so(tmp_path):
    assert not want_network(None)
    for name, more in (("quiet", ""), ("broken", "x: y"), ("weather", "network: true")):
        assert not want_network(tmp_path)
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.yaml").write_text(WHOLE + more)
    assert want_network(tmp_path)
