"""The two tables: how they start, and that NumPy and torch see one memory."""

import numpy as np
import torch

from w2v.tables import EmbeddingTables


def test_input_rows_start_evenly_around_zero():
    """Input rows fill +-0.5 / D evenly: a quarter of them in each quarter of the range."""
    tables = EmbeddingTables(1000, 40)

    quarters, _ = np.histogram(tables.input_rows, bins=4, range=(-0.5 / 40, 0.5 / 40))

    assert quarters.sum() == 40_000
    assert np.abs(quarters - 10_000).max() < 5 * np.sqrt(40_000 * 0.25 * 0.75)


def test_output_rows_start_at_zero():
    """Output rows are zero, so that no word is preferred before the first step."""
    assert not EmbeddingTables(10, 4).output_rows.any()


def test_start_is_a_function_of_the_seed():
    """The same seed gives the same bits, another seed others; all of its 64 bits count."""
    same, again, other, far = (EmbeddingTables(10, 4, seed=seed).input_rows for seed in (1, 1, 2, 2**63 + 1))

    np.testing.assert_array_equal(same, again)
    assert not np.array_equal(same, other)
    assert not np.array_equal(same, far)


def test_views_are_the_storage_of_the_weights():
    """What NumPy writes, the layer reads: nothing is copied on the way."""
    tables = EmbeddingTables(10, 4)

    tables.input_rows[3] = 7
    tables.output_rows[3] = 8

    assert (tables.input(torch.tensor(3)) == 7).all()
    assert (tables.output(torch.tensor(3)) == 8).all()


def test_weights_are_ordinary_parameters():
    """Both tables are trainable float32 parameters that a state_dict carries."""
    tables = EmbeddingTables(10, 4)

    assert set(tables.state_dict()) == {"input.weight", "output.weight"}
    assert all(p.requires_grad and p.dtype == torch.float32 for p in tables.parameters())
