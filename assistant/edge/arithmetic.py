"""Functions of float32 as `kernels/arithmetic.h` has them, operation by operation.

Only sums, products, quotients and square roots, which IEEE 754 rounds in one way, so that any
machine gives the same bits.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from assistant.asr.networks.network import Floats

_ERF_P: Final = (
    -2.72614225801306e-10,
    2.77068142495902e-08,
    -2.10102402082508e-06,
    -5.69250639462346e-05,
    -7.34990630326855e-04,
    -2.95459980854025e-03,
    -1.60960333262415e-02,
)
_ERF_Q: Final = (
    -1.45660718464996e-05,
    -2.13374055278905e-04,
    -1.68282697438203e-03,
    -7.37332916720468e-03,
    -1.42647390514189e-02,
)
_TANH_P: Final = (
    -2.76076847742355e-16,
    2.00018790482477e-13,
    -8.60467152213735e-11,
    5.12229709037114e-08,
    1.48572235717979e-05,
    6.37261928875436e-04,
    4.89352455891786e-03,
)
_TANH_Q: Final = (
    1.19825839466702e-06,
    1.18534705686654e-04,
    2.26843463243900e-03,
    4.89352518554385e-03,
)
_EXP: Final = (
    1.9875691500e-4,
    1.3981999507e-3,
    8.3334519073e-3,
    4.1665795894e-2,
    1.6666665459e-1,
    5.0000001201e-1,
)
_LANES: Final = 16


def _horner(x: Floats, coefficients: tuple[float, ...]) -> Floats:
    value = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = value * x + np.float32(coefficient)
    return value


def gelu(x: Floats) -> Floats:
    """The Gaussian error linear unit: x times the normal distribution's share below x."""
    z = np.clip(x * np.float32(0.707106781186547524), np.float32(-4), np.float32(4))
    square = z * z
    erf = (z * _horner(square, _ERF_P)) / _horner(square, _ERF_Q)
    return np.asarray((np.float32(0.5) * x) * (np.float32(1) + erf), np.float32)


def tanh(x: Floats) -> Floats:
    """The hyperbolic tangent."""
    limit = np.float32(7.90531110763549805)
    x = np.clip(x, -limit, limit)
    square = x * x
    return (x * _horner(square, _TANH_P)) / _horner(square, _TANH_Q)


def exponential(x: Floats) -> Floats:
    """The exponential of x <= 0; below -87 as at -87."""
    x = np.maximum(x, np.float32(-87))
    n = np.rint(x * np.float32(1.44269504088896341))
    r = (x - n * np.float32(0.693359375)) - n * np.float32(-2.12194440e-4)
    y = (_horner(r, _EXP) * (r * r) + r) + np.float32(1)
    power = ((n.astype(np.int32) + 127) << 23).view(np.float32)
    return np.asarray(y * power, np.float32)


def layer_norm(x: Floats, gamma: Floats, beta: Floats) -> Floats:
    """Rows [n, width] with mean 0 and variance 1, times gamma plus beta; width is in sixteens."""
    share = np.float32(1) / np.float32(x.shape[1])
    off = x - (_sum(x) * share)[:, None]
    variance = _sum(off * off) * share
    factor = np.float32(1) / np.sqrt(variance + np.float32(1e-5))
    return np.asarray((off * factor[:, None]) * gamma + beta, np.float32)


def _sum(x: Floats) -> Floats:
    """Sums of rows: 16 lanes, which are then halved."""
    lanes = np.zeros((len(x), _LANES), np.float32)
    for part in range(0, x.shape[1], _LANES):
        lanes = lanes + x[:, part : part + _LANES]
    while lanes.shape[1] > 1:
        half = lanes.shape[1] // 2
        lanes = lanes[:, :half] + lanes[:, half:]
    return lanes[:, 0]


def quantised(x: Floats, limit: int) -> tuple[Floats, Floats]:
    """Whole numbers up to `limit` and their scales, one for each of the last axis [..., n]."""
    most = np.abs(x).max(axis=-1, initial=0.0)
    inverse = np.divide(np.float32(limit), most, out=np.zeros_like(most), where=most > 0)
    return np.rint(x * inverse[..., None]), most / np.float32(limit)
