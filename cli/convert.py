"""`w2v convert`: vectors from one format to another."""

from __future__ import annotations

from typing import Any

import click

from cli.format_options import FORMATS, read_options, reading_options
from cli.options import json_option, replace_output, require_beside, require_output, usage_errors
from cli.output import print_json, print_note, print_rows


@click.command()
@click.argument("vectors", type=click.Path())
@click.argument("output", type=click.Path(), metavar="OUT")
@click.option(
    "--format",
    "target_format",
    type=click.Choice([name for name in FORMATS if name != "fasttext-bin"]),
    help="Format of OUT; taken from the end of its name by default.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Keep the first N rows.")
@click.option(
    "--words", "words_file", type=click.Path(), metavar="FILE", help="Keep these words, one a line."
)
@click.option("--normalize", is_flag=True, help="Give every row the length 1.")
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float16"]),
    default="float32",
    show_default=True,
    help="How numbers are kept; float16 in native, .npy and static-embedding alone.",
)
@click.option("--space-as", metavar="SIGN", help="Put this in place of spaces in words, such as _.")
@reading_options
@json_option
def convert(
    vectors: str,
    output: str,
    target_format: str | None,
    words_file: str | None,
    source_format: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Write VECTORS to OUT in the format that the end of its name says.

    .safetensors is w2v's own and keeps everything. .txt and .vec are word2vec text, .bin is word2vec binary;
    a further .gz, .bz2, .xz or .zst packs them. .npy and .tsv (for TensorBoard's projector) have the words in
    a file beside them. A name that ends in / is a folder for model2vec and sentence-transformers. What was
    written is read back and compared before it takes its name.

    Example: w2v convert GoogleNews-vectors-negative300.bin.gz vectors.safetensors --limit 400000
    """
    from w2v.formats.converting import Changes, convert_vectors, read_words
    from w2v.formats.table import format_named, format_of

    require_output(output, [vectors, words_file], option="the second argument")
    changed = {name: options.pop(name) for name in ("limit", "normalize", "dtype", "space_as")}
    words = None if words_file is None else read_words(words_file)
    with usage_errors():
        known = format_of(output) if target_format is None else format_named(target_format)
        require_beside(output, known, [vectors, words_file])
        with replace_output(output):
            done = convert_vectors(
                vectors,
                output,
                source_format=source_format,
                target_format=target_format,
                changes=Changes(words=words, **changed),
                options=read_options(**options),
            )
    if as_json:
        print_json({"output": output, **done._asdict()})
        return
    for remark in done.remarks:
        print_note(remark)
    print_rows(
        [
            ("from", f"{vectors} ({done.source_format})"),
            ("to", f"{output} ({done.target_format}, {done.n_words:,} x {done.dim}), read back and compared"),
        ]
    )
