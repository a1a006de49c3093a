"""An emulated Raspberry Pi 4: Debian 12 for 64-bit ARM in a folder, its programs run by QEMU.

It has the instructions of the board's Cortex-A72 and no more, and the files by which programs ask
what processor they are on. Without those files they read of the host's: ONNX Runtime 1.28 and later
then die, which they do not on the board.
"""

# ruff: noqa: INP001 - a script, not part of a package
from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

_BINFMT = Path("/proc/sys/fs/binfmt_misc/qemu-aarch64")
_PROGRAMS = ("mmdebstrap", "qemu-aarch64-static", "unshare")
_PACKAGES = "python3,python3-venv,gcc,libc6-dev,make,ca-certificates"
_CORES = range(4)
_CORE = """processor\t: {core}
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

"""
_BOARD = "Revision\t: c03112\nModel\t\t: Raspberry Pi 4 Model B Rev 1.2\n"
_ENTER = """set -e
cd "$1"
mount -t proc proc root/proc
mount -t sysfs -o ro sysfs root/sys
mount --bind /dev root/dev
mount --bind board/cpu root/sys/devices/system/cpu
mount --bind board/cpuinfo root/proc/cpuinfo
exec chroot root /bin/sh -c "$2"
"""


def lacking() -> str | None:
    """What this machine lacks to emulate, and what to do about it."""
    lost = [name for name in _PROGRAMS if shutil.which(name) is None]
    if lost:
        return f"there is no {', '.join(lost)}: sudo apt install mmdebstrap qemu-user-static"
    if os.geteuid():
        return "a Debian in a folder needs root: sudo make check-pi"
    if not _BINFMT.exists():
        return (
            "the kernel hands no ARM programs to QEMU: mount -t binfmt_misc binfmt_misc "
            "/proc/sys/fs/binfmt_misc; tr -d '\\n' </usr/lib/binfmt.d/qemu-aarch64.conf "
            ">/proc/sys/fs/binfmt_misc/register"
        )
    return None


class EmulatedPi:
    """A board in `folder`, which is made the first time and kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root = folder / "root"

    def install_debian(self) -> None:
        """Minutes, the first time."""
        done = self._folder / "installed"
        if not done.exists():
            shutil.rmtree(self.root, ignore_errors=True)
            self._folder.mkdir(parents=True, exist_ok=True)
            arguments = ["--architectures=arm64", "--variant=minbase", f"--include={_PACKAGES}"]
            subprocess.run(  # noqa: S603 - arguments of our own
                ["mmdebstrap", "--quiet", *arguments, "bookworm", str(self.root)],  # noqa: S607
                check=True,
            )
            done.touch()
        _write(self._folder / "board", dict(_board()))

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a shell script there, with nothing of this machine's environment; its output."""
        inside = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        return subprocess.run(  # noqa: S603 - a script of our own
            ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", _ENTER, "sh", self._folder, script],
            env={**inside, "QEMU_CPU": "cortex-a72"},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )


def _board() -> Iterator[tuple[str, str]]:
    """Files by which a board says what it is."""
    yield "cpuinfo", "".join(_CORE.format(core=core) for core in _CORES) + _BOARD
    for name in ("possible", "present", "online"):
        yield f"cpu/{name}", "0-3\n"
    yield "cpu/kernel_max", "3\n"
    caches = (
        ("1", "Data", "32K", None),
        ("1", "Instruction", "48K", None),
        ("2", "Unified", "1024K", "0-3"),
    )
    for core in _CORES:
        at = f"cpu/cpu{core}"
        yield f"{at}/topology/core_id", f"{core}\n"
        yield f"{at}/topology/physical_package_id", "0\n"
        yield f"{at}/topology/core_siblings_list", "0-3\n"
        yield f"{at}/topology/thread_siblings_list", f"{core}\n"
        yield f"{at}/topology/cluster_cpus_list", f"{core}\n"
        yield f"{at}/cpufreq/cpuinfo_max_freq", "1800000\n"
        yield f"{at}/cpufreq/cpuinfo_min_freq", "600000\n"
        for index, (level, kind, size, shared) in enumerate(caches):
            cache = f"{at}/cache/index{index}"
            yield f"{cache}/level", f"{level}\n"
            yield f"{cache}/type", f"{kind}\n"
            yield f"{cache}/size", f"{size}\n"
            yield f"{cache}/shared_cpu_list", f"{shared or core}\n"


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
