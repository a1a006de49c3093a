"""Measures speaker identification: equal error rate, households of four with guests, and cost.

    python tools/measure_speakers.py --noise FOLDER LIST[:PREFIX] [LIST[:PREFIX] ...]

Each list is a table of recordings with `path` and `speaker`. Everyone is learned from three
recordings; the others are recognised whole, cut to 2 s of speech, and those in a simulated room
with the noise of FOLDER at 10 dB. `--model FOLDER`: another model than the one that ships. Without
a list only the cost is printed: time, and the memory that the network adds to a process in which
ONNX Runtime already works (Linux's private memory), kept between utterances and while it computes.
"""

# ruff: noqa: INP001 - a script, not part of a package
from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assistant.app.speakers import MODEL_FOLDER  # noqa: E402
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE  # noqa: E402
from assistant.audio.vad import SileroVad  # noqa: E402
from assistant.pipeline.memory import give_back, hold_little  # noqa: E402
from assistant.speaker.calibration import Calibration  # noqa: E402
from assistant.speaker.embedding import Floats  # noqa: E402
from assistant.speaker.network import OnnxEmbedder  # noqa: E402
from training.speaker_trials import (  # noqa: E402
    Condition,
    Trials,
    embed_trials,
    equal_error_rate,
    households,
    noise_in,
    pick,
    read_list,
)

CONDITIONS = {
    "whole sentences": Condition(),
    "2 s of speech": Condition(2.0),
    "2 s, room with noise at 10 dB": Condition(2.0, 10.0),
}
HOUSEHOLDS, MEMBERS = 200, 4
COST_S = 2.0


def main() -> None:
    """Read the arguments and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lists", nargs="*", metavar="LIST[:PREFIX]")
    parser.add_argument("--noise", type=Path, nargs="+", default=[], metavar="FOLDER")
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER, metavar="FOLDER")
    parser.add_argument("--speakers", type=int, default=70, help="of each list; default: 70")
    parser.add_argument("--each", type=int, default=8, help="recordings of each; default: 8")
    args = parser.parse_args()
    if args.lists and not args.noise:
        parser.error("lists need --noise FOLDER")
    embedder = _cost(args.model)
    if not args.lists:
        return
    with tempfile.TemporaryDirectory() as folder:
        noise = noise_in(args.noise, Path(folder))
        for each in args.lists:
            file, _, prefix = each.partition(":")
            recordings = pick(read_list(Path(file), prefix), args.speakers, args.each)
            found = embed_trials(recordings, embedder, tuple(CONDITIONS.values()), noise)
            sys.stdout.write(f"\n{each}: {len(recordings)} speakers\n")
            for name, trials in zip(CONDITIONS, found, strict=True):
                _tell(name, trials, embedder.manifest.calibration)


def _tell(name: str, trials: Trials, calibration: Calibration) -> None:
    rate, at = equal_error_rate(trials)
    right, taken = _in_households(trials, calibration)
    sys.stdout.write(
        f"  {name}: {len(trials.said)} sentences, equal error rate {100 * rate:.2f} % "
        f"(at {at:.2f}); household of {MEMBERS}: right member {100 * right:.1f} %, "
        f"guest taken for one {100 * taken:.2f} %\n"
    )


def _in_households(trials: Trials, calibration: Calibration) -> tuple[float, float]:
    """How often members are named rightly, and guests named at all."""
    cosines, right, taken = trials.cosines, [], []
    for members in households(trials, min(MEMBERS, len(trials.speakers) - 1), HOUSEHOLDS):
        inside = set(members.tolist())
        for row, who, length in zip(cosines, trials.by, trials.lengths, strict=True):
            named = _named(row, members, float(length), calibration)
            if int(who) in inside:
                right.append(named == int(who))
            else:
                taken.append(named is not None)
    return float(np.mean(right)), float(np.mean(taken))


def _named(
    cosines: Floats, members: NDArray[np.int64], length: float, calibration: Calibration
) -> int | None:
    """Which member is named for an utterance, if any."""
    scores = calibration.probabilities({str(m): float(cosines[m]) for m in members}, length)
    best = max(scores, key=scores.__getitem__)
    return int(best) if scores[best] >= calibration.accept else None


def _cost(folder: Path) -> OnnxEmbedder:
    """The model, after telling what it costs on one core."""
    hold_little()
    vad = SileroVad()  # ONNX Runtime's own memory is there in a service, too
    vad.process(np.zeros(FRAME_SAMPLES, np.int16))
    give_back()
    before = _private_mb()
    embedder = OnnxEmbedder(folder)
    speech = np.random.default_rng(0).normal(0, 1000, round(COST_S * SAMPLE_RATE)).astype(np.int16)
    embedder.embed(speech)
    begin_s, times = time.process_time(), 10
    for _ in range(times):
        embedder.embed(speech)
    took_s = (time.process_time() - begin_s) / times
    busy = _private_mb() - before
    give_back()
    sys.stdout.write(
        f"{embedder.version}: {1000 * took_s:.1f} ms for {COST_S:.0f} s of speech, real-time "
        f"factor {took_s / COST_S:.4f}; memory: {_private_mb() - before:.1f} MB kept, "
        f"{busy:.1f} MB right after it computed\n"
    )
    return embedder


def _private_mb() -> float:
    """Memory that this process has written, and that nothing but it can give back.

    What it has read of files, the runtime's library first, counts as private or as shared by which
    other programs happen to run.
    """
    lines = Path("/proc/self/smaps_rollup").read_text("ascii").splitlines()
    kilobytes = [int(line.split()[1]) for line in lines if line.startswith("Private_Dirty")]
    return sum(kilobytes) / 1e3


if __name__ == "__main__":
    main()
