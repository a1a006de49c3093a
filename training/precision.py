"""What a training run computes in: bfloat16 where the machine is quick at it, else float32.

On a processor that only imitates bfloat16 a product takes three times as long as in float32; one
with instructions for it takes a fifth of that time.
"""

from __future__ import annotations

import torch


def autocast(device: torch.device) -> torch.autocast:
    """The precision of a step on a device."""
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device))


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device multiplies bfloat16 itself."""
    if device.type != "cpu":
        return True
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_tile") or able.get("bf16"))
