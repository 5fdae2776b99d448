"""The compiled training steps do what their slow twins do."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numba.core.errors import TypingError

from corpora.windows import Windows, WindowSampler
from tests.reference import (
    reference_cbow_step,
    reference_loss,
    reference_skipgram_pairs_step,
    reference_skipgram_step,
)
from w2v.engines.kernels import (
    cbow_loss,
    cbow_step,
    scratch_shape,
    skipgram_loss,
    skipgram_pairs_step,
    skipgram_step,
)
from w2v.loss import n_predictions
from w2v.objective import negative_sampling_loss

STEPS = {
    "skipgram": (skipgram_step, reference_skipgram_step),
    "skipgram_pairs": (skipgram_pairs_step, reference_skipgram_pairs_step),
    "cbow": (cbow_step, reference_cbow_step),
}
LOSSES = {"skipgram": skipgram_loss, "skipgram_pairs": skipgram_loss, "cbow": cbow_loss}
SHAPES = [(1, 5), (3, 1), (16, 5), (50, 7), (100, 5), (130, 20), (16, 64)]  # (D, K)
EACH = pytest.mark.parametrize("name", sorted(STEPS))


def random_windows(name, rng, *, n_words, n_windows, n_negatives, most_contexts=40):
    """Windows over so few words that ids repeat everywhere: in contexts, in negatives, with the center."""
    sizes = rng.integers(1, most_contexts + 1, n_windows)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    centers = rng.integers(0, n_words, n_windows).astype(np.int32)
    contexts = rng.integers(0, n_words, offsets[-1]).astype(np.int32)
    n_draws = offsets[-1] if name == "skipgram_pairs" else n_windows
    negatives = rng.integers(0, n_words, (n_draws, n_negatives)).astype(np.int32)
    return centers, contexts, offsets, negatives


def random_tables(rng, *, n_words, dim, scale=1.0):
    """Input and output table, float32, scores of about `scale`."""
    tables = rng.normal(0, (scale**2 / dim) ** 0.25, (2, n_words, dim)).astype(np.float32)
    return tables[0].copy(), tables[1].copy()


def run_step(factory, windows, tables, learning_rate=0.05):
    """The tables after one call of the kernel, the given ones untouched."""
    dim, n_negatives = tables[0].shape[1], windows[3].shape[1]
    scratch = np.full(scratch_shape(dim, n_negatives), np.nan, dtype=np.float32)
    after = tables[0].copy(), tables[1].copy()
    factory(dim, n_negatives)(*windows, *after, learning_rate, scratch)
    return after


def run_twin(twin, windows, tables, learning_rate=0.05):
    """The tables after one call of the slow twin, in float64."""
    after = tables[0].astype(np.float64), tables[1].astype(np.float64)
    twin(windows, *after, learning_rate)
    return after


def assert_equals_twin(name, *, dim, n_negatives, n_words, n_windows=30):
    """One random comparison; a function of its own because the run without the JIT calls it too."""
    rng = np.random.default_rng([dim, n_negatives, n_words])
    windows = random_windows(name, rng, n_words=n_words, n_windows=n_windows, n_negatives=n_negatives)
    tables = random_tables(rng, n_words=n_words, dim=dim)
    learning_rate = 0.2 / (1 + n_negatives)  # many equal negatives at a higher one diverge, twin and all

    found = run_step(STEPS[name][0], windows, tables, learning_rate)
    expected = run_twin(STEPS[name][1], windows, tables, learning_rate)

    np.testing.assert_allclose(found[0], expected[0], rtol=2e-5, atol=1e-5)
    np.testing.assert_allclose(found[1], expected[1], rtol=2e-5, atol=1e-5)


def assert_loss_equals_twin(name, *, dim, n_negatives, n_words):
    """One random comparison, called without the JIT as well."""
    rng = np.random.default_rng([dim, n_negatives, n_words])
    windows = random_windows(name, rng, n_words=n_words, n_windows=10, n_negatives=n_negatives)
    tables = random_tables(rng, n_words=n_words, dim=dim, scale=3)

    found = LOSSES[name](*windows, *tables)

    exact = [table.astype(np.float64) for table in tables]
    expected = reference_loss(windows, *exact, "cbow" if name == "cbow" else "skipgram")
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@EACH
@pytest.mark.parametrize("n_words", [2, 12, 500])
@pytest.mark.parametrize(("dim", "n_negatives"), SHAPES)
def test_step_equals_its_twin(name, dim, n_negatives, n_words):
    """Tables after random windows are those of the twin, with few repeated ids and with many."""
    assert_equals_twin(name, dim=dim, n_negatives=n_negatives, n_words=n_words)


def test_steps_equal_their_twins_without_the_jit():
    """Under NUMBA_DISABLE_JIT=1 the same functions run as plain Python and still equal the twins."""
    root = Path(__file__).parents[3]
    command = "; ".join(
        ["from tests.w2v.engines.test_kernels import assert_equals_twin as check"]
        + [f"check({name!r}, dim=19, n_negatives={k}, n_words=12)" for name in STEPS for k in (1, 5, 9)]
        + ["from tests.w2v.engines.test_kernels import assert_loss_equals_twin as check"]
        + [f"check({name!r}, dim=19, n_negatives=5, n_words=12)" for name in LOSSES]
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}

    done = subprocess.run(
        [sys.executable, "-c", command], cwd=root, env=environment, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr


def test_a_second_process_finds_the_compiled_steps_on_disk(tmp_path):
    """Numba's disk cache hits for every step: a new process compiles nothing."""
    root = Path(__file__).parents[3]
    command = """
from tests.w2v.engines.test_kernels import STEPS, assert_equals_twin
for name in STEPS:
    assert_equals_twin(name, dim=20, n_negatives=2, n_words=12)
print(sum(sum(factory(20, 2).stats.cache_misses.values()) for factory, _ in STEPS.values()))
"""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}

    misses = [
        subprocess.run(
            [sys.executable, "-c", command], cwd=root, env=environment, capture_output=True, check=True
        ).stdout
        for _ in range(2)
    ]

    assert [int(count) for count in misses] == [len(STEPS), 0]


