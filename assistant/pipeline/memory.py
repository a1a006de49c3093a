"""Memory that is free goes back to the system.

An utterance takes some tens of megabytes for a moment, in pieces of all sizes, and the C library
keeps what was given back in between for later: a process that hears speech all day seems to grow
by half. Without glibc nothing is done.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""Names of glibc's settings, see mallopt(3)."""
_LARGE_BYTES = 1 << 20
_ARENAS = 2


def hold_little() -> None:
    """From now on what is large is given back when it is freed; and threads share their stores."""
    if (library := _glibc()) is not None:
        library.mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
        library.mallopt(_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Hand what is free to the system; takes some milliseconds, so call it between utterances."""
    if (library := _glibc()) is not None:
        library.malloc_trim(ctypes.c_size_t(0))


@cache
def _glibc() -> Any | None:  # noqa: ANN401
    try:
        library = ctypes.CDLL(None)
        found = (library.mallopt, library.malloc_trim)
    except (OSError, AttributeError, TypeError):
        return None
    return library if all(found) else None
