"""Blocks are taken away so that what is left makes up for them, and training keeps them away."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from training import corpus
from training.export import load
from training.matrices import encoder_matrices, weights_of
from training.pack import speech_of
from training.prune import main as prune
from training.prune import zero_blocks
from training.sparsify import masks
from training.train import Recipe, Trainer

SHAPE = {"width": 64, "heads": 1, "layers": 2, "hidden": 96, "joint": 32, "vocabulary": 64}


@pytest.fixture(scope="module")
def dense(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dense")
    Trainer(Recipe(folder, {}, model=dict(SHAPE), steps=1)).save()
    (folder / "checkpoint.pt").unlink()
    return folder


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    folder = tmp_path_factory.mktemp("speech")
    rng = np.random.default_rng(1)
    tones = np.sin(np.outer(rng.uniform(100, 3000, 6), np.arange(16_000) / 16_000 * 2 * np.pi))
    corpus.write(folder, (("tone", "x", np.asarray(9000 * tone, np.int16)) for tone in tones))
    return folder


def outputs(model, speech):
    with torch.no_grad():
        return [
            model.encoder(features[None], torch.tensor([len(features) // 2]))
            for features in speech_of(speech)
        ]


def distance(some, others):
    return sum(float((a - b).square().sum()) for a, b in zip(some, others, strict=True))


@pytest.fixture(scope="module")
def pruned(dense, speech, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pruned")
    with pytest.MonkeyPatch.context() as patch:
        arguments = [dense, folder, "--sparsity", "0.5", "--speech", speech]
        patch.setattr("sys.argv", ["prune", *map(str, arguments)])
        prune()
    return folder


def test_half_of_the_blocks_are_zero_and_the_vocabulary_came_along(dense, pruned):
    assert not zero_blocks(load(dense)).any()
    assert zero_blocks(load(pruned)).float().mean() == pytest.approx(0.5, abs=0.03)
    for name in ("tokens.txt", "tokens.model"):
        assert (pruned / name).read_bytes() == (dense / name).read_bytes()


def test_it_hears_more_like_the_dense_model_than_without_its_smallest_blocks(dense, pruned, speech):
    plain = load(dense)
    wanted = outputs(plain, speech)
    for names in encoder_matrices(plain.settings).values():
        weights = weights_of(plain, names)
        alike = torch.ones(weights[0][0].numel())
        for weight, mask in zip(weights, masks(weights, 0.5, alike), strict=True):
            weight.data *= mask
    assert distance(outputs(load(pruned), speech), wanted) < distance(
        outputs(plain, speech), wanted
    )


def test_a_run_that_starts_there_keeps_the_blocks_away(pruned, tmp_path):
    shutil.copytree(pruned, tmp_path / "start")
    trainer = Trainer(Recipe.load(recipe_file(tmp_path)))
    with trainer.compressor.watching(1):
        trainer.model.encoder(torch.randn(1, 32, 80), torch.tensor([16]))
    trainer.compressor.prune(1)
    gone = zero_blocks(load(pruned))
    for weight in trainer.model.parameters():
        weight.data += 0.01 * torch.randn_like(weight)
    trainer.compressor.prune(2)
    assert (gone & ~zero_blocks(trainer.model)).float().mean() < 0.02


def recipe_file(folder: Path) -> Path:
    path = folder / "recipe.yaml"
    shape = {key: value for key, value in SHAPE.items() if key != "vocabulary"}
    path.write_text(
        f"output: {folder / 'run'}\nstart: {folder / 'start' / 'weights.pt'}\nmodel: {shape}\n"
        "steps: 4\ncompression: {sparsity: 0.5, sparse_steps: [0, 1]}\ndata: {}\n"
    )
    return path
