"""Write a model folder: `python -m training.export CHECKPOINT OUT [--float32]`.

CHECKPOINT is a training run's folder, with `checkpoint.pt` or half-precision `weights.pt`, and
`tokens.txt`. OUT gets `encoder.onnx`, `predictor.onnx`, `joiner.onnx`, `tokens.txt`, `words.txt`
where there is one, with an attention decoder its parts and `ctc.npz`, and `manifest.json`. Both
precisions are written in one run: what OUT holds is int8 (`--float32`: the other), and the other
lies in its sub-folder `float32` (or `int8`).

`--runtime edge` writes `model.edge` instead, and leaves alone what else is in OUT. A release
(`--version`) of no other files gets a manifest, too, which may name the model beside it whose list
of words it shares (`--words-of`). `--bits 4` stores most weights in 4 bits, `--sparsity 0.5` prunes
half of the blocks; a model that was trained sparse needs no pruning. `--speech CORPUS ...` fits
pruning and rounding to recordings, which loses much less. The manifest does not list `model.edge`:
a patch may replace it, and it has checksums of its own.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch
import yaml
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from assistant.asr.networks.ctc import CtcOutput
from assistant.asr.networks.manifest import (
    CROSS_KV,
    CTC,
    DECODER_STEP,
    INNER,
    PIECES,
    FileEntry,
    Manifest,
    write_manifest,
)
from assistant.asr.networks.model_folder import RUNTIMES
from assistant.asr.vocabulary import lexicon
from assistant.edge.matrix import BITS
from assistant.edge.model import FILE_NAME
from assistant.edge.network import FRAMES_PER_STEP
from training import blockwise, saved_weights
from training.model import DECODER, ModelSettings, Transducer
from training.pack import pack, speech_of
from training.saved_weights import WEIGHTS, companion
from training.streaming import StreamingEncoder, StreamingPredictor
from training.streaming_decoder import Hearing, Writing
from training.tokens import BLANK, EOS

OPSET = 17
PARTS = ("encoder", "predictor", "joiner")


def load(folder: Path, **shape: int) -> Transducer:
    """The trained model of a run; `shape` sets what its weights do not tell.

    Raises:
        FileNotFoundError: the folder holds no weights.

    """
    weights = _weights(folder)
    model = Transducer(replace(_settings(weights), **shape))
    model.load_state_dict({name: value.float() for name, value in weights.items()})
    return model.eval()


def without_decoder(model: Transducer) -> Transducer:
    """The transducer alone."""
    alone = Transducer(replace(model.settings, pieces=0))
    weights = model.state_dict()
    alone.load_state_dict({key: weights[key] for key in weights if not key.startswith(DECODER)})
    return alone.eval()


def _weights(folder: Path) -> dict[str, Tensor]:
    checkpoint, half = folder / "checkpoint.pt", folder / WEIGHTS
    if checkpoint.exists():
        state: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
        average: dict[str, Tensor] = state["average"]
        return average
    if half.exists():
        return saved_weights.read(half)
    raise FileNotFoundError(f"{folder} has neither checkpoint.pt nor weights.pt: train first")


def _settings(weights: dict[str, Tensor]) -> ModelSettings:
    """The shape of a model, read off its weights; what they do not tell has its default."""
    width, mels, _ = weights["encoder.conv1.weight"].shape
    hidden, stacked = weights["encoder.up.weight"].shape
    vocabulary, joint = weights["joiner.out.weight"].shape
    blocks = {name.split(".")[2] for name in weights if name.startswith("encoder.blocks.")}
    return ModelSettings(
        vocabulary=vocabulary,
        mels=mels,
        width=width,
        heads=max(1, width // 64),
        layers=len(blocks),
        stack=stacked // width,
        hidden=hidden,
        joint=joint,
        context=weights["predictor.conv.weight"].shape[2],
        **_decoder_settings(weights),
    )


def _decoder_settings(weights: dict[str, Tensor]) -> dict[str, int]:
    names = [name for name in weights if name.startswith(f"{DECODER}blocks.")]
    if not names:
        return {}
    layers = len({name.split(".")[2] for name in names})
    pieces = len(weights[f"{DECODER}token_embedding.weight"])
    return {"pieces": pieces, "decoder_layers": layers}


def export(model: Transducer, tokens: Path, folder: Path, manifest: Manifest) -> None:
    """Write a float32 model folder. `tokens` is the file of pieces."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = model.settings
    encoder = StreamingEncoder(model.encoder)
    names = encoder.state_names()
    frames = settings.chunk * FRAMES_PER_STEP
    _export(
        encoder,
        (torch.zeros(1, frames, settings.mels), *encoder.initial_state()),
        folder / "encoder.onnx",
        ["features", *names],
        ["encoder_out", *(f"next_{name}" for name in names), *([INNER] if settings.pieces else [])],
        {"features": {1: "frames"}, "encoder_out": {1: "outputs"}, INNER: {1: "steps"}},
    )
    if settings.pieces:
        _export_decoder(model, folder)
        write_ctc(model, folder)
    batch = {0: "batch"}
    _export(
        StreamingPredictor(model.predictor),
        (torch.zeros(2, settings.context, dtype=torch.int64),),
        folder / "predictor.onnx",
        ["y"],
        ["predictor_out"],
        {"y": batch, "predictor_out": batch},
    )
    joint = torch.zeros(2, settings.joint)
    _export(
        model.joiner,
        (joint, joint),
        folder / "joiner.onnx",
        ["encoder_out", "predictor_out"],
        ["logit"],
        {"encoder_out": batch, "predictor_out": batch, "logit": batch},
    )
    _copy_lists(tokens.parent, folder)
    write_manifest(folder, manifest)


