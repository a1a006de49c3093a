"""Teach the attention decoder to rank: `python -m training.train_ranking OUT LISTS --develop L`.

LISTS and L are folders of `training.heard_lists`. The second pass ranks texts by the mean of both
decoders' log-probabilities; here a text with more words wrong than the others of its list becomes
less likely in that mean, by what the attention decoder thinks of it (minimum word error training,
Prabhavalkar et al., "Minimum word error rate training for attention-based sequence-to-sequence
models", 2018, arXiv 1712.01818). The likelihood of the truth counts as well, and what the decoder
thought of its pieces before, so that scores stay what favours and certainty were weighed for.
Encoder, transducer and the vectors of the pieces stay as they are. OUT gets `weights.pt`, the mean
of the last steps.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from assistant.asr.decoding.joint_scorer import ATTENTION_WEIGHT
from assistant.asr.vocabulary.word_pieces import END, WordPieces
from training import saved_weights
from training.attention_decoder import AttentionDecoder, shifted
from training.data import padded_labels, padded_to
from training.export import load
from training.heard_lists import HeardList, HeardLists
from training.heard_rows import padded
from training.model import DECODER
from training.precision import autocast
from training.saved_weights import WEIGHTS
from training.word_errors import expected_errors

ROWS: Final = 2_500
"""Rows of what is heard in a batch, padding included."""
POOL: Final = 256
RATE: Final = 1.5e-5
WARM_UP: Final = 30
AVERAGE: Final = 0.99
LIKELIHOOD: Final = 1.0
"""Weight of the truth's loss for each piece, beside the expected wrong words of a list."""
LIKENESS: Final = 1.0
"""Weight of how far the truths' pieces are from what was thought before (KL divergence, nats)."""
LOSSES: Final = ("wrong", "truth", "moved")
REPORT_EVERY: Final = 100

Item = tuple[HeardLists, HeardList]


@dataclass(frozen=True, slots=True)
class Batch:
    """Lists, their texts one behind the other, the truth first."""

    heard: Tensor
    """float32 [B, T, W]"""
    steps: Tensor
    pieces: Tensor
    """[N, P]"""
    lengths: Tensor
    owners: Tensor
    """The utterance of each text, [N]."""
    transducer: tuple[Tensor, ...]
    """For each utterance, of the texts after the truth."""
    errors: tuple[Tensor, ...]
    words: int
    """Of all truths."""


class Batches:
    """Endless batches of lists, those of one about as long."""

    def __init__(self, folders: Sequence[HeardLists], pieces: WordPieces, seed: int = 1) -> None:
        self._items = [(folder, each) for folder in folders for each in folder.lists]
        self._pieces, self._rng = pieces, random.Random(seed)

    def __iter__(self) -> Iterator[Batch]:
        while True:
            self._rng.shuffle(self._items)
            for start in range(0, len(self._items), POOL):
                batches = self._cut(self._items[start : start + POOL])
                self._rng.shuffle(batches)
                yield from map(self._made, batches)

    def all(self) -> Iterator[Batch]:
        """Every list once."""
        yield from map(self._made, self._cut(self._items))

    @staticmethod
    def _cut(items: Sequence[Item]) -> list[list[Item]]:
        ordered = sorted(items, key=lambda item: item[1].rows)
        return padded_to(ROWS, ordered, lambda item: item[1].rows)

    def _made(self, items: Sequence[Item]) -> Batch:
        texts, owners = [], []
        for row, (_, each) in enumerate(items):
            texts += [each.truth, *each.texts]
            owners += [row] * (1 + len(each.texts))
        numbers = [[*self._pieces.encode(text), END] for text in texts]
        return Batch(
            *padded([folder.heard(each) for folder, each in items]),
            *padded_labels(numbers),
            torch.tensor(owners),
            tuple(torch.tensor(each.transducer) for _, each in items),
            tuple(torch.tensor(each.errors).float() for _, each in items),
            sum(len(each.truth.split()) for _, each in items),
        )


@dataclass(frozen=True, slots=True)
class Ranked:
    """What a decoder makes of a batch."""

    joint: tuple[Tensor, ...]
    """For each list, by what its texts are ranked (natural log)."""
    truths: Tensor
    """What the decoder makes of all pieces of the truths, log-probabilities [M, V]."""
    likelihood: Tensor
    """The truths' loss, for each piece."""


def ranked(decoder: AttentionDecoder, batch: Batch) -> Ranked:
    """How both decoders together rank the texts of the lists."""
    log_probs, said = log_probs_of(decoder, batch, torch.arange(len(batch.owners)))
    own = (log_probs.gather(2, batch.pieces[..., None])[..., 0] * said).sum(1)
    first = firsts(batch)
    parts = own[~first].split([len(each) for each in batch.transducer])
    joint = tuple(
        ATTENTION_WEIGHT * attended + (1 - ATTENTION_WEIGHT) * transducer
        for attended, transducer in zip(parts, batch.transducer, strict=True)
    )
    return Ranked(joint, log_probs[first][said[first]], -own[first].sum() / said[first].sum())


