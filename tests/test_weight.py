"""What a clone has to fetch: nothing twice, and no more than this."""

import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIMITS_MB = {"models": 85.5, "training/weights": 41.0, "": 4.5}
"""By folder; the last one is of everything else."""
SMALL_BYTES = 10_000


@pytest.fixture(scope="module")
def tracked():
    """Path, size and checksum of every file that is in the repository."""
    command = ["git", "-C", ROOT, "ls-files", "-s"]
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=3) for line in listed.splitlines()]
    there = [(path, checksum) for _, checksum, _, path in rows if (ROOT / path).is_file()]
    return [(path, (ROOT / path).stat().st_size, checksum) for path, checksum in there]


@pytest.mark.parametrize("folder", LIMITS_MB)
def test_the_repository_stays_light(tracked, folder):
    """A model is committed only as a release: docs/releasing.md."""
    others = [f"{each}/" for each in LIMITS_MB if each]
    sizes = {
        path: size
        for path, size, _ in tracked
        if (path.startswith(f"{folder}/") if folder else not path.startswith(tuple(others)))
    }
    largest = sorted(sizes, key=sizes.__getitem__)[-3:]
    assert sum(sizes.values()) / 1e6 < LIMITS_MB[folder], f"the largest: {largest}"


def test_nothing_large_is_there_twice(tracked):
    """One model's list may be another's, too: docs/models.md."""
    same = defaultdict(list)
    for path, size, checksum in tracked:
        if size > SMALL_BYTES:
            same[checksum].append(path)
    assert [paths for paths in same.values() if len(paths) > 1] == []
