"""`w2v similar`: the nearest words."""

from __future__ import annotations

import click

from cli.options import json_option
from cli.output import escape, print_json, print_line, print_rows


@click.command()
@click.argument("vectors", type=click.Path())
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="How many to show.")
@json_option
def similar(vectors: str, words: tuple[str, ...], top: int, as_json: bool) -> None:
    """Show the words nearest to each WORD by cosine similarity.

    Example: w2v similar vectors.safetensors france paris
    """
    from w2v.formats import load_vectors

    found = load_vectors(vectors).most_similar_many(words, top=top)
    if as_json:
        print_json([{"word": word, "similar": answers} for word, answers in zip(words, found, strict=True)])
        return
    for place, (word, answers) in enumerate(zip(words, found, strict=True)):
        if len(words) > 1:
            print_line(("\n" if place else "") + escape(word))
        print_rows([(f"{score:.4f}", answer) for answer, score in answers])
