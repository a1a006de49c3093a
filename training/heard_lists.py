"""What both decoders hear in recordings: `python -m training.heard_lists OUT CORPUS ...`.

The attention decoder learns to rank texts (`training.train_ranking`) from lists that the second
pass itself makes, with a recogniser that stays as it is: for each recording the texts, how likely
the transducer finds them, and what the decoder attends to. OUT is a folder of
`training.heard_rows`, with a row for each 20 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from assistant.asr.decoding.beam_search import Search
from assistant.asr.decoding.frames import ScoredFrame, SoundingFrames
from assistant.asr.decoding.joint_scorer import JointScorer
from assistant.asr.decoding.parts import Earlier
from assistant.asr.decoding.two_pass import FRAME_S, RESCORED
from assistant.asr.networks.network import Floats
from assistant.asr.recogniser import TransducerRecogniser, load_recogniser
from assistant.lattice.graph import Hypothesis
from training import heard_parts, heard_rows, tasks
from training.heard_examples import arguments_of, encoded, spoken_in
from training.heard_parts import Part
from training.heard_rows import HeardRows

BEAM: Final = 8
LONGEST_S: Final = 20.0
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
        return tuple(errors(self.truth, text) for text in self.texts)


def errors(truth: str, text: str) -> int:
    """Words that a text has wrong."""
    return Levenshtein.distance(truth.split(), text.split())


class HeardLists:
    """A folder opened for reading; what was heard stays on disk until it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._heard = HeardRows(folder)
        self.lists = [
            HeardList(**{**each, "texts": tuple(each["texts"])}) for each in self._heard.entries
        ]

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
    outputs, inner = encoded(network, audio)
    search = Search(recogniser.vocabulary, recogniser.search, names.biaser, names.lexicon)
    frames = ScoredFrame.of(recogniser.vocabulary, outputs)
    for frame in frames:
        search.hear(frame)
    output_s = network.frames_per_output * FRAME_S
    own = search.graph(output_s).nbest(RESCORED)
    scorer = JointScorer(
        decoder, inner, names.listed, own, Earlier.nothing(network.initial_state())
    )
    new = recogniser.transcript_scorer(scorer.proposals()[:PROPOSED], names)
    return inner, [*own[:OWN], *new.scored(SoundingFrames.of(frames), output_s)]


def write(
    folder: Path,
    recogniser: TransducerRecogniser,
    spoken: Iterable[tuple[str, Floats]],
    *,
    all_lists: bool = False,
) -> int:
    """Hear texts with their audio [n] into a folder; returns how many lists it has.

    A list whose texts are all as wrong says nothing about their order, but with `all_lists` it is
    kept: the likelihood of its truth can be learned.
    """
    return heard_rows.write(folder, _lists(recogniser, spoken, all_lists=all_lists))


def _lists(
    recogniser: TransducerRecogniser, spoken: Iterable[tuple[str, Floats]], *, all_lists: bool
) -> Iterator[tuple[Floats, Mapping[str, Any]]]:
    """What was heard."""
    for truth, audio in spoken:
        inner, hypotheses = heard_in(recogniser, audio)
        texts = [each.text for each in hypotheses]
        if all_lists or len({errors(truth, text) for text in texts}) > 1:
            scores = [round(each.log_prob, 3) for each in hypotheses]
            yield inner, {"truth": truth, "texts": texts, "transducer": scores}


def hear(part: Part, model: Path, *, all_lists: bool) -> int:
    """Hear a part with the recogniser of a model's folder; see `write`."""
    recogniser = load_recogniser(model, beam=BEAM)
    return write(part.heard, recogniser, part.spoken(), all_lists=all_lists)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = arguments_of(__doc__, 0.8)
    parser.add_argument("--all", action="store_true", help="lists whose texts are as wrong, too")
    args = parser.parse_args(arguments)
    task = partial(hear, model=args.model.resolve(), all_lists=args.all)
    spoken, workers = spoken_in(args, LONGEST_S), tasks.Workers.of(args)
    print(heard_parts.hear(task, spoken, args.out, workers), "lists")


if __name__ == "__main__":
    # Under its name, by which other processes find its tasks.
    import_module("training.heard_lists").main()
