"""Calibrates certainty: `tools/tune_certainty.py CORPUS ... --noise NOISE ... --rooms NOISE`.

CORPUS: sentences that people read, as `training.prepare` writes them, kept out of training. Every
text is cut into three parts, and a made-up home understands any first part with any second and
third one of forty texts: so real voices say sentences of a home. Each is heard as it is or in
noise, by a home that knows its parts, by one that lacks one of them, and by the demo home, which
has nothing to do with it. Synthetic voices speak commands of the demo home and sentences that are
none, clean, in noise and very softly; and, in rooms with the noise of `--rooms`, a corpus, more
commands, many of them with free words. A logistic regression (Hosmer and Lemeshow, "Applied
logistic regression", 1989) predicts whether what is understood is what was said. Prints the weights
for assistant/pipeline/certainty.py, and for some thresholds what would be done.

Needs the voices of docs/training.md. NOISE: folders of recordings of noise; the first is the
commands'.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hearing import Heard, Home, same
from random_sentences import sentences as random_sentences
from tune_confidence import VOICES, Noises, fitted, odds, sentences, speak

from assistant.audio.source import SAMPLE_RATE
from assistant.config.hearing import RecogniserSettings
from assistant.config.settings import Settings, UnderstandingSettings
from assistant.nlu.interpretation import Interpretation
from assistant.pipeline.certainty import WITH_FREE_WORDS, calibration_of, evidence_of
from assistant.pipeline.directedness import is_command
from training.corpus import Corpus
from training.evaluate import in_room
from training.synthesis import TRAINING_VOICES, synthesise
from training.text import Commands, normalise

Audio = NDArray[np.float32]
Parts = tuple[str, str, str]

TEXTS = 40
"""Of one made-up home."""
WORDS, LONGEST_S = (4, 14), 8.0
RATIOS_DB = (None, 15, 10, 6, 3)
"""One of these for each recording; None: as it is."""
LOUD_DB = (12, 6, 3, 0, -3)
"""The same for gadgets, where two decoders hear."""
GADGETS = Path(__file__).parent / "gadgets"
TO_GADGETS = 220
WITH_FREE = {"free words": 420, "plain": 290, "lacks": 130}
"""Commands that may be any words in part, other ones, and such as name what the home lacks."""
TO_DO_SOMETHING_ELSE = 2.0
"""How much a sentence counts that a home understands in part, and free words that were misheard: to
do something else is worse than not to understand."""
BEFORE, AFTER = np.zeros(2000, np.float32), np.zeros(8000, np.float32)
PEAK = 0.4
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
PLUGIN = '''"""Understands sentences that are made up."""


class Sentences:
    name = "sentences"

    def intents(self):
        return ("Say",)

    async def prepare(self, interpretation):
        pass

    async def act(self, interpretation):
        raise NotImplementedError


def create(context):
    return Sentences()
'''
MANIFEST = 'name: sentences\nversion: "1.0"\ndescription: Made up.\ninterface: 1\n'


@dataclass(frozen=True, slots=True)
class Case:
    """What was heard where, and whether what was understood was said."""

    where: str
    evidence: tuple[float, ...] | None
    """None where no sentence of the home was heard."""
    right: bool
    free: bool = False
    """Whether some of the words that were understood may be any."""


def main() -> int:
    """Print the weights and the thresholds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--noise", type=Path, nargs="+", required=True)
    parser.add_argument("--rooms", type=Path, required=True, metavar="CORPUS")
    parser.add_argument("--model", default="en-small")
    parser.add_argument("--limit", type=int, help="so many made-up homes")
    args = parser.parse_args()
    recogniser = RecogniserSettings(model=args.model)
    cases = list(of_people(args.corpora, args.noise, recogniser, args.limit))
    cases += of_gadgets(args.corpora, args.noise, recogniser)
    cases += of_commands(args.noise[0], recogniser)
    cases += of_free_words(Corpus(args.rooms), recogniser)
    report(cases)
    return 0


