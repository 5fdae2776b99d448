"""Counting and encoding a corpus against gensim's vocabulary scan, in turn; and memory against corpus size.

    python -m tests.benchmarks.preparing CORPUS [--publish]

In each round each side runs twice in a row, and the second run counts. The first, after the other side's
seconds, is shown beside it: a virtual machine may give memory back to its host meanwhile.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from gensim.models import Word2Vec

from corpora import planted
from corpora.corpus import Corpus
from tests.benchmarks.report import PEAK_LINES, conditions, publish, table

_PEAK_MEMORY = f"""
import sys
from corpora.corpus import Corpus
Corpus.prepare([sys.argv[1]], cache=sys.argv[2])
{PEAK_LINES}
print(peak)
"""


@click.command()
@click.argument("corpus", type=click.Path(exists=True))
@click.option("--rounds", type=int, default=7, show_default=True)
@click.option("--planted-words", type=int, default=180_000_000, show_default=True, help="Of the larger text.")
@click.option("--publish", "to_readme", is_flag=True, help="Write the table into the README.")
def main(corpus: str, rounds: int, planted_words: int, to_readme: bool) -> None:
    """Measure both, and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        Corpus.prepare([corpus], cache=folder)  # compiles, and warms the page cache
    gensim, first, cold, warm, n_words = [], [], [], [], 0
    for _ in range(rounds):
        _time_gensim(corpus)
        gensim.append(_time_gensim(corpus))
        with tempfile.TemporaryDirectory() as folder:
            first.append(_time_prepare(corpus, folder)[0])
        with tempfile.TemporaryDirectory() as folder:
            seconds, prepared = _time_prepare(corpus, folder)
            cold.append(seconds)
            warm.append(_time_prepare(corpus, folder)[0])
            n_words = int(prepared.summary["words"])
    ratios = [g / c for g, c in zip(gensim, cold, strict=True)]
    first_ratios = [g / c for g, c in zip(gensim, first, strict=True)]
    small, large = _peak_memory(planted_words // 10), _peak_memory(planted_words)
    rows = [
        ["gensim `build_vocab(corpus_file=...)`", f"{_rate(n_words, gensim)} million words/s"],
        ["w2v: count and encode, cold cache", f"{_rate(n_words, cold)} million words/s"],
        ["ratio (lowest to highest)", _spread(ratios)],
        ["ratio of the first of two runs in a row", _spread(first_ratios)],
        ["w2v: warm cache", f"{1000 * statistics.median(warm):.0f} ms"],
        [f"peak memory, planted text of {small[1] >> 20:,} MiB", f"{small[0]:.0f} MiB"],
        [f"peak memory, planted text of {large[1] >> 20:,} MiB, same words", f"{large[0]:.0f} MiB"],
    ]
    text = table(["preparing", "figure"], rows)
    text += f"\n\nMedians of {rounds} rounds in turn. "
    text += conditions("preparing")
    click.echo(text)
    if to_readme:
        publish("preparing", text)


def _time_gensim(corpus: str) -> float:
    model = Word2Vec(min_count=5)
    started = time.perf_counter()
    model.build_vocab(corpus_file=corpus)
    return time.perf_counter() - started


def _time_prepare(corpus: str, folder: str) -> tuple[float, Corpus]:
    started = time.perf_counter()
    prepared = Corpus.prepare([corpus], cache=folder)
    return time.perf_counter() - started, prepared


def _spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"


def _rate(n_words: int, seconds: list[float]) -> str:
    return f"{n_words / statistics.median(seconds) / 1e6:.1f}"


def _peak_memory(n_words: int) -> tuple[float, int]:
    """Peak MiB of a process that prepares a planted text, and the bytes of the text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "planted.txt"
        with path.open("wb") as file:
            file.writelines(planted.generate(n_words))
        command = [sys.executable, "-c", _PEAK_MEMORY, str(path), folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return float(done.stdout), path.stat().st_size


if __name__ == "__main__":
    main()
