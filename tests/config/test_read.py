import pytest

from assistant.config import ConfigError, Settings, load


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("audio:\n\tchannels: 1\n", 2, 1, "indent with spaces, not tabs"),
        ("audio: [1\n", 2, 1, "YAML cannot be read here"),
        ("audio: {a: b\nwake: {}\n", 2, 5, "YAML cannot be read here"),
        ("audio: *device\n", 1, 8, "undefined alias 'device'"),
        ("--- {}\n--- {}\n", 2, 1, "another document"),
        ("audio:\n  device: a\x01b\n", 2, 12, "unprintable character"),
        ("audio: {}\nwake: {}\naudio: {}\n", 3, 1, "'audio' is given twice, first in line 1"),
        ("audio:\n  channels: 1\n  channels: 2\n", 3, 3, "'channels' is given twice"),
        ("- audio\n", 1, 1, "expected indented `key: value` lines"),
        ("? [a]\n: b\n", 1, 3, "expected one word here"),
    ],
)
def test_what_is_no_configuration_is_placed(refused, text, line, column, message):
    error = refused(text)
    assert (error.line, error.column) == (line, column)
    assert message in str(error)
    assert "\n" not in str(error)


def test_text_in_another_encoding_is_placed(write):
    path = write("")
    path.write_bytes("audio:\n  device: Büro\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="line 2, column 12: this is not UTF-8"):
        load(path)


@pytest.mark.parametrize("depth", [200, 20_000])
def test_deep_nesting_is_an_error_not_a_crash(refused, depth):
    assert "config.yaml" in str(refused("[" * depth + "]" * depth))


@pytest.mark.parametrize("text", ["a: &a {<<: *a}", "audio: &a {<<: [*a]}", "&a [*a]"])
def test_values_that_hold_themselves_are_an_error(refused, text):
    assert "config.yaml" in str(refused(text))


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match=r"lost\.yaml: there is no such file; copy"):
        load(tmp_path / "lost.yaml")


def test_a_folder_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "# only a comment\n", "---\n", "\ufeffaudio: {}\n", "audio:\n"]
)
def test_nothing_written_is_the_defaults(settings, text):
    assert settings(text) == Settings()


def test_merge_keys_give_way_to_what_is_written(settings):
    loaded = settings("audio:\n  <<: {channels: 2, gain_db: 6}\n  gain_db: 1\n")
    assert (loaded.audio.channels, loaded.audio.gain_db) == (2, 1.0)
