"""Measures how well whispers are recognised: words wrong of speech, and of whispers made of it.

    python tools/measure_whispers.py LIST [--count 50] [--system hearth:models/en-small]

LIST is a table with the columns `path` (beside it) and `text`. The whispers are synthetic
(`training/whisper.py`).
"""

# ruff: noqa: INP001 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import csv
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assistant.audio.file import read_samples  # noqa: E402
from training import systems  # noqa: E402
from training.evaluate import evaluate  # noqa: E402
from training.whisper import whispered  # noqa: E402


def main() -> None:
    """Read the arguments and print a line for each kind of speech."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("list", type=Path, metavar="LIST")
    parser.add_argument("--count", type=int, default=50, help="of recordings; default: 50")
    parser.add_argument("--system", default=f"hearth:{ROOT / 'models' / 'en-small'}")
    args = parser.parse_args()
    with args.list.open(encoding="utf8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    chosen = np.linspace(0, len(rows) - 1, min(args.count, len(rows))).astype(int)
    spoken = [
        (rows[n]["text"], asyncio.run(read_samples(str(args.list.parent / rows[n]["path"]))))
        for n in chosen
    ]
    system = systems.load(args.system)
    evaluate(system, "spoken", spoken)
    evaluate(system, "whispered", [(text, whispered(samples)) for text, samples in spoken])


if __name__ == "__main__":
    main()
