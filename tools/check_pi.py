"""Shows that Hearth installs on a Raspberry Pi: `make check-pi`.

For each Python, pip resolves the runtime's dependencies for 64-bit ARM Linux with wheels only, as
it would on the board itself, and the wheels are unpacked to be weighed. PyAudio, the one that is
built on the board, is an extra and not among them.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.13")
"""Of Raspberry Pi OS 12 (bookworm) and 13 (trixie)."""
_GLIBC_MINORS = range(17, 37)
"""Wheels for glibc 2.17 to 2.36, the one of Raspberry Pi OS 12."""
LIMIT_MB = 250.0
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Wheel:
    """A downloaded wheel."""

    name: str
    version: str
    tag: str
    """What it runs on: `any`, or the platform in its name."""
    installed_mb: float


def main() -> int:
    """Check every Python; 1 if a wheel is missing or the whole is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", nargs="*", default=PYTHONS, metavar="VERSION")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "en-small")
    arguments = parser.parse_args()
    model_mb = _folder_mb(arguments.model)
    return max(_check(python, model_mb) for python in arguments.python)


def _check(python: str, model_mb: float) -> int:
    print(f"Python {python}, 64-bit ARM Linux")
    with tempfile.TemporaryDirectory() as folder:
        result = _download(python, Path(folder))
        if result.returncode:
            print(result.stderr.strip(), file=sys.stderr)
            print(f"Python {python}: a dependency has no wheel (above)", file=sys.stderr)
            return 1
        wheels = sorted(_wheels(Path(folder)), key=lambda wheel: -wheel.installed_mb)
    for wheel in wheels:
        print(f"  {wheel.installed_mb:7.1f} MB  {wheel.name} {wheel.version} ({wheel.tag})")
    code_mb = sum(_folder_mb(ROOT / name) for name in ("assistant", "plugins"))
    total_mb = sum(wheel.installed_mb for wheel in wheels) + code_mb + model_mb
    print(f"  {code_mb:7.1f} MB  Hearth itself")
    print(f"  {model_mb:7.1f} MB  the model{'' if model_mb else ' (none here yet)'}")
    print(f"  {total_mb:7.1f} MB  in all; the limit is {LIMIT_MB:g} MB\n")
    return int(total_mb > LIMIT_MB)


def _download(python: str, folder: Path) -> subprocess.CompletedProcess[str]:
    platforms = [f"manylinux_2_{minor}_aarch64" for minor in _GLIBC_MINORS]
    platforms += ["manylinux2014_aarch64", "linux_aarch64"]
    return subprocess.run(  # noqa: S603 - arguments of our own
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--only-binary=:all:", "--implementation=cp", f"--python-version={python}"),
            *(f"--platform={platform}" for platform in platforms),
            *("--dest", str(folder)),
            *_dependencies(),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def _dependencies() -> Sequence[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    dependencies: list[str] = project["dependencies"]
    return dependencies


def _wheels(folder: Path) -> Iterator[Wheel]:
    for path in folder.glob("*.whl"):
        name, version, *_, platform = path.stem.split("-")
        with zipfile.ZipFile(path) as wheel:
            size = sum(item.file_size for item in wheel.infolist())
        yield Wheel(name, version, platform.split(".")[-1], size / _MB)


def _folder_mb(folder: Path) -> float:
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files if "__pycache__" not in path.parts) / _MB


if __name__ == "__main__":
    sys.exit(main())
