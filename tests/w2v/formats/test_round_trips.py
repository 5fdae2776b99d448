"""Vocabularies over all of Unicode come back bit for bit in every format, or are refused with the word named.

A few hundred per format by default; as many as the project promises with

    W2V_EXAMPLES=20000 python -m pytest tests/w2v/formats/test_round_trips.py
"""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from corpora.errors import InputError
from tests.w2v.formats.in_memory import read_bytes, write_bytes
from w2v.formats.checks import show
from w2v.formats.reading import ReadOptions
from w2v.formats.table import WRITABLE
from w2v.vectors import Vectors

EXAMPLES = int(os.environ.get("W2V_EXAMPLES", "200"))
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
ODD = st.sampled_from(
    ["", " ", ". . .", "\n", "a\rb", "\0", "\t", "\ufeffa", "\u2028", "\u00a0", "1", "</s>", "[UNK]"]
)
ANY_WORD = st.text(st.characters(exclude_categories=[]), max_size=8) | ODD
HELD_WORD = st.text(st.characters(exclude_characters=" \t\n\v\f\r\0", exclude_categories=["Cs"]), min_size=1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3),
)
REFUSALS = {"X01", "X02", "X03", "X09"}
EACH_FORMAT = pytest.mark.parametrize("name", [known.name for known in WRITABLE])
QUICK = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


def _vectors(data, word):
    words = data.draw(st.lists(word, unique=True, min_size=1, max_size=5))
    shape = (len(words), data.draw(st.integers(1, 4)))
    return Vectors(tuple(words), data.draw(st_numpy.arrays(np.float32, shape, elements=FLOATS)))


def _same(a, b):
    return a.words == b.words and a.matrix.tobytes() == b.matrix.tobytes()


def _written(vectors, name):
    """The bytes, or the refusal."""
    try:
        return write_bytes(vectors, name)
    except InputError as error:
        return error


@EACH_FORMAT
@QUICK
@given(data=st.data())
def test_any_vocabulary_round_trips_or_is_refused(name, data):
    """P10, X01, X02, X09: blanks, control characters, lone surrogates and all."""
    vectors = _vectors(data, ANY_WORD)

    parts = _written(vectors, name)

    if isinstance(parts, InputError):
        assert parts.identifier in REFUSALS
        assert any(show(word) in parts.problem for word in vectors.words) or "big-endian" in parts.problem
    else:
        assert _same(read_bytes(parts, name), vectors)


@EACH_FORMAT
@QUICK
@given(data=st.data())
def test_words_without_white_space_are_never_refused(name, data):
    """Every format holds them, but for GloVe a first word that makes the file look like another kind of file.

    And word2vec binary refuses numbers that are likely only with their bytes turned round.
    """
    vectors = _vectors(data, HELD_WORD.filter(lambda word: word.strip("\ufeff").strip() == word))

    parts = _written(vectors, name)

    if isinstance(parts, InputError):
        assert (name == "glove" and "would make readers say" in parts.problem) or (
            name == "word2vec-binary" and "big-endian" in parts.problem
        )
    else:
        assert _same(read_bytes(parts, name), vectors)


@QUICK
@given(data=st.data())
def test_the_native_file_keeps_the_rest(data):
    """Counts, metadata and the output vectors come back, too."""
    vectors = _vectors(data, st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
    counts = data.draw(
        st.none() | st_numpy.arrays(np.int64, len(vectors), elements=st.integers(0, 2**63 - 1))
    )
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    metadata = data.draw(st.dictionaries(text, JSON, max_size=3))
    vectors = Vectors(vectors.words, vectors.matrix, counts, metadata, output=-vectors.matrix)

    parts = write_bytes(vectors, "native", keeps_output=True)

    found = read_bytes(parts, "native")
    assert _same(found, vectors)
    assert (
        read_bytes(parts, "native", ReadOptions(table="output")).matrix.tobytes() == vectors.output.tobytes()
    )
    assert (found.counts is None) == (counts is None)
    assert counts is None or found.counts.tolist() == counts.tolist()
    assert dict(found.metadata) == metadata
