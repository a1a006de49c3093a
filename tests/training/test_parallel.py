"""One run by two processes, against the same run by one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
import torch
import yaml

from training import corpus, tokens
from training.data import Utterances
from training.parallel import Ranks
from training.saved_weights import WEIGHTS

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "training" / "recipes" / "toy.yaml"
TEXTS = ["lights on", "turn the kitchen lights off", "what time is it", "stop"]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spoken")
    for text, file in zip(TEXTS, sorted((ROOT / "demo").glob("*.ogg")), strict=False):
        corpus.write(folder, [(text, "someone", soundfile.read(file, dtype="int16")[0])])
    return folder


def trained(folder, spoken, *launcher, **changes):
    """Losses and weights of a short run in processes of its own."""
    values = yaml.safe_load(RECIPE.read_text()) | {
        "output": str(folder / "run"),
        "data": {str(spoken): 1.0},
        "batch_s": 24.0,
        "steps": 9,
        "flat_start_steps": 3,
        "lead_steps": 3,
        "report_every": 1,
        "evaluate_every": 1000,
        "warmup": 1,
        **changes,
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(values))
    command = [*launcher, "-m", "training.train", str(folder / "recipe.yaml"), "--threads", "1"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *command], check=True, cwd=ROOT, env=environment)
    lines = (folder / "run" / "losses.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines], torch.load(folder / "run" / WEIGHTS)


TWO = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def test_two_processes_have_the_losses_of_one(spoken, tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    alone, weights = trained(tmp_path / "one", spoken)
    together, shared = trained(tmp_path / "two", spoken, *TWO)
    assert [row["step"] for row in together] == list(range(1, 10))
    for row, other in zip(alone, together, strict=True):
        assert other["losses"] == pytest.approx(row["losses"], rel=5e-3)
        assert other["heard_s"] == pytest.approx(row["heard_s"])
    assert alone[-1]["losses"]["total"] != pytest.approx(alone[-2]["losses"]["total"], rel=0.02)
    for name, value in weights.items():
        torch.testing.assert_close(value, shared[name], atol=0.02, rtol=0.02)


def test_by_the_clock_all_processes_end_at_the_same_step(spoken, tmp_path):
    rows, _ = trained(tmp_path, spoken, *TWO, steps=100_000, minutes=0.03)
    assert 1 <= len(rows) < 100_000
    assert rows[-1]["step"] == len(rows)


def test_each_process_hears_its_own_part_of_every_batch(spoken, tmp_path):
    vocabulary = tokens.train(TEXTS, 24, tmp_path)

    def heard(*ranks):
        settings = {"batch_s": 24.0, "seed": 3, "clean": 9, "ranks": Ranks(*ranks)}
        made = Utterances({spoken: 1.0}, vocabulary, None, **settings)
        return [batch.label_lengths.tolist() for batch, _ in zip(made, range(4), strict=False)]

    for whole, first, second in zip(heard(0, 1), heard(0, 2), heard(1, 2), strict=True):
        assert sorted(whole) == sorted([*first, *second])
        assert abs(len(first) - len(second)) <= 1
        assert len(whole) > 2
