"""Measures both end-pointers on recordings, beside a plain rule, and draws the trade-off.

    python tools/measure_endpoints.py FOLDER [--config FILE] [--curve FILE.svg] [--limit N]

Each recording is heard once; what the end-pointers would have seen every 20 ms is kept, and every
setting is then tried on that. The end of speech comes from `ends.tsv` in the folder where it is
there (see make_pauses.py), else from voice activity over the whole recording.
"""

# ruff: noqa: INP001 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import pickle
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chart import Axis, Line, chart

from assistant.app.assembly import make_endpointing
from assistant.app.household import make_household
from assistant.app.recognition import bias_phrases, load_recogniser
from assistant.asr.result import BiasPhrase, Recogniser
from assistant.audio.blocks import Block
from assistant.audio.file import read_samples
from assistant.audio.source import FRAME_SAMPLES
from assistant.audio.vad import SileroVad
from assistant.bench.audio import known_ends, plain_end_s, recordings, speech
from assistant.bench.figures import percentile
from assistant.config import load
from assistant.endpointing.endpointer import EndpointFeatures, Endpointing
from assistant.endpointing.pauses import (
    STYLES,
    FinalEndpointer,
    SpeculativeEndpointer,
    Style,
    Waits,
)
from assistant.pipeline.listener import Listener
from assistant.pipeline.turn_state import TurnState
from assistant.pipeline.utterance import BLOCK_FRAMES

CUT_S = 0.1
SCALES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0)
PLAIN_S = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.3, 1.6)


@dataclass(frozen=True, slots=True)
class Trace:
    """What the end-pointers could see of one recording, and where its speech really ended."""

    name: str
    seen: tuple[tuple[float, EndpointFeatures, str], ...]
    """Second, features, words; every 20 ms."""
    stretches: tuple[tuple[float, float], ...]
    end_s: float


@dataclass(frozen=True, slots=True)
class Ending:
    """What a pair of end-pointers did with one recording. Times are from the true end of speech."""

    final_ms: float
    early_ms: float | None
    held: bool
    cut: bool


def trace(
    recogniser: Recogniser,
    endpointing: Endpointing,
    path: Path,
    bias: Sequence[BiasPhrase],
    end_s: float | None,
) -> Trace | None:
    """Hear a recording to its end, looking at the words in every pause as an utterance does."""
    samples = asyncio.run(read_samples(str(path)))
    stretches = speech(samples)
    if not stretches:
        return None
    listener, turn = Listener(recogniser.open(bias), SileroVad(), 0.0), TurnState(0.0)
    seen, judged = [], ""
    step = FRAME_SAMPLES * BLOCK_FRAMES
    for at in range(0, samples.size, step):
        observed = listener.observe(Block(samples[at : at + step], at))
        turn.follow(observed)
        if turn.due_for_a_look():
            turn.result = listener.peek()
        if turn.text != judged:
            judged = turn.text
            turn.completeness = endpointing.completeness(judged)
        seen.append((observed.end_s, turn.features(), turn.text))
    return Trace(path.name, tuple(seen), tuple(stretches), end_s or stretches[-1][1])


def ending(heard: Trace, style: Style) -> Ending:
    """What the end-pointers of a style do; the recording's end is an end-point, too."""
    early, final = SpeculativeEndpointer(style.speculative), FinalEndpointer(style.final)
    early_at: tuple[float, str] | None = None
    for at_s, features, text in heard.seen:
        if early_at and (features.silence_s == 0.0 or text != early_at[1]):
            early_at = None
        if final.decide(features):
            break
        if early_at is None and early.decide(features):
            early_at = (at_s, text)
    return Ending(
        final_ms=1000 * (at_s - heard.end_s),
        early_ms=1000 * (at_s - early_at[0]) if early_at else None,
        held=early_at is not None,
        cut=at_s < heard.end_s - CUT_S,
    )


