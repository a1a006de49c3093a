"""Trains the detector of whispers: `python -m training.whisper_detector OUT EXAMPLES ...`.

EXAMPLES are what `training.whisper_examples` has written. OUT gets `network.npz` and
`manifest.json`. A few minutes of one core. In the end the threshold is put where, of what was kept
apart and is no whisper, `FALSE_ALARMS` at most are taken for one.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from assistant.audio.source import SAMPLE_RATE
from assistant.whispering.features import COUNT, HOP, Floats
from assistant.whispering.network import FEW_FRAMES, MODEL, NETWORK, UNLIKELY, Weights

NAME, LICENCE = "whisper-gru", "Apache-2.0"
UNITS: Final = 64
BATCH: Final = 128
RATE: Final = 3e-3
JUDGED_FROM: Final = round(0.5 * SAMPLE_RATE / HOP)
"""Frames after which each frame's answer counts: it has to be right while somebody speaks, too."""
FALSE_ALARMS: Final = 0.001
AT_LEAST: Final = 0.0
"""The least that the threshold is moved: never towards taking more for whispers."""


class Network(nn.Module):
    """What `assistant.whispering.network` runs; features are less their mean, over their spread."""

    def __init__(self, mean: Floats, spread: Floats) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.from_numpy(mean), requires_grad=False)
        self.spread = nn.Parameter(torch.from_numpy(spread), requires_grad=False)
        self.units = nn.GRU(COUNT, UNITS, batch_first=True)
        self.output = nn.Linear(UNITS, 2)

    def forward(self, features: Tensor) -> Tensor:
        """Features [batch, m, COUNT] to the logit after each frame, [batch, m]."""
        states, _ = self.units((features - self.mean) / self.spread)
        whispered, telling = self.output(states).unbind(-1)
        weight = torch.sigmoid(telling)
        told = FEW_FRAMES * UNLIKELY + (weight * whispered).cumsum(1)
        logits: Tensor = told / (FEW_FRAMES + weight.cumsum(1))
        return logits

    def weights(self, less: float = 0.0) -> Weights:
        """For NumPy; `less`: what is taken away from the logit of each frame."""
        named = {name: value.detach().numpy() for name, value in self.named_parameters()}
        of_input = named["units.weight_ih_l0"].T / named["spread"][:, None]
        return Weights(
            of_input=np.ascontiguousarray(of_input),
            of_state=np.ascontiguousarray(named["units.weight_hh_l0"].T),
            input_bias=named["units.bias_ih_l0"] - named["mean"] @ of_input,
            state_bias=named["units.bias_hh_l0"],
            of_output=np.ascontiguousarray(named["output.weight"].T),
            output_bias=named["output.bias"] - np.array([less, 0.0], np.float32),
        )


class Examples:
    """Features in memory, drawn in batches of about the same length."""

    def __init__(self, features: list[Floats], whispered: NDArray[np.bool_]) -> None:
        self.features = features
        self.whispered = whispered

    def batch(self, chosen: NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor]:
        """Features [batch, m, COUNT], labels [batch], and which frames there are [batch, m]."""
        longest = max(len(self.features[number]) for number in chosen)
        padded = np.zeros((len(chosen), longest, COUNT), np.float32)
        there = np.zeros((len(chosen), longest), np.float32)
        for row, number in enumerate(chosen):
            length = len(self.features[number])
            padded[row, :length] = self.features[number]
            there[row, :length] = 1.0
        labels = torch.from_numpy(self.whispered[chosen].astype(np.float32))
        return torch.from_numpy(padded), labels, torch.from_numpy(there)

    def shuffled(self, rng: np.random.Generator) -> list[NDArray[np.int64]]:
        """Batches of all of them, each of examples of similar length."""
        lengths = np.array([len(each) for each in self.features])
        order = np.argsort(lengths + rng.uniform(0, 30, len(lengths)))
        batches = np.array_split(order, -(-len(order) // BATCH))
        rng.shuffle(batches)
        return batches


def train(network: Network, examples: Examples, epochs: int, seed: int) -> None:
    """Train it; prints the mean loss of each epoch."""
    rng = np.random.default_rng(seed)
    steps = epochs * len(examples.shuffled(rng))
    optimiser = torch.optim.Adam(network.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    for epoch in range(epochs):
        losses = []
        for chosen in examples.shuffled(rng):
            features, labels, there = examples.batch(chosen)
            loss = _loss(network(features), labels, there)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)


def _loss(logits: Tensor, labels: Tensor, there: Tensor) -> Tensor:
    """Cross-entropy, half of it at the end of each example, half on the way there."""
    each = nn.functional.binary_cross_entropy_with_logits(
        logits, labels[:, None].expand_as(logits), reduction="none"
    )
    judged = there.clone()
    judged[:, :JUDGED_FROM] = 0.0
    last = there.sum(1).long() - 1
    at_end = each.gather(1, last[:, None]).mean()
    return 0.5 * at_end + 0.5 * (each * judged).sum() / judged.sum().clamp(min=1.0)


@torch.no_grad()
def final_logits(network: Network, examples: Examples) -> Floats:
    """The logit of each example at its end, float32 [n]."""
    found = np.zeros(len(examples.features), np.float32)
    for chosen in np.array_split(np.arange(len(found)), -(-len(found) // BATCH)):
        features, _, there = examples.batch(chosen)
        last = there.sum(1).long() - 1
        found[chosen] = network(features).gather(1, last[:, None])[:, 0].numpy()
    return found


def read(paths: Sequence[Path]) -> tuple[list[Floats], NDArray[np.bool_], NDArray[np.bool_]]:
    """Features of each example, whether it is whispered, and whether it is kept apart."""
    features: list[Floats] = []
    whispered, apart = [], []
    for path in paths:
        with np.load(path, allow_pickle=False) as file:
            features += np.split(file["features"], np.cumsum(file["frames"])[:-1])
            whispered.append(file["whispered"])
            apart.append(file["apart"])
    return features, np.concatenate(whispered), np.concatenate(apart)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("examples", type=Path, nargs="+", help="of training.whisper_examples")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    features, whispered, apart = read(args.examples)
    taught = [f for f, a in zip(features, apart, strict=True) if not a]
    frames = np.concatenate(taught).astype(np.float32)
    network = Network(frames.mean(0), frames.std(0))
    train(network, Examples(taught, whispered[~apart]), args.epochs, args.seed)
    kept = Examples([f for f, a in zip(features, apart, strict=True) if a], whispered[apart])
    logits = final_logits(network, kept)
    less = max(AT_LEAST, float(np.quantile(logits[~kept.whispered], 1.0 - FALSE_ALARMS)))
    missed = (logits[kept.whispered] < less).mean()
    print(f"kept apart: {len(logits)}; threshold {less:.2f}; missed {100 * missed:.2f} %")
    save(network.weights(less), args.out)


def save(weights: Weights, folder: Path) -> None:
    """Write a model folder, but for its card."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(
        folder / NETWORK, **{each.name: getattr(weights, each.name) for each in fields(weights)}
    )
    count = sum(getattr(weights, each.name).size for each in fields(weights))
    MODEL.write(folder, NAME, LICENCE, {"parameters": count})
    print(f"{folder}: {count} parameters, {(folder / NETWORK).stat().st_size} bytes")


if __name__ == "__main__":
    main()
