"""Tasks that do not depend on each other, such as the shards of a corpus, by Dask.

They run in processes of this machine, or on a cluster (`distributed`) that is given by its address.
What a task does may depend on nothing but its job, so that results are the same wherever it runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TypeVar

from dask.base import compute
from dask.callbacks import Callback
from dask.delayed import delayed

Job = TypeVar("Job")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Workers:
    """Where tasks run: so many processes of this machine, or the cluster at this address.

    Raises:
        SystemExit: there is an address, but `distributed` is not installed.

    """

    processes: int = 2
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.scheduler and not find_spec("distributed"):
            raise SystemExit("--scheduler needs Dask's cluster: pip install distributed")

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Add what `of` reads."""
        parser.add_argument("--processes", type=int, default=2, help="of this machine")
        parser.add_argument(
            "--scheduler", metavar="ADDRESS", help="of a Dask cluster, such as tcp://nas:8786"
        )

    @classmethod
    def of(cls, args: argparse.Namespace) -> Workers:
        """As the command line says."""
        return cls(args.processes, args.scheduler)


def run(
    task: Callable[[Job], Result],
    jobs: Sequence[Job],
    workers: Workers,
    done: Callable[[Result], object] = lambda _: None,
) -> list[Result]:
    """Results of all jobs, in their order; `done` is called with each as soon as it is there.

    `task` is a function of a module, and jobs can be pickled.
    """
    if workers.scheduler:
        return _on_cluster(task, jobs, workers.scheduler, done)
    waiting = [delayed(task, traverse=False)(job) for job in jobs]
    # Tasks are long: each goes to the process that is free next, not several to one at once.
    settings = {"scheduler": "processes", "num_workers": workers.processes, "chunksize": 1}
    with Callback(posttask=lambda _key, result, *_: done(result)):
        return list(compute(*waiting, traverse=False, **settings))


def _on_cluster(
    task: Callable[[Job], Result],
    jobs: Sequence[Job],
    address: str,
    done: Callable[[Result], object],
) -> list[Result]:
    import distributed  # noqa: PLC0415

    with distributed.Client(address) as client:
        futures = client.map(task, jobs, pure=False)
        for future in distributed.as_completed(futures):
            done(future.result())
        return [future.result() for future in futures]
