"""Shows that a wheel works away from the repository: `make test-wheel`.

Builds the source distribution and of that the wheel, unless one is given, installs it into an
empty environment, and runs the demo and the doctor there, in an empty folder.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from build_wheels import build_source, build_wheel


def main() -> int:
    """Check; 1 with what is wrong on standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path, nargs="?", help="default: one of this clone")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = arguments.wheel or _built(Path(folder))
        installed = Installed(Path(folder), wheel)
        wrong = [*installed.packages(), *installed.demo(), *installed.doctor()]
    for each in wrong:
        print(f"{wheel.name}: {each}", file=sys.stderr)
    if not wrong:
        print(f"{wheel.name} works")
    return int(bool(wrong))


def _built(folder: Path) -> Path:
    print("Building the wheel ...", flush=True)
    return build_wheel(build_source(folder), platform.machine(), folder, named=False)


class Installed:
    """A wheel in an environment of its own; each check gives what is wrong."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        print("Installing it (a minute) ...", flush=True)
        self._environment = folder / "environment"
        self._home = folder / "home"
        self._home.mkdir()
        venv.create(self._environment, with_pip=True)
        before = self._top_level()
        self._run("pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", wheel)
        self.added = self._top_level() - before
        self._run("pip", "install", "--quiet", "--disable-pip-version-check", wheel)

    def packages(self) -> Iterator[str]:
        """Whether nothing but `assistant` was added to the packages of everyone."""
        more = {name for name in self.added if not name.endswith(".dist-info")} - {"assistant"}
        if more:
            yield f"it also installs {', '.join(sorted(more))}"

    def demo(self) -> Iterator[str]:
        """Whether every command of the demo is carried out."""
        ran = self._run("assistant", "demo", check=False)
        summary = re.search(r"(\d+) of (\d+) commands .*", ran.stderr)
        if ran.returncode or not summary:
            yield f"assistant demo: {ran.stderr.strip()}"
            return
        print(summary[0])
        if summary[1] != summary[2]:
            yield f"assistant demo: {summary[0]}"

    def doctor(self) -> Iterator[str]:
        """Whether nothing is missing but a microphone, which is an extra."""
        ran = self._run("assistant", "doctor", check=False)
        lines = (ran.stdout + ran.stderr).splitlines()
        print("\n".join(lines))
        if not lines:
            yield "assistant doctor says nothing"
        yield from (line for line in lines if re.match(r"problem (?!microphone)", line.strip()))

    def _top_level(self) -> set[str]:
        (packages,) = self._environment.glob("lib/python*/site-packages")
        return {each.name for each in packages.iterdir()}

    def _run(
        self, program: str, *arguments: object, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        return subprocess.run(  # noqa: S603 - programs that were just installed
            [self._environment / "bin" / program, *map(str, arguments)],
            cwd=self._home,
            env=kept | {"HOME": str(self._home)},
            stdout=subprocess.PIPE,
            stderr=None if check else subprocess.PIPE,
            text=True,
            check=check,
        )


if __name__ == "__main__":
    sys.exit(main())
