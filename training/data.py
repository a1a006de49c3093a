"""Batches of augmented features and labels, made in a background process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

import numpy as np
import sentencepiece
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from assistant.asr.features.whisper_mel import FLOOR, log_mel
from assistant.asr.vocabulary.word_pieces import END, SPECIAL, WordPieces
from assistant.audio.source import SAMPLE_RATE
from training.augment import Augmenter, random_warp, spec_augment
from training.corpus import Corpus
from training.parallel import Ranks
from training.tar_corpus import open_corpus
from training.tokens import EOS

Item = TypeVar("Item")

LONGEST_S = 17.5
WAITING = 0.25
"""The part of the batches in which there is silence before and after the speech."""
LONGEST_WAITS_S = (2.0, 1.0)
"""People do not speak at once when the wake word has been heard, nor does listening end at once."""
POOL = 512
POOL_PER_S = 8
"""At least how many utterances are sorted by length at a time, so that a batch has little padding;
with large batches, how many for each second of one."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """What lengths and numbers of utterances are rounded to.

    An accelerator plans its work again for every shape, so there it is worth some padding.
    """

    frames: int = 4
    labels: int = 1
    rows: int = 1

    def of_frames(self, frames: Tensor | NDArray[np.int64]) -> int:
        """Feature frames of a batch of such lengths."""
        return _up(int(frames.max()), self.frames)

    def of_labels(self, lengths: Tensor | NDArray[np.int64]) -> int:
        """Labels of a batch of such lengths."""
        return _up(int(lengths.max()), self.labels)

    def of_rows(self, count: int) -> int:
        """Utterances of a batch that could have so many."""
        return count // self.rows * self.rows or count


FEW_SHAPES = Shapes(frames=128, labels=16, rows=8)


def _up(length: int, step: int) -> int:
    return -(-length // step) * step


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded utterances: features [B, F, 80] with F a multiple of 4, labels [B, U]."""

    features: Tensor
    frames: Tensor
    """Feature frames of each utterance, rounded up to a multiple of 4; [B]."""
    labels: Tensor
    label_lengths: Tensor
    pieces: Tensor
    """Labels of the attention decoder, END included; [B, P]."""
    piece_lengths: Tensor
    clean: Tensor
    """The features without room, noise and masks, [B, F, 80]; `features` where not asked for."""

    def to(self, device: torch.device) -> Batch:
        """The batch on a device."""
        return Batch(*(getattr(self, field.name).to(device) for field in fields(self)))

    def rows(self, kept: Tensor, shapes: Shapes | None = None) -> Batch:
        """Some of the utterances, padded no more than they need, or than `shapes` want."""
        shapes = shapes or Shapes()
        frames = self.frames[kept]
        lengths, counts = self.label_lengths[kept], self.piece_lengths[kept]
        most = shapes.of_frames(frames)
        return Batch(
            self.features[kept, :most],
            frames,
            self.labels[kept, : shapes.of_labels(lengths)],
            lengths,
            self.pieces[kept, : shapes.of_labels(counts)],
            counts,
            self.clean[kept, :most],
        )


