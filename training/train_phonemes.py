"""Teach what hears phonemes: `python -m training.train_phonemes OUT EXAMPLES --develop FOLDER`.

EXAMPLES are folders of `training.heard_examples`: the recogniser does not change. How a text is
said is known from espeak-ng, in two accents, of which the likelier counts for each utterance.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from rapidfuzz.distance import Levenshtein
from torch import Tensor
from torch.nn import functional

from assistant.asr.biasing.pronunciation import ACCENTS, pronounced
from training.data import padded_to
from training.heard_examples import Examples
from training.heard_rows import padded
from training.phonemes import PhonemeNetwork

ROWS: Final = 20_000
"""Encoder outputs that say how much each of their numbers varies."""
POOL: Final = 512
"""Utterances that are sorted by length at a time, so that a batch has little padding."""

Item = tuple[int, int]
"""Number of a folder, and of an utterance in it."""


class Sounds:
    """How words are said, as numbers of phonemes."""

    def __init__(self, known: Mapping[str, Mapping[str, str]]) -> None:
        self._known = known
        self.phonemes = "".join(
            sorted({sign for words in known.values() for said in words.values() for sign in said})
        )
        self._numbers = {sign: number for number, sign in enumerate(self.phonemes, 1)}

    def of(self, words: Sequence[str], accent: str) -> list[int] | None:
        """Numbers of the phonemes of a text; None if the sound of one of its words is unknown."""
        said = [self._known[accent].get(word) for word in words]
        if not all(said):
            return None
        return [self._numbers[sign] for word in said for sign in word or ""]


@dataclass(frozen=True, slots=True)
class Batch:
    """Utterances, and how their texts are said in each accent."""

    heard: Tensor
    """float32 [B, T, width]"""
    rows: Tensor
    said: tuple[tuple[Tensor, Tensor], ...]
    """Phonemes of all utterances one after another, and how many each has, for each accent."""


class Batches:
    """Endless batches of so many encoder outputs."""

    def __init__(self, folders: Sequence[Examples], sounds: Sounds, rows: int, seed: int) -> None:
        self._folders, self._sounds, self._rows = folders, sounds, rows
        self._rng = random.Random(seed)
        self._index = [
            (number, index)
            for number, folder in enumerate(folders)
            for index, example in enumerate(folder.examples)
            if all(sounds.of(example.words, accent) for accent in ACCENTS)
        ]

    def __iter__(self) -> Iterator[Batch]:
        while True:
            pool = self._rng.sample(self._index, min(len(self._index), POOL))
            pool.sort(key=self._length)
            batches = padded_to(self._rows, pool, self._length)
            self._rng.shuffle(batches)
            yield from map(self.made, batches)

    def all(self) -> Iterator[Batch]:
        """Every utterance once."""
        for start in range(0, len(self._index), 32):
            yield self.made(self._index[start : start + 32])

    def _length(self, item: Item) -> int:
        folder, index = item
        return self._folders[folder].examples[index].rows

    def made(self, items: Sequence[Item]) -> Batch:
        """A batch of these utterances."""
        examples = [self._folders[folder].examples[index] for folder, index in items]
        heard, rows = padded([self._folders[folder].heard(index) for folder, index in items])
        said = []
        for accent in ACCENTS:
            numbers = [self._sounds.of(example.words, accent) or [] for example in examples]
            flat = torch.tensor([number for each in numbers for number in each])
            said.append((flat, torch.tensor([len(each) for each in numbers])))
        return Batch(heard, rows, tuple(said))


def loss_of(network: PhonemeNetwork, batch: Batch) -> Tensor:
    """The loss of each phoneme, in the likelier accent of each utterance."""
    log_probs = network(batch.heard, batch.rows).transpose(0, 1)
    losses = [
        functional.ctc_loss(
            log_probs, said, 2 * batch.rows, counts, reduction="none", zero_infinity=True
        )
        for said, counts in batch.said
    ]
    return torch.stack(losses).amin(0).sum() / batch.said[0][1].sum()


@torch.no_grad()
def error_rate(network: PhonemeNetwork, batches: Iterator[Batch]) -> float:
    """Phonemes wrong in the greedy reading, against the likelier accent's."""
    wrong = total = 0
    for batch in batches:
        best = network(batch.heard, batch.rows).argmax(-1)
        starts = [torch.cat([counts.new_zeros(1), counts.cumsum(0)]) for _, counts in batch.said]
        for row, count in enumerate(batch.rows.tolist()):
            read = torch.unique_consecutive(best[row, : 2 * count])
            found = read[read > 0].tolist()
            truths = [
                said[start[row] : start[row + 1]].tolist()
                for (said, _), start in zip(batch.said, starts, strict=True)
            ]
            errors = [Levenshtein.distance(truth, found) for truth in truths]
            wrong += min(errors)
            total += len(truths[errors.index(min(errors))])
    return wrong / total


def sounds_of(words: Sequence[str], kept: Path | None) -> Sounds:
    """Sounds of words; read from `kept`, where it is, and else written there."""
    if kept and kept.exists():
        return Sounds(json.loads(kept.read_text("utf8")))
    known = {accent: pronounced(words, accent) for accent in ACCENTS}
    if kept:
        kept.write_text(json.dumps(known), "utf8")
    return Sounds(known)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("examples", type=Path, nargs="+")
    parser.add_argument("--develop", type=Path, required=True)
    parser.add_argument("--pronunciations", type=Path, help="kept here; made if it is not there")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--rows", type=int, default=3500, help="encoder outputs of a batch")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    folders, develop = [Examples(folder) for folder in args.examples], Examples(args.develop)
    words = sorted({w for f in (*folders, develop) for e in f.examples for w in e.words})
    sounds = sounds_of(words, args.pronunciations)
    network = PhonemeNetwork(folders[0].width, len(sounds.phonemes))
    network.standardise(torch.from_numpy(folders[0].heard_first(ROWS)))
    print(sum(each.numel() for each in network.parameters()), "weights,", sounds.phonemes)
    optimiser = torch.optim.AdamW(network.parameters(), args.rate, weight_decay=0.01)
    batches = iter(Batches(folders, sounds, args.rows, args.seed))
    watched = Batches([develop], sounds, args.rows, args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    began, step, recent = time.monotonic(), 0, list[float]()
    while (done := (time.monotonic() - began) / (60 * args.minutes)) < 1:
        rate = min(1.0, (step + 1) / 50) * max(0.01, 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimiser.param_groups:
            group["lr"] = args.rate * rate
        loss = loss_of(network, next(batches))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step += 1
        recent.append(loss.item())
        if step % 100 == 0:
            wrong = error_rate(network, watched.all())
            print(f"step {step} loss {np.mean(recent):.3f} wrong {wrong:.1%}", flush=True)
            recent = []
            save(args.out, network, sounds)
    print(f"phonemes wrong: {error_rate(network, watched.all()):.1%}")
    save(args.out, network, sounds)


def save(folder: Path, network: PhonemeNetwork, sounds: Sounds) -> None:
    """Write the weights and the phonemes that they know."""
    content = {"weights": network.state_dict(), "phonemes": sounds.phonemes}
    torch.save(content, folder / "phonemes.pt")


if __name__ == "__main__":
    main()
