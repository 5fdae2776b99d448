"""What stands in a table: found rows, the padding row, drawn rows, and their scale."""

import numpy as np
import pytest

from corpora.errors import InputError, MemoryLimitError
from w2v import Vectors
from w2v.transfer import filling
from w2v.transfer.alignment import Origin, align
from w2v.transfer.filling import fill


@pytest.fixture
def vectors():
    """Five words; row i is filled with i + 1, so that every row is known by its number."""
    rows = np.repeat(np.arange(1.0, 6.0, dtype=np.float32)[:, None], 3, axis=1)
    return Vectors(("the", "paris", "rome", "colour", "<unk>"), rows)


def random_vectors(n_words, dim, *, mean=0.0, deviation=1.0, seed=1):
    """Words w0, w1, ... with normal rows."""
    rows = np.random.default_rng(seed).normal(mean, deviation, (n_words, dim)).astype(np.float32)
    return Vectors(tuple(f"w{row}" for row in range(n_words)), rows)


def table_of(vectors, words, *, missing="zero", scale=None, seed=1, **finding):
    """Aligned and filled in one call."""
    return fill(vectors, align(vectors, words, **finding), missing=missing, scale=scale, seed=seed)


# Found rows and padding


def test_row_i_is_the_vector_of_word_i(vectors):
    """Rows come in the order of the model's words, bit for bit, and a word may come twice."""
    table = table_of(vectors, ["rome", "the", "rome", "<unk>"])

    np.testing.assert_array_equal(table, vectors.matrix[[2, 0, 2, 4]])
    assert table.dtype == np.float32


def test_padding_row_is_zero(vectors):
    """Even if the vectors know the word, and whatever the missing get."""
    table = table_of(vectors, ["rome", "the", "tokyo"], padding="the", missing="mean")

    np.testing.assert_array_equal(table[:, 0], [3, 0, 3])


# What the missing get


def test_mean_is_that_of_the_found_rows(vectors):
    """Rows 1 and 3 have the mean 2; rows of the vectors that the model does not use do not count."""
    table = table_of(vectors, ["the", "rome", "tokyo"], missing="mean")

    np.testing.assert_array_equal(table[2], [2, 2, 2])


def test_drawn_rows_have_the_mean_and_deviation_of_each_column():
    """10,000 rows drawn beside columns of N(3, 0.1) and N(-1, 2) have these moments, within 5 errors."""
    rows = np.random.default_rng(1).normal([3, -1], [0.1, 2], (5_000, 2)).astype(np.float32)
    vectors = Vectors(tuple(f"w{row}" for row in range(5_000)), rows)
    words = [*vectors.words, *(f"x{row}" for row in range(10_000))]

    drawn = table_of(vectors, words, missing="normal")[5_000:]

    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    assert (np.abs(drawn.mean(axis=0) - mean) < 5 * deviation / np.sqrt(10_000)).all()
    assert (np.abs(drawn.std(axis=0) / deviation - 1) < 5 / np.sqrt(20_000)).all()


def test_drawn_rows_follow_the_seed():
    """The same seed draws the same bits, another seed others; found rows do not depend on it."""
    vectors = random_vectors(10, 4)
    words = [*vectors.words, "x", "y"]

    first, again, other = (
        table_of(vectors, words, missing="normal", seed=seed) for seed in (7, 7, 2**64 - 1)
    )

    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first[:10], other[:10])
    assert (first[10:] != other[10:]).all()
    assert (first[10] != first[11]).all()


def test_misspelt_word_gets_the_row_of_the_nearest_spelling(vectors):
    """The row of colour for color; tokyo, which nothing is near to, is drawn."""
    aligned = align(vectors, ["the", "rome", "color", "tokyo"], spelling=True)
    table = fill(vectors, aligned, missing="nearest-spelling")

    assert aligned.origins.tolist() == [Origin.EXACT, Origin.EXACT, Origin.SPELLING, Origin.FILLED]
    np.testing.assert_array_equal(table[2], vectors["colour"])
    assert len(np.unique(table[3])) == 3


# Scale


def test_scale_is_the_deviation_of_the_found_rows():
    """All found numbers together get the deviation asked for; directions stay, and so does the zero row."""
    vectors = random_vectors(2_000, 5, mean=0.3, deviation=4.0)
    words = ["<pad>", *vectors.words, "missing"]

    plain, scaled = (
        table_of(vectors, words, padding="<pad>", missing="normal", scale=scale) for scale in (None, 0.02)
    )

    assert scaled[1:-1].std(dtype=np.float64) == pytest.approx(0.02, rel=1e-5)
    np.testing.assert_allclose(scaled / (scaled[1, 0] / plain[1, 0]), plain, rtol=1e-5)
    assert not scaled[0].any()


def test_rows_all_alike_cannot_be_scaled():
    """Numbers without deviation are refused, not divided by zero."""
    alike = Vectors(("a", "b"), np.full((2, 3), 0.1, dtype=np.float32))

    with pytest.raises(InputError, match="found rows are the same"):
        table_of(alike, ["a", "b"], scale=1.0)


# What is refused


def test_r16_table_larger_than_memory_is_refused_before_it_is_made(vectors, monkeypatch):
    """Exit code 6 with both sizes; nothing is allocated."""
    monkeypatch.setattr(filling, "available_bytes", lambda: 11)

    with pytest.raises(MemoryLimitError, match="1 rows x 3") as caught:
        table_of(vectors, ["the"])

    assert caught.value.identifier == "R16"


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        ([(np.nan, 0), (1, 0)], {}),
        ([(np.inf, 0), (1, 0)], {}),
        ([(1, 0), (0, 1)], {"scale": 3e38}),
        ([(3e38, 0), (-3e38, 0)], {"scale": 3.4e38}),
    ],
)
def test_x03_numbers_that_are_not_finite_are_refused(rows, options):
    """Broken vectors, and a scale beyond float32: told with the row, without a warning of NumPy's."""
    broken = Vectors(("a", "b"), np.array(rows, dtype=np.float32))

    with pytest.raises(InputError, match="row 0") as caught:
        table_of(broken, ["a", "b"], **options)

    assert caught.value.identifier == "X03"


@pytest.mark.parametrize(
    ("filling", "message"),
    [
        ({"missing": "random"}, "normal, mean, zero, nearest-spelling"),
        ({"scale": 0.0}, "above 0"),
        ({"scale": float("nan")}, "above 0"),
        ({"scale": float("inf")}, "above 0"),
        ({"seed": -1}, "2\\^64"),
        ({"seed": 2**64}, "2\\^64"),
    ],
)
def test_bad_filling_is_refused(vectors, filling, message):
    """Values out of their ranges, told with the range."""
    with pytest.raises(ValueError, match=message):
        fill(vectors, align(vectors, ["the"]), **{"missing": "zero", **filling})
