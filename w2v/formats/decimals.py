"""Decimal digits to float32 and back by all of their digits: exact, and slow; kernels.py does the rest."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

_TINY = 2.0**-126  # float32 below this have fewer digits, in steps of 2**-149
_LAST_TINY_HALF = 2.0**150
_MIDWAY_MASK, _MIDWAY = np.uint64(0x1FFF_FFFF), np.uint64(0x1000_0000)


def round_to_float32(fields: Sequence[bytes]) -> np.ndarray:
    """Nearest float32 to each decimal, float32 (n,); infinity if too large.

    Rounding twice goes wrong where the first step, to float64, ends exactly midway between two float32: those
    few are moved a step towards the decimal they come from.
    """
    values = np.array([float(field) for field in fields])
    sizes = np.abs(values)
    midway = (values.view(np.uint64) & _MIDWAY_MASK) == _MIDWAY
    tiny = sizes < _TINY
    if tiny.any():
        midway[tiny] = (sizes[tiny] * _LAST_TINY_HALF) % 2 == 1
    for place in np.flatnonzero(midway & np.isfinite(values)):
        rounded, exact = Decimal(values[place]), Decimal(fields[place].decode())
        if exact != rounded:
            values[place] = np.nextafter(values[place], np.inf if exact > rounded else -np.inf)
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def shortest_decimal(number: np.float32) -> str:
    """The fewest digits that read back as this float32, written as Python's repr of a float writes them."""
    return repr(float(np.format_float_scientific(number, unique=True)))
