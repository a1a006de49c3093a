import pytest

from assistant.config import ConfigError, load


def test_include_gives_a_section_or_a_value(write):
    write("engine: open\nwords: !include words.yaml\n", "parts/wake.yaml")
    write("[alexa]\n", "parts/words.yaml")
    wake = load(write("wake: !include parts/wake.yaml\n")).wake
    assert (wake.engine, wake.words) == ("open", ("alexa",))


def test_an_error_in_an_included_file_is_placed_there(write):
    write("engine: micro\n\nword: [alexa]\n", "wake.yaml")
    with pytest.raises(ConfigError, match=r"wake\.yaml, line 3, column 1: .*'words'"):
        load(write("wake: !include wake.yaml\n"))


def test_a_missing_include_is_an_error(refused):
    error = refused("\nwake: !include lost.yaml\n")
    assert "line 2, column 7: wake: !include: there is no file" in str(error)
    assert "lost.yaml" in str(error)


def test_includes_that_go_round_in_a_circle_are_an_error(write):
    write("!include config.yaml\n", "a.yaml")
    with pytest.raises(ConfigError, match="circle"):
        load(write("!include a.yaml\n"))


def test_an_empty_include_is_the_defaults(write):
    write("# nothing yet\n", "wake.yaml")
    assert load(write("wake: !include wake.yaml\n")).wake.engine == "micro"


def test_a_secret_is_found_beside_the_file(write):
    write("friends: [Ann, Bo]\n", "secrets.yaml")
    loaded = load(write("personalisation: {contacts: !secret friends}\n"))
    assert loaded.personalisation.contacts == ("Ann", "Bo")
    assert loaded.secrets == {"personalisation.contacts"}


def test_secrets_are_looked_for_upwards_nearest_first(write):
    write("near: top\nfar: top\n", "secrets.yaml")
    write("near: below\n", "parts/deep/secrets.yaml")
    write("words: [!secret near, !secret far]\n", "parts/deep/names.yaml")
    loaded = load(write("personalisation: !include parts/deep/names.yaml\n"))
    assert loaded.personalisation.words == ("below", "top")


def test_secrets_above_the_configuration_are_not_read(write):
    write("code: outside\n", "secrets.yaml")
    with pytest.raises(ConfigError, match="there is no secret 'code'"):
        load(write("personalisation: {words: [!secret code]}\n", "home/config.yaml"))


def test_a_missing_secret_names_the_nearest(write):
    write("kitchen_name: Anna\n", "secrets.yaml")
    with pytest.raises(ConfigError, match="the nearest is 'kitchen_name'"):
        load(write("personalisation: {words: [!secret kitchen_nam]}\n"))


def test_a_missing_secrets_file_says_where_to_write_it(write, tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(write("personalisation: {words: [!secret cat]}\n"))
    assert f"write `cat: ...` into {tmp_path / 'secrets.yaml'}" in str(caught.value)


def test_a_secret_cannot_be_another_secret(write):
    write("a: !secret b\nb: x\n", "secrets.yaml")
    with pytest.raises(ConfigError, match="cannot be another secret"):
        load(write("personalisation: {words: [!secret a]}\n"))


@pytest.mark.parametrize("tag", ["!env x", "!!python/object/apply:os.getcwd []", "!!set {a}"])
def test_other_tags_are_refused(refused, tag):
    assert refused(f"recogniser:\n  model: {tag}\n").line == 2
