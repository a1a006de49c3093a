"""A pack for a borrowed accelerator, run here on the processor with a tiny model."""

import itertools
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml

from training import accelerator, corpus, opus
from training.corpus import Corpus
from training.export import load
from training.recipe import Recipe
from training.saved_weights import WEIGHTS
from training.train import Trainer

ROOT = Path(__file__).parents[2]
TOY = ROOT / "training" / "recipes" / "toy.yaml"
TEXTS = ["lights on", "turn the kitchen lights off", "what time is it"]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spoken")
    files = sorted((ROOT / "demo").glob("*.ogg"))
    for text, file in zip(TEXTS, files, strict=False):
        corpus.write(folder, [(text, "someone", soundfile.read(file, dtype="int16")[0])])
    return folder


@pytest.fixture(scope="module")
def recipe(spoken, tmp_path_factory):
    """A recipe that goes on from a model that knows nothing yet."""
    folder = tmp_path_factory.mktemp("begun")
    values = yaml.safe_load(TOY.read_text())
    values |= {"data": {str(spoken): 1.0}, "noise": str(spoken), "batch_s": 12.0}
    values |= {"output": str(folder / "start"), "report_every": 5, "flat_start_steps": 1000}
    first = folder / "first.yaml"
    first.write_text(yaml.safe_dump(values))
    torch.set_num_threads(1)
    Trainer(Recipe.load(first)).save()
    values |= {"start": str(folder / "start" / WEIGHTS), "output": str(folder / "never")}
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def ticking(tick_s):
    """A clock that goes on when it is looked at: how fast the machine is does not matter."""
    return partial(next, itertools.count(0.0, tick_s))


def test_a_pack_is_trained_by_the_clock_and_its_weights_come_back(recipe, tmp_path, monkeypatch):
    pack, returned = tmp_path / "pack", tmp_path / "returned"
    accelerator.pack(recipe, pack, accelerator.MIB)
    assert sum(p.stat().st_size for p in (pack / "speech").iterdir()) < accelerator.MIB
    assert (pack / "code" / "training" / "accelerator.py").exists()
    assert (pack / "code" / "assistant" / "asr" / "features" / "whisper_mel.py").exists()
    monkeypatch.setattr(accelerator, "PART", 100_000)
    out = accelerator.run(pack, 1.0, ticking(1.0))
    rows = [json.loads(line) for line in (out / "losses.jsonl").read_text().splitlines()]
    assert rows[-1]["losses"]["total"] < 0.8 * rows[0]["losses"]["total"]
    rates = [row["rate"] for row in rows]
    assert rates[-1] < 0.05, "the rate has fallen by the end"
    assert rows[-1]["step"] == 56
    returned.mkdir()
    parts = [p for p in out.iterdir() if p.name.startswith(f"{WEIGHTS}.")]
    assert len(parts) > 2
    for part in parts:
        assert part.stat().st_size <= 100_000
        part.rename(returned / part.name)
    joined = tmp_path / "joined"
    accelerator.join(pack, returned, joined)
    assert load(joined, heads=2).settings.width == 96
    assert (joined / "tokens.model").exists()
    before = torch.load(pack / "start" / WEIGHTS, weights_only=True)
    after = torch.load(joined / WEIGHTS, weights_only=True)
    assert {value.dtype for value in after.values()} == {torch.float16}
    assert not torch.equal(before["ctc.weight"], after["ctc.weight"])

    accelerator.run(pack, 0.5, ticking(1.0))
    again = [json.loads(line) for line in (out / "losses.jsonl").read_text().splitlines()]
    assert again[len(rows)]["step"] > rows[-1]["step"], "a second run goes on"
    assert again[len(rows)]["rate"] > rates[-1]

    (returned / f"{WEIGHTS}.01").unlink()
    with pytest.raises(ValueError, match="are not all"):
        accelerator.join(pack, returned, tmp_path / "other")


def test_no_time_and_no_clock_are_refused(recipe, tmp_path):
    accelerator.pack(recipe, tmp_path / "pack", accelerator.MIB)
    with pytest.raises(ValueError, match="give it more"):
        accelerator.run(tmp_path / "pack", 0.5, ticking(40.0))
    for wrong in ({"distil_steps": 5, "teacher": "x"}, {"start": None}):
        values = yaml.safe_load(recipe.read_text()) | wrong
        (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(values))
        with pytest.raises(ValueError, match="must go on from weights"):
            accelerator.pack(tmp_path / "wrong.yaml", tmp_path / "none", accelerator.MIB)


def test_recordings_come_back_as_they_were_but_for_what_opus_changes(spoken, tmp_path, monkeypatch):
    monkeypatch.setattr(opus, "FILE_S", 3.0)
    exact = Corpus(spoken)
    assert opus.pack({"a": exact, "b": exact}, tmp_path / "small", accelerator.MIB) == 0
    assert len(list((tmp_path / "small").glob("a-*.ogg"))) > 1
    assert opus.unpack(tmp_path / "small", tmp_path / "out") == ["a", "b"]
    decoded = Corpus(tmp_path / "out" / "b")
    assert decoded.entries == exact.entries
    for index in range(len(exact)):
        near = np.corrcoef(exact.audio(index), decoded.audio(index))[0, 1]
        assert near > 0.9
    min((tmp_path / "small").glob("a-*.ogg")).unlink()
    with pytest.raises(ValueError, match="the pack is not whole"):
        opus.unpack(tmp_path / "small", tmp_path / "other")


def test_where_room_is_scarce_some_recordings_stay_out(spoken, tmp_path):
    folder = tmp_path / "many"
    exact = Corpus(spoken)
    for _ in range(8):
        corpus.write(
            folder, [(e.text, e.voice, exact.audio(i)) for i, e in enumerate(exact.entries)]
        )
    many = Corpus(folder)
    seconds = sum(entry.samples for entry in many.entries) / 16_000
    room = int(seconds * opus.LEAST_BITS / 8 / 2)
    left_out = opus.pack({"a": many}, tmp_path / "small", room)
    assert len(many) * 0.4 < left_out < len(many) * 0.6
    assert sum(p.stat().st_size for p in (tmp_path / "small").glob("*.ogg")) <= room
    opus.unpack(tmp_path / "small", tmp_path / "out")
    decoded = Corpus(tmp_path / "out" / "a")
    assert len(decoded) == len(many) - left_out
    texts = {entry.text for entry in decoded.entries}
    assert texts <= set(TEXTS)


def test_the_rate_is_what_fits():
    assert opus.bits_a_second(60, accelerator.MIB) == opus.MOST_BITS
    assert opus.bits_a_second(12 * 3600, 56 * accelerator.MIB) == pytest.approx(10_331, abs=1)
    assert opus.bits_a_second(100 * 3600, accelerator.MIB) == opus.LEAST_BITS
