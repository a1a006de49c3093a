"""Who gets the processor first: capture, then everything else, then what is heavy.

Linux counts threads, not processes, so each thread asks for itself.
"""

from __future__ import annotations

import os
import threading
from typing import Final

REAL_TIME: Final = 5
"""Below the sound server's own, which is 88 (PipeWire) or 5 to 9 (PulseAudio)."""
GIVING_WAY: Final = 5
"""How much nicer a thread is that others should not wait for."""


def real_time() -> bool:
    """Let the calling thread run before all others that are none; whether that is allowed."""
    try:
        policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(REAL_TIME))
    except (AttributeError, OSError):
        return False  # Not Linux, or no right to it: docs/service.md says how to give it.
    return True


def give_way() -> None:
    """Let the calling thread give way to the others of this process, and to its neighbours'."""
    thread = threading.get_native_id()
    try:
        nice = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, min(19, nice + GIVING_WAY))
    except (AttributeError, OSError):
        return  # Elsewhere than on Linux a thread has no niceness of its own.