def log_probs_of(decoder: AttentionDecoder, batch: Batch, texts: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probabilities of all pieces at each place of some texts, [N, P, V]; which are in them.

    `texts` are their numbers, [N].
    """
    owners, pieces = batch.owners[texts], batch.pieces[texts]
    with autocast(batch.heard.device):
        heard = [(keys[owners], values[owners]) for keys, values in decoder.hear(batch.heard)]
        scores = decoder.after(shifted(pieces), heard, batch.steps[owners])
    said = torch.arange(pieces.shape[1]) < batch.lengths[texts, None]
    return scores.float().log_softmax(2), said


def firsts(batch: Batch) -> Tensor:
    """Which texts are the truths, bool [N]."""
    first = torch.ones_like(batch.owners, dtype=torch.bool)
    first[1:] = batch.owners[1:] != batch.owners[:-1]
    return first


def losses_of(decoder: AttentionDecoder, before: AttentionDecoder, batch: Batch) -> Tensor:
    """What is to become smaller, [3].

    The expected wrong words of a list, relative to its mean; the truths' loss for each piece; how
    far those are from what the decoder thought before.
    """
    found = ranked(decoder, batch)
    wrong = [expected_errors(*each) for each in zip(found.joint, batch.errors, strict=True)]
    with torch.no_grad():
        log_probs, said = log_probs_of(before, batch, firsts(batch).nonzero()[:, 0])
    moved = functional.kl_div(found.truths, log_probs[said], reduction="batchmean", log_target=True)
    return torch.stack([torch.stack(wrong).mean(), found.likelihood, moved])


@torch.no_grad()
def word_errors(decoder: AttentionDecoder, batches: Batches) -> tuple[float, float]:
    """The share of words that the best texts have wrong, and the truths' loss for each piece."""
    wrong, words, likelihood, count = 0.0, 0, 0.0, 0
    for batch in batches.all():
        found = ranked(decoder, batch)
        best = zip(found.joint, batch.errors, strict=True)
        wrong += sum(float(errors[joint.argmax()]) for joint, errors in best)
        words += batch.words
        likelihood, count = likelihood + float(found.likelihood), count + 1
    return wrong / words, likelihood / count


def train(
    decoder: AttentionDecoder, batches: Batches, develop: Batches, minutes: float, log: Path
) -> AttentionDecoder:
    """Train until so many minutes are over; returns the mean of the last steps."""
    decoder.token_embedding.requires_grad_(requires_grad=False)
    taught: list[Tensor] = [each for each in decoder.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(taught, betas=(0.9, 0.98), weight_decay=1e-3)
    before = copy.deepcopy(decoder).requires_grad_(requires_grad=False)
    average = copy.deepcopy(before)
    averaged: list[Tensor] = [
        mean
        for mean, each in zip(average.parameters(), decoder.parameters(), strict=True)
        if each.requires_grad
    ]
    weights = torch.tensor([1.0, LIKELIHOOD, LIKENESS])
    began, recent = time.monotonic(), np.zeros(len(weights))
    for step, batch in enumerate(batches):
        done = (time.monotonic() - began) / (60 * minutes)
        if step % REPORT_EVERY == 0 or done >= 1:
            rate, truth = word_errors(average, develop)
            told = {"step": step, "develop": rate, "develop_truth": truth}
            told |= dict(zip(LOSSES, (recent / REPORT_EVERY).tolist(), strict=True))
            print(json.dumps(told), flush=True)
            with log.open("a", encoding="utf8") as file:
                file.write(json.dumps(told) + "\n")
            recent[:] = 0
        if done >= 1:
            return average
        warm = min(1.0, (step + 1) / WARM_UP)
        for group in optimiser.param_groups:
            group["lr"] = RATE * warm * (0.02 + 0.49 * (1 + math.cos(math.pi * done)))
        losses = losses_of(decoder, before, batch)
        optimiser.zero_grad()
        (weights @ losses).backward()
        torch.nn.utils.clip_grad_norm_(taught, 1.0)
        optimiser.step()
        recent += losses.detach().numpy()
        decay = min(AVERAGE, (step + 1) / (step + 101))
        with torch.no_grad():
            torch._foreach_lerp_(averaged, taught, 1 - decay)
    raise AssertionError("batches are endless")


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("lists", type=Path, nargs="+")
    parser.add_argument("--develop", type=Path, nargs="+", required=True)
    parser.add_argument("--weights", type=Path, default=Path("training/weights/en-small"))
    parser.add_argument("--pieces", type=Path, default=Path("models/en-small/pieces.txt"))
    parser.add_argument("--minutes", type=float, default=20.0)
    args = parser.parse_args(arguments)
    torch.manual_seed(1)
    model = load(args.weights)
    pieces = WordPieces.read(args.pieces)
    batches, develop = (
        Batches([HeardLists(folder) for folder in folders], pieces)
        for folders in (args.lists, args.develop)
    )
    args.out.mkdir(parents=True, exist_ok=True)
    log = args.out / "losses.jsonl"
    decoder = train(model.decoder, batches, develop, args.minutes, log)
    weights = model.state_dict()
    weights.update({f"{DECODER}{name}": value for name, value in decoder.state_dict().items()})
    saved_weights.write_table(decoder.token_embedding.weight.data, args.out)
    torch.save(saved_weights.compact(weights, args.out), args.out / WEIGHTS)


if __name__ == "__main__":
    main()
