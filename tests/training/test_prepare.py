"""Tables of recordings: who is held apart for watching a run; and what programs speak."""

import shutil

import numpy as np
import pytest
import soundfile

from training import prepare, synthesis
from training.corpus import Corpus
from training.prepare import development_speakers, read_recordings


def test_where_nobody_knows_who_speaks_sentences_are_held_apart(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(160, np.int16), 16_000)
    rows = [("unknown", f"Sentence {'abcdefghijklmnopqrst'[n % 20]}!") for n in range(40)]
    rows.append(("anna", "hello"))
    lines = ["path\tspeaker\ttext", *(f"a.wav\t{speaker}\t{text}" for speaker, text in rows)]
    (tmp_path / "table.tsv").write_text("\n".join(lines) + "\n")
    recordings = list(read_recordings(tmp_path / "table.tsv"))
    held = development_speakers(recordings)
    apart = {text for text, speaker, _ in recordings if speaker in held}
    assert 0 < len(apart) < 20
    assert not apart & {text for text, speaker, _ in recordings if speaker not in held}
    assert {speaker for text, speaker, _ in recordings if text == "hello"} == {"anna"}


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")
def test_synthetic_shards_are_the_same_however_many_processes_make_them(
    tmp_path, monkeypatch, capsys
):
    voices = ((synthesis.Espeak("en-us+m1"), 1.0), (synthesis.Espeak("en-gb+f2"), 1.0))
    monkeypatch.setattr(synthesis, "TRAINING_VOICES", voices)
    texts, words = tmp_path / "texts.txt", tmp_path / "words.txt"
    texts.write_text("\n".join(f"what about {x} and {y}" for x in "abc" for y in "defg"))
    words.write_text("apple\nbread\ncheese\n")
    for count in (1, 3):
        shards = ["--first-shard", "5", "--shards", "3", "--shard-size", "3"]
        given = ["--texts", str(texts), "--words", str(words), *shards]
        data = tmp_path / f"by{count}"
        prepare.main(["--data", str(data), *given, "--processes", str(count)])
        lines = capsys.readouterr().out.splitlines()
        assert sorted(lines) == [f"tts{shard}: 3 utterances" for shard in (5, 6, 7)]
    files = sorted(path.relative_to(data) for path in data.rglob("*") if path.is_file())
    assert len(files) == 6
    for file in files:
        assert (data / file).read_bytes() == (tmp_path / "by1" / file).read_bytes()
    heard = {entry.text for n in (5, 6, 7) for entry in Corpus(data / f"tts{n}").entries}
    assert len(heard) > 3, "each shard says something else"


def test_programs_that_are_missing_are_named_before_anything_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit):
        prepare.main(["--data", str(tmp_path / "data"), "--shards", "1"])
    told = capsys.readouterr().err
    assert "RHVoice-test, espeak-ng, festival, flite, pico2wave not found: docs/training.md" in told
    assert not (tmp_path / "data").exists()
