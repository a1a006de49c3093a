"""The attention decoder on whole sentences, piece by piece, in ONNX and on the edge runtime."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from assistant.asr.networks.manifest import CROSS_KV, DECODER_STEP, PIECES, read_manifest
from assistant.asr.networks.network import LAST_POSITION
from assistant.asr.networks.onnx import OnnxNetwork
from assistant.asr.vocabulary.word_pieces import END, SPECIAL, START, WordPieces
from assistant.edge import format as edge_format
from assistant.edge import native
from assistant.edge.matrix import LANES, Lookup, Matrix
from assistant.edge.model import EdgeModel
from assistant.edge.network import EdgeNetwork
from assistant.edge.reference import Reference
from training import blockwise, word_pieces
from training.attention_decoder import attention_loss, greedy, shifted, whisper_decoder
from training.export import export, load, manifest_of, quantise
from training.model import ModelSettings, Transducer, start_from, whisper_encoder
from training.pack import pack

SETTINGS = ModelSettings(
    vocabulary=12,
    mels=80,
    width=128,
    heads=2,
    layers=2,
    chunk=4,
    whole=20,
    left=8,
    hidden=64,
    joint=32,
    pieces=300,
    decoder_layers=2,
    decoder_layer=1,
)
STEPS = 16
WORDS = WordPieces([*SPECIAL, *(f"▁w{number}" for number in range(SETTINGS.pieces - 2))])
TOKENS = [f"t{number}" for number in range(SETTINGS.vocabulary)]


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(2)
    made = Transducer(SETTINGS).eval()
    torch.nn.init.normal_(made.decoder.positional_embedding, std=0.3)
    return made


@pytest.fixture(scope="module")
def encoded():
    torch.manual_seed(3)
    return torch.randn(2, STEPS, SETTINGS.width)


@pytest.fixture(scope="module")
def run(model, tmp_path_factory):
    """A training run's folder."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "tokens.txt").write_text("".join(f"{t} {n}\n" for n, t in enumerate(TOKENS)))
    WORDS.write(folder / PIECES)
    state = {name: value.half() for name, value in model.state_dict().items()}
    torch.save(state, folder / "weights.pt")
    return folder


@pytest.fixture(scope="module")
def folder(model, run, tmp_path_factory):
    """The float32 model folder."""
    made = tmp_path_factory.mktemp("float32")
    export(model, run / "tokens.txt", made, manifest_of(model, "small", "en", "MIT"))
    return made


def whole(model, pieces, encoded):
    with torch.no_grad():
        scores = model.decoder(pieces, encoded, torch.full((len(pieces),), encoded.shape[1]))
    return scores.log_softmax(-1)


def test_a_piece_sees_those_before_it_and_nothing_that_is_padding(model, encoded):
    pieces = torch.tensor([[START, 5, 9, 4], [START, 5, 7, 8]])
    steps = torch.tensor([STEPS, 10])
    with torch.no_grad():
        scores = model.decoder(pieces, encoded, steps)
        changed = encoded.clone()
        changed[1, 10:] = 7.0
        again = model.decoder(pieces.clone().index_fill_(1, torch.tensor([3]), 11), changed, steps)
    torch.testing.assert_close(scores[:, :3], again[:, :3])
    assert not torch.allclose(scores[:, 3], again[:, 3])


def test_the_loss_is_that_of_the_pieces_alone():
    torch.manual_seed(1)
    scores, targets = torch.randn(2, 4, 30), torch.tensor([[5, 6, 7, END], [8, END, 0, 0]])
    loss, count = attention_loss(scores, targets, torch.tensor([4, 2]))
    rows = torch.cat([scores[0], scores[1, :2]])
    expected = functional.cross_entropy(
        rows, torch.tensor([5, 6, 7, END, 8, END]), label_smoothing=0.05
    )
    torch.testing.assert_close(loss / count, expected)
    assert shifted(targets).tolist() == [[START, 5, 6, 7], [START, 8, END, 0]]


