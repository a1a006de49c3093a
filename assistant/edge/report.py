"""The processor model's account of a model: per layer and in all, as text, JSON and a picture."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np

from assistant.edge import native
from assistant.edge.emulate import Cost, Emulator, kept_on_chip
from assistant.edge.model import EdgeModel
from assistant.edge.network import EdgeNetwork
from assistant.edge.processor import Processor
from assistant.edge.program import encoder

FRAME_S: Final = 0.01
COLOURS: Final = {
    "multipliers": "#3465a4",
    "decoder": "#75507b",
    "bus": "#cc6600",
    "vector unit": "#4e9a06",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a processor needs for some seconds of audio."""

    model: EdgeModel
    processor: Processor
    audio_s: float
    costs: dict[str, Cost]
    kept_bytes: int
    """Weights that stay on the chip."""
    measured_real_time_factor: float
    """Of the same execution on this machine, by the clock, for comparison."""
    executor: str

    @property
    def total(self) -> Cost:
        """All layers together."""
        return sum(self.costs.values(), Cost())

    @property
    def real_time_factor(self) -> float:
        """Seconds of work for one of audio."""
        return self.total.cycles / (self.processor.clock_mhz * 1e6) / self.audio_s

    def to_json(self) -> dict[str, Any]:
        """Everything, as plain values; energy and bytes for a second of audio."""
        total = self.total
        return {
            "model": self.model.settings.name,
            "processor": self.processor.name,
            "audio_s": round(self.audio_s, 3),
            "real_time_factor": self.real_time_factor,
            "energy_mj_per_s": 1e3 * total.energy_j / self.audio_s,
            "bus_bytes_per_s": total.bus_bytes / self.audio_s,
            "bus_bytes_per_s_uncompressed": total.plain_bytes / self.audio_s,
            "speedup_by_compression": total.plain_cycles / total.cycles,
            "multiplications_per_s": total.multiplications / self.audio_s,
            "multiplications_skipped": _skipped(total),
            "weights_bytes": self.model.weights_bytes,
            "weights_kept_on_chip_bytes": self.kept_bytes,
            "measured": {
                "executor": self.executor,
                "real_time_factor": self.measured_real_time_factor,
            },
            "layers": [self._layer(name, cost) for name, cost in self.costs.items()],
        }

    def _layer(self, name: str, cost: Cost) -> dict[str, Any]:
        return {
            "layer": name,
            "cycles": round(cost.cycles),
            "bound": cost.bound,
            "multiplications": cost.multiplications,
            "skipped": cost.skipped,
            "bus_bytes": cost.bus_bytes,
            "energy_mj": 1e3 * cost.energy_j,
        }


def account(model: EdgeModel, processor: Processor, audio_s: float = 10.0) -> Report:
    """Execute a model on noise for `audio_s` while counting for a processor.

    What it costs does not depend on what is said, but for how often predictor and joiner run: here
    the joiner for each output of the encoder and the predictor for every fourth, both with four
    hypotheses. The measured time is the best of three.
    """
    shape = model.settings
    frames = shape.chunk * 2
    memory_bytes = shape.layers * (shape.left + shape.chunk) * (2 * shape.width + 8 * shape.heads)
    work_bytes = 4 * encoder(model, frames).arena + memory_bytes
    kept = kept_on_chip(model.matrices, processor, work_bytes)
    executor = native.best()
    emulator = Emulator(processor, executor, kept)
    chunks = max(1, round(audio_s / (frames * FRAME_S)))
    network = EdgeNetwork(model, executor)
    wall_s = min(_listen(network, chunks) for _ in range(3))
    _listen(EdgeNetwork(model, emulator), chunks)
    heard_s = chunks * frames * FRAME_S
    return Report(
        model,
        processor,
        heard_s,
        dict(emulator.costs),
        sum(matrix.nbytes for matrix in model.matrices if matrix.name in kept),
        wall_s / heard_s,
        executor.name,
    )


