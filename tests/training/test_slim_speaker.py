"""The speaker model's graph, made small."""

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the extra `train` is not installed")
pytest.importorskip("torch", reason="the extra `train` is not installed")

import onnx
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from assistant.asr.networks.onnx import session
from training.slim_speaker import slim, slimmed

CHANNELS, FRAMES = 8, 12
WEIGHT_STEP = 0.004
COARSE, FINE = 0.05, 0.024
"""Steps between the integers, of the convolutions' own outputs and of what the next one reads; both
end at about 6."""


def quantised(rng):
    """Two convolutions with a ReLU between them, which only the second scale tells of; and twice
    the same of the second one's output."""
    constants = {
        "step": np.float32(0.1),
        "coarse": np.float32(COARSE),
        "fine": np.float32(FINE),
        "signed": np.uint8(128),
        "nothing": np.uint8(0),
        "weights": rng.integers(-127, 128, (CHANNELS, CHANNELS, 1)).astype(np.int8),
        "again": rng.integers(-127, 128, (CHANNELS, CHANNELS, 1)).astype(np.int8),
        "weight_steps": np.full(CHANNELS, WEIGHT_STEP, np.float32),
        "weight_zeros": np.zeros(CHANNELS, np.int8),
        "same_steps": np.full(CHANNELS, WEIGHT_STEP, np.float32),
    }

    def node(kind, inputs, output):
        return helper.make_node(kind, inputs.split(), [output], name=output)

    nodes = [
        node("QuantizeLinear", "features step signed", "in"),
        node(
            "QLinearConv",
            "in step signed weights weight_steps weight_zeros coarse signed",
            "first",
        ),
        node("DequantizeLinear", "first coarse signed", "floats"),
        node("QuantizeLinear", "floats fine nothing", "relu"),
        node(
            "QLinearConv", "relu fine nothing again same_steps weight_zeros coarse signed", "second"
        ),
        node("DequantizeLinear", "second coarse signed", "left"),
        node("DequantizeLinear", "second coarse signed", "right"),
        node("Add", "left right", "embedding"),
    ]
    shape = [1, CHANNELS, FRAMES]
    graph = helper.make_graph(
        nodes,
        "two",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(np.asarray(each), name) for name, each in constants.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8)


def computed(path, features):
    return session(path, optimised=True).run(None, {"features": features})[0]


@given(seed=st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_what_is_slim_computes_the_same(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("network")
    rng = np.random.default_rng(seed)
    onnx.save(quantised(rng), folder / "network.onnx")
    slim(folder / "network.onnx", folder / "network.ort")
    features = rng.normal(0.0, 3.0, (1, CHANNELS, FRAMES)).astype(np.float32)
    found = computed(folder / "network.ort", features)
    expected = computed(folder / "network.onnx", features)
    assert np.abs(expected).max() > 1.0
    # Scaling twice rounds twice, the first time by half a coarse step, before the second weights.
    weights = CHANNELS * 127 * WEIGHT_STEP
    assert np.abs(found - expected).max() <= 2 * (weights * (COARSE / 2 + FINE) + COARSE)


def test_nodes_that_only_scale_or_compute_the_same_are_gone(tmp_path):
    onnx.save(quantised(np.random.default_rng(0)), tmp_path / "network.onnx")
    small = slimmed(tmp_path / "network.onnx")
    kinds = [node.op_type for node in small.graph.node]
    assert kinds == ["QuantizeLinear", "QLinearConv", "QLinearConv", "DequantizeLinear", "Add"]
    assert len(small.graph.initializer) == 9
