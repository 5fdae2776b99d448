"""The whole report: planted faults are found in a trained-like model, and sampling is said."""

import json

import numpy as np
import pytest

import w2v
from w2v import Vectors, inspect
from w2v.inspection import report as report_module
from w2v.inspection.summary import tables_of

N_WORDS, DIM = 1_500, 16


@pytest.fixture(scope="module")
def honest():
    """Words in heaps, with norms that grow with the logarithm of their counts, as trained ones do."""
    rng = np.random.default_rng(12)
    heaps = rng.normal(size=(60, DIM)) + 0.5
    directions = heaps[rng.integers(0, 60, N_WORDS)] + 0.5 * rng.normal(size=(N_WORDS, DIM))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    counts = np.sort((5 * rng.pareto(0.8, N_WORDS) + 5).astype(np.int64))[::-1].copy()
    norms = np.log(counts + 5) * np.exp(0.1 * rng.normal(size=N_WORDS))
    words = tuple(f"word{n}" for n in range(N_WORDS))
    return Vectors(words, (directions * norms[:, None]).astype(np.float32), counts)


@pytest.fixture(scope="module")
def honest_report(honest):
    """What is found in it."""
    return inspect(honest)


def _changed(vectors, rows, new_rows):
    matrix = vectors.matrix.copy()
    matrix[rows] = new_rows
    return Vectors(vectors.words, matrix, vectors.counts)


def test_an_honest_model_raises_few(honest_report):
    """Nothing is wrong with its rows, and less than 5 % of its words are outside: heaps have edges."""
    found = honest_report

    assert (found.words, found.dim, found.counts_known, found.sampled) == (N_WORDS, DIM, True, None)
    assert (found.zero_rows, found.nonfinite_rows, found.duplicates, found.near_duplicates) == ((),) * 4
    assert found.junk_forms == ()
    assert len(found.anomalies) < 0.05 * N_WORDS


def test_scaled_rows_are_found(honest):
    """Thrice and a third of their length: anomalies by their norms, and no others by theirs."""
    rows = np.arange(100, 1_400, 130)
    factors = np.where(np.arange(len(rows)) % 2, 3, 1 / 3)[:, None]

    found = inspect(_changed(honest, rows, honest.matrix[rows] * factors))

    by_word = {anomaly.word: anomaly for anomaly in found.anomalies}
    for row, factor in zip(rows.tolist(), factors[:, 0].tolist(), strict=True):
        anomaly = by_word[f"word{row}"]
        assert (anomaly.row, anomaly.count) == (row, honest.counts[row])
        assert np.sign(anomaly.norm_z) == np.sign(np.log(factor))
        assert abs(anomaly.norm_z) > 3
    assert found.anomalies[0].row in rows


def test_copied_zero_and_broken_rows_are_named(honest):
    """Copies, copies of another length, zeros, NaN: each in its list, and out of the rest."""
    matrix = honest.matrix.copy()
    matrix[[10, 20]] = matrix[5]
    matrix[30] = matrix[6] * 1.5
    matrix[[40, 41]] = 0
    matrix[50, 3] = np.nan
    matrix[51, 0] = -np.inf

    found = inspect(Vectors(honest.words, matrix, honest.counts))

    assert found.duplicates == (("word5", "word10", "word20"),)
    assert [{pair.a, pair.b} for pair in found.near_duplicates] == [{"word6", "word30"}]
    assert found.zero_rows == ("word40", "word41")
    assert found.nonfinite_rows == ("word50", "word51")
    assert not {40, 41, 50, 51} & set(found.measures.rows.tolist())
    assert found.norms.quantiles[0] > 0
    assert np.isfinite([*found.norms.quantiles, found.value_mean, found.isotropy.mean_cosine]).all()


def test_junk_is_named(honest):
    """Tokens of markup with rows of noise: named by their spelling, and outside by their neighbours."""
    rows = np.arange(7, 1_400, 140)
    noise = np.random.default_rng(13).normal(-1, 1, size=(len(rows), DIM))
    noise *= (np.linalg.norm(honest.matrix[rows], axis=1) / np.linalg.norm(noise, axis=1))[:, None]
    words = [f"<x{row}>" if row in rows else word for row, word in enumerate(honest.words)]
    changed = _changed(honest, rows, noise.astype(np.float32))

    found = inspect(Vectors(tuple(words), changed.matrix, changed.counts))

    planted = {f"<x{row}>" for row in rows}
    assert set(found.junk_forms) == planted
    outside = {anomaly.word: anomaly for anomaly in found.anomalies if anomaly.word in planted}
    assert set(outside) == planted
    assert {anomaly.cause for anomaly in outside.values()} == {"junk token"}
    assert max(anomaly.crowding_z for anomaly in outside.values()) < -3


def test_a_higher_threshold_leaves_fewer(honest, honest_report):
    """The anomalies at 4 are those at 3 with a score above 4."""
    expected = [
        anomaly.word
        for anomaly in honest_report.anomalies
        if max(abs(anomaly.norm_z), abs(anomaly.crowding_z)) > 4
    ]

    assert [anomaly.word for anomaly in inspect(honest, threshold=4).anomalies] == expected


