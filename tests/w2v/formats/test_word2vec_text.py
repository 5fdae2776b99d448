"""word2vec text: rows RT of the bad inputs, round trips, and gensim on the other side."""

import contextlib
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import InputError
from w2v.formats import load_vectors, save_vectors, text_rows
from w2v.vectors import Vectors

GOLDEN = Path(__file__).parent / "golden"
WORDS = st.text(
    st.characters(exclude_characters=" \t\n\v\f\r\0", exclude_categories=["Cs"]), min_size=1, max_size=8
)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def _load(tmp_path, content, **options):
    path = tmp_path / "vectors"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_vectors(path, **options)


def _same(a, b):
    return a.words == b.words and a.matrix.tobytes() == b.matrix.tobytes()


TINY = Vectors(("the", "of"), np.array([[1, -0.5], [0.1, 1e-7]], dtype=np.float32))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("2 2\nthe 1.0 -0.5\nof 0.1 1e-07\n", "as written here and by gensim"),
        (
            "2 2\nthe 1.000000 -0.500000 \nof 0.10000000 0.0000001 \n",
            "RT09 trailing space, as word2vec.c writes",
        ),
        ("2 2\nthe 1 -.5\nof +0.1 1E-7", "RT16 no final newline"),
        ("2 2\nthe 1. -0.5\nof 0.1 1e-7\n", "a point without digits after it"),
        ("2 2\r\nthe 1 -0.5\r\nof 0.1 1e-7\r\n", "RT12 CRLF"),
        ("2 2\r\nthe 1 -0.5 \r\nof 0.1 1e-7 \r\n", "RT12 CRLF after a trailing space"),
        ("\ufeff2 2\nthe 1 -0.5\nof 0.1 1e-7\n", "RT11 BOM"),
        ("\ufeffthe 1 -0.5\nof 0.1 1e-7\n", "RT11 BOM without a header"),
        ("the 1 -0.5\nof 0.1 1e-7\n", "RT02 no header, as GloVe"),
        ("2 2\nthe 1 -0.5\nof 0.1 1e-7\n\n\n", "RT14 blank lines at the end"),
        ("2 2 \nthe 1 -0.5\nof 0.1 1e-7\n", "trailing space after the header"),
    ],
)
def test_every_usual_way_of_writing_is_read(tmp_path, content, why):
    """Headers, line ends, blanks at the end and marks at the start differ; words and numbers do not."""
    assert _same(_load(tmp_path, content), TINY), why


