"""The language model that ships."""

import json
import math
import shutil

import pytest

from assistant.asr.networks.manifest import ModelError
from assistant.config.settings import MODELS_FOLDER
from assistant.rescoring.language_model import END_TAG, NAME_TAG, Query
from assistant.rescoring.recurrent import RecurrentLanguageModel
from assistant.rescoring.subwords import SPECIAL, Subwords

FOLDER = MODELS_FOLDER / "lm-en-small"


@pytest.fixture(scope="module")
def model():
    return RecurrentLanguageModel.load(FOLDER)


def score(model, sentence):
    state, total = model.start, 0.0
    for word in [*sentence.split(), END_TAG]:
        (extension,) = model.extend([Query(state, word)])
        state, total = extension.state, total + extension.log_prob
    return total


@pytest.mark.parametrize(
    ("likely", "unlikely"),
    [
        ("turn on the kitchen light", "tern an the kitchen light"),
        ("what is the weather tomorrow", "what is the whether to morrow"),
        ("set an alarm for seven", "set an arm for seven"),
        (f"call {NAME_TAG}", f"light {NAME_TAG}"),
    ],
)
def test_it_knows_what_people_say(model, likely, unlikely):
    assert score(model, likely) > score(model, unlikely) + 2


def test_many_queries_are_as_each_by_itself(model):
    """Within what int8 products round: a batch shares the scale of its activations."""
    words = ["turn", "the", "antidisestablishmentarianism", END_TAG, NAME_TAG, "zoë"]
    together = model.extend([Query(model.start, word) for word in words])
    for word, extension in zip(words, together, strict=True):
        (alone,) = model.extend([Query(model.start, word)])
        assert extension.log_prob == pytest.approx(alone.log_prob, abs=0.6)
        assert extension.state == alone.state


def test_more_queries_than_a_batch_holds(model):
    extensions = model.extend([Query(model.start, f"word{number}") for number in range(300)])
    assert all(math.isfinite(extension.log_prob) for extension in extensions)


def test_histories_with_the_same_last_words_are_one(model):
    def state(*words):
        at = model.start
        for word in words:
            at = model.extend([Query(at, word)])[0].state
        return at

    assert state("please", "turn", "on", "the") == state("now", "turn", "on", "the")
    assert state("turn", "on", "the") != state("turn", "off", "the")


def test_a_damaged_folder_is_refused_by_name(tmp_path):
    folder = tmp_path / "lm"
    shutil.copytree(FOLDER, folder)
    (folder / "pieces.txt").write_text("a\t0\n")
    with pytest.raises(ModelError, match=r"pieces\.txt is not the file that the manifest lists"):
        RecurrentLanguageModel.load(folder)
    manifest = json.loads((folder / "language-model.json").read_text())
    (folder / "language-model.json").write_text(json.dumps(manifest | {"form": "other"}))
    with pytest.raises(ModelError, match="use a newer version"):
        RecurrentLanguageModel.load(folder)
    (folder / "language-model.json").write_text("{")
    with pytest.raises(ModelError, match="is damaged"):
        RecurrentLanguageModel.load(folder)
    with pytest.raises(ModelError, match="holds no language model"):
        RecurrentLanguageModel.load(tmp_path)


def test_words_are_cut_into_the_likeliest_pieces():
    pieces = [*((piece, 0.0) for piece in SPECIAL), ("▁a", -1.0), ("b", -1.0), ("▁", -2.0)]
    pieces += [("▁ab", -1.5), ("a", -3.0)]
    subwords = Subwords(pieces)
    assert subwords.encode("ab") == (7,)
    assert subwords.encode("abb") == (7, 5)
    assert subwords.encode("a") == (4,)
    assert subwords.encode("z") == (6, 0)
    assert subwords.encode("</s>") == (2,)