def write_ctc(model: Transducer, folder: Path) -> None:
    """Write the CTC output, which finds sentences that the attention decoder then ranks."""
    weight, bias = model.ctc.weight.detach().numpy(), model.ctc.bias.detach().numpy()
    CtcOutput(weight, bias).write(folder / CTC)


def _export_decoder(model: Transducer, folder: Path) -> None:
    settings, decoder = model.settings, model.decoder
    size = settings.width // settings.heads
    _export(
        Hearing(decoder),
        (torch.zeros(1, 2 * settings.chunk, settings.width),),
        folder / CROSS_KV,
        [INNER],
        ["keys", "values"],
        {INNER: {1: "steps"}, "keys": {3: "steps"}, "values": {2: "steps"}},
    )
    layers, heads, sentences = settings.decoder_layers, settings.heads, 2
    past = torch.zeros(layers, sentences, heads, 3, size)
    heard = torch.zeros(layers, heads, size, 2 * settings.chunk)
    pieces = torch.zeros(sentences, dtype=torch.int64)
    written = {1: "sentences", 3: "written"}
    _export(
        Writing(decoder),
        (pieces, torch.tensor([3]), heard, heard.transpose(2, 3), past, past),
        folder / DECODER_STEP,
        ["pieces", "position", "keys", "values", "past_keys", "past_values"],
        ["log_probs", "next_keys", "next_values"],
        {
            "pieces": {0: "sentences"},
            "keys": {3: "steps"},
            "values": {2: "steps"},
            "past_keys": written,
            "past_values": written,
            "log_probs": {0: "sentences"},
            "next_keys": {1: "sentences", 3: "longer"},
            "next_values": {1: "sentences", 3: "longer"},
        },
    )


def _copy_lists(
    source: Path, folder: Path, names: Sequence[str] = ("tokens.txt", lexicon.FILE, PIECES, CTC)
) -> None:
    """The tokens, and words and pieces where there are lists of them, and the CTC output."""
    for name in names:
        list_file = companion(source, name)
        if list_file.exists() and list_file.resolve() != (folder / name).resolve():
            shutil.copy(list_file, folder / name)


def _export(  # noqa: PLR0917
    module: nn.Module,
    arguments: tuple[Tensor, ...],
    path: Path,
    inputs: Sequence[str],
    outputs: Sequence[str],
    axes: dict[str, dict[int, str]],
) -> None:
    # The tracing exporter takes seconds where the newer one takes a minute, and the graphs of
    # these small modules do not differ.
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            arguments,
            str(path),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def quantise(source: Path, folder: Path, manifest: Manifest) -> None:
    """Write an int8 copy of a float32 model folder.

    Weights of matrix products become int8, with a scale for each output; activations are
    quantised as they come. The first convolution stays in float32: it is small, and it sees the
    features, where a wrong scale would hurt most.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        _quantise(source / f"{part}.onnx", folder / f"{part}.onnx")
    for name in (CROSS_KV, DECODER_STEP):
        if (source / name).exists():
            blockwise.quantise(source / name, folder / name)
    _copy_lists(source, folder)
    write_manifest(folder, manifest)


def _quantise(source: Path, target: Path) -> None:
    with _quiet():  # it advises preprocessing that changes nothing
        quantize_dynamic(
            source,
            target,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],
            per_channel=True,
            weight_type=QuantType.QInt8,
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Only errors are logged meanwhile, by whichever library."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def manifest_of(
    model: Transducer, name: str, language: str, licence: str, version: str = ""
) -> Manifest:
    """What a folder of this model says of itself, the commit at which it is written included."""
    settings = model.settings
    return Manifest(
        name=name,
        language=language,
        licence=licence,
        version=version,
        commit=_commit(),
        mels=settings.mels,
        chunk_frames=settings.chunk * FRAMES_PER_STEP,
        frame_multiple=settings.stack * FRAMES_PER_STEP,
        whole_frames=settings.whole * FRAMES_PER_STEP,
        blank_id=BLANK,
        eos_id=EOS,
        context_size=settings.context,
    )


def _commit() -> str:
    """The commit that is checked out; empty where this is no clone."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    with suppress(OSError):
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return ""


