"""Names at points: beside lines and not across them, and none over another."""

import itertools

import numpy as np
import pytest

from w2v import Vectors, draw_analogy, draw_training
from w2v.plots.callouts import Callout, place_callouts
from w2v.plots.canvas import BASE_FONT, INK, new_figure


def boxes(axes, names):
    """The boxes of texts of these names, in pixels."""
    axes.figure.draw_without_rendering()
    return [text.get_window_extent() for text in axes.texts if text.get_text() in names]


def crosses(axes, box, line):
    """Whether a line of two points runs through a box."""
    start, stop = axes.transData.transform(line)
    places = np.linspace(start, stop, 2_000)
    return bool(((places > box.min) & (places < box.max)).all(axis=1).any())


@pytest.mark.parametrize("angle", range(0, 360, 30))
def test_a_name_keeps_off_a_line(angle):
    """Wherever the line goes from its point, and within the frame."""
    end = (np.cos(np.radians(angle)), np.sin(np.radians(angle)))
    axes = new_figure(6, 6).add_subplot(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1))
    callouts = [Callout("name", (0.0, 0.0), INK, 12), Callout("end", end, INK, 12)]

    place_callouts(axes, callouts, [np.array([(0, 0), end])], fonts=[BASE_FONT])

    found = boxes(axes, {"name", "end"})
    assert len(found) == 2
    for box in found:
        assert not crosses(axes, box, [(0, 0), end])
        assert (axes.bbox.min <= box.min).all()
        assert (box.max <= axes.bbox.max).all()


def test_names_at_one_point_stand_apart():
    """No two of eight cover each other."""
    axes = new_figure(6, 6).add_subplot(xlim=(-1, 1), ylim=(-1, 1))
    callouts = [Callout(f"name {n}", (0.0, 0.0), INK, 9) for n in range(8)]

    place_callouts(axes, callouts, [np.zeros((1, 2))], fonts=[BASE_FONT])

    found = boxes(axes, {callout.text for callout in callouts})
    assert len(found) == 8
    assert not any(one.overlaps(other) for one, other in itertools.combinations(found, 2))


@pytest.mark.parametrize("seed", range(8))
def test_no_line_of_an_analogy_runs_through_a_word(seed):
    """Where the four words stand apart; the names have a rim for the others."""
    rng = np.random.default_rng(seed)
    words = ("man", "king", "woman", "queen")
    matrix = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 0]]) + 0.1 * rng.normal(
        size=(4, 4)
    )

    axes = draw_analogy(Vectors(words, matrix.astype(np.float32)), *words).axes[0]

    names = {*words, "king − man + woman"}
    found = boxes(axes, names)
    points, ring = (np.asarray(part.get_offsets()) for part in axes.collections[:2])
    lines = [points[[0, 1]], points[[2, 3]], points[[0, 2]], points[[1, 3]], np.vstack([points[3], ring])]
    assert len(found) == 5
    assert not any(one.overlaps(other) for one, other in itertools.combinations(found, 2))
    assert not any(crosses(axes, box, line) for box in found for line in lines)
    assert all(text.get_path_effects() for text in axes.texts if text.get_text() in names)


@pytest.mark.parametrize("steepness", [0.02, 0.2, 2])
def test_the_lowest_loss_is_written_beside_the_curves(steepness):
    """Whether they fall and rise slowly or quickly."""
    entry = {"epochs": 20, "tokens_total": 20, "words_per_second": 1, "learning_rate": 0.1}
    log = [
        {**entry, "tokens_done": n, "loss": 4 / n, "heldout_loss": 2.5 + steepness * abs(n - 9)}
        for n in range(1, 21)
    ]

    axes = draw_training(log).axes[0]

    (box,) = boxes(axes, {"lowest: 2.5000"})
    for line in axes.lines:
        corners = np.column_stack([line.get_xdata(), line.get_ydata()])
        assert not any(crosses(axes, box, corners[n : n + 2]) for n in range(len(corners) - 1))
