"""Who gets the processor first, asked of the real scheduler, each in a thread of its own."""

import os
import resource
import sys
import threading

import pytest

from assistant.audio.priority import GIVING_WAY, REAL_TIME, give_way, real_time

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities on Linux")


def in_thread(call):
    """The call's result, from a thread that ends with it."""
    results = []
    thread = threading.Thread(target=lambda: results.append(call()))
    thread.start()
    thread.join()
    return results[0]


def allowed():
    limit, _ = resource.getrlimit(resource.RLIMIT_RTPRIO)
    return os.geteuid() == 0 or limit == resource.RLIM_INFINITY or limit >= REAL_TIME


def test_who_captures_is_never_kept_waiting_where_that_is_allowed():
    def asked():
        given = real_time()
        return given, os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK, os.sched_getparam(0)

    given, policy, parameters = in_thread(asked)
    if given:
        assert (policy, parameters.sched_priority) == (os.SCHED_RR, REAL_TIME)
    else:
        assert not allowed()
        assert policy == os.SCHED_OTHER


def test_a_thread_gives_way_and_the_others_do_not():
    def asked():
        thread = threading.get_native_id()
        before = os.getpriority(os.PRIO_PROCESS, thread)
        give_way()
        return before, os.getpriority(os.PRIO_PROCESS, thread)

    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    before, after = in_thread(asked)
    assert after == min(19, before + GIVING_WAY)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
