"""Loading vectors against gensim, in turn: text, binary, and w2v's own file mapped; time and peak memory.

    python -m tests.benchmarks.loading [--rounds 3] [--publish]

Each figure is that of a process of its own, which has loaded a small file of the kind before, so that imports
and compiled kernels do not count. Peak memory is above what the process held then. Just before, on both sides
alike, the file is read and as much memory is touched as loading takes: a virtual machine may give idle memory
back to its host, and the first to want it again would pay.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np

from tests.benchmarks.report import PEAK_LINES, conditions, publish, table
from w2v.formats import save_vectors
from w2v.vectors import Vectors

_LOADERS = {
    "gensim": "from gensim.models import KeyedVectors\n"
    "load = lambda path: KeyedVectors.load_word2vec_format(path, binary=path.endswith('.bin'))",
    "w2v": "from w2v.formats import load_vectors\nload = load_vectors",
    "w2v mapped": "from w2v.formats import load_vectors\nload = lambda path: load_vectors(path, mmap=True)",
}
_PROGRAM = f"""
import sys, time
{{loader}}
load(sys.argv[1])
{PEAK_LINES}
before = peak
started = time.perf_counter()
vectors = load(sys.argv[2])
seconds = time.perf_counter() - started
{PEAK_LINES}
print(seconds, peak - before)
"""
_KINDS = {
    ".txt": ("word2vec text", ("gensim", "w2v")),
    ".bin": ("word2vec binary", ("gensim", "w2v")),
    ".safetensors": ("native", ("w2v", "w2v mapped")),
}


@click.command()
@click.option("--rounds", type=int, default=3, show_default=True)
@click.option("--words", type=int, default=400_000, show_default=True)
@click.option("--dim", type=int, default=300, show_default=True)
@click.option("--publish", "to_readme", is_flag=True, help="Write the table into the README.")
def main(rounds: int, words: int, dim: int, to_readme: bool) -> None:
    """Measure, and print a table."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), words, dim)
        for suffix in _KINDS:
            rows += _compare(Path(folder), suffix, rounds, matrix_mib=words * dim * 4 / 2**20)
    header = [f"{words:,} words x {dim}", "seconds", "peak, MiB (matrices)", "times as fast as gensim"]
    text = table(header, rows) + f"\n\nMedians of {rounds} rounds in turn. " + conditions("loading")
    click.echo(text)
    if to_readme:
        publish("loading", text)


def _compare(folder: Path, suffix: str, rounds: int, *, matrix_mib: float) -> list[list[str]]:
    """Rows of the table for one kind of file."""
    kind, sides = _KINDS[suffix]
    found = [[_measure(side, folder, suffix) for side in sides] for _ in range(rounds)]
    rows = []
    for place, side in enumerate(sides):
        seconds = statistics.median(each[place][0] for each in found)
        peak = statistics.median(each[place][1] for each in found)
        ratio = ""
        if sides[0] == "gensim" and side != "gensim":
            ratios = [each[0][0] / each[place][0] for each in found]
            ratio = f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
        rows.append([f"{kind}, {side}", f"{seconds:.2f}", f"{peak:,.0f} ({peak / matrix_mib:.2f})", ratio])
    return rows


def _write(folder: Path, n_words: int, dim: int) -> None:
    """A large and a small file of each kind, of normally distributed numbers."""
    rng = np.random.default_rng(1)
    matrix = np.empty((n_words, dim), dtype=np.float32)
    for start in range(0, n_words, 10_000):
        part = matrix[start : start + 10_000]
        part[:] = rng.normal(0, 0.3, size=part.shape)
    words = tuple(f"word{row}" for row in range(n_words))
    for suffix in _KINDS:
        save_vectors(Vectors(words, matrix), folder / f"large{suffix}")
        save_vectors(Vectors(words[:100], matrix[:100]), folder / f"small{suffix}")


def _measure(side: str, folder: Path, suffix: str) -> tuple[float, float]:
    """Seconds and MiB above the start of one process."""
    program = _PROGRAM.format(loader=_LOADERS[side])
    paths = [str(folder / f"{size}{suffix}") for size in ("small", "large")]
    _make_ready(Path(paths[1]))
    command = [sys.executable, "-c", program, *paths]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def _make_ready(path: Path) -> None:
    """Has the file in the system's cache, and as much memory as it has bytes, twice, free at once."""
    np.ones(2 * path.stat().st_size, dtype=np.uint8)
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


if __name__ == "__main__":
    main()
