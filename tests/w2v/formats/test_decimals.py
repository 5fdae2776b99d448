"""Digits: shortest, exact both ways, and a grammar narrower than Python's."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2v.formats.decimals import parse_decimals, round_to_float32, shortest_decimals


def _text(numbers):
    return "".join(f" {number!r}" for number in shortest_decimals(numbers).ravel().tolist()).encode()


def _all_kinds_of_float32(n):
    bits = np.random.default_rng(1).integers(0, 2**32, size=n, dtype=np.uint64).astype(np.uint32)
    numbers = bits.view(np.float32)
    return numbers[np.isfinite(numbers)]


def test_digits_read_back_as_the_same_bits():
    """Numbers of every size, subnormal ones and both zeros included."""
    numbers = np.concatenate(
        [_all_kinds_of_float32(20_000), np.array([0.0, -0.0, 1e-45, -3.4028235e38], np.float32)]
    )

    assert parse_decimals(_text(numbers)).tobytes() == numbers.tobytes()


def test_powers_of_two_read_back_as_the_same_bits():
    """Below a power of two float32 lie twice as dense as above, where a shortest search may slip."""
    numbers = np.float32(2.0) ** np.arange(-149, 128, dtype=np.float32)

    assert parse_decimals(_text(numbers)).tobytes() == numbers.tobytes()


def test_digits_are_as_few_as_those_of_numpy():
    """Numbers of the size of word vectors get the very digits of numpy's own shortest repr."""
    numbers = np.random.default_rng(2).normal(0, 0.3, size=20_000).astype(np.float32)

    assert shortest_decimals(numbers).tolist() == [float(str(number)) for number in numbers]


def test_no_array_shape_is_lost():
    """Rows in, rows out."""
    assert shortest_decimals(np.zeros((3, 2), dtype=np.float32)).shape == (3, 2)


@pytest.mark.parametrize(
    "text", ["1.00000005960464477540", "1.00000005960464477538", "1.0000000596046447753906250"]
)
def test_decimals_next_to_the_middle_of_two_float32_are_rounded_once(text):
    """1 + 2**-24 lies midway between 1 and the next float32; digits beyond float64 decide."""
    middle = Decimal(1) + Decimal(2) ** -24
    above = np.nextafter(np.float32(1), np.float32(2))

    found = parse_decimals(f" {text}".encode())

    assert found[0] == (above if Decimal(text) > middle else 1)


def test_subnormal_decimals_next_to_a_middle_are_rounded_once():
    """Half of the smallest float32 rounds to zero, a little more rounds up."""
    half = f"{Decimal(2.0**-150):f}"
    fields = [half.encode(), f"{half}1".encode()]

    found = round_to_float32(np.array([2.0**-150, 2.0**-150]), fields)

    assert found.tolist() == [0, 2.0**-149]


@pytest.mark.parametrize("text", [" 5", " +5", " -.5", " 0.5", " 1E5", " 1e05 007"])
def test_plain_decimals_are_numbers(text):
    """Signs, points and exponents as C, Python and numpy print them."""
    assert parse_decimals(text.encode()).tolist() == [float(field) for field in text.split()]


@pytest.mark.parametrize(
    "text",
    [
        *("", "5", " ", " 5 ", "  5", " 5  6", " 5\t6", " 5\n6", " 5\x006", " .", " --", " -", " 1e"),
        *(" 1_0", " 0x1", " nan", " nan(0)", " inf", " 1,5", " 1d5", " 1.2.3 4", " 1e5e3", " 1e5.3", " 1-2"),
    ],
)
def test_all_else_is_no_number(text):
    """Nothing but the grammar passes the quick parser."""
    assert parse_decimals(text.encode()) is None


def test_numbers_above_float32_become_infinite():
    """The caller refuses them, with the line; those below the smallest become 0."""
    assert parse_decimals(b" 1e39 1e400 -1e39 1e-46").tolist() == [np.inf, np.inf, -np.inf, 0]


@given(st.text(alphabet="0123456789+-.eE ", max_size=12))
def test_the_quick_parser_never_takes_what_python_refuses(text):
    """Each field that passes is a float for Python too, and the same number."""
    found = parse_decimals(text.encode())

    if found is not None:
        with np.errstate(over="ignore"):
            assert found.tolist() == [np.float32(float(field)) for field in text[1:].split(" ")]
