"""What `w2v inspect` finds: planted faults of each kind, anomalies of an honest model, and the time it takes.

    python -m tests.benchmarks.inspection corpus.txt [--planted 100] [--publish]

A model is trained on the text, and faults are planted into a copy of it. Junk is planted into the text
itself as well, before a training of its own: tokens of markup, addresses and hexadecimal numbers between the
words, and one sentence of words that stand nowhere else, repeated: boilerplate.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np

import w2v
from tests.benchmarks.report import conditions, publish, table
from w2v import InspectionReport, Vectors
from w2v.inspection.outliers import CAUSES

_SPEED_WORDS, _SPEED_DIM = 100_000, 100
_BOILERPLATE = tuple(f"boilerplateword{letter}" for letter in "abcdefghijkl")
_BOILERPLATE_EVERY = 700  # lines
_FEWEST, _MOST = 10, 500  # occurrences of junk tokens


class Found(NamedTuple):
    """How many faults of a kind were planted, and in which part of the report they are."""

    kind: str
    planted: int
    named: int  # in the list for the kind
    anomalies: int | None  # as words that fall outside; None where rows are left out of that


@click.command()
@click.argument("corpus", type=click.Path(exists=True))
@click.option("--planted", type=int, default=100, show_default=True, help="Faults of each kind.")
@click.option("--rounds", type=int, default=3, show_default=True, help="Of the timing.")
@click.option("--publish", "to_readme", is_flag=True, help="Write the table into the README.")
def main(corpus: str, planted: int, rounds: int, to_readme: bool) -> None:
    """Train, plant, inspect, and print a table."""
    rng = np.random.Generator(np.random.PCG64(1))
    honest = _train(Path(corpus))
    report = w2v.inspect(honest)
    found = _plant_rows(honest, rng, planted)
    with tempfile.TemporaryDirectory() as folder:
        found += _plant_text(Path(corpus), Path(folder), rng, planted)
    rows = [
        [one.kind, str(one.planted), str(one.named), "" if one.anomalies is None else str(one.anomalies)]
        for one in found
    ]
    text = table(["planted", "how many", "named", "of them as outside"], rows)
    text += "\n\n" + _describe(report) + " " + _time(rounds) + " " + conditions("inspection")
    click.echo(text)
    if to_readme:
        publish("inspection", text)


def _train(path: Path) -> Vectors:
    return w2v.train(w2v.Corpus.prepare([path], min_count=5), w2v.TrainConfig(), report=None)


def _describe(report: InspectionReport) -> str:
    """What an honest model raises."""
    causes = [anomaly.cause for anomaly in report.anomalies]
    shares = ", ".join(f"{causes.count(cause)} {cause}" for cause in CAUSES)
    return (
        f"The honest model of {report.words:,} words: {10_000 * len(causes) / report.words:.0f} anomalies in "
        f"10,000 words ({shares}), {len(report.duplicates)} equal rows, {len(report.near_duplicates)} near "
        f"ones, {len(report.junk_forms)} words spelled as no word is."
    )


def _time(rounds: int) -> str:
    """Seconds for 100,000 random rows."""
    rng = np.random.Generator(np.random.PCG64(2))
    matrix = rng.normal(size=(_SPEED_WORDS, _SPEED_DIM)).astype(np.float32)
    counts = np.sort(rng.integers(5, 100_000, _SPEED_WORDS))[::-1].copy()
    vectors = Vectors(tuple(f"word{row}" for row in range(_SPEED_WORDS)), matrix, counts)
    seconds, processor = [], []
    for _ in range(rounds):
        before = time.perf_counter(), time.process_time()
        w2v.inspect(vectors)
        seconds.append(time.perf_counter() - before[0])
        processor.append(time.process_time() - before[1])
    wall, busy = statistics.median(seconds), statistics.median(processor)
    return f"{_SPEED_WORDS:,} words x {_SPEED_DIM}: {wall:.0f} s ({busy:.0f} s of processor time)."


def _plant_rows(honest: Vectors, rng: np.random.Generator, n: int) -> list[Found]:
    """Rows scaled, copied, emptied and broken, and junk tokens, all in one copy of a model."""
    matrix = honest.matrix.copy()
    factors = (0.25, 0.5, 2.0, 4.0)
    groups = rng.choice(len(honest), (len(factors) + 7, n), replace=False)
    scaled, (copied, source, longer, longer_source, zero, broken, like) = groups[:4], groups[4:]
    for rows, factor in zip(scaled, factors, strict=True):
        matrix[rows] *= np.float32(factor)
    matrix[copied] = matrix[source]
    matrix[longer] = matrix[longer_source] * np.float32(1.5)
    matrix[zero] = 0
    matrix[broken, 0] = np.nan
    tokens = _junk_tokens(rng, n)
    report = w2v.inspect(_with_noise(honest, matrix, tokens, like, rng))
    outside = {anomaly.word for anomaly in report.anomalies}
    lists = {
        "rows copied": (copied, {word for group in report.duplicates for word in group}),
        "rows copied, times 1.5": (longer, {word for pair in report.near_duplicates for word in pair[:2]}),
        "rows of zeros": (zero, {*report.zero_rows}),
        "rows with NaN": (broken, {*report.nonfinite_rows}),
    }
    found = []
    for rows, factor in zip(scaled, factors, strict=True):
        n_found = len(outside & {honest.words[row] for row in rows.tolist()})
        found.append(Found(f"rows times {factor:g}", n, n_found, n_found))
    for kind, (rows, named) in lists.items():
        found.append(Found(kind, n, len(named & {honest.words[row] for row in rows.tolist()}), None))
    return [*found, _count_junk("junk tokens, rows of noise", tokens, report)]


def _with_noise(
    honest: Vectors, matrix: np.ndarray, tokens: Sequence[str], like: np.ndarray, rng: np.random.Generator
) -> Vectors:
    """The model and tokens of random directions, with norms and counts like those of other words."""
    noise = rng.normal(size=(len(tokens), honest.dim))
    lengths = np.linalg.norm(honest.matrix[like], axis=1) / np.linalg.norm(noise, axis=1)
    rows = np.vstack([matrix, (noise * lengths[:, None]).astype(np.float32)])
    return Vectors((*honest.words, *tokens), rows, np.concatenate([honest.counts, honest.counts[like]]))


def _plant_text(corpus: Path, folder: Path, rng: np.random.Generator, n: int) -> list[Found]:
    """Junk tokens between the words of the text, from 10 to 500 times each, and boilerplate."""
    tokens = _junk_tokens(rng, n)
    times = np.geomspace(_FEWEST, _MOST, n).astype(np.int64)
    pool = rng.permutation(np.repeat(np.arange(n), times)).tolist()
    path = folder / "planted.txt"
    n_lines = sum(1 for _ in corpus.open("rb"))
    places = np.bincount(rng.integers(0, n_lines, len(pool)), minlength=n_lines).tolist()
    with corpus.open(encoding="utf-8") as source, path.open("w", encoding="utf-8") as target:
        for number, line in enumerate(source):
            words = line.split()
            for _ in range(places[number]):
                words.insert(int(rng.integers(0, len(words) + 1)), tokens[pool.pop()])
            target.write(" ".join(words) + "\n")
            if number % _BOILERPLATE_EVERY == 0:
                target.write(" ".join(_BOILERPLATE) + "\n")
    vectors = _train(path)
    report = w2v.inspect(vectors)
    outside = {anomaly.word for anomaly in report.anomalies if anomaly.cause == "boilerplate"}
    n_found = len(outside.intersection(_BOILERPLATE))
    known = [token for token in tokens if token in vectors]
    return [
        _count_junk("junk tokens, in the text", known, report),
        Found("boilerplate, in the text", len(_BOILERPLATE), n_found, n_found),
    ]


def _count_junk(kind: str, tokens: Sequence[str], report: InspectionReport) -> Found:
    outside = {anomaly.word for anomaly in report.anomalies if anomaly.cause == "junk token"}
    named = outside | {*report.junk_forms}
    return Found(kind, len(tokens), len(named.intersection(tokens)), len(outside.intersection(tokens)))


def _junk_tokens(rng: np.random.Generator, n: int) -> list[str]:
    """Different tokens of five kinds in turn."""
    numbers = rng.choice(2**40, n, replace=False).tolist()
    makers = (
        lambda number: f"<div{number}>",
        lambda number: f"http://x{number}.com",
        lambda number: f"&nbsp;{number}",
        lambda number: f"{number:x}a1b2c3d4",
        lambda number: f"=-=-={number}",
    )
    return [makers[place % len(makers)](number) for place, number in enumerate(numbers)]


if __name__ == "__main__":
    main()
