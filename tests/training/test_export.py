"""Exported models compute what the trained ones do, streaming."""

import shutil
from dataclasses import replace

import numpy as np
import onnxruntime as ort
import pytest
import torch

from assistant.asr.networks.ctc import CtcOutput
from assistant.asr.networks.manifest import check_files, read_manifest
from assistant.edge.model import EdgeModel
from assistant.edge.network import POSITIONS, EdgeNetwork
from training.export import (
    export,
    load,
    main,
    manifest_of,
    quantise,
    without_decoder,
    write_ctc,
)
from training.model import DECODER, ModelSettings, Transducer

SETTINGS = ModelSettings(
    vocabulary=12,
    mels=80,
    width=32,
    heads=2,
    layers=2,
    chunk=4,
    whole=20,
    left=8,
    hidden=24,
    joint=16,
)
CHUNK = 2 * SETTINGS.chunk
PIECES = "".join(f"{piece} {index}\n" for index, piece in enumerate("abcdefghijkl"))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    return Transducer(SETTINGS).eval()


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("float32")
    (folder / "tokens.txt").write_text(PIECES)
    export(model, folder / "tokens.txt", folder, manifest_of(model, "small", "en", "MIT"))
    return folder


class Stream:
    """An exported encoder over one stream of features."""

    def __init__(self, folder):
        self._session = ort.InferenceSession(folder / "encoder.onnx")
        _, *states = self._session.get_inputs()
        types = {"tensor(float)": np.float32, "tensor(int64)": np.int64}
        self._state = {state.name: np.zeros(state.shape, types[state.type]) for state in states}

    def __call__(self, features):
        encoded, *after = self._session.run(None, {"features": features[None], **self._state})
        self._state = dict(zip(self._state, after, strict=True))
        return encoded[0]


