"""Cut long recordings into pieces as long as commands: `python -m training.cut SOURCE OUT`.

Where books are read, a sentence takes a quarter of a minute, and a recogniser that learns from
them alone expects everybody to speak that long. The model's own CTC output says which words stand
between two pauses of the speaker (Graves et al., "Connectionist Temporal Classification", 2006).
"""

from __future__ import annotations

import argparse
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import sentencepiece
import torch
from numpy.typing import NDArray

from assistant.asr.features.whisper_mel import log_mel
from assistant.asr.vocabulary.tokens import WORD_START
from assistant.audio.source import SAMPLE_RATE
from assistant.edge.network import FRAMES_PER_STEP
from training import corpus, tasks, tokens
from training.augment import pauses
from training.corpus import Corpus
from training.data import collate
from training.export import load
from training.model import Transducer
from training.tar_corpus import open_corpus

Doubles = NDArray[np.float64]

FRAME_S = 0.01 * FRAMES_PER_STEP
PAUSE_S = 0.2
SHORTEST_S, LONGEST_S = 2.0, 8.0
LATE_S = 0.12
"""A token may be heard so much after its sound; one that is heard in a pause is the word before."""
PART = 100
"""Recordings that a process hears at a time."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A pause between two words: its middle in samples, and how many words are before it."""

    sample: int
    words: int


