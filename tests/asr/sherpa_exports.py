"""Small transducers with random weights, in files as icefall's export scripts write them.

Names, order and shapes of inputs and outputs, and the metadata, are those of
`export-onnx-streaming.py` (zipformer2), `pruned_transducer_stateless7_streaming/export-onnx.py`
(zipformer) and `lstm_transducer_stateless2/export-onnx.py` (lstm). What is computed between is
simpler, but every input matters: the whole window of features, each state, each token.
"""

from dataclasses import dataclass
from itertools import chain

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MELS = 80
JOINER_DIM = 24
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
TOKENS = (
    *("<blk>", "<sos/eos>", "<unk>", "▁THE", "▁A", "S", "ED", "▁ON", "ING", "▁TO", "E", "T", "▁"),
    *("▁LIGHT", "OFF", "'S", "▁TURN", "ER", "O", "▁B", "I", "N", "A"),
)


@dataclass(frozen=True)
class Export:
    """An encoder's shape: its states as (name, shape, type), "N" being the batch."""

    chunk: int
    window: int
    metadata: dict
    states: tuple


def zipformer2():
    layers, dims, kernels, left, query, value, heads = (
        *((1, 2), (16, 24), (9, 5), (8, 4)),
        *((4, 4), (3, 3), (2, 2)),
    )
    states = []
    for stack, count in enumerate(layers):
        key_dim, value_dim = query[stack] * heads[stack], value[stack] * heads[stack]
        convolution = ("N", dims[stack], kernels[stack] // 2)
        for _ in range(count):
            number = len(states) // 6
            states += [
                (f"cached_key_{number}", (left[stack], "N", key_dim), FLOAT),
                (
                    f"cached_nonlin_attn_{number}",
                    (1, "N", left[stack], dims[stack] * 3 // 4),
                    FLOAT,
                ),
                (f"cached_val1_{number}", (left[stack], "N", value_dim), FLOAT),
                (f"cached_val2_{number}", (left[stack], "N", value_dim), FLOAT),
                (f"cached_conv1_{number}", convolution, FLOAT),
                (f"cached_conv2_{number}", convolution, FLOAT),
            ]
    states += [("embed_states", ("N", 128, 3, 19), FLOAT), ("processed_lens", ("N",), INT64)]
    metadata = {
        "model_type": "zipformer2",
        "num_encoder_layers": layers,
        "encoder_dims": dims,
        "cnn_module_kernels": kernels,
        "left_context_len": left,
        "query_head_dims": query,
        "value_head_dims": value,
        "num_heads": heads,
    }
    return Export(32, 45, metadata, tuple(states))


def zipformer():
    layers, dims, attention, kernels, left = (2, 1), (16, 24), (8, 12), (5, 7), (8, 4)
    shapes = {
        "cached_len": lambda i: (layers[i], "N"),
        "cached_avg": lambda i: (layers[i], "N", dims[i]),
        "cached_key": lambda i: (layers[i], left[i], "N", attention[i]),
        "cached_val": lambda i: (layers[i], left[i], "N", attention[i] // 2),
        "cached_val2": lambda i: (layers[i], left[i], "N", attention[i] // 2),
        "cached_conv1": lambda i: (layers[i], "N", dims[i], kernels[i] - 1),
        "cached_conv2": lambda i: (layers[i], "N", dims[i], kernels[i] - 1),
    }
    states = tuple(
        (f"{name}_{stack}", shape(stack), INT64 if name == "cached_len" else FLOAT)
        for name, shape in shapes.items()
        for stack in range(len(layers))
    )
    metadata = {
        "model_type": "zipformer",
        "num_encoder_layers": layers,
        "encoder_dims": dims,
        "attention_dims": attention,
        "cnn_module_kernels": kernels,
        "left_context_len": left,
    }
    return Export(32, 39, metadata, states)


def lstm():
    layers, width, hidden = 3, 16, 32
    states = (("state0", (layers, "N", width), FLOAT), ("state1", (layers, "N", hidden), FLOAT))
    metadata = {
        "model_type": "lstm",
        "num_encoder_layers": layers,
        "d_model": width,
        "rnn_hidden_size": hidden,
    }
    return Export(4, 9, metadata, states)


EXPORTS = {"zipformer2": zipformer2, "zipformer": zipformer, "lstm": lstm}


class _Graph:
    """An ONNX graph while it is drawn; weights are random."""

    def __init__(self, rng):
        self.rng = rng
        self.nodes, self.weights, self._names = [], [], 0

    def weight(self, value):
        name = f"weight{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def random(self, *shape, scale=1.0):
        return self.weight((scale * self.rng.standard_normal(shape)).astype(np.float32))

    def node(self, kind, *inputs, out=None, **attributes):
        self._names += 1
        out = out or f"value{self._names}"
        self.nodes.append(helper.make_node(kind, inputs, [out], **attributes))
        return out

    def save(self, path, inputs, outputs, metadata):
        def infos(values):
            return [
                helper.make_tensor_value_info(name, kind, shape) for name, shape, kind in values
            ]

        graph = helper.make_graph(
            self.nodes, path.stem, infos(inputs), infos(outputs), initializer=self.weights
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(model)
        helper.set_model_props(model, {key: _text(value) for key, value in metadata.items()})
        onnx.save(model, path)


def _text(value):
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def write_encoder(path, export, rng):
    graph = _Graph(rng)
    outputs = export.chunk // 4
    # One convolution over all of the window, its look-ahead included.
    kernel = export.window - 4 * (outputs - 1)
    mels_first = graph.node("Transpose", "x", perm=[0, 2, 1])
    weights = rng.standard_normal((JOINER_DIM, MELS, kernel)).astype(np.float32)
    # Without their mean: loudness, the same in every frame, would drown what changes.
    weights = (weights - weights.mean(axis=2, keepdims=True)) / 4
    seen = graph.node("Conv", mels_first, graph.weight(weights), strides=[4])
    heard = graph.node("ReduceMean", graph.node("Tanh", seen), keepdims=0)
    total = graph.node("Transpose", seen, perm=[0, 2, 1])
    for name, shape, kind in export.states:
        sizes = [1 if size == "N" else size for size in shape]
        if kind == INT64:
            grown = graph.weight(np.full(sizes, outputs * 2))
            graph.node("Add", name, grown, out=f"new_{name}")
            value = graph.node("Sin", graph.node("Cast", name, to=FLOAT))
        else:
            value = name
            kept = graph.node("Mul", name, graph.random(*sizes, scale=0.6))
            added = graph.node("Mul", heard, graph.random(*sizes, scale=3.0))
            graph.node("Tanh", graph.node("Add", kept, added), out=f"new_{name}")
        remembered = graph.node("Mul", value, graph.random(*sizes))
        mean = graph.node("ReduceSum", remembered, keepdims=0)
        weight = graph.random(JOINER_DIM, scale=0.3 / np.sqrt(np.prod(sizes)))
        total = graph.node("Add", total, graph.node("Mul", mean, weight))
    # The joiner's projection, which an export moves into the encoder.
    projection = graph.random(JOINER_DIM, JOINER_DIM, scale=1 / np.sqrt(JOINER_DIM))
    graph.node("MatMul", total, projection, out="encoder_out")
    metadata = {"T": export.window, "decode_chunk_len": export.chunk, **export.metadata}
    graph.save(
        path,
        [("x", ("N", export.window, MELS), FLOAT), *export.states],
        [
            ("encoder_out", ("N", outputs, JOINER_DIM), FLOAT),
            *((f"new_{name}", shape, kind) for name, shape, kind in export.states),
        ],
        metadata,
    )


def write_decoder(path, vocabulary, rng, context=2):
    """icefall's: embeddings of the last tokens (none for -1), a convolution, ReLU, a projection."""
    graph = _Graph(rng)
    known = graph.node("Not", graph.node("Less", "y", graph.weight(np.int64(0))))
    mask = graph.node("Unsqueeze", graph.node("Cast", known, to=FLOAT), graph.weight([2]))
    tokens = graph.node("Max", "y", graph.weight(np.int64(0)))
    embedded = graph.node("Gather", graph.random(vocabulary, 16), tokens)
    embedded = graph.node("Mul", embedded, mask)
    mixed = graph.node("Mul", embedded, graph.random(context, 16))
    hidden = graph.node("Relu", graph.node("ReduceSum", mixed, graph.weight([1]), keepdims=0))
    graph.node("MatMul", hidden, graph.random(16, JOINER_DIM, scale=0.3), out="decoder_out")
    graph.save(
        path,
        [("y", ("N", context), INT64)],
        [("decoder_out", ("N", JOINER_DIM), FLOAT)],
        {"context_size": context, "vocab_size": vocabulary},
    )


def write_joiner(path, vocabulary, rng, blank, sharpness):
    graph = _Graph(rng)
    hidden = graph.node("Tanh", graph.node("Add", "encoder_out", "decoder_out"))
    scores = graph.node("MatMul", hidden, graph.random(JOINER_DIM, vocabulary, scale=sharpness))
    bias = np.zeros(vocabulary, np.float32)
    # The blank often, what stands for no text hardly ever, as in a trained model.
    bias[:3] = blank * sharpness, -30.0 * sharpness, -30.0 * sharpness
    graph.node("Add", scores, graph.weight(bias), out="logit")
    graph.save(
        path,
        [(name, ("N", JOINER_DIM), FLOAT) for name in ("encoder_out", "decoder_out")],
        [("logit", ("N", vocabulary), FLOAT)],
        {"joiner_dim": JOINER_DIM},
    )


def write_tokens(path, tokens):
    lines = (f"{token} {number}\n" for number, token in enumerate(chain(tokens, ("#0", "#1"))))
    path.write_text("".join(lines), "utf8")


def write_export(
    folder, kind, *, seed=0, tag="-epoch-99-avg-1", tokens=TOKENS, blank=8.0, sharpness=1.0
):
    """A model of a kind in `folder`, with every file that a published one has."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    write_encoder(folder / f"encoder{tag}.onnx", EXPORTS[kind](), rng)
    write_decoder(folder / f"decoder{tag}.onnx", len(tokens), rng)
    write_joiner(folder / f"joiner{tag}.onnx", len(tokens), rng, blank, sharpness)
    write_tokens(folder / "tokens.txt", tokens)
    return folder
