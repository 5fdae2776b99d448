"""How rows start."""

import numpy as np

from w2v.initialization import LINE_BYTES, initial_rows


def test_input_rows_start_evenly_around_zero():
    """Input rows fill +-0.5 / D evenly: a quarter of them in each quarter of the range."""
    rows, _ = initial_rows(1000, 40, seed=1)

    quarters, _ = np.histogram(rows, bins=4, range=(-0.5 / 40, 0.5 / 40))

    assert quarters.sum() == 40_000
    assert np.abs(quarters - 10_000).max() < 5 * np.sqrt(40_000 * 0.25 * 0.75)


def test_output_rows_start_at_zero():
    """Output rows are zero, so that no word is preferred before the first step."""
    assert not initial_rows(10, 4, seed=1).output_rows.any()


def test_start_is_a_function_of_the_seed():
    """The same seed gives the same bits, another seed others; all of its 64 bits count."""
    same, again, other, far = (initial_rows(10, 4, seed=seed).input_rows for seed in (1, 1, 2, 2**63 + 1))

    np.testing.assert_array_equal(same, again)
    assert not np.array_equal(same, other)
    assert not np.array_equal(same, far)


def test_rows_begin_on_a_line_of_the_cache():
    """Both tables start at a multiple of a line's bytes."""
    for table in initial_rows(7, 3, seed=1):
        assert table.ctypes.data % LINE_BYTES == 0
