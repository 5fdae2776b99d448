"""Tables as files that a model loads with one line of torch: safetensors or NumPy, never a pickle."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors.numpy

from corpora.storage import write_file
from w2v.transfer import TABLE_SUFFIXES

TENSOR_NAME = "weight"  # as the state of an nn.Embedding calls it


def table_suffix(path: str | os.PathLike[str]) -> str:
    """The ending of a table's file, which chooses its format.

    Raises:
        ValueError: it is neither .safetensors nor .npy.
    """
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in TABLE_SUFFIXES:
        raise ValueError(
            f"the name of a table must end in {' or '.join(TABLE_SUFFIXES)}, this one ends in {suffix!r}"
        )
    return suffix


def save_table(
    table: np.ndarray, path: str | os.PathLike[str], *, metadata: Mapping[str, Any] | None = None
) -> None:
    """Writes a table to a file that appears under its name only when it is whole.

    A .safetensors file holds it as the tensor "weight", with the metadata as JSON under "w2v_table"; a .npy
    file holds the numbers alone.

    Args:
        table: float32 (n, D).
        path: ends in .safetensors or .npy.
        metadata: how the table was made; values that JSON can hold.

    Raises:
        ValueError: the name ends in something else.
        StorageError: the file cannot be written.
    """
    suffix = table_suffix(path)
    with write_file(path) as file:
        if suffix == ".npy":
            np.lib.format.write_array(file, table, allow_pickle=False)
            return
        notes = {"format": "pt", "w2v_table": json.dumps(dict(metadata or {}))}
        file.write(safetensors.numpy.save({TENSOR_NAME: table}, metadata=notes))
