"""What a rescoring server on this machine costs: `python tools/measure_rescoring.py`.

Starts the server, hears the demo's recordings, and sends their lattices: one after the other, for
what rescoring adds to a response when it begins only at the final end-point, then at a steady rate,
for the requests a second that are answered within 100 ms.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from assistant.app.recognition import load_recogniser
from assistant.asr.result import recognise
from assistant.audio.file import read_samples
from assistant.config import Settings
from assistant.lattice.graph import Lattice
from assistant.pipeline.rescorer import RescoringError
from assistant.rescoring.client import Client, RescoringEndpoint
from assistant.rescoring.wire import pack_lattice

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = 64


@contextmanager
def started(beam: int) -> Iterator[str]:
    """The server in a process of its own; its URL."""
    program = "import sys; from assistant.cli import main; sys.exit(main())"
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(f"rescorer: {{beam: {beam}}}\n")
        command = [sys.executable, "-c", program, "rescorer"]
        command += ["--port", "0", "--config", str(config)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()
            process.wait()


def lattices(folder: Path, search_beam: int) -> list[Lattice]:
    """Those of the recordings in a folder."""
    settings = Settings()
    recogniser = load_recogniser(settings)
    recogniser.search = type(recogniser.search)(beam=search_beam)  # type: ignore[attr-defined]
    paths = sorted(folder.glob("*.ogg"))
    heard = [recognise(recogniser, asyncio.run(read_samples(str(path)))) for path in paths]
    for path, result in zip(paths, heard, strict=True):
        size = len(pack_lattice(result.lattice))
        print(f"{path.name}: {len(result.lattice.edges)} edges, {size} bytes")
    return [result.lattice for result in heard]


async def one_by_one(url: str, them: Sequence[Lattice], times: int) -> list[float]:
    """Milliseconds of each request, packing and unpacking included."""
    client = Client(RescoringEndpoint(url))
    client.open()
    taken = []
    for lattice in [*them, *list(them) * times]:
        began = time.perf_counter()
        await client.rescore(pack_lattice(lattice), lattice)
        taken.append(1000 * (time.perf_counter() - began))
    await client.close()
    return taken[len(them) :]


async def at_a_rate(
    url: str, them: Sequence[Lattice], rate: float, duration_s: float
) -> tuple[list[float], int]:
    """Milliseconds of each request, from when it was due, at so many a second; and failures."""
    clients = [Client(RescoringEndpoint(url)) for _ in range(CLIENTS)]
    for client in clients:
        client.open()
    messages = [pack_lattice(lattice) for lattice in them]
    begin_s = time.perf_counter() + 0.1
    taken: list[float] = []
    failures = 0

    async def ask(number: int) -> None:
        nonlocal failures
        due_s = begin_s + number / rate
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        which = number % len(them)
        try:
            await clients[number % CLIENTS].rescore(messages[which], them[which])
        except RescoringError:
            failures += 1
            return
        taken.append(1000 * (time.perf_counter() - due_s))

    await asyncio.gather(*(ask(number) for number in range(round(rate * duration_s))))
    for client in clients:
        await client.close()
    return taken, failures


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "demo")
    parser.add_argument("--search-beam", type=int, default=4, help="the recogniser's; default: 4")
    parser.add_argument("--beam", type=int, default=8, help="the rescorer's; default: 8")
    parser.add_argument("--rates", type=float, nargs="*", default=[50.0, 100.0, 200.0, 300.0])
    parser.add_argument("--seconds", type=float, default=3.0, help="at each rate; default: 3")
    args = parser.parse_args()
    them = lattices(args.folder, args.search_beam)
    with started(args.beam) as url:
        alone = asyncio.run(one_by_one(url, them, times=10))
        print(
            f"one by one: median {np.median(alone):.1f} ms, 95 % {np.quantile(alone, 0.95):.1f} ms"
        )
        for rate in args.rates:
            taken, failures = asyncio.run(at_a_rate(url, them, rate, args.seconds))
            slowest = np.quantile(taken, 0.95) if taken else np.inf
            print(f"{rate:g} a second: 95 % within {slowest:.1f} ms, {failures} refused or failed")


if __name__ == "__main__":
    main()
