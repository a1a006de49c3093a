"""Recordings as the second pass hears them: `python -m training.heard_examples OUT CORPUS ...`.

What hears phonemes (`training.phonemes`) learns from a recogniser that stays as it is. So what its
encoder makes of each recording is computed once, outputs and inner ones. OUT is a folder of
`training.heard_rows`, with a row for each encoder output.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.biasing.phonemes import side_by_side
from assistant.asr.decoding.two_pass import encode_whole
from assistant.asr.features.whisper_mel import log_mel
from assistant.asr.networks.model_folder import AUTO, load_model
from assistant.asr.networks.network import Floats, Network
from assistant.audio.source import SAMPLE_RATE
from training import heard_parts, heard_rows, tasks
from training.augment import Augmenter
from training.corpus import Corpus
from training.heard_parts import Part
from training.heard_rows import HeardRows
from training.tar_corpus import open_corpus

LONGEST_S: Final = 12.0


@dataclass(frozen=True, slots=True)
class Example:
    """An utterance: its rows in the file, its words."""

    offset: int
    rows: int
    words: tuple[str, ...]


class Examples:
    """A folder opened for reading; what was heard stays on disk until it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._heard = HeardRows(folder)
        self.width = self._heard.width
        self.examples = [
            Example(each["offset"], each["rows"], tuple(each["words"]))
            for each in self._heard.entries
        ]

    def __len__(self) -> int:
        return len(self.examples)

    def heard(self, index: int) -> NDArray[np.float16]:
        """What the recogniser hears in utterance `index`, float16 [rows, width]."""
        example = self.examples[index]
        return self._heard[example.offset : example.offset + example.rows]

    def heard_first(self, rows: int) -> Floats:
        """What is heard in the first utterances, float32 [rows, width]."""
        return np.asarray(self._heard[0:rows], np.float32)


def heard_in(network: Network, audio: Floats) -> Floats:
    """What names are looked for in, of audio [n]: [M, width]."""
    return side_by_side(*encoded(network, audio))


def encoded(network: Network, audio: Floats) -> tuple[Floats, Floats]:
    """The encoder's outputs and inner ones of all of some audio [n]; see `encode_whole`."""
    features = log_mel(audio)
    features = features[: len(features) // network.frame_multiple * network.frame_multiple]
    outputs, inner, _ = encode_whole(network, features, network.initial_state())
    return outputs, inner


def write(folder: Path, network: Network, spoken: Iterable[tuple[str, Floats]]) -> int:
    """Hear texts with their audio [n] into a folder; returns how many utterances it has."""
    return heard_rows.write(
        folder, ((heard_in(network, audio), {"words": text.split()}) for text, audio in spoken)
    )


def recordings(
    corpora: Sequence[Corpus],
    augment: Augmenter,
    share: float,
    longest_s: float,
    rng: np.random.Generator,
) -> Iterator[tuple[str, Floats]]:
    """All utterances of at most `longest_s`, so large a share of them augmented."""
    for corpus in corpora:
        for index, entry in enumerate(corpus.entries):
            if entry.samples > longest_s * SAMPLE_RATE:
                continue
            samples = corpus.audio(index)
            if rng.random() < share:
                yield entry.text, augment(samples)
            else:
                yield entry.text, samples.astype(np.float32) / np.float32(32768)


def arguments_of(description: str | None, augmented: float) -> argparse.ArgumentParser:
    """The arguments `out`, `corpora`, `model`, and how and where recordings are heard."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("out", type=Path)
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, default=Path("models/en-small"))
    parser.add_argument("--noise", type=Path)
    parser.add_argument("--augmented", type=float, default=augmented)
    parser.add_argument("--seed", type=int, default=1)
    tasks.Workers.add_arguments(parser)
    return parser


def spoken_in(args: argparse.Namespace, longest_s: float) -> Iterator[tuple[str, Floats]]:
    """The recordings of the corpora among such arguments, those of at most `longest_s`."""
    augment = Augmenter(open_corpus(args.noise) if args.noise else None, args.seed)
    corpora = [open_corpus(folder) for folder in args.corpora]
    rng = np.random.default_rng(args.seed)
    return recordings(corpora, augment, args.augmented, longest_s, rng)


def hear(part: Part, model: Path) -> int:
    """Hear a part with the network in a model's folder; see `write`."""
    return write(part.heard, load_model(model, AUTO).network, part.spoken())


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    args = arguments_of(__doc__, 0.7).parse_args(arguments)
    task = partial(hear, model=args.model.resolve())
    spoken, workers = spoken_in(args, LONGEST_S), tasks.Workers.of(args)
    print(heard_parts.hear(task, spoken, args.out, workers), "utterances")


if __name__ == "__main__":
    # Under its name, by which other processes find its tasks.
    import_module("training.heard_examples").main()
