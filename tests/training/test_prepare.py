"""Tables of recordings: who is held apart for watching a run."""

import numpy as np
import soundfile

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
