"""Training speed against gensim, whole commands in turn, with the same options on the same corpus.

    python -m tests.benchmarks.speed CORPUS [--dim 300] [--architecture cbow] [--rounds 5] [--publish]

Each round runs gensim (`corpus_file`, its fastest way) and then `w2v train` with an empty corpus cache and
compiled kernels. Ratios are taken round by round; medians are shown.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import click

from tests.benchmarks.report import conditions, publish, table


class Run(NamedTuple):
    """One whole command: figures of the training, seconds on the clock and the processors, peak MiB."""

    raw: float
    effective: float
    wall: float
    cpu: float
    memory: float


@click.command()
@click.argument("corpus", type=click.Path(exists=True))
@click.option(
    "--architecture", type=click.Choice(["skipgram", "cbow"]), default="skipgram", show_default=True
)
@click.option("--dim", type=int, default=100, show_default=True)
@click.option("--window", type=int, default=5, show_default=True)
@click.option("--negatives", type=int, default=5, show_default=True)
@click.option("--epochs", type=int, default=5, show_default=True)
@click.option("--threads", type=int, default=2, show_default=True)
@click.option("--rounds", type=int, default=5, show_default=True)
@click.option(
    "--negatives-per", type=click.Choice(["window", "pair"]), default="window", help="Of w2v alone."
)
@click.option("--publish", "to_readme", is_flag=True, help="Write the table into the README.")
def main(corpus: str, rounds: int, negatives_per: str, to_readme: bool, **options: str | int) -> None:
    """Run both sides in turn and print a table."""
    flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    own_flags = [*flags, "--negatives-per", negatives_per]
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        _run_w2v(corpus, own_flags, folder)  # compiles
        for _ in range(rounds):
            pairs.append((_run_gensim(corpus, flags, folder), _run_w2v(corpus, own_flags, folder)))
            click.echo(" ".join(f"{run.raw:,.0f} words/s {run.wall:.1f}s" for run in pairs[-1]), err=True)
    text = _describe(pairs, options | {"negatives per": negatives_per})
    text += f"\n\nMedians of {rounds} rounds in turn. "
    text += conditions("speed")
    click.echo(text)
    if to_readme:
        suffix = " pair" if negatives_per == "pair" else ""
        publish(f"speed {options['architecture']} {options['dim']}{suffix}", text)


def _describe(pairs: list[tuple[Run, Run]], options: dict[str, str | int]) -> str:
    rows = []
    for name, field, unit, show in (
        ("training, raw words", "raw", "/s", lambda value: f"{value / 1000:,.0f} k"),
        (
            "training, effective words (after subsampling)",
            "effective",
            "/s",
            lambda value: f"{value / 1000:,.0f} k",
        ),
        ("whole command, wall time", "wall", " s", lambda value: f"{value:,.1f}"),
        ("whole command, processor time", "cpu", " s", lambda value: f"{value:,.1f}"),
        ("peak memory", "memory", " MiB", lambda value: f"{value:,.0f}"),
    ):
        sides = [[getattr(pair[side], field) for pair in pairs] for side in (0, 1)]
        ratios = [g / w if unit in (" s", " MiB") else w / g for g, w in zip(*sides, strict=True)]
        spread = f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
        rows.append([name, *(show(statistics.median(side)) + unit for side in sides), spread])
    label = ", ".join(f"{name} {value}" for name, value in options.items())
    return table([label, "gensim", "w2v", "w2v is better by"], rows)


def _run_gensim(corpus: str, flags: list[str], folder: str) -> Run:
    return _run(
        [sys.executable, "-m", "tests.benchmarks.gensim_train", corpus, f"{folder}/gensim.bin", *flags]
    )


def _run_w2v(corpus: str, flags: list[str], folder: str) -> Run:
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        command = str(Path(sys.executable).with_name("w2v"))
        return _run([command, "train", corpus, "-o", f"{folder}/w2v.bin", "--cache", cache, "--json", *flags])


def _run(command: list[str]) -> Run:
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    figures = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    if status:
        raise SystemExit(f"{command} ended with status {status}")
    return Run(
        figures["words_per_second"],
        figures["effective_words_per_second"],
        wall,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
    )


if __name__ == "__main__":
    main()
