"""Hearing a sentence again as a whole, when it seems to be over.

While she speaks, the encoder sees 320 ms at a time and nothing of what follows. When she has
stopped, the same encoder sees each sound with what came before and after it, which mends many
words, and one search over that gives the result (two passes as in Zhang et al., "Unified streaming
and non-streaming two-pass end-to-end model for speech recognition", 2020, but the second one is a
transducer too, with the same weights). It happens in the pause that the end-pointers wait for.
"""

from __future__ import annotations

import numpy as np

from assistant.asr.network import Floats, Network


def encode_whole(network: Network, features: Floats) -> Floats:
    """Encoder outputs [M, D] for all features [N, mels] of an utterance.

    N is a multiple of the network's. What is longer than `whole_frames` is seen in parts of equal
    length, each with the past that the encoder remembers.
    """
    state = network.initial_state()
    outputs = []
    for part in _parts(features, network.whole_frames, network.frame_multiple):
        encoded, state = network.encode(part, state)
        outputs.append(encoded)
    return np.concatenate(outputs)


def _parts(features: Floats, most: int, multiple: int) -> list[Floats]:
    units = len(features) // multiple
    count = -(-units * multiple // (most // multiple * multiple))
    bounds = [multiple * (units * number // count) for number in range(1, count)]
    return np.split(features, bounds)
