"""Measures the edge runtime against ONNX Runtime int8: speed, memory, bytes, distance from float.

    python tools/measure_edge.py [RUN] [--seconds 60]

RUN: a training run's folder; without it the shipped shape with random weights, which is as fast as
any other. Half the blocks are pruned by magnitude where the table says so. One thread; the runtimes
take turns in one process, and the best of the rounds counts. Run it under `taskset -c 0`.
"""

# ruff: noqa: INP001 - a script, not part of a package
from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.asr.features.whisper_mel import log_mel
from assistant.asr.networks.network import Floats, Network

VARIANTS = {
    "edge 8 bit": (8, None),
    "edge 8 bit, 50 % sparse": (8, 0.5),
    "edge 4 bit": (4, None),
    "edge 4 bit, 50 % sparse": (4, 0.5),
}
ONNX = "onnx int8"
ROUNDS = 7
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A runtime with a model."""

    name: str
    path: Path

    def load(self) -> Network:
        """Open it; imports no more than its runtime."""
        if self.name == ONNX:
            from assistant.asr.networks.onnx import OnnxNetwork  # noqa: PLC0415

            return OnnxNetwork.load(self.path)
        from assistant.edge.network import EdgeNetwork  # noqa: PLC0415

        return EdgeNetwork.load(self.path)

    @property
    def weights_bytes(self) -> int:
        """Bytes of the weights in memory."""
        if self.path.is_dir():
            return sum(path.stat().st_size for path in self.path.glob("*.onnx"))
        return self.path.stat().st_size


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, default=60.0, help="audio in a round")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(json.dumps(memory(Candidate(args.child[0], Path(args.child[1])))))  # noqa: T201
        return
    with tempfile.TemporaryDirectory() as made:
        measure(args.run, Path(made), args.seconds)


def measure(run: Path | None, folder: Path, seconds: float) -> None:
    """Print the table."""
    model, candidates = prepare(run, folder)
    features = recordings()
    expected = floats(model, features)
    networks = {candidate.name: candidate.load() for candidate in candidates}
    chunks = max(1, round(seconds * 100 / 32))
    best = dict.fromkeys(networks, (np.inf, np.inf))
    for _ in range(ROUNDS):
        for name, network in networks.items():
            times = (encoding(network, chunks), whole(network, chunks))
            best[name] = (min(best[name][0], times[0]), min(best[name][1], times[1]))
    say(f"{'':<26} {'encoder':>9} {'all':>9} {'faster':>7} {'weights':>8} {'peak':>7} {'error':>6}")
    for candidate in candidates:
        encoder_ms, all_ms = (1e3 * value / chunks for value in best[candidate.name])
        faster = best[ONNX][1] / best[candidate.name][1]
        outputs = streamed(networks[candidate.name], features)
        error = np.linalg.norm(outputs - expected) / np.linalg.norm(expected - expected.mean(0))
        peak = child(candidate)["peak_rss_bytes"]
        say(
            f"{candidate.name:<26} {encoder_ms:>6.3f} ms {all_ms:>6.3f} ms {faster:>6.2f}x"
            f" {candidate.weights_bytes / 1e6:>5.2f} MB {peak / 1e6:>4.0f} MB {error:>6.1%}"
        )
    say("times: a chunk of 320 ms; all: with joiner for each output and predictor for every fourth")
    say("peak: of a process that loads and runs this alone; error: of encoder outputs, to float32")
    roofline(candidates[2], best[candidates[2].name][0] / chunks)


def prepare(run: Path | None, folder: Path) -> tuple[Any, list[Candidate]]:
    """The float model, and it exported in every way."""
    sys.path.insert(0, str(ROOT))
    import torch  # noqa: PLC0415

    from training.export import (  # noqa: PLC0415
        export,
        load,
        manifest_of,
        quantise,
        without_decoder,
    )
    from training.model import ModelSettings, Transducer  # noqa: PLC0415
    from training.pack import pack  # noqa: PLC0415
    from training.saved_weights import companion  # noqa: PLC0415

    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = without_decoder(load(run)) if run else Transducer(ModelSettings()).eval()
    if run:
        tokens = companion(run, "tokens.txt")
    else:
        tokens = folder / "made" / "tokens.txt"
        tokens.parent.mkdir()
        lines = (f"t{index} {index}\n" for index in range(model.settings.vocabulary))
        tokens.write_text("".join(lines), "utf8")
    manifest = manifest_of(model, "measured", "en", "Apache-2.0")
    export(model, tokens, folder / "float32", manifest)
    quantise(folder / "float32", folder / "int8", manifest)
    candidates = [Candidate(ONNX, folder / "int8")]
    for name, (bits, sparsity) in VARIANTS.items():
        path = folder / f"{bits}-{sparsity}.edge"
        state = model.state_dict()
        pack(state, model.settings, tokens, path, weight_bits=bits, sparsity=sparsity)
        candidates.append(Candidate(name, path))
    return model, candidates


def recordings() -> Floats:
    """Features of the demo's recordings, one after the other; a multiple of 32 frames."""
    import soundfile  # noqa: PLC0415

    paths = sorted((ROOT / "demo").glob("*.ogg"))
    audio = [soundfile.read(path, dtype="float32")[0] for path in paths]
    features = log_mel(np.concatenate(audio))
    return features[: len(features) // 32 * 32]


def floats(model: Any, features: Floats) -> Floats:  # noqa: ANN401
    """Encoder outputs of the float model."""
    import torch  # noqa: PLC0415

    with torch.no_grad():
        lengths = torch.tensor([len(features) // 2])
        outputs: Floats = model.encoder(torch.tensor(features)[None], lengths)[0].numpy()
    return outputs


def streamed(network: Network, features: Floats) -> Floats:
    """Encoder outputs of a runtime, chunk by chunk."""
    state, outputs = network.initial_state(), []
    for start in range(0, len(features), network.chunk_frames):
        encoded, state = network.encode(features[start : start + network.chunk_frames], state)
        outputs.append(encoded)
    return np.concatenate(outputs)


def encoding(network: Network, chunks: int) -> float:
    """Seconds to encode."""
    chunk = np.random.default_rng(0).normal(0, 0.5, (32, network.mels)).astype(np.float32)
    state = network.initial_state()
    began = time.perf_counter()
    for _ in range(chunks):
        _, state = network.encode(chunk, state)
    return time.perf_counter() - began


def whole(network: Network, chunks: int) -> float:
    """Seconds to encode, predict and join, with four hypotheses."""
    chunk = np.random.default_rng(0).normal(0, 0.5, (32, network.mels)).astype(np.float32)
    contexts = np.zeros((4, network.context_size), np.int64)
    state = network.initial_state()
    began = time.perf_counter()
    for _ in range(chunks):
        encoded, state = network.encode(chunk, state)
        for index, output in enumerate(encoded):
            if index % 4 == 0:
                predicted = network.predict(contexts)
            network.join(output, predicted)
    return time.perf_counter() - began


def child(candidate: Candidate) -> dict[str, int]:
    """What `memory` says of a process of its own."""
    command = [sys.executable, __file__, "--child", candidate.name, str(candidate.path)]
    output = subprocess.run(command, capture_output=True, check=True, text=True).stdout  # noqa: S603
    return dict(json.loads(output))


def memory(candidate: Candidate) -> dict[str, int]:
    """The largest resident set of this process after ten seconds of audio."""
    network = candidate.load()
    whole(network, 32)
    # Not `getrusage`: its peak is inherited from the process that started this one.
    status = Path("/proc/self/status").read_text("utf8").splitlines()
    fields = dict(line.split(":", 1) for line in status)
    return {"peak_rss_bytes": int(fields["VmHWM"].split()[0]) * 1024}


def roofline(candidate: Candidate, chunk_s: float) -> None:
    """Print how far the encoder is from what this machine could do at best."""
    from assistant.edge.network import EdgeNetwork  # noqa: PLC0415
    from assistant.edge.program import Attend, Linear, encoder  # noqa: PLC0415

    model = EdgeNetwork.load(candidate.path).model
    size = products = 0
    for step in encoder(model, 32).steps:
        if isinstance(step, Linear):
            size += step.matrix.nbytes
            products += len(step.matrix.blocks) * 64 * step.source.count
        elif isinstance(step, Attend):
            # Keys and values of 8 bits, each multiplied with 16 bits: two products for the units.
            remembered = (model.settings.left + step.source.count) * step.width
            size += 2 * remembered
            products += 2 * 2 * remembered * step.source.count
    bandwidth, rate = read_bytes_per_s(size), products_per_s()
    bound_s = max(size / bandwidth, products / rate)
    say(
        f"roofline of {candidate.name}: {size / 0.32 / 1e6:.1f} MB and {products / 0.32 / 1e6:.0f}"
        f" million products for a second of audio; this machine reads {bandwidth / 1e9:.0f} GB/s"
        f" and multiplies {rate / 1e9:.0f} billion a second at best"
    )
    say(
        f"  encoder: {1e3 * chunk_s:.3f} ms a chunk, at best {1e3 * bound_s:.3f} ms"
        f" ({1e3 * size / bandwidth:.3f} reading, {1e3 * products / rate:.3f} multiplying):"
        f" within {chunk_s / bound_s:.1f}x"
    )


def read_bytes_per_s(size: int) -> float:
    """How fast one core reads as many bytes as the weights are, over and over."""
    values = np.ones(size // 8, np.int64)
    times = []
    for _ in range(30):
        began = time.perf_counter()
        values.sum()
        times.append(time.perf_counter() - began)
    return size / min(times)


def products_per_s() -> float:
    """How fast the kernels multiply a matrix that fits into the second-level cache."""
    from assistant.edge import native  # noqa: PLC0415
    from assistant.edge.program import Linear, Program, Rows  # noqa: PLC0415
    from assistant.edge.quantise import quantise  # noqa: PLC0415

    weights = np.random.default_rng(0).normal(size=(512, 512)).astype(np.float32)
    step = Linear(quantise("m", weights, None), Rows(0, 512, 16), Rows(16 * 512, 512, 16))
    program = Program((step,) * 20, 0, {}, step.target, 512)
    arena, executor = np.ones(2 * 16 * 512, np.float32), native.best()
    times = []
    for _ in range(30):
        began = time.perf_counter()
        executor.run(program, arena)
        times.append(time.perf_counter() - began)
    return 20 * 16 * 512 * 512 / min(times)


def say(line: str) -> None:
    """Print at once."""
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
