"""Lists of what both decoders hear in the demo's recordings."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from training import corpus, heard_examples, heard_lists, heard_parts, heard_rows
from training.heard_lists import OWN, PROPOSED, HeardLists
from training.heard_rows import HEARD, INDEX, HeardRows

DEMO = Path(__file__).parents[2] / "demo"
MODEL = Path(__file__).parents[2] / "models" / "en-small"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("lists") / "out"
    recogniser = heard_lists.load_recogniser(MODEL, beam=heard_lists.BEAM)
    noise = np.random.default_rng(0).normal(0, 0.02, 200_000).astype(np.float32)
    files = sorted(DEMO.glob("*.ogg"))[:3]
    spoken = [soundfile.read(file, dtype="float32")[0] for file in files]
    truths = ["alexa turn on the kitchen light", "not what is said", "nor this"]
    noisy = [(text, x + noise[: len(x)]) for text, x in zip(truths, spoken, strict=True)]
    assert heard_lists.write(out, recogniser, noisy) == len(HeardLists(out).lists) > 0
    return out


def test_a_list_has_texts_that_are_not_all_as_wrong(folder):
    lists = HeardLists(folder)
    for each in lists.lists:
        assert 2 <= len(each.texts) == len(each.transducer) <= OWN + PROPOSED
        assert len(set(each.texts)) == len(each.texts)
        assert len(set(each.errors)) > 1
        assert min(each.transducer) > -200
        heard = lists.heard(each)
        assert heard.shape == (each.rows, 384)
        assert np.isfinite(heard).all()
        assert heard.astype(np.float32).std() > 0.1


def test_rows_of_lists_follow_each_other(folder):
    at = 0
    for each in HeardLists(folder).lists:
        assert each.offset == at
        at += each.rows
    assert (folder / INDEX).exists()


def test_all_lists_are_kept_where_that_is_wanted(tmp_path):
    recogniser = heard_lists.load_recogniser(MODEL, beam=heard_lists.BEAM)
    sound, _ = soundfile.read(sorted(DEMO.glob("*.ogg"))[5], dtype="float32")
    spoken = [("something else entirely", sound[:8000])]
    assert heard_lists.write(tmp_path / "some", recogniser, spoken) == 0
    assert heard_lists.write(tmp_path / "all", recogniser, spoken, all_lists=True) == 1


def test_errors_are_words():
    each = heard_lists.HeardList(0, 1, "turn it off", ("turn it", "turn off it", ""), (0.0,) * 3)
    assert each.errors == (1, 2, 3)


@pytest.mark.parametrize("module", [heard_lists, heard_examples])
def test_what_several_processes_hear_is_what_one_hears(tmp_path, monkeypatch, capsys, module):
    files = sorted(DEMO.glob("*.ogg"))[4:7]
    spoken = [("not this", "anna", soundfile.read(file, dtype="int16")[0]) for file in files]
    corpus.write(tmp_path / "spoken", spoken)
    corpora = [str(tmp_path / "spoken"), "--model", str(MODEL), "--seed", "3"]
    for name, size, count in (("one", 100, "1"), ("several", 1, "2")):
        monkeypatch.setattr(heard_parts, "PART", size)
        module.main([str(tmp_path / name), *corpora, "--processes", count])
    made = len(HeardRows(tmp_path / "one").entries)
    assert made > 1
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [str(made)] * 2
    for name in (HEARD, INDEX):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "several" / name).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "several", "spoken"]
    with pytest.raises(FileExistsError, match="one is there already"):
        module.main([str(tmp_path / "one"), *corpora])


def test_parts_in_which_nothing_was_kept_add_nothing(tmp_path):
    rows = [np.full((n, 3), n, np.float32) for n in (2, 5, 4)]
    heard_rows.write(tmp_path / "a", [(rows[0], {"truth": "a"}), (rows[1], {"truth": "b"})])
    heard_rows.write(tmp_path / "b", [])
    heard_rows.write(tmp_path / "c", [(rows[2], {"truth": "c"})])
    assert heard_rows.join([tmp_path / name for name in "abc"], tmp_path / "all") == 3
    together = HeardRows(tmp_path / "all")
    assert [(e["truth"], e["offset"], e["rows"]) for e in together.entries] == [
        ("a", 0, 2),
        ("b", 2, 5),
        ("c", 7, 4),
    ]
    np.testing.assert_array_equal(together[0:11], np.concatenate(rows))
