"""Count how often sentences end with their last words, for `assistant/nlu/sentence_ends.py`.

    python -m training.sentence_ends assistant/nlu/sentence-ends.txt \
        --texts nlu_evaluation_data.txt snips.txt --prose sentence-collector.txt ... \
        --measure slurp_eval.txt

One sentence in twenty is not counted: what it shows of the counts is printed.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from assistant.nlu.sentence_ends import RARE, Count, SentenceEnds
from training import text

LEAST = {1: 10, 2: 20}
"""Words, and pairs, that were said less often are left out."""
ALIKE = 0.02
"""Words whose share differs by less from what is told without them are left out."""
COMMANDS = 8000
_HELD_BACK = 20
_HEADING = """How often sentences end with these words: times ended, times said, one or two words.
Made by training/sentence_ends.py from {sources}."""


def counted(sentences: Iterable[str]) -> SentenceEnds:
    """The counts of sentences."""
    said: Counter[tuple[str, ...]] = Counter()
    ended: Counter[tuple[str, ...]] = Counter()
    for sentence in sentences:
        words = sentence.split()
        for length in LEAST:
            said.update(tuple(words[at : at + length]) for at in range(len(words) - length + 1))
            if len(words) >= length:
                ended[tuple(words[-length:])] += 1
    counts = {
        words: Count(ended[words], times)
        for words, times in sorted(said.items())
        if times >= LEAST[len(words)]
    }
    rare = [words for words, times in said.items() if len(words) == 1 and words not in counts]
    sums = sum(ended[words] for words in rare), sum(said[words] for words in rare)
    return SentenceEnds({(RARE,): Count(*sums)} | counts)


def telling(ends: SentenceEnds) -> SentenceEnds:
    """The counts without those that hardly change any share: pairs, then single words."""
    counts = ends.counts
    pairs = {
        words
        for words in counts
        if len(words) > 1 and _differ(ends.probability(words), ends.probability(words[1:]))
    }
    needed = {words[1:] for words in pairs} | {(RARE,)}
    rare = ends.probability(())
    kept = {
        words: count
        for words, count in counts.items()
        if words in pairs
        or words in needed
        or (len(words) == 1 and _differ(ends.probability(words), rare))
    }
    return SentenceEnds(kept)


def _differ(one: float, other: float) -> bool:
    return abs(one - other) >= ALIKE


def report(ends: SentenceEnds, sentences: Sequence[str]) -> None:
    """Print how many whole sentences and how many beginnings of them look finished."""
    rng = random.Random(1)
    long = [line.split() for line in sentences if len(line.split()) > 2]
    whole = [ends.probability(words) for words in long]
    cut = [ends.probability(words[: rng.randrange(2, len(words))]) for words in long]
    for least in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4):
        shares = [sum(each >= least for each in part) / len(part) for part in (whole, cut)]
        print(f"probability {least}: {shares[0]:.1%} of sentences, {shares[1]:.1%} of beginnings")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--texts", type=Path, nargs="+", required=True, help="requests")
    parser.add_argument("--prose", type=Path, nargs="*", default=[], help="sentences of any kind")
    parser.add_argument("--measure", type=Path, help="sentences that are only measured with")
    args = parser.parse_args()
    measured = text.normalised_lines(args.measure) if args.measure else set()
    requests = [line for line in text.requests(args.texts) if line not in measured]
    prose = [line for line in text.requests(args.prose) if line not in measured]
    commands = text.Commands(11)
    made = [text.normalise(commands.draw("command")) for _ in range(COMMANDS)]
    held_back = requests[::_HELD_BACK]
    kept = [line for number, line in enumerate(requests) if number % _HELD_BACK]
    known = [line for line in (*kept, *prose, *made) if not text.COFFEE.search(line)]
    ends = telling(counted(known))
    sources = ", ".join(path.name for path in (*args.texts, *args.prose))
    ends.write(args.out, _HEADING.format(sources=f"{sources} and the templates of lists.yaml"))
    report(ends, held_back)


if __name__ == "__main__":
    main()
