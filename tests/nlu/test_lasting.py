"""The garbage collector does not look for what lasts, and does as before afterwards."""

import gc
import subprocess
import sys

import pytest

from assistant.nlu.lasting import uncollected

ASKED = """
import gc
from assistant.nlu.grammar import Grammar
collected = [0, 0, 0]
def count(phase, info):
    collected[info["generation"]] += phase == "stop"
frozen = []
gc.callbacks.append(count)
for _ in range(2):
    grammar = Grammar()
    grammar.graph
    frozen.append(gc.get_freeze_count())
assert gc.isenabled()
print(collected[2], sum(collected) < 20, frozen[0] > 100_000, frozen[1] <= frozen[0])
"""


def test_nothing_is_collected_while_sentences_are_made_and_the_first_ones_are_left_alone():
    run = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["0", "True", "True", "True"]


def test_an_error_changes_nothing_for_the_collector():
    during = []

    @uncollected()
    def make():
        during.append(gc.isenabled())
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        make()
    assert not during[0]
    assert gc.isenabled()


def test_where_nothing_is_collected_it_stays_so():
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
