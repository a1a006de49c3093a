"""The packed transducer against the float one in torch."""

import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from assistant.edge import native
from assistant.edge.network import EdgeNetwork
from assistant.edge.reference import Reference
from training.pack import pack

FRAMES = 16


@pytest.fixture(scope="module")
def network(packed):
    return EdgeNetwork.load(packed)


@pytest.fixture
def features(rng):
    return rng.normal(0, 0.5, (FRAMES * 9 + 12, 16)).astype(np.float32)


def stream(network, features, state=None):
    state = network.initial_state() if state is None else state
    outputs = []
    for start in range(0, len(features), network.chunk_frames):
        encoded, state = network.encode(features[start : start + network.chunk_frames], state)
        outputs.append(encoded)
    return np.concatenate(outputs), state


def whole(transducer, features, position=0, chunk=None):
    with torch.no_grad():
        steps = torch.tensor([len(features) // 2])
        return transducer.encoder(torch.tensor(features)[None], steps, chunk, position)[0].numpy()


def distance(ours, theirs):
    """Error relative to the deviation of the float outputs from their mean."""
    return np.linalg.norm(ours - theirs) / np.linalg.norm(theirs - theirs.mean(axis=0))


def test_streaming_follows_the_float_model_to_quantisation(network, transducer, features):
    ours, theirs = stream(network, features)[0], whole(transducer, features)
    assert ours.shape == theirs.shape
    assert distance(ours, theirs) < 0.05


@pytest.mark.parametrize("frames", [96, 60])
def test_a_sentence_heard_as_a_whole_is_what_the_float_model_hears(
    network, transducer, features, frames
):
    ours, _ = network.encode(features[:frames], network.initial_state())
    assert distance(ours, whole(transducer, features[:frames], chunk=48)) < 0.05
    assert distance(ours, whole(transducer, features[:frames])) > 0.1
    reference = EdgeNetwork(network.model, Reference())
    theirs, _ = reference.encode(features[:frames], reference.initial_state())
    np.testing.assert_array_equal(ours, theirs)


def test_four_bits_lose_more_and_still_follow(transducer, pieces, features, tmp_path):
    pack(transducer.state_dict(), transducer.settings, pieces, tmp_path / "m.edge", weight_bits=4)
    ours = stream(EdgeNetwork.load(tmp_path / "m.edge"), features)[0]
    assert 0.05 < distance(ours, whole(transducer, features)) < 0.4


def test_positions_start_over(network, transducer, features):
    state = list(network.initial_state())
    state[1] = np.array([1496])
    ours = stream(network, features, tuple(state))[0]
    theirs = whole(transducer, features, 1496)
    assert distance(ours, theirs) < 0.05
    assert distance(ours, whole(transducer, features)) > 0.2


def test_attention_sees_no_further_than_its_left_context(network, features, rng):
    noise = rng.normal(0, 0.5, features.shape).astype(np.float32)
    long = np.concatenate([features[:FRAMES], noise, noise[:128], features])
    other = np.concatenate([features[:FRAMES] + 1, noise, noise[:128], features])
    length = len(long) // FRAMES * FRAMES
    apart = stream(network, long[:length])[0] - stream(network, other[:length])[0]
    assert np.abs(apart[: FRAMES // 4]).max() > 0
    # The convolutions see the frames before their chunk, so two chunks of 4 outputs hear of it;
    # then each of two layers sees 32 steps, which are 16 outputs, before its chunk.
    reach = 2 * FRAMES // 4 + 2 * 16
    assert np.abs(apart[reach - 4 : reach]).max() > 0
    assert np.abs(apart[reach:]).max() == 0


def test_a_kept_state_does_not_change(network, features):
    _, state = stream(network, features[: 5 * FRAMES])
    before = [part.copy() for part in state]
    once, _ = stream(network, features[5 * FRAMES :], state)
    again, _ = stream(network, features[5 * FRAMES :], state)
    np.testing.assert_array_equal(once, again)
    for part, kept in zip(state, before, strict=True):
        np.testing.assert_array_equal(part, kept)


def test_results_are_the_callers(network, features):
    first, _ = network.encode(features[:FRAMES], network.initial_state())
    kept = first.copy()
    network.encode(features[FRAMES : 2 * FRAMES], network.initial_state())
    np.testing.assert_array_equal(first, kept)


@pytest.mark.skipif(not native.levels(), reason="the kernels were not built here")
def test_kernels_and_reference_give_the_same_bits(network, packed, features):
    reference = EdgeNetwork.load(packed, Reference())
    ours, state = stream(network, features)
    theirs, expected = stream(reference, features)
    np.testing.assert_array_equal(ours, theirs)
    for part, other in zip(state, expected, strict=True):
        np.testing.assert_array_equal(part, other)


@pytest.mark.parametrize("count", [1, 4, 300])
def test_predictor_and_joiner(network, transducer, rng, count):
    contexts = rng.integers(0, 40, (count, 3))
    encoded = rng.normal(size=32).astype(np.float32)
    predicted = network.predict(contexts)
    scores = network.join(encoded, predicted)
    np.testing.assert_array_equal(network.join(np.tile(encoded, (count, 1)), predicted), scores)
    with torch.no_grad():
        expected = transducer.predictor(torch.tensor(contexts))[:, 0]
        expected_scores = transducer.joiner(torch.tensor(encoded), expected).numpy()
    assert predicted.shape == (count, 32)
    assert np.abs(predicted - expected.numpy()).max() < 0.03
    assert np.abs(scores - expected_scores).max() < 0.03


@pytest.mark.parametrize("frames", [0, 6, 100])
def test_chunks_of_a_wrong_length_are_refused(network, frames):
    with pytest.raises(ValueError, match="multiples of 4 up to 96"):
        network.encode(np.zeros((frames, 16), np.float32), network.initial_state())


def test_what_the_search_is_told(network, pieces):
    assert (network.name, network.sample_rate, network.mels) == ("small", 16_000, 16)
    assert (network.chunk_frames, network.frame_multiple, network.frames_per_output) == (16, 4, 4)
    assert network.whole_frames == 96
    assert (network.blank_id, network.eos_id, network.context_size) == (0, 2, 3)
    assert network.tokens == tuple(pieces)


def test_several_threads_share_a_network(network, features):
    expected = stream(network, features)[0]
    heard = [None] * 4

    def listen(index):
        heard[index] = stream(network, features)[0]

    threads = [threading.Thread(target=listen, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for outputs in heard:
        np.testing.assert_array_equal(outputs, expected)


def test_onnx_runtime_is_not_imported(packed):
    code = (
        "import sys; from pathlib import Path; from assistant.edge.network import EdgeNetwork\n"
        "network = EdgeNetwork.load(Path(sys.argv[1]))\n"
        "assert network.predict(__import__('numpy').zeros((1, 3), int)).shape == (1, 32)\n"
        "assert 'onnxruntime' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(packed)], check=True)
