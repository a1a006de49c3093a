"""`assistant bench`: speed, latency, memory and size on this machine."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.asr.networks.model_folder import RUNTIMES, runtime_for, weight_files
from assistant.bench.audio import PLAIN_RULE_S, recordings
from assistant.bench.child import measure
from assistant.bench.figures import percentile
from assistant.commands import UsageError, print_json, say, settings_of
from assistant.commands.demo import FOLDER
from assistant.config import Settings

_FIGURES = ("speculative_ms", "final_ms", "nlu_ms", "action_ms", "work_ms", "response_ms")


def run(args: argparse.Namespace) -> int:
    """Measure everything, a process each; a table, or one JSON object."""
    settings = settings_of(args)
    folder = args.folder or FOLDER
    if not recordings(folder):
        raise UsageError(f"{folder} holds no recordings; name a folder with wav, flac or ogg files")
    report = bench(settings, folder, args.config, live=args.live)
    if args.json:
        print_json(report)
    else:
        for line in table(report):
            say(line)
    return 0


def bench(
    settings: Settings, folder: Path, config: Path | None, *, live: bool = False
) -> dict[str, Any]:
    """All figures as plain values; raises `BenchError`."""
    say(f"Measuring on {len(recordings(folder))} recordings in {folder}, one core ...")
    runtimes = {}
    used = runtime_for(settings.model_folder, settings.recogniser.runtime)
    for runtime in RUNTIMES:
        weights = weight_files(settings.model_folder, runtime)
        if weights or runtime == used:
            say(f"  the recogniser ({runtime})")
            figures = measure("recognition", folder, config, runtime)
            size = sum(path.stat().st_size for path in weights)
            runtimes[runtime] = {**figures, "weights_bytes": size}
    say("  waiting for the wake word")
    waiting = measure("waiting", folder, config)
    say("  the whole pipeline")
    listening = measure("listening", folder, config)
    waited: dict[str, float] | None = None
    if live:
        say("  the whole pipeline, as it is spoken")
        waited = _middle(measure("live", folder, config)["response_ms"])
    say("  a peer")
    utterances = listening.pop("utterances")
    return {
        "folder": str(folder),
        "runtime": used,
        "runtimes": runtimes,
        "wake_word": waiting,
        "listening": listening,
        **summary([each for each in utterances if "response_ms" in each]),
        "files": utterances,
        "live": waited,
        "peer": peer if "name" in (peer := measure("peer", folder, config)) else None,
    }


def summary(utterances: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Medians, 90th percentiles and shares over utterances."""
    if not utterances:
        return {"latency": {}, "endpoints": {}}
    values = {
        name: [each[name] for each in utterances if each[name] is not None] for name in _FIGURES
    }
    values["held_work_ms"] = [each["work_ms"] for each in utterances if each["reused"]]
    values["early_ms"] = [
        each["final_ms"] - each["speculative_ms"]
        for each in utterances
        if each["speculative_ms"] is not None
    ]
    return {
        "latency": {name: figures for name, items in values.items() if (figures := _middle(items))},
        "endpoints": {
            "utterances": len(utterances),
            "speculation_held": _share(utterances, "reused"),
            "cut_off": _share(utterances, "cut_off"),
            "plain_rule_ms": 1000 * PLAIN_RULE_S,
            "plain_rule_cut_off": _share(utterances, "plain_rule_cut_off"),
        },
    }


def _middle(items: Sequence[float]) -> dict[str, float] | None:
    """Median and 90th percentile, if there is anything."""
    if not items:
        return None
    return {"median": statistics.median(items), "p90": percentile(items, 90)}


def _share(utterances: Sequence[Mapping[str, Any]], name: str) -> float:
    return sum(bool(each[name]) for each in utterances) / len(utterances)


def table(report: Mapping[str, Any]) -> Iterator[str]:
    """The figures for people."""
    yield ""
    for name, figures in report["runtimes"].items():
        used = ", used here" if name == report["runtime"] else ""
        yield (
            f"recogniser ({name})      real-time factor {figures['real_time_factor']:.3f}, "
            f"weights {_mb(figures['weights_bytes'])}, memory {_mb(figures['peak_rss_bytes'])}"
            f"{_errors(figures)}{used}"
        )
        yield (
            f"  its lattices         {figures['lattice_bytes'] / 1e3:.1f} kB for "
            f"{figures['audio_bytes'] / 1e3:.0f} kB of audio (medians)"
        )
    if peer := report["peer"]:
        yield (
            f"{peer['name']:<22} real-time factor {peer['real_time_factor']:.3f}, "
            f"memory {_mb(peer['peak_rss_bytes'])}{_errors(peer)}"
        )
    else:
        yield "no peer installed       (pip install pocketsphinx would be compared)"
    yield f"waiting for wake word  real-time factor {report['wake_word']['real_time_factor']:.4f}"
    listening = report["listening"]
    yield (f"whole pipeline         memory {_mb(listening['peak_rss_bytes'])}{_errors(listening)}")
    row = listening["one_stream"]
    yield f"in one stream          {row['as_alone']} of {row['files']} files heard as alone"
    held_ms, wall_ms = listening["longest_block_ms"], listening["longest_block_wall_ms"]
    yield (
        f"event loop             held by our code for at most {held_ms:.1f} ms "
        f"({wall_ms:.1f} by the clock)"
    )
    yield from _latencies(report["latency"])
    if waited := report["live"]:
        title = "the same by the clock, heard live"
        yield f"{title:<38}{waited['median']:>9.1f}{waited['p90']:>9.1f}"
    yield from _endpoints(report["endpoints"])


def _latencies(latency: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    titles = {
        "speculative_ms": "speech end to speculative end-point",
        "final_ms": "speech end to final end-point",
        "early_ms": "speculative before final end-point",
        "nlu_ms": "understanding",
        "work_ms": "final end-point to action",
        "held_work_ms": "the same where the speculation held",
        "action_ms": "action",
        "response_ms": "speech end to action",
    }
    if latency:
        yield f"\n{'milliseconds':<38}{'median':>9}{'90 %':>9}"
    for name, title in titles.items():
        if figures := latency.get(name):
            yield f"{title:<38}{figures['median']:>9.1f}{figures['p90']:>9.1f}"


def _endpoints(endpoints: Mapping[str, float]) -> Iterator[str]:
    if not endpoints:
        yield "\nno utterance came to an end"
        return
    yield (
        f"\n{endpoints['utterances']} utterances: speculation held in "
        f"{endpoints['speculation_held']:.0%}, cut off {endpoints['cut_off']:.1%}"
    )
    yield (
        f"a plain rule of {endpoints['plain_rule_ms']:.0f} ms silence: always "
        f"{endpoints['plain_rule_ms']:.0f} ms, cut off {endpoints['plain_rule_cut_off']:.1%}"
    )


def _errors(figures: Mapping[str, Any]) -> str:
    if "word_error_rate" not in figures:
        return ""
    errors = f", word errors {figures['word_error_rate']:.1%} of {figures['words']}"
    if "oracle_word_error_rate" in figures:
        errors += f" (best in the lattice {figures['oracle_word_error_rate']:.1%})"
    return errors


def _mb(size: float) -> str:
    return f"{size / 1e6:.1f} MB"
