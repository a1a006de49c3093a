"""Trains the voice filter: `python -m training.voice_filter OUT CORPUS ... --noise CORPUS`.

The network is `assistant.asr.features.voice_filter`'s. What it leaves of a mixture goes through a
recogniser's encoder, which stays as it is, and that should make of it what it makes of the user
alone (`training.mixtures`). So it learns to take away what misleads the recogniser, and nothing of
one voice alone, as a filter does that is taught by the features themselves.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader

from assistant.asr.features.voice_filter import LEAST_GAIN, OPEN, STACKED
from assistant.asr.features.whisper_mel import FLOOR, MELS
from assistant.asr.networks import int8_file
from training.export import load, without_decoder
from training.mixtures import EMBEDDING, MixtureBatch, Mixtures, Others
from training.model import Encoder
from training.precision import autocast

WIDTH: Final = 192
HIDDEN: Final = 320
DILATIONS: Final = (1, 2, 4, 8, 16, 1, 2, 4, 8, 16)
VOICE: Final = 64
KERNEL: Final = 5
TOO_LOW: Final = 3.0
"""What is taken away from the user's speech counts so many times more than what is left over."""
HEARD_RANGE: Final = 1.25
"""What is 50 dB below the loudest does not count."""
OFF: Final = 1.0
"""Weight of what is off in the features."""
REPORT_EVERY: Final = 50


