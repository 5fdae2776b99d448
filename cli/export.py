"""`w2v export`: the table of another model's vocabulary, row i for its token i."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.options import json_option, replace_output, require_output, usage_errors
from cli.output import print_json, print_rows
from w2v.config import LARGEST_SEED
from w2v.transfer import MISSING

if TYPE_CHECKING:
    import numpy as np

    from w2v.transfer.alignment import Alignment
    from w2v.transfer.vocabularies import ModelVocabulary
    from w2v.vectors import Vectors

MOST_SHOWN = 10
FILLED = {"mean": "the mean of the others", "zero": "zeros"}  # the other choices draw


@click.command()
@click.argument("vectors", type=click.Path())
@click.argument("output", type=click.Path(), metavar="OUT")
@click.option(
    "--vocab",
    "vocabulary_file",
    type=click.Path(),
    required=True,
    metavar="FILE",
    help="Tokens of the model: one a line, a JSON map of tokens to ids, or a tokenizer.json.",
)
@click.option(
    "--specials",
    metavar="TOKENS",
    help="Tokens in front of those of a words file, such as '<pad>,<unk>,<bos>,<eos>'.",
)
@click.option(
    "--padding",
    metavar="TOKEN",
    help="Its row is zero. By default the one that tokenizer.json names, or <pad> or [PAD], or the first of "
    "--specials.",
)
@click.option("--lowercase", is_flag=True, help="Look a token not found up once more in lower case.")
@click.option(
    "--skip-parts",
    is_flag=True,
    help="Give parts of words, such as ##ing, no row; by default they get that of the word spelt so.",
)
@click.option(
    "--missing",
    type=click.Choice(MISSING),
    default=MISSING[0],
    show_default=True,
    help="For tokens without a row: draw with the mean and deviation of the found rows, take their mean, "
    "zero, or the row of the word spelt most alike.",
)
@click.option(
    "--columns", type=int, metavar="N", help="Columns of the table: the first principal components."
)
@click.option(
    "--scale-to-std",
    "scale",
    type=float,
    metavar="STD",
    help="Multiply the table so that the numbers of the found rows have this standard deviation.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, LARGEST_SEED),
    default=1,
    show_default=True,
    help="Of the drawn rows.",
)
@json_option
def export(vectors: str, output: str, vocabulary_file: str, as_json: bool, **options: Any) -> None:
    """Write the rows of VECTORS for the vocabulary of another model to OUT: row i is its token i.

    OUT is a .safetensors file with the tensor "weight", or a .npy file. Marks of tokenizers, such as those
    before the first letter of a word, are taken off before a token is looked up.

    Example: w2v export vectors.safetensors table.safetensors --vocab tokenizer.json
    """
    from w2v.formats import load_vectors
    from w2v.transfer.projection import project
    from w2v.transfer.table_files import save_table, table_suffix
    from w2v.transfer.vocabularies import find_padding, read_model_vocabulary

    with usage_errors():
        table_suffix(output)
        require_output(output, [vectors, vocabulary_file])
        specials = options["specials"].split(",") if options["specials"] is not None else []
        vocabulary = read_model_vocabulary(vocabulary_file, specials=specials)
        padding = find_padding(vocabulary, named=options["padding"], specials=specials)
    source = load_vectors(vectors)
    variance_kept = None
    with usage_errors():
        if options["columns"] is not None:
            source = project(source, options["columns"])
            variance_kept = source.metadata["projection"]["variance_kept"]
        table, alignment = _make_table(source, vocabulary, padding=padding, options=options)
    result = _describe(vocabulary, alignment) | {
        "rows": len(table),
        "columns": table.shape[1],
        "variance_kept": variance_kept,
        "options": options,
    }
    with replace_output(output):
        save_table(table, output, metadata=result)
    if as_json:
        print_json({"output": output} | result)
    else:
        _print_summary(result, output)


def _make_table(
    source: Vectors, vocabulary: ModelVocabulary, *, padding: int | None, options: dict[str, Any]
) -> tuple[np.ndarray, Alignment]:
    from w2v.transfer.alignment import align
    from w2v.transfer.filling import fill

    alignment = align(
        source,
        vocabulary.words(parts=not options["skip_parts"]),
        padding=padding,
        lowercase=options["lowercase"],
        spelling=options["missing"] == "nearest-spelling",
    )
    table = fill(source, alignment, missing=options["missing"], scale=options["scale"], seed=options["seed"])
    return table, alignment


def _describe(vocabulary: ModelVocabulary, alignment: Alignment) -> dict[str, Any]:
    """What --json prints and the file keeps: the vocabulary, its padding row, and what was found."""
    from w2v.transfer.alignment import Origin

    coverage, padding = alignment.coverage, alignment.padding
    is_part = [piece.is_part for piece in vocabulary.pieces]
    is_found = (alignment.origins == Origin.EXACT) | (alignment.origins == Origin.LOWERCASE)
    return {
        "vocabulary": vocabulary.kind,
        "marks": str(vocabulary.marks),
        "padding": None if padding is None else {"row": padding, "token": vocabulary.tokens[padding]},
        "exact": coverage.n_exact,
        "lowercase": coverage.n_lowercase,
        "spelling": coverage.n_spelling,
        "missing": len(coverage.missing),
        "missing_tokens": [vocabulary.tokens[row] for row in coverage.missing[:MOST_SHOWN]],
        "parts": sum(is_part),
        "parts_found": int(is_found[is_part].sum()),
        "token_share": coverage.token_share,
        "occurrences": coverage.n_occurrences,
        "occurrences_covered": coverage.n_covered,
        "occurrence_share": coverage.occurrence_share,
    }


def _print_summary(result: dict[str, Any], output: str) -> None:
    n_found = result["exact"] + result["lowercase"]
    n_tokens = n_found + result["spelling"] + result["missing"]
    found = [f"{n_found:,} of {n_tokens:,} tokens ({result['token_share']:.1%})"]
    found += [f"{result['lowercase']:,} in lower case"] if result["lowercase"] else []
    found += [f"{result['parts_found']:,} parts of words"] if result["parts_found"] else []
    frequency = "unknown: the vectors have no counts"
    if result["occurrence_share"] is not None:
        share, total = result["occurrence_share"], result["occurrences"]
        frequency = f"{share:.1%} of the {total:,} words that the vectors were counted on"
    kept = "" if result["variance_kept"] is None else f", {result['variance_kept']:.1%} of the variance"
    padding = result["padding"]
    rows = [
        ("vocabulary", f"{result['vocabulary']}, {result['rows']:,} tokens, {result['marks']}"),
        ("found", ", ".join(found)),
        ("by frequency", frequency),
        ("spelt alike", f"{result['spelling']:,} tokens") if result["spelling"] else None,
        ("missing", _missing(result)) if result["missing"] else None,
        ("padding", "none" if padding is None else f"row {padding['row']}, {padding['token']}, zeros"),
        ("table", f"{output} ({result['rows']:,} x {result['columns']}){kept}"),
    ]
    print_rows([row for row in rows if row is not None])


def _missing(result: dict[str, Any]) -> str:
    """How many tokens have no row of the vectors, what they have instead, and the first of them."""
    filled = FILLED.get(result["options"]["missing"], "drawn")
    more = " ..." if result["missing"] > len(result["missing_tokens"]) else ""
    return f"{result['missing']:,} tokens, {filled}: {' '.join(result['missing_tokens'])}{more}"
