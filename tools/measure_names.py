"""Measures what favouring names does: to sentences with names, and to all others.

    python tools/measure_names.py [--limit N] [--plot names.svg]

Speaks 300 sentences over the 200 names in names/names.tsv and the 300 of names/plain.txt with
voices that training never hears, once, into data/names. Then every boost is tried with lists of the
200 names and 10 to 10,000 others.

Needs flite, festival with ked, and the extra `measure` for the other names (Faker's, 20
languages). A name counts as wrong unless its words stand in the transcript one after another.
"""

# ruff: noqa: INP001 - a script, not part of a package
from __future__ import annotations

import argparse
import csv
import importlib
import itertools
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from chart import Axis, Line, chart
from numpy.typing import NDArray

from assistant.app.household import make_household
from assistant.asr.decoding.beam_search import SearchSettings
from assistant.asr.networks.model_folder import Model, load_model
from assistant.asr.recogniser import DEFAULT_BOOST, TransducerRecogniser
from assistant.asr.result import BiasPhrase, recognise
from assistant.asr.vocabulary.spelling import spelled
from assistant.audio.source import SAMPLE_RATE
from assistant.bench.audio import word_errors
from assistant.config import Settings
from assistant.config.hearing import RecogniserSettings
from training.corpus import Corpus, write
from training.synthesis import HELD_OUT_VOICES, available, synthesise

