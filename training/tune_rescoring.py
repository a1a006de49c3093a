"""Find the weights with which lattices are rescored, and measure what that is worth.

    python -m training.tune_rescoring models/lm-en-small data/dev_general \
        --measure data/heldout_slurp --seen nlu_evaluation_data.txt snips.txt

The recogniser hears each set once; then weight after weight is moved to where the word errors of
the first set are fewest, until none moves any more. The result is written into the language model's
manifest. Sets to measure on have no say. With several values of `--least-posterior` the last one
counts for that, and what lattices without less likely edges are worth is measured for each. Run it
again for another recogniser or language model. Sentences that stand word for word in a text of
`--seen` are counted apart: a language model that was trained on that text finds them easy.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.asr.recogniser import TransducerRecogniser, load_recogniser
from assistant.asr.result import OutputSettings, RecognitionResult
from assistant.config.rescoring import RescorerSettings
from assistant.config.settings import MODELS_FOLDER
from assistant.lattice.graph import pruned
from assistant.rescoring.expansion import rescore
from assistant.rescoring.internal import RecogniserInside
from assistant.rescoring.language_model import LanguageModel, WeightedSum, WordBonus
from assistant.rescoring.language_model_folder import Weights, read_manifest, write_manifest
from assistant.rescoring.recurrent import RecurrentLanguageModel
from assistant.rescoring.remote import rescored
from assistant.rescoring.wire import (
    pack_lattice,
    pack_reweighted,
    unpack_lattice,
    unpack_reweighted,
)
from training import text
from training.corpus import Corpus
from training.score import WordErrors, word_errors
from training.tar_corpus import open_corpus

CHOICES = {
    "language": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
    "internal": (0.0, 0.1, 0.2, 0.3, 0.4, 0.6),
    "word": (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0),
}
_TOGETHER = 16
_OPUS_BYTES_A_SECOND = 3000.0
"""24 kbit/s."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence as it was said and as it was heard."""

    said: str
    heard: RecognitionResult
    audio_s: float


@dataclass(frozen=True, slots=True)
class Models:
    """Who judges the words."""

    language: LanguageModel
    internal: LanguageModel
    beam: int

    def weighed(self, weights: Weights) -> LanguageModel:
        """Both as one."""
        return WeightedSum(
            [
                (self.language, weights.language),
                (self.internal, -weights.internal),
                (WordBonus(), weights.word),
            ]
        )


def hear(recogniser: TransducerRecogniser, corpus: Corpus) -> list[Utterance]:
    """What the recogniser makes of each utterance in which it hears words."""
    heard = []
    for index, entry in enumerate(corpus.entries):
        stream = recogniser.open()
        stream.accept(np.asarray(corpus.audio(index)))
        heard.append(Utterance(entry.text, stream.finish(), entry.samples / 16_000))
    return heard


def thinned(utterances: Sequence[Utterance], least_posterior: float) -> list[Utterance]:
    """The utterances with lattices that have no edge below a posterior."""
    return [
        replace(
            each, heard=replace(each.heard, lattice=pruned(each.heard.lattice, least_posterior))
        )
        for each in utterances
    ]


def texts(models: Models, weights: Weights, utterances: Sequence[Utterance]) -> list[str]:
    """The best text of each utterance after rescoring, over the same bytes as through a server."""
    model = models.weighed(weights)
    found = [each.heard.text for each in utterances]
    spoken = [number for number, text in enumerate(found) if text]
    for at in range(0, len(spoken), _TOGETHER):
        part = spoken[at : at + _TOGETHER]
        lattices = [utterances[number].heard.lattice for number in part]
        sent = [unpack_lattice(pack_lattice(lattice)) for lattice in lattices]
        answers = rescore(sent, model, models.beam)
        for number, lattice, answer in zip(part, lattices, answers, strict=True):
            back = unpack_reweighted(pack_reweighted(answer), lattice)
            found[number] = rescored(utterances[number].heard, back).text
    return found


