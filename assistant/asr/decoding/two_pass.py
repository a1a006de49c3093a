"""Hearing a sentence again as a whole, when it seems to be over.

While the user speaks, the encoder sees 320 ms at a time and nothing of what follows. When they have
stopped, the same encoder sees each sound with what came before and after it, which mends many
words, and one search over that gives the result (two passes as in Zhang et al., "Unified streaming
and non-streaming two-pass end-to-end model for speech recognition", 2020, but the second one is a
transducer too, with the same weights). It happens in the pause that the end-pointers wait for.

Where the model has an attention decoder, that writes the sentence too, from the same encoder's
outputs, and the two judge each other's texts (Sainath et al., "Two-pass end-to-end speech
recognition", 2019): the transducer knows the names of this home and has heard every frame, the
decoder knows the language better.

A long utterance is heard again in parts of some seconds, each once it is over: see `parts`. The
encoder remembers what came before, and the decoder goes on from the text of the part before and
hears that part, too. It may not end before it has written about as much as the transducer has
heard: left alone, it would end a long sentence after the first words, because a short text is
likelier than a long one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from assistant.asr.decoding.attention_search import Written, begin, judge, write
from assistant.asr.decoding.beam_search import Search
from assistant.asr.decoding.parts import NO_INNER, Earlier, Part, blocks
from assistant.asr.decoding.transcript_scorer import Follower
from assistant.asr.networks.network import Floats, Network, State, Writer
from assistant.asr.result import OutputSettings, RecognitionResult
from assistant.lattice.from_nbest import lattice_of
from assistant.lattice.graph import Hypothesis, Word, pruned

FRAME_S: Final = 0.01

WRITER_SHARE: Final = 0.75
"""The attention decoder's share in the mean of both log-probabilities; the rest is the other's."""
WRITER_BEAM: Final = 8
LEAST_PROMISING: Final = 2.0
"""Texts that would be this much below the best one (natural log) are not followed."""
JUDGED: Final = 8
"""The transducer's best hypotheses that the attention decoder judges."""
LEAST_FOR_NAMES: Final = -1.0
"""A word of a listed name is at least this likely (natural log) to the attention decoder.

It does not know the list, and a rare name must not fall for that.
"""
LEAST_LETTERS: Final = 0.7
"""What the decoder writes has at least this share of the letters that the transducer has heard."""

MOST_BEFORE: Final = 60
"""Pieces of the part before that the decoder is told; it knows no place for many more."""


def encode_whole(network: Network, features: Floats, state: State) -> tuple[Floats, Floats, State]:
    """Encoder outputs [M, D] and inner outputs [N / 2, W] for features [N, mels]; the new state.

    N is a multiple of the network's. What is longer than `whole_frames` is seen in parts, each
    with the past that the encoder remembers. Without an attention decoder there are no inner
    outputs.
    """
    outputs, inner = [], []
    for part in blocks(features, network.whole_frames, network.frame_multiple):
        if network.writer is None:
            encoded, state = network.encode(part, state)
        else:
            encoded, heard, state = network.writer.encode(part, state)
            inner.append(heard)
        outputs.append(encoded)
    return np.concatenate(outputs), np.concatenate(inner) if inner else NO_INNER, state


