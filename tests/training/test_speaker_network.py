"""CAM++ in PyTorch, and what is exported of it."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra `train` is not installed")

import torch

from assistant.asr.networks.onnx import session
from training.export_speaker import export
from training.speaker_network import SEGMENT_FRAMES, SpeakerNetwork, _averages, _segments


def test_the_last_segment_may_be_shorter():
    x = torch.arange(250.0).expand(1, 2, 250)
    lies_in = _segments(x)
    context = x @ _averages(lies_in) @ lies_in
    assert context.shape == x.shape
    assert (context[0, 0, [0, 99, 100, 200, 249]] - 124.5).tolist() == pytest.approx(
        [49.5, 49.5, 149.5, 224.5, 224.5], abs=1e-3
    )
    assert SEGMENT_FRAMES == 100


def test_the_export_is_right_for_every_length(tmp_path):
    torch.manual_seed(0)
    network = SpeakerNetwork().eval()
    export(network, tmp_path / "network.onnx")
    exported = session(tmp_path / "network.onnx")
    for frames in (57, 200, 533):
        features = torch.randn(1, frames, 80)
        with torch.no_grad():
            expected = network(features).numpy()
        (found,) = exported.run(None, {"features": features.numpy()})
        assert np.allclose(found, expected, atol=1e-4)
