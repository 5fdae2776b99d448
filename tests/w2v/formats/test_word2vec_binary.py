"""word2vec binary: rows RB of the bad inputs, round trips, and gensim on the other side."""

from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import strategies as st

from corpora.errors import InputError
from w2v.formats import load_vectors, save_vectors, word2vec_binary
from w2v.vectors import Vectors

GOLDEN = Path(__file__).parent / "golden"
WORDS = st.text(
    st.characters(exclude_characters=" \t\n\v\f\r\0", exclude_categories=["Cs"]), min_size=1, max_size=8
)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def _row(word, numbers, dtype="<f4", end=b"\n"):
    return word + b" " + np.array(numbers, dtype=dtype).tobytes() + end


def _load(tmp_path, content, **options):
    (tmp_path / "vectors").write_bytes(content)
    return load_vectors(tmp_path / "vectors", **options)


def _same(a, b):
    return a.words == b.words and a.matrix.tobytes() == b.matrix.tobytes()


THE, OF = _row(b"the", [1.1, 2.2]), _row(b"of", [3.3, 4.4])
WIDE = np.linspace(0.1, 0.9, 20)


@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("last", [b"", b"\n"])
def test_both_habits_of_ending_a_row_are_read(tmp_path, end, last):
    """RB02, RB03: with a line feed after each row or with none, and with or without one at the very end."""
    content = b"2 2\n" + _row(b"the", [1.1, 2.2], end=end) + _row(b"of", [3.3, 4.4], end=last)

    vectors = _load(tmp_path, content)

    assert vectors.words == ("the", "of")
    assert vectors.matrix.tolist() == np.array([[1.1, 2.2], [3.3, 4.4]], dtype=np.float32).tolist()


@pytest.mark.parametrize(
    ("identifier", "content"),
    [
        pytest.param("RB01", b"2 2\n" + THE + b"of " + b"\1" * 6, id="RB01-in-the-numbers"),
        pytest.param("RB01", b"2 2\n" + THE + b"abcdefghij", id="RB01-in-the-word"),
        pytest.param("RB02", b"2 2\n" + THE + OF + b"\n", id="RB02-two-line-feeds"),
        pytest.param("RB02", b"1 2\n" + THE + OF, id="RB02-a-row-more"),
        pytest.param("RB03", b"3 2\n" + THE + _row(b"of", [3, 4], end=b"") + THE, id="RB03-first-with"),
        pytest.param("RB03", b"3 2\n" + _row(b"of", [3.3, 4.4], end=b"") + THE + OF, id="RB03-first-without"),
        pytest.param("RB04", b"100000000000 2\n" + THE + OF, id="RB04-words"),
        pytest.param("RB05", b"2 2147483648\n" + THE + OF, id="RB05-2-31"),
        pytest.param("RB05", b"4 4611686018427387904\n" + THE + OF, id="RB05-2-62"),
        pytest.param("RB06", b"1 2\n" + b"x" * 1_100_000 + THE, id="RB06-no-space"),
        pytest.param("RB07", b"2 2\n" + _row(b"New York", [1, 2]) + OF, id="RB07-space-in-word"),
        pytest.param("RB07", b"2 2\n" + _row(b"a\0b", [1, 2]) + OF, id="RB07-nul"),
        pytest.param("RB07", b"2 2\n" + THE + _row(b"", [1, 2]), id="RB07-empty"),
        pytest.param("RB08", b"2 20\n" + _row(b"the", WIDE, ">f4") + _row(b"of", WIDE, ">f4"), id="RB08"),
        pytest.param("RB09", b"2 20\n" + _row(b"the", WIDE, "<f8") + _row(b"of", WIDE, "<f8"), id="RB09-f8"),
        pytest.param("RB09", b"2 20\n" + _row(b"the", WIDE, "<f2") + _row(b"of", WIDE, "<f2"), id="RB09-f2"),
        pytest.param("RB10", b"2 2\n" + THE + _row(b"\xc3", [1, 2]), id="RB10"),
        pytest.param("RB07", b"2 2\n" + THE + _row(b"\nof", [1, 2]), id="RB11-word-begins-with-line-feed"),
        pytest.param("R02", b"2 2\nthe 1.5 2.5\nof 3.5 4.5\n", id="R02-text"),
        pytest.param("R10", b"2 2\n" + THE + _row(b"of", [np.nan, 1]), id="R10-nan"),
        pytest.param("R12", b"2 2\n" + THE + THE, id="R12"),
        pytest.param("RT04", b"0 2\n" + THE, id="RT04-no-words"),
        pytest.param("RT04", b"x 2\n" + THE, id="RT04-no-number"),
    ],
)
def test_broken_binary_is_refused(tmp_path, identifier, content):
    """Each row of the list gets its own error."""
    with pytest.raises(InputError) as caught:
        _load(tmp_path, content, format="word2vec-binary")

    assert caught.value.identifier == identifier


