"""How often one wake word, heard by three sources, is answered once and by the nearest.

Each recording of the demo is heard by three simulated microphones: from farther away it is weaker,
comes later, and more of it is the room's echo (an exponential tail, reverberation time 0.4 s); all
have noise of the same level and an amplifier of some gain. The real detectors hear it, and the real
arbiter decides.

    python -m tools.measure_rooms [--trials 10]
"""

# ruff: noqa: INP001, T201 - a script, not part of a package

from __future__ import annotations

import argparse
import asyncio
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from assistant.audio.blocks import Block
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE
from assistant.pipeline.arbitration import Arbiter, loudness_db, score
from assistant.pipeline.trigger import WakeTrigger
from assistant.wake import factory as wake
from tests.household import HandClock

DEMO = Path(__file__).parents[1] / "demo"
WORDS = ("alexa", "okay_nabu")
SOUND_M_S = 343.0
MOST_LATE_S = 0.08
"""A network, a driver: so much later a source may give its audio."""
BEFORE_S, RING_S = 1.3, 2.0


@dataclass(frozen=True)
class Heard:
    """What a source claims, and when."""

    after_s: float
    best: float


def at_distance(
    samples: NDArray[np.float64], metres: float, noise: np.random.Generator
) -> NDArray[np.int16]:
    """What a microphone so far away hears; at 1 m it is as loud as the recording."""
    length = round(0.4 * SAMPLE_RATE)
    tail = noise.normal(0, 1, length) * np.exp(-6.9 * np.arange(length) / length)
    echo = np.convolve(samples, 0.3 * tail / np.linalg.norm(tail))[: samples.size]
    gain = noise.uniform(0.5, 1.5)
    heard = gain * (samples / metres + echo / 2 + noise.normal(0, 15, samples.size))
    return np.clip(heard, -32768, 32767).astype(np.int16)


def claim(samples: NDArray[np.int16], late_s: float) -> Heard | None:
    """What comes of the wake word in what a source hears; `None` if it does not hear it."""
    trigger = WakeTrigger(wake.create("micro", WORDS, None, 1.0), BEFORE_S)
    for start in range(0, samples.size, 4 * FRAME_SAMPLES):
        found = trigger.hear(Block(samples[start : start + 4 * FRAME_SAMPLES], start))
        if found is None or found.wake is None:
            continue
        at, begin = (round(s * SAMPLE_RATE) for s in (found.at_s, found.hear_from_s))
        oldest = max(0, at - round(RING_S * SAMPLE_RATE))
        loudness = loudness_db(
            Block(samples[oldest:begin], oldest), Block(samples[begin:at], begin)
        )
        return Heard(found.at_s + late_s, score(loudness, found.wake.probability))
    return None


async def winners(claims: list[Heard | None]) -> list[int]:
    """Which of the sources answer."""
    clock = HandClock()
    arbiter = Arbiter(clock)

    async def ask(name: str, heard: Heard) -> bool:
        await clock.sleep(heard.after_s)
        return await arbiter.winner(name, heard.best) == name

    numbers = [number for number, heard in enumerate(claims) if heard is not None]
    asked = [asyncio.create_task(ask(str(n), each)) for n in numbers if (each := claims[n])]
    await clock.turn(60.0)
    return [number for number, task in zip(numbers, asked, strict=True) if task.result()]


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10, help="of each recording")
    trials = parser.parse_args().trials
    commands = once = nearest = woken = 0
    for path in sorted(DEMO.glob("*.ogg")):
        samples = soundfile.read(path, dtype="int16")[0].astype(np.float64)
        for trial in range(trials):
            chance = random.Random(f"{path.name} {trial}")
            noise = np.random.default_rng(trial)
            metres = [1.0, chance.uniform(2, 4), chance.uniform(3, 8)]
            claims = [
                claim(
                    at_distance(samples, m, noise), m / SOUND_M_S + chance.uniform(0, MOST_LATE_S)
                )
                for m in metres
            ]
            answering = asyncio.run(winners(claims))
            commands += any(claims)
            woken += sum(each is not None for each in claims)
            once += len(answering) == 1
            nearest += answering == [0]
    print(f"{commands} commands, heard by {woken / commands:.2f} of 3 sources each")
    print(f"exactly one answers: {100 * once / commands:.1f} %, the nearest: ", end="")
    print(f"{100 * nearest / commands:.1f} %")


if __name__ == "__main__":
    main()