def _manifest(model: Transducer, args: argparse.Namespace, name: str) -> Manifest:
    """What the folder says of itself that the command line asks for."""
    manifest = manifest_of(model, name, args.language, args.licence, args.version)
    return replace(manifest, streaming_model=args.streaming_model)


def _write_edge(model: Transducer, args: argparse.Namespace, name: str) -> None:
    args.out.mkdir(parents=True, exist_ok=True)
    size = pack(
        model.state_dict(),
        model.settings,
        companion(args.checkpoint, "tokens.txt"),
        args.out / FILE_NAME,
        weight_bits=args.bits or 8,
        sparsity=args.sparsity,
        speech=[each for folder in args.speech or () for each in speech_of(folder)],
        pieces=companion(args.checkpoint, PIECES),
        name=name,
    )
    if not args.words_of:
        _copy_lists(args.checkpoint, args.out, [lexicon.FILE])
    if (args.version or args.words_of) and not any(args.out.glob("*.onnx")):
        manifest = _manifest(model, args, name)
        words = {lexicon.FILE: FileEntry(0, "", args.words_of)} if args.words_of else {}
        write_manifest(args.out, replace(manifest, files=words))
    print(f"edge: {args.out / FILE_NAME} {size / 1e6:.2f} MB")


def _write_onnx(model: Transducer, args: argparse.Namespace, name: str) -> None:
    manifest = _manifest(model, args, name)
    other = "int8" if args.float32 else "float32"
    folders = {"float32": args.out, "int8": args.out, other: args.out / other}
    with tempfile.TemporaryDirectory() as made:
        export(model, args.checkpoint / "tokens.txt", Path(made), manifest)
        quantise(Path(made), folders["int8"], manifest)
        folders["float32"].mkdir(parents=True, exist_ok=True)
        for path in Path(made).iterdir():
            shutil.copy(path, folders["float32"])
    for kind in ("float32", "int8"):
        size = sum(path.stat().st_size for path in folders[kind].iterdir() if path.is_file())
        print(f"{kind}: {folders[kind]} {size / 1e6:.2f} MB")


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="a training run's folder")
    parser.add_argument("out", type=Path, help="the model folder to write")
    parser.add_argument("--runtime", choices=RUNTIMES, default="onnx", help="what will execute it")
    parser.add_argument("--float32", action="store_true", help="OUT holds float32 rather than int8")
    parser.add_argument("--bits", type=int, choices=BITS, help="edge: of most weights; default: 8")
    parser.add_argument("--sparsity", type=float, help="edge: the share of blocks to set to zero")
    parser.add_argument(
        "--speech", type=Path, nargs="+", help="edge: corpora as `training.prepare` makes them"
    )
    parser.add_argument(
        "--transducer-only", action="store_true", help="leave out the attention decoder"
    )
    parser.add_argument("--recipe", type=Path, help="the recipe, when it changes the model's shape")
    parser.add_argument("--name", default=None, help="default: the name of OUT")
    parser.add_argument("--version", default="", help="of a release: its date, 2026.11.28")
    parser.add_argument(
        "--words-of", default="", metavar="MODEL", help="edge: the model beside OUT with its words"
    )
    parser.add_argument(
        "--streaming-model", default="", metavar="MODEL", help="the model beside OUT for the stream"
    )
    parser.add_argument("--language", default="en")
    parser.add_argument("--licence", default="Apache-2.0")
    args = parser.parse_args(arguments)
    edge = args.runtime == "edge"
    if edge and args.float32:
        parser.error("--float32 is of the ONNX files: leave it out with --runtime edge")
    if not edge and (args.bits, args.sparsity, args.speech, args.words_of) != (None,) * 3 + ("",):
        parser.error("--bits, --sparsity, --speech and --words-of need --runtime edge")
    if args.sparsity is not None and not 0 <= args.sparsity < 1:
        parser.error(f"--sparsity is {args.sparsity}: it may be 0 to below 1")
    known = {field.name for field in fields(ModelSettings)}
    recipe = yaml.safe_load(args.recipe.read_text("utf8")) if args.recipe else {}
    shape = {key: value for key, value in recipe.get("model", {}).items() if key in known}
    model = load(args.checkpoint, **shape)
    if args.transducer_only:
        model = without_decoder(model)
    (_write_edge if edge else _write_onnx)(model, args, args.name or args.out.name)


if __name__ == "__main__":
    main()
