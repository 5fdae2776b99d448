"""The steps and the sampler alone, on one thread, against what the core's arithmetic units can do.

    python -m tests.benchmarks.inner_loop CORPUS [--rounds 5] [--publish]

Every row times the windows of the same chunks, drawn beforehand. Arithmetic counts what the update rule
needs: for each pair of rows (a context, or their mean, and an output) one inner product and two updates,
6 D operations. The roof is NumPy's matrix product of 2,048 x 2,048 float32 on one thread.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import click
import numpy as np

from corpora.corpus import Corpus
from corpora.windows import Windows, WindowSampler
from tests.benchmarks.report import conditions, publish, table
from w2v.engines import kernels
from w2v.initialization import Rows, initial_rows

N_CHUNKS = 100
NEGATIVES = 5
STEPS = {
    "skip-gram": (kernels.skipgram_step, True),
    "CBOW": (kernels.cbow_step, True),
    "skip-gram, negatives per pair": (kernels.skipgram_pairs_step, False),
}
_FIRST_RUN = """
import sys, time
import numpy as np
from w2v.engines import kernels
dim, negatives = int(sys.argv[1]), 5
rows, scratch = np.zeros((2, 9, dim), np.float32), np.empty(kernels.scratch_shape(dim, negatives), np.float32)
ids, none = np.empty(0, np.int32), np.empty((0, negatives), np.int32)
started = time.perf_counter()
getattr(kernels, sys.argv[2])(dim, negatives)(ids, ids, np.zeros(1, np.int64), none, *rows, 0.0, scratch)
print(time.perf_counter() - started)
"""
_PRODUCT = """
import time
import numpy as np
matrix = np.random.default_rng(1).random((2048, 2048), np.float32)
matrix @ matrix
started = time.perf_counter()
for _ in range(5): matrix @ matrix
print(5 * 2 * 2048**3 / (time.perf_counter() - started) / 1e9)
"""


@click.command()
@click.argument("corpus", type=click.Path(exists=True))
@click.option("--rounds", type=int, default=5, show_default=True)
@click.option("--publish", "to_readme", is_flag=True, help="Write the table into the README.")
def main(corpus: str, rounds: int, to_readme: bool) -> None:
    """Time every step in turn, and print a table."""
    prepared = Corpus.prepare([corpus])
    cases = [(name, dim) for dim in (100, 300) for name in STEPS]
    seconds: dict[tuple[str, int], list[tuple[float, float]]] = {case: [] for case in cases}
    windows, roofs = {}, []
    for _ in range(rounds + 1):  # the first round compiles
        roofs.append(_roof())
        for case in cases:
            windows[case], *times = _measure(prepared, *case)
            seconds[case].append(tuple(times))
    roof = statistics.median(roofs[1:])
    rows = [_row(case, windows[case], seconds[case][1:], roof) for case in cases]
    header = [
        "one thread",
        "dim",
        "sampling, ns",
        "step, ns",
        "GFLOP/s",
        "of a matrix product",
        "first run, s",
    ]
    text = table(header, rows)
    text += f"\n\nPer window, medians of {rounds} rounds; the roof, a matrix product, is {roof:.0f} GFLOP/s. "
    text += conditions("inner_loop")
    click.echo(text)
    if to_readme:
        publish("inner loop", text)


def _measure(corpus: Corpus, name: str, dim: int) -> tuple[tuple[int, int], float, float]:
    """Windows and contexts, seconds of sampling, and seconds of the step over the same chunks."""
    factory, share_negatives = STEPS[name]
    sampler = WindowSampler(corpus, negatives=NEGATIVES, share_negatives=share_negatives)
    step = factory(dim, NEGATIVES)
    rows = initial_rows(len(corpus.vocabulary), dim, seed=1)
    scratch = np.empty(kernels.scratch_shape(dim, NEGATIVES), np.float32)
    room = sampler.allocate()
    first = sampler.n_chunks // 2
    chunks = [sampler.sample(0, first + chunk) for chunk in range(N_CHUNKS)]
    started = time.perf_counter()
    for chunk in range(N_CHUNKS):
        sampler.sample(0, first + chunk, room=room)
    sampled = time.perf_counter()
    _take_steps(step, chunks, rows, scratch)
    ended = time.perf_counter()
    n_windows = sum(len(windows.centers) for windows in chunks)
    n_contexts = sum(len(windows.contexts) for windows in chunks)
    return (n_windows, n_contexts), sampled - started, ended - sampled


def _take_steps(step: Callable[..., None], chunks: list[Windows], rows: Rows, scratch: np.ndarray) -> None:
    for windows in chunks:
        step(*windows, *rows, 0.025, scratch)


def _row(
    case: tuple[str, int], counts: tuple[int, int], seconds: list[tuple[float, float]], roof: float
) -> list[str]:
    (name, dim), (n_windows, n_contexts) = case, counts
    sampling, step = (statistics.median(side) for side in zip(*seconds, strict=True))
    n_inputs = n_windows if name == "CBOW" else n_contexts
    operations = 6 * dim * (1 + NEGATIVES) * n_inputs + (2 * dim * n_contexts if name == "CBOW" else 0)
    rate = operations / step / 1e9
    return [
        name,
        str(dim),
        f"{sampling / n_windows * 1e9:.0f}",
        f"{step / n_windows * 1e9:.0f}",
        f"{rate:.0f}",
        f"{rate / roof:.0%}",
        f"{_compile_seconds(name, dim):.1f}",
    ]


def _compile_seconds(name: str, dim: int) -> float:
    """What a process pays whose dim and negatives were never used before."""
    with tempfile.TemporaryDirectory() as folder:
        return float(_run(_FIRST_RUN, str(dim), STEPS[name][0].__name__, NUMBA_CACHE_DIR=folder))


def _roof() -> float:
    """GFLOP/s of NumPy's matrix product on one thread."""
    return float(_run(_PRODUCT, OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1"))


def _run(program: str, *arguments: str, **environment: str) -> str:
    """What a program prints in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    ).stdout


if __name__ == "__main__":
    main()
