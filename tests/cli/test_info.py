"""`w2v info`: what a file holds, without all of it in memory."""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from w2v.formats import save_vectors
from w2v.vectors import Vectors

VECTORS = Vectors(
    ("the", "of", "\x1b"), np.array([[3, 4], [0, 0], [1, 0]], dtype=np.float32), metadata={"seed": 7}
)


@pytest.mark.parametrize("name", ["a.safetensors", "a.npy", "a.txt.gz", "a.bin", "a.tsv", "a/"])
def test_everything_is_told_as_json(w2v_command, tmp_path, name):
    """Format, words, dimension, norms and digest, of every format."""
    save_vectors(Vectors(("the", "of", "x"), VECTORS.matrix), f"{tmp_path}/{name}")

    done = w2v_command("info", name, "--json")

    found = json.loads(done.out)
    assert done.code == 0, done.err
    assert (found["words"], found["dim"], found["zero_rows"]) == (3, 2, 1)
    assert found["norms"] == {"min": 0.0, "mean": 2.0, "max": 5.0}
    if name in ("a.safetensors", "a.bin"):
        assert found["sha256"] == hashlib.sha256(Path(name).read_bytes()).hexdigest()


def test_settings_are_shown_and_words_are_escaped(w2v_command, tmp_path):
    """L02: nothing that a terminal would act on."""
    save_vectors(dataclasses.replace(VECTORS, output=VECTORS.matrix), tmp_path / "a.safetensors")

    done = w2v_command("info", "a.safetensors")

    assert done.code == 0
    assert "\x1b" not in done.out
    assert "seed" in done.out
    assert "output vectors" in done.out


def test_double_words_are_counted(w2v_command, tmp_path):
    """A file that load_vectors refuses can be looked at."""
    (tmp_path / "a.txt").write_text("3 1\nthe 1\nthe 2\nof 3\n")

    done = w2v_command("info", "a.txt")

    assert done.code == 0
    assert "1 words stand more than once" in done.out


def test_a_broken_file_is_refused(w2v_command, tmp_path):
    """All rows are looked at, so info is a check, too."""
    (tmp_path / "a.txt").write_text("2 1\nthe 1\nof x\n")

    done = w2v_command("info", "a.txt")

    assert done.code == 3
    assert "W2V-RT10" in done.err
