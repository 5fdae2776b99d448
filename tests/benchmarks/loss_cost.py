"""What measuring the loss of the training costs: its share of a training's processor time.

    python -m tests.benchmarks.loss_cost CORPUS [--publish]

One thread trains an epoch; the time of the loss kernels is taken inside it, by the clock of the thread, since
two trainings in turn differ by more than what is looked for. What the step saves is not taken off, though it
finds in the cache the rows that were just measured.
"""

from __future__ import annotations

import time

import click

import w2v
from tests.benchmarks.report import conditions, publish, table
from w2v.engines.hogwild import HogwildEngine

CASES = [(architecture, dim) for architecture in ("skipgram", "cbow") for dim in (100, 300)]


class TimedEngine(HogwildEngine):
    """Remembers the seconds that its loss kernels took."""

    seconds = 0.0

    def _loss(self, *arguments):
        begun = time.thread_time()
        found = super()._loss(*arguments)
        self.seconds += time.thread_time() - begun
        return found


@click.command()
@click.argument("corpus", type=click.Path(exists=True))
@click.option("--publish", "to_readme", is_flag=True, help="Write the table into the README.")
def main(corpus: str, to_readme: bool) -> None:
    """Train an epoch of every case, and print a table."""
    prepared = w2v.Corpus.prepare([corpus])
    rows = []
    for architecture, dim in CASES:
        share, loss = measure(prepared, architecture, dim)
        rows.append([architecture, str(dim), f"{share:.1%}", f"{loss:.3f}"])
        click.echo(" | ".join(rows[-1]), err=True)
    text = table(["architecture", "dim", "share of the time", "loss of the epoch"], rows)
    text += "\n\n" + conditions("loss_cost")
    click.echo(text)
    if to_readme:
        publish("loss cost", text)


def measure(corpus: w2v.Corpus, architecture: str, dim: int) -> tuple[float, float]:
    """The share of processor time that the loss takes, and the loss; of a second run: the first compiles."""
    config = w2v.TrainConfig(architecture=architecture, dim=dim, epochs=1)
    for _ in range(2):
        engine = TimedEngine(architecture, threads=1)
        begun = time.process_time()
        vectors = w2v.train(corpus, config, engine=engine)
        share = engine.seconds / (time.process_time() - begun)
    return share, vectors.metadata["training"]["losses"][0]


if __name__ == "__main__":
    main()
