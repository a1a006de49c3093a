"""Two-pass recognition: a sentence is decoded again as a whole, when it seems to be over.

While the user speaks, the encoder sees 320 ms at a time and nothing of what follows. When they have
stopped, the same encoder sees each sound with what came before and after it, which mends many
words, and one search over that gives the result (two passes as in Zhang et al., "Unified streaming
and non-streaming two-pass end-to-end model for speech recognition", 2020, but the second one is a
transducer too, with the same weights). It happens in the pause that the end-pointers wait for.

Where the model has an attention decoder, that decodes the sentence too, from the same encoder's
outputs, and the two score each other's texts (Sainath et al., "Two-pass end-to-end speech
recognition", 2019): the transducer knows the names of this home and has heard every frame, the
decoder knows the language better.

A long utterance is decoded again in parts of some seconds, each once it is over: see `parts`. The
encoder remembers what came before, and the decoder goes on from the text of the part before and
attends to that part, too. It may not end before its text is about as long as the transducer's:
left alone, it would end a long sentence after the first words, because a short text is
likelier than a long one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from assistant.asr.decoding.beam_search import Search
from assistant.asr.decoding.frames import ScoredFrame, SoundingFrames
from assistant.asr.decoding.joint_scorer import JointScorer
from assistant.asr.decoding.parts import NO_INNER, DecodedPart, Earlier, blocks
from assistant.asr.decoding.sentence_search import SentenceSearch
from assistant.asr.decoding.transcript_scorer import TranscriptScorer
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.networks.network import Floats, Network, State
from assistant.asr.result import HeardName, OutputSettings, RecognitionResult
from assistant.lattice.from_nbest import lattice_of
from assistant.lattice.graph import Hypothesis, Word, pruned

FRAME_S: Final = 0.01

RESCORED: Final = 8
"""The transducer's best hypotheses that the attention decoder scores."""
LIKELY: Final = 2
"""The likeliest hypotheses, into which names are put that they may have missed."""
NEAR: Final = 15.0
"""How far below the best (natural log) to the transducer a text with such a name may be.

The attention decoder is not asked about the others: of 34 that were right in 230 recordings none,
of 544 that were wrong five in six."""
CLEARLY_LIKELIER: Final = 2.0
"""By so much (natural log) what is left of a part has to be likelier than all of it."""

CLEARLY_A_SENTENCE: Final = 2.0
"""A sentence of the home that is so much likelier (natural log) than all others stands."""

CLEARLY_HEARD: Final = -0.1
WELL_HEARD: Final = -0.3
"""Any text, or a sentence of the home, that is as likely by letter (natural log) to both decoders
ends the search for sentences when the quick one is done.

Of 200 sentences that people read in made-up homes, 160 of them in noise, 114 are found by the quick
search alone, 119 if the other one always follows, and 120 if it follows these 62 times. Of 250
commands, many with words that may be any, it is 118, 107 and 118, where it follows 13 times.
"""

BADLY_HEARD: Final = -0.4
"""What is less likely by letter (natural log) to both decoders is heard again.

So are 94 of 340 sentences for made-up gadgets in noise; 10 more are done then, and 13 if all are
heard again.
"""


def encode_whole(network: Network, features: Floats, state: State) -> tuple[Floats, Floats, State]:
    """Encoder outputs [M, D] and inner outputs [N / 2, W] for features [N, mels]; the new state.

    N is a multiple of the network's. What is longer than `whole_frames` is seen in parts, each
    with the past that the encoder remembers. Without an attention decoder there are no inner
    outputs.
    """
    outputs, inner = [], []
    for part in blocks(features, network.whole_frames, network.frame_multiple):
        if network.attention_decoder is None:
            encoded, state = network.encode(part, state)
        else:
            encoded, seen, state = network.attention_decoder.encode(part, state)
            inner.append(seen)
        outputs.append(encoded)
    return np.concatenate(outputs), np.concatenate(inner) if inner else NO_INNER, state


def _a_frame_later(features: Floats) -> Floats:
    """Features [N, mels] with the first one left out, as long."""
    return np.concatenate([features[1:], features[-1:]])


