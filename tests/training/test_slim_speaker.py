"""The speaker model's graph, made small."""

import shutil

import pytest

pytest.importorskip("onnx", reason="the extra `train` is not installed")

import onnx

from assistant.app.speakers import MODEL_FOLDER
from assistant.speaker.manifest import NETWORK
from training.slim_speaker import slim


def test_what_is_slim_already_is_left_as_it_is(tmp_path):
    network = tmp_path / NETWORK
    shutil.copy(MODEL_FOLDER / NETWORK, network)
    before = network.read_bytes()
    with pytest.raises(ValueError, match="is it slim already"):
        slim(network)
    assert network.read_bytes() == before


def test_the_shipped_network_works_out_segments_once():
    graph = onnx.load(str(MODEL_FOLDER / NETWORK)).graph
    assert [node.op_type for node in graph.node].count("Range") == 1
