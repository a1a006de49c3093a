"""Measures what becomes of spoken commands, and of speech that is none, in the demo home.

    python tools/measure_commands.py SET... [--noise CORPUS] [--ratios 20,10,5] [--limit N]

SET: a corpus folder as `training.prepare` writes it, or a table of recordings (columns path and
text, separated by tabs; paths beside the table). A recording is heard as whole audio, its pause
included, and what is understood is compared with what the text means when it is read. Where the
text means nothing here, or names what the home lacks, nothing should be done: "taken" counts what
would have been. With `--noise`, a corpus of noise, each set is also heard in simulated rooms at
these ratios.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hearing import Home, same  # noqa: E402

from assistant.config import Settings  # noqa: E402
from assistant.config.hearing import PersonalisationSettings, RecogniserSettings  # noqa: E402
from assistant.nlu.interpretation import Interpretation  # noqa: E402
from assistant.pipeline.directedness import is_command  # noqa: E402
from training.corpus import Corpus  # noqa: E402
from training.evaluate import noisy, recordings  # noqa: E402
from training.score import word_errors  # noqa: E402

Recording = tuple[str, NDArray[np.int16]]

PAUSE = np.zeros(8000, np.int16)
KINDS = ("right", "asked", "refused", "wrong", "taken", "left")


def kind_of(home: Home, text: str, samples: NDArray[np.int16]) -> tuple[str, str]:
    """What becomes of a recording, and what was heard."""
    heard = home.hear(np.concatenate([samples, PAUSE]))
    wanted = home.reads(text)
    if not can_be_done(wanted):
        return "taken" if can_be_done(heard.meant) else "left", heard.result.text
    if heard.acts:
        return "right" if same(heard.meant, wanted) else "wrong", heard.result.text
    return "refused" if heard.meant.intent is None else "asked", heard.result.text


def can_be_done(meant: Interpretation) -> bool:
    """Whether the home has what every command of a sentence needs, and nothing has to be asked."""
    return all(map(is_command, meant.commands))


def main() -> int:
    """Print a line a set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--noise", type=Path)
    parser.add_argument("--ratios", default="20,10,5", help="dB")
    parser.add_argument("--limit", type=int, help="so many recordings of each")
    parser.add_argument("--model", default="en-small")
    parser.add_argument("--runtime", default="auto", choices=["auto", "onnx", "edge"])
    parser.add_argument("--without-sentences", action="store_true", help="as it was without them")
    parser.add_argument("--show", action="store_true", help="what was done wrongly, or for nothing")
    args = parser.parse_args()
    home = Home(
        Settings(
            recogniser=RecogniserSettings(model=args.model, runtime=args.runtime),
            personalisation=PersonalisationSettings(sentences=not args.without_sentences),
        )
    )
    for path in args.sets:
        report(home, path.stem, read(path, args.limit), show=args.show)
        for ratio in map(float, args.ratios.split(",")) if args.noise else ():
            heard = noisy(iter(read(path, args.limit)), Corpus(args.noise), ratio)
            report(home, f"{path.stem}, room, {ratio:.0f} dB", heard, show=args.show)
    return 0


def read(path: Path, limit: int | None) -> list[Recording]:
    """The recordings of a set."""
    if path.is_dir():
        return list(recordings(Corpus(path), limit))
    with path.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    count = min(limit or len(rows), len(rows))
    chosen = [rows[index] for index in np.linspace(0, len(rows) - 1, count).astype(int)]
    return [(row["text"], _samples(path.parent / row["path"])) for row in chosen]


def _samples(path: Path) -> NDArray[np.int16]:
    samples, _ = soundfile.read(path, dtype="int16")
    return np.asarray(samples, np.int16)


def report(home: Home, name: str, heard: Iterable[Recording], *, show: bool) -> None:
    """Hear a set and print what became of it."""
    counts: Counter[str] = Counter()
    pairs: list[tuple[str, str]] = []
    for text, samples in heard:
        kind, said = kind_of(home, text, samples)
        counts[kind] += 1
        pairs.append((text, said))
        if show and kind in {"wrong", "taken"}:
            print(f"    {kind}: {text!r} heard as {said!r}")
    commands = sum(counts[kind] for kind in KINDS[:4])
    others = counts["taken"] + counts["left"]
    print(f"{name}: {commands} commands: {', '.join(_shares(counts, KINDS[:4], commands))};")
    rest = ", ".join(_shares(counts, KINDS[4:], others))
    print(f"    {others} others: {rest}; words {word_errors(pairs)}", flush=True)


def _shares(counts: Counter[str], kinds: Iterable[str], total: int) -> Iterator[str]:
    return (f"{counts[kind]} {kind} ({counts[kind] / max(1, total):.1%})" for kind in kinds)


if __name__ == "__main__":
    sys.exit(main())
