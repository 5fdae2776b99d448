"""The report on word vectors: everything that is measured of them in one place."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from w2v.inspection.neighborhoods import (
    NEIGHBORS,
    Hubness,
    count_occurrences,
    nearest_rows,
    skewness,
)
from w2v.inspection.outliers import THRESHOLD, Anomaly, has_junk_form, likely_cause, robust_z
from w2v.inspection.reference import Comparison, compare_with
from w2v.inspection.rows import NearPair, equal_rows, near_pairs, sort_rows
from w2v.inspection.spread import Isotropy, Norms, measure_isotropy, measure_norms
from w2v.neighbors import Neighbors
from w2v.projection import unit_rows
from w2v.vectors import Vectors

MOST_WORDS = 100_000  # all against all takes about half a minute for so many

_HUBS = 20
_SAMPLES = 6
_SAMPLE_NEIGHBORS = 5


class Measures(NamedTuple):
    """What is known of each of the n usable rows, for pictures; NaN where a row was not in the sample."""

    rows: np.ndarray  # int64 (n,)
    counts: np.ndarray | None  # int64 (n,), or None where they are not known
    norms: np.ndarray  # float64 (n,)
    norm_z: np.ndarray  # float64 (n,)
    crowding: np.ndarray  # float64 (n,), the mean cosine of the 10 nearest words
    crowding_z: np.ndarray  # float64 (n,)
    occurrences: np.ndarray  # float64 (n,), how often a row is among the 10 nearest of another


class Neighborhood(NamedTuple):
    """A word and those nearest to it, with their cosines."""

    word: str
    neighbors: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class InspectionReport:
    """What `inspect` found; `to_dict` gives all of it but `measures` as values that JSON can hold."""

    words: int
    dim: int
    counts_known: bool
    value_mean: float | None  # of all numbers of the usable rows
    value_std: float | None
    zero_rows: tuple[str, ...]
    nonfinite_rows: tuple[str, ...]
    duplicates: tuple[tuple[str, ...], ...]  # groups of words whose rows are equal
    near_duplicates: tuple[NearPair, ...]  # cosine of 0.999 or more, the rows not equal
    norms: Norms | None  # None, like what follows, where too few rows are usable
    isotropy: Isotropy | None
    hubness: Hubness | None
    sampled: int | None  # rows drawn for all that needs neighbours; None where all rows were asked
    junk_forms: tuple[str, ...]  # words spelled as no word of a language is, wherever their rows are
    threshold: float
    anomalies: tuple[Anomaly, ...]  # the farthest outside first
    neighborhoods: tuple[Neighborhood, ...]
    comparison: Comparison | None
    measures: Measures = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """All but `measures`, as values that JSON can hold."""
        found = {name: value for name, value in vars(self).items() if name != "measures"}
        return {name: _plain(value) for name, value in found.items()}


def inspect(
    vectors: Vectors, reference: Vectors | None = None, *, threshold: float = THRESHOLD, seed: int = 0
) -> InspectionReport:
    """Measures vectors and names what is wrong or unusual: rows, words, and the space as a whole.

    Rows of zeros, and rows that are not finite, are named and left out of all that follows. What needs the
    nearest words (hubness, near duplicates, half of the anomalies) is asked of all rows up to 100,000, which
    takes half a minute for 100 dimensions on two cores, and beyond that of 100,000 drawn at random, among
    themselves.

    Args:
        vectors: what is looked at.
        reference: other vectors to compare with, such as those of an earlier training, of any dimension.
        threshold: robust z-score from which a word is an anomaly, above 0.
        seed: of the sample, where one is drawn.

    Raises:
        TypeError: `vectors` or `reference` are no Vectors.
        ValueError: `threshold` is not above 0, or `seed` is negative.

    Reference:
        The functions that measure cite their sources: `w2v.inspection.spread` for isotropy,
        `w2v.inspection.neighborhoods` for hubness, `w2v.inspection.outliers` for anomalies.
    """
    _check(vectors, reference, threshold, seed)
    kinds = sort_rows(vectors.matrix)
    usable = kinds.usable
    unit = unit_rows(vectors.matrix[usable])
    lengths = np.linalg.norm(vectors.matrix[usable].astype(np.float64), axis=1)
    drawn = _draw(len(usable), seed)
    near = nearest_rows(unit[drawn])
    measures = _measure(vectors, usable, lengths, drawn, near)
    copies = equal_rows(vectors.matrix, usable)
    pairs = near_pairs(vectors.matrix[usable[drawn]], near.ids, near.scores)
    numbers = vectors.matrix[usable]
    words = vectors.words
    return InspectionReport(
        words=len(vectors),
        dim=vectors.dim,
        counts_known=vectors.counts is not None,
        value_mean=float(numbers.mean(dtype=np.float64)) if len(usable) else None,
        value_std=float(numbers.std(dtype=np.float64)) if len(usable) else None,
        zero_rows=tuple(words[row] for row in kinds.zero.tolist()),
        nonfinite_rows=tuple(words[row] for row in kinds.nonfinite.tolist()),
        duplicates=tuple(tuple(words[row] for row in group) for group in copies),
        near_duplicates=tuple(
            NearPair(words[usable[drawn[a]]], words[usable[drawn[b]]], cosine) for a, b, cosine in pairs
        ),
        norms=measure_norms(lengths) if len(usable) else None,
        isotropy=measure_isotropy(unit, lengths),
        hubness=_find_hubs(vectors, usable[drawn], near),
        sampled=len(drawn) if len(drawn) < len(usable) else None,
        junk_forms=tuple(filter(has_junk_form, words)),
        threshold=float(threshold),
        anomalies=_find_anomalies(vectors, measures, threshold),
        neighborhoods=_sample_neighborhoods(vectors, usable),
        comparison=None if reference is None else compare_with(vectors, reference),
        measures=measures,
    )


def _check(vectors: Vectors, reference: Vectors | None, threshold: float, seed: int) -> None:
    for name, one in (("vectors", vectors), ("reference", reference)):
        if not isinstance(one, Vectors) and not (name == "reference" and one is None):
            raise TypeError(f"inspect needs Vectors, got {type(one).__name__} as {name}; see load_vectors")
    if not threshold > 0:
        raise ValueError(f"threshold must be above 0, got {threshold}")
    if operator.index(seed) < 0:
        raise ValueError(f"seed must be 0 or more, got {seed}")


def _draw(n: int, seed: int) -> np.ndarray:
    """The rows whose neighbours are looked for, ascending int64."""
    if n <= MOST_WORDS:
        return np.arange(n)
    rng = np.random.Generator(np.random.PCG64(seed))
    return np.sort(rng.choice(n, MOST_WORDS, replace=False))


def _measure(
    vectors: Vectors, usable: np.ndarray, lengths: np.ndarray, drawn: np.ndarray, near: Neighbors
) -> Measures:
    counts = None if vectors.counts is None else vectors.counts[usable]
    crowding, crowding_z, occurrences = (np.full(len(usable), np.nan) for _ in range(3))
    if near.scores.shape[1]:
        crowding[drawn] = near.scores.mean(axis=1, dtype=np.float64)
        crowding_z[drawn] = robust_z(crowding[drawn], None if counts is None else counts[drawn])
        occurrences[drawn] = count_occurrences(near.ids)
    return Measures(
        usable, counts, lengths, robust_z(np.log(lengths), counts), crowding, crowding_z, occurrences
    )


def _find_hubs(vectors: Vectors, rows: np.ndarray, near: Neighbors) -> Hubness | None:
    """None where every row is everybody's neighbour."""
    if len(rows) <= NEIGHBORS + 1:
        return None
    occurrences = count_occurrences(near.ids)
    largest = np.argsort(-occurrences, kind="stable")[:_HUBS]
    hubs = tuple((vectors.words[rows[row]], int(occurrences[row])) for row in largest.tolist())
    return Hubness(skewness(occurrences.astype(np.float64)), float((occurrences == 0).mean()), hubs)


