"""Matrix products of an ONNX file with int8 weights in blocks, and tables that share them.

Products become ONNX Runtime's `MatMulNBits`, and a table of embeddings `GatherBlockQuantized`, so
that vectors that go in and come out are stored once, which its other operators cannot do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from assistant.asr.networks.network import Floats

BITS = 8
LIMIT = 127
OFFSET = 128
BLOCK = 128
"""Weights that share a scale."""
SMALL = 256
"""With fewer outputs a matrix stays as it is."""
_DOMAIN = "com.microsoft"
_INT8_ACTIVATIONS = 4


def quantise(source: Path, target: Path) -> None:
    """Write a copy of a float32 model with int8 weights where there is room to be won."""
    model = onnx.load(source)
    graph = model.graph
    quantiser = _Quantiser(graph)
    nodes = [made for node in graph.node for made in (list(quantiser.replaced(node)) or [node])]
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [each for each in graph.initializer if each.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    model.opset_import.append(helper.make_opsetid(_DOMAIN, 1))
    onnx.save(model, target)


class _Quantiser:
    """Makes the nodes that stand for others, and adds to a graph the weights that they need."""

    def __init__(self, graph: Any) -> None:  # noqa: ANN401
        self._graph = graph
        self._constants = {each.name: each for each in graph.initializer}
        self._stored: dict[bytes, str] = {}

    def replaced(self, node: Any) -> Iterator[Any]:  # noqa: ANN401
        """The nodes that stand for one with a constant matrix; none where it is to stay."""
        place = {"MatMul": 1, "Gemm": 1, "Gather": 0}.get(node.op_type)
        if place is None or node.input[place] not in self._constants:
            return
        weight = numpy_helper.to_array(self._constants[node.input[place]])
        if weight.ndim != 2 or weight.dtype != np.float32:
            return
        turned = any(each.name == "transB" and each.i for each in node.attribute)
        rows = weight if turned or place == 0 else np.ascontiguousarray(weight.T)
        if len(rows) < SMALL or rows.shape[1] % BLOCK:
            return
        name = self._added(rows)
        yield from self._table(node, name) if place == 0 else self._product(node, rows, name)

    def _product(self, node: Any, rows: Floats, name: str) -> Iterator[Any]:  # noqa: ANN401
        biased = len(node.input) == 3
        output = f"{node.output[0]}_unbiased" if biased else node.output[0]
        yield helper.make_node(
            "MatMulNBits",
            [node.input[0], name, f"{name}_scales"],
            [output],
            domain=_DOMAIN,
            K=rows.shape[1],
            N=rows.shape[0],
            bits=BITS,
            block_size=BLOCK,
            accuracy_level=_INT8_ACTIVATIONS,
        )
        if biased:
            yield helper.make_node("Add", [output, node.input[2]], list(node.output))

    def _table(self, node: Any, name: str) -> Iterator[Any]:  # noqa: ANN401
        """Rows of a table, in the shape that its operator wants."""
        shape = f"{name}_row"
        self._add(shape, np.array([0, -1], np.int64))
        flat = [f"{name}_rows", f"{name}_row_scales"]
        yield helper.make_node("Reshape", [name, shape], [flat[0]])
        yield helper.make_node("Identity", [f"{name}_scales"], [flat[1]])
        yield helper.make_node(
            "GatherBlockQuantized",
            [flat[0], node.input[1], flat[1]],
            list(node.output),
            domain=_DOMAIN,
            bits=BITS,
            block_size=BLOCK,
            gather_axis=0,
            quantize_axis=1,
        )

    def _added(self, rows: Floats) -> str:
        """The name of a matrix's values; its scales' is that with `_scales`."""
        key = rows.tobytes()
        if key not in self._stored:
            name = self._stored[key] = f"matrix_{len(self._stored)}"
            values, scales = rounded(rows)
            self._add(name, values)
            self._add(f"{name}_scales", scales)
        return self._stored[key]

    def _add(self, name: str, values: NDArray[Any]) -> None:
        self._graph.initializer.append(numpy_helper.from_array(values, name))


def rounded(rows: Floats) -> tuple[NDArray[np.uint8], Floats]:
    """Values uint8 [N, blocks, BLOCK] and scales [N, blocks] of weights [N, K].

    OFFSET is added to the values, so that they have no sign.
    """
    blocks = rows.reshape(len(rows), -1, BLOCK)
    scales = np.abs(blocks).max(axis=2) / LIMIT
    steps = np.where(scales > 0, scales, 1.0)[..., None]
    return (np.rint(blocks / steps) + OFFSET).astype(np.uint8), scales.astype(np.float32)
