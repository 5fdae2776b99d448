"""Words for a map from a file."""

import numpy as np
import pytest

from w2v import Vectors, W2VError
from w2v.plots.selection import read_selection

VECTORS = Vectors(("a", "b", "c d", "ä"), np.eye(4, dtype=np.float32))


def _read(tmp_path, content):
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    return read_selection(VECTORS, path)


def test_words_keep_their_order_and_groups(tmp_path):
    """A repeated word counts once, an unknown one is told, a line's end of Windows is none of the word."""
    found = _read(tmp_path, "\ufeffc d\tx\r\n\r\na\t\r\nzz\ty\r\nä\ty\r\na\tz\r\n".encode())

    assert found.words == ["c d", "a", "ä"]
    assert found.groups == ["x", "", "y"]
    assert found.missing == ("zz",)


def test_without_a_tab_there_are_no_groups(tmp_path):
    """So all words have one colour."""
    assert _read(tmp_path, b"b\na").groups is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"", "there is no word"), (b"x\ny\n", "none of the 2 words"), (b"\xff", "byte 0 is not UTF-8")],
)
def test_nothing_to_show_is_said(tmp_path, content, problem):
    """Empty, unknown, and not UTF-8."""
    with pytest.raises(W2VError, match=problem):
        _read(tmp_path, content)


def test_a_file_that_is_not_there_is_named(tmp_path):
    """With the system's reason."""
    with pytest.raises(W2VError, match="No such file"):
        read_selection(VECTORS, tmp_path / "nothing")
