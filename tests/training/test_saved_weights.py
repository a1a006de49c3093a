"""Weights on disk: the vectors of pieces, which stay Whisper's, are stored once."""

import shutil

import pytest
import torch

from training import saved_weights
from training.saved_weights import (
    TABLE,
    WEIGHTS,
    compact,
    companion,
    read,
    read_transducer,
    rewrite,
    write_table,
)

VECTORS = "decoder.token_embedding.weight"


@pytest.fixture
def weights():
    """As a run has them: in full precision, but for vectors that began in half precision."""
    torch.manual_seed(0)
    return {"ctc.weight": torch.randn(4, 3), VECTORS: torch.randn(600, 8).half().float()}


@pytest.fixture
def saved(weights, tmp_path):
    write_table(weights[VECTORS], tmp_path)
    torch.save(compact(weights, tmp_path), tmp_path / WEIGHTS)
    return tmp_path / WEIGHTS


def test_vectors_come_from_the_table_beside(weights, saved):
    assert saved.stat().st_size < 600 * 8 * 2
    again = read(saved)
    assert list(again) == list(weights)
    for name, value in again.items():
        assert value.dtype == torch.float16
        assert torch.equal(value, weights[name].half())


def test_vectors_that_were_trained_are_saved(weights, saved):
    weights[VECTORS][5] += 1
    torch.save(compact(weights, saved.parent), saved)
    assert torch.equal(read(saved)[VECTORS], weights[VECTORS].half())
    assert saved.stat().st_size > 600 * 8 * 2


def test_older_weights_are_saved_again_without_them(weights, tmp_path):
    path = tmp_path / WEIGHTS
    torch.save({name: value.half() for name, value in weights.items()}, path)
    full = path.stat().st_size
    rewrite(path)
    assert path.stat().st_size == full, "there is no table yet"
    write_table(weights[VECTORS], tmp_path)
    rewrite(path)
    assert path.stat().st_size < full - 600 * 8
    assert torch.equal(read(path)[VECTORS], weights[VECTORS].half())


def test_a_transducer_alone_needs_no_table(weights, saved):
    (saved.parent / TABLE).unlink()
    alone = read_transducer(saved)
    assert list(alone) == ["ctc.weight"]
    assert torch.equal(alone["ctc.weight"], weights["ctc.weight"].half())


def test_a_table_that_is_missing_or_another_one_is_named(saved):
    write_table(torch.zeros(600, 8), saved.parent)
    with pytest.raises(ValueError, match=r"pieces.npy is not the table"):
        read(saved)
    (saved.parent / TABLE).unlink()
    with pytest.raises(ValueError, match=r"pieces.npy is missing: make .* training.saved_weights"):
        read(saved)


def test_zeros_without_their_sign_are_the_same_vectors(weights, saved):
    """What the mean of a run's steps makes of Whisper's -0.0, where every step has that."""
    stored = torch.load(saved, weights_only=True)
    weights[VECTORS][7, 3] = -0.0
    write_table(weights[VECTORS] + 0, saved.parent)
    torch.save(stored | {VECTORS: compact(weights, saved.parent)[VECTORS]}, saved)
    write_table(weights[VECTORS], saved.parent)
    assert torch.equal(read(saved)[VECTORS], weights[VECTORS].half())


def test_weights_of_a_release_share_what_lies_above_them(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(saved_weights, "RELEASED", tmp_path)
    (tmp_path / "small").mkdir()
    shutil.move(saved, tmp_path / "small" / WEIGHTS)
    assert VECTORS in read(tmp_path / "small" / WEIGHTS)
    assert companion(tmp_path / "small", "words.txt").parent.name == "en-small"
    (tmp_path / "small" / "words.txt").write_text("own")
    assert companion(tmp_path / "small", "words.txt").parent.name == "small"


def test_the_released_weights_take_the_vectors_from_whisper():
    """Twenty megabytes of each that would repeat what Whisper's checkpoint has."""
    folder = saved_weights.RELEASED / "en-small"
    if not (folder / WEIGHTS).exists():
        pytest.skip("a source distribution leaves them out")
    stored = torch.load(folder / WEIGHTS, map_location="cpu", weights_only=True)
    assert isinstance(stored[VECTORS], str)
    for name in ("tokens.model", "tokens.txt", "pieces.txt", "words.txt"):
        assert companion(folder, name).exists()
        assert not (folder / name).exists()
