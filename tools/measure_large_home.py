"""What a large home costs: `python tools/measure_large_home.py [--areas 100] [--devices 10]`.

Starts a server that speaks Home Assistant's protocol with generated entities, in a process of its
own, and measures how long Hearth takes from connecting to knowing them all, to being ready for the
first command, and to understand commands. Times are given by the clock and as processor time of
Hearth's own process, which a busy machine does not change much.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assistant.app.household import Household, make_household  # noqa: E402
from assistant.bench.figures import percentile  # noqa: E402
from assistant.config.settings import HomeSettings, Settings  # noqa: E402
from tests.plugins.home_assistant_server import TOKEN, Server  # noqa: E402 - from the tests, see above

COLOURS = ("red", "blue", "green", "yellow", "white", "black", "brown", "orange", "purple", "grey")
ROOMS = ("kitchen", "bedroom", "bathroom", "office", "hall", "cellar", "attic", "garage", "study")
THINGS = (
    ("light", "ceiling light"),
    ("light", "desk lamp"),
    ("light", "night light"),
    ("switch", "coffee machine"),
    ("switch", "heater"),
    ("cover", "blinds"),
    ("lock", "door"),
    ("fan", "ventilator"),
    ("media_player", "radio"),
    ("sensor", "temperature"),
)
SENTENCES = (
    "turn on the {area} desk lamp",
    "turn the {area} coffee machine off",
    "set the {area} ceiling light to forty percent",
    "turn off the lights in the {area}",
    "turn off everything in the {area}",
    "open the {area} blinds",
    "is the {area} door locked",
    "what is the {area} temperature",
    "turn on the {area} nite light",
    "turn on the {area} chandelier",
)
"""Names, areas, questions, a word misheard, a name that nothing has."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds."""

    wall_s: float
    cpu_s: float


@contextmanager
def timed(into: list[Spent]) -> Iterator[None]:
    """Add what the body takes."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    yield
    into.append(Spent(time.perf_counter() - wall_s, time.process_time() - cpu_s))


def areas(count: int) -> list[str]:
    """So many ids of areas, `blue_kitchen`."""
    every = itertools.product(("", *map(str, range(2, 100))), COLOURS, ROOMS)
    names = (f"{colour}_{room}{number and '_' + number}" for number, colour, room in every)
    return list(itertools.islice(names, count))


def entities(ids: list[str], each: int) -> dict[str, tuple[str, str]]:
    """Id, name and state of so many entities in each area."""
    found = {}
    for area in ids:
        for at in range(each):
            domain, thing = THINGS[at % len(THINGS)]
            number = f" {at // len(THINGS) + 1}" if at >= len(THINGS) else ""
            name = f"{area} {thing}{number}".replace("_", " ")
            entity = f"{domain}.{thing}{number}_{area}".replace(" ", "_")
            found[entity] = (name.title(), "off")
    return found


async def serve(area_count: int, each: int) -> None:
    """Serve the home until killed; prints the URL."""
    ids = areas(area_count)
    server = Server(entities(ids, each), ids)
    print(await server.start(), flush=True)
    await asyncio.Event().wait()


@contextmanager
def serving(area_count: int, each: int) -> Iterator[str]:
    """The server in a process of its own; its URL."""
    command = [sys.executable, __file__, "--serve", f"--areas={area_count}", f"--devices={each}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        yield process.stdout.readline().strip() if process.stdout else ""
    finally:
        process.terminate()
        process.wait()


async def measure(url: str, ids: list[str]) -> None:
    """Connect, understand, print."""
    made: list[Spent] = []
    connected: list[Spent] = []
    first: list[Spent] = []
    each: list[Spent] = []
    with timed(made):
        house = make_household(
            Settings(home=HomeSettings(kind="home_assistant", url=url, token=TOKEN))
        )
    with timed(connected):
        await house.home.connect()
    with timed(first):
        house.understanding.interpret_text("hello")
    understood = spoken(house, ids, each)
    await house.home.close()
    print(f"{len(house.home.devices())} entities in {len(house.home.areas())} areas")
    for title, (spent,) in (("made", made), ("connected", connected), ("first text", first)):
        print(f"{title:<14}{spent.wall_s:8.2f} s by the clock, {spent.cpu_s:.2f} s of processor")
    print(f"{understood} of {len(each)} commands with what they name")
    # What a kind of sentence needs is prepared when it is first said.
    new = len(SENTENCES)
    for title, some in (("the first of a kind", each[:new]), ("later ones", each[new:])):
        for clock, items in (
            ("clock", [1000 * spent.wall_s for spent in some]),
            ("processor", [1000 * spent.cpu_s for spent in some]),
        ):
            print(
                f"{title:<20}{clock:>10}: median {statistics.median(items):.1f} ms, "
                f"90 % within {percentile(items, 90):.1f}, slowest {max(items):.1f}"
            )


def spoken(house: Household, ids: list[str], each: list[Spent]) -> int:
    """Interpret every sentence once, in areas that differ; how many have targets."""
    understood = 0
    for number, sentence in enumerate(SENTENCES * 4):
        text = sentence.format(area=ids[number * 7 % len(ids)].replace("_", " "))
        with timed(each):
            meant = house.understanding.interpret_text(text)
        understood += bool(meant.targets)
        slow = f"{1000 * each[-1].cpu_s:6.1f} ms  {text}: {meant.intent} {len(meant.targets)}"
        print(slow, file=sys.stderr)
    return understood


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--areas", type=int, default=100)
    parser.add_argument("--devices", type=int, default=10, help="in each area")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        asyncio.run(serve(args.areas, args.devices))
        return
    with serving(args.areas, args.devices) as url:
        asyncio.run(measure(url, areas(args.areas)))


if __name__ == "__main__":
    main()
