"""What a checkpoint costs a training: how long it stands still, and the time of the processor.

    python -m tests.benchmarks.checkpoint [--words 3000000] [--dim 300] [--rounds 2] [--folder DIR]

A plain copy writes the bytes of both tables to one file, and syncs it. The first checkpoint of a training
pays for the memory of the copy as well. Shares are of a training that saves itself every five minutes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from tests.benchmarks.report import conditions, publish, table
from w2v.checkpoint import Checkpoints
from w2v.engines.hogwild import HogwildEngine
from w2v.initialization import Rows, initial_rows
from w2v.watch import require_finite

EVERY_SECONDS = 300.0


def copy_plainly(rows: Rows, path: Path) -> None:
    """Both tables into one file, and nothing else."""
    with open(path, "wb", buffering=0) as file:
        for array in rows:
            rest = array.data.cast("B")
            while len(rest):
                rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    path.unlink()


def save(rows: Rows, folder: Path) -> None:
    """A checkpoint that is waited for."""
    Checkpoints(folder).save_now({}, rows._asdict())
    shutil.rmtree(folder)


def seconds(work: Callable[[], object]) -> float:
    """Seconds that a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure_pauses(rows: Rows, folder: Path, rounds: int) -> list[list[str]]:
    """Rows of the table for checkpoints that are written while the training goes on."""
    checkpoints = Checkpoints(folder)
    lines = []
    for number in range(rounds):
        started, processor = time.perf_counter(), time.process_time()
        require_finite(rows, HogwildEngine())
        checkpoints.save({}, rows._asdict(), 0)
        pause = time.perf_counter() - started
        checkpoints.close() if number + 1 == rounds else checkpoints._await_writing()
        used = time.process_time() - processor
        written = time.perf_counter() - started
        shares = f"{pause / EVERY_SECONDS:.1%}", f"{used / EVERY_SECONDS / (os.cpu_count() or 1):.1%}"
        name = "the first in a training" if number == 0 else "the next"
        lines.append(
            [name, f"{written:.1f} s", f"{pause:.1f} s ({shares[0]})", f"{used:.1f} s ({shares[1]})"]
        )
    return lines


@click.command()
@click.option("--words", default=3_000_000)
@click.option("--dim", default=300)
@click.option("--rounds", default=2)
@click.option("--folder", type=click.Path(file_okay=False))
@click.option("--publish", "is_published", is_flag=True)
def main(words: int, dim: int, rounds: int, folder: str | None, is_published: bool) -> None:
    """Measures, prints, and writes the README's table if asked to."""
    rows = initial_rows(words, dim, seed=1)
    rows.output_rows[:] = rows.input_rows
    lines = []
    with tempfile.TemporaryDirectory(dir=folder) as inside:
        for _ in range(rounds):
            plain = seconds(lambda: copy_plainly(rows, Path(inside) / "plain"))
            saved = seconds(lambda: save(rows, Path(inside) / "saved"))
            lines.append(["waited for", f"{saved:.1f} s, {saved / plain:.1f} of a plain copy", "-", "-"])
        lines += measure_pauses(rows, Path(inside) / "passing", rounds)
    size = 2 * rows.input_rows.nbytes / 1e9
    header = [
        f"{words:,} words x {dim}, {size:.1f} GB",
        "written in",
        "training stands still",
        "processor time",
    ]
    text = f"{table(header, lines)}\n\n{conditions('checkpoint')}"
    print(text)
    if is_published:
        publish("checkpoint", text)


if __name__ == "__main__":
    main()