@EACH
def test_no_windows_change_nothing(name):
    """An empty chunk is a chunk: the engine uses one to compile the step before the clock starts."""
    windows = random_windows(name, np.random.default_rng(3), n_words=9, n_windows=0, n_negatives=5)
    tables = random_tables(np.random.default_rng(3), n_words=9, dim=100)

    found = run_step(STEPS[name][0], windows, tables)

    np.testing.assert_array_equal(found, tables)


@EACH
def test_tables_of_another_type_are_refused(name):
    """The vector code would misread float64 or a transposed table, so neither compiles."""
    windows = random_windows(name, np.random.default_rng(4), n_words=8, n_windows=3, n_negatives=5)
    tables = random_tables(np.random.default_rng(4), n_words=8, dim=8)
    step, scratch = STEPS[name][0](8, 5), np.zeros(scratch_shape(8, 5), dtype=np.float32)

    with pytest.raises(TypingError, match="C-contiguous float32"):
        step(*windows, tables[0].astype(np.float64), tables[1], 0.05, scratch)
    with pytest.raises(TypingError, match="C-contiguous float32"):
        step(*windows, tables[0], tables[1].T, 0.05, scratch)


@EACH
def test_only_rows_of_the_windows_change(name):
    """Rows that no window names keep every bit."""
    rng = np.random.default_rng(1)
    windows = random_windows(name, rng, n_words=20, n_windows=10, n_negatives=5)
    tables = random_tables(rng, n_words=60, dim=100)

    found = run_step(STEPS[name][0], windows, tables)

    np.testing.assert_array_equal(found[0][20:], tables[0][20:])
    np.testing.assert_array_equal(found[1][20:], tables[1][20:])


