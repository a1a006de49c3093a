from pathlib import Path

import pytest

from assistant.config import ConfigError, effective, load
from assistant.config.settings import PersonSettings


@pytest.mark.parametrize(
    ("text", "line", "column", "nearest"),
    [
        ("audio:\n  chanels: 2\n", 2, 3, "channels"),
        ("wake:\n  engine: open\n  treshold: 0.5\n", 3, 3, "threshold"),
        ("\n\nendpont: {style: quick}\n", 3, 1, "endpoint"),
        ("threshold: 0.5\n", 1, 1, "wake.threshold"),
        ("audio: {threshold: 0.5}\n", 1, 9, "wake.threshold"),
    ],
)
def test_an_unknown_key_is_placed_and_the_nearest_named(refused, text, line, column, nearest):
    error = refused(text)
    assert (error.line, error.column) == (line, column)
    assert f"the nearest valid key is '{nearest}'" in str(error)
    assert f"config.yaml, line {line}, column {column}: " in str(error)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("audio:\n  channels: two\n", 2, 13, "must be a whole number, not 'two'"),
        ("audio:\n  channels: 1.5\n", 2, 13, "must be a whole number, not '1.5'"),
        ("audio:\n  channels: true\n", 2, 13, "must be a whole number, not 'true'"),
        ("audio:\n  channels: [1]\n", 2, 13, "expected one value, not a list"),
        ("audio: {gain_db: loud}\n", 1, 18, "must be a number, not 'loud'"),
        ("audio: [device]\n", 1, 8, "expected indented `key: value` lines"),
        ("wake: {words: alexa}\n", 1, 15, "expected a list, such as [one, two]"),
        ("personalisation: {enabled: 1}\n", 1, 28, "must be true or false, not '1'"),
        ("personalisation: {contacts: [Ann, No]}\n", 1, 35, "put it in quotes if it is meant as"),
        ("recogniser:\n  model:\n", 2, 9, "must be text, and nothing is written here"),
        ("recogniser: {model: ' '}\n", 1, 21, "must be text"),
        ("privacy: {save_recordings: true}\n", 1, 28, "must be false or a path, not 'true'"),
    ],
)
def test_a_wrong_type_says_what_is_wanted(refused, text, line, column, message):
    error = refused(text)
    assert (error.line, error.column) == (line, column)
    assert message in str(error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("audio: {channels: 0}", "audio.channels: must be from 1 to 32, not '0'"),
        ("audio: {device: -1}", "audio.device: must be at least 0, not '-1'"),
        ("wake: {threshold: 1.5}", "wake.threshold: must be from 0 to 1, not '1.5'"),
        ("wake: {threshold: .nan}", "must be a number or null, not '.nan'"),
        ("wake: {threshold: .inf}", "must be a number or null, not '.inf'"),
        ("wake: {engine: macro}", "one of micro, open, not 'macro'; the nearest is 'micro'"),
        ("endpoint: {style: quickest}", "not 'quickest'; the nearest is 'quick'"),
        ("wake: {words: [okay_nabo]}", "the nearest is 'okay_nabu'"),
        ("wake: {words: []}", "name at least one wake word"),
        ("wake: {words: [hey_rhasspy]}", "engine 'micro' has no word 'hey_rhasspy'"),
        ("home: {kind: castle}", "must be one of demo, home_assistant, not 'castle'"),
        ("privacy: {keep_audio_local: false}", "nothing in Hearth can send audio away"),
    ],
)
def test_an_impossible_value_says_what_is_possible(refused, text, message):
    assert message in str(refused(text))


def test_settings_that_do_not_go_together_point_at_one_that_is_written(refused):
    error = refused("endpoint:\n  final_silence_s: 0.5\n  speculative_silence_s: 0.9\n")
    assert (error.line, error.column) == (3, 26)
    assert "(0.9) must not be longer than final_silence_s (0.5)" in str(error)
    error = refused("endpoint:\n  max_utterance_s: 3\n")
    assert (error.line, error.column) == (2, 20)
    assert "no_speech_timeout_s (5) must not be longer than max_utterance_s (3)" in str(error)


def test_values_arrive_with_their_types(settings):
    loaded = settings(
        "audio: {device: 2, gain_db: 3}\n"
        "wake: {engine: open, words: [hey_rhasspy, alexa], threshold: 0.7}\n"
        "personalisation: {contacts: [Siobhan, Tadhg]}\n"
        "home:\n"
    )
    assert loaded.audio.device == 2
    assert isinstance(loaded.audio.gain_db, float)
    assert loaded.wake.words == ("hey_rhasspy", "alexa")
    assert loaded.personalisation.contacts == ("Siobhan", "Tadhg")
    assert loaded.home.kind == "demo"


def test_home_assistant_needs_its_address(refused):
    error = refused("home:\n  kind: home_assistant\n")
    assert (error.line, error.column) == (2, 9)
    assert "needs `url`, such as http://homeassistant.local:8123" in str(error)
    error = refused("home: {kind: home_assistant, url: homeassistant.local}\n")
    assert "'homeassistant.local' must begin with http:// or https://" in str(error)


