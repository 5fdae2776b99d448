"""Decimal digits to float32 and back, many at a time: exact both ways, and no Python object per number."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

_TINY = 2.0**-126  # float32 below this have fewer digits, in steps of 2**-149
_LAST_TINY_HALF = 2.0**150
_MIDWAY_MASK, _MIDWAY = np.uint64(0x1FFF_FFFF), np.uint64(0x1000_0000)

# A number is [sign] digits [. digits] [e [sign] digits]. Each byte has a class, one bit, and a set of classes
# that may follow it; what two neighbours cannot show (a second point, say) stops the parser.
_DIGIT, _POINT, _SIGN, _EXPONENT, _SPACE = 1, 2, 4, 8, 16
_CLASSES = {b"0123456789": _DIGIT, b".": _POINT, b"+-": _SIGN, b"eE": _EXPONENT, b" ": _SPACE}
_FOLLOWERS = {
    _DIGIT: _DIGIT | _POINT | _EXPONENT | _SPACE,
    _POINT: _DIGIT,
    _SIGN: _DIGIT | _POINT,
    _EXPONENT: _DIGIT | _SIGN,
    _SPACE: _DIGIT | _POINT | _SIGN,
}
_CLASS_OF = bytes(next((bit for text, bit in _CLASSES.items() if byte in text), 0) for byte in range(256))
_FOLLOWERS_OF = bytes(_FOLLOWERS.get(bit, 0) for bit in _CLASS_OF)


def shortest_decimals(numbers: np.ndarray) -> np.ndarray:
    """For each float32 the float64 whose own `repr` is the shortest decimal that reads back as that float32.

    So the digits can be printed by Python's fast `repr` of lists of floats, and no other step is needed.

    Args:
        numbers: float32, any shape, all finite.

    Returns:
        float64 of the same shape.
    """
    flat = np.abs(numbers).ravel()
    sizes = flat.astype(np.float64)
    found = np.zeros_like(sizes)
    left = np.flatnonzero((sizes > 1e-13) & (sizes < 1e21))  # where the powers of ten below are exact
    exponents = np.floor(np.log10(sizes[left]))
    for n_digits in range(6, 10):  # 6 digits always fit a float32 and 9 always suffice
        powers = n_digits - 1 - exponents
        up, down = 10.0 ** np.maximum(powers, 0), 10.0 ** np.maximum(-powers, 0)
        decimals = np.rint(sizes[left] * up / down) / up * down  # one of the two is 1, so rounded once
        found[left] = decimals
        inside = (decimals * (1 + 4e-16)).astype(np.float32) == flat[left]
        inside &= (decimals * (1 - 4e-16)).astype(np.float32) == flat[left]
        left, exponents = left[~inside], exponents[~inside]
    for place in np.flatnonzero((sizes > 0) & ((sizes <= 1e-13) | (sizes >= 1e21))):
        found[place] = float(np.format_float_scientific(flat[place], unique=True))
    return np.copysign(found.reshape(numbers.shape), numbers)


def parse_decimals(text: bytes) -> np.ndarray | None:
    """The numbers of a text in which exactly one space stands before each, float32 (n,), or None.

    Numbers too large become infinity. None means "look closer": a point needs a digit after it here.
    """
    if not text.startswith(b" ") or not text[-1:].isdigit():
        return None
    classes = np.frombuffer(text.translate(_CLASS_OF), dtype=np.uint8)
    followers = np.frombuffer(text.translate(_FOLLOWERS_OF), dtype=np.uint8)
    if not (followers[:-1] & classes[1:]).all():
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # how older numpy says that it stopped early
            values = np.fromstring(text, dtype=np.float64, sep=" ")
    except (ValueError, DeprecationWarning):
        return None
    return round_to_float32(values, text)


def round_to_float32(values: np.ndarray, text: bytes | Sequence[bytes]) -> np.ndarray:
    """Nearest float32 to the decimals of `text`; infinity if too large.

    Rounding twice goes wrong where the first step, to the float64 `values`, ends exactly midway between two
    float32: those few are moved a step towards the decimal they come from.
    """
    sizes = np.abs(values)
    midway = (values.view(np.uint64) & _MIDWAY_MASK) == _MIDWAY
    tiny = sizes < _TINY
    if tiny.any():
        midway[tiny] = (sizes[tiny] * _LAST_TINY_HALF) % 2 == 1
    places = np.flatnonzero(midway)
    if len(places):
        fields = text.split() if isinstance(text, bytes) else text
        values = values.copy()
        for place in places:
            rounded, exact = Decimal(values[place]), Decimal(fields[place].decode())
            if exact != rounded:
                values[place] = np.nextafter(values[place], np.inf if exact > rounded else -np.inf)
    with np.errstate(over="ignore"):
        return values.astype(np.float32)