def scaled(waits: Waits, factor: float) -> Waits:
    """All waits longer or shorter by a factor."""
    return replace(
        waits,
        complete_s=waits.complete_s * factor,
        unsure_s=waits.unsure_s * factor,
        open_s=waits.open_s * factor,
        incomplete_s=waits.incomplete_s * factor,
    )


def line(title: str, endings: Sequence[Ending]) -> str:
    """One row of the table; latencies are over recordings that were not cut."""
    whole = [each.final_ms for each in endings if not each.cut]
    early = [each.early_ms for each in endings if each.early_ms is not None]
    cut = sum(each.cut for each in endings) / len(endings)
    held = sum(each.held for each in endings) / len(endings)
    return (
        f"{title:<22}{statistics.median(whole):>8.0f}{percentile(whole, 90):>8.0f}{cut:>9.1%}"
        f"{statistics.median(early) if early else 0.0:>9.0f}{held:>8.0%}"
    )


def plain(heard: Trace, silence_s: float) -> Ending:
    """The plain rule."""
    at_s = plain_end_s(heard.stretches, silence_s)
    return Ending(1000 * (at_s - heard.end_s), None, held=False, cut=at_s < heard.end_s - CUT_S)


def curve(points: dict[str, list[tuple[float, float]]]) -> str:
    """Cuts (%) against median latency (ms) as an SVG picture."""
    lines = [Line(title, found, colour) for colour, (title, found) in enumerate(points.items())]
    most_cut = max(5.0, *(cut for found in points.values() for _, cut in found))
    x = Axis("median wait after the last sound, ms", 2000.0)
    return chart(lines, x, Axis("cut off too early, %", most_cut))


def traces(folder: Path, config: Path | None, limit: int | None) -> list[Trace]:
    """Hear every recording of a folder."""
    settings = load(config)
    house = make_household(settings)
    endpointing = make_endpointing(settings.endpoint, house)
    recogniser, bias = load_recogniser(settings), bias_phrases(settings, house.home)
    known = known_ends(folder)
    heard = []
    for path in recordings(folder)[:limit]:
        heard.append(trace(recogniser, endpointing, path, bias, known.get(path.name)))
        sys.stderr.write(f"\r{len(heard)} recordings heard")
    sys.stderr.write("\n")
    return [each for each in heard if each is not None]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--curve", type=Path, help="write the trade-off as an SVG picture")
    parser.add_argument("--limit", type=int, help="only so many recordings")
    parser.add_argument("--keep", type=Path, help="file for what was heard, to try more settings")
    args = parser.parse_args()
    if args.keep and args.keep.exists():
        heard = pickle.loads(args.keep.read_bytes())  # noqa: S301 - written by ourselves
    else:
        heard = traces(args.folder, args.config, args.limit)
        if args.keep:
            args.keep.write_bytes(pickle.dumps(heard))
    write = sys.stdout.write
    write(f"{len(heard)} recordings\n{'':<22}{'median':>8}{'90 %':>8}{'cut off':>9}{'early':>9}")
    write(f"{'held':>8}\n")
    for name, style in STYLES.items():
        write(line(name, [ending(each, style) for each in heard]) + "\n")
    points: dict[str, list[tuple[float, float]]] = {"joint": [], "silence": []}
    for factor in SCALES:
        style = replace(STYLES["normal"], final=scaled(STYLES["normal"].final, factor))
        points["joint"].append(_report(f"normal x {factor}", [ending(e, style) for e in heard]))
    for silence_s in PLAIN_S:
        title = f"silence {silence_s:g} s"
        points["silence"].append(_report(title, [plain(each, silence_s) for each in heard]))
    if args.curve:
        args.curve.write_text(curve(points), "utf8")
    return 0


def _report(title: str, endings: Sequence[Ending]) -> tuple[float, float]:
    """Print a row; its point of the curve."""
    sys.stdout.write(line(title, endings) + "\n")
    whole = [each.final_ms for each in endings if not each.cut]
    return statistics.median(whole), 100 * sum(each.cut for each in endings) / len(endings)


if __name__ == "__main__":
    sys.exit(main())
