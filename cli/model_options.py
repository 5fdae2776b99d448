"""Options of `w2v train` that change the result: one for each field of TrainConfig but those of the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from w2v.config import ARCHITECTURES, DEFAULT_LEARNING_RATES, INITIALIZATIONS, NEGATIVES_PER, TrainConfig

Command = Callable[..., Any]
DEFAULTS = TrainConfig()
INIT_VOCABULARIES = ("new", "old", "union")
RATES = ", ".join(f"{rate:g} for {name}" for name, rate in DEFAULT_LEARNING_RATES.items())
MODEL_OPTIONS = (
    click.option(
        "--architecture",
        type=click.Choice(ARCHITECTURES),
        default="skipgram",
        show_default=True,
        help="Model.",
    ),
    click.option(
        "--dim",
        type=int,
        default=DEFAULTS.dim,
        show_default=True,
        help="Numbers per word; those of --init-vectors, where they are given.",
    ),
    click.option(
        "--window", type=int, default=DEFAULTS.window, show_default=True, help="Words on each side, at most."
    ),
    click.option(
        "--fixed-window", is_flag=True, help="Take full windows; by default each is drawn from 1 to --window."
    ),
    click.option(
        "--negatives",
        type=int,
        default=DEFAULTS.negatives,
        show_default=True,
        help="Noise words for each window, 1 to 64.",
    ),
    click.option(
        "--negatives-per",
        type=click.Choice(NEGATIVES_PER),
        default=DEFAULTS.negatives_per,
        show_default=True,
        help="Share them in a window (fast), or draw them for each pair as in the paper (skipgram).",
    ),
    click.option(
        "--subsample",
        type=float,
        default=DEFAULTS.subsample,
        show_default=True,
        help="Skip some occurrences of words that make up more than about this share of the text; 0: none.",
    ),
    click.option(
        "--noise-exponent",
        type=float,
        default=DEFAULTS.noise_exponent,
        show_default=True,
        help="Noise words are drawn by count^EXPONENT.",
    ),
    click.option(
        "--epochs", type=int, default=DEFAULTS.epochs, show_default=True, help="Passes over the text."
    ),
    click.option("--learning-rate", type=float, help=f"At the start: {RATES} by default."),
    click.option(
        "--min-learning-rate",
        type=float,
        default=DEFAULTS.min_learning_rate,
        show_default=True,
        help="At the end.",
    ),
    click.option(
        "--seed",
        type=int,
        default=DEFAULTS.seed,
        show_default=True,
        help="Same seed, same windows; 0 to 2^64 - 1.",
    ),
    click.option(
        "--init",
        type=click.Choice(INITIALIZATIONS),
        default=DEFAULTS.init,
        show_default=True,
        help="How vectors start: even in +-0.5/dim, N(0, 1), N(0, 1/dim), or evenly as of Glorot or He.",
    ),
    click.option(
        "--init-vectors",
        type=click.Path(),
        metavar="FILE",
        help="Go on with this model: its words start from its vectors, and from its output vectors where it "
        "has them (--keep-output); other words as --init says.",
    ),
    click.option(
        "--init-vocab",
        type=click.Choice(INIT_VOCABULARIES),
        default="new",
        show_default=True,
        help="Words of the result, with --init-vectors. new: those of the text. old: those of the model; "
        "the text's others are left out. union: both. With old and union, words of the model that the text "
        "lacks, or has less than --min-count times, keep their rows, and counts are added up.",
    ),
)


def model_options(command: Command) -> Command:
    """Adds the options."""
    for option in reversed(MODEL_OPTIONS):
        command = option(command)
    return command