def test_the_kind_of_number_is_named(tmp_path):
    """RB09: the size of the file tells what the numbers are."""
    rows = _row(b"the", WIDE, "<f8") + _row(b"of", WIDE, "<f8")

    with pytest.raises(InputError, match="float64"):
        _load(tmp_path, b"2 20\n" + rows)


@pytest.mark.parametrize("name", ["gensim.bin", "w2v.bin"])
def test_a_cut_at_any_byte_is_noticed(tmp_path, name):
    """P8, RB01: only the final line feed may be missing."""
    content = (GOLDEN / name).read_bytes()
    whole = len(content) - (name == "w2v.bin")

    for n_bytes in range(whole):
        with pytest.raises(InputError):
            _load(tmp_path, content[:n_bytes])
        with pytest.raises(InputError):
            _load(tmp_path, content[:n_bytes], format="word2vec-binary")


@pytest.mark.parametrize("n_bytes", [8, 9, 50])
def test_blocks_do_not_change_what_is_read(monkeypatch, n_bytes):
    """Rows cut anywhere by the blocks in which a file is read are put together again."""
    whole = load_vectors(GOLDEN / "w2v.bin")
    monkeypatch.setattr(word2vec_binary, "_BLOCK_BYTES", n_bytes)
    monkeypatch.setattr(word2vec_binary, "_MAX_WORD", 7)

    assert _same(load_vectors(GOLDEN / "w2v.bin"), whole)


def test_an_absurd_header_allocates_nothing(tmp_path):
    """RB04: what the file cannot hold is never allocated."""
    import tracemalloc

    tracemalloc.start()
    with pytest.raises(InputError):
        _load(tmp_path, b"1000 1000000\n" + THE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1e6


def test_the_file_written_is_the_golden_one(tmp_path):
    """Byte for byte, with a line feed after each row as word2vec.c writes."""
    save_vectors(load_vectors(GOLDEN / "w2v.safetensors"), tmp_path / "vectors.bin")

    assert (tmp_path / "vectors.bin").read_bytes() == (GOLDEN / "w2v.bin").read_bytes()


def test_what_gensim_wrote_is_read():
    """A binary file of gensim 4.4, without line feeds, holds the words and bits of ours."""
    assert _same(load_vectors(GOLDEN / "gensim.bin"), load_vectors(GOLDEN / "w2v.safetensors"))


def test_binary_goes_to_gensim_and_back_bit_for_bit(tmp_path):
    """We write, gensim reads and writes, we read: no bit has changed."""
    matrix = np.random.default_rng(1).normal(size=(300, 7)).astype(np.float32)
    vectors = Vectors(tuple(f"w\u00f6rd{row}" for row in range(300)), matrix)

    save_vectors(vectors, tmp_path / "ours.bin")
    keyed = KeyedVectors.load_word2vec_format(str(tmp_path / "ours.bin"), binary=True)
    keyed.save_word2vec_format(str(tmp_path / "theirs.bin"), binary=True)

    assert keyed.vectors.tobytes() == matrix.tobytes()
    assert keyed.index_to_key == list(vectors.words)
    assert _same(load_vectors(tmp_path / "theirs.bin"), vectors)