class FilterBlock(nn.Module):
    """A layer of the filter: wide, over time, narrow again; the voice sets scale and offset."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.wide = nn.Linear(WIDTH, HIDDEN)
        self.voice = nn.Linear(VOICE, 2 * HIDDEN)
        self.taps = nn.Parameter(torch.randn(KERNEL, HIDDEN) / math.sqrt(KERNEL))
        self.bias = nn.Parameter(torch.zeros(HIDDEN))
        self.narrow = nn.Linear(HIDDEN, WIDTH)
        self.dilation = dilation

    def forward(self, x: Tensor, voice: Tensor) -> Tensor:
        """[B, T, WIDTH] to the same."""
        scale, offset = self.voice(voice)[:, None].chunk(2, -1)
        y = functional.relu(self.wide(self.norm(x)) * (1 + scale) + offset)
        around, length = KERNEL // 2 * self.dilation, y.shape[1]
        y = functional.pad(y, (0, 0, around, around))
        starts = range(0, 2 * around + 1, self.dilation)
        over_time = [t * y[:, s : s + length] for t, s in zip(self.taps, starts, strict=True)]
        made: Tensor = self.narrow(functional.relu(sum(over_time, self.bias)))
        return x + made


class VoiceFilter(nn.Module):
    """Features [B, T, 80], a voice [B, EMBEDDING] and a level [B] to features of the user alone."""

    def __init__(self) -> None:
        super().__init__()
        self.voice = nn.Linear(EMBEDDING, VOICE)
        self.input = nn.Linear(STACKED * MELS, WIDTH)
        self.blocks = nn.ModuleList(FilterBlock(dilation) for dilation in DILATIONS)
        self.norm = nn.LayerNorm(WIDTH)
        self.output = nn.Linear(WIDTH, STACKED * MELS)

    def forward(self, heard: Tensor, voice: Tensor, level: Tensor) -> Tensor:
        """[B, T, 80] to the same; T is even."""
        batch, frames, _ = heard.shape
        told = torch.tanh(self.voice(voice * math.sqrt(EMBEDDING)))
        x = self.input((heard - level[:, None, None]).reshape(batch, -1, STACKED * MELS))
        for block in self.blocks:
            x = block(x, told)
        made = self.output(self.norm(x)).reshape(batch, frames, MELS)
        gain = torch.log10(torch.sigmoid(made + OPEN) + LEAST_GAIN) / 4
        return torch.clamp(heard + gain, min=FLOOR)

    def start_from(self, weights: dict[str, Tensor]) -> None:
        """Take over what has the same name and shape."""
        own = self.state_dict()
        same = {n: w for n, w in weights.items() if n in own and own[n].shape == w.shape}
        self.load_state_dict(own | same)


class Losses:
    """How far what is made of mixtures is from what should be."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder.requires_grad_(requires_grad=False).eval()

    def __call__(self, model: VoiceFilter, batch: MixtureBatch) -> dict[str, Tensor]:
        """`heard`: how far off what the encoder makes of it is; `off`: how far the features are.

        The first is relative to how much there is. `alone` and `mixed` are it where nobody else
        speaks, and where somebody does.
        """
        with autocast(batch.heard.device):
            filtered = model(batch.heard, batch.voice, batch.level)
        filtered = filtered.float()
        with torch.no_grad():
            wanted = self._hears(batch.wanted)
        heard = _apart(self._hears(filtered), wanted)
        least = batch.wanted.amax((1, 2), keepdim=True) - HEARD_RANGE
        off = torch.maximum(filtered, least) - torch.maximum(batch.wanted, least)
        weights = torch.where(off < 0, TOO_LOW, 1.0)
        alone = (batch.heard - batch.wanted).abs().amax((1, 2)) < 1e-6
        return {
            "heard": heard.mean(),
            "off": (weights * off.abs()).mean(),
            "alone": heard[alone].detach().mean(),
            "mixed": heard[~alone].detach().mean(),
        }

    def _hears(self, features: Tensor) -> list[Tensor]:
        steps = torch.full((len(features),), features.shape[1] // 2)
        with autocast(features.device):
            layers = self._encoder.layers(features, steps, None)
            inner = layers[self._encoder.settings.decoder_layer - 1]
            return [inner.float(), self._encoder.head(layers[-1]).float()]


def _apart(one: list[Tensor], other: list[Tensor]) -> Tensor:
    """[B]: the mean of squared distances, relative to the other's variance."""
    parts = []
    for a, b in zip(one, other, strict=True):
        spread = (b - b.mean((0, 1))).square().mean()
        parts.append((a - b).square().mean((1, 2)) / spread)
    return torch.stack(parts).mean(0)


def encoder_of(weights: Path) -> Encoder:
    """The encoder of half-precision weights in a folder."""
    return without_decoder(load(weights)).encoder


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="the file to write, .pt")
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--noise", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=Path("training/weights/en-small"))
    parser.add_argument("--start", type=Path, help="weights to go on from, .pt or .npz")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--alone", type=float, default=0.4, help="share of one voice alone")
    parser.add_argument("--below", type=float, nargs=2, default=(-3.0, 15.0), metavar="DB")
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    others = Others(args.alone, tuple(args.below))
    mixtures = Mixtures(args.corpora, args.noise, args.batch, args.seed, others)
    model = VoiceFilter()
    if args.start:
        model.start_from(_read(args.start))
    batches = DataLoader(mixtures, batch_size=None, num_workers=1, prefetch_factor=4)
    losses = Losses(encoder_of(args.weights))
    train(model, losses, batches, args.minutes, args.out, highest_rate=args.rate)


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".pt":
        saved: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        return saved
    arrays = int8_file.read(path)
    return {
        n: torch.from_numpy(a.astype("float32")) for n, a in arrays.items() if a.dtype.kind == "f"
    }


def train(
    model: VoiceFilter,
    losses: Losses,
    batches: Iterable[MixtureBatch],
    minutes: float,
    out: Path,
    *,
    highest_rate: float = 1e-3,
) -> None:
    """By the clock, or until there are no more batches: the rate falls to nothing at its end."""
    optimiser = torch.optim.AdamW(model.parameters(), highest_rate, weight_decay=1e-3)
    began, seen = time.monotonic(), dict[str, float]()
    for step, batch in enumerate(batches):
        spent = (time.monotonic() - began) / (60 * minutes)
        if spent >= 1:
            break
        rate = highest_rate * min(1.0, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * spent))
        for group in optimiser.param_groups:
            group["lr"] = rate
        parts = losses(model, batch)
        loss = parts["heard"] + OFF * parts["off"]
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        for name, value in parts.items():
            now = float(value.detach())
            if math.isfinite(now):
                seen[name] = 0.97 * seen.get(name, now) + 0.03 * now
        if step % REPORT_EVERY == 0:
            told = {name: round(value, 4) for name, value in seen.items()}
            print(
                json.dumps({"step": step, "seconds": round(60 * minutes * spent), **told}),
                flush=True,
            )
            torch.save(model.state_dict(), out)
    torch.save(model.state_dict(), out)


if __name__ == "__main__":
    main()
