"""`w2v seq2seq evaluate`: how good is this model on sentences that it has not seen, and how sure is that?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from cli.extras import extra_errors
from cli.options import json_option
from cli.output import print_json, print_rows
from cli.progress import SentenceBar
from cli.seq2seq.options import (
    beam_option,
    find_text,
    length_option,
    machine_options,
    prepare_machine,
    text_options,
)

if TYPE_CHECKING:
    from w2v.seq2seq.evaluation import Seq2SeqEvaluation


@click.command()
@click.argument("model", type=click.Path(), metavar="MODEL_DIR")
@text_options
@beam_option
@length_option("Pairs with more words on a side are left out and counted.")
@machine_options
@json_option
def evaluate(
    model: str,
    source: str | None,
    target: str | None,
    pairs: str | None,
    beam: int,
    max_length: int,
    device: str,
    precision: str,
    threads: int | None,
    as_json: bool,
) -> None:
    """Score the model in MODEL_DIR on sentence pairs: loss, perplexity, and BLEU by sacrebleu.

    Example: w2v seq2seq evaluate model --source test.de --target test.en
    """
    from w2v.seq2seq.evaluation import evaluate_translator
    from w2v.seq2seq.model_files import load_translator

    text = find_text(source, target, pairs)
    prepare_machine(device, threads)
    translator = load_translator(model, device=device)
    with extra_errors(), SentenceBar() as bar:
        found = evaluate_translator(
            translator, text, beam=beam, max_length=max_length, precision=precision, report=bar.show
        )
    if as_json:
        print_json(_describe(found, beam))
    else:
        _print_summary(found)


def _describe(found: Seq2SeqEvaluation, beam: int) -> dict[str, Any]:
    return {
        "pairs": found.n_pairs,
        "tokens": found.n_tokens,
        "empty": found.skipped.n_empty,
        "long": found.skipped.n_long,
        "unknown_share": {"source": found.unknown_share[0], "target": found.unknown_share[1]},
        "loss": found.loss,
        "perplexity": _finite(found.perplexity),
        "bleu": found.bleu,
        "interval": {
            "loss": list(found.loss_interval),
            "perplexity": [_finite(end) for end in found.perplexity_interval],
            "bleu": list(found.bleu_interval),
        },
        "beam": beam,
        "signature": found.signature,
    }


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if math.isfinite(value) else None


def _print_summary(found: Seq2SeqEvaluation) -> None:
    left_out = f", {sum(found.skipped):,} left out (empty or too long)" if any(found.skipped) else ""
    unknown = " and ".join(f"{share:.1%}" for share in found.unknown_share)
    scores = (
        ("loss", f"{found.loss:.3f}", found.loss_interval, "{:.3f}"),
        ("perplexity", f"{found.perplexity:.2f}", found.perplexity_interval, "{:.2f}"),
        ("BLEU", f"{found.bleu:.1f}", found.bleu_interval, "{:.1f}"),
    )
    rows = [
        ("pairs", f"{found.n_pairs:,}{left_out}"),
        ("unknown words", f"{unknown} of source and target"),
    ]
    rows += [
        (name, f"{value} ({form.format(low)} to {form.format(high)})")
        for name, value, (low, high), form in scores
    ]
    print_rows([*rows, ("BLEU by", found.signature)])
