"""What a recogniser says, and what it is asked: the seam between `asr/` and the rest."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE
from assistant.lattice.graph import Hypothesis, Lattice


@dataclass(frozen=True, slots=True)
class BiasPhrase:
    """A name to favour while hypotheses are pruned; `weight` scales the configured boost."""

    text: str
    weight: float = 1.0
    after: tuple[str, ...] = ()
    """Words that usually stand before it: there it is favoured in full, elsewhere less."""
    sounds_like: tuple[str, ...] = ()
    """Other spellings, by its sound, of as many words; what is heard so is written as the name."""


@dataclass(frozen=True, slots=True)
class HeardName:
    """A name that an utterance may say, by its sound."""

    phrase: BiasPhrase
    margin: float
    """How much speaks for it, in nats."""
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class RecognitionResult:
    """The recogniser's view of the audio so far."""

    nbest: tuple[Hypothesis, ...]
    """Best first; never empty. Silence is one hypothesis with no words."""
    lattice: Lattice
    end_of_sentence: float
    """Probability (0 to 1) that the sentence is complete, by the recogniser's own token."""
    decode_ms: float
    """Wall time that the stream has spent computing since it was opened."""
    streaming_text: str = ""
    """The text of the first pass, where this is the result of two."""
    by_both_decoders: bool = False
    """Whether log-probabilities are means of the transducer's and the attention decoder's."""
    names: tuple[HeardName, ...] = ()
    """What the names were narrowed down to, the surest first; in the last part of a long one."""
    turn_end: float | None = None
    """By how the last words were said, the natural log of the odds that the turn is over.

    Of the last peek; None before any, and where the model cannot tell.
    """

    @property
    def text(self) -> str:
        """The best hypothesis as text."""
        return self.nbest[0].text


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """How much a result says."""

    nbest: int = 10
    least_posterior: float = 1e-3
    """Lattice edges below it are left out."""


class Sentences(Protocol):
    """The sentences that a home understands, as a network of words. States are numbers.

    Not for several threads at once.
    """

    def __hash__(self) -> int:
        """Of the object: another network is another key."""

    @property
    def start(self) -> int:
        """The state before the first word."""

    def words(self, state: int, /) -> Sequence[Sequence[str]]:
        """The words that can come next, in one sorted sequence or several.

        What many states have in common is one object, so what follows from it may be kept.
        """

    def step(self, state: int, word: str, /) -> int | None:
        """The state after one more word; None where no sentence goes on with it."""

    def final(self, state: int, /) -> bool:
        """Whether a sentence may end here."""

    def prior(self, text: str, /) -> float:
        """How much likelier (natural log) a sentence is than a usual one, by what is asked for.

        0 where nothing is known of it.
        """

    def shares(self, text: str, /) -> tuple[int, int]:
        """How many words of a sentence are the home's own, and how many may be any.

        None where it is no sentence. The network has none in which some may be any.
        """

    def forget(self) -> None:
        """Forget all states but the first, which take room."""


class RecogniserStream(Protocol):
    """The recognition of one utterance. Calls are heavy: make them off the event loop."""

    def accept(self, samples: NDArray[np.int16]) -> None:
        """Take the next samples (16 kHz mono, any number of them)."""

    def partial(self, until_s: float = math.inf) -> RecognitionResult:
        """The result so far; cheap, nothing is computed anew.

        It is that of the last peek as long as no more words have come since, else the one for
        whole encoder chunks. Here and below, words that begin at `until_s` or later are somebody
        else's and are left out.
        """

    def peek(self, until_s: float = math.inf) -> RecognitionResult:
        """The result for every sample heard, the last unfinished chunk included.

        The stream goes on afterwards as if it had not been asked. Where nothing was said since
        another peek, its result stands.
        """

    def goes_on(self) -> None:
        """Speech goes on: the next peek is a new one, even where no words have come."""

    def finish(self, until_s: float = math.inf) -> RecognitionResult:
        """The final result; the stream takes no more samples. Needs no padding.

        It is that of the last peek where nothing was said since.
        """


class Recogniser(Protocol):
    """Opens recognition streams; holds what they share."""

    name: str
    sample_rate: int

    def open(
        self,
        bias: Sequence[BiasPhrase] = (),
        sentences: Sentences | None = None,
        anchor: NDArray[np.int16] | None = None,
    ) -> RecogniserStream:
        """Start an utterance with the names and the sentences that are favoured in it.

        `anchor` is something that the same person has just said, int16 [n]: the wake word. By it
        other voices are told from theirs, where the recogniser can.
        """


def extends(text: str, beginning: str) -> bool:
    """Whether a text begins with the words of another."""
    words, first = text.split(), beginning.split()
    return words[: len(first)] == first


def texts(hypotheses: Iterable[Hypothesis]) -> list[str]:
    """The hypotheses as plain texts, in order."""
    return [hypothesis.text for hypothesis in hypotheses]


BLOCK = SAMPLE_RATE // 10
"""Samples that whole audio is given in at a time."""


def recognise(
    recogniser: Recogniser,
    samples: NDArray[np.int16],
    bias: Sequence[BiasPhrase] = (),
    sentences: Sentences | None = None,
    anchor: NDArray[np.int16] | None = None,
) -> RecognitionResult:
    """The final result for whole audio, given piece by piece as in live use."""
    stream = recogniser.open(bias, sentences, anchor)
    for at in range(0, samples.size, BLOCK):
        stream.accept(samples[at : at + BLOCK])
    return stream.finish()