def align(log_probs: Doubles, labels: list[int], blank: int = 0) -> list[int]:
    """The frame in which each label begins on the likeliest CTC path through [T, V].

    Raises:
        ValueError: there are fewer frames than the labels need.

    """
    states = [blank, *(x for label in labels for x in (label, blank))]
    scores = log_probs[:, states]
    skips = np.full(len(states), -np.inf)
    skips[3::2] = [0.0 if a != b else -np.inf for a, b in pairwise(labels)]
    best = np.full(len(states), -np.inf)
    best[:2] = scores[0, :2]
    came = np.zeros(scores.shape, np.int8)
    for frame in range(1, len(scores)):
        one, two = (np.concatenate([np.full(n, -np.inf), best[:-n]]) for n in (1, 2))
        choices = np.stack([best, one, two + skips])
        came[frame] = choices.argmax(0)
        best = choices.max(0) + scores[frame]
    state = len(states) - 1 if best[-1] >= best[-2] else len(states) - 2
    if not np.isfinite(best[state]):
        raise ValueError(f"{len(scores)} frames are too few for {len(labels)} labels")
    begins = [0] * len(labels)
    for frame in range(len(scores) - 1, -1, -1):
        if state % 2:
            begins[state // 2] = frame
        state -= int(came[frame, state])
    return begins


def word_frames(pieces: list[str], begins: list[int]) -> list[tuple[int, int]]:
    """First and last frame in which a token of each word begins."""
    words: list[tuple[int, int]] = []
    for piece, frame in zip(pieces, begins, strict=True):
        if piece.startswith(WORD_START) or not words:
            words.append((frame, frame))
        else:
            words[-1] = (words[-1][0], frame)
    return words


def cuts(samples: NDArray[np.int16], words: list[tuple[int, int]], frame: int) -> list[Cut]:
    """Where the speaker pauses, and it is certain between which words.

    `words` are in frames of `frame` samples. A word is before a pause or behind it, and where one
    seems to lie within the pause nothing is cut.
    """
    found = [Cut(0, 0)]
    for begin, end in pauses(samples, PAUSE_S):
        before = sum(last * frame < begin + LATE_S * SAMPLE_RATE for _, last in words)
        behind = sum(first * frame >= end - frame for first, _ in words)
        if before + behind == len(words) and found[-1].words < before < len(words):
            found.append(Cut((begin + end) // 2, before))
    return [*found, Cut(len(samples), len(words))]


def stretches(marks: list[Cut], rng: random.Random) -> Iterator[tuple[Cut, Cut]]:
    """Neighbouring marks, so far from each other as a command is long; what is longer is lost."""
    begin = marks[0]
    least_s = rng.uniform(SHORTEST_S, LONGEST_S)
    for mark, following in pairwise([*marks[1:], marks[-1]]):
        length_s, next_s = ((x.sample - begin.sample) / SAMPLE_RATE for x in (mark, following))
        if length_s < least_s and next_s <= LONGEST_S and following is not mark:
            continue
        if length_s <= LONGEST_S:
            yield begin, mark
        begin, least_s = mark, rng.uniform(SHORTEST_S, LONGEST_S)


class Cutter:
    """Cuts recordings by what a trained model hears in them."""

    def __init__(self, model: Transducer, vocabulary: sentencepiece.SentencePieceProcessor) -> None:
        self._model, self._vocabulary = model, vocabulary
        self._frame = round(FRAME_S * SAMPLE_RATE) * model.settings.stack

    @torch.no_grad()
    def marks(self, samples: NDArray[np.int16], text: str) -> list[Cut]:
        """Beginning and end of a recording, and where it may be cut between them."""
        model, ids = self._model, self._vocabulary.encode(text)
        batch = collate([log_mel(samples.astype(np.float32) / 32768.0)], [ids])
        whole = model.settings.whole
        scores = model.ctc(model.encoder(batch.features, batch.frames // 2, whole)[0])
        begins = align(scores.double().log_softmax(-1).numpy(), ids, model.settings.blank)
        pieces = [self._vocabulary.id_to_piece(number) for number in ids]
        return cuts(samples, word_frames(pieces, begins), self._frame)


@dataclass(frozen=True, slots=True)
class Part:
    """Recordings of a corpus, by their numbers, and the weights that hear them."""

    source: Path
    weights: Path
    recordings: Sequence[int]


def marks_in(part: Part) -> list[list[Cut]]:
    """The marks of each recording of a part, by one core: other processes have the others."""
    torch.set_num_threads(1)
    source, cutter = open_corpus(part.source), Cutter(load(part.weights), tokens.load(part.weights))
    return [
        cutter.marks(source.audio(index), source.entries[index].text) for index in part.recordings
    ]


def long_recordings(source: Corpus) -> list[int]:
    """Numbers of the recordings that are longer than `LONGEST_S`."""
    return [n for n, entry in enumerate(source.entries) if entry.samples > LONGEST_S * SAMPLE_RATE]


def cut(
    source: Corpus, marks: Mapping[int, list[Cut]], seed: int
) -> Iterator[tuple[str, str, NDArray[np.int16]]]:
    """Pieces of the recordings with these numbers, between their marks; text, voice, samples."""
    rng = random.Random(seed)
    for index, found in marks.items():
        entry, samples = source.entries[index], source.audio(index)
        words = entry.text.split()
        for begin, end in stretches(found, rng):
            line = " ".join(words[begin.words : end.words])
            yield line, entry.voice, samples[begin.sample : end.sample]


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="a corpus of long recordings")
    parser.add_argument("out", type=Path, help="the corpus of pieces")
    parser.add_argument("--weights", type=Path, default=Path("training/weights/en-small"))
    parser.add_argument("--seed", type=int, default=1)
    tasks.Workers.add_arguments(parser)
    args = parser.parse_args(arguments)
    workers = tasks.Workers.of(args)
    folder, weights = args.source.resolve(), args.weights.resolve()
    source = open_corpus(folder)
    long = long_recordings(source)
    parts = [Part(folder, weights, long[at : at + PART]) for at in range(0, len(long), PART)]
    found = tasks.run(marks_in, parts, workers)
    marks = dict(zip(long, chain.from_iterable(found), strict=True))
    shutil.rmtree(args.out, ignore_errors=True)
    print(corpus.write(args.out, cut(source, marks, args.seed)), "pieces")


if __name__ == "__main__":
    # Under its name, by which other processes find its tasks.
    import_module("training.cut").main()
