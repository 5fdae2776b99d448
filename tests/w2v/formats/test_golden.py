"""The golden files of other programs, read right."""

from pathlib import Path

import numpy as np
import pytest

from corpora.errors import InputError
from tests.w2v.formats.in_memory import read_bytes
from w2v.formats import load_vectors

GOLDEN = Path(__file__).parent / "golden"
ROWS = {"</s>": [0.5, -0.25, 0.0], "the": [0.004003, 0.004419, -0.003830], "k\u00e4se": [1.5, -1e-06, 12.25]}


@pytest.mark.parametrize("name", ["word2vec-c.txt", "word2vec-c.bin", "glove.txt"])
def test_what_the_c_programs_write_is_read(name):
    """Trailing spaces, line feeds behind binary rows, six decimals, `</s>` in front."""
    vectors = load_vectors(GOLDEN / name)

    assert vectors.words == tuple(ROWS)
    assert vectors.matrix.tobytes() == np.array(list(ROWS.values()), dtype=np.float32).tobytes()


def test_a_fasttext_model_gives_the_vectors_that_fasttext_gives():
    """Words, counts, and the mean over n-grams, bit for bit; `</s>` has none."""
    vectors = load_vectors(GOLDEN / "fasttext.bin")

    assert vectors.words[:3] == ("the", "cat", "of")
    assert vectors.counts[:3].tolist() == [160, 120, 120]
    assert vectors.matrix.tobytes() == np.load(GOLDEN / "fasttext.npy").tobytes()
    assert vectors.metadata["fasttext"]["maxn"] == 3
    assert not vectors["</s>"].any()


def test_a_fasttext_vec_holds_the_same_to_five_digits():
    """RF02, RF03: trailing spaces, and `</s>` as a word among others."""
    vectors, model = load_vectors(GOLDEN / "fasttext.vec"), load_vectors(GOLDEN / "fasttext.bin")

    assert vectors.words == model.words
    np.testing.assert_allclose(vectors.matrix, model.matrix, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("fasttext.vec", "word2vec-text"),
        ("word2vec-c.txt", "word2vec-text"),
        ("word2vec-c.bin", "word2vec-binary"),
    ],
)
def test_a_cut_is_noticed(name, kind):
    """P8: at every byte before the last number of a text, the end of which cannot be known."""
    content = (GOLDEN / name).read_bytes()
    end = len(content) - 1 if kind == "word2vec-binary" else content[:-2].rindex(b" ") + 1

    for n_bytes in range(1, end):
        with pytest.raises(InputError):
            read_bytes(content[:n_bytes], kind)


def _model(place, new):
    content = (GOLDEN / "fasttext.bin").read_bytes()
    return content[:place] + new + content[place + len(new) :]


@pytest.mark.parametrize(
    ("identifier", "content"),
    [
        ("R04", _model(4, b"\x0d\0\0\0")),  # version 13
        ("R04", _model(84, (5).to_bytes(8, "little"))),  # pruned
        ("RB05", _model(8, b"\xff\xff\xff\xff")),  # dimension -1
        ("RB04", _model(8, b"\x05\0\0\0")),  # dimension 5, a table of 4
        ("RB04", _model(64, b"\xff\xff\xff\x7f" * 2)),  # 2**31 - 1 words
        ("RB04", _model(64, b"\0\0\0\0" * 2)),  # none
        ("RB10", _model(92, b"\xff")),  # the first word
        ("RB04", _model(92 + 12, b"\x07")),  # kind of the first entry
    ],
)
def test_broken_models_are_refused(identifier, content):
    """R04, RB04, RB05, RB10: by what is wrong in them."""
    with pytest.raises(InputError) as caught:
        read_bytes(content, "fasttext-bin")

    assert caught.value.identifier == identifier


def test_a_quantised_model_is_named():
    """R04: a .ftz, whose rows are codes."""
    content = (GOLDEN / "fasttext.bin").read_bytes()
    place = content.index(bytes([0]) + (30).to_bytes(8, "little") + (4).to_bytes(8, "little"))

    with pytest.raises(InputError, match="quantised") as caught:
        read_bytes(_model(place, b"\1"), "fasttext-bin")
    assert caught.value.identifier == "R04"


def test_a_model_cut_in_its_input_table_is_noticed():
    """RB01: at every byte before the output table, which is not read."""
    content = (GOLDEN / "fasttext.bin").read_bytes()
    start = content.index(bytes([0]) + (30).to_bytes(8, "little") + (4).to_bytes(8, "little")) + 17

    for n_bytes in range(1, start + 30 * 4 * 4):
        with pytest.raises(InputError):
            read_bytes(content[:n_bytes], "fasttext-bin")
    assert len(read_bytes(content[: start + 30 * 4 * 4], "fasttext-bin")) == 10
