"""The detector of whispers learns, and NumPy computes what was trained."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra `train` is not installed")

import torch

from assistant.asr.networks.manifest import ModelError
from assistant.whispering.features import COUNT, Features
from assistant.whispering.network import (
    NETWORK,
    RecurrentWhisperDetector,
    RecurrentWhisperStream,
    read_weights,
)
from training.whisper_detector import Examples, Network, final_logits, read, save, train

RNG = np.random.default_rng(0)


def toy(count=60):
    """Features of which the first tells what it is, in frames whose last says that they count."""
    whispered = np.arange(count) % 2 == 0
    features = []
    for whisper in whispered:
        frames = RNG.standard_normal((int(RNG.integers(40, 80)), COUNT)).astype(np.float32)
        frames[:, 0] += 2.0 if whisper else -2.0
        features.append(frames)
    return features, whispered


@pytest.fixture(scope="module")
def trained():
    torch.manual_seed(0)
    features, whispered = toy()
    network = Network(np.zeros(COUNT, np.float32), np.ones(COUNT, np.float32))
    examples = Examples(features, whispered)
    train(network, examples, epochs=30, seed=0)
    return network, examples


def test_it_learns_what_tells_whispers(trained):
    network, _ = trained
    features, whispered = toy()
    logits = final_logits(network, Examples(features, whispered))
    assert ((logits > 0) == whispered).mean() > 0.95


def test_numpy_computes_the_same():
    torch.manual_seed(1)
    mean, spread = RNG.standard_normal(COUNT).astype(np.float32), np.full(COUNT, 2.0, np.float32)
    network = Network(mean, spread)
    samples = (2000 * RNG.standard_normal(40_000)).astype(np.int16)
    weights = network.weights()
    stream = RecurrentWhisperStream(weights)
    stream.accept(samples)
    features = Features().accept(samples)
    wanted = torch.sigmoid(network(torch.from_numpy(features)[None])[0, -1]).item()
    assert stream.probability() == pytest.approx(wanted, abs=1e-4)


def test_what_is_saved_is_a_model_folder(trained, tmp_path):
    network, _ = trained
    save(network.weights(0.5), tmp_path)
    assert 30_000 < (tmp_path / NETWORK).stat().st_size < 100_000
    detector = RecurrentWhisperDetector(tmp_path)
    assert detector.version.startswith("whisper-gru-")
    before, after = network.weights(), read_weights(tmp_path / NETWORK)
    np.testing.assert_array_equal(after.of_state, before.of_state)
    np.testing.assert_allclose(before.output_bias - after.output_bias, [0.5, 0.0], atol=1e-6)


def test_weights_that_do_not_go_together_are_refused(trained, tmp_path):
    network, _ = trained
    path = tmp_path / NETWORK
    arrays = {name: getattr(network.weights(), name) for name in network.weights().__slots__}
    np.savez(path, **{**arrays, "output_bias": np.zeros(3, np.float32)})
    with pytest.raises(ModelError, match="another shape"):
        read_weights(path)
    np.savez(path, something=np.zeros(3))
    with pytest.raises(ModelError, match="holds no network"):
        read_weights(path)
    path.write_bytes(b"not a network")
    with pytest.raises(ModelError, match="holds no network"):
        read_weights(path)


def test_examples_are_read_as_they_were_written(tmp_path):
    features = [np.full((n, COUNT), n, np.float16) for n in (3, 1, 2)]
    np.savez(
        tmp_path / "examples.npz",
        features=np.concatenate(features),
        frames=np.array([3, 1, 2]),
        whispered=np.array([True, False, True]),
        apart=np.array([False, True, False]),
    )
    found, whispered, apart = read([tmp_path / "examples.npz"])
    assert [len(each) for each in found] == [3, 1, 2]
    assert [each[0, 0] for each in found] == [3, 1, 2]
    assert whispered.tolist() == [True, False, True]
    assert apart.tolist() == [False, True, False]