def collate(
    features: Sequence[np.ndarray],
    labels: Sequence[list[int]],
    pieces: Sequence[list[int]] | None = None,
    clean: Sequence[np.ndarray] | None = None,
) -> Batch:
    """Pad utterances to one batch; features with silence, labels with blank, pieces with END."""
    frames = [-(-len(x) // 4) * 4 for x in features]
    padded = _padded(features, max(frames))
    return Batch(
        padded,
        torch.tensor(frames),
        *padded_labels(labels),
        *padded_labels(pieces or [[END]] * len(features)),
        padded if clean is None else _padded(clean, max(frames)),
    )


def _padded(features: Sequence[np.ndarray], length: int) -> Tensor:
    padded = np.full((len(features), length, features[0].shape[1]), FLOOR, np.float32)
    for row, x in enumerate(features):
        padded[row, : len(x)] = x
    return torch.from_numpy(padded)


def padded_labels(rows: Sequence[list[int]], shapes: Shapes | None = None) -> tuple[Tensor, Tensor]:
    """Numbers of utterances as int64 [B, U], padded with zeros, and how many each has, [B]."""
    lengths = np.array([len(numbers) for numbers in rows])
    ids = np.zeros((len(rows), (shapes or Shapes()).of_labels(lengths)), np.int64)
    for row, numbers in enumerate(rows):
        ids[row, : len(numbers)] = numbers
    return torch.from_numpy(ids), torch.from_numpy(lengths)


def batches_of(
    corpora: Sequence[Corpus], weights: Sequence[float], batch_s: float, rng: np.random.Generator
) -> Iterator[list[tuple[int, int]]]:
    """Endless batches of (corpus, utterance), each corpus drawn by its length times its weight."""
    lengths_s = [np.array([e.samples for e in c.entries]) / SAMPLE_RATE for c in corpora]
    shares = np.array([len(c) * w for c, w in zip(corpora, weights, strict=True)])
    shares = shares / shares.sum()
    size = max(POOL, round(POOL_PER_S * batch_s))
    while True:
        drawn = rng.choice(len(corpora), size, p=shares)
        pool = [(int(i), int(rng.integers(len(corpora[i])))) for i in drawn]
        lengths = {item: float(lengths_s[item[0]][item[1]]) for item in pool}
        ordered = sorted((i for i in pool if lengths[i] <= LONGEST_S), key=lengths.__getitem__)
        batches = padded_to(batch_s, ordered, lengths.__getitem__)
        batches = batches[:-1] or batches
        for number in rng.permutation(len(batches)):
            yield batches[number]


def padded_to(
    most: float, ordered: Iterable[Item], length: Callable[[Item], float]
) -> list[list[Item]]:
    """Items in the order of their lengths, cut where a batch would be longer, padding included."""
    batches: list[list[Item]] = [[]]
    for item in ordered:
        if (len(batches[-1]) + 1) * length(item) > most:
            batches.append([])
        batches[-1].append(item)
    return batches


def random_numbers(seed: int, ranks: Ranks) -> tuple[np.random.Generator, np.random.Generator]:
    """For the order of utterances, the same in all processes, and for what is done to them."""
    return np.random.default_rng(seed), np.random.default_rng([seed, ranks.rank])


class Utterances(IterableDataset[Batch]):
    """Endless batches from corpora, each drawn in proportion to its length times its weight.

    The first `clean` batches are not augmented; of the others, `augmented` of the utterances are.
    `codec_share` of these go through a codec. With `clean_too`, batches also hold their utterances
    without room, noise, codec and masks.
    """

    def __init__(
        self,
        corpora: dict[Path, float],
        tokens: sentencepiece.SentencePieceProcessor,
        noise: Path | None,
        *,
        batch_s: float,
        seed: int,
        clean: int = 0,
        augmented: float = 1.0,
        pieces: WordPieces | None = None,
        ranks: Ranks | None = None,
        clean_too: bool = False,
        codec_share: float = 0.0,
    ) -> None:
        self._ranks, self._clean_too = ranks or Ranks(), clean_too
        self._corpora, self._tokens, self._noise = corpora, tokens, noise
        self._batch_s, self._seed = batch_s, seed
        self._clean, self._augmented, self._codec_share = clean, augmented, codec_share
        self._pieces = pieces or WordPieces(SPECIAL)

    def __iter__(self) -> Iterator[Batch]:
        order, rng = random_numbers(self._seed, self._ranks)
        noise = open_corpus(self._noise) if self._noise else None
        seed = self._seed + 1 + self._ranks.rank
        augment = Augmenter(noise, seed, codec_share=self._codec_share)
        corpora = [open_corpus(folder) for folder in self._corpora]
        items = batches_of(corpora, list(self._corpora.values()), self._batch_s, order)
        large = (batch for batch in items if len(batch) >= self._ranks.count)
        for made, batch in enumerate(large):
            chosen = [(corpora[corpus], index) for corpus, index in self._ranks.own(batch)]
            yield self._batch(chosen, augment if made >= self._clean else None, rng)

    def _batch(
        self, items: list[tuple[Corpus, int]], augment: Augmenter | None, rng: np.random.Generator
    ) -> Batch:
        features, clean = [], []
        waiting = augment is not None and rng.random() < WAITING
        # The same for all, so that a batch has no more padding than before.
        waits_s = rng.uniform(0, LONGEST_WAITS_S) if waiting else np.zeros(2)
        for corpus, index in items:
            samples = np.pad(corpus.audio(index), (waits_s * SAMPLE_RATE).astype(int))
            if augment is None or rng.random() >= self._augmented:
                features.append(log_mel(samples.astype(np.float32) / 32768.0))
                clean.append(features[-1])
                continue
            spoken, tract = augment.otherwise(samples), random_warp(rng)
            features.append(spec_augment(log_mel(augment.elsewhere(spoken)) @ tract, rng))
            clean.append(log_mel(spoken) @ tract if self._clean_too else features[-1])
        texts = [corpus.entries[index].text for corpus, index in items]
        labels = [[*self._tokens.encode(text), EOS] for text in texts]
        pieces = [[*self._pieces.encode(text), END] for text in texts]
        return collate(features, labels, pieces, clean if self._clean_too else None)


def _give_way(worker: int) -> None:
    del worker
    os.nice(10)


def loader(utterances: Utterances) -> Iterator[Batch]:
    """The batches, prepared ahead in another process, which gives way to the training itself."""
    return iter(
        DataLoader(
            utterances,
            batch_size=None,
            num_workers=1,
            prefetch_factor=8,
            worker_init_fn=_give_way,
        )
    )