def _find_anomalies(vectors: Vectors, measures: Measures, threshold: float) -> tuple[Anomaly, ...]:
    """The words of which one z-score is beyond the threshold, the farthest first."""
    sizes = np.fmax(np.abs(measures.norm_z), np.abs(measures.crowding_z))  # NaN gives way
    outside = np.flatnonzero(sizes > threshold)
    lowest = 0 if vectors.counts is None else int(vectors.counts[measures.rows].min(initial=2**62))
    found = []
    for place in outside[np.argsort(-sizes[outside], kind="stable")].tolist():
        row = int(measures.rows[place])
        word, count = vectors.words[row], None if vectors.counts is None else int(vectors.counts[row])
        z = float(measures.norm_z[place]), float(np.nan_to_num(measures.crowding_z[place]))
        is_asked = not np.isnan(measures.crowding[place])
        found.append(
            Anomaly(
                word,
                row,
                count,
                float(measures.norms[place]),
                z[0],
                float(measures.crowding[place]) if is_asked else None,
                z[1] if is_asked else None,
                likely_cause(word, count, z, lowest_count=lowest),
            )
        )
    return tuple(found)


def _sample_neighborhoods(vectors: Vectors, usable: np.ndarray) -> tuple[Neighborhood, ...]:
    """Words from the first of the file to its last, their ranks growing by the same factor."""
    if len(usable) < 2:
        return ()
    ranks = np.unique(np.rint(np.geomspace(1, len(usable), _SAMPLES)).astype(np.int64) - 1)
    words = [vectors.words[row] for row in usable[ranks].tolist()]
    answers = vectors.most_similar_many(words, top=_SAMPLE_NEIGHBORS)
    return tuple(Neighborhood(word, tuple(near)) for word, near in zip(words, answers, strict=True))


def _plain(value: Any) -> Any:
    """Named tuples as objects, other tuples as lists."""
    if isinstance(value, tuple):
        fields = getattr(value, "_fields", None)
        parts = [_plain(part) for part in value]
        return parts if fields is None else dict(zip(fields, parts, strict=True))
    return value
