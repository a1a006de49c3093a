"""Fits what tells whether something is meant for this device.

    python tools/tune_directedness.py --home CORPUS ... --talk CORPUS ... --noise CORPUS
        [--heard FILE]

`--home`: sentences for homes, by synthetic voices; what the demo home understands of them are its
commands. `--talk`: sentences that people read, of which thousands are needed: one of a hundred is
taken for a command, and only those tell what is taken. Follow-ups ("and the bedroom") are spoken by
the tuning voices of followup_recordings. Most is in simulated rooms with noise at 15 to 3 dB, where
more is misheard. All is development data, as `training.prepare` writes it. `--heard` keeps what was
heard, so that another fit takes seconds; `--part 0/2` and `--part 1/2` hear a half each.

What no recording can tell is simulated: how soon, how near, and who looks; see
simulated_senses.py. Whose voice it is in is compared for real, by the model that ships: with
another sentence of the same voice where it is meant for the device and in a third of the others,
else with somebody else's. What is told ("I need milk") wants the wake word, so no voice says such
commands here. Prints the weights for assistant/pipeline/directedness.py, and
the errors for voices that were left out of the fit.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from followup_recordings import DONE, TUNING_VOICES, Said, follow_ups
from measure_followups import Case, Ears, acts, compared, heard, told_apart
from simulated_senses import near, seen
from tune_confidence import odds

from assistant.audio.source import SAMPLE_RATE
from assistant.pipeline.directedness import Judge, Regression, is_command, is_told, measures
from training.corpus import Corpus
from training.evaluate import in_room

COMMANDS, TALK = 400, 6000
LONGEST_S = 5.0
RATIOS_DB = (None, 15, 10, 5, 3)
"""Of speech over noise in a room; None: as it was recorded."""
PAUSE = SAMPLE_RATE // 5
FOLLOW_UPS = 3
"""How often each is heard, each time in other noise."""
DRAWS, LOST = 16, 0.5
"""How often each case is taken, and how often each sense is missing then."""
SENSES = ("likeness", "since_reply_s", "over_noise_db", "nearer_db", "facing", "somebody")
SHARES = {"own": 1.0, "taken": 0.7, "talk": 0.5}
"""How much each kind counts, however many there are of it: what is meant for the device, what would
be done and is not meant, and all else, of which nothing comes however likely it is."""
ASKED = 1.4
"""By how much a question raises the odds, natural log: four times as likely. Set, not fitted."""
RIDGE, NEWTON, FOLDS = 2e-3, 30, 5


def chosen(args: argparse.Namespace, ears: Ears) -> Iterator[Said]:
    """Everything to be heard."""
    rng, rooms = random.Random(5), np.random.default_rng(5)
    noise = Corpus(args.noise)
    said = (*_of_home(args.home, ears, rng), *_of_people(args.talk, rng), *_follow_ups())
    number, parts = map(int, args.part.split("/"))
    for at, each in enumerate(said):
        ratio_db = rng.choice(RATIOS_DB)
        if at % parts == number:
            yield replace(each, samples=_in_noise(each.samples, noise, ratio_db, rooms))


def _short(folders: Sequence[Path], rng: random.Random) -> list[tuple[Corpus, int]]:
    """Recordings about as long as commands, in any order."""
    found = [
        (corpus, index)
        for corpus in map(Corpus, folders)
        for index, entry in enumerate(corpus.entries)
        if entry.samples < LONGEST_S * SAMPLE_RATE
    ]
    rng.shuffle(found)
    return found


def _of_home(folders: Sequence[Path], ears: Ears, rng: random.Random) -> Iterator[Said]:
    done = (
        (corpus, index)
        for corpus, index in _short(folders, rng)
        if is_command(ears.reads(corpus.entries[index].text, DONE))
    )
    for corpus, index in islice(done, COMMANDS):
        entry = corpus.entries[index]
        samples = corpus.audio(index)
        yield Said("command", entry.text, entry.voice, own=True, samples=samples, after=(DONE,))


def _of_people(folders: Sequence[Path], rng: random.Random) -> Iterator[Said]:
    for corpus, index in _short(folders, rng)[:TALK]:
        entry = corpus.entries[index]
        yield Said("talk", entry.text, entry.voice, own=False, samples=corpus.audio(index))


def _follow_ups() -> Iterator[Said]:
    for number in range(FOLLOW_UPS):
        for said in follow_ups(TUNING_VOICES):
            yield replace(said, voice=f"{said.voice} {number}")


def _in_noise(
    samples: NDArray[np.int16], noise: Corpus, ratio_db: float | None, rng: np.random.Generator
) -> NDArray[np.int16]:
    """A recording after a pause, in a room with noise or as it is."""
    padded = np.concatenate((np.zeros(PAUSE, np.int16), samples))
    return padded if ratio_db is None else in_room(padded, noise, ratio_db, rng)


def drawn(cases: Sequence[Case], ears: Ears) -> list[Case]:
    """Each case several times, with whatever senses there may be."""
    rng, found = np.random.default_rng(7), []
    for case in compared(cases, ears.likeness, rng):
        for _ in range(DRAWS):
            signs = near(seen(case.signs, case.own, rng), case.own, rng)
            lost: dict[str, Any] = {each: None for each in SENSES if rng.random() < LOST}
            found.append(replace(case, signs=replace(signs, **lost)))
    return found


def fitted(cases: Sequence[Case]) -> Regression:
    """The regression, by Newton's method, kept small by a little ridge."""
    names = [name for name in measures(cases[0].signs) if name != "asked"]
    given = np.array([[*map(measures(case.signs).__getitem__, names), 1.0] for case in cases])
    own = np.array([case.own for case in cases])
    counts = Counter(map(_kind, cases))
    weight = np.array([SHARES[_kind(case)] / counts[_kind(case)] for case in cases])
    weight /= weight.sum()
    ridge = RIDGE * np.eye(given.shape[1])
    ridge[-1, -1] = 0.0
    found = np.zeros(given.shape[1])
    for _ in range(NEWTON):
        said = odds(given @ found)
        slope = given.T @ (weight * (own - said)) - ridge @ found
        bend = (given.T * (weight * said * (1 - said))) @ given + ridge
        found += np.linalg.solve(bend, slope)
    by_name = dict(zip(names, found.round(3).tolist(), strict=False)) | {"asked": ASKED}
    weights = tuple(by_name[name] for name in measures(cases[0].signs))
    return Regression(weights, round(float(found[-1]), 3))


