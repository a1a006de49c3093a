"""Shows that Hearth installs and runs on a Raspberry Pi: `sudo make check-pi`.

For each Python, pip resolves the runtime's dependencies for 64-bit ARM Linux with wheels only, as
it would on the board itself, and the wheels are unpacked to be weighed. PyAudio, the one that is
built on the board, is an extra and not among them.

Then `make demo` on an emulated Raspberry Pi 4, with those wheels: minutes, more the first time.
With `--runtimes` once more with ONNX Runtime, to see that both hear the same words.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from emulated_pi import EmulatedPi, lacking

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.13")
"""Of Raspberry Pi OS 12 (bookworm) and 13 (trixie)."""
_GLIBC_MINORS = range(17, 37)
"""Wheels for glibc 2.17 to 2.36, the one of Raspberry Pi OS 12."""
LIMIT_MB = 250.0
_NOT_FOR_ARM = shutil.ignore_patterns("*.so", "__pycache__")
_MB = 1e6
_DEBIAN = PYTHONS[0]
"""The Python of the emulated board."""
_BUILDING = ("setuptools>=77",)
_PIP = "PIP_NO_INDEX=1 PIP_FIND_LINKS=/opt/wheels"


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
    parser.add_argument("--no-demo", action="store_true", help="weigh the wheels only")
    parser.add_argument("--runtimes", action="store_true", help="the demo with ONNX Runtime, too")
    parser.add_argument("--folder", type=Path, default=ROOT / ".pi", help="of the emulated board")
    arguments = parser.parse_args()
    model_mb = _folder_mb(arguments.model)
    status = max(_check(python, model_mb) for python in arguments.python)
    if not arguments.no_demo:
        runtimes = ("auto", "onnx") if arguments.runtimes else ("auto",)
        status = max(status, _demonstrate(arguments.folder, runtimes))
    return status


def _demonstrate(folder: Path, runtimes: Sequence[str]) -> int:
    """The demo on an emulated board, with each runtime; 1 if a command is not carried out."""
    if reason := lacking():
        print(f"the demo was not run: {reason}", file=sys.stderr)
        return 1
    print("The demo on an emulated Raspberry Pi 4 (Debian 12, Cortex-A72)", flush=True)
    board = EmulatedPi(folder)
    board.install_debian()
    _copy(board.root / "opt")
    heard = []
    for runtime in runtimes:
        print(f"  with the runtime '{runtime}' ...", flush=True)
        settings = f"recogniser: {{runtime: {runtime}}}"
        script = f"cd /opt/hearth && echo '{settings}' >config.yaml && {_PIP} make --silent demo"
        ran = board.run(script)
        (folder / f"demo-{runtime}.txt").write_text(ran.stdout, encoding="utf-8")
        events = [json.loads(line) for line in ran.stdout.splitlines() if line[:1] == "{"]
        done = sum(event["type"] == "action" and event["success"] for event in events)
        heard.append([event["text"] for event in events if event["type"] == "final_endpoint"])
        print(f"  {done} of {len(heard[-1])} commands carried out, exit status {ran.returncode}")
        if ran.returncode or not done or done < len(heard[-1]):
            return 1
    same = all(each == heard[0] for each in heard)
    if len(heard) > 1:
        print(f"  the runtimes hear {'the same words' if same else 'different words'}")
    return int(not same)


def _copy(there: Path) -> None:
    """Hearth, without what was built here, and the wheels for the board's Python."""
    wheels, copy = there / "wheels", there / "hearth"
    wheels.mkdir(parents=True, exist_ok=True)
    _download(_DEBIAN, wheels, _BUILDING).check_returncode()
    for name in ("assistant", "plugins", "models", "demo"):
        shutil.copytree(ROOT / name, copy / name, dirs_exist_ok=True, ignore=_NOT_FOR_ARM)
    for name in ("pyproject.toml", "setup.py", "Makefile", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)


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


def _download(
    python: str, folder: Path, more: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    platforms = [f"manylinux_2_{minor}_aarch64" for minor in _GLIBC_MINORS]
    platforms += ["manylinux2014_aarch64", "linux_aarch64"]
    return subprocess.run(  # noqa: S603 - arguments of our own
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--only-binary=:all:", "--implementation=cp", f"--python-version={python}"),
            *(f"--platform={platform}" for platform in platforms),
            *("--dest", str(folder)),
            *_dependencies(),
            *more,
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