def test_a_word_like_none_of_them_is_not_taken_for_one(refused):
    wanted = "must be one of patient, normal, quick, not 'fastest'"
    assert str(refused("endpoint: {style: fastest}")).endswith(wanted)


LOCAL = "rescoring: {url: 'https://attic:10500'}\n"


def test_words_stay_here_unless_the_configuration_says_otherwise(refused, settings):
    error = refused(LOCAL)
    assert (error.line, error.column) == (1, 12)
    assert "https://attic:10500 would be sent the words of your commands" in str(error)
    assert "privacy.keep_words_local says that they stay on this device" in str(error)
    assert "set that to false if you want this, or delete rescoring.url" in str(error)
    refused(LOCAL + "privacy: {keep_words_local: true}\n")
    loaded = settings(LOCAL + "privacy: {keep_words_local: false}\n")
    assert loaded.rescoring.url == "https://attic:10500"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://attic:10500", "must begin with https://; http:// is only for this device itself"),
        ("attic:10500", "must begin with https:// and name a server"),
        ("https://", "must begin with https:// and name a server"),
        ("https://[::1", "must begin with https:// and name a server"),
    ],
)
def test_words_go_nowhere_in_the_open(refused, url, message):
    error = refused(f"rescoring: {{url: '{url}'}}\nprivacy: {{keep_words_local: false}}\n")
    assert message in str(error)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_device_may_be_asked_without_tls(settings, host):
    url = f"http://{host}:10500"
    loaded = settings(f"rescoring: {{url: '{url}'}}\nprivacy: {{keep_words_local: false}}\n")
    assert loaded.rescoring.url == url


def test_a_rescorer_s_certificate_and_key_go_together(refused):
    assert "a certificate needs its `key`" in str(refused("rescorer: {certificate: a.pem}\n"))
    assert "a key needs its `certificate`" in str(refused("rescorer: {key: a.pem}\n"))


def test_a_token_in_the_open_is_refused_and_not_shown(refused):
    error = refused("home:\n  token: eyJhbGciOi\n")
    assert (error.line, error.column) == (2, 10)
    assert "write `home_token: ...` into secrets.yaml" in str(error)
    assert "eyJ" not in str(error)


def test_a_token_may_be_a_secret(write):
    write("home_token: eyJhbGciOi\n", "secrets.yaml")
    loaded = load(write("home: {token: !secret home_token}\n"))
    assert loaded.home.token == "eyJhbGciOi"  # noqa: S105
    assert "eyJ" not in effective(loaded)


def test_a_code_is_a_secret_and_not_shown(write, refused):
    assert "write `home_code: ...` into secrets.yaml" in str(refused("home: {code: '0471'}\n"))
    write("door: '0471'\n", "secrets.yaml")
    loaded = load(write("home: {code: !secret door}\n"))
    assert loaded.home.code == "0471"
    assert "0471" not in effective(loaded)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("0471", "must be text or null, and the secret is not: put it in quotes"),
        ("'471'", "must have 4 to 12 digits, and nothing else"),
        ("'4711 '", "must have 4 to 12 digits, and nothing else"),
        ("'secret'", "must have 4 to 12 digits, and nothing else"),
    ],
)
def test_what_is_no_code_is_refused_without_being_shown(write, written, says):
    write(f"door: {written}\n", "secrets.yaml")
    with pytest.raises(ConfigError) as caught:
        load(write("home: {code: !secret door}\n"))
    assert f"home.code: {says}" in str(caught.value)
    assert written.strip("' ") not in str(caught.value).replace("secrets.yaml", "").replace(
        "the secret is", ""
    )


def test_a_device_may_be_a_name(settings):
    assert settings("audio: {device: 'ReSpeaker 4'}").audio.device == "ReSpeaker 4"


def test_a_folder_is_relative_to_the_file_that_names_it(write, tmp_path: Path):
    write("save_recordings: kept\n", "parts/privacy.yaml")
    loaded = load(write("privacy: !include parts/privacy.yaml\n"))
    assert loaded.privacy.save_recordings == tmp_path / "parts" / "kept"


def test_a_wake_word_may_be_a_file_beside_the_configuration(settings, tmp_path):
    loaded = settings("wake: {words: [Okay Nabu, models/computer.json]}\n")
    assert loaded.wake.words == ("Okay Nabu", str(tmp_path / "models/computer.json"))


def test_a_secret_of_the_wrong_type_is_not_shown(write):
    write("code: hunter2\n", "secrets.yaml")
    with pytest.raises(ConfigError) as caught:
        load(write("audio: {channels: !secret code}\n"))
    assert "hunter2" not in str(caught.value)
    assert "secrets.yaml, line 1, column 7: audio.channels: must be a whole number" in str(
        caught.value
    )


def test_people_have_settings_of_their_own(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("people:\n  Anna: {}\n  tim: {deny: [locks], list: Tim's list}\n")
    people = load(file).people
    assert people["Anna"] == PersonSettings()
    assert people["tim"] == PersonSettings(deny=("locks",), list="Tim's list")


def test_a_wrong_setting_of_somebody_is_told_with_its_place(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("people:\n  tim: {denies: [locks]}\n")
    with pytest.raises(ConfigError, match=r"unknown key 'denies'; the nearest valid key is 'deny'"):
        load(file)
