"""Files of pictures: kinds, equal bytes, words that would harm or not print."""

import os
import sys

import pytest

from w2v.plots.canvas import drawable, new_figure, render, save_figure, set_title

BEGINNINGS = {".png": b"\x89PNG\r\n", ".svg": b"<?xml", ".pdf": b"%PDF"}


def _figure():
    figure = new_figure(2, 2)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1])
    set_title(axes, "$a_{", "costs $5 or $6")
    return figure


@pytest.mark.parametrize("suffix", BEGINNINGS)
def test_equal_figures_are_equal_bytes(suffix):
    """No date and no random name is in a file; and a dollar sign is no formula."""
    first, again = render(_figure(), suffix), render(_figure(), suffix)

    assert first == again
    assert first.startswith(BEGINNINGS[suffix])


def test_a_picture_is_written_whole(tmp_path):
    """Under its name, whatever the case of its end; nothing else is left in the folder."""
    save_figure(_figure(), tmp_path / "a.PNG")

    assert os.listdir(tmp_path) == ["a.PNG"]
    assert (tmp_path / "a.PNG").read_bytes() == render(_figure(), ".png")


def test_other_endings_are_refused(tmp_path):
    """And nothing is written."""
    with pytest.raises(ValueError, match=r"\.png, \.svg, \.pdf, got '\.gif'"):
        save_figure(_figure(), tmp_path / "a.gif")
    assert os.listdir(tmp_path) == []


def test_pyplot_is_left_alone():
    """Drawing does not import it, so no window or state comes with a figure."""
    import subprocess

    program = (
        "import sys, numpy as np, w2v\n"
        "from w2v.plots.canvas import render\n"
        "v = w2v.Vectors(tuple('abcdefgh'), np.eye(8, dtype=np.float32))\n"
        "render(w2v.draw_analogy(v, *'abcd'), '.svg')\n"
        "render(w2v.draw_training([{'epochs': 1, 'tokens_done': 1, 'tokens_total': 1, 'loss': 2.0,"
        " 'words_per_second': 1, 'learning_rate': 0.1}]), '.png')\n"
        "assert 'matplotlib' in sys.modules\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("tree", "tree"),
        ("a\u202eb", "a\\u202eb"),
        ("\x1b[2J", "\\x1b[2J"),
        ("é青", "é青"),
        ("x" * 40, "x" * 29 + "…"),
    ],
)
def test_words_are_drawn_as_they_print(word, shown):
    """What does not print is an escape, what is too long is cut."""
    assert drawable(word) == shown
