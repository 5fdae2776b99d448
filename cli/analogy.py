"""`w2v analogy`: A is to B as C is to what?"""

from __future__ import annotations

import click

from cli.options import json_option
from cli.output import print_json, print_rows


@click.command()
@click.argument("vectors", type=click.Path())
@click.argument("a")
@click.argument("b")
@click.argument("c")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="How many to show.")
@json_option
def analogy(vectors: str, a: str, b: str, c: str, top: int, as_json: bool) -> None:
    """Answer: A is to B as C is to what? Shows the words nearest to B - A + C.

    Example: w2v analogy vectors.safetensors man king woman
    """
    from w2v.formats import load_vectors

    answers = load_vectors(vectors).analogy(a, b, c, top=top)
    if as_json:
        print_json({"a": a, "b": b, "c": c, "answers": answers})
    else:
        print_rows([(f"{score:.4f}", answer) for answer, score in answers])
