"""Matrix products of an ONNX file with weights of 4 bits.

They become ONNX Runtime's `MatMulNBits`, a block of weights with a scale each, and a table of
embeddings `GatherBlockQuantized`. Weights that lie on a grid of 4 bits already, a scale for each
output, as `training.calibrate` puts them, are kept exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

Floats = NDArray[np.float32]

BLOCK = 128
"""Weights that share a scale."""
LIMIT = 7
OFFSET = 8
"""Added to a value, so that it is stored without a sign."""
SMALL = 256
"""With fewer outputs a matrix stays as it is."""
_CLIPS = np.linspace(0.7, 1.0, 16)
_DOMAIN = "com.microsoft"
_INT8_ACTIVATIONS = 4
_EXACT = 2e-3


def quantise(source: Path, target: Path) -> None:
    """Write a copy of a float32 model with 4-bit weights where there is room to be won."""
    model = onnx.load(source)
    graph = model.graph
    constants = {each.name: each for each in graph.initializer}
    tables: dict[bytes, str] = {}
    nodes: list[Any] = []
    for node in graph.node:
        made = list(_replaced(node, constants, graph, tables))
        nodes += made or [node]
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [each for each in graph.initializer if each.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    model.opset_import.append(helper.make_opsetid(_DOMAIN, 1))
    onnx.save(model, target)


def _replaced(
    node: Any,  # noqa: ANN401
    constants: dict[str, Any],
    graph: Any,  # noqa: ANN401
    tables: dict[bytes, str],
) -> Iterator[Any]:
    """The nodes that stand for one with a constant matrix; none where it is to stay."""
    place = {"MatMul": 1, "Gemm": 1, "Gather": 0}.get(node.op_type)
    if place is None or node.input[place] not in constants:
        return
    weight = numpy_helper.to_array(constants[node.input[place]])
    if weight.ndim != 2 or weight.dtype != np.float32:
        return
    transposed = node.op_type == "Gather" or any(a.name == "transB" and a.i for a in node.attribute)
    rows = weight if transposed else np.ascontiguousarray(weight.T)
    if rows.shape[0] < SMALL or rows.shape[1] % BLOCK:
        return
    stored, scales = _stored(rows, graph, tables)
    if node.op_type == "Gather":
        yield from _table(node, rows.shape, stored, scales, graph)
        return
    biased = len(node.input) == 3
    yield helper.make_node(
        "MatMulNBits",
        [node.input[0], stored, scales],
        [f"{node.output[0]}_unbiased" if biased else node.output[0]],
        domain=_DOMAIN,
        K=rows.shape[1],
        N=rows.shape[0],
        bits=4,
        block_size=BLOCK,
        accuracy_level=_INT8_ACTIVATIONS,
    )
    if biased:
        inputs = [f"{node.output[0]}_unbiased", node.input[2]]
        yield helper.make_node("Add", inputs, list(node.output))


def _table(
    node: Any,  # noqa: ANN401
    shape: tuple[int, ...],
    stored: str,
    scales: str,
    graph: Any,  # noqa: ANN401
) -> Iterator[Any]:
    """Rows of a table; its values may be those of a product, in another shape."""
    name = node.output[0]
    for suffix, sizes in (("rows", [shape[0], -1]), ("scale_rows", [shape[0], -1])):
        graph.initializer.append(
            numpy_helper.from_array(np.array(sizes, np.int64), f"{name}_{suffix}_shape")
        )
    yield helper.make_node("Reshape", [stored, f"{name}_rows_shape"], [f"{name}_rows"])
    yield helper.make_node("Reshape", [scales, f"{name}_scale_rows_shape"], [f"{name}_scale_rows"])
    yield helper.make_node(
        "GatherBlockQuantized",
        [f"{name}_rows", node.input[1], f"{name}_scale_rows"],
        list(node.output),
        domain=_DOMAIN,
        bits=4,
        block_size=BLOCK,
        gather_axis=0,
        quantize_axis=1,
    )


def _stored(
    rows: Floats,
    graph: Any,  # noqa: ANN401
    tables: dict[bytes, str],
) -> tuple[str, str]:
    """Names of a matrix's values and scales; the same matrix is stored once."""
    key = rows.tobytes()
    if key not in tables:
        tables[key] = f"matrix_{len(tables)}"
        values, scales = _on_grid(rows)
        packed = values[..., 0::2] | values[..., 1::2] << 4
        graph.initializer.append(numpy_helper.from_array(packed, tables[key]))
        graph.initializer.append(numpy_helper.from_array(scales.ravel(), f"{tables[key]}_scales"))
    return tables[key], f"{tables[key]}_scales"


def _on_grid(rows: Floats) -> tuple[NDArray[np.uint8], Floats]:
    """Values uint8 [N, blocks, BLOCK] and scales [N, blocks] of weights [N, K]."""
    outputs, inputs = rows.shape
    blocks = rows.reshape(outputs, -1, BLOCK)
    scales = np.repeat(_known_scales(rows)[:, None], inputs // BLOCK, axis=1)
    unknown = np.isnan(scales)
    scales[unknown] = _best_scales(blocks[unknown])
    safe = np.where(scales > 0, scales, 1.0)[..., None]
    values = np.clip(np.rint(blocks / safe), -LIMIT, LIMIT) + OFFSET
    return values.astype(np.uint8), scales.astype(np.float32)


def _known_scales(rows: Floats) -> Floats:
    """The scale of each row that lies on a grid; no number where it does not."""
    top = np.abs(rows).max(axis=1)
    found = np.where(top > 0, np.nan, 0.0).astype(np.float32)
    for steps in range(LIMIT, 0, -1):
        scale = np.where(top > 0, top / steps, 1.0)[:, None]
        off = np.abs(rows / scale - np.rint(rows / scale)).max(axis=1)
        found = np.where((off < _EXACT) & np.isnan(found), scale[:, 0], found)
    return found


def _best_scales(blocks: Floats) -> Floats:
    """The scale of each block that loses least."""
    full = np.abs(blocks).max(axis=1) / LIMIT
    best, least = full, np.full(len(blocks), np.inf)
    for clip in _CLIPS:
        steps = np.where(full > 0, full * clip, 1.0)[:, None]
        off = blocks - np.clip(np.rint(blocks / steps), -LIMIT, LIMIT) * steps
        lost = np.square(off).sum(axis=1)
        best, least = np.where(lost < least, full * clip, best), np.minimum(lost, least)
    return np.asarray(best, np.float32)
