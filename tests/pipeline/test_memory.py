"""What is free goes back to the system."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from assistant.pipeline import memory

def resident():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

if sys.argv[1] == "given back":
    memory.hold_little()
pieces = [bytes(20_000) for _ in range(5_000)]
kept = pieces[::50]
full = resident()
del pieces
if sys.argv[1] == "given back":
    memory.give_back()
print(full - resident())
"""


def freed_kb(how):
    ran = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, check=True)
    return int(ran.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_lies_between_kept_pieces_is_given_back():
    assert freed_kb("kept") < 20_000
    assert freed_kb("given back") > 80_000
