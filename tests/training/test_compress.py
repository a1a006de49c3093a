"""Training for the edge runtime, on a model that trains in a moment."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from assistant.edge.model import EdgeModel
from training.compress import Compression
from training.data import collate
from training.export import main as export
from training.matrices import DELICATE, encoder_matrices, weights_of
from training.rounding import rounded, scales
from training.train import Recipe, Trainer

RECIPES = Path(__file__).parents[2] / "training" / "recipes"
SHAPE = {"width": 32, "heads": 2, "layers": 2, "hidden": 48, "joint": 32}
HALF = Compression(sparsity=0.5, sparse_steps=(2, 8), every=2)


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    """A folder with a vocabulary and half-precision weights of a model that was not trained."""
    folder = tmp_path_factory.mktemp("dense")
    recipe = Recipe(folder, {}, model={**SHAPE, "vocabulary": 64}, steps=1)
    Trainer(recipe).save()
    return folder


@pytest.fixture
def recipe(vocabulary, tmp_path):
    return Recipe(
        tmp_path / "run",
        {},
        start=str(vocabulary / "weights.pt"),
        model=dict(SHAPE),
        steps=12,
        warmup=1,
        learning_rate=1e-3,
        encoder_rate=1e-3,
        average=0.5,
        evaluate_every=100,
    )


def batch():
    noise = torch.Generator().manual_seed(2)
    features = [torch.randn(frames, 80, generator=noise).numpy() for frames in (48, 64)]
    return collate(features, [[3, 4, 2], [5, 6, 7, 2]])


def train(recipe, until=None):
    torch.set_num_threads(1)
    trainer = Trainer(replace(recipe, model=dict(recipe.model)))
    while trainer.step < (until or recipe.steps):
        trainer._update(batch(), 16)
        trainer.step += 1
    trainer.save()
    return trainer


def zeros(model, names):
    """How many blocks of a matrix are zero, and how many there are."""
    parts = [
        weight.detach().transpose(1, 2).flatten(1) if weight.dim() == 3 else weight.detach()
        for weight in weights_of(model, names)
    ]
    blocks = torch.cat(parts).reshape(-1, 16, parts[0].shape[1] // 4, 4).abs().sum(dim=(1, 3))
    return int((blocks == 0).sum()), blocks.numel()


def test_a_run_ends_with_the_share_of_zero_blocks_and_the_packed_file_leaves_them_out(
    recipe, tmp_path
):
    trainer = train(replace(recipe, compression=HALF))
    matrices = encoder_matrices(trainer.model.settings)
    for names in matrices.values():
        for model in (trainer.model, trainer.average):
            zero, count = zeros(model, names)
            assert zero == round(count / 2)
    export(["--runtime", "edge", str(recipe.output), str(tmp_path / "out"), *_recipe_of(tmp_path)])
    packed = EdgeModel.load(tmp_path / "out" / "model.edge")
    assert packed.settings.heads == 2
    for label in matrices:
        assert packed.matrix(label).density == pytest.approx(0.5, abs=0.01)
    assert all(packed.matrix(label).density == 1 for label in DELICATE if label != "predictor.conv")


def _recipe_of(folder):
    (folder / "recipe.yaml").write_text(f"model: {SHAPE}\n")
    return ["--recipe", str(folder / "recipe.yaml")]


def test_blocks_go_step_by_step_and_a_resumed_run_keeps_its_masks(recipe):
    recipe = replace(recipe, compression=HALF)
    names = ("encoder.up",)
    half_way = train(recipe, until=6)
    gone, count = zeros(half_way.model, names)
    assert 0 < gone < round(count / 2)
    before = half_way.model.encoder.up.weight == 0
    resumed = Trainer(replace(recipe, model=dict(recipe.model)))
    assert resumed.step == 6
    held = resumed.compressor.state_dict()["masks"]["encoder.up"]
    assert torch.equal(~held, before)
    resumed = train(recipe)
    after = resumed.model.encoder.up.weight == 0
    assert (after & before).sum() == before.sum()
    assert zeros(resumed.model, names)[0] == round(count / 2)


def test_a_run_that_was_interrupted_ends_as_one_that_was_not(recipe):
    whole = replace(recipe, compression=replace(HALF, pull=0.5, pull_steps=(0, 6)))
    expected = train(whole).model.state_dict()
    again = replace(whole, output=recipe.output.with_name("again"))
    train(again, until=6)
    for name, value in train(again).model.state_dict().items():
        torch.testing.assert_close(value, expected[name], msg=name)


def test_until_it_begins_compression_changes_nothing(recipe):
    late = Compression(
        pull=1.0,
        pull_steps=(10, 11),
        rounding_from=10,
        sparsity=0.5,
        sparse_steps=(10, 11),
    )
    plain = train(recipe, until=10).model.state_dict()
    other = replace(recipe, output=recipe.output.with_name("late"), compression=late)
    for name, value in train(other, until=10).model.state_dict().items():
        assert torch.equal(value, plain[name]), name


@pytest.mark.parametrize("bits", [8, 4])
def test_the_pull_brings_weights_nearer_to_their_grid(recipe, bits):
    def off(trainer):
        weight = trainer.model.encoder.up.weight.detach()
        steps = scales(weight, bits)
        return ((weight - rounded(weight, steps, bits)) / steps).abs().mean()

    recipe = replace(recipe, steps=60, learning_rate=3e-3)
    pulled = Compression(bits=bits, pull=3.0, pull_steps=(0, 1), every=5)
    free = off(train(recipe))
    other = replace(recipe, output=recipe.output.with_name("pulled"), compression=pulled)
    assert off(train(other)) < 0.7 * free


def test_the_loss_sees_rounded_weights_and_the_optimiser_exact_ones(recipe):
    settings = Compression(bits=4, rounding_from=1)
    trainer = Trainer(replace(recipe, compression=settings))
    weight, head = trainer.model.encoder.up.weight, trainer.model.joiner.out.weight
    exact = weight.detach().clone()
    inputs = torch.randn(3, weight.shape[1])
    with trainer.compressor.rounding(0):
        assert torch.equal(weight, exact)
    with trainer.compressor.rounding(1):
        assert len(weight[0].unique()) <= 15
        assert 15 < len(head[0].unique()) <= 32
        heard = trainer.model.encoder.up(inputs)
        heard.sum().backward()
    assert torch.equal(weight, exact)
    assert weight.grad.abs().sum() > 0
    assert not torch.equal(trainer.model.encoder.up(inputs), heard)
    trainer._update(batch(), 16)
    assert not torch.equal(weight, exact)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"bits": 5}, "8 or 4"),
        ({"sparsity": 1.0}, "sparsity is 1.0"),
        ({"pull": -1.0}, "pull"),
        ({"every": 0}, "every"),
        ({"sparse_steps": (5, 5)}, "sparse_steps is 5, 5"),
    ],
)
def test_settings_that_cannot_be_are_named(wrong, said):
    with pytest.raises(ValueError, match=said):
        Compression(**wrong)


def test_a_run_too_short_for_its_compression_is_refused(recipe):
    with pytest.raises(ValueError, match="takes 9 steps, but there are 8"):
        replace(recipe, steps=8, compression=HALF)


def test_the_recipes_that_ship_can_be_read():
    edge = Recipe.load(RECIPES / "en-small-edge.yaml")
    assert edge.compression.sparsity == 0.5
    assert edge.start
    dense = Recipe.load(RECIPES / "en-small.yaml")
    assert dense.compression.steps == 0
