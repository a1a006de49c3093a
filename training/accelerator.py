"""Training on a borrowed accelerator, for as many minutes as it can be had.

    python -m training.accelerator pack DIR --recipe training/recipes/en-small-people.yaml
    sh DIR/run.sh --minutes 9                          # there
    python -m training.accelerator join DIR RETURNED checkpoints/en-small-people

A pack holds what a run needs, so that nothing has to be fetched there: `speech`, all recordings
as Opus; `start`, weights, vocabulary and texts' pieces; `recipe.yaml`; `code`; `wheels`. A run
decodes the recordings once, keeps them in the accelerator's memory, trains until its time is over,
its learning rate falling to the end, and leaves in `DIR/out` half-precision weights in parts of
less than 16 MiB and `losses.jsonl`. A second run in the same place goes on from the first.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import yaml

from assistant.asr.networks.manifest import PIECES
from training import opus
from training.recipe import Recipe
from training.saved_weights import TABLE, WEIGHTS, companion
from training.tar_corpus import open_corpus
from training.train import Trainer, batches
from training.vocabulary import FILES

ROOT = Path(__file__).parents[1]
MIB = 1 << 20
PART = 15 * MIB
"""Bytes of a part of the weights; what lends accelerators often returns no larger files."""
NOISE = "noise"
WRITING_S = 10.0
WRITING_SHARE = 0.05
"""What is kept for writing the weights, at most: seconds, and the part of the time."""
ENDLESS = 10**9
"""Steps of a run that ends by the clock."""
SAVE_EVERY = 1000
PLATFORMS = ["manylinux_2_28_x86_64", "manylinux2014_x86_64"]
SUFFIXES = (".py", ".yaml", ".json", ".txt")
RUN = """#!/bin/sh
# Train here: sh run.sh --minutes 9
here=$(cd "$(dirname "$0")" && pwd)
ls "$here"/wheels/*.whl >/dev/null 2>&1 &&
    python3 -m pip install --quiet --no-index --no-deps "$here"/wheels/*.whl
PYTHONPATH="$here/code" exec python3 -m training.accelerator run "$here" "$@"
"""


def pack(recipe_file: Path, folder: Path, limit: int) -> None:
    """Write a pack whose recordings take at most `limit` bytes.

    Raises:
        ValueError: the recipe cannot go by the clock, or does not fit.
        FileNotFoundError: something that it needs is missing.

    """
    recipe = Recipe.load(recipe_file)
    if recipe.distil_steps or not recipe.start:
        raise ValueError(
            f"{recipe_file} must go on from weights, without distil_steps: they go by steps"
        )
    shutil.rmtree(folder, ignore_errors=True)
    corpora = {f"c{n}": open_corpus(Path(path)) for n, path in enumerate(recipe.data)}
    if recipe.noise:
        corpora[NOISE] = open_corpus(Path(recipe.noise))
    left_out = opus.pack(corpora, folder / "speech", limit)
    if left_out:
        print(f"{left_out} recordings stay out: they do not fit in {limit / MIB:.0f} MiB")
    values = yaml.safe_load(recipe_file.read_text("utf8"))
    values["data"] = dict(zip(corpora, recipe.data.values(), strict=False))
    values |= {"noise": NOISE if recipe.noise else None, "develop": [], "start": WEIGHTS}
    for name in ("whisper", "teacher"):
        if values.get(name):
            values[name] = _taken(Path(values[name]), folder / "start", f"{name}.pt")
    _take_start(recipe, folder / "start")
    (folder / "recipe.yaml").write_text(yaml.safe_dump(values, sort_keys=False), "utf8")
    _take_code(folder / "code")
    (folder / "run.sh").write_text(RUN, "utf8")


def _taken(source: Path, folder: Path, name: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, folder / name)
    return name


def _take_start(recipe: Recipe, folder: Path) -> None:
    start = Path(recipe.start or "")
    _taken(start, folder, WEIGHTS)
    for name in (*FILES, *([PIECES] if recipe.pieces else [])):
        _taken(companion(start.parent, name), folder, name)
    for weights in filter(None, (recipe.teacher, recipe.start)):
        if (table := companion(Path(weights).parent, TABLE)).exists():
            _taken(table, folder, TABLE)


def _take_code(folder: Path) -> None:
    for package in ("training", "assistant"):
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in SUFFIXES and "weights" not in path.parts:
                target = folder / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)


def fetch_wheels(names: list[str], folder: Path, python: str, platforms: list[str]) -> None:
    """Packages that are missing there, without those that they need in turn.

    Raises:
        subprocess.CalledProcessError: pip finds none for that machine.

    """
    there = ["--only-binary=:all:", "--python-version", python]
    there += [word for platform in platforms for word in ("--platform", platform)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *there]
    subprocess.run([*command, "--dest", str(folder), *names], check=True)


def run(folder: Path, minutes: float, clock: Callable[[], float] = time.monotonic) -> Path:
    """Train what is packed in `folder` for so many minutes, all that a run does counted in.

    Returns the folder of weights and losses.

    Raises:
        ValueError: the pack is not whole, or the time is too short to begin.

    """
    began = clock()
    out = folder / "out"
    if not (folder / "data").exists():
        opus.unpack(folder / "speech", folder / "data.new")
        (folder / "data.new").rename(folder / "data")
    trainer = Trainer(_recipe(folder, out))
    made = batches(trainer, on_device=True)
    end_s = 60 * minutes * (1 - WRITING_SHARE)
    left_s = max(end_s, 60 * minutes - WRITING_S) - (clock() - began)
    if left_s <= 0:
        raise ValueError(f"{minutes} minutes were over before training began: give it more")
    print(f"{left_s:.0f} s of training on {trainer.device}", flush=True)
    trainer.clock = clock
    trainer.by_the_clock(left_s)
    trainer.run(made)
    split(out / WEIGHTS, PART)
    return out


def _recipe(folder: Path, out: Path) -> Recipe:
    """The packed recipe, with its paths in this place."""
    recipe = Recipe.load(folder / "recipe.yaml")
    start = folder / "start"
    return replace(
        recipe,
        output=out,
        noise=recipe.noise and str(folder / "data" / recipe.noise),
        data={str(folder / "data" / name): weight for name, weight in recipe.data.items()},
        start=str(start / WEIGHTS),
        whisper=recipe.whisper and str(start / recipe.whisper),
        teacher=recipe.teacher and str(start / recipe.teacher),
        steps=ENDLESS,
        clean_steps=0,
        evaluate_every=SAVE_EVERY,
    )


def split(path: Path, most: int) -> list[Path]:
    """Parts of a file, and their checksum: PATH.00, PATH.01 ..., PATH.sha256."""
    for old in path.parent.glob(f"{path.name}.[0-9][0-9]"):
        old.unlink()
    content = path.read_bytes()
    parts = [path.with_name(f"{path.name}.{n:02}") for n in range(-(-len(content) // most))]
    for number, part in enumerate(parts):
        part.write_bytes(content[number * most : (number + 1) * most])
    path.with_name(f"{path.name}.sha256").write_text(hashlib.sha256(content).hexdigest() + "\n")
    return parts


def join(folder: Path, returned: Path, out: Path) -> None:
    """Make a run's folder of the pack in `folder` and the parts of weights in `returned`.

    Raises:
        ValueError: parts are missing, or were changed on the way.

    """
    content = b"".join(part.read_bytes() for part in sorted(returned.glob(f"{WEIGHTS}.[0-9][0-9]")))
    checksum = (returned / f"{WEIGHTS}.sha256").read_text("ascii").strip()
    if hashlib.sha256(content).hexdigest() != checksum:
        raise ValueError(f"the parts in {returned} are not all, or not as they were written")
    out.mkdir(parents=True, exist_ok=True)
    for path in (folder / "start").iterdir():
        if path.suffix != ".pt":
            shutil.copy(path, out)
    (out / WEIGHTS).write_bytes(content)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    packing = commands.add_parser("pack", help="write a pack to take along")
    packing.add_argument("folder", type=Path)
    packing.add_argument("--recipe", type=Path, required=True)
    packing.add_argument("--limit-mib", type=float, default=56.0, help="of the recordings")
    packing.add_argument("--wheels", nargs="*", default=[], help="packages that are missing there")
    packing.add_argument("--python", default=f"3.{sys.version_info.minor}", help="there")
    packing.add_argument("--platform", nargs="*", default=PLATFORMS, help="there, best first")
    running = commands.add_parser("run", help="train, in the place of the accelerator")
    running.add_argument("folder", type=Path)
    running.add_argument("--minutes", type=float, required=True)
    joining = commands.add_parser("join", help="make a run's folder of what came back")
    joining.add_argument("folder", type=Path, help="the pack")
    joining.add_argument("returned", type=Path, help="the folder of the weights' parts")
    joining.add_argument("out", type=Path)
    args = parser.parse_args()
    try:
        _do(args)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"{error}")


def _do(args: argparse.Namespace) -> None:
    if args.command == "run":
        print(f"weights and losses are in {run(args.folder, args.minutes)}")
    elif args.command == "join":
        join(args.folder, args.returned, args.out)
    else:
        pack(args.recipe, args.folder, round(args.limit_mib * MIB))
        if args.wheels:
            fetch_wheels(args.wheels, args.folder / "wheels", args.python, args.platform)
        for part in sorted(args.folder.iterdir()):
            size = sum(p.stat().st_size for p in (part, *part.rglob("*")) if p.is_file())
            print(f"{part.name}: {size / MIB:.1f} MiB")


if __name__ == "__main__":
    main()
