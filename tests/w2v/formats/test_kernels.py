"""The kernels of the formats against Python's own float and repr, and a slow twin of fastText's n-grams."""

import os
import subprocess
import sys
import tempfile

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.reference import fasttext_ngram_rows
from w2v.formats import kernels
from w2v.formats.decimals import round_to_float32

DIGITS = st.text(alphabet="0123456789+-.eE", min_size=1, max_size=14)


def _write(numbers):
    """What the kernel writes for numbers, one a line; and how many of them."""
    rows = np.asarray(numbers, dtype=np.float32).reshape(-1, 1)
    nothing = np.empty(0, dtype=np.uint8)
    out = np.empty(2 * kernels.NUMBER_BYTES * max(1, len(rows)), dtype=np.uint8)
    n_bytes, n_rows = kernels.write_rows(rows, kernels.TAB, nothing, np.zeros(len(rows) + 1, np.int64), out)
    return out[:n_bytes].tobytes().decode().split(), n_rows


def _parse(fields):
    """What the kernel reads of fields, one a line: numbers, which of them are doubtful, and rows read."""
    text = np.frombuffer("".join(f"{field}\n" for field in fields).encode(), dtype=np.uint8)
    rows = np.empty((len(fields), 1), dtype=np.float32)
    doubtful = np.empty((len(fields), 3), dtype=np.int64)
    words = np.empty_like(text)
    n_rows, _, _, _, n_doubtful, _ = kernels.parse_rows(text, 0, kernels.TAB, 99, rows, words, doubtful)
    return rows[:n_rows, 0], doubtful[:n_doubtful, 0].tolist(), n_rows


def _floats(n, low=1e-12, high=1e20):
    bits = np.random.default_rng(1).integers(0, 2**32, size=n, dtype=np.uint64).astype(np.uint32)
    numbers = bits.view(np.float32)
    with np.errstate(invalid="ignore"):
        return numbers[(np.abs(numbers) > low) & (np.abs(numbers) < high)]


def test_written_numbers_read_back_as_the_same_bits():
    """Numbers of every size that the kernel writes, both zeros and the powers of two included."""
    powers = np.float32(2.0) ** np.arange(-40, 66, dtype=np.float32)
    numbers = np.concatenate([_floats(40_000), powers, np.array([0.0, -0.0], dtype=np.float32)])

    texts, n_rows = _write(numbers)
    read, doubtful, _ = _parse(texts)
    read[doubtful] = round_to_float32([texts[row].encode() for row in doubtful])

    assert n_rows == len(numbers)
    assert read.tobytes() == numbers.tobytes()


def test_numbers_of_the_size_of_vectors_get_the_digits_of_numpy():
    """No digit more than numpy's own shortest, and written as Python writes a float."""
    numbers = np.random.default_rng(2).normal(0, 0.3, size=20_000).astype(np.float32)

    assert _write(numbers)[0] == [repr(float(str(number))) for number in numbers]


@pytest.mark.parametrize("number", [1e-20, 3e30, 1e-45, -1e-14])
def test_numbers_of_an_unusual_size_are_left_to_python(number):
    """The kernel stops before the row, and says how many it wrote."""
    assert _write([1.0, number, 1.0]) == (["1.0"], 1)


@pytest.mark.parametrize(
    "text",
    [
        *("5", "+5", "-.5", "0.5", "5."),
        *("1E5", "1e05", "007", "-0", "0e999999", "11111111111111111111111"),
    ],
)
def test_plain_decimals_are_numbers(text):
    """Signs, points and exponents as C, Python and numpy print them."""
    read, doubtful, _ = _parse([text])

    assert not doubtful
    assert read[0] == np.float32(float(text))


@pytest.mark.parametrize(
    "text",
    [
        *(".", "--", "-", "1e", "1e+", "1_0"),
        *("0x1", "nan", "inf", "1,5", "1d5", "1.2.3", "1-2"),
    ],
)
def test_all_else_is_no_number(text):
    """Nothing but the grammar passes."""
    assert _parse([text])[2] == 0


@pytest.mark.parametrize(
    "text",
    [
        *("1.00000005960464477540", "1e39", "1e-46"),
        *("1e-310", "3.40282346e38", "1e400"),
    ],
)
def test_what_needs_all_digits_is_told(text):
    """Middles of two float32, and sizes near or beyond the ends of float32, are doubtful, not guessed."""
    assert _parse([text])[1] == [0]


@settings(max_examples=500, deadline=None)
@given(st.lists(DIGITS, min_size=1, max_size=5))
@example(["9" * 25, "0.1", "16777217", "16777219"])
@example(["8388608.5", "33554434"])
def test_every_number_read_is_that_of_python(fields):
    """Whatever passes is what its decimal rounds to, by all digits; the first failure ends the rows."""
    read, doubtful, n_rows = _parse(fields)

    sure = [row for row in range(n_rows) if row not in doubtful]
    expected = round_to_float32([field.encode() for field in fields[:n_rows]])
    assert read[sure].tobytes() == expected[sure].tobytes()


@pytest.mark.parametrize("word", ["the", "käse", "日本", "a", "", "\U0001f600x", "of the"])
@pytest.mark.parametrize(("shortest", "longest"), [(3, 6), (1, 3), (2, 2)])
def test_ngrams_are_those_of_the_slow_twin(word, shortest, longest):
    """The rows that are added are those of the n-grams, by their hash."""
    table = np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)
    out = np.zeros(3, dtype=np.float32)
    text = np.frombuffer(f"<{word}>".encode(), dtype=np.uint8)

    n_ngrams = kernels.add_ngrams(text, shortest, longest, 10, 30, table, out)

    rows = fasttext_ngram_rows(word, shortest, longest, first_row=10, n_buckets=30)
    assert n_ngrams == len(rows)
    np.testing.assert_allclose(out, table[rows].sum(axis=0), rtol=1e-5, atol=1e-6)


def test_kernels_run_without_compilation():
    """The same rows are read and written where numba's compiler is switched off."""
    program = (
        "import io; from w2v.formats import load_vectors, save_vectors; import sys, os;"
        "folder = sys.argv[1]; vectors = load_vectors(sys.argv[2] + '/w2v.bin');"
        "save_vectors(vectors, folder + '/a.txt');"
        "print(open(folder + '/a.txt', 'rb').read() == open(sys.argv[2] + '/w2v.txt', 'rb').read());"
        "print(load_vectors(folder + '/a.txt').matrix.tobytes() == vectors.matrix.tobytes())"
    )
    golden = os.path.join(os.path.dirname(__file__), "golden")

    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", program, folder, golden],
            env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
            capture_output=True,
            text=True,
        )

    assert done.stdout.split() == ["True", "True"], done.stderr
