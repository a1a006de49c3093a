"""Write a model's list of words: `python -m training.words RUN --texts FILE... --words FILE`.

RUN is the training run's folder, from which `training.export` takes `words.txt` along. Words that
the texts use more than twice are usual; the others, and those of the dictionary, are rare.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from assistant.asr.vocabulary.lexicon import FILE, Words
from training import text

USUAL = 3
"""How often the texts use a usual word."""
COMMANDS = 20_000
LETTERS = 30
"""How often they use a single letter that is a word."""


def word_list(lines: Iterable[str], dictionary: Iterable[str]) -> Words:
    """The words of normalised lines and of a dictionary."""
    counts = Counter(word for line in lines for word in line.split())
    known = {word for word in counts if len(word) > 1 or counts[word] >= LETTERS}
    usual = {word for word in known if counts[word] >= USUAL}
    return Words(usual, known | {word for word in dictionary if len(word) > 1})


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="a training run's folder")
    parser.add_argument("--texts", type=Path, nargs="*", default=[], help="general requests")
    parser.add_argument("--wordnet", type=Path, help="WordNet's folder, for examples of use")
    parser.add_argument("--words", type=Path, help="a dictionary, one word a line")
    args = parser.parse_args()
    commands = text.Commands(1)
    lines = [text.normalise(commands.draw("command")) for _ in range(COMMANDS)]
    lines += text.requests(args.texts)
    lines += text.wordnet_examples(args.wordnet) if args.wordnet else []
    dictionary = text.normalised_lines(args.words) if args.words else set()
    words = word_list(lines, (word for word in dictionary if word and " " not in word))
    words.write(args.run / FILE)
    print(f"{len(words.usual)} usual and {len(words.rare)} rare words")


if __name__ == "__main__":
    main()