def test_it_learns_to_write_what_it_is_given(encoded):
    torch.manual_seed(4)
    decoder = Transducer(SETTINGS).decoder
    targets = torch.tensor([[5, 6, 7, END], [9, 8, 6, END]])
    optimiser = torch.optim.Adam(decoder.parameters(), 3e-3)
    for _ in range(60):
        optimiser.zero_grad()
        scores = decoder(shifted(targets), encoded, torch.tensor([STEPS, STEPS]))
        attention_loss(scores, targets, torch.tensor([4, 4]))[0].backward()
        optimiser.step()
    assert [greedy(decoder, each) for each in encoded] == [[5, 6, 7], [9, 8, 6]]


def written(decoder, pieces, inner):
    """Log-probabilities after every piece of sentences [B, U]."""
    count, length = pieces.shape
    tree, rows, parents = decoder.tree(inner), [], [-1] * count
    for position in range(length):
        rows.append(tree.grow(parents, pieces[:, position].tolist()))
        parents = range(position * count, (position + 1) * count)
    return np.stack(rows, axis=1)


def test_onnx_writes_piece_by_piece_what_the_model_does(model, folder, encoded):
    network = OnnxNetwork.load(folder)
    pieces = torch.tensor([[START, 5, 9, 4, 4], [START, 7, 8, 3, 2], [START, 9, 9, 9, 9]])
    expected = whole(model, pieces, encoded[:1].expand(3, -1, -1))
    found = written(network.attention_decoder, pieces.numpy(), encoded[0].numpy())
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert network.attention_decoder.pieces.pieces == WORDS.pieces


TREES = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 9)), min_size=1, max_size=150)


@pytest.fixture(scope="module", params=["onnx", "edge"])
def decoder(request, folder, packed):
    network = OnnxNetwork.load(folder) if request.param == "onnx" else EdgeNetwork.load(packed)
    return network.attention_decoder


@pytest.fixture(scope="module")
def tolerance(decoder):
    """Relative: where sums are rounded otherwise, an 8-bit activation may move by one."""
    return 0 if type(decoder).__module__.startswith("assistant.asr") else 0.01


@settings(max_examples=15, deadline=None)
@given(nodes=TREES, at_once=st.integers(1, 150))
def test_a_tree_at_once_is_its_branches_one_by_one(decoder, tolerance, encoded, nodes, at_once):
    parents = [chosen % (node + 1) - 1 for node, (chosen, _) in enumerate(nodes)]
    pieces = [piece for _, piece in nodes]
    tree, found = decoder.tree(encoded[0].numpy()), []
    for first in range(0, len(nodes), at_once):
        part = slice(first, first + at_once)
        found += [*tree.grow(parents[part], pieces[part])]
    deepest = max(range(len(nodes)), key=lambda node: len(ancestors(parents, node)))
    branch = ancestors(parents, deepest)
    alone = decoder.tree(encoded[0].numpy())
    for depth, node in enumerate(branch):
        (expected,) = alone.grow([depth - 1], [pieces[node]])
        np.testing.assert_allclose(found[node], expected, rtol=tolerance, atol=1e-3)


def ancestors(parents, node):
    """The way to a node of a tree, itself the last."""
    branch = []
    while node >= 0:
        branch.append(node)
        node = parents[node]
    return branch[::-1]


def test_what_is_longer_than_a_decoder_can_write_is_judged(decoder, encoded):
    """A decoder knows no place after the last; a table of places would be left."""
    count = LAST_POSITION + 20
    tree = decoder.tree(encoded[0].numpy())
    assert np.isfinite(tree.grow(range(-1, count - 1), [5] * count)).all()


def features(frames=24):
    return np.random.default_rng(5).normal(0, 0.5, (frames, 80)).astype(np.float32)


def test_both_runtimes_hear_inside_the_encoder_what_the_model_does(model, folder, packed):
    with torch.no_grad():
        layers = model.encoder.layers(torch.tensor(features())[None], torch.tensor([12]), 20)
        expected = layers[SETTINGS.decoder_layer - 1]
        normal = model.decoder.ln_heard(expected)
    for network, inside, tolerance in (
        (OnnxNetwork.load(folder), expected, 1e-4),
        (EdgeNetwork.load(packed), normal, 0.2),
    ):
        outputs, inner, _ = network.attention_decoder.encode(features(), network.initial_state())
        np.testing.assert_allclose(inner, inside[0], atol=tolerance)
        np.testing.assert_array_equal(
            outputs, network.encode(features(), network.initial_state())[0]
        )


def test_a_model_is_loaded_with_its_decoder(run):
    assert load(run, decoder_layer=1).settings == replace(SETTINGS, chunk=16, whole=256, left=256)


