"""Answering Google's analogies against gensim's `evaluate_word_analogies`, in turn, on the same vectors.

    python -m tests.benchmarks.evaluation QUESTIONS [--publish]

QUESTIONS is questions-words.txt. The vectors are random: the words of all questions and others, so that no
question is skipped. Both sides read the file each time; compilation, which happens once, is not counted.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable

import click
import numpy as np

from tests.benchmarks.report import conditions, publish, table
from w2v.evaluation.analogies import evaluate_analogies
from w2v.evaluation.sets import read_questions
from w2v.vectors import Vectors

N_WORDS = 30_000


@click.command()
@click.argument("questions", type=click.Path(exists=True))
@click.option("--dim", type=int, default=100, show_default=True)
@click.option("--rounds", type=int, default=5, show_default=True)
@click.option("--publish", "to_readme", is_flag=True, help="Write the table into the README.")
def main(questions: str, dim: int, rounds: int, to_readme: bool) -> None:
    """Measure both, and print a table."""
    vectors = _random_vectors(questions, dim)
    keyed = vectors.to_gensim()
    sides = {
        "gensim": lambda: keyed.evaluate_word_analogies(questions, restrict_vocab=N_WORDS),
        "3cosadd": lambda: evaluate_analogies(vectors, questions, method="3cosadd", max_words=N_WORDS),
        "3cosmul": lambda: evaluate_analogies(vectors, questions, method="3cosmul", max_words=N_WORDS),
    }
    n_questions = sides["3cosadd"]().total.seen
    sides["3cosmul"]()
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            seconds[name].append(_time(run))
    median = {name: statistics.median(times) for name, times in seconds.items()}
    ratios = [gensim / ours for gensim, ours in zip(seconds["gensim"], seconds["3cosadd"], strict=True)]
    spread = f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
    rows = [
        ["gensim, 3CosAdd", f"{median['gensim']:.2f} s"],
        ["w2v, 3CosAdd, with the place of every right answer", f"{median['3cosadd']:.2f} s"],
        ["w2v, 3CosMul, the same", f"{median['3cosmul']:.2f} s"],
        ["3CosAdd: w2v is faster by (lowest to highest)", spread],
        ["memory of w2v beside the vectors, at most", f"{_peak(sides['3cosadd']):.0f} MiB"],
    ]
    text = table([f"{n_questions:,} analogies over {N_WORDS:,} words, {dim} dimensions", "figure"], rows)
    text += f"\n\nMedians of {rounds} rounds in turn. " + conditions("evaluation")
    click.echo(text)
    if to_readme:
        publish("evaluation", text)


def _random_vectors(questions: str, dim: int) -> Vectors:
    """The words of the questions, and others up to the limit, with rows of normal numbers."""
    asked = {word for words in read_questions(questions).words for word in words}
    words = [*sorted(asked), *(f"other-{n}" for n in range(N_WORDS - len(asked)))]
    matrix = np.random.default_rng(1).normal(size=(N_WORDS, dim)).astype(np.float32)
    return Vectors(tuple(words), matrix)


def _time(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _peak(run: Callable[[], object]) -> float:
    """MiB that a run holds at most, as NumPy and Python report them."""
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


if __name__ == "__main__":
    main()
