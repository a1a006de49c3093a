"""Runs one measurement in a process of its own, on one core: `python -m assistant.bench.child`."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from assistant.errors import HearthError

_KILOBYTE = 1024
"""The unit of `ru_maxrss` on Linux."""


class BenchError(HearthError):
    """A measurement failed; the message says why."""


def measure(
    task: str, folder: Path, config: Path | None = None, runtime: str | None = None
) -> dict[str, Any]:
    """The figures of a task, with `peak_rss_bytes` of its process; raises `BenchError`."""
    command = [sys.executable, "-m", "assistant.bench.child", task, str(folder)]
    command += ["--config", str(config)] if config else []
    command += ["--runtime", runtime] if runtime else []
    environ = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)  # noqa: S603
    if done.returncode:
        raise BenchError(done.stderr.strip().splitlines()[-1] if done.stderr else f"{task} failed")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> int:
    """Measure and print the figures."""
    from assistant.app.settings import settings_in_force  # noqa: PLC0415
    from assistant.bench.tasks import TASKS  # noqa: PLC0415 - imports all that is measured

    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--runtime")
    args = parser.parse_args()
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    figures = TASKS[args.task](settings_in_force(args.config, args.runtime), args.folder)
    figures["peak_rss_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KILOBYTE
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
