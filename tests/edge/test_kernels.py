"""The kernels in C against the reference in NumPy: the same bits."""

import gc
import weakref

import edge_cases as cases
import numpy as np
import pytest

from assistant.edge import native
from assistant.edge.native import KernelError, Level, Native
from assistant.edge.program import Memory
from assistant.edge.reference import Reference

pytestmark = pytest.mark.skipif(not native.levels(), reason="the kernels were not built here")


@pytest.mark.parametrize("level", native.levels(), ids=lambda level: level.name.lower())
def test_every_level_gives_the_bits_of_the_reference(level, rng):
    kernels, reference = Native(level), Reference()
    for program, arena, memory in cases.everything(rng):
        expected, remembered = arena.copy(), cases.copied(memory)
        reference.run(program, expected, remembered)
        kernels.run(program, arena, memory)
        np.testing.assert_array_equal(arena.view(np.int32), expected.view(np.int32), str(program))
        if memory is not None:
            np.testing.assert_array_equal(memory.keys, remembered.keys)
            np.testing.assert_array_equal(memory.values, remembered.values)
            np.testing.assert_array_equal(memory.value_scales, remembered.value_scales)


def test_the_best_level_is_one_that_the_machine_has():
    assert Native().name.upper() == native.levels()[-1].name
    missing = set(Level) - set(native.levels())
    with pytest.raises(KernelError, match="has no"):
        Native(missing.pop())


def test_an_arena_that_is_too_small_is_refused(rng):
    program, arena, _ = cases.norm(rng)
    object.__setattr__(program, "arena", arena.size + 1)
    with pytest.raises(ValueError, match="arena"):
        Native().run(program, arena)


def test_a_memory_with_gaps_is_refused(rng):
    program, arena, memory = cases.attend(rng)
    wide = np.repeat(memory.keys, 2, axis=2)[:, :, ::2]
    gaps = Memory(memory.past, wide, memory.key_scales, memory.values, memory.value_scales)
    with pytest.raises(ValueError, match="gaps"):
        Native().run(program, arena, gaps)


def test_a_program_that_nobody_needs_is_gone(rng):
    kernels = Native()
    program, arena, _ = cases.linear(rng)
    kernels.run(program, arena)
    seen = weakref.ref(program)
    del program
    gc.collect()
    assert seen() is None


def test_without_the_library_the_reference_runs_and_says_what_was_lost(monkeypatch):
    def absent():
        raise KernelError("the edge kernels were not built: install a C compiler")

    monkeypatch.setattr(native, "_library", absent)
    assert isinstance(native.best(), Reference)
    assert "C compiler" in native.lost()
