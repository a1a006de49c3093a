"""Cutting long recordings: the alignment against all alignments, and pieces that add up."""

import csv
import itertools
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from training import corpus, saved_weights
from training import cut as module
from training.corpus import Corpus
from training.cut import (
    LONGEST_S,
    Cut,
    align,
    cut,
    cuts,
    long_recordings,
    stretches,
    word_frames,
)

RATE = 16_000
ROOT = Path(__file__).parents[2]


def collapsed(path):
    return [label for label, _ in itertools.groupby(path) if label]


@pytest.mark.parametrize("labels", [[1], [1, 2], [1, 1], [2, 1, 2], [1, 2, 2]])
def test_the_alignment_is_the_likeliest_of_all(labels):
    for seed in range(8):
        scores = np.log(np.random.default_rng(seed).dirichlet(np.ones(3), 5))
        paths = [p for p in itertools.product(range(3), repeat=5) if collapsed(p) == labels]
        best = max(paths, key=lambda path: sum(scores[range(5), path]))
        begins = [t for t in range(5) if best[t] and (t == 0 or best[t] != best[t - 1])]
        assert align(scores, labels) == begins


def test_too_few_frames_are_refused():
    with pytest.raises(ValueError, match="2 frames are too few for 2 labels"):
        align(np.zeros((2, 3)), [1, 1])


def test_words_begin_where_their_first_piece_does():
    pieces = ["▁turn", "▁ki", "t", "chen", "▁off"]
    assert word_frames(pieces, [2, 5, 6, 8, 11]) == [(2, 2), (5, 8), (11, 11)]


def spoken(*parts_s):
    """Noise and quiet in turn."""
    rng = np.random.default_rng(1)
    loud = itertools.cycle([6000, 20])
    parts = [
        rng.standard_normal(int(s * RATE)) * level for s, level in zip(parts_s, loud, strict=False)
    ]
    return np.concatenate(parts).astype(np.int16)


def test_a_pause_is_a_cut_only_where_no_word_lies_in_it():
    samples = spoken(1.0, 0.5, 1.0)
    assert cuts(samples, [(10, 20), (42, 50)], 640) == [
        Cut(0, 0),
        Cut(int(1.25 * RATE), 1),
        Cut(len(samples), 2),
    ]
    in_the_pause = [(10, 20), (32, 50)]
    assert cuts(samples, in_the_pause, 640) == [Cut(0, 0), Cut(len(samples), 2)]


@pytest.mark.parametrize("seed", range(20))
def test_stretches_are_as_long_as_commands_and_follow_each_other(seed):
    rng = random.Random(seed)
    times = sorted(rng.uniform(0, 30) for _ in range(12))
    marks = [Cut(0, 0), *(Cut(int(t * RATE), n + 1) for n, t in enumerate(times))]
    marks.append(Cut(31 * RATE, 13))
    found = list(stretches(marks, rng))
    assert found
    for begin, end in found:
        assert 0 < end.sample - begin.sample <= LONGEST_S * RATE
        assert end.words > begin.words
    for (_, end), (begin, _) in itertools.pairwise(found):
        assert begin.sample >= end.sample
    lost = [m for m in itertools.pairwise(marks) if m[1].sample - m[0].sample <= LONGEST_S * RATE]
    for begin, end in lost:
        assert any(a.sample <= begin.sample and end.sample <= b.sample for a, b in found)


@dataclass
class Knowing:
    """Knows where the words are."""

    words_s: list

    def marks(self, samples, text):
        frames = [(int(s * 25), int(s * 25)) for s in self.words_s]
        assert len(frames) == len(text.split())
        return cuts(samples, frames, 640)


def test_pieces_carry_their_own_words_and_short_recordings_are_left_alone(tmp_path):
    long = spoken(3.0, 0.4, 4.0, 0.4, 5.0)
    lines = [("one two three four", "anna", long), ("short", "bert", long[: 2 * RATE])]
    corpus.write(tmp_path, lines)
    source = Corpus(tmp_path)
    [number] = long_recordings(source)
    marks = Knowing([1.0, 2.0, 5.0, 10.0]).marks(source.audio(number), lines[number][0])
    made = list(cut(source, {number: marks}, 3))
    assert " ".join(text for text, _, _ in made) == "one two three four"
    assert {voice for _, voice, _ in made} == {"anna"}
    assert np.concatenate([samples for _, _, samples in made]).tolist() == long.tolist()
    assert all(len(samples) <= LONGEST_S * RATE for _, _, samples in made)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Those of the repository, without the attention decoder, which needs a table that it lacks."""
    folder, shipped = tmp_path_factory.mktemp("weights"), ROOT / "training" / "weights"
    transducer = saved_weights.read_transducer(shipped / "en-small" / "weights.pt")
    torch.save(transducer, folder / "weights.pt")
    shutil.copy(shipped / "tokens.model", folder)
    return folder


def test_pieces_are_the_same_however_many_processes_hear_the_recordings(
    tmp_path, weights, monkeypatch, capsys
):
    with (ROOT / "demo" / "commands.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))[:6]
    sounds = [soundfile.read(ROOT / "demo" / f"{x['file']}.ogg", dtype="int16")[0] for x in rows]
    said = [f"{row['wake']} {row['command']}" for row in rows]
    pairs = [(n, (n + 1) % 6, (n + 2) % 6) for n in range(4)]
    long = [
        (" ".join(said[n] for n in three), "anna", np.concatenate([sounds[n] for n in three]))
        for three in pairs
    ]
    corpus.write(tmp_path / "long", long)
    monkeypatch.setattr(module, "PART", 2)
    for count in ("1", "2"):
        given = [str(tmp_path / "long"), str(tmp_path / count), "--weights", str(weights)]
        module.main([*given, "--processes", count])
    made = Corpus(tmp_path / "1").entries
    assert len(made) > len(long)
    assert capsys.readouterr().out == f"{len(made)} pieces\n" * 2
    for file in ("audio.pcm", "index.jsonl"):
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "2" / file).read_bytes()
    commands = {row["command"] for row in rows}
    assert any(entry.text.removeprefix("alexa ") in commands for entry in made)
