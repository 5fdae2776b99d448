"""The two tables as layers: NumPy and torch see one memory."""

import numpy as np
import torch

from w2v.initialization import initial_rows
from w2v.tables import EmbeddingTables


def test_layers_lie_over_the_rows_they_are_given():
    """Rows trained without torch become layers without a copy."""
    rows = initial_rows(10, 4, seed=1)

    tables = EmbeddingTables(10, 4, rows=rows)
    rows.input_rows[3] = 7

    assert (tables.input(torch.tensor(3)) == 7).all()
    assert np.shares_memory(tables.output_rows, rows.output_rows)


def test_layers_start_as_the_rows_do():
    """The same seed gives the same rows with torch and without."""
    np.testing.assert_array_equal(EmbeddingTables(10, 4, seed=3).input_rows, initial_rows(10, 4, seed=3)[0])


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