def errors(models: Models, weights: Weights, utterances: Sequence[Utterance]) -> WordErrors:
    """Word errors after rescoring."""
    said = [each.said for each in utterances]
    return word_errors(list(zip(said, texts(models, weights, utterances), strict=True)))


def tune(models: Models, utterances: Sequence[Utterance]) -> Weights:
    """Coordinate descent over `CHOICES`; of equal weights the smaller one is taken."""
    best, before = Weights(language=0.3, internal=0.0, word=0.5), None
    while best != before:
        before = best
        for name, values in CHOICES.items():
            tried = [replace(best, **{name: value}) for value in values]
            best = min(tried, key=lambda each: errors(models, each, utterances).rate)
            print(f"{name}: {best}", flush=True)
    return best


def show(name: str, models: Models, weights: Weights, utterances: Sequence[Utterance]) -> None:
    """Print a set's word errors before and after, and how large its lattices are."""
    if not utterances:
        return
    plain = word_errors([(each.said, each.heard.text) for each in utterances])
    began_s = time.process_time()
    better = errors(models, weights, utterances)
    each_ms = 1000 * (time.process_time() - began_s) / len(utterances)
    print(f"{name}: as heard {plain}")
    print(f"{name}: rescored {better}; {1 - better.rate / plain.rate:.1%} of the errors removed")
    sizes = np.array([len(pack_lattice(each.heard.lattice)) for each in utterances])
    seconds = np.array([each.audio_s for each in utterances])
    audio, opus = 32_000 * seconds / sizes, _OPUS_BYTES_A_SECOND * seconds / sizes
    print(
        f"{name}: median {np.median(sizes):.0f} bytes, 95 % up to {np.quantile(sizes, 0.95):.0f};"
        f" {each_ms:.1f} ms of CPU each; 1/{np.median(audio):.0f} of 16-bit audio,"
        f" 1/{np.median(opus):.0f} of Opus at 24 kbit/s"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="the language model's folder")
    parser.add_argument("sets", type=Path, nargs="+", help="corpora to tune on")
    parser.add_argument("--recogniser", type=Path, default=MODELS_FOLDER / "en-small")
    parser.add_argument("--measure", type=Path, nargs="*", default=[], help="corpora")
    parser.add_argument("--seen", type=Path, nargs="*", default=[], help="texts trained on")
    parser.add_argument("--search-beam", type=int, default=4, help="the recogniser's; default: 4")
    parser.add_argument("--beam", type=int, default=RescorerSettings().beam, help="default: 8")
    parser.add_argument(
        "--least-posterior",
        type=float,
        nargs="+",
        default=[OutputSettings().least_posterior],
        help="lattice edges below are left out; default: %(default)s",
    )
    parser.add_argument("--keep", action="store_true", help="measure with the weights as they are")
    args = parser.parse_args()
    recogniser = load_recogniser(args.recogniser, beam=args.search_beam)
    recogniser.output = OutputSettings(least_posterior=min(args.least_posterior))
    language = RecurrentLanguageModel.load(args.model)
    models = Models(language, RecogniserInside(recogniser.model.network), args.beam)
    developed = [each for folder in args.sets for each in hear(recogniser, open_corpus(folder))]
    weights = language.weights
    if not args.keep:
        weights = tune(models, thinned(developed, args.least_posterior[-1]))
        write_manifest(args.model, replace(read_manifest(args.model), weights=weights))
    print(weights)
    for least in args.least_posterior:
        show(f"tuned on, {least:g}", models, weights, thinned(developed, least))
    seen = set(text.requests(args.seen))
    for folder in args.measure:
        heard = hear(recogniser, open_corpus(folder))
        new = [each for each in heard if text.normalise(each.said) not in seen]
        for least in args.least_posterior:
            show(f"{folder.name}, {least:g}", models, weights, thinned(heard, least))
            if seen:
                part = thinned(new, least)
                show(f"{folder.name}, {least:g}, new sentences", models, weights, part)


if __name__ == "__main__":
    main()
