"""Measures how often a spoken code is heard as it was said, and as another one.

    python tools/measure_codes.py TABLE ... [--model en-small]

TABLE has the columns `path` (beside it) and `text`; recordings count whose text is a row of four
to twelve digits and nothing else ("zero three five one"). Nothing is favoured, as after "What is
the code?". One that is not heard as digits alone is asked for again, and is no wrong try.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assistant.asr.recogniser import load_recogniser  # noqa: E402
from assistant.asr.result import recognise  # noqa: E402
from assistant.audio.file import read_samples  # noqa: E402
from assistant.nlu.spoken_digits import digits_said  # noqa: E402

LENGTHS = range(4, 13)
"""Of codes, as the configuration takes them."""


def codes(table: Path) -> Iterator[tuple[Path, frozenset[str]]]:
    """Its recordings of digits, each with what may have been said."""
    with table.open(encoding="utf8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            rows = digits_said(row["text"].lower().split())
            if rows and min(map(len, rows)) in LENGTHS:
                yield table.parent / row["path"], rows


def main() -> None:
    """Read the arguments and print a line for each table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", type=Path, nargs="+", metavar="TABLE")
    parser.add_argument("--model", default="en-small", help="in models/; default: en-small")
    args = parser.parse_args()
    recogniser = load_recogniser(ROOT / "models" / args.model)
    for table in args.tables:
        outcomes: Counter[str] = Counter()
        for path, said in codes(table):
            text = recognise(recogniser, asyncio.run(read_samples(str(path)))).text
            heard = digits_said(text.split())
            outcomes["right" if heard & said else "wrong" if heard else "asked again"] += 1
            if not heard & said:
                print(f"  {path.name}: {' or '.join(sorted(said))} heard as: {text}")
        count = outcomes.total()
        shares = ", ".join(f"{each} {outcomes[each]}" for each in ("right", "wrong", "asked again"))
        print(f"{table.parent.name}/{table.name}, {count} codes: {shares}")


if __name__ == "__main__":
    main()