@dataclass(frozen=True, slots=True)
class Favouring:
    """How a part of an utterance is searched, with the names that it may say."""

    search: Search
    """A new one, before any frame."""
    transcript_scorer: Callable[[Sequence[str]], TranscriptScorer]
    listed: Collection[str]
    """The words of the names."""
    proposed: Callable[[Hypothesis], Sequence[str]]
    """Texts with names that a hypothesis may have missed."""
    evidence: Callable[[Hypothesis], float]
    """What speaks for a hypothesis because of names that were heard, in nats."""
    names: tuple[HeardName, ...] = ()
    """Those that the part may say, by their sound."""


Favour = Callable[[Floats, Floats], Favouring]
"""By the encoder's outputs [M, D] of a part and its inner ones [N, W]."""


Cleaned = Callable[[Floats], Floats | None]
"""A part's features [N, mels] without what is not to be heard; `None` where that is little."""


class TwoPass:
    """Decodes an utterance again, part by part.

    Where `cleaned` makes something else of a part, that is decoded, too, and the likelier counts.
    What was badly heard is heard again, a frame later, since to the encoder that is not the same:
    in noise a second look finds what the first one has missed.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        favour: Favour,
        output: OutputSettings,
        *,
        sentences: SentenceSearch | None = None,
        cleaned: Cleaned | None = None,
    ) -> None:
        self._vocabulary, self._favour, self._output = vocabulary, favour, output
        self._network = network = vocabulary.network
        self._sentences, self._cleaned = sentences, cleaned
        self._output_s = network.frames_per_output * FRAME_S

    def words(self, search: Search) -> tuple[Word, ...]:
        """The words of a search's best hypothesis."""
        return search.graph(self._output_s).nbest(1)[0].words

    def expect(self, text: str) -> None:
        """Be ready to decode an utterance that begins with a text, while somebody still speaks."""
        if self._sentences is not None:
            self._sentences.expect(text)

    def made(self, search: Search) -> RecognitionResult:
        """What a search has found."""
        graph = search.graph(self._output_s)
        return RecognitionResult(
            nbest=graph.nbest(self._output.nbest),
            lattice=graph.lattice(self._output.least_posterior),
            end_of_sentence=search.end_of_sentence,
            decode_ms=0.0,
        )

    def decode(self, frames: Floats, first: Search, earlier: Earlier) -> DecodedPart:
        """A part, features [N, mels], in which the first pass has found what `first` holds."""
        if not self.words(first):
            return DecodedPart(self.made(first), NO_INNER, earlier.state)
        decoded = self._decoded(frames, first, earlier)
        # No text is likelier than certain: there may be no room for a likelier one.
        doubted = decoded.best.own_log_prob < -CLEARLY_LIKELIER
        clean = self._cleaned(frames) if doubted and self._cleaned is not None else None
        if clean is not None:
            other = self._decoded(clean, first, earlier)
            if other.best.own_log_prob - decoded.best.own_log_prob > CLEARLY_LIKELIER:
                decoded, frames = other, clean
        if decoded.result.by_both_decoders and decoded.best.per_letter < BADLY_HEARD:
            again = self._decoded(_a_frame_later(frames), first, earlier)
            if again.best.log_prob > decoded.best.log_prob:
                decoded = again
        return decoded

    def _decoded(self, frames: Floats, first: Search, earlier: Earlier) -> DecodedPart:
        outputs, inner, state = encode_whole(self._network, frames, earlier.state)
        favouring = self._favour(outputs, inner)
        search = favouring.search
        heard = ScoredFrame.of(self._vocabulary, outputs)
        for frame in heard:
            search.hear(frame)
        sounding = SoundingFrames.of(heard)
        # Where more was said before this part, it is no sentence by itself.
        sentences = None if earlier.best.words else self._sentences
        decoder = self._network.attention_decoder
        if decoder is None and sentences is None:
            result = self.made(search)
        else:
            own = [*search.graph(self._output_s).nbest(self._output.nbest)[:RESCORED]]
            scored = partial(self._with, favouring, sounding)
            scorer: JointScorer | None = None
            likely = hypotheses = own
            if decoder is not None:
                scorer = JointScorer(decoder, inner, favouring.listed, own, earlier)
                hypotheses = scored(own, scorer.proposals())
                likely = scorer.ranked(hypotheses)
            if sentences is not None and not (scorer and _settled(likely, sentences)):
                for find in sentences.searches(outputs, sounding.frames):
                    hypotheses = scored(hypotheses, find())
                    likely = scorer.ranked(hypotheses) if scorer else hypotheses
                    if scorer and _well_heard(likely, sentences):
                        break
            with_names = [text for each in likely[:LIKELY] for text in favouring.proposed(each)]
            hypotheses = scored(hypotheses, with_names, near=NEAR)
            result = self._ranked(hypotheses, scorer, sentences, favouring.evidence)
        result = replace(result, end_of_sentence=first.end_of_sentence, names=favouring.names)
        return DecodedPart(result, inner, state)

    def _with(
        self,
        favouring: Favouring,
        sounding: SoundingFrames,
        hypotheses: Sequence[Hypothesis],
        texts: Iterable[str],
        near: float = np.inf,
    ) -> list[Hypothesis]:
        """Hypotheses, and before them those texts that they lack as the transducer hears them.

        None of these that is further than `near` below the best hypothesis (natural log).
        """
        known = {each.text for each in hypotheses}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        scorer = favouring.transcript_scorer(new)
        least = max(each.log_prob for each in hypotheses) - near
        found = scorer.scored(sounding, self._output_s)
        return [*(each for each in found if each.log_prob >= least), *hypotheses]

    def after(self, frames: Floats, first: Search, earlier: Earlier) -> Earlier:
        """What is over after these frames, the beginning of those that `first` has heard."""
        length_s = len(frames) * FRAME_S
        if all(word.start_s >= length_s for word in self.words(first)):
            return earlier.silent(length_s)
        return earlier.and_then(self.decode(frames, first, earlier), length_s)

    def _ranked(
        self,
        hypotheses: Sequence[Hypothesis],
        scorer: JointScorer | None,
        sentences: SentenceSearch | None,
        evidence: Callable[[Hypothesis], float],
    ) -> RecognitionResult:
        """A search's hypotheses, the attention decoder's texts and sentences of the home, ranked.

        Both decoders score all of them, where there are two; the last of one text counts. What
        speaks for names where they were heard comes on top.
        """
        ranked = list({each.text: each for each in hypotheses}.values())
        if scorer is not None:
            ranked = scorer.ranked(ranked)
        ranked = sorted(
            (_with_more(each, evidence(each)) for each in ranked), key=lambda each: -each.log_prob
        )
        if sentences is not None:
            of_names = {each.text: scorer.of_names(each.text) for each in ranked} if scorer else {}
            ranked = sentences.favoured(ranked, of_names)
        return RecognitionResult(
            nbest=tuple(ranked[: self._output.nbest]),
            lattice=pruned(lattice_of(ranked), self._output.least_posterior),
            end_of_sentence=0.0,
            decode_ms=0.0,
            by_both_decoders=scorer is not None,
        )


def _settled(ranked: Sequence[Hypothesis], sentences: SentenceSearch) -> bool:
    """Whether both decoders' likeliest is clearly a sentence of the home: none would be likelier.

    Of 450 commands of training voices, 200 of them in noise, 135 are so, and the search would have
    changed none; among 42 that are less clear it mends seven.
    """
    best, *others = ranked
    clear = all(best.log_prob - each.log_prob >= CLEARLY_A_SENTENCE for each in others)
    return clear and sentences.has(best.text)


def _well_heard(ranked: Sequence[Hypothesis], sentences: SentenceSearch) -> bool:
    """Whether a text is so likely to both decoders that there is no need to look further."""
    return ranked[0].per_letter >= CLEARLY_HEARD or any(
        each.per_letter >= WELL_HEARD and sentences.has(each.text) for each in ranked
    )


def _with_more(each: Hypothesis, boost: float) -> Hypothesis:
    return replace(each, log_prob=each.log_prob + boost, boost=each.boost + boost)
