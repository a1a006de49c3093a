import numpy as np

from training import corpus


def test_utterances_come_back_and_more_can_be_added(tmp_path):
    first = np.arange(100, dtype=np.int16)
    second = np.arange(50, dtype=np.int16) * -3
    assert corpus.write(tmp_path / "c", [("hello", "ann", first)]) == 1
    assert corpus.write(tmp_path / "c", [("good bye", "ben", second)]) == 1
    read = corpus.Corpus(tmp_path / "c")
    assert [(e.text, e.voice) for e in read.entries] == [("hello", "ann"), ("good bye", "ben")]
    assert (read.audio(0) == first).all()
    assert (read.audio(1) == second).all()


def test_audio_without_an_index_line_is_passed_over(tmp_path):
    corpus.write(tmp_path, [("one", "a", np.ones(10, np.int16))])
    with (tmp_path / "audio.pcm").open("ab") as audio:
        audio.write(b"\0" * 14)
    corpus.write(tmp_path, [("two", "a", np.full(5, 2, np.int16))])
    assert (corpus.Corpus(tmp_path).audio(1) == 2).all()
