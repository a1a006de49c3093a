"""A layer of gated recurrent units (Cho et al., 2014), in NumPy, as PyTorch computes it."""

from __future__ import annotations

import numpy as np

from assistant.asr.networks.network import Floats


def gated_units(inputs: Floats, of_state: Floats, state_bias: Floats, state: Floats) -> Floats:
    """The states [T, ..., units] after each step, from a first state [..., units].

    `inputs` [T, ..., 3 units] are what each step is given times its weights, with their bias;
    `of_state` [units, 3 units] and `state_bias` [3 units] are the state's. The gates come in the
    order reset, update, new.
    """
    units = len(of_state)
    states = np.empty((*inputs.shape[:-1], units), np.float32)
    for number, given in enumerate(inputs):
        kept = state @ of_state + state_bias
        gates = sigmoid(given[..., : 2 * units] + kept[..., : 2 * units])
        reset, update = gates[..., :units], gates[..., units:]
        new = np.tanh(given[..., 2 * units :] + reset * kept[..., 2 * units :])
        state = states[number] = new + update * (state - new)
    return states


def sigmoid(values: Floats) -> Floats:
    """The logistic function."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * values), values.dtype)
