"""Training speed and memory against corpus size, vocabulary, dimensions and threads, on planted texts.

    python -m tests.benchmarks.growth [--largest 100] [--publish]

Every figure is from a process of its own, so that peak memory is that of one training.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import click

from corpora import planted
from corpora.storage import write_file
from tests.benchmarks.report import PEAK_LINES, conditions, publish, table

_CHILD = f"""
import json, sys
import w2v
path, folder = sys.argv[1:3]
dim, threads, min_count = map(int, sys.argv[3:])
corpus = w2v.Corpus.prepare([path], cache=folder, min_count=min_count)
seconds = [0.0]
engine = w2v.HogwildEngine("skipgram", threads=threads)
config = w2v.TrainConfig(dim=dim, epochs=1)
w2v.train(corpus, config, engine=engine, report=lambda progress: seconds.append(progress.seconds))
{PEAK_LINES}
print(json.dumps([corpus.summary["words"], len(corpus.vocabulary), seconds[-1], peak]))
"""


class Case(NamedTuple):
    """One training: a planted text and the settings that vary."""

    group: str
    million_words: int
    filler_words: int = 50_000
    dim: int = 100
    threads: int = 2
    min_count: int = 5


@click.command()
@click.option("--largest", type=int, default=100, show_default=True, help="Million words.")
@click.option("--publish", "to_readme", is_flag=True, help="Write the table into the README.")
def main(largest: int, to_readme: bool) -> None:
    """Train every case once and print a table."""
    cases = [Case("corpus", n) for n in (1, 10, 100, 1000) if n <= largest]
    fillers = (10_000, 100_000, 1_000_000, 8_000_000)
    cases += [Case("vocabulary", 120, filler_words=n, min_count=1) for n in fillers]
    cases += [Case("dimensions", 5, dim=dim) for dim in (50, 100, 200, 300, 512, 1000)]
    cases += [Case("threads", 10, threads=threads) for threads in (1, 2)]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            _measure(Case("compile", 1, dim=case.dim), folder)
            rows.append(_row(case, *_measure(case, folder)))
            click.echo(" | ".join(rows[-1]), err=True)
    header = ["varied", "million words", "vocabulary", "dim", "threads", "k words/s", "peak", "above tables"]
    text = table(header, rows) + "\n\n"
    text += conditions("growth")
    click.echo(text)
    if to_readme:
        publish("growth", text)


def _measure(case: Case, folder: str) -> tuple[int, int, float, float]:
    """Raw words, vocabulary, seconds of training, and peak MiB."""
    path = Path(folder) / "planted.txt"
    with write_file(path) as file:
        file.writelines(planted.generate(case.million_words * 1_000_000, n_filler_words=case.filler_words))
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        arguments = [str(path), cache, *map(str, (case.dim, case.threads, case.min_count))]
        done = subprocess.run([sys.executable, "-c", _CHILD, *arguments], check=True, stdout=subprocess.PIPE)
    return tuple(json.loads(done.stdout))


def _row(case: Case, n_words: int, vocabulary: int, seconds: float, peak: float) -> list[str]:
    tables = 2 * 4 * vocabulary * case.dim / 2**20
    return [
        case.group,
        f"{n_words / 1e6:,.0f}",
        f"{vocabulary:,}",
        str(case.dim),
        str(case.threads),
        f"{n_words / seconds / 1000:,.0f}",
        f"{peak:,.0f} MiB",
        f"{peak - tables:,.0f} MiB",
    ]


if __name__ == "__main__":
    main()
