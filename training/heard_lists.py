"""What both decoders hear in recordings: `python -m training.heard_lists OUT CORPUS ...`.

The attention decoder learns to rank texts (`training.train_ranking`) from lists that the second
pass itself makes, with a recogniser that stays as it is: for each recording the texts, how likely
the transducer finds them, and what the decoder attends to. OUT is a folder with `heard.f16`, a row
of numbers for each 20 ms of all utterances one after another, and `index.jsonl`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from assistant.asr.decoding.beam_search import Search
from assistant.asr.decoding.frames import ScoredFrame, SoundingFrames
from assistant.asr.decoding.parts import Earlier
from assistant.asr.decoding.two_pass import FRAME_S, RESCORED, JointScorer, encode_whole
from assistant.asr.features.whisper_mel import log_mel
from assistant.asr.networks.network import Floats
from assistant.asr.recogniser import TransducerRecogniser, load_recogniser
from assistant.lattice.graph import Hypothesis
from training.augment import Augmenter
from training.corpus import Corpus
from training.heard_examples import HEARD, INDEX, recordings

BEAM: Final = 8
OWN, PROPOSED = 4, 3
"""Texts of a list: the transducer's best, and the best that only the attention decoder has."""


@dataclass(frozen=True, slots=True)
class HeardList:
    """An utterance: its rows in the file, its words, and the texts that were heard in it."""

    offset: int
    rows: int
    truth: str
    texts: tuple[str, ...]
    transducer: tuple[float, ...]
    """How likely (natural log) the transducer finds each text."""

    @property
    def errors(self) -> tuple[int, ...]:
        """Words that each text has wrong."""
        spoken = self.truth.split()
        return tuple(Levenshtein.distance(spoken, text.split()) for text in self.texts)


class HeardLists:
    """A folder opened for reading; what was heard stays on disk until it is asked for."""

    def __init__(self, folder: Path) -> None:
        width, *found = map(json.loads, (folder / INDEX).read_text("utf8").splitlines())
        self.lists = [HeardList(**{**each, "texts": tuple(each["texts"])}) for each in found]
        heard = np.memmap(folder / HEARD, np.float16, mode="r")
        self._heard = heard.reshape(-1, int(width["width"]))

    def heard(self, each: HeardList) -> NDArray[np.float16]:
        """What the decoder attends to in an utterance, float16 [rows, width]."""
        return self._heard[each.offset : each.offset + each.rows]


def heard_in(recogniser: TransducerRecogniser, audio: Floats) -> tuple[Floats, list[Hypothesis]]:
    """What the decoder attends to in audio [n], [N, W], and the texts as the transducer hears them.

    Of the search's and of those that the attention decoder proposes the best; no names are known.
    """
    network, names = recogniser.model.network, recogniser.prepared(())
    decoder = network.attention_decoder
    if decoder is None:
        raise ValueError(f"{network.name} has no attention decoder")
    features = log_mel(audio)
    features = features[: len(features) // network.frame_multiple * network.frame_multiple]
    outputs, inner, state = encode_whole(network, features, network.initial_state())
    search = Search(recogniser.vocabulary, recogniser.search, names.biaser, names.lexicon)
    frames = [ScoredFrame(recogniser.vocabulary, output) for output in outputs]
    for frame in frames:
        search.hear(frame)
    output_s = network.frames_per_output * FRAME_S
    own = search.graph(output_s).nbest(RESCORED)
    scorer = JointScorer(decoder, inner, names.listed, own, Earlier.nothing(state))
    new = recogniser.transcript_scorer(scorer.proposals()[:PROPOSED], names)
    return inner, [*own[:OWN], *new.scored(SoundingFrames.of(frames), output_s)]


def write(
    folder: Path, recogniser: TransducerRecogniser, spoken: Iterable[tuple[str, Floats]]
) -> int:
    """Hear texts with their audio [n] into a folder; returns how many lists it has.

    A list whose texts are all as wrong says nothing about their order and is left out.
    """
    folder.mkdir(parents=True)
    found: list[HeardList] = []
    offset = 0
    with (folder / HEARD).open("wb") as file:
        for truth, audio in spoken:
            inner, hypotheses = heard_in(recogniser, audio)
            texts = tuple(each.text for each in hypotheses)
            scores = tuple(round(each.log_prob, 3) for each in hypotheses)
            heard = HeardList(offset, len(inner), truth, texts, scores)
            if len(set(heard.errors)) < 2:
                continue
            file.write(inner.astype(np.float16).tobytes())
            found.append(heard)
            offset += len(inner)
            width = inner.shape[1]
    lines = [json.dumps({"width": width}), *(json.dumps(asdict(each)) for each in found)]
    (folder / INDEX).write_text("\n".join(lines) + "\n", "utf8")
    return len(found)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, default=Path("models/en-small"))
    parser.add_argument("--noise", type=Path)
    parser.add_argument("--augmented", type=float, default=0.8)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(arguments)
    augment = Augmenter(Corpus(args.noise) if args.noise else None, args.seed)
    corpora = [Corpus(folder) for folder in args.corpora]
    spoken = recordings(corpora, augment, args.augmented, np.random.default_rng(args.seed))
    print(write(args.out, load_recogniser(args.model, beam=BEAM), spoken), "lists")


if __name__ == "__main__":
    main()
