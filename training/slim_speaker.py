"""Make the speaker model's graph small: `python -m training.slim_speaker FOLDER`.

FOLDER has the `network.onnx` of `training.export_speaker`, and gets `network.ort` in its place.
It computes the same with fewer nodes, each of which takes some 4 kB once it is loaded: ONNX
Runtime's fusions are done once, here; convolutions write the scale that the next ones read; and
what is computed twice, or kept twice, is so once. ONNX Runtime's own format is loaded without what
parsing ONNX leaves in memory, 2 MB. Nothing in it depends on the processor.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import onnx
import onnxruntime

from assistant.speaker.manifest import NETWORK
from training.export_speaker import EXPORTED

_SCALE: Final = slice(1, 3)
"""The inputs of nodes that read or write integers, which say what these mean: scale and zero."""
_CONV_OUT_SCALE: Final = slice(6, 8)
_FLOATS: Final = "DequantizeLinear"
_INTEGERS: Final = "QuantizeLinear"


def slim(source: Path, target: Path) -> None:
    """Write a network that computes the same: ONNX to ONNX Runtime's format."""
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / EXPORTED
        onnx.save(slimmed(source), small)
        _optimise(small, target, onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)


def slimmed(source: Path) -> onnx.ModelProto:
    """A network with the fewest nodes that compute the same."""
    model = _fused(source)
    graph = model.graph
    _rename_inputs(graph.node, _equal_constants(graph))
    _scale_once(graph.node)
    _share_equal_nodes(graph.node)
    _drop_unused(graph)
    del graph.value_info[:]
    _shorten_names(graph)
    onnx.checker.check_model(model)
    return model


def _fused(source: Path) -> onnx.ModelProto:
    """With the fusions of ONNX Runtime that any processor can run."""
    with tempfile.TemporaryDirectory() as folder:
        fused = Path(folder) / EXPORTED
        _optimise(source, fused, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED)
        return onnx.load(fused)


def _optimise(source: Path, target: Path, level: onnxruntime.GraphOptimizationLevel) -> None:
    """Write what ONNX Runtime makes of a network, in the format that the target's name ends in."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.optimized_model_filepath = str(target)
    onnxruntime.InferenceSession(str(source), options, ["CPUExecutionProvider"])


def _scale_once(nodes: Iterable[onnx.NodeProto]) -> None:
    """Let a convolution write what the next one reads, where its output is only scaled anew.

    Most such places are ReLUs: the next one's integers begin at 0, so what is below is cut off
    there as it was before.
    """
    readers: Mapping[str, list[onnx.NodeProto]] = defaultdict(list)
    for node in nodes:
        for name in node.input:
            readers[name].append(node)
    for node in nodes:
        read = readers[node.output[0]]
        if node.op_type != "QLinearConv" or [each.op_type for each in read] != [_FLOATS]:
            continue
        again = readers[read[0].output[0]]
        if [each.op_type for each in again] == [_INTEGERS]:
            node.input[_CONV_OUT_SCALE] = again[0].input[_SCALE]
            _rename_inputs(readers[again[0].output[0]], {again[0].output[0]: node.output[0]})


def _share_equal_nodes(nodes: Iterable[onnx.NodeProto]) -> None:
    """Compute once what several nodes, in order of what they need, compute alike."""
    first: dict[bytes, str] = {}
    same: dict[str, str] = {}
    for node in nodes:
        _rename_inputs([node], same)
        alike = onnx.NodeProto.FromString(node.SerializeToString())
        alike.ClearField("name")
        alike.ClearField("output")
        if len(node.output) == 1:
            name = first.setdefault(alike.SerializeToString(deterministic=True), node.output[0])
            same[node.output[0]] = name


def _equal_constants(graph: onnx.GraphProto) -> dict[str, str]:
    first: dict[tuple[int, tuple[int, ...], bytes], str] = {}
    same: dict[str, str] = {}
    for each in graph.initializer:
        key = (each.data_type, tuple(each.dims), onnx.numpy_helper.to_array(each).tobytes())
        if (name := first.setdefault(key, each.name)) != each.name:
            same[each.name] = name
    return same


def _rename_inputs(nodes: Iterable[onnx.NodeProto], names: dict[str, str]) -> None:
    for node in nodes:
        for at, name in enumerate(node.input):
            node.input[at] = names.get(name, name)


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Keep what the output needs, each node after what it needs."""
    by = {out: node for node in graph.node for out in node.output}
    kept: list[onnx.NodeProto] = []
    needed: set[str] = set()
    waiting = [(graph.output[0].name, False)]
    while waiting:
        name, ready = waiting.pop()
        node = by.get(name)
        if ready and node is not None:
            kept.append(onnx.NodeProto.FromString(node.SerializeToString()))
        elif name not in needed:
            needed.add(name)
            if node is not None:
                waiting.append((name, True))
                waiting += [(each, False) for each in node.input]
    constants = [each for each in graph.initializer if each.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(kept)
    graph.initializer.extend(constants)


def _shorten_names(graph: onnx.GraphProto) -> None:
    names = {each.name: each.name for each in (*graph.input, *graph.output)} | {"": ""}

    def short(name: str) -> str:
        return names.setdefault(name, f"t{len(names)}")

    for number, node in enumerate(graph.node):
        node.name, node.doc_string = f"n{number}", ""
        node.input[:] = [short(each) for each in node.input]
        node.output[:] = [short(each) for each in node.output]
    for constant in graph.initializer:
        constant.name = short(constant.name)


def main() -> None:
    """Read the arguments, and write the network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    folder = parser.parse_args().folder
    slim(folder / EXPORTED, folder / NETWORK)
    (folder / EXPORTED).unlink()
    sys.stdout.write(f"{(folder / NETWORK).stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
