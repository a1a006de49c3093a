"""Fits what tells whether something is meant for this device.

    python tools/tune_directedness.py --home CORPUS ... --talk CORPUS ... --noise FOLDER
        [--read CORPUS ...] [--heard FILE]

`--home`: sentences for homes, by synthetic voices; of those that the demo home understands some are
its commands, and of those that are prose some are talk. `--talk`: sentences that people read. Of
`--read`, where there are many, only those are heard whose words the home would act on, which are
the hardest. Follow-ups ("and the bedroom") are spoken by the tuning voices of followup_recordings.
Half of everything is in noise at 5 to 20 dB. All is development data, as `training.prepare` writes
it. `--heard` keeps what was heard, so that another fit takes seconds.

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
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from followup_recordings import DONE, TUNING_VOICES, Said, follow_ups
from measure_followups import Case, Ears, compared, heard, told_apart
from simulated_senses import near, seen
from tune_confidence import odds

from assistant.pipeline.directedness import Regression, is_command, is_told, measures
from training.corpus import Corpus

COMMANDS, PROSE, TALK, HARDEST = 80, 24, 90, 36
LONGEST_S = 5.0
WORDS_READ = 9
"""Longer sentences are hardly ever taken for a command."""
RATIOS_DB = (None, None, None, 20, 12, 5)
PEAK = 0.3
DRAWS, LOST = 16, 0.5
"""How often each case is taken, and how often each sense is missing then."""
SENSES = ("likeness", "since_reply_s", "over_noise_db", "nearer_db", "facing", "somebody")
SHARES = {"own": 1.0, "talk": 0.8, "hardest": 0.2}
"""How much each kind counts, however many there are of it."""
ASKED = 1.4
"""By how much a question raises the odds, natural log: four times as likely. Set, not fitted."""
RIDGE, NEWTON, FOLDS = 2e-3, 30, 5


def chosen(args: argparse.Namespace, ears: Ears) -> Iterator[Said]:
    """Everything to be heard."""
    rng = random.Random(5)
    noises = sorted(args.noise.rglob("*.flac"))
    for said in (*_of_home(args.home, ears, rng), *_of_people(args, ears, rng)):
        yield replace(said, samples=_in_noise(said.samples, noises, rng))
    yield from follow_ups(TUNING_VOICES)


def _short(folders: Sequence[Path]) -> list[tuple[Corpus, int]]:
    """Recordings about as long as commands."""
    return [
        (corpus, index)
        for corpus in map(Corpus, folders)
        for index, entry in enumerate(corpus.entries)
        if entry.samples < LONGEST_S * 16_000
    ]


def _of_home(folders: Sequence[Path], ears: Ears, rng: random.Random) -> Iterator[Said]:
    every = _short(folders)
    rng.shuffle(every)
    commands, prose = 0, 0
    for corpus, index in every:
        entry = corpus.entries[index]
        if commands < COMMANDS and _is_done(entry.text, ears):
            commands += 1
            yield Said("command", entry.text, entry.voice, True, corpus.audio(index))
        elif prose < PROSE and _is_prose(entry.text):
            prose += 1
            yield Said("prose", entry.text, entry.voice, False, corpus.audio(index))


def _is_done(text: str, ears: Ears) -> bool:
    return is_command(ears.reads(text, DONE))


def _is_prose(text: str) -> bool:
    """What is told of somebody is said to no device."""
    return text.split(maxsplit=1)[0] in {"he", "she", "they", "his", "her", "their"}


def _of_people(args: argparse.Namespace, ears: Ears, rng: random.Random) -> Iterator[Said]:
    talk = _short(args.talk)
    hardest = [
        (corpus, index)
        for corpus, index in _short(args.read)
        if len(corpus.entries[index].text.split()) <= WORDS_READ
        and _is_done(corpus.entries[index].text, ears)
    ]
    for group, found, count in (("talk", talk, TALK), ("hardest", hardest, HARDEST)):
        for corpus, index in rng.sample(found, min(count, len(found))):
            entry = corpus.entries[index]
            yield Said(group, entry.text, entry.voice, False, corpus.audio(index))


def _in_noise(
    samples: NDArray[np.int16], noises: Sequence[Path], rng: random.Random
) -> NDArray[np.int16]:
    """A recording between pauses, as loud as others, and perhaps with noise."""
    speech = np.concatenate((np.zeros(3200), samples / 32768, np.zeros(1600)))
    speech *= PEAK / max(1e-4, float(np.abs(speech).max()))
    ratio_db = rng.choice(RATIOS_DB)
    if ratio_db is not None:
        recorded, _ = soundfile.read(rng.choice(noises), dtype="float32", always_2d=True)
        noise = np.resize(recorded[:, 0], speech.size)
        power = np.mean(speech**2) / max(1e-9, float(np.mean(noise**2)))
        speech = speech + noise * np.sqrt(power / 10 ** (ratio_db / 10))
    return np.asarray(np.clip(32768 * speech, -32768, 32767), np.int16)


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
    return "own" if case.own else "hardest" if case.group == "hardest" else "talk"


def apart(cases: Sequence[Case], ears: Ears) -> Callable[[Case], Regression]:
    """For each case the regression that was fitted without its voice."""
    fold = {voice: n % FOLDS for n, voice in enumerate(dict.fromkeys(c.voice for c in cases))}
    many = drawn(cases, ears)
    judges = [fitted([c for c in many if fold[c.voice] != n]) for n in range(FOLDS)]
    return lambda case: judges[fold[case.voice]]


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
    told_apart(cases, ears, apart(cases, ears))


def main() -> None:
    """Print the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", type=Path, nargs="+", default=[])
    parser.add_argument("--talk", type=Path, nargs="+", default=[])
    parser.add_argument("--read", type=Path, nargs="+", default=[])
    parser.add_argument("--noise", type=Path, required=True)
    parser.add_argument("--heard", type=Path, help="what was heard, as JSON Lines")
    asyncio.run(tune(parser.parse_args()))


if __name__ == "__main__":
    main()
