"""`w2v vocab`: the words of a text and their counts."""

from __future__ import annotations

from typing import Any

import click

from cli.options import (
    corpus_options,
    json_option,
    prepare_corpus,
    replace_output,
    require_output,
    threads_option,
)
from cli.output import escape, print_json, print_line, print_rows


@click.command()
@corpus_options
@click.option(
    "-o", "--output", type=click.Path(), metavar="FILE", help="File to write; standard output by default."
)
@threads_option
@json_option
def vocab(
    corpus: tuple[str, ...], output: str | None, threads: int | None, as_json: bool, **reading: Any
) -> None:
    """Count the words of CORPUS and write "word count" lines, the most frequent first.

    The file can be edited and given to `w2v train --vocab FILE`.

    Example: w2v vocab corpus.txt -o vocab.txt
    """
    if output is not None:
        require_output(output, [*corpus, reading["vocabulary_file"]])
    prepared = prepare_corpus(corpus, threads=threads, **reading)
    vocabulary = prepared.vocabulary
    if output is None and not as_json:
        for word, count in zip(vocabulary.words, vocabulary.counts, strict=True):
            print_line(f"{escape(word)} {count}")
        return
    if output is not None:
        with replace_output(output):
            vocabulary.save(output)
    result = {
        "output": output,
        "words": prepared.summary["words"],
        "tokens": prepared.n_tokens,
        "distinct_words": prepared.summary["distinct_words"],
        "vocabulary": len(vocabulary),
    }
    if as_json:
        words = (
            dict(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True)) if output is None else None
        )
        print_json(result | ({"counts": words} if words is not None else {}))
        return
    words = f"{len(vocabulary):,} of {result['distinct_words']:,} words"
    occurrences = f"{prepared.n_tokens:,} of {result['words']:,} occurrences"
    print_rows([("vocabulary", f"{output}: {words}, {occurrences}")])
