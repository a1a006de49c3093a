"""The short sounds: heard, done, not done. Two notes each, made when they are first wanted."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from assistant.reply.sound import Sound

_RATE = 22_050
_LEVEL = 0.2
"""Of full scale: -14 dB, well below speech, so that a microphone beside it still hears speech."""
_ATTACK_S = 0.005
_DECAY_S = 0.04
_OVERTONES = (1.0, 0.3, 0.1)


class Chime(StrEnum):
    """What a sound tells."""

    WAKE = "wake"
    SUCCESS = "success"
    FAILURE = "failure"


_NOTES: Mapping[Chime, tuple[tuple[float, float], ...]] = {
    Chime.WAKE: ((784.0, 0.06), (1046.5, 0.1)),
    Chime.SUCCESS: ((1046.5, 0.08), (1318.5, 0.16)),
    Chime.FAILURE: ((392.0, 0.12), (311.1, 0.22)),
}
"""Pitch in Hz and length in seconds. Up is good, down is not."""


@cache
def sound_of(chime: Chime) -> Sound:
    """The chime's sound."""
    notes = [_note(pitch_hz, length_s) for pitch_hz, length_s in _NOTES[chime]]
    samples = np.concatenate(notes) * (_LEVEL * np.iinfo(np.int16).max)
    return Sound(np.rint(samples).astype(np.int16), _RATE)


def _note(pitch_hz: float, length_s: float) -> NDArray[np.float64]:
    """A struck bar: its overtones fade, and it starts and ends without a click."""
    time_s = np.arange(round(length_s * _RATE)) / _RATE
    tones = [
        level * np.sin(2 * np.pi * pitch_hz * number * time_s)
        for number, level in enumerate(_OVERTONES, start=1)
    ]
    fade = np.minimum(1.0, time_s / _ATTACK_S) * np.exp(-time_s / _DECAY_S)
    release = np.minimum(1.0, (length_s - time_s) / _ATTACK_S)
    note: NDArray[np.float64] = np.sum(tones, axis=0) / sum(_OVERTONES) * fade * release
    return note
