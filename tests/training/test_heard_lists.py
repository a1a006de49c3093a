"""Lists of what both decoders hear in the demo's recordings."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from training import heard_lists
from training.heard_lists import OWN, PROPOSED, HeardLists
from training.heard_rows import INDEX

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