TEXTS = Path(__file__).parent / "names"
BOOSTS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8)
DISTRACTORS = (10, 100, 1000, 10_000)
CARRIERS = {
    "device": (
        "turn on the {}",
        "turn off the {}",
        "switch the {} on",
        "set the {} to fifty percent",
        "is the {} on",
        "please turn the {} off",
        "what is the state of the {}",
    ),
    "contact": (
        "call {}",
        "phone {} please",
        "send a message to {}",
        "tell {} that dinner is ready",
        "text {} saying i am late",
        "when does {} come home",
        "give {} a call",
    ),
}
LOCALES = (
    *("de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "tr_TR", "fi_FI", "sv_SE", "no_NO"),
    *("da_DK", "pt_BR", "cs_CZ", "hu_HU", "ro_RO", "hr_HR", "id_ID", "en_IN", "en_GB", "ga_IE"),
)
SLOTS = {"device": "name", "contact": "contact"}
THINGS = ("lamp", "light", "fan", "plug", "heater", "blinds", "speaker", "sensor", "lock", "scene")
TIMED = 40
"""Sentences that the cost is measured on."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: how it is told to a synthesiser, how it is written, the name in it."""

    said: str
    written: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A recording and what was said in it."""

    sentence: Sentence
    samples: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Score:
    """Errors over sentences."""

    names: float
    """Share of the names that were not heard."""
    words: float
    """Word error rate."""


def listed() -> list[dict[str, str]]:
    """The names: kind, name, and how it is said where its spelling misleads."""
    with (TEXTS / "names.tsv").open(encoding="utf8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def sentences() -> list[Sentence]:
    """Named and plain ones in turn, in an order that a limit can cut anywhere."""
    rng = random.Random(3)
    named = []
    names = listed()
    for row in [*names, *names[::2]]:
        carrier = rng.choice(CARRIERS[row["kind"]])
        said, name = row["said"] or row["name"].lower(), spelled(row["name"])
        named.append(Sentence(carrier.format(said), carrier.format(name), name))
    rng.shuffle(named)
    plain = [Sentence(line, line) for line in (TEXTS / "plain.txt").read_text("utf8").splitlines()]
    return list(itertools.chain(*zip(named, plain, strict=True)))


def recorded(folder: Path) -> Corpus:
    """The sentences, spoken; made when they are not there."""
    if not (folder / "index.jsonl").exists():
        if not available():
            raise SystemExit("the sentences need `apt install flite festival festvox-kdlpc16k`")
        sys.stderr.write(f"speaking into {folder} ...\n")
        texts = [sentence.said for sentence in sentences()]
        write(folder, synthesise(texts, HELD_OUT_VOICES, seed=3, vary=False, batch=20))
    return Corpus(folder)


def phrases(distractors: int, *, by_sound: bool) -> list[BiasPhrase]:
    """The list: the 200 names, with what they sound like if wanted, and so many others."""
    own = [(row["kind"], row["name"], row["said"] if by_sound else "") for row in listed()]
    every = [*own, *((kind, name, "") for kind, name in others(distractors))]
    before = {kind: tuple(sorted(words_before()[slot])) for kind, slot in SLOTS.items()}
    return [
        BiasPhrase(name, after=before[kind], sounds_like=(said,) if said else ())
        for kind, name, said in every
    ]


@cache
def words_before() -> Mapping[str, frozenset[str]]:
    """The words that stand before names in the sentences of a home."""
    return make_household(Settings()).understanding.words_before


def others(count: int) -> Iterator[tuple[str, str]]:
    """So many other names with their kinds, half people, half devices."""
    if not count:
        return
    try:
        providers = [importlib.import_module(f"faker.providers.person.{name}") for name in LOCALES]
    except ImportError:
        raise SystemExit('the other names need `pip install -e ".[measure]"`') from None
    first = sorted({name for each in providers for name in each.Provider.first_names})
    last = sorted({name for each in providers for name in each.Provider.last_names})
    rng = random.Random(7)
    for number in range(count):
        if number % 2:
            yield "device", f"{rng.choice(last)} {rng.choice(THINGS)}"
        else:
            yield "contact", f"{rng.choice(first)} {rng.choice(last)}"


def score(
    model: Model,
    spoken: Sequence[Spoken],
    beam: int,
    names: Sequence[BiasPhrase] = (),
    boost: float = 0.0,
) -> Score:
    """Hear every recording with these names favoured."""
    recogniser = TransducerRecogniser(
        model, SearchSettings(beam, model.max_symbols_per_frame), boost
    )
    given = names if boost else ()
    missed = errors = words = 0
    for each in spoken:
        text = recognise(recogniser, each.samples, given).text
        wrong, count = word_errors(each.sentence.written, text)
        errors, words = errors + wrong, words + count
        missed += f" {each.sentence.name} " not in f" {text} "
    return Score(missed / len(spoken), errors / words)


def sweep(model: Model, spoken: Sequence[Spoken], args: argparse.Namespace) -> list[Line]:
    """Print the table; its lines for the plot."""
    named = [each for each in spoken if each.sentence.name]
    plain = [each for each in spoken if not each.sentence.name]
    write_line = sys.stdout.write
    write_line(f"{len(named)} sentences with names, {len(plain)} without, beam {args.beam}\n")
    write_line(f"{'others':>8}{'boost':>7}{'names wrong':>13}{'WER':>8}{'WER without':>13}\n")
    none = score(model, named, args.beam), score(model, plain, args.beam)
    lines = []
    for colour, count in enumerate(args.others):
        names = phrases(count, by_sound=args.sounds_like)
        points: list[tuple[float, Score, Score]] = []
        for boost in args.boosts:
            if boost:
                found = [score(model, some, args.beam, names, boost) for some in (named, plain)]
            else:
                found = list(none)
            points.append((boost, *found))
            write_line(
                f"{count:>8}{boost:>7.1f}{found[0].names:>13.1%}{found[0].words:>8.1%}"
                f"{found[1].words:>13.1%}\n"
            )
            sys.stdout.flush()
        title = f"200 names + {count:,}"
        lines += [
            Line(title, [(at, 100 * one.words) for at, one, _ in points], colour),
            Line("  others", [(at, 100 * two.words) for at, _, two in points], colour, dashed=True),
        ]
    return lines


def cost(model: Model, spoken: Sequence[Spoken], args: argparse.Namespace) -> str:
    """What 1,000 names cost, in real-time factor and to be loaded."""
    recogniser = TransducerRecogniser(
        model, SearchSettings(args.beam, model.max_symbols_per_frame), args.boost
    )
    names = phrases(800, by_sound=False)
    audio_s = sum(each.samples.size for each in spoken) / SAMPLE_RATE
    spent = {0: 0.0, len(names): 0.0}
    for _ in range(2):  # in turn, so that neither has the better half of a busy machine
        for chosen in ([], names):
            recogniser.open(chosen)
            began_s = time.process_time()
            for each in spoken:
                recognise(recogniser, each.samples, chosen)
            spent[len(chosen)] += (time.process_time() - began_s) / 2
    took_ms = []
    for newcomer in ("Alba", "Bela", "Cora"):
        began_s = time.process_time()
        recogniser.open([*names, BiasPhrase(newcomer)])
        took_ms.append(1000 * (time.process_time() - began_s))
    factors = ", ".join(f"{count} names {used / audio_s:.4f}" for count, used in spent.items())
    without, with_names = spent.values()
    return (
        f"real-time factor on {len(spoken)} sentences: {factors}, "
        f"so {with_names / without:.3f} times; "
        f"{len(names) + 1} names known in {min(took_ms):.1f} ms\n"
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", type=Path, default=Path("models/en-small"))
    parser.add_argument("--folder", type=Path, default=Path("data/names"), help="for recordings")
    parser.add_argument("--limit", type=int, help="only so many sentences")
    parser.add_argument("--plot", type=Path, help="write WER against boost as an SVG picture")
    parser.add_argument(
        "--sounds-like", action="store_true", help="give what the names sound like, as a user may"
    )
    parser.add_argument("--beam", type=int, default=RecogniserSettings().beam)
    parser.add_argument("--boosts", type=float, nargs="+", default=BOOSTS)
    parser.add_argument("--boost", type=float, default=DEFAULT_BOOST, help="for the cost")
    parser.add_argument("--others", type=int, nargs="+", default=DISTRACTORS)
    parser.add_argument(
        "--without-sound", action="store_true", help="favour all names, whatever they sound like"
    )
    parser.add_argument("--no-cost", dest="cost", action="store_false")
    args = parser.parse_args()
    model, corpus = load_model(args.model), recorded(args.folder)
    if args.without_sound:
        model = replace(model, phonemes=None)
    by_said = {sentence.said: sentence for sentence in sentences()}
    spoken = [
        Spoken(by_said[entry.text], corpus.audio(index))
        for index, entry in list(enumerate(corpus.entries))[: args.limit]
    ]
    lines = sweep(model, spoken, args)
    if args.plot:
        most = max(y for line in lines for _, y in line.points)
        axes = Axis("boost for a letter, nats", max(args.boosts)), Axis("WER, %", most)
        args.plot.write_text(chart(lines, *axes), "utf8")
    if args.cost:
        sys.stdout.write(cost(model, spoken[:TIMED], args))
    return 0


if __name__ == "__main__":
    sys.exit(main())
