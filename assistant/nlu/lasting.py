"""What is made once and lasts, and Python's garbage collector, which need not look for it.

Sentences and their graph are some hundred thousand small objects. The collector would look through
all of them several times while they are made, and again in the midst of a command.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage meanwhile: much is made, and hardly any of it is garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def lasting() -> Iterator[None]:
    """The same, and what there is afterwards is never looked through again.

    Only the first time: what is made later takes the place of something, which may be garbage then.
    """
    with uncollected():
        yield
        if not gc.get_freeze_count():
            gc.freeze()
