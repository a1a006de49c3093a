"""How soon music is turned down after the wake word, and how soon that is heard.

    python tools/measure_ducking.py [--times 20] [--wake FOLDER]

The PulseAudio of measure_load.py has a null sink that stands for the loudspeaker, where `pacat`
plays a tone. Hearth's ducking is told of a wake word, and it is measured when the monitor of the
sink has half of the tone's level. `--wake`: recordings of "alexa"; how long after the last loud
sound of each the word is detected. Needs PulseAudio with its tools and the extra `music`.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE

import numpy as np
import soundfile
from measure_load import sound_server

from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE
from assistant.ducking.ducking import Ducking
from assistant.ducking.ledger import Ledger
from assistant.ducking.pulse import PulseMixer
from assistant.events import Reply, WakeDetected
from assistant.wake.factory import create

WOKEN = WakeDetected(source="mic", audio_s=0.0, wake_word="alexa", probability=1.0)
DONE = Reply(source="mic", audio_s=0.0, text="")
RAW = ("--format=s16le", "--channels=1", f"--rate={SAMPLE_RATE}", "--raw")
BLOCK = 80
"""Samples; the monitor is looked at every 5 ms."""
SETTLED_S, LONGEST_S = 1.0, 2.0


def tone() -> bytes:
    """A second of it."""
    samples = 8000 * np.sin(2 * np.pi * 500 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    return samples.astype(np.int16).tobytes()


async def play() -> None:
    """Play the tone until cancelled, as a program that has a quarter of a second ahead."""
    player = await asyncio.create_subprocess_exec(
        *("pacat", "--device=speaker", "--latency-msec=250", "--client-name=radio", *RAW),
        stdin=PIPE,
    )
    try:
        while player.stdin is not None:
            player.stdin.write(tone())
            await player.stdin.drain()
    finally:
        player.kill()
        await player.wait()


async def lowered_ms(monitor: asyncio.StreamReader, ducking: Ducking) -> float:
    """How long after a wake word the tone has half of its level."""
    loop = asyncio.get_running_loop()
    until_s, before = loop.time() + SETTLED_S, 0.0
    while loop.time() < until_s:
        before = await level(monitor)
    began_s = loop.time()
    ducking.follow(WOKEN)
    while await level(monitor) > before / 2:
        if loop.time() > began_s + LONGEST_S:
            raise SystemExit("the music was not turned down")
    took_s = loop.time() - began_s
    ducking.ended(DONE, 0.0)
    return 1000 * took_s


async def level(monitor: asyncio.StreamReader) -> float:
    """The mean square root of the next block."""
    block = np.frombuffer(await monitor.readexactly(2 * BLOCK), np.int16)
    return float(np.sqrt(np.mean(np.square(block, dtype=np.float64))))


async def measure(times: int, folder: str) -> list[float]:
    """Turn the tone down so many times."""
    playing = asyncio.create_task(play())
    recorder = await asyncio.create_subprocess_exec(
        *("parec", "--device=speaker.monitor", "--latency-msec=5", *RAW), stdout=PIPE
    )
    ducking = Ducking(Ledger(Path(folder, "turned_down.json")), 0.3)
    ducking.mixers = [PulseMixer()]
    try:
        assert recorder.stdout is not None  # noqa: S101 - it is a pipe
        return [await lowered_ms(recorder.stdout, ducking) for _ in range(times)]
    finally:
        await ducking.close()
        playing.cancel()
        recorder.kill()
        await asyncio.gather(playing, recorder.wait(), return_exceptions=True)


def detected_ms(folder: Path) -> Iterator[float]:
    """How long after the last loud sound of each recording the wake word is detected."""
    for path in sorted(each for each in folder.iterdir() if each.suffix in {".ogg", ".wav"}):
        samples, rate = soundfile.read(path, dtype="int16")
        if rate != SAMPLE_RATE or samples.ndim != 1:
            continue
        padded = np.concatenate([samples, np.zeros(SAMPLE_RATE, np.int16)])
        frames = padded[: padded.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
        power = np.mean(np.square(frames, dtype=np.float64), axis=1)
        ended = int(np.flatnonzero(power > power.max() / 1000)[-1])
        detector = create("micro", ["alexa"], None)
        found = (at for at, frame in enumerate(frames) if detector.process(frame) is not None)
        if (at := next(found, None)) is not None:
            yield 1000 * (at - ended) * FRAME_SAMPLES / SAMPLE_RATE


def told(name: str, values: list[float]) -> None:
    """Print the median and the ninth decile."""
    middle, most = np.percentile(values, [50, 90])
    print(f"{name}: {middle:.0f} ms in the median of {len(values)}, {most:.0f} in nine of ten")


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--wake", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.environ |= sound_server(Path(folder), stack)
        told("turned down after it is detected", asyncio.run(measure(args.times, folder)))
    if args.wake:
        told("detected after its last loud sound", list(detected_ms(args.wake)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