def test_without_counts_norms_are_measured_against_all(honest):
    """No count, and another line: what is usual is one number for all words."""
    found = inspect(Vectors(honest.words, honest.matrix))

    lengths = np.log(np.linalg.norm(honest.matrix.astype(np.float64), axis=1))
    mad = np.median(np.abs(lengths - np.median(lengths)))
    np.testing.assert_allclose(found.measures.norm_z, (lengths - np.median(lengths)) / (1.4826 * mad))
    assert not found.counts_known
    assert {anomaly.count for anomaly in found.anomalies} <= {None}


def test_hubs_are_those_most_often_near(honest, honest_report):
    """Counted one by one with the exact search of Vectors."""
    times = dict.fromkeys(honest.words, 0)
    for near in honest.most_similar_many(honest.words, top=10):
        for word, _ in near:
            times[word] += 1

    hubs = honest_report.hubness.hubs

    assert [number for _, number in hubs] == sorted(times.values(), reverse=True)[:20]
    assert all(times[word] == number for word, number in hubs)
    assert honest_report.hubness.never == sum(number == 0 for number in times.values()) / N_WORDS
    assert honest_report.hubness.skewness > 0


def test_large_files_are_sampled_and_say_so(honest, monkeypatch):
    """Above the limit, what needs neighbours is asked of a sample; norms and copies of all rows."""
    monkeypatch.setattr(report_module, "MOST_WORDS", 400)
    matrix = honest.matrix.copy()
    matrix[1_200] = matrix[7]
    copied = Vectors(honest.words, matrix, honest.counts)

    found, again, other = (inspect(copied, seed=seed) for seed in (0, 0, 1))

    assert found.sampled == 400
    assert np.isfinite(found.measures.crowding).sum() == 400
    assert np.isfinite(found.measures.norm_z).all()
    assert found.duplicates == (("word7", "word1200"),)
    assert found.to_dict() == again.to_dict()
    assert found.hubness != other.hubness
    assert {anomaly.crowding_z for anomaly in found.anomalies if anomaly.crowding is None} <= {None}


def test_all_of_it_is_json(honest):
    """Named tuples become objects, and nothing is NaN."""
    reference = Vectors(honest.words[:200], honest.matrix[:200, ::-1].copy())

    found = json.loads(json.dumps(inspect(honest, reference).to_dict(), allow_nan=False))

    assert found["words"] == N_WORDS
    assert found["isotropy"]["leading_shares"][0] > 0
    assert set(found["anomalies"][0]) == {*w2v.inspection.outliers.Anomaly._fields}
    assert found["comparison"]["shared"] == 200
    assert "measures" not in found


@pytest.mark.parametrize(
    "matrix",
    [[[1.0, 2.0]], [[0.0, 0.0]], [[np.nan, 1.0]], [[1.0], [2.0]], [[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]],
)
def test_very_little_is_reported_too(matrix):
    """One word, zeros alone, one dimension, two dimensions: a report without what cannot be known."""
    matrix = np.array(matrix, dtype=np.float32)

    found = inspect(Vectors(tuple("abc"[: len(matrix)]), matrix))

    assert found.anomalies == ()
    assert found.hubness is None
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("error", "arguments", "options", "message"),
    [
        (TypeError, ["x.txt"], {}, "got str as vectors"),
        (ValueError, [], {"threshold": 0}, "threshold must be above 0, got 0"),
        (ValueError, [], {"threshold": float("nan")}, "threshold must be above 0, got nan"),
        (ValueError, [], {"seed": -1}, "seed must be 0 or more"),
    ],
)
def test_wrong_arguments_are_refused(honest, error, arguments, options, message):
    """With what was found."""
    with pytest.raises(error, match=message):
        inspect(*(arguments or [honest]), **options)


@pytest.mark.parametrize(("n_words", "first"), [(4, "abcd"), (2, "ab"), (5, "abcde")])
def test_samples_of_few_words_are_all_of_them(n_words, first):
    """From the first of the file to its last."""
    matrix = np.eye(n_words, 3, dtype=np.float32) + 1

    found = inspect(Vectors(tuple(first), matrix)).neighborhoods

    assert [one.word for one in found] == list(first)


def test_samples_go_from_the_first_to_the_last(honest, honest_report):
    """Six words, whose ranks grow by the same factor: 1500 ** (1 / 5) is 4.3."""
    ranks = [honest.ids[one.word] + 1 for one in honest_report.neighborhoods]

    assert ranks == [1, 4, 19, 80, 347, 1500]


def test_a_table_without_rows_says_why():
    """One word has no neighbours, and two have too few to have moved."""
    one, two = (Vectors(tuple("ab"[:n]), np.eye(n, dtype=np.float32)) for n in (1, 2))

    alone = {table.title: table for table in tables_of(inspect(one))}
    moved = {table.title: table for table in tables_of(inspect(two, two))}

    assert alone["Neighbourhoods"].remark == "none; fewer than two rows point somewhere"
    assert moved["Moved most"].remark == "none; fewer than three shared words point somewhere in both"
