"""How words are said, by espeak-ng."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.asr.biasing.grapheme_to_phoneme import GraphemeToPhoneme
from assistant.asr.biasing.pronunciation import PROGRAM, Pronunciations, pronounced
from assistant.config.shipped import shipped

installed = pytest.mark.skipif(shutil.which(PROGRAM) is None, reason="needs espeak-ng")


@installed
def test_words_and_their_phonemes() -> None:
    """One entry each, without marks of stress and length, many words at once."""
    said = pronounced(["siobhan", "light", "light", *(f"{a}b" for a in "abcdefgh")])
    assert said["siobhan"] == "ʃɪvɔn"
    assert said["light"] == "laɪt"
    assert len(said) == 10
    assert pronounced([]) == {}


@installed
def test_accents_and_what_is_known_already() -> None:
    """Each word is asked for once, in each accent."""
    known = Pronunciations()
    assert known(["garage"])["garage"] == ("ɡɚɹɑʒ", "ɡaɹɪdʒ")
    first = known(["light"])
    assert known(["light", "garage"]) == first


def test_without_the_program_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are favoured all the same."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert Pronunciations()(["light"]) == {}


def test_without_the_program_a_network_says_what_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one of the model that ships: nearly what the program says of most words."""
    model = shipped("models") / "en-small"
    network = GraphemeToPhoneme.load(model / "pronunciations.npz")
    monkeypatch.setenv("PATH", "/nowhere")
    known = Pronunciations(network)
    assert known(["kitchen", "light"])["light"] == ("laɪt", "laɪt")
    assert known(["kitchen"])["kitchen"] == ("kɪtʃən", "kɪtʃən")
    assert "łódź" not in known(["łódź"]), "only letters that the recogniser writes"


@pytest.mark.parametrize("script", ["exit 1", "echo just one line"])
def test_a_program_that_fails_is_told_and_not_asked_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    script: str,
) -> None:
    """Once in the log; the names go unheard, nothing else does."""
    program = tmp_path / PROGRAM
    program.write_text(f"#!/bin/sh\n{script}\n", "utf8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    known = Pronunciations()
    assert known(["light", "lamp"]) == {}
    assert known(["fan", "plug"]) == {}
    assert [record.message for record in caplog.records if "espeak-ng" in record.message] == [
        caplog.records[0].message
    ]
