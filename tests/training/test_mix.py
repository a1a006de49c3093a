"""Weights between those of two models."""

import pytest
import torch

from training.mix import mixed


def test_what_both_have_is_mixed_and_the_rest_is_the_first_ones():
    first = {"a": torch.tensor([1.0, 3.0]), "b": torch.tensor([5.0])}
    between = mixed(first, {"a": torch.tensor([2.0, 1.0], dtype=torch.float16)}, 0.25)
    assert between["a"].tolist() == [1.75, 1.5]
    assert between["b"].tolist() == [5.0]
    assert first["a"].tolist() == [1.0, 3.0]


@pytest.mark.parametrize("second", [{"c": torch.zeros(1)}, {"a": torch.zeros(3)}, {}])
def test_what_does_not_go_together_is_refused(second):
    with pytest.raises(ValueError, match="do not go together"):
        mixed({"a": torch.zeros(2)}, second, 0.5)
