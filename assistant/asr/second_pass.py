"""Hearing a sentence again as a whole, when it seems to be over.

While she speaks, the encoder sees 320 ms at a time and nothing of what follows. When she has
stopped, the same encoder sees each sound with what came before and after it, which mends many
words, and one search over that gives the result (two passes as in Zhang et al., "Unified streaming
and non-streaming two-pass end-to-end model for speech recognition", 2020, but the second one is a
transducer too, with the same weights). It happens in the pause that the end-pointers wait for.

Where the model has an attention decoder, that writes the sentence too, from the same encoder's
outputs, and the two judge each other's texts (Sainath et al., "Two-pass end-to-end speech
recognition", 2019): the transducer knows the names of this home and has heard every frame, the
decoder knows the language better.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from assistant.asr.attention_search import Written, judge, write
from assistant.asr.network import Floats, Network, Writer
from assistant.lattice import Hypothesis

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


def encode_whole(network: Network, features: Floats) -> tuple[Floats, Floats]:
    """Encoder outputs [M, D] and inner outputs [N / 2, W] for all features [N, mels].

    N is a multiple of the network's. What is longer than `whole_frames` is seen in parts of equal
    length, each with the past that the encoder remembers. Without an attention decoder there are
    no inner outputs.
    """
    state = network.initial_state()
    outputs, inner = [], []
    for part in _parts(features, network.whole_frames, network.frame_multiple):
        if network.writer is None:
            encoded, state = network.encode(part, state)
        else:
            encoded, heard, state = network.writer.encode(part, state)
            inner.append(heard)
        outputs.append(encoded)
    return np.concatenate(outputs), np.concatenate(inner) if inner else np.zeros((0, 0), np.float32)


class Panel:
    """An attention decoder that writes an utterance itself and judges what others heard."""

    def __init__(self, writer: Writer, inner: Floats, listed: Collection[str]) -> None:
        self._writer, self._listed = writer, listed
        self._heard = writer.hear(inner)
        written = write(writer, self._heard, len(inner), WRITER_BEAM)
        # A text that was found in other pieces, too, counts as its likeliest ones.
        self._known = {each.text: each for each in reversed(written)}

    def proposals(self, own: Sequence[Hypothesis]) -> list[str]:
        """What it writes itself and the transducer's hypotheses lack, where it could be the best.

        It cannot if it were not even when the transducer liked it as much as its own best.
        """
        texts = {each.text for each in own}
        written = [each for text, each in self._known.items() if text not in texts]
        best = self.ranked(own)[0].log_prob
        most = max(each.log_prob for each in own)
        return [
            each.text
            for each in written
            if _mean(most, self._likelihood(each)) > best - LEAST_PROMISING
        ]

    def ranked(self, hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
        """The hypotheses with the mean of both scores as `log_prob`, best first."""
        new = [each.text for each in hypotheses if each.text not in self._known]
        self._known |= zip(new, judge(self._writer, self._heard, new), strict=True)
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


def _parts(features: Floats, most: int, multiple: int) -> list[Floats]:
    units = len(features) // multiple
    count = -(-units * multiple // (most // multiple * multiple))
    bounds = [multiple * (units * number // count) for number in range(1, count)]
    return np.split(features, bounds)
