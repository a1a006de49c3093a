"""Teach how words are said by their letters: `python -m training.spelling MODEL WORDS ...`.

    python -m training.spelling models/en-small /usr/share/dict/american-english-small names.txt \
        --without tools/names/names.tsv --steps 3000

WORDS: files with words in them; those of the files after `--without` are left out, so that it can
be measured on them. What espeak-ng says of each, in two accents, is learned by the network of
`assistant.asr.biasing.grapheme_to_phoneme`; a tenth of the words is kept apart, and how many of
their phonemes are wrong is printed. MODEL, a folder with a model, gets `pronunciations.npz`.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Final

import numpy as np
import torch
from rapidfuzz.distance import Levenshtein
from torch import Tensor, nn
from torch.nn import functional

from assistant.asr.biasing.grapheme_to_phoneme import (
    FOR_LETTER,
    LAYERS,
    LETTERS,
    GraphemeToPhoneme,
    numbered,
)
from assistant.asr.biasing.phonemes import SIGNS
from assistant.asr.biasing.pronunciation import ACCENTS, pronounced
from assistant.asr.networks import int8_file
from assistant.asr.networks.manifest import PRONUNCIATIONS, read_manifest, write_manifest
from assistant.asr.vocabulary.spelling import spelled

KEPT_APART: Final = 10
"""One word in so many."""
LONGEST: Final = 20
"""Letters; what is longer is no word."""
RARE: Final = 20
"""Phonemes that fewer words have are foreign to English, and left out with them."""
UNITS: Final = 96
"""In each layer and direction."""
BATCH: Final = 256
RATE: Final = 2e-3
SEED: Final = 5

Said = Mapping[str, tuple[str, ...]]
"""How words are said in each accent."""


class SpellingNetwork(nn.Module):
    """Words alike in length, [N, L], to log-probabilities [N, accents, 2 L, 1 + phonemes]."""

    def __init__(self, phonemes: int, accents: int = len(ACCENTS), units: int = UNITS) -> None:
        super().__init__()
        self.accents = accents
        self.letters = nn.Embedding(len(LETTERS), 32)
        self.units = nn.GRU(32, units, LAYERS, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * units, accents * FOR_LETTER * (1 + phonemes))

    def forward(self, letters: Tensor) -> Tensor:
        """See the class."""
        x, _ = self.units(self.letters(letters))
        parts = self.out(x).unflatten(2, (self.accents, FOR_LETTER, -1))
        scores: Tensor = parts.transpose(1, 2).flatten(2, 3)
        return scores.log_softmax(-1)


def words_of(files: Iterable[Path]) -> set[str]:
    """The words in some files, as the recogniser writes them."""
    texts = (file.read_text("utf-8") for file in files)
    words = {word for text in texts for line in text.splitlines() for word in spelled(line).split()}
    return {word for word in words if 1 < len(word) <= LONGEST}


def said_by_espeak(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """How words are said, but for those that have foreign phonemes, or too many."""
    listed = sorted(words)
    accents = [pronounced(listed, accent) for accent in ACCENTS]
    said = {word: tuple(each[word] for each in accents) for word in listed}
    usual = Counter(sign for each in said.values() for sign in set("".join(each)))
    return {
        word: each
        for word, each in said.items()
        if all(_fits(word, one) for one in each)
        and all(usual[sign] >= RARE for one in each for sign in one)
    }


def _fits(word: str, said: str) -> bool:
    """Whether the letters have room for phonemes, and for a blank between two of the same."""
    doubled = sum(a == b for a, b in pairwise(said))
    return 0 < len(said) + doubled <= FOR_LETTER * len(word)


def batches(said: Said, rng: random.Random) -> Iterator[list[str]]:
    """Endless batches of words alike in length."""
    by_length: dict[int, list[str]] = {}
    for word in said:
        by_length.setdefault(len(word), []).append(word)
    while True:
        made = []
        for words in by_length.values():
            rng.shuffle(words)
            made += [words[at : at + BATCH] for at in range(0, len(words), BATCH)]
        rng.shuffle(made)
        yield from made


def loss_of(network: SpellingNetwork, words: Sequence[str], said: Said, signs: str) -> Tensor:
    """The loss of each phoneme, over all accents."""
    log_probs = network(torch.from_numpy(numbered(list(words))))
    losses, count = [], 0
    for accent in range(network.accents):
        targets = [[1 + signs.index(sign) for sign in said[word][accent]] for word in words]
        flat = torch.tensor([number for each in targets for number in each])
        lengths = torch.tensor([len(each) for each in targets])
        frames = torch.full((len(words),), log_probs.shape[2])
        losses.append(
            functional.ctc_loss(
                log_probs[:, accent].transpose(0, 1), flat, frames, lengths, reduction="sum"
            )
        )
        count += len(flat)
    return torch.stack(losses).sum() / count


def error_rate(network: GraphemeToPhoneme, said: Said) -> float:
    """The part of the phonemes that is wrong, over all accents."""
    heard = network(said)
    pairs = [pair for word, each in said.items() for pair in zip(each, heard[word], strict=True)]
    wrong = sum(Levenshtein.distance(*pair) for pair in pairs)
    return wrong / sum(len(wanted) for wanted, _ in pairs)


def train(said: Said, signs: str, steps: int, units: int = UNITS) -> SpellingNetwork:
    """A network that has learned from so many batches; its rate falls to nothing."""
    torch.manual_seed(SEED)
    network = SpellingNetwork(len(signs), units=units)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-3)
    for step, words in enumerate(islice(batches(said, random.Random(SEED)), steps), 1):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, step / 100) * (1.02 - step / steps)
        loss = loss_of(network, words, said, signs)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if step % 200 == 0:
            print(f"step {step} loss {loss.item():.3f}", flush=True)
    return network


def export(network: SpellingNetwork, signs: str, file: Path) -> None:
    """Write it for the device, its matrices as int8."""
    weights = {name: each.detach().numpy() for name, each in network.state_dict().items()}
    int8_file.write(file, weights, {SIGNS: np.array(signs)})


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("words", type=Path, nargs="+")
    parser.add_argument("--without", type=Path, nargs="*", default=())
    parser.add_argument("--steps", type=int, default=3000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    said = said_by_espeak(words_of(args.words) - words_of(args.without))
    chosen = random.Random(3).sample(sorted(said), len(said) // KEPT_APART)
    apart = {word: said.pop(word) for word in chosen}
    signs = "".join(sorted({sign for each in said.values() for one in each for sign in one}))
    print(f"{len(said)} words, {len(signs)} phonemes, {len(apart)} words kept apart", flush=True)
    file = args.model / PRONUNCIATIONS
    export(train(said, signs, args.steps), signs, file)
    write_manifest(args.model, read_manifest(args.model))
    read = GraphemeToPhoneme.load(file)
    print(f"{file}: {file.stat().st_size} bytes, {error_rate(read, apart):.1%} of phonemes wrong")
    for without in args.without:
        names = said_by_espeak(words_of([without]))
        print(f"{without}: {error_rate(read, names):.1%} of {len(names)} words' phonemes wrong")


if __name__ == "__main__":
    main()