def of_people(
    corpora: Sequence[Path],
    noise: Sequence[Path],
    recogniser: RecogniserSettings,
    limit: int | None,
) -> Iterator[Case]:
    """Sentences that people read, heard by made-up homes and by the demo home."""
    rng = random.Random(7)
    read, noises = recordings(corpora, rng), noises_of(noise)
    demo = Home(Settings(recogniser=recogniser))
    for group in [read[at : at + TEXTS] for at in range(0, len(read), TEXTS)][:limit]:
        parts = [cut(text, rng) for text, _ in group]
        audio = [in_noise(samples, noises, RATIOS_DB, rng) for _, samples in group]
        lost = [rng.randrange(3) for _ in group]
        for where, kept in (("knows", None), ("lacks", lost)):
            with tempfile.TemporaryDirectory() as folder:
                home = made_up(Path(folder), parts, kept, recogniser)
                for said, samples in zip(parts, audio, strict=True):
                    yield case(where, home.hear(samples), said if kept is None else None)
        for samples in audio:
            yield case("demo home", demo.hear(samples), None)
        print(f"{len(group)} texts more", file=sys.stderr, flush=True)


def of_gadgets(
    corpora: Sequence[Path], noise: Sequence[Path], recogniser: RecogniserSettings
) -> Iterator[Case]:
    """Long sentences to gadgets by synthetic voices, and half as many that people read."""
    rng = random.Random(3)
    read, noises = recordings(corpora, rng), noises_of(noise)
    understanding = UnderstandingSettings(plugins=GADGETS)
    home = Home(Settings(recogniser=recogniser, understanding=understanding))
    ratios = LOUD_DB if recogniser.model == "en-small" else RATIOS_DB
    texts = list(islice(random_sentences(GADGETS / "gadgets" / "sentences.yaml", 11), TO_GADGETS))
    for text, _, samples in synthesise(texts, TRAINING_VOICES, 5, batch=2):
        heard, wanted = home.hear(in_noise(samples, noises, ratios, rng)), home.reads(text)
        yield _case("gadgets", heard, same(heard.understood, wanted))
    for _, samples in read[: TO_GADGETS // 2]:
        yield case("no gadget", home.hear(in_noise(samples, noises, ratios, rng)), None)


def noises_of(folders: Sequence[Path]) -> list[Path]:
    """All recordings of noise."""
    return sorted(
        file
        for folder in folders
        for file in folder.rglob("*")
        if file.suffix in {".flac", ".ogg", ".wav"}
    )


def recordings(corpora: Sequence[Path], rng: random.Random) -> list[tuple[str, NDArray[np.int16]]]:
    """What people read that is about as long as commands, in random order."""
    read = [
        (entry.text, np.asarray(corpus.audio(index)))
        for corpus in map(Corpus, corpora)
        for index, entry in enumerate(corpus.entries)
        if WORDS[0] <= len(entry.text.split()) <= WORDS[1]
        and entry.samples < LONGEST_S * SAMPLE_RATE
    ]
    rng.shuffle(read)
    return read


def cut(text: str, rng: random.Random) -> Parts:
    """A text of at least three words in three parts."""
    words = text.split()
    first, second = sorted(rng.sample(range(1, len(words)), 2))
    return " ".join(words[:first]), " ".join(words[first:second]), " ".join(words[second:])


def in_noise(
    samples: NDArray[np.int16],
    noises: Sequence[Path],
    ratios_db: Sequence[int | None],
    rng: random.Random,
) -> NDArray[np.int16]:
    """A recording with the pause after it, as loud as others, and perhaps with noise."""
    speech = np.concatenate([BEFORE, samples.astype(np.float32) / 32768, AFTER])
    speech *= PEAK / max(1e-4, float(np.abs(speech).max()))
    ratio_db = rng.choice(ratios_db)
    if ratio_db is not None:
        recorded, _ = soundfile.read(rng.choice(noises), dtype="float32", always_2d=True)
        noise = np.resize(recorded[:, 0], len(speech))
        power = np.mean(speech**2) / max(1e-9, float(np.mean(noise**2)))
        speech += noise * np.float32(np.sqrt(power / 10 ** (ratio_db / 10)))
    return np.asarray(np.clip(32768 * speech, -32768, 32767), np.int16)


def made_up(
    folder: Path, parts: Sequence[Parts], lost: Sequence[int] | None, recogniser: RecogniserSettings
) -> Home:
    """A home that understands the parts in every combination; of each text it may lack one."""
    plugin = folder / "sentences"
    plugin.mkdir()
    (plugin / "__init__.py").write_text(PLUGIN, "utf-8")
    (plugin / "manifest.yaml").write_text(MANIFEST, "utf-8")
    lists = {}
    for place in range(3):
        said = {p[place] for n, p in enumerate(parts) if lost is None or lost[n] != place}
        lists[f"part_{place}"] = {"values": [{"in": each, "out": each} for each in sorted(said)]}
    sentence = " ".join(f"{{part_{place}:p{place}}}" for place in range(3))
    intents = {"Say": {"data": [{"sentences": [sentence]}]}}
    document = {"language": "en", "lists": lists, "intents": intents}
    (plugin / "sentences.yaml").write_text(json.dumps(document), "utf-8")
    understanding = UnderstandingSettings(plugins=folder)
    return Home(Settings(recogniser=recogniser, understanding=understanding))


def of_commands(noise: Path, recogniser: RecogniserSettings) -> Iterator[Case]:
    """Commands of the demo home and sentences that are none, by synthetic voices."""
    home, noises = Home(Settings(recogniser=recogniser)), Noises(noise)
    for number, text in enumerate(sentences()):
        wanted = home.reads(text)
        for audio in noises.kinds_of(speak(text, VOICES[number % len(VOICES)])):
            heard = home.hear(np.clip(32768 * audio, -32768, 32767).astype(np.int16))
            right = wanted.intent is not None and same(heard.understood, wanted)
            yield _case("commands", heard, right)


def of_free_words(noise: Corpus, recogniser: RecogniserSettings) -> Iterator[Case]:
    """Commands of the demo home in rooms, many with words that may be any, and such as it lacks."""
    rng, rooms = random.Random(5), np.random.default_rng(5)
    home, drawn = Home(Settings(recogniser=recogniser)), Commands(815)
    texts: dict[str, str] = {}
    lacking = Counter(WITH_FREE)
    while lacking.total():
        line = normalise(drawn.draw("command"))
        kind = _kind_of(home.reads(line))
        if lacking[kind] and line not in texts:
            lacking[kind] -= 1
            texts[line] = kind
    for line, _, samples in synthesise([*texts], TRAINING_VOICES, 123, batch=3):
        ratio_db = rng.choice(RATIOS_DB)
        audio = samples if ratio_db is None else in_room(samples, noise, ratio_db, rooms)
        heard = home.hear(np.concatenate([audio, np.zeros(len(AFTER), np.int16)]))
        yield _case(texts[line], heard, same(heard.understood, home.reads(line)))


def _kind_of(wanted: Interpretation) -> str:
    if not is_command(wanted):
        return "lacks"
    return "free words" if any(each.free_words for each in wanted.commands) else "plain"


def case(where: str, heard: Heard, said: Parts | None) -> Case:
    """A recording of three parts, or of none that this home knows."""
    slots = {f"p{place}": part for place, part in enumerate(said or ())}
    right = said is not None and heard.understood.slots == slots
    return _case(where, heard, right)


def _case(where: str, heard: Heard, right: bool) -> Case:
    evidence, by = heard.understood.evidence, calibration_of(heard.understood, heard.result)
    given = None if evidence is None or by is None else evidence_of(evidence, by)
    return Case(where, given, right, by is WITH_FREE_WORDS)


def report(cases: Sequence[Case]) -> None:
    """Fit, and print what would be done at each threshold, with free words and without."""
    for free in (False, True):
        kind = [each for each in cases if each.free == free]
        if any(each.evidence is not None for each in kind):
            print("with free words" if free else "sentences")
            _report(kind)


def _report(cases: Sequence[Case]) -> None:
    understood = [each for each in cases if each.evidence is not None]
    given = np.array([[*(each.evidence or ()), 1.0] for each in understood])
    scale = np.abs(given).max(0)
    right = np.array([each.right for each in understood])
    worse = [each.where == "lacks" or (each.free and not each.right) for each in understood]
    counts = np.where(worse, TO_DO_SOMETHING_ELSE, 1.0)
    # What speaks for a sentence never counts against it, however few the recordings are.
    weights = fitted(given / scale, right, np.array([0, 0, 0, 0, -np.inf]), counts) / scale
    said = odds(given @ weights)
    print(
        f"{right.sum()} right, {(~right).sum()} wrong; others, behind, per letter, length, bias: ",
        end="",
    )
    print(weights.round(3))
    totals = Counter(each.where for each in cases)
    for least in THRESHOLDS:
        done = Counter(
            (each.where, each.right)
            for each, sure in zip(understood, said, strict=True)
            if sure >= least
        )
        told = (
            f"{w}: {done[w, True]} right, {done[w, False]} wrong of {totals[w]}" for w in totals
        )
        print(f"from {least}: {'; '.join(told)}")


if __name__ == "__main__":
    sys.exit(main())
