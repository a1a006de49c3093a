"""The ARM kernels, cross-compiled and run under QEMU, against the reference: the same bits."""

import shutil
import subprocess
from pathlib import Path

import edge_cases as cases
import numpy as np
import pytest

from assistant.edge import native, program
from assistant.edge.model import EdgeModel
from assistant.edge.native import Level
from assistant.edge.program import Memory
from assistant.edge.reference import Reference

COMPILER = "aarch64-linux-gnu-gcc"
EMULATOR = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")
KERNELS = Path(native.__file__).parent / "kernels"
FLAGS = ("-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-Wno-psabi")
NOTHING = Memory(
    0,
    np.zeros((1, 0, 2), np.int8),
    np.zeros((1, 0, 1), np.float32),
    np.zeros((1, 2, 0), np.int8),
    np.zeros((1, 0, 1), np.float32),
)

pytestmark = pytest.mark.skipif(
    not (shutil.which(COMPILER) and EMULATOR),
    reason="needs Debian's gcc-aarch64-linux-gnu and qemu-user-static",
)


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    path = tmp_path_factory.mktemp("arm") / "driver"
    sources = [Path(__file__).with_name("arm_driver.c"), *KERNELS.glob("*.c")]
    subprocess.run(
        [COMPILER, *FLAGS, "-static", f"-I{KERNELS}", *sources, "-lm", "-o", path],
        check=True,
    )
    return path


def encoded(level, steps, arena, memory):
    """A case as the driver reads it."""
    translated = native._Encoded(steps)
    offsets, data = {0: 0}, b"\0" * 64
    for array in translated.keep:
        offsets[array.ctypes.data] = len(data)
        data += array.tobytes()
        data += b"\0" * (-len(data) % 64)
    for step in translated.steps:
        for field in ("scales", "bias", "sums", "bitmap", "blocks"):
            setattr(step, field, offsets[getattr(step, field) or 0])
    layers, keys, width = memory.keys.shape
    head = [level, len(translated.steps), arena.size, len(data), layers, keys, memory.past, width]
    parts = (memory.keys, memory.values, memory.key_scales, memory.value_scales)
    return b"".join(
        [
            np.array([*head, memory.key_scales.shape[2]], np.int32).tobytes(),
            bytes(translated.steps),
            data,
            arena.tobytes(),
            *(part.tobytes() for part in parts),
        ]
    )


def whole_chunk(packed, rng):
    """One chunk through the encoder of a model."""
    model = EdgeModel.load(packed)
    steps = program.encoder(model, 16)
    memory = Memory(
        6,
        rng.integers(-127, 128, (2, 14, 32)).astype(np.int8),
        rng.uniform(0, 0.02, (2, 14, 2)).astype(np.float32),
        rng.integers(-127, 128, (2, 32, 14)).astype(np.int8),
        rng.uniform(0, 0.02, (2, 14, 2)).astype(np.float32),
    )
    return steps, rng.normal(size=steps.arena).astype(np.float32), memory


@pytest.mark.parametrize("level", [Level.PORTABLE, Level.NEON, Level.NEON_DOT])
def test_arm_gives_the_bits_of_the_reference(driver, packed, rng, level):
    reference, sent, expected = Reference(), b"", b""
    for steps, arena, memory in [*cases.everything(rng), whole_chunk(packed, rng)]:
        remembered = memory or NOTHING
        sent += encoded(level, steps, arena, remembered)
        reference.run(steps, arena, remembered)
        parts = (remembered.keys, remembered.values)
        scales = (remembered.key_scales, remembered.value_scales)
        expected += b"".join(part.tobytes() for part in (arena, *parts, *scales))
    command = [EMULATOR, "-cpu", "max", str(driver)]
    heard = subprocess.run(command, input=sent, capture_output=True, check=True).stdout
    assert len(heard) == len(expected)
    assert heard == expected