@pytest.mark.parametrize(
    ("identifier", "content", "line"),
    [
        ("RT01", "3 2\nthe 1 2\nof 3 4\n", 3),
        ("RT01", "1 2\nthe 1 2\nof 3 4\n", 3),
        ("RT01", "5 1\nthe 1\nof 2\n", 3),
        ("RT04", "-2 2\nthe 1 2\nof 3 4\n", 1),
        ("RT04", "2 0\nthe\nof\n", 1),
        ("RT04", "0 2\n", 1),
        ("RT04", "2\nthe 1 2\nof 3 4\n", 1),
        ("RT04", "2 2 2\nthe 1 2\nof 3 4\n", 1),
        ("RT04", "2.0 2\nthe 1 2\nof 3 4\n", 1),
        ("RT04", "2 2.0\nthe 1 2\nof 3 4\n", 1),
        ("RT04", "1e3 2\nthe 1 2\nof 3 4\n", 1),
        ("RT04", "\u0662 2\nthe 1 2\nof 3 4\n", 1),
        ("RT04", "+2 2\nthe 1 2\nof 3 4\n", 1),
        ("RT04", "2" * 30 + " 2\nthe 1 2\nof 3 4\n", 1),
        ("RT05", "100000000000 2\nthe 1 2\n", 1),
        ("RT05", "2 100000000000\nthe 1 2\nof 3 4\n", 1),
        ("RT06", "2 3\nthe 1\nof 2\n", 2),
        ("RT06", "2 3\nthe 1 2 3\nof 2\n", 3),
        ("RT06", "2 3\nthe 1 2 3\nof 2 3\n", 3),
        ("RT06", "2 2\nthe 1 2\nof 2 3 4\n", 3),
        ("RT06", "the 1 2\nof 3 4\nand 5\n", 3),
        ("RT06", "the 1 2\nof 3 4\nand 5 6 7\n", 3),
        ("RT06", "2 2\nthe 1 2\nof\n", 3),
        ("RT08", "2 2\nthe 1 2\n 3 4\n", 3),
        ("RT09", "2 2\nthe 1 2\nof 3  4\n", 3),
        ("RT09", "2 2\nthe 1 2\nof  3 4\n", 3),
        ("RT09", "2 2\nthe 1 2\nof 3 4  \n", 3),
        ("RT09", "2 2\nthe 1 2\nof\t3\t4\n", 3),
        ("RT09", "2 2\nthe 1 2\nof 3 4\t5\n", 3),
        ("RT13", b"2 2\nthe 1 2\n\xc3 3 4\n", 3),
        ("RT14", "3 2\nthe 1 2\n\nof 3 4\n", 3),
        ("RT15", "2 2\nthe 1 2\n" + "x" * 70_000 + " 3 4\n", 3),
        ("R07", "\n\n\r\n", 1),
        ("R12", "3 2\nthe 1 2\nof 3 4\nthe 5 6\n", 4),
        ("R15", "2 2\nthe 1 2\nof 3 1e39\n", 3),
        ("R15", "2 2\nthe 1 2\nof 3 -1e400\n", 3),
        *(
            ("R10", f"2 2\nthe 1 2\nof 3 {text}\n", 3)
            for text in ("nan", "-nan", "inf", "-Infinity", "nan(0)")
        ),
        *(
            ("RT10", f"2 2\nthe 1 2\nof 3 {text}\n", 3)
            for text in ("1_0", "0x1p3", "1,5", "1d5", "\u221e", ".", "--", "1e", "\u0663", "1.2.3", "x")
        ),
    ],
)
def test_broken_text_is_refused_with_its_line(tmp_path, identifier, content, line):
    """Each row of the list gets its own error and the line it stands in; nothing is broadcast or guessed."""
    with pytest.raises(InputError) as caught:
        _load(tmp_path, content, format="word2vec-text")

    assert (caught.value.identifier, caught.value.line) == (identifier, line)


@pytest.mark.parametrize("content", ["5 1\nthe 1\nof 2\n", "9 5\nthe 1\nof 2\n"])
def test_a_row_that_looks_like_a_header_is_not_guessed_at(tmp_path, content):
    """RT03: the second line makes it a row as likely; a named format decides."""
    with pytest.raises(InputError, match="name the format") as caught:
        _load(tmp_path, content)

    assert (caught.value.identifier, caught.value.line) == ("RT03", 1)
    assert _load(tmp_path, content, format="glove").words == (content[0], "the", "of")


def test_the_same_is_found_out_at_the_end_of_a_long_file(tmp_path):
    """RT03: where the rows cannot be counted at once."""
    rows = "".join(f"word{row} 1\n" for row in range(120_000))

    with pytest.raises(InputError) as caught:
        _load(tmp_path, f"119999 1\n{rows}")

    assert caught.value.identifier == "RT03"


def test_numbers_between_two_float32_are_rounded_by_all_digits(tmp_path):
    """The kernel is not sure of them, and Python looks again."""
    above = float(np.nextafter(np.float32(1), np.float32(2)))

    vectors = _load(tmp_path, "1 2\na 1.00000005960464477540 1.00000005960464477538\n")

    assert vectors.matrix.tolist() == [[above, 1]]


def test_a_double_word_is_told_with_both_lines(tmp_path):
    """R12: which of the two is meant cannot be known."""
    with pytest.raises(InputError, match="'the' stands in lines 2 and 4"):
        _load(tmp_path, "3 2\nthe 1 2\nof 3 4\nthe 5 6\n")


