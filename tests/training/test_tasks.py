"""Tasks in other processes: on this machine, and on a cluster of Dask's that runs here as well."""

import os
import re
import sys
from math import factorial

import pytest

pytest.importorskip("dask", reason="the extra `train` is not installed")

from training import tasks
from training.tasks import Workers


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed", reason="for clusters only")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as own:
        yield own.scheduler_address


@pytest.fixture(params=["one process", "three processes", "a cluster"])
def workers(request):
    if request.param == "a cluster":
        return Workers(scheduler=request.getfixturevalue("cluster"))
    return Workers({"one process": 1, "three processes": 3}[request.param])


def test_results_are_in_the_order_of_the_jobs_and_each_is_told_when_it_is_there(workers):
    told = []
    assert tasks.run(factorial, range(8), workers, told.append) == [*map(factorial, range(8))]
    assert sorted(told) == sorted(map(factorial, range(8)))
    assert tasks.run(factorial, [], workers, told.append) == []
    assert len(told) == 8


def test_tasks_run_in_other_processes(workers):
    ids = tasks.run(eval, ["__import__('os').getpid()"] * 6, workers)
    assert os.getpid() not in ids


def test_a_job_is_given_as_it_is(workers):
    assert tasks.run(len, [(1, 2), [3], {"a": [4]}], workers) == [2, 1, 1]


def test_what_goes_wrong_in_a_task_is_told(workers):
    with pytest.raises(ValueError, match=re.escape("factorial() not defined for negative values")):
        tasks.run(factorial, [1, -1], workers)


def test_a_cluster_needs_a_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SystemExit, match=r"^--scheduler needs .*: pip install distributed$"):
        Workers(scheduler="tcp://localhost:1")
    assert Workers().scheduler is None
