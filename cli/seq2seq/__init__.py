"""`w2v seq2seq`: an LSTM encoder-decoder that starts with vectors, one file a verb."""

from __future__ import annotations

import click

from cli.verbs import VerbGroup

VERBS = {
    "train": "Train a model on sentence pairs.",
    "translate": "Translate sentences with a model.",
    "evaluate": "Score a model by loss, perplexity and BLEU.",
}


@click.group(cls=VerbGroup, verbs=VERBS, package="cli.seq2seq")
def seq2seq() -> None:
    """Train an LSTM encoder-decoder on sentence pairs, from random rows or from your vectors."""
