"""Word similarity: what is correlated, and when there is nothing to correlate."""

import numpy as np
import pytest

from w2v.evaluation.similarity import evaluate_similarity
from w2v.vectors import Vectors

WORDS = ("east", "north", "up", "nil", "East")
VECTORS = Vectors(WORDS, np.array([[1, 0], [0, 1], [1, 1], [0, 0], [-1, 0]], dtype=np.float32))


@pytest.fixture
def pairs(tmp_path):
    """Writes lines of pairs and gives the path."""

    def write(text):
        path = tmp_path / "pairs.txt"
        path.write_text(text)
        return path

    return write


def test_scores_by_hand(pairs):
    """Cosines 1/sqrt(2) and 0 rank as 3 and 2 say; EAST is `east`, the first of its spellings."""
    found = evaluate_similarity(VECTORS, pairs("EAST up 3\neast north 2\nup nobody 9\nnil up 1\n"))

    np.testing.assert_allclose(found.cosines, [2**-0.5, 0, np.nan, np.nan], atol=1e-12)
    assert (found.seen, found.total) == (2, 4)
    assert [found.spearman, found.pearson] == pytest.approx([1, 1])
    assert found.interval is None


def test_missing_words_can_count_as_cosine_zero(pairs):
    """As gensim's dummy4unknown; what is seen stays what it was."""
    found = evaluate_similarity(VECTORS, pairs("east up 3\nup nobody 2\nnorth up 4\n"), missing="zero")

    assert found.compared()[1].tolist() == pytest.approx([2**-0.5, 0, 2**-0.5])
    assert (found.seen, found.total) == (2, 3)
    assert found.spearman == pytest.approx(3**0.5 / 2)


@pytest.mark.parametrize(
    "text",
    ["a b 1\nc d 2\n", "east up 1\na b 2\n", "east up 3\neast north 3\n", "nil up 1\nnil east 2\n"],
    ids=["no word", "one pair", "gold all equal", "rows of zeros"],
)
def test_e06_too_little_to_correlate_is_not_available(pairs, text):
    """Fewer than 2 usable pairs, or scores that are all equal: None, never NaN."""
    found = evaluate_similarity(VECTORS, pairs(text))

    assert found.spearman is found.pearson is found.interval is None


def test_case_can_be_kept_apart(pairs):
    """East is then a vector of its own."""
    found = evaluate_similarity(VECTORS, pairs("East up 1\n"), fold_case=False)

    assert found.cosines.tolist() == pytest.approx([-(2**-0.5)])


def test_only_the_first_words_are_used(pairs):
    """A word beyond the limit is missing."""
    assert evaluate_similarity(VECTORS, pairs("east up 1\neast north 2\n"), max_words=2).seen == 1


@pytest.mark.parametrize("options", [{"missing": "wrong"}, {"max_words": 0}])
def test_unknown_options_are_refused(pairs, options):
    """The error names what there is."""
    with pytest.raises(ValueError, match="must be"):
        evaluate_similarity(VECTORS, pairs("east up 1\n"), **options)
