"""Digits by all of their digits: what the kernel leaves to Python."""

from decimal import Decimal

import numpy as np
import pytest

from w2v.formats.decimals import round_to_float32, shortest_decimal


@pytest.mark.parametrize(
    "text", ["1.00000005960464477540", "1.00000005960464477538", "1.0000000596046447753906250"]
)
def test_decimals_next_to_the_middle_of_two_float32_are_rounded_once(text):
    """1 + 2**-24 lies midway between 1 and the next float32; digits beyond float64 decide."""
    middle = Decimal(1) + Decimal(2) ** -24
    above = np.nextafter(np.float32(1), np.float32(2))

    found = round_to_float32([text.encode()])

    assert found[0] == (above if Decimal(text) > middle else 1)


def test_subnormal_decimals_next_to_a_middle_are_rounded_once():
    """Half of the smallest float32 rounds to zero, a little more rounds up."""
    half = f"{Decimal(2.0**-150):f}"

    assert round_to_float32([half.encode(), f"{half}1".encode()]).tolist() == [0, 2.0**-149]


def test_numbers_above_float32_become_infinite():
    """The caller refuses them, with the line; those below the smallest become 0."""
    fields = [b"1e39", b"1e400", b"-1e39", b"1e-46"]

    assert round_to_float32(fields).tolist() == [np.inf, np.inf, -np.inf, 0]


def test_digits_read_back_as_the_same_bits():
    """Numbers of every size, subnormal ones included."""
    bits = np.random.default_rng(1).integers(0, 2**32, size=3_000, dtype=np.uint64).astype(np.uint32)
    numbers = bits.view(np.float32)[np.isfinite(bits.view(np.float32))]

    assert round_to_float32([shortest_decimal(n).encode() for n in numbers]).tobytes() == numbers.tobytes()
