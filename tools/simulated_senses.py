"""What no recording can tell of who speaks, drawn at random as is stated here.

Nothing of this was measured on people in rooms; a figure that was had with it says what a sense is
worth if these shares are right.

- Who speaks to the device begins 2 s after the reply in the mean (exponential, 0.3 s at least);
  talk begins at any moment of 8 s.
- They are as loud as in their last command, give or take 4 dB (one standard deviation). A third of
  the talk is by the same person from the same place, 2 dB below it and 5 dB more or less; the rest
  is 10 dB below and 6 dB more or less, as from across the room.
- The noise is 20 dB below the last command, 7 dB more or less.
- Somebody faces the device, as the camera tells it, in 9 of 10 utterances that are meant for it and
  in 1 of 10 others; somebody is in the room as its sensor tells it in 98 and 80 of 100.
"""

# ruff: noqa: INP001 - beside scripts, not part of a package
from __future__ import annotations

from dataclasses import replace

import numpy as np

from assistant.pipeline.directedness import Signs

FACING = {True: 0.9, False: 0.1}
"""How often the camera sees a face from the front, for what is meant for the device and not."""
SOMEBODY = {True: 0.98, False: 0.8}
SAME_PERSON = 1 / 3
"""Of the talk: how much is by who gave the last command, in the same place."""


def near(signs: Signs, own: bool, rng: np.random.Generator) -> Signs:
    """With how soon and how loud it is."""
    nearer_db = rng.normal(*_loudness(own, rng))
    return replace(
        signs,
        since_reply_s=0.3 + rng.exponential(1.7) if own else rng.uniform(0.3, 8.0),
        nearer_db=nearer_db,
        over_noise_db=max(0.0, rng.normal(20, 7) + nearer_db),
    )


def seen(signs: Signs, own: bool, rng: np.random.Generator) -> Signs:
    """With who is seen."""
    return replace(
        signs,
        facing=bool(rng.random() < FACING[own]),
        somebody=bool(rng.random() < SOMEBODY[own]),
    )


def _loudness(own: bool, rng: np.random.Generator) -> tuple[float, float]:
    if own:
        return 0.0, 4.0
    return (-2.0, 5.0) if rng.random() < SAME_PERSON else (-10.0, 6.0)
