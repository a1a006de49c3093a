"""Measures whole orders right, with sentences that a plugin brings, clean and in kitchen noise.

    python tools/measure_orders.py COFFEE NOISE [--ratios 6,12,24] [--model en-mini] [--plot FILE]

COFFEE: the recordings and `labels.json` of Picovoice's speech-to-intent benchmark
(https://github.com/Picovoice/speech-to-intent-benchmark, Apache-2.0). NOISE: its kitchen noise. The
plugin lies beside this tool, in `orders/`. An order is right if every slot is and nothing has to be
asked; asked, if "Did you mean ...?" comes first; wrong, if something else is understood. Noise is
added as the benchmark's authors do, at a ratio of powers over the whole recording, from a fixed
seed. Rhino's figures are those that they publish for all 619 recordings.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from chart import Axis, Line, chart
from hearing import Home
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE
from assistant.config.hearing import PersonalisationSettings, RecogniserSettings
from assistant.config.settings import (
    Settings,
    UnderstandingSettings,
)
from assistant.nlu.interpretation import Interpretation

Audio = NDArray[np.float32]

HERE = Path(__file__).parent
RATIOS = (24, 21, 18, 15, 12, 9, 6)
RHINO = {24: 99.0, 6: 93.5}
RHINO_MEAN = 97.6
PAUSE_S = 0.5
"""After a recording, as there is after a command."""
SLOTS = {"drink": "coffeeDrink", "size": "size", "shots": "numberOfShots", "roast": "roast"}
WITH_AMOUNT = {"sugar": "sugarAmount", "milk": "milkAmount"}
KINDS = ("right", "asked", "refused", "wrong")


@dataclass(frozen=True, slots=True)
class Order:
    """A recording, and what was ordered."""

    audio: Audio
    slots: Mapping[str, str]


def kind(home: Home, order: Order, audio: Audio) -> str:
    """What becomes of an order."""
    heard = home.hear(np.clip(32768 * audio, -32768, 32767).astype(np.int16))
    if heard.meant.intent is None:
        return "refused"
    if heard.meant.question:
        return "asked"
    return "right" if ordered(heard.meant) == order.slots else "wrong"


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("coffee", type=Path)
    parser.add_argument("noise", type=Path)
    parser.add_argument(
        "--ratios", default=",".join(map(str, RATIOS)), help="dB; clean comes first"
    )
    parser.add_argument("--model", default="en-small")
    parser.add_argument("--runtime", default="auto", choices=["auto", "onnx", "edge"])
    parser.add_argument("--without-sentences", action="store_true", help="as it was without them")
    parser.add_argument("--limit", type=int, help="so many recordings")
    parser.add_argument("--plot", type=Path, help="an SVG beside Rhino's published figures")
    args = parser.parse_args()
    settings = Settings(
        recogniser=RecogniserSettings(model=args.model, runtime=args.runtime),
        understanding=UnderstandingSettings(plugins=HERE / "orders"),
        personalisation=PersonalisationSettings(sentences=not args.without_sentences),
    )
    home, orders = Home(settings), list(read(args.coffee))[: args.limit]
    noise, _ = soundfile.read(args.noise, dtype="float32")
    print(
        f"{len(orders)} orders, {args.model}",
        f"{'':>8} " + "".join(f"{k:>9}" for k in KINDS),
        sep="\n",
    )
    right: dict[int | None, float] = {}
    for ratio in (None, *map(int, filter(None, args.ratios.split(",")))):
        began_s = time.process_time()
        counts = Counter(
            kind(home, order, audio)
            for order, audio in zip(orders, mixed(orders, noise, ratio), strict=True)
        )
        spent = (time.process_time() - began_s) / sum(map(seconds, orders))
        right[ratio] = 100 * counts["right"] / len(orders)
        label = "clean" if ratio is None else f"{ratio} dB"
        shares = "".join(f"{counts[each] / len(orders):>9.1%}" for each in KINDS)
        print(f"{label:>8} {shares}   (real-time factor {spent:.3f})", flush=True)
    noisy = [share for ratio, share in right.items() if ratio is not None]
    if noisy:
        print(
            f"mean in noise {np.mean(noisy):.1f} %; "
            f"Rhino, published: {RHINO_MEAN} %, {RHINO[24]} at 24 dB"
        )
    if args.plot:
        args.plot.write_text(
            plot({r: share for r, share in right.items() if r is not None}, args.model), "utf-8"
        )
    return 0


def read(folder: Path) -> Iterator[Order]:
    """The recordings in the order of their names."""
    labels = json.loads((folder / "labels.json").read_text("utf-8"))
    for name in sorted(labels):
        audio, _ = soundfile.read(folder / name, dtype="float32")
        pause = np.zeros(round(PAUSE_S * SAMPLE_RATE), np.float32)
        slots = {slot: " ".join(value.split()) for slot, value in labels[name]["slots"].items()}
        yield Order(np.concatenate([audio, pause]), slots)


def ordered(meant: Interpretation) -> dict[str, str]:
    """The slots of an order as the benchmark has them."""
    slots = {SLOTS[slot]: str(value) for slot, value in meant.slots.items() if slot in SLOTS}
    for kind, label in WITH_AMOUNT.items():
        if kind in meant.slots:
            amount = str(meant.slots.get(f"{kind}_amount", ""))
            slots[label] = f"{amount} {meant.slots[kind]}".strip()
    return slots


def mixed(orders: Sequence[Order], noise: Audio, ratio_db: int | None) -> Iterator[Audio]:
    """The recordings with noise, at a ratio of powers; the same noise for every ratio."""
    rng = np.random.default_rng(5)
    for order in orders:
        at = rng.integers(len(noise) - len(order.audio))
        added = noise[at : at + len(order.audio)]
        if ratio_db is None:
            yield order.audio
            continue
        power = np.mean(order.audio**2) / np.mean(added**2)
        both = order.audio + added * np.sqrt(power / 10 ** (ratio_db / 10))
        yield both / max(1.0, float(np.abs(both).max()))


def seconds(order: Order) -> float:
    """How long a recording is."""
    return len(order.audio) / SAMPLE_RATE


def plot(right: Mapping[int, float], model: str) -> str:
    """A picture of right orders by the ratio, beside what Rhino's makers publish."""
    lines = [
        Line(f"Hearth, {model}", sorted(right.items()), 0),
        Line("Rhino, published", sorted(RHINO.items()), 1, dashed=True),
    ]
    most = max(*right, *RHINO)
    return chart(lines, Axis("kitchen noise, dB", most), Axis("whole orders right, %", 100))


if __name__ == "__main__":
    sys.exit(main())
