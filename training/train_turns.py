"""Trains what tells from the encoder's outputs whether a turn is over.

    python -m training.train_turns OUT EXAMPLES ... --kept-apart EXAMPLES ...

EXAMPLES are files of `training.turn_examples`; OUT gets the weights (`.npz`). Prints the area under
the receiver operating characteristic for the examples of speakers who were kept apart, at each
question. One core is enough.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from assistant.asr.networks.network import Floats
from assistant.asr.turn_end import OUTPUTS
from training.score import area_under_curve

BATCH: Final = 64
RATE: Final = 3e-3
SMOOTHED: Final = 0.02
"""Some labels are wrong: who reads a book may end a sentence at a pause."""


class TurnEndNetwork(nn.Module):
    """The last encoder outputs, pooled by attention over time, to the odds of an end."""

    def __init__(
        self, inputs: int, width: int = 48, heads: int = 4, hidden: int = 32, dropout: float = 0.3
    ) -> None:
        super().__init__()
        self.input = nn.Linear(inputs, width)
        self.beside = nn.Conv1d(width, width, 3, padding=1)
        self.attention = nn.Linear(width, heads)
        self.place = nn.Parameter(torch.zeros(OUTPUTS, heads))
        self.hidden = nn.Linear(heads * width, hidden)
        self.last = nn.Linear(hidden, 1)
        self.dropout, self.less_dropout = nn.Dropout(dropout), nn.Dropout(dropout / 2)

    def forward(self, outputs: Tensor) -> Tensor:
        """Natural log of the odds [B] that a turn is over, of encoder outputs [B, OUTPUTS, D]."""
        values = torch.relu(self.input(self.less_dropout(outputs)))
        values = values + torch.relu(self.beside(values.mT).mT)
        shares = torch.softmax(self.attention(values) + self.place, 1)
        pooled = torch.einsum("bth,btw->bhw", shares, values).flatten(1)
        odds: Tensor = self.last(torch.relu(self.hidden(self.dropout(pooled))))[:, 0]
        return odds


class Scale:
    """Mean and deviation of each number in an encoder output."""

    def __init__(self, heard: NDArray[np.float16]) -> None:
        rows = heard[:, -1].reshape(-1, heard.shape[-1]).astype(np.float32)
        self.mean, self.deviation = rows.mean(0), rows.std(0) + 0.05

    def __call__(self, heard: NDArray[np.float16]) -> Tensor:
        """The outputs with mean 0 and deviation 1."""
        return torch.from_numpy((heard.astype(np.float32) - self.mean) / self.deviation)


class Examples:
    """Examples of one file or several; `heard` [N, Q, OUTPUTS, D], `over` [N]."""

    def __init__(self, paths: Sequence[Path]) -> None:
        files = [np.load(path) for path in paths]
        self.heard: NDArray[np.float16] = np.concatenate([each["heard"] for each in files])
        self.over: NDArray[np.bool_] = np.concatenate([each["over"] for each in files])


def train(examples: Examples, rounds: int, seed: int) -> TurnEndNetwork:
    """A network that has learned from examples; both kinds count the same."""
    torch.manual_seed(seed)
    rng, scale = np.random.default_rng(seed), Scale(examples.heard)
    network = TurnEndNetwork(examples.heard.shape[-1])
    count, questions = examples.heard.shape[:2]
    batches = max(1, count // BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, rounds * batches)
    share = float(examples.over.mean())
    loss_of = nn.BCEWithLogitsLoss(pos_weight=torch.tensor((1 - share) / share))
    for _ in range(rounds):
        for batch in np.array_split(rng.permutation(count), batches):
            asked = rng.integers(questions, size=len(batch))
            labels = torch.from_numpy(examples.over[batch].astype(np.float32))
            odds = network(scale(examples.heard[batch, asked]))
            loss = loss_of(odds, labels * (1 - 2 * SMOOTHED) + SMOOTHED)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimiser.step()
            schedule.step()
    return unscaled(network.eval(), scale)


def unscaled(network: TurnEndNetwork, scale: Scale) -> TurnEndNetwork:
    """The same for outputs as the encoder gives them: the scale goes into the first layer."""
    weight, bias = network.input.weight.data, network.input.bias.data
    deviation, mean = torch.from_numpy(scale.deviation), torch.from_numpy(scale.mean)
    network.input.bias.data = bias - weight @ (mean / deviation)
    network.input.weight.data = weight / deviation
    return network


def save(path: Path, network: TurnEndNetwork) -> None:
    """Write the weights in half precision."""
    state = network.state_dict()
    np.savez(path, **{name: each.numpy().astype(np.float16) for name, each in state.items()})


def load(path: Path) -> TurnEndNetwork:
    """What `save` has written."""
    with np.load(path) as stored:
        state = {name: torch.from_numpy(stored[name].astype(np.float32)) for name in stored.files}
    network = TurnEndNetwork(state["input.weight"].shape[1])
    network.load_state_dict(state)
    return network.eval()


@torch.no_grad()
def log_odds(network: TurnEndNetwork, heard: Floats) -> NDArray[np.float32]:
    """Of encoder outputs [N, OUTPUTS, D]: [N]."""
    odds: NDArray[np.float32] = network(torch.from_numpy(heard.astype(np.float32))).numpy()
    return odds


def areas(network: TurnEndNetwork, examples: Examples) -> list[float]:
    """The area under the curve at each question."""
    over, asked = examples.over, np.moveaxis(examples.heard, 1, 0)
    odds = [log_odds(network, each.astype(np.float32)) for each in asked]
    return [area_under_curve(each[over], each[~over]) for each in odds]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("examples", type=Path, nargs="+")
    parser.add_argument("--kept-apart", type=Path, nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=9, help="through all examples")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    save(args.out, train(Examples(args.examples), args.rounds, args.seed))
    network = load(args.out)
    print(sum(each.numel() for each in network.parameters()), "weights")
    for path in args.kept_apart:
        print(path.stem, *(f"{each:.3f}" for each in areas(network, Examples([path]))))


if __name__ == "__main__":
    main()
