"""Make the speaker model's graph small: `python -m training.slim_speaker FOLDER`.

It computes the same numbers with fewer nodes, so it takes less memory once it is loaded: ONNX
Runtime's fusions are done once, here, which segment a frame lies in is worked out once and not in
each of the 52 layers, and equal constants are kept once. `manifest.json` gets the new checksum.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import onnx
import onnxruntime

from assistant.speaker.manifest import NETWORK, read_manifest, write_manifest
from training.calibrate_speaker import LICENCE, NAME

LAYERS: Final = 52
_SHARED: Final = ("/cam_layer/Cast_3_output_0", "/cam_layer/Clip_output_0")
"""Ends of torch's names of what is the same in each layer: which segment a frame lies in, and how
many frames lie in each."""


def slim(path: Path) -> None:
    """Rewrite a network; raises `ValueError` for one without the layers."""
    model = _fused(path)
    graph = model.graph
    _rename_inputs(graph.node, _shared_outputs(graph) | _equal_constants(graph))
    _drop_unused(graph)
    del graph.value_info[:]
    _shorten_names(graph)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _fused(path: Path) -> onnx.ModelProto:
    """With the fusions of ONNX Runtime that any processor can run."""
    with tempfile.TemporaryDirectory() as folder:
        fused = Path(folder) / NETWORK
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(fused)
        onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
        return onnx.load(str(fused))


def _shared_outputs(graph: onnx.GraphProto) -> dict[str, str]:
    """What may stand for each layer's own: the first layer's."""
    same: dict[str, str] = {}
    for end in _SHARED:
        found = [out for node in graph.node for out in node.output if out.endswith(end)]
        if len(found) != LAYERS:
            raise ValueError(f"{len(found)} layers have {end}, not {LAYERS}: is it slim already?")
        same |= dict.fromkeys(found[1:], found[0])
    return same


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
    """Read the arguments, and rewrite the folder's network and manifest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    folder = parser.parse_args().folder
    calibration = read_manifest(folder).calibration
    slim(folder / NETWORK)
    write_manifest(folder, NAME, LICENCE, calibration)
    sys.stdout.write(f"{(folder / NETWORK).stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