@pytest.mark.parametrize(
    "word",
    [
        ". . .",
        " ",
        "at name@domain.com",
        "a\u00a0",
        "\u2028",
        "\0",
        "\r",
        "Cafe\u0301",
        "</s>",
        "\u3000",
        "1",
    ],
)
def test_unusual_words_are_kept_byte_for_byte(tmp_path, word):
    """RT07, RT08, R13: spaces inside, other blanks, NUL and combining letters belong to the word."""
    vectors = _load(tmp_path, f"2 3\nthe 1 2 3\n{word} 4 5 6\n")

    assert vectors.words == ("the", word)
    assert vectors["the"].tolist() == [1, 2, 3]
    assert vectors[word].tolist() == [4, 5, 6]


def test_words_with_spaces_do_not_mislead_where_there_is_no_header(tmp_path):
    """RL02: the usual number of fields of the first rows is the dimension, whatever the first row has."""
    vectors = _load(tmp_path, ". . . 1.0 2.0\nthe 3.0 4.0\nof 5.0 6.0\n")

    assert vectors.words == (". . .", "the", "of")


def test_numbers_below_float32_become_zero(tmp_path):
    """R15: underflow is no mistake."""
    assert _load(tmp_path, "1 2\nthe 1e-46 1\n").matrix.tolist() == [[0, 1]]


def test_an_absurd_header_allocates_nothing(tmp_path):
    """RT05, R16: a row of 10**9 promised numbers is found short before any memory is taken for it."""
    import tracemalloc

    content = "1 100000\nthe 1 2\n".ljust(200_001, "\n") + "x"

    tracemalloc.start()
    with pytest.raises(InputError):
        _load(tmp_path, content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 30e6


@pytest.mark.parametrize("n_bytes", [1, 7, 64])
def test_blocks_do_not_change_what_is_read(tmp_path, monkeypatch, n_bytes):
    """Rows cut anywhere by the blocks in which a file is read are put together again."""
    monkeypatch.setattr(text_rows, "_BLOCK_BYTES", n_bytes)

    assert _same(_load(tmp_path, "2 2\nthe 1 -0.5\nof 0.1 1e-7\r\n\n"), TINY)


def test_the_line_of_an_error_is_right_in_later_blocks(tmp_path, monkeypatch):
    """Lines are counted across blocks."""
    monkeypatch.setattr(text_rows, "_BLOCK_BYTES", 16)
    rows = "".join(f"word{row} 1 2\n" for row in range(50))

    with pytest.raises(InputError) as caught:
        _load(tmp_path, f"52 2\n{rows}bad 1 x\nlast 1 2\n")

    assert caught.value.line == 52


def test_the_file_written_is_the_golden_one(tmp_path):
    """Byte for byte: header, single spaces, shortest digits, line feeds."""
    save_vectors(load_vectors(GOLDEN / "w2v.safetensors"), tmp_path / "vectors.txt")

    assert (tmp_path / "vectors.txt").read_bytes() == (GOLDEN / "w2v.txt").read_bytes()


def test_what_gensim_wrote_is_read():
    """A text file of gensim 4.4 holds the words and bits of its binary file."""
    assert _same(load_vectors(GOLDEN / "gensim.txt"), load_vectors(GOLDEN / "gensim.bin"))


def test_text_goes_to_gensim_and_back_bit_for_bit(tmp_path):
    """We write, gensim reads and writes, we read: no bit has changed."""
    matrix = np.random.default_rng(1).normal(size=(300, 7)).astype(np.float32)
    vectors = Vectors(tuple(f"w\u00f6rd{row}" for row in range(300)), matrix)

    save_vectors(vectors, tmp_path / "ours.txt")
    keyed = KeyedVectors.load_word2vec_format(str(tmp_path / "ours.txt"))
    keyed.save_word2vec_format(str(tmp_path / "theirs.txt"))

    assert keyed.vectors.tobytes() == matrix.tobytes()
    assert _same(load_vectors(tmp_path / "theirs.txt"), vectors)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([b"2 2\n", b"the ", b"1", b" ", b"\n", b"1.5 2", b"\r\n", b"\xff", b"nan", b"\0"]),
        max_size=9,
    )
)
def test_any_text_gives_vectors_or_an_input_error(tmp_path_factory, parts):
    """No other exception comes out, whatever is put together."""
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(b"".join(parts))

    with contextlib.suppress(InputError):
        assert len(load_vectors(path, format="word2vec-text")) > 0
