"""Spoken commands against a real Home Assistant: `python tools/measure_home.py [VOICE ...]`.

Voices speak the commands of tests/home_assistant/home_commands.py, one after the other, to a Home
Assistant with its demo devices, through everything but the wake word: end-points, the recogniser
that favours the home's names, understanding, plugin. A command is right if it was understood as it
is when written, and if the home is afterwards as it should be; where Hearth asks, it is told yes.
After a wrong one it is given in writing, so that the next finds the home as it should. Prints only;
what was heard is shown where it is not word for word what was said.

Needs the voices' programs (docs/training.md) and `make test-home-assistant`, once, which installs
Home Assistant.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assistant.app.recognition import load_recogniser  # noqa: E402
from assistant.asr.result import Recogniser  # noqa: E402
from assistant.audio.frames import Framer  # noqa: E402
from assistant.audio.source import Frame  # noqa: E402
from assistant.config import Settings  # noqa: E402
from assistant.pipeline.worker import Worker  # noqa: E402
from tests.home_assistant.core import HASS, Core  # noqa: E402 - from the tests, see above
from tests.home_assistant.home_commands import COMMANDS, now  # noqa: E402
from tests.home_assistant.spoken_to import SpokenTo  # noqa: E402
from training.synthesis import (  # noqa: E402
    HELD_OUT_VOICES,
    TRAINING_VOICES,
    Voice,
    available,
    synthesise,
)

VOICES: Mapping[str, Voice] = {
    voice.name: voice for voice, _ in (*HELD_OUT_VOICES, *TRAINING_VOICES)
}
Command = tuple[str, str, str | None, object]
"""What is said, entity, attribute, what it is afterwards."""
HELD_OUT = {voice.name for voice, _ in HELD_OUT_VOICES}


@dataclass(frozen=True, slots=True)
class Spoken:
    """An `AudioSource` of one command, int16 [n] at 16 kHz."""

    name: str
    samples: NDArray[np.int16]

    async def frames(self) -> AsyncIterator[Frame]:
        """The command."""
        framer = Framer()
        for frame in (*framer.cut(self.samples), *framer.flush()):
            yield frame


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one command."""

    heard: str
    reply: str
    wrong: str
    """What is wrong with it; empty if it is right."""


async def speak(house: SpokenTo, command: Command, source: Spoken, ears: Recogniser) -> Result:
    """Speak a command, answering a question with yes."""
    said, entity, attribute, after = command
    with contextlib.closing(Worker()) as worker:
        happened = await house.hear(source, ears, worker, wake=False)
    heard, intent, reply = (happened.get(kind) for kind in ("final_endpoint", "intent", "reply"))
    if heard is None or intent is None or reply is None:
        return Result("", "", "no speech was heard")
    answer = reply.text
    if answer.endswith("Then say yes."):
        answer += f" Yes. {(await house.say('yes')).reply}"
    written = house.household.understanding.interpret_text(said)
    is_now = await now(house.home, entity, attribute)
    wrong = ""
    if (intent.intent, intent.slots) != (written.intent, written.slots):
        wrong = f"understood as {intent.intent} {intent.slots}"
    elif is_now != after:
        wrong = f"{entity} is {is_now}, not {after}"
    return Result(heard.text, answer, wrong)


async def measure(core: Core, voice: Voice, ears: Recogniser) -> int:
    """Print what came of each command; how many were right."""
    house = SpokenTo(core)
    await house.household.start()
    texts = [said for said, *_ in COMMANDS]
    voices = [(voice, 1.0)]
    spoken = synthesise(texts, voices, seed=7, vary=False, batch=len(texts))
    samples = {text: audio for text, _, audio in spoken}
    right = 0
    for command in COMMANDS:
        said = command[0]
        if said not in samples:
            raise SystemExit(f"{voice.name} cannot be made to say: {said}")
        result = await speak(house, command, Spoken(said, samples[said]), ears)
        right += not result.wrong
        if result.wrong:
            await house.say(said)
        print(f"  {'WRONG' if result.wrong else 'right'}  {said}")
        if result.wrong or result.heard != said:
            print(f'         heard "{result.heard}": {result.reply}')
        if result.wrong:
            print(f"         {result.wrong}", flush=True)
    await house.say("take milk off my shopping list")
    await house.household.close()
    return right


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("voices", metavar="VOICE", nargs="*", help=f"of {', '.join(VOICES)}")
    names = parser.parse_args().voices or ["rms", "ked_diphone", "slt"]
    if unknown := [name for name in names if name not in VOICES]:
        parser.error(f"there is no voice {unknown[0]}; there are {', '.join(VOICES)}")
    if not available():
        parser.error("the voices' programs are not installed: docs/training.md has the command")
    if not HASS.exists():
        parser.error("run `make test-home-assistant`, which installs Home Assistant")
    recogniser, summary = load_recogniser(Settings()), []
    with tempfile.TemporaryDirectory() as folder:
        core = Core(Path(folder))
        try:
            core.start()
            core.onboard()
            asyncio.run(core.furnish())
            for name in names:
                core.reload_integration("demo")
                print(f"{name}:")
                right = asyncio.run(measure(core, VOICES[name], recogniser))
                heard = "never heard in training" if name in HELD_OUT else "heard in training"
                summary.append(f"{name} ({heard}): {right} of {len(COMMANDS)} commands right")
        finally:
            core.stop()
    print("\n".join(summary))


if __name__ == "__main__":
    main()
