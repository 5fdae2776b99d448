"""`w2v seq2seq translate`: sentences in, sentences out, line by line."""

from __future__ import annotations

import sys

import click

from cli.options import json_option
from cli.output import escape, print_json, print_line, print_note
from cli.progress import SentenceBar
from cli.seq2seq.options import beam_option, length_option, machine_options, prepare_machine


@click.command()
@click.argument("model", type=click.Path(), metavar="MODEL_DIR")
@click.argument("file", default="-", type=click.Path(), metavar="[FILE|-]")
@beam_option
@length_option("Words of a longer sentence beyond these are not read.")
@machine_options
@json_option
def translate(
    model: str,
    file: str,
    beam: int,
    max_length: int,
    device: str,
    precision: str,
    threads: int | None,
    as_json: bool,
) -> None:
    """Translate the sentences of FILE, or of standard input, one a line, with the model in MODEL_DIR.

    Words stand between blanks, as they did in training. An empty line stays empty.

    Example: echo "ein mann schläft ." | w2v seq2seq translate model
    """
    from w2v.seq2seq.model_files import load_translator
    from w2v.seq2seq.text import read_lines, split_words
    from w2v.seq2seq.vocabulary import UNKNOWN

    prepare_machine(device, threads)
    translator = load_translator(model, device=device)
    sentences = [split_words(line) for line in read_lines(file)]
    n_long = sum(len(words) > max_length for words in sentences)
    if n_long:
        print_note(
            f"{n_long:,} sentences are longer than {max_length:,} words; the rest of them was not read"
        )
    sentences = [words[:max_length] for words in sentences]
    with SentenceBar() as bar:
        found = translator.translate(sentences, beam=beam, precision=precision, report=bar.show)
    n_words = sum(map(len, sentences))
    n_unknown = sum(translator.source.encode(words).count(UNKNOWN) for words in sentences)
    if n_unknown:
        print_note(f"the model does not know {n_unknown:,} of {n_words:,} words")
    if as_json:
        lines = [" ".join(words) for words in found]
        print_json({"translations": lines, "words": n_words, "unknown": n_unknown, "cut": n_long})
        return
    show = escape if sys.stdout.isatty() else str  # a file gets the words as they are
    for words in found:
        print_line(show(" ".join(words)))