def _listen(network: EdgeNetwork, chunks: int) -> float:
    """Seconds that it took to listen to some chunks of noise."""
    shape = (network.chunk_frames, network.mels)
    noise = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    contexts = np.zeros((4, network.context_size), np.int64)
    state, predicted = network.initial_state(), network.predict(contexts)
    began = time.perf_counter()
    for _ in range(chunks):
        encoded, state = network.encode(noise, state)
        for index, output in enumerate(encoded):
            if index % 4 == 0:
                predicted = network.predict(contexts)
            network.join(output, predicted)
    return time.perf_counter() - began


def text(report: Report) -> str:
    """The report for a terminal: a bar for each layer's share of the time."""
    total, seconds = report.total, report.audio_s
    gain = total.plain_cycles / total.cycles
    moved, plain = (count / seconds / 1e3 for count in (total.bus_bytes, total.plain_bytes))
    million = total.multiplications / seconds / 1e6
    weights, kept = report.model.weights_bytes / 1e6, report.kept_bytes / 1e6
    measured = report.measured_real_time_factor
    facts = {
        "real-time factor": f"{report.real_time_factor:.4f}; {gain:.2f} times as fast as plain",
        "energy": f"{1e3 * total.energy_j / seconds:.2f} mJ a second of audio",
        "bytes moved": f"{moved:,.0f} kB a second; {plain:,.0f} kB plain",
        "multiplications": f"{million:,.0f} million a second; {_skipped(total):.0%} of all skipped",
        "weights": f"{weights:.2f} MB; {kept:.2f} MB of them stay on the chip",
        "on this machine": f"real-time factor {measured:.4f} measured, with {report.executor}",
    }
    head = ("layer", "cycles", "share", "bound by", "skipped", "mJ")
    lines = [
        f"{report.model.settings.name} on {report.processor.name}",
        *(f"  {label:<17} {fact}" for label, fact in facts.items()),
        "  (plain: the same weights as 8-bit values, zeros and all)",
        "",
        "  {:<26} {:>11} {:>6}  {:<12} {:>7} {:>8}".format(*head),
    ]
    for name, cost in report.costs.items():
        share = cost.cycles / total.cycles
        bar = "█" * round(60 * share)
        lines.append(
            f"  {name:<26} {cost.cycles:>11,.0f} {share:>6.1%}  {cost.bound:<12}"
            f" {_skipped(cost):>7.0%} {1e3 * cost.energy_j:>8.3f}  {bar}"
        )
    return "\n".join(lines)


def picture(report: Report) -> str:
    """The report as SVG: for each layer the cycles that each part of the processor is busy."""
    rows = list(report.costs.items())
    most = max(max(_busy(cost).values()) for _, cost in rows)
    height = 22 * len(rows) + 60
    title = (
        f"{report.model.settings.name} on {report.processor.name}:"
        f" real-time factor {report.real_time_factor:.4f}"
    )
    size = f'width="860" height="{height}"'
    font = 'font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="10" y="18" font-size="14">{escape(title)}</text>',
    ]
    for index, (part, colour) in enumerate(COLOURS.items()):
        x = 230 + 130 * index
        parts.append(f'<rect x="{x}" y="28" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{x + 15}" y="37">{part}</text>')
    for index, (name, cost) in enumerate(rows):
        y = 50 + 22 * index
        parts.append(f'<text x="220" y="{y + 12}" text-anchor="end">{escape(name)}</text>')
        for lane, (part, cycles) in enumerate(_busy(cost).items()):
            width = 560 * cycles / most
            parts.append(
                f'<rect x="230" y="{y + 4 * lane}" width="{width:.1f}" height="4"'
                f' fill="{COLOURS[part]}"/>'
            )
        label = f"{cost.cycles / report.total.cycles:.1%}"
        parts.append(f'<text x="850" y="{y + 12}" text-anchor="end">{label}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def save_picture(report: Report, path: Path) -> None:
    """Write the picture."""
    path.write_text(picture(report), "utf8")


def _busy(cost: Cost) -> dict[str, float]:
    return {
        "multipliers": cost.multiplying,
        "decoder": cost.decoding,
        "bus": cost.moving,
        "vector unit": cost.vector,
    }


def _skipped(cost: Cost) -> float:
    """The share of multiplications that were skipped."""
    return cost.skipped / max(1, cost.skipped + cost.multiplications)
