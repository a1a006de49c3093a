"""What a training run computes in."""

from __future__ import annotations

import pytest
import torch

from training import precision


@pytest.mark.parametrize("able", [{}, {"avx512_bf16": True}, {"amx_tile": True}, {"bf16": True}])
def test_bfloat16_only_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, able: dict[str, bool]
) -> None:
    """A product comes out in bfloat16 on a processor that says it has it, else in float32."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    with precision.autocast(torch.device("cpu")):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if able else torch.float32)