class SecondPass:
    """Hears an utterance again, part by part; `search` is a new one, with nothing heard."""

    def __init__(
        self,
        network: Network,
        search: Search,
        following: Callable[[Sequence[str]], Follower],
        listed: Collection[str],
        output: OutputSettings,
    ) -> None:
        self._network, self._search = network, search
        self._following, self._listed, self._output = following, listed, output
        self._output_s = network.frames_per_output * FRAME_S

    def words(self, search: Search) -> tuple[Word, ...]:
        """The words of a search's best hypothesis."""
        return search.graph(self._output_s).nbest(1)[0].words

    def made(self, search: Search) -> RecognitionResult:
        """What a search has found."""
        graph = search.graph(self._output_s)
        return RecognitionResult(
            nbest=graph.nbest(self._output.nbest),
            lattice=graph.lattice(self._output.least_posterior),
            end_of_sentence=search.end_of_sentence,
            decode_ms=0.0,
        )

    def hear(self, frames: Floats, first: Search, earlier: Earlier) -> Part:
        """A part, features [N, mels], in which the first pass has found what `first` holds."""
        if not self.words(first):
            return Part(self.made(first), NO_INNER, earlier.state)
        outputs, inner, state = encode_whole(self._network, frames, earlier.state)
        search = self._search.copy()
        for vector in outputs:
            search.step(vector)
        panel = self._panel(search, inner, earlier)
        result = self.made(search) if panel is None else self._agreed(panel, outputs)
        return Part(replace(result, end_of_sentence=first.end_of_sentence), inner, state)

    def after(self, frames: Floats, first: Search, earlier: Earlier) -> Earlier:
        """What is over after these frames, the beginning of those that `first` has heard."""
        length_s = len(frames) * FRAME_S
        if all(word.start_s >= length_s for word in self.words(first)):
            return earlier.silent(length_s)
        return earlier.and_then(self.hear(frames, first, earlier), length_s)

    def _panel(self, search: Search, inner: Floats, earlier: Earlier) -> Panel | None:
        writer = self._network.writer
        if writer is None:
            return None
        own = search.graph(self._output_s).nbest(self._output.nbest)[:JUDGED]
        return Panel(writer, inner, self._listed, own, earlier)

    def _agreed(self, panel: Panel, outputs: Floats) -> RecognitionResult:
        """A search's hypotheses with the attention decoder's texts among them, judged by both."""
        found = self._following(panel.proposals()).scored(outputs, self._output_s)
        both = {each.text: each for each in (*found, *panel.own)}
        ranked = panel.ranked(list(both.values()))
        return RecognitionResult(
            nbest=tuple(ranked[: self._output.nbest]),
            lattice=pruned(lattice_of(ranked), self._output.least_posterior),
            end_of_sentence=0.0,
            decode_ms=0.0,
            by_both_decoders=True,
        )


class Panel:
    """An attention decoder that writes a part of an utterance and judges what others heard.

    `own` is what the transducer heard, best first.
    """

    def __init__(
        self,
        writer: Writer,
        inner: Floats,
        listed: Collection[str],
        own: Sequence[Hypothesis],
        earlier: Earlier,
    ) -> None:
        self.own = own
        self._listed = listed
        before = earlier.text
        if len(writer.pieces.encode(before)) > MOST_BEFORE:
            before = ""
        heard = writer.hear(np.concatenate([earlier.inner, inner]) if before else inner)
        self._begun = begin(writer, heard, before)
        shortest = round(LEAST_LETTERS * len(own[0].text))
        written = write(self._begun, len(inner), WRITER_BEAM, shortest)
        # A text that was found in other pieces, too, counts as its likeliest ones.
        self._known = {each.text: each for each in reversed(written)}

    def proposals(self) -> list[str]:
        """What it writes itself and the transducer's hypotheses lack, where it could be the best.

        It cannot if it were not even when the transducer liked it as much as its own best.
        """
        texts = {each.text for each in self.own}
        written = [each for text, each in self._known.items() if text not in texts]
        best = self.ranked(self.own)[0].log_prob
        most = max(each.log_prob for each in self.own)
        return [
            each.text
            for each in written
            if _mean(most, self._likelihood(each)) > best - LEAST_PROMISING
        ]

    def ranked(self, hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
        """The hypotheses with the mean of both scores as `log_prob`, best first."""
        new = [each.text for each in hypotheses if each.text not in self._known]
        self._known |= zip(new, judge(self._begun, new), strict=True)
        both = [
            replace(
                each,
                log_prob=_mean(each.log_prob, self._likelihood(self._known[each.text])),
                boost=_mean(each.boost, 0.0),
            )
            for each in hypotheses
        ]
        return sorted(both, key=lambda each: -each.log_prob)

    def _likelihood(self, written: Written) -> float:
        words = zip(written.text.split(), written.words, strict=True)
        return written.end + sum(
            max(log_prob, LEAST_FOR_NAMES) if word in self._listed else log_prob
            for word, log_prob in words
        )


def _mean(transducer: float, writer: float) -> float:
    return (1 - WRITER_SHARE) * transducer + WRITER_SHARE * writer