def test_eight_bits_write_nearly_the_same_and_pieces_are_stored_once(folder, tmp_path):
    quantise(folder, tmp_path, read_manifest(folder))
    sizes = [(each / DECODER_STEP).stat().st_size for each in (folder, tmp_path)]
    assert sizes[1] < 0.75 * sizes[0]
    inner = torch.randn(STEPS, SETTINGS.width).numpy()
    pieces = np.array([[START, 5, 9, 4]])
    exact = written(OnnxNetwork.load(folder).attention_decoder, pieces, inner)
    found = written(OnnxNetwork.load(tmp_path).attention_decoder, pieces, inner)
    assert np.corrcoef(exact.ravel(), found.ravel())[0, 1] > 0.9999


def test_weights_are_rounded_to_the_nearest_step_of_their_block():
    rows = np.random.default_rng(1).normal(size=(3, 2 * blockwise.BLOCK)).astype(np.float32)
    rows[1] = 0
    values, scales = blockwise.rounded(rows)
    near = (values.astype(np.float32) - blockwise.OFFSET) * scales[..., None]
    assert (np.abs(near - rows.reshape(near.shape)) <= scales[..., None] / 2 + 1e-7).all()


@pytest.fixture(scope="module")
def packed(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("edge") / "model.edge"
    pack(model.state_dict(), SETTINGS, TOKENS, path, pieces=WORDS.pieces)
    return path


def test_the_edge_runtime_writes_what_the_rounded_model_does(model, packed, encoded):
    network = EdgeNetwork.load(packed)
    rounded = Transducer(SETTINGS).eval()
    rounded.load_state_dict(model.state_dict())
    _use(rounded, EdgeModel.load(packed))
    pieces = torch.tensor([[START, 5, 9, 4], [START, 7, 8, 3]])
    expected = whole(rounded, pieces, encoded[:1].expand(2, -1, -1))
    normal = rounded.decoder.ln_heard(encoded[0]).detach().numpy()
    found = written(network.attention_decoder, pieces.numpy(), normal)
    assert np.abs(np.exp(found).sum(-1) - 1).max() < 1e-4
    assert np.corrcoef(found.ravel(), expected.numpy().ravel())[0, 1] > 0.9999


def _use(model, packed):
    """Give the attention decoder the weights of the packed file."""
    weights = {}
    for layer in range(SETTINGS.decoder_layers):
        block = f"decoder.blocks.{layer}"
        for name, parts in {
            "attn.qkv": ("attn.query", "attn.key", "attn.value"),
            "attn.out": ("attn.out",),
            "cross.query": ("cross_attn.query",),
            "cross.key_value": ("cross_attn.key", "cross_attn.value"),
            "cross.out": ("cross_attn.out",),
            "mlp.0": ("mlp.0",),
            "mlp.2": ("mlp.2",),
        }.items():
            matrix = packed.matrix(f"{block}.{name}")
            rows = matrix.values() * matrix.scales[: matrix.outputs, None]
            for part, values in zip(parts, np.split(rows, len(parts)), strict=True):
                weights[f"{block}.{part}.weight"] = torch.tensor(values)
    table = packed.matrix("decoder.out")
    rows = table.values() * table.scales[: table.outputs, None]
    weights["decoder.token_embedding.weight"] = torch.tensor(rows)
    model.load_state_dict(weights, strict=False)


def test_a_file_with_the_labels_of_before_is_the_same_model(packed, encoded, tmp_path):
    sections = edge_format.read(packed)
    settings = json.loads(sections.pop("settings"))
    settings["writer_layers"] = settings.pop("decoder_layers")
    settings["pieces"] = settings.pop("tokens")
    old = {"settings": json.dumps(settings)}
    for label, section in sections.items():
        name = label.replace("decoder.", "writer.").replace("cross.key_value", "cross.heard")
        name = name.replace("ln_inner", "ln_heard")
        old[name] = replace(section, name=name) if isinstance(section, Matrix) else section
    edge_format.write(tmp_path / "old.edge", old)
    pieces = np.array([[START, 5, 9]])
    found = [
        written(EdgeNetwork.load(path).attention_decoder, pieces, encoded[0].numpy())
        for path in (packed, tmp_path / "old.edge")
    ]
    np.testing.assert_array_equal(*found)


@pytest.mark.skipif(not native.levels(), reason="no compiled kernels")
def test_compiled_kernels_write_bit_for_bit_what_numpy_does(packed, encoded):
    pieces = np.array([[START, 5, 9], [START, 7, 8], [START, 3, 3]])
    found = [
        written(EdgeNetwork.load(packed, executor).attention_decoder, pieces, encoded[0].numpy())
        for executor in (Reference(), native.best())
    ]
    np.testing.assert_array_equal(*found)


def test_a_row_of_a_product_is_the_weights_of_one_output(packed):
    matrix = EdgeModel.load(packed).matrix("decoder.blocks.0.mlp.0")
    rows = matrix.values() * matrix.scales[: matrix.outputs, None]
    for index in (0, LANES - 1, LANES, matrix.outputs - 1):
        np.testing.assert_array_equal(Lookup(matrix).row(index), rows[index])


TIKTOKEN = [" ", "'", *"abcdehlmnot", " t", "he", " the", "lo", "moth", "mo", "th", " Big", "no1"]


@pytest.fixture
def ranks(tmp_path):
    lines = [f"{base64.b64encode(p.encode()).decode()} {n}" for n, p in enumerate(TIKTOKEN)]
    (tmp_path / "gpt2.tiktoken").write_text("\n".join(lines) + "\n")
    return word_pieces.read_ranks(tmp_path / "gpt2.tiktoken")


def test_pieces_are_those_that_words_need_and_what_they_are_made_of(ranks):
    chosen = word_pieces.choose(ranks, ["the", "moth"])
    longer = [piece for piece in chosen.pieces if len(piece) > 1]
    assert longer == [*SPECIAL, "▁t", "he", "▁the", "moth", "mo", "th"]
    assert {"▁", "'", "a", "l"} <= set(chosen.pieces)
    assert chosen.decode(chosen.encode("the lot")) == "the lot"
    numbers = word_pieces.sources(chosen, ranks)
    assert numbers[:2] == [50256, 50257]
    assert [TIKTOKEN[number].replace(" ", "▁") for number in numbers[2:]] == list(chosen.pieces[2:])


@pytest.fixture
def checkpoint(tmp_path):
    """A Whisper of our small shape."""
    torch.manual_seed(6)
    source = Transducer(replace(SETTINGS, pieces=60_000)).state_dict()
    saved = {name: value for name, value in source.items() if name.startswith("encoder.")}
    saved = {n: v for n, v in saved.items() if not n.startswith(("encoder.up", "encoder.down"))}
    saved |= {
        name: value
        for name, value in source.items()
        if name.startswith("decoder.") and "ln_heard" not in name
    }
    saved["decoder.positional_embedding"] = torch.randn(448, SETTINGS.width)
    saved["encoder.positional_embedding"] = torch.randn(1500, SETTINGS.width)
    torch.save({"model_state_dict": saved}, tmp_path / "whisper.pt")
    return tmp_path / "whisper.pt", saved


def test_a_fresh_decoder_begins_with_whispers_weights(checkpoint):
    path, saved = checkpoint
    settings = replace(SETTINGS, pieces=3)
    decoder = Transducer(settings).decoder
    decoder.load_state_dict(whisper_decoder(path, [50256, 50257, 7]))
    table = saved["decoder.token_embedding.weight"]
    torch.testing.assert_close(decoder.token_embedding.weight[2], table[7])
    torch.testing.assert_close(decoder.ln_heard.weight, saved["encoder.ln_post.weight"])
    assert whisper_encoder(path, settings).settings.layers == 2


def test_a_model_without_a_decoder_can_be_gone_on_from(model):
    weights = {n: v for n, v in model.state_dict().items() if not n.startswith("decoder.")}
    fresh = Transducer(SETTINGS)
    start_from(fresh, weights)
    torch.testing.assert_close(fresh.encoder.up.weight, model.encoder.up.weight)
    del weights["joiner.out.bias"]
    with pytest.raises(ValueError, match=r"joiner\.out\.bias"):
        start_from(Transducer(SETTINGS), weights)


def test_a_manifest_lists_the_decoders_files(folder):
    assert {CROSS_KV, DECODER_STEP, PIECES} <= set(read_manifest(folder).files)
