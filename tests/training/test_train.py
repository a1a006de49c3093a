"""The toy recipe: from recordings to a model that knows them, interrupted and resumed."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from training import corpus
from training.compress import Compression
from training.data import Utterances, loader
from training.decode import error_rates
from training.export import load
from training.model import Encoder, ModelSettings
from training.prepare import read_recordings
from training.progress import LOSSES
from training.recipe import Recipe
from training.saved_weights import WEIGHTS
from training.train import Trainer, batches

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "training" / "recipes" / "toy.yaml"


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """A corpus of four of the demo's recordings."""
    folder = tmp_path_factory.mktemp("toy")
    with (ROOT / "demo" / "commands.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))[:4]
    lines = ["path\tspeaker\ttext"]
    for row in rows:
        said = f"{row['wake']} {row['command'].replace('|', '')}"
        lines.append(f"{ROOT / 'demo' / row['file']}.ogg\t{row['voice']}\t{said}")
    (folder / "recordings.tsv").write_text("\n".join(lines) + "\n")
    assert corpus.write(folder / "real0", read_recordings(folder / "recordings.tsv")) == 4
    return folder / "real0"


@pytest.fixture(scope="module")
def recipe(spoken, tmp_path_factory):
    return replace(
        Recipe.load(RECIPE),
        output=tmp_path_factory.mktemp("run"),
        data={str(spoken): 1.0},
        batch_s=16.0,
    )


def train(recipe):
    torch.set_num_threads(1)
    trainer = Trainer(recipe)
    data = {Path(folder): weight for folder, weight in recipe.data.items()}
    utterances = Utterances(
        data, trainer.tokens, None, batch_s=recipe.batch_s, seed=trainer.step, clean=10_000
    )
    trainer.run(loader(utterances))
    return trainer


def test_a_toy_model_learns_its_sentences_and_training_goes_on_where_it_stopped(
    recipe, spoken, capsys
):
    half_way = train(replace(recipe, steps=130))
    assert (recipe.output / "checkpoint.pt").exists()
    trainer = train(recipe)
    printed = capsys.readouterr().out
    assert "going on from step 130" in printed
    assert trainer.step == recipe.steps > half_way.step
    # A transducer that knows four sentences by heart need not listen for when a token is said, and
    # spreads it over the frames; so what it has heard is read off CTC, and its loss looked at.
    _, wer, pairs = error_rates(trainer.average, trainer.tokens, corpus.Corpus(spoken), 4)
    assert wer < 0.3, pairs
    rows = (json.loads(line) for line in (recipe.output / LOSSES).read_text().splitlines())
    named = [row["losses"] for row in rows]
    assert any("flat_start" in row for row in named)
    losses = [row.get("transducer", row.get("flat_start")) for row in named]
    assert f"transducer {losses[-1]:.3f}" in printed
    assert losses[-1] < 0.1 * max(losses)

    half = torch.load(recipe.output / WEIGHTS, weights_only=True)
    assert {value.dtype for value in half.values()} == {torch.float16}
    again = Trainer(
        replace(recipe, output=_with_tokens(recipe), start=str(recipe.output / WEIGHTS))
    )
    assert again.step == 0
    exact = trainer.average.state_dict()
    for name, value in again.model.state_dict().items():
        torch.testing.assert_close(value, exact[name], atol=1e-3, rtol=1e-3)
    assert load(recipe.output, heads=2).settings.width == 96


def test_by_the_clock_the_rate_falls_to_the_end_of_the_time(recipe, tmp_path):
    timed = replace(recipe, output=tmp_path, steps=1000, minutes=2.0, warmup=1)
    trainer = Trainer(timed)
    rates = []
    for spent_s in (0, 30, 60, 90, 120):
        trainer.spent_s = spent_s
        rates.append(trainer.rate())
    assert rates == sorted(rates, reverse=True)
    assert rates[2] == pytest.approx(0.51)
    assert rates[-1] == pytest.approx(0.02)
    trainer.run(iter([]))
    assert trainer.step == 0, "the time is over"
    trainer.spent_s, trainer.step = 0.0, 500
    assert trainer.rate() == pytest.approx(0.51), "steps count where they are farther on"
    again = Trainer(timed)
    assert again.spent_s == 120, "a checkpoint knows how much of the time is over"


def _with_tokens(recipe):
    """A new run's folder with the vocabulary of the old one."""
    folder = recipe.output / "next"
    folder.mkdir()
    for name in ("tokens.model", "tokens.txt"):
        (folder / name).write_bytes((recipe.output / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def whisper(tmp_path_factory):
    """A checkpoint as Whisper's are, of the toy's width and one layer less."""
    torch.manual_seed(5)
    encoder = Encoder(ModelSettings(width=96, heads=2, layers=1))
    weights = {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
    kept = {name: value for name, value in weights.items() if ".up." not in name}
    kept = {name: value for name, value in kept.items() if ".down." not in name}
    path = tmp_path_factory.mktemp("whisper") / "tiny.pt"
    torch.save({"model_state_dict": kept | {"decoder.ln.bias": torch.zeros(96)}}, path)
    return str(path)


def batch_of(recipe, trainer):
    data = {Path(folder): weight for folder, weight in recipe.data.items()}
    return next(loader(Utterances(data, trainer.tokens, None, batch_s=16.0, seed=3)))


def test_distillation_brings_the_masked_encoder_nearer_to_the_unmasked_one(
    recipe, whisper, tmp_path
):
    trainer = Trainer(replace(recipe, output=tmp_path, whisper=whisper, distil_steps=40))
    batch = batch_of(recipe, trainer)
    losses = []
    for _ in range(40):
        losses.append(trainer._update(batch, 16).total)
        trainer.step += 1
    assert losses[-1] < 0.8 * losses[0]


def test_a_layer_above_the_teacher_s_changes_nothing_until_it_has_learned(
    recipe, whisper, tmp_path
):
    trainer = Trainer(replace(recipe, output=tmp_path, whisper=whisper, distil_steps=1))
    batch = batch_of(recipe, trainer)
    below, above = trainer.model.encoder.layers(batch.features, batch.frames // 2, 16)
    torch.testing.assert_close(below, above)


def test_what_the_teacher_has_taught_is_frozen_for_a_while_and_then_held(recipe, whisper, tmp_path):
    held = replace(
        recipe,
        output=tmp_path,
        whisper=whisper,
        flat_start_steps=0,
        lead_steps=0,
        frozen_steps=2,
        distil_weight=1.0,
        distil_share=0.5,
    )
    trainer = Trainer(held)
    batch = batch_of(recipe, trainer)
    encoder = trainer.model.encoder
    taught = encoder.blocks[0].mlp[0].weight.clone()
    added = encoder.blocks[1].attn.out.weight.clone()
    names = []
    for _ in range(2):
        names.append([name for name, _ in trainer._update(batch, 16).named()])
        trainer.step += 1
    torch.testing.assert_close(encoder.blocks[0].mlp[0].weight, taught, rtol=0, atol=0)
    assert not torch.equal(encoder.blocks[1].attn.out.weight, added)
    names.append([name for name, _ in trainer._update(batch, 16).named()])
    assert not torch.equal(encoder.blocks[0].mlp[0].weight, taught)
    assert names[:2] == [["total", "transducer", "ctc"]] * 2
    assert names[2] == ["total", "transducer", "ctc", "teacher"]


def test_a_dense_model_teaches_the_sparse_one_that_goes_on_from_it(recipe, tmp_path):
    dense = Trainer(replace(recipe, output=tmp_path / "dense"))
    dense.save()
    weights = str(dense.recipe.output / "weights.pt")
    halved = Compression(sparsity=0.5, sparse_steps=(0, 1))
    sparse = replace(
        recipe,
        output=tmp_path / "sparse",
        start=weights,
        teacher=weights,
        distil_weight=1.0,
        distil_share=1.0,
        flat_start_steps=0,
        lead_steps=0,
        compression=halved,
    )
    trainer = Trainer(sparse)
    batch = batch_of(recipe, trainer)
    distances = []
    for _ in range(30):
        distances.append(trainer._update(batch, 16).teacher)
        trainer.step += 1
    assert distances[0] < 1e-6, "it begins as its teacher is"
    assert distances[-1] < 0.8 * max(distances), "then half is gone, and it learns to do without"


def test_a_teacher_that_hears_the_speech_clean_teaches_to_hear_it_in_noise(recipe, tmp_path):
    before = Trainer(replace(recipe, output=tmp_path / "before"))
    before.save()
    weights = str(before.recipe.output / "weights.pt")
    noisy = replace(
        recipe,
        output=tmp_path / "noisy",
        start=weights,
        teacher=weights,
        clean_teacher=True,
        clean_steps=0,
        distil_steps=1000,
        warmup=1,
    )
    trainer = Trainer(noisy)
    batch = next(batches(trainer))
    assert not torch.equal(batch.clean, batch.features)
    distances = []
    for _ in range(40):
        distances.append(trainer._update(batch, 16).teacher)
        trainer.step += 1
    assert distances[0] > 1e-3, "it hears something else than its teacher"
    assert distances[-1] < 0.7 * distances[0]


@pytest.mark.parametrize("on_device", [False, True])
def test_a_recipe_can_send_its_speech_through_codecs(recipe, tmp_path, on_device):
    def first(share):
        own = replace(recipe, output=tmp_path / str(share), clean_steps=0, codec_share=share)
        return next(batches(Trainer(own), on_device=on_device)).features

    plain = first(0.0)
    assert torch.equal(first(0.0), plain)
    assert not torch.equal(first(1.0), plain)


def test_a_teacher_may_hear_whole_what_its_student_hears_in_chunks(recipe, tmp_path):
    before = Trainer(replace(recipe, output=tmp_path / "before"))
    before.save()
    weights = str(before.recipe.output / "weights.pt")
    taught = replace(recipe, output=tmp_path / "taught", start=weights, teacher=weights)
    chunks = Trainer(taught)
    whole = Trainer(replace(taught, whole_teacher=True))
    batch = batch_of(recipe, whole)
    steps = batch.frames // 2
    assert steps.max() > 32
    outputs = whole.teacher.layers(batch.features, steps, 16, 0)
    expected = whole.model.encoder.layers(batch.features, steps, whole.model.settings.whole, 0)
    assert torch.allclose(outputs[-1], expected[-1], atol=2e-2)
    in_chunks = chunks.teacher.layers(batch.features, steps, 16, 0)
    assert not torch.allclose(in_chunks[-1], expected[-1], atol=0.1)


def test_wrong_words_of_what_the_search_finds_are_learned_from(recipe, tmp_path):
    torch.set_num_threads(1)
    plain = replace(recipe, output=tmp_path, flat_start_steps=20, lead_steps=0)
    trainer = Trainer(plain)
    batch = batch_of(recipe, trainer)

    @torch.no_grad()
    def likelihood(weight):
        trainer.recipe = replace(plain, word_error_weight=weight)
        return float(trainer._losses(batch, 16, 0).total)

    difference = 0.0
    while abs(difference) < 1e-3:  # at some time it hears some words, and not yet all for certain
        assert trainer.step < 100
        trainer._update(batch, 16)
        trainer.step += 1
        if trainer.step > 26 and trainer.step % 4 == 0:
            difference = likelihood(0.5) - likelihood(0.0)
    trainer.recipe = replace(plain, word_error_weight=0.5)
    before = trainer.model.joiner.out.weight.clone()
    trainer._update(batch, 16)
    assert not torch.equal(trainer.model.joiner.out.weight, before)


def test_distilling_without_a_teacher_is_refused(recipe, tmp_path):
    with pytest.raises(ValueError, match="set `whisper`"):
        Trainer(replace(recipe, output=tmp_path, distil_steps=10))
    with pytest.raises(ValueError, match="set `whisper`"):
        Trainer(replace(recipe, output=tmp_path, distil_weight=0.5))
    with pytest.raises(ValueError, match="leave one out"):
        Trainer(replace(recipe, output=tmp_path, whisper="tiny.pt", teacher="weights.pt"))
    with pytest.raises(ValueError, match="no `teacher` of the same shape"):
        Trainer(replace(recipe, output=tmp_path, clean_teacher=True))
    with pytest.raises(ValueError, match="no `teacher` of the same shape"):
        Trainer(replace(recipe, output=tmp_path, whole_teacher=True))


def test_weights_of_another_model_are_no_start(recipe, tmp_path):
    torch.save({"encoder.else": torch.zeros(1)}, tmp_path / "weights.pt")
    Trainer(replace(recipe, output=tmp_path))  # makes the vocabulary
    with pytest.raises(ValueError, match=r"have \['encoder.else'\]"):
        Trainer(replace(recipe, output=tmp_path, start=str(tmp_path / "weights.pt")))
