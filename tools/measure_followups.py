"""What comes of speech without the wake word, while the microphone is held open.

    python tools/measure_followups.py --talk LIST.tsv [LIST.tsv ...] [--home CORPUS ...]
        [--limit 200] [--tuning] [--heard FILE]
    python tools/measure_followups.py --talk LIST.tsv [LIST.tsv ...] --read [--limit 9999]

Follow-ups ("and the bedroom", "turn it off") are spoken by voices of flite and festival, half of
them in noise, and should be acted on, as should what the demo home understands of `--home`, a
corpus as `training.prepare` writes it. `--talk`: lists (path, speaker, text) of speech that is
meant for nobody here, each recording heard as if the window were open, after a plain reply and
after a question; nothing should be done then. `--tuning` takes other voices, for choosing
thresholds. `--heard` keeps what was heard in a file, from which it is taken the next time; with
`--kept` no more is. With `--read` nothing is heard, the texts are taken: what would be done if
all were heard right.

Equal error rates tell what is meant for the device from what is not: by the certainty of the words
alone, and by the signs of directedness.py, without and with the senses that are compared for real
(whose voice it is) or simulated (see simulated_senses.py).
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from followup_recordings import (
    AFTER,
    DONE,
    PROGRAMS,
    TUNING_VOICES,
    VOICES,
    Said,
    commands,
    follow_ups,
    talk,
    talk_of,
)
from numpy.typing import NDArray
from simulated_senses import SAME_PERSON, near, seen

from assistant.app.assembly import favoured, favoured_sentences
from assistant.app.household import make_household
from assistant.app.recognition import load_recogniser
from assistant.app.speakers import make_voices
from assistant.asr.result import RecognitionResult, recognise
from assistant.audio.source import SAMPLE_RATE
from assistant.audio.vad import SileroVad
from assistant.config.settings import Settings
from assistant.dialogue.dispatcher import nothing_before
from assistant.nlu.interpretation import Interpretation
from assistant.pipeline.certainty import certainty, doubted
from assistant.pipeline.directedness import (
    SHIPPED,
    Judge,
    Signs,
    is_command,
    signs_of,
    signs_of_text,
)
from assistant.speaker.speech import speech_of

DRAWS = 20
"""Of each simulated sense for a recording."""
LEAST = Settings().conversation.directedness


@dataclass(frozen=True, slots=True)
class Case:
    """One recording in one situation, and what is known of it."""

    group: str
    said: str
    voice: str
    own: bool
    after: str
    seconds: float
    heard: str
    intent: str | None
    sure: float
    """How likely (0 to 1) it is that the intent was meant; see `certainty`."""
    signs: Signs
    command: bool
    """Whether it would be done if it were meant for the device."""
    embedding: tuple[float, ...] | None
    """The voice; None where there is too little of it."""


class Ears:
    """A home that was spoken to before."""

    def __init__(self) -> None:
        settings = Settings()
        self._house = make_household(settings)
        self._recogniser = load_recogniser(settings)
        self._names = favoured(settings, self._house)
        self._sentences = favoured_sentences(settings, self._house)
        self._least = settings.understanding.confidence
        self._rooms = {text: self._house.in_room(None, nothing_before) for text in AFTER}
        self._voices = make_voices(None)

    async def begin(self) -> None:
        """Say in each room what was said before."""
        await self._house.start()
        for text, room in self._rooms.items():
            room.heard_time.follow(lambda: 0.0)
            meant = room.understanding.interpret_text(text)
            carried = await room.dispatcher.carry_out(meant, text)
            room.understanding.referents.note(carried.named)

    async def cases(self, said: Said) -> list[Case]:
        """What is heard of a recording in each of its situations, a pause after it."""
        padded = np.concatenate((said.samples, np.zeros(SAMPLE_RATE // 2, np.int16)))
        result = recognise(self._recogniser, padded, self._names, self._sentences)
        voice = self._voices.embed(speech_of(padded, SileroVad()))
        embedding = None if voice is None else tuple(voice.round(4).tolist())
        return [await self._case(said, after, result, embedding) for after in said.after]

    async def _case(
        self,
        said: Said,
        after: str,
        result: RecognitionResult,
        embedding: tuple[float, ...] | None,
    ) -> Case:
        understood = self._rooms[after].conversation.interpret(result.nbest)
        sure = certainty(understood, result)
        meant = doubted(understood, result.text, sure, self._least)
        return Case(
            *(said.group, said.text, said.voice, said.own, after),
            said.samples.size / SAMPLE_RATE,
            result.text,
            understood.intent,
            sure,
            signs_of(understood, result),
            await self.would_be_done(meant, after),
            embedding,
        )

    async def would_be_done(self, meant: Interpretation, after: str) -> bool:
        """Whether something would come of a meaning after something was said."""
        return is_command(meant) and not await self._rooms[after].dispatcher.is_untimely(meant)

    def likeness(self, one: Case, other: Case) -> float | None:
        """How alike two voices are; None where one of them was not heard for long enough."""
        if one.embedding is None or other.embedding is None:
            return None
        voices = [np.array(each.embedding, np.float32) for each in (one, other)]
        return self._voices.likeness(*voices)

    def reads(self, said: str, after: str) -> Interpretation:
        """What a text means after something was said."""
        return self._rooms[after].conversation.interpret_text(said)


def recordings(args: argparse.Namespace, ears: Ears) -> Iterator[Said]:
    """Everything that is to be heard."""

    def understood(text: str) -> bool:
        return is_command(ears.reads(text, DONE))

    yield from follow_ups(TUNING_VOICES if args.tuning else VOICES)
    yield from commands(args.home, understood, args.home_limit)
    yield from talk_of(args.talk, args.limit)


async def heard(said: Iterator[Said], ears: Ears, file: Path | None) -> list[Case]:
    """What was heard of everything; a file keeps it, so nothing is heard twice.

    In any order, but always the same one: what was heard when it is interrupted is a fair part.
    """
    found = kept(file) if file is not None else []
    known = {(case.group, case.said, case.voice) for case in found}
    new = [each for each in said if (each.group, each.text, each.voice) not in known]
    random.Random(1).shuffle(new)
    for number, each in enumerate(new, 1):
        cases = await ears.cases(each)
        found += cases
        if file is not None:
            with file.open("a", encoding="utf-8") as lines:
                lines.writelines(json.dumps(asdict(case)) + "\n" for case in cases)
        if number % 20 == 0:
            print(f"{number} of {len(new)} heard", file=sys.stderr, flush=True)
    return found


def kept(file: Path) -> list[Case]:
    """What a file has kept of what was heard; nothing, if there is no file yet."""
    if not file.exists():
        return []
    lines = map(json.loads, file.read_text("utf-8").splitlines())
    return [Case(**{**line, "signs": Signs(**line["signs"])}) for line in lines]


def compared(
    cases: Sequence[Case], likeness: Callable[[Case, Case], float | None], rng: np.random.Generator
) -> list[Case]:
    """The cases with how alike the voice is to that of the last command.

    That was said by the same voice where it is meant for the device, and in some of the others.
    """
    found = []
    for case in cases:
        same = case.own or rng.random() < SAME_PERSON
        others = [
            other
            for other in cases
            if (other.voice == case.voice) is same and other.said != case.said
        ]
        alike = likeness(case, others[rng.integers(len(others))]) if others else None
        found.append(replace(case, signs=replace(case.signs, likeness=alike)))
    return found


def sensed(
    cases: Sequence[Case], *senses: Callable[[Signs, bool, np.random.Generator], Signs]
) -> list[Case]:
    """The cases with what simulated senses tell, each drawn several times."""
    rng, found = np.random.default_rng(3), []
    for case in [case for case in cases for _ in range(DRAWS if senses else 1)]:
        signs = case.signs
        for sense in senses:
            signs = sense(signs, case.own, rng)
        found.append(replace(case, signs=signs))
    return found


def equal_error(own: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """The rate at which as many of either are taken for the other."""
    levels = np.unique(np.concatenate((own, others, [np.inf])))
    missed = np.array([(own < level).mean() for level in levels])
    false = np.array([(others >= level).mean() for level in levels])
    at = int(np.argmin(np.abs(missed - false)))
    return float(missed[at] + false[at]) / 2


def rates(cases: Sequence[Case], score: Callable[[Case], float]) -> float:
    """The equal error rate of cases by a score."""
    scores = np.array([score(case) for case in cases])
    own = np.array([case.own for case in cases])
    return equal_error(scores[own], scores[~own])


def by_certainty(case: Case) -> float:
    """How sure what is understood is, where anything is."""
    return case.sure if case.signs.command else 0.0


def shipped(_case: Case) -> Judge:
    """What tells how likely it is meant for the device."""
    return SHIPPED


def by_signs(case: Case) -> float:
    """How likely it is meant for the device."""
    return SHIPPED.probability(case.signs)


def acts(case: Case, judge: Callable[[Case], Judge] = shipped) -> bool:
    """Whether it is done."""
    return case.command and judge(case).probability(case.signs) >= LEAST


def report(found: Sequence[Case], ears: Ears) -> None:
    """Print the figures, and every mistake without other senses."""
    told_apart(found, ears)
    for group in ("follow-up", "command"):
        own = [case for case in found if case.group == group]
        if own:
            print(f"{100 * sum(map(acts, own)) / len(own):.1f} % of {len(own)} {group}s done")
    for after in AFTER:
        others = [case for case in found if not case.own and case.after == after]
        minutes = sum(case.seconds for case in others) / 60
        false = [case for case in others if acts(case)]
        print(
            f"{len(false)} false actions in {len(others)} sentences, {minutes:.0f} min, "
            f"after '{after}'; {sum(case.command for case in others)} by certainty alone"
        )
    for case in found:
        if acts(case) != case.own:
            kind = "missed" if case.own else "false"
            print(f"    {kind}: said {case.said!r}, heard {case.heard!r}, {case.intent}", end="")
            print(f" {case.sure:.2f}, its words {case.signs.confidence:.2f}", end="")
            print(f", meant for it: {by_signs(case):.2f}")


def told_apart(found: Sequence[Case], ears: Ears, judge: Callable[[Case], Judge] = shipped) -> None:
    """Print how well what is meant for the device is told from what is not."""
    alike = compared(found, ears.likeness, np.random.default_rng(2))
    own = sum(case.own for case in found)

    def score(case: Case) -> float:
        return judge(case).probability(case.signs)

    print(f"{own} meant for the device, {len(found) - own} not; equal error rates:")
    print(f"  certainty alone             {rates(found, by_certainty):.1%}")
    for name, cases in (
        ("words                      ", found),
        ("words, voice               ", alike),
        ("words, gaze (simulated)    ", sensed(found, seen)),
        ("words, voice, gaze         ", sensed(alike, seen)),
        ("words, voice, how near, gaze", sensed(alike, near, seen)),
    ):
        done = np.array([acts(case, judge) for case in cases])
        meant = np.array([case.own for case in cases])
        print(
            f"  {name} {rates(cases, score):.1%}; from {LEAST}: {done[meant].mean():.1%} done, "
            f"{done[~meant].mean():.2%} of the others"
        )


async def read(args: argparse.Namespace, ears: Ears) -> list[Case]:
    """What comes of texts, as if they were heard right."""
    own = [(text, after, True) for after in AFTER for text in AFTER[after]]
    others = [(text, after, False) for text, *_ in talk(args.talk, args.limit) for after in AFTER]
    found = []
    for text, after, meant_for_it in own + others:
        meant = ears.reads(text, after)
        found.append(
            Case(
                group="follow-up" if meant_for_it else "talk",
                said=text,
                voice="",
                own=meant_for_it,
                after=after,
                seconds=0.0,
                heard=text,
                intent=meant.intent,
                sure=1.0,
                signs=signs_of_text(meant, text),
                command=await ears.would_be_done(meant, after),
                embedding=None,
            )
        )
    return found


async def measure(args: argparse.Namespace) -> None:
    """Hear, or read, and print what comes of it."""
    ears = Ears()
    await ears.begin()
    if args.read:
        found = await read(args, ears)
    elif args.kept:
        found = kept(args.heard)
    else:
        found = await heard(recordings(args, ears), ears, args.heard)
    report(found, ears)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--talk", type=Path, nargs="+", default=[])
    parser.add_argument("--home", type=Path, nargs="+", default=[])
    parser.add_argument("--limit", type=int, default=200, help="recordings of each list")
    parser.add_argument("--home-limit", type=int, default=60, help="recordings of each corpus")
    parser.add_argument("--tuning", action="store_true", help="with the voices for tuning")
    parser.add_argument("--read", action="store_true", help="take the texts, hear nothing")
    parser.add_argument("--heard", type=Path, help="what was heard, as JSON Lines")
    parser.add_argument("--kept", action="store_true", help="take what --heard has, hear no more")
    args = parser.parse_args()
    if args.kept and args.heard is None:
        parser.error("--kept needs --heard FILE")
    programs = [PROGRAMS[program] for program, _ in (TUNING_VOICES if args.tuning else VOICES)]
    if not args.read and not all(map(shutil.which, programs)):
        raise SystemExit(
            "it needs espeak-ng, flite and festival: apt install espeak-ng flite festival"
        )
    asyncio.run(measure(args))


if __name__ == "__main__":
    main()