def _kind(case: Case) -> str:
    return "own" if case.own else "taken" if case.command else "talk"


def apart(cases: Sequence[Case], ears: Ears) -> Callable[[Case], Regression]:
    """For each case the regression that was fitted without its voice."""
    fold = {voice: n % FOLDS for n, voice in enumerate(dict.fromkeys(c.voice for c in cases))}
    many = drawn(cases, ears)
    judges = [fitted([c for c in many if fold[c.voice] != n]) for n in range(FOLDS)]
    return lambda case: judges[fold[case.voice]]


def _print_taken(cases: Sequence[Case], ears: Ears, judge: Callable[[Case], Judge]) -> None:
    """Print what is done of what would be done by certainty alone, and is not told."""
    could = [case for case in cases if case.command and not case.signs.told]
    heard_right = [
        case
        for case in could
        if case.own
        and ears.reads(case.heard, case.after).same_meaning(ears.reads(case.said, case.after))
    ]
    talk = [case for case in could if not case.own]
    for name, found in (("commands heard right", heard_right), ("sentences of talk", talk)):
        print(f"{sum(acts(case, judge) for case in found)} of {len(found)} {name} done")


async def tune(args: argparse.Namespace) -> None:
    """Hear, fit, and print."""
    ears = Ears()
    await ears.begin()
    cases = [
        case
        for case in await heard(chosen(args, ears), ears, args.heard)
        if not (case.own and is_told(ears.reads(case.said, case.after)))
    ]
    print(Counter((case.group, case.own) for case in cases))
    regression = fitted(drawn(cases, ears))
    for name, weight in zip(measures(cases[0].signs), regression.weights, strict=True):
        print(f"    {name:12} {weight}")
    print(f"    bias         {regression.bias}")
    judge = apart(cases, ears)
    told_apart(cases, ears, judge)
    _print_taken(cases, ears, judge)


def main() -> None:
    """Print the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", type=Path, nargs="+", default=[])
    parser.add_argument("--talk", type=Path, nargs="+", default=[])
    parser.add_argument("--noise", type=Path, required=True)
    parser.add_argument("--heard", type=Path, help="what was heard, as JSON Lines")
    parser.add_argument("--part", default="0/1", help="which part of everything to hear")
    asyncio.run(tune(parser.parse_args()))


if __name__ == "__main__":
    main()
