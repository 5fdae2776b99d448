"""`w2v demo`: the main job on a generated text whose analogies are known."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from cli.options import json_option, note_first_run, require_vectors_output, threads_option, usage_errors
from cli.output import escape, print_json, print_line, print_note, print_rows

if TYPE_CHECKING:
    from w2v.vectors import Vectors

TOTAL = "total"
ENOUGH = 0.95


@click.command()
@click.option(
    "-o", "--output", default="w2v-demo.safetensors", show_default=True, type=click.Path(), metavar="OUT"
)
@click.option(
    "--words",
    "n_words",
    type=click.IntRange(min=100_000),
    default=1_500_000,
    show_default=True,
    help="Text length.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Another seed, another text."
)
@threads_option
@json_option
def demo(output: str, n_words: int, seed: int, threads: int | None, as_json: bool) -> None:
    """Train on a generated text and check the answers: is everything installed, and what can it do?

    The text is made so that its analogies are known, such as paris : france = rome : italy.
    """
    from cli.train import train_and_save
    from corpora import planted
    from corpora.corpus import Corpus
    from corpora.storage import write_file
    from w2v.config import TrainConfig
    from w2v.engines.hogwild import HogwildEngine

    require_vectors_output(output)
    with usage_errors():
        config = TrainConfig(seed=seed)
    with tempfile.TemporaryDirectory(prefix="w2v-demo-") as folder:
        text = Path(folder) / "planted.txt"
        click.echo(f"writing a text of {n_words:,} words", err=True)
        with write_file(text) as file:
            file.writelines(planted.generate(n_words, seed=seed))
        note_first_run()
        corpus = Corpus.prepare([text], cache=folder, threads=threads)
        engine = HogwildEngine(config.architecture, threads=threads)
        vectors, result = train_and_save(corpus, config, output, engine=engine)
    sections = _answer(vectors, planted.analogies())
    if as_json:
        correct, seen = sections[TOTAL]
        print_json(result | {"analogies": {"correct": correct, "total": seen, "accuracy": correct / seen}})
        return
    print_rows(
        [
            (name, f"{correct / seen:7.1%}", f"{correct} of {seen}")
            for name, (correct, seen) in sections.items()
        ]
    )
    correct, seen = sections[TOTAL]
    if correct < ENOUGH * seen:
        print_note(f"{n_words:,} words are too few to learn all of it; 1,000,000 are enough")
    shown = escape(output)
    print_line(
        f"\nThe vectors are in {shown}. What next?\n"
        f"  w2v similar {shown} france\n"
        f"  w2v analogy {shown} paris france rome\n"
        f"  w2v train your-text.txt -o vectors.safetensors    (add --tokenizer words for raw text)"
    )


def _answer(
    vectors: Vectors, sections: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...]
) -> dict[str, tuple[int, int]]:
    """For each section, and in all: questions whose first answer is right, and questions."""
    scores = {}
    for name, questions in sections:
        rows = np.array([[vectors.ids[word] for word in question] for question in questions])
        found = vectors.analogies(rows[:, :3]).ids[:, 0]
        scores[name] = (int((found == rows[:, 3]).sum()), len(rows))
    scores[TOTAL] = (sum(correct for correct, _ in scores.values()), sum(seen for _, seen in scores.values()))
    return scores