@EACH
@pytest.mark.parametrize("table", [0, 1])
def test_nan_stays_visible(name, table):
    """A NaN in one row of a window reaches every row that the window writes."""
    rng = np.random.default_rng(2)
    centers, contexts, offsets = np.array([3], "i4"), np.array([4, 5, 6], "i4"), np.array([0, 3])
    negatives = np.array([[7, 8, 9, 10, 11]] * (3 if name == "skipgram_pairs" else 1), "i4")
    windows = centers, contexts, offsets, negatives
    tables = random_tables(rng, n_words=12, dim=100)
    tables[table][[5, 8][table], 99] = np.nan

    found = run_step(STEPS[name][0], windows, tables)

    assert np.isnan(found[0][5]).any()
    assert np.isnan(found[1][[3, 7, 8, 9, 10, 11] if table == 0 else 8]).any(axis=-1).all()


@EACH
def test_sigmoid_is_accurate_and_saturates(name):
    """The gradient's sigmoid is within 1e-6 of float64 for scores from -1e30 to 1e30."""
    far = np.logspace(1, 30, 200)
    scores = np.concatenate([np.linspace(-25, 25, 20001), -far, far, [0.0]]).astype(np.float32)
    rows = np.arange(len(scores), dtype=np.int32)
    windows = (rows, rows, np.arange(len(scores) + 1), rows[:, None])  # the negative is the center: skipped
    tables = np.zeros((len(scores), 2), dtype=np.float32), np.ones((len(scores), 2), dtype=np.float32)
    tables[0][:, 0] = scores  # an input row is (score, 0), an output row (1, 1)

    found = run_step(STEPS[name][0], windows, tables, learning_rate=1.0)

    with np.errstate(over="ignore"):
        expected = 1 / (1 + np.exp(-scores.astype(np.float64)))
    np.testing.assert_allclose(1 - found[0][:, 1].astype(np.float64), expected, rtol=0, atol=1e-6)


@EACH
@pytest.mark.parametrize("n_words", [2, 12, 500])
@pytest.mark.parametrize(("dim", "n_negatives"), SHAPES)
def test_loss_equals_its_twin(name, dim, n_negatives, n_words):
    """The sum over random windows is that of the twin, with centers among the negatives and without."""
    assert_loss_equals_twin(name, dim=dim, n_negatives=n_negatives, n_words=n_words)


@EACH
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_loss_equals_the_objective_in_torch(name, dtype, planted_corpus):
    """On the windows of a real chunk the mean loss of a prediction agrees with torch's to 1e-5."""
    share_negatives = name != "skipgram_pairs"
    windows = WindowSampler(planted_corpus, share_negatives=share_negatives).sample(0, 1)
    rng = np.random.default_rng(3)
    tables = random_tables(rng, n_words=len(planted_corpus.vocabulary), dim=100, scale=3)
    architecture = "cbow" if name == "cbow" else "skipgram"

    found = LOSSES[name](*windows, *tables)

    weights = [torch.from_numpy(table).to(dtype) for table in tables]
    expected = negative_sampling_loss(*weights, windows, architecture).item()
    n_found = n_predictions(windows, architecture)
    assert n_found > 1000
    assert found / n_found == pytest.approx(expected / n_found, abs=1e-5)


@EACH
def test_loss_of_extreme_scores_is_finite_and_nan_stays_visible(name):
    """A score of 10,000 costs 10,000 on the wrong side and nothing on the right one; NaN gives NaN."""
    windows = np.array([0], np.int32), np.array([1], np.int32), np.array([0, 1]), np.array([[2]], np.int32)
    inputs, outputs = np.zeros((2, 3, 4), np.float32)
    inputs[1], outputs[0], outputs[2] = 50, -50, -50

    assert LOSSES[name](*windows, inputs, outputs) == 10_000
    assert LOSSES[name](*windows, inputs, -outputs) == 10_000
    outputs[0, 0] = np.nan
    assert np.isnan(LOSSES[name](*windows, inputs, outputs))


@EACH
def test_loss_leaves_the_tables_alone(name):
    """It is a measurement: every bit of both tables stays."""
    rng = np.random.default_rng(5)
    windows = Windows(*random_windows(name, rng, n_words=9, n_windows=5, n_negatives=3))
    tables = random_tables(rng, n_words=9, dim=8)
    before = [table.tobytes() for table in tables]

    LOSSES[name](*windows, *tables)

    assert [table.tobytes() for table in tables] == before
