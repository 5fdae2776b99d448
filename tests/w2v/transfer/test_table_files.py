"""Files of tables: what their own libraries read from them."""

import json

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch

from corpora.errors import StorageError
from w2v.transfer.table_files import save_table

TABLE = np.array([[0, 1.5], [-2, 1e-45], [3e38, -0.0]], dtype=np.float32)


def test_safetensors_gives_torch_the_same_bits(tmp_path):
    """The tensor is called weight, and the metadata come back."""
    path = tmp_path / "table.safetensors"

    save_table(TABLE, path, metadata={"padding": 0})

    weight = safetensors.torch.load_file(path)["weight"]
    assert weight.numpy().tobytes() == TABLE.tobytes()
    with safetensors.safe_open(path, "numpy") as file:
        assert json.loads(file.metadata()["w2v_table"]) == {"padding": 0}


def test_npy_gives_numpy_the_same_bits(tmp_path):
    """No pickle is needed to read it."""
    path = tmp_path / "TABLE.NPY"

    save_table(TABLE, path)

    assert np.load(path, allow_pickle=False).tobytes() == TABLE.tobytes()


@pytest.mark.parametrize("load", ["safetensors", "npy"])
def test_one_line_makes_a_layer(tmp_path, load):
    """What the README shows: the layer learns and has its padding row."""
    path = tmp_path / f"table.{load}"
    save_table(TABLE, path)

    if load == "npy":
        layer = torch.nn.Embedding.from_pretrained(torch.tensor(np.load(path)), freeze=False, padding_idx=0)
    else:
        layer = torch.nn.Embedding.from_pretrained(
            safetensors.torch.load_file(path)["weight"], freeze=False, padding_idx=0
        )

    assert layer.weight.requires_grad
    np.testing.assert_array_equal(layer(torch.tensor([2])).detach().numpy(), TABLE[[2]])


@pytest.mark.parametrize("name", ["table", "table.pt", "table.bin", "table.txt"])
def test_other_endings_are_refused(tmp_path, name):
    """No pickle is written, and nothing under a name of another format."""
    with pytest.raises(ValueError, match=r"\.safetensors or \.npy"):
        save_table(TABLE, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_k13_missing_folder_is_an_error_of_storage(tmp_path):
    """Exit code 5, with the name."""
    with pytest.raises(StorageError, match=r"table\.npy"):
        save_table(TABLE, tmp_path / "missing" / "table.npy")