def whole(model, features, chunk=None):
    with torch.no_grad():
        steps = torch.tensor([len(features) // 2])
        return model.encoder(torch.from_numpy(features[None]), steps, chunk)[0].numpy()


def noise(frames):
    return np.random.default_rng(frames).standard_normal((frames, 80), np.float32)


def test_streaming_equals_whole_utterances_at_every_chunk_boundary(model, folder):
    features = noise(10 * CHUNK)
    stream, heard = Stream(folder), []
    for end in range(CHUNK, len(features) + 1, CHUNK):
        heard.append(stream(features[end - CHUNK : end]))
        expected = whole(model, features[:end])
        np.testing.assert_allclose(np.concatenate(heard), expected, atol=1e-4)


@pytest.mark.parametrize("frames", [40, 28])
def test_a_sentence_is_heard_again_as_a_whole(model, folder, frames):
    features = noise(frames)
    expected = whole(model, features, SETTINGS.whole)
    np.testing.assert_allclose(Stream(folder)(features), expected, atol=1e-4)
    assert np.abs(whole(model, features) - expected).max() > 1e-2
    assert read_manifest(folder).whole_frames == 40


@pytest.mark.parametrize("chunks", [0, 1, 2, 5])
def test_a_partial_last_chunk_attends_within_itself(model, folder, chunks):
    features = noise(chunks * CHUNK + CHUNK // 2)
    stream = Stream(folder)
    starts = range(0, len(features), CHUNK)
    heard = np.concatenate([stream(features[start : start + CHUNK]) for start in starts])
    np.testing.assert_allclose(heard, whole(model, features), atol=1e-4)


def test_positions_start_over_as_in_training(model, folder):
    features = noise(2 * POSITIONS + 4 * CHUNK)
    stream = Stream(folder)
    starts = range(0, len(features), CHUNK)
    heard = np.concatenate([stream(features[start : start + CHUNK]) for start in starts])
    np.testing.assert_allclose(heard, whole(model, features), atol=2e-4)


def test_predictor_and_joiner_score_as_the_model(model, folder):
    predictor = ort.InferenceSession(folder / "predictor.onnx")
    joiner = ort.InferenceSession(folder / "joiner.onnx")
    contexts = np.array([[0, 0, 0], [0, 3, 5], [7, 1, 11]])
    encoded = np.random.default_rng(0).standard_normal((3, SETTINGS.joint), np.float32)
    (predicted,) = predictor.run(None, {"y": contexts})
    (scores,) = joiner.run(None, {"encoder_out": encoded, "predictor_out": predicted})
    with torch.no_grad():
        expected = model.joiner(
            torch.from_numpy(encoded), model.predictor(torch.from_numpy(contexts))[:, 0]
        )
    np.testing.assert_allclose(scores, expected.numpy(), atol=1e-5)


def test_the_ctc_output_says_what_the_model_does(model, folder, tmp_path):
    """Only an attention decoder ranks what it finds, so a model without one has none."""
    assert not (folder / "ctc.npz").exists()
    exact = shutil.copytree(folder, tmp_path / "exact")
    write_ctc(model, exact)
    quantise(exact, tmp_path / "rounded", read_manifest(exact))
    assert "ctc.npz" in read_manifest(tmp_path / "rounded").files
    encoded = torch.randn(6, SETTINGS.joint)
    expected = model.ctc(encoded).log_softmax(-1).detach().numpy()
    ctc = CtcOutput.load(tmp_path / "rounded" / "ctc.npz")
    assert ctc.log_probs(encoded.numpy()) == pytest.approx(expected, abs=0.02)


def test_int8_is_smaller_and_close(model, folder, tmp_path):
    quantise(folder, tmp_path / "int8", read_manifest(folder))
    check_files(tmp_path / "int8", read_manifest(tmp_path / "int8"))
    features = noise(CHUNK)
    exact, rounded = Stream(folder)(features), Stream(tmp_path / "int8")(features)
    assert not np.array_equal(exact, rounded)
    assert np.abs(exact - rounded).max() < 0.1 * np.abs(exact).max()


def test_half_precision_weights_load_with_their_shape(model, tmp_path):
    weights = {name: value.half() for name, value in model.state_dict().items()}
    torch.save(weights, tmp_path / "weights.pt")
    loaded = load(tmp_path, heads=2, chunk=4, whole=20, left=8)
    assert loaded.settings == SETTINGS
    half = model.joiner.out.weight.half().float()
    assert torch.equal(loaded.joiner.out.weight, half)


@pytest.mark.parametrize("bits", [8, 4])
def test_a_model_for_the_edge_runtime_computes_nearly_the_same(model, folder, tmp_path, bits):
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    (tmp_path / "tokens.txt").write_text(PIECES)
    shape = "{chunk: 4, left: 8, heads: 2}"
    (tmp_path / "recipe.yaml").write_text(f"model: {shape}\n")
    more = ["--runtime", "edge", "--bits", str(bits), "--recipe", str(tmp_path / "recipe.yaml")]
    (tmp_path / "words.txt").write_text("lamp\nlight\n", "utf8")
    main([str(tmp_path), str(tmp_path / "small"), *more])
    made = {path.name for path in (tmp_path / "small").iterdir()}
    assert made == {"model.edge", "words.txt"}, "the list of words comes along"
    release = ["--version", "2026.01.02", "--words-of", "small", "--streaming-model", "fast"]
    main([str(tmp_path), str(tmp_path / "smaller"), *more, *release])
    smaller = tmp_path / "smaller"
    manifest = read_manifest(smaller)
    assert (manifest.name, manifest.version) == ("smaller", "2026.01.02")
    assert manifest.streaming_model == "fast"
    assert manifest.files["words.txt"].bytes == len("lamp\nlight\n")
    assert {path.name for path in smaller.iterdir()} == {
        "model.edge",
        "manifest.json",
    }
    packed = EdgeModel.load(tmp_path / "small" / "model.edge")
    assert (packed.settings.name, packed.matrix("encoder.up").bits) == ("small", bits)
    network, features = EdgeNetwork.load(tmp_path / "small"), noise(CHUNK)
    encoded, _ = network.encode(features, network.initial_state())
    exact = Stream(folder)(features)
    assert np.abs(exact - encoded).max() < 0.1 * (8 // bits) ** 2 * np.abs(exact).max()


def test_an_attention_decoder_can_be_left_out():
    torch.manual_seed(3)
    model = Transducer(replace(SETTINGS, pieces=12, decoder_layers=1)).eval()
    alone = without_decoder(model)
    assert alone.settings == replace(SETTINGS, decoder_layers=1)
    assert not any(name.startswith(DECODER) for name in alone.state_dict())
    features, lengths = torch.randn(1, 32, SETTINGS.mels), torch.tensor([16])
    with torch.no_grad():
        assert torch.equal(alone.encoder(features, lengths), model.encoder(features, lengths))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--bits", "4"], "need --runtime edge"),
        (["--runtime", "edge", "--float32"], "leave it out"),
        (["--runtime", "edge", "--sparsity", "1.5"], "--sparsity is 1.5"),
    ],
)
def test_options_that_do_not_fit_are_refused(more, said, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path), str(tmp_path / "out"), *more])
    assert said in capsys.readouterr().err


def test_a_folder_without_weights_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"neither checkpoint\.pt nor weights\.pt"):
        load(tmp_path)
