"""An attention decoder learns which of some texts was said."""

import json
from itertools import count

import numpy as np
import pytest
import torch

from assistant.asr.decoding.joint_scorer import ATTENTION_WEIGHT
from assistant.asr.vocabulary.word_pieces import END, SPECIAL, WordPieces
from training import heard_rows, train_ranking
from training.attention_decoder import AttentionDecoder, shifted
from training.heard_lists import HeardLists
from training.train_ranking import Batches, losses_of, ranked, train, word_errors

PIECES = WordPieces([*SPECIAL, "▁", *"abcdef", "▁a", "▁b", "▁c"])
WIDTH = 16


@pytest.fixture
def lists(tmp_path):
    """Sounds of which each says one word, and texts that the transducer ranks wrongly."""
    rng = np.random.default_rng(0)
    sounds = {word: rng.standard_normal(WIDTH) for word in ("a", "b", "c")}
    utterances = []
    for number in range(24):
        said = [("a", "b", "c")[each] for each in rng.integers(3, size=2 + number % 2)]
        rows = np.repeat([sounds[word] for word in said], 4, axis=0)
        other = ["b" if word == "a" else "a" for word in said]
        texts = [" ".join(other), " ".join(said), " ".join([*said[:-1], other[-1]])]
        known = {"truth": " ".join(said), "texts": texts, "transducer": [-1.0, -1.5, -1.2]}
        utterances.append((rows + 0.1 * rng.standard_normal(rows.shape), known))
    assert heard_rows.write(tmp_path / "lists", utterances) == 24
    return HeardLists(tmp_path / "lists")


def decoder():
    torch.manual_seed(0)
    return AttentionDecoder(WIDTH, 2, 1, len(PIECES.pieces))


def test_texts_are_ranked_by_both_decoders(lists, monkeypatch):
    monkeypatch.setattr(
        train_ranking, "autocast", lambda _device: torch.autocast("cpu", enabled=False)
    )
    own = decoder().eval()
    batch = next(Batches([lists], PIECES).all())
    found = ranked(own, batch)
    each = min(lists.lists, key=lambda item: item.rows)
    heard = torch.from_numpy(np.array(lists.heard(each), np.float32))[None]
    for text, transducer, joint in zip(each.texts, each.transducer, found.joint[0], strict=True):
        numbers = torch.tensor([[*PIECES.encode(text), END]])
        scores = own(shifted(numbers), heard, torch.tensor([each.rows])).log_softmax(-1)
        attended = scores[0].gather(1, numbers[0][:, None]).sum().item()
        expected = ATTENTION_WEIGHT * attended + (1 - ATTENTION_WEIGHT) * transducer
        assert joint.item() == pytest.approx(expected, abs=1e-4)


def test_what_is_expected_to_be_wrong_is_a_mean_over_the_list(lists):
    batch = next(Batches([lists], PIECES).all())
    wrong, _, moved = losses_of(decoder(), decoder(), batch)
    joint = ranked(decoder(), batch).joint
    means = [
        float(((each.softmax(0)) * errors).sum() - errors.mean())
        for each, errors in zip(joint, batch.errors, strict=True)
    ]
    assert float(wrong) == pytest.approx(np.mean(means), abs=1e-2)
    assert float(moved) == pytest.approx(0, abs=1e-6)


def test_a_decoder_moves_by_how_much_less_likely_what_it_thought_has_become(lists):
    before, own = decoder(), decoder()
    with torch.no_grad():
        own.token_embedding.weight += 0.3 * torch.randn_like(own.token_embedding.weight)
    batch = next(Batches([lists], PIECES).all())
    _, _, moved = losses_of(own, before, batch)
    then, now = (ranked(each, batch).truths.double().detach() for each in (before, own))
    truths = [each.truth for each in lists.lists]
    pieces = sum(len(PIECES.encode(text)) + 1 for text in truths)
    assert then.shape == (pieces, len(PIECES.pieces))
    expected = (then.exp() * (then - now)).sum(1).mean()
    assert expected > 1e-4
    assert float(moved) == pytest.approx(float(expected), rel=1e-3)


def test_it_learns_what_was_said(lists, tmp_path, monkeypatch):
    torch.set_num_threads(1)
    monkeypatch.setattr(train_ranking, "RATE", 3e-3)
    # What it thought before it had learned anything is nothing to hold on to.
    monkeypatch.setattr(train_ranking, "LIKENESS", 0.0)
    monkeypatch.setattr(train_ranking, "REPORT_EVERY", 20)
    # A step takes a second here.
    monkeypatch.setattr(train_ranking.time, "monotonic", count().__next__)
    batches, log = Batches([lists], PIECES), tmp_path / "losses.jsonl"
    own = decoder()
    before, _ = word_errors(own, batches)
    vectors = own.token_embedding.weight.clone()
    taught = train(own, batches, Batches([lists], PIECES), 2.0, log)
    after, _ = word_errors(taught, batches)
    assert before > 0.5
    assert after < 0.1
    assert torch.equal(taught.token_embedding.weight, vectors)
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert told[0]["develop"] == pytest.approx(before)
    assert told[-1]["develop"] == pytest.approx(after)
