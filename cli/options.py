"""Options that several verbs share, and how wrong values are told."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from corpora.corpus import Corpus
    from corpora.vocabulary import Vocabulary
    from w2v.formats.table import Format
    from w2v.vectors import Vectors

Command = Callable[..., Any]
READING_OPTIONS = (
    "min_count",
    "max_vocab",
    "lowercase",
    "tokenizer",
    "encoding_errors",
    "vocabulary_file",
    "cache",
    "max_vocab_memory",
)


def _cap_threads(_context: click.Context, _option: click.Parameter, threads: int | None) -> int | None:
    from cli.output import print_note
    from corpora.threads import default_threads

    most = default_threads()
    if threads is None or threads <= most:
        return threads
    print_note(f"this process may use {most} cores: {most} threads instead of {threads}")
    return most


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as one line of JSON.")
threads_option = click.option(
    "--threads",
    type=click.IntRange(min=1),
    callback=_cap_threads,
    metavar="N",
    help="Threads; as many as there are cores by default.",
)


def corpus_options(command: Command) -> Command:
    """Adds the argument CORPUS... and the options that decide how it is read."""
    options = [
        click.argument("corpus", nargs=-1, required=True, type=click.Path(readable=False)),
        click.option(
            "--min-count",
            type=click.IntRange(min=1),
            default=5,
            show_default=True,
            help="Leave out words that occur less often.",
        ),
        click.option(
            "--max-vocab",
            type=click.IntRange(min=2),
            metavar="N",
            help="Keep at most the N most frequent words.",
        ),
        click.option("--lowercase", is_flag=True, help="Lower-case the text (Unicode)."),
        click.option(
            "--tokenizer",
            type=click.Choice(["blanks", "words"]),
            default="blanks",
            show_default=True,
            help="blanks: a word is what stands between blanks. words: for raw text; Unicode words, "
            "lower-cased, punctuation dropped.",
        ),
        click.option(
            "--encoding-errors",
            type=click.Choice(["strict", "replace"]),
            default="strict",
            show_default=True,
            help="What to do with bytes that are not UTF-8: refuse them, or put U+FFFD in their place.",
        ),
        click.option(
            "--vocab",
            "vocabulary_file",
            type=click.Path(),
            metavar="FILE",
            help='Use the words and counts of this file of "word count" lines.',
        ),
        click.option(
            "--cache",
            type=click.Path(file_okay=False),
            metavar="DIR",
            help="Folder for the encoded text; .w2v-cache beside the first file by default.",
        ),
        click.option(
            "--max-vocab-memory",
            type=click.IntRange(min=1),
            metavar="MB",
            help="Memory for distinct words while counting; beyond it rare ones are dropped. A quarter of "
            "the machine's by default.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def prepare_corpus(
    corpus: tuple[str, ...],
    *,
    min_count: int,
    max_vocab: int | None,
    lowercase: bool,
    tokenizer: str,
    encoding_errors: str,
    vocabulary_file: str | None,
    cache: str | None,
    max_vocab_memory: int | None,
    threads: int | None,
    among: Vectors | None = None,
) -> Corpus:
    """Reads the corpus as the options of `corpus_options` say, with progress and remarks on stderr.

    It is read once more where `among` leaves out words that those vectors do not have.
    """
    from cli.output import print_note
    from cli.progress import ReadingBar
    from corpora.corpus import Corpus
    from corpora.text import TextOptions
    from corpora.vocabulary import Vocabulary

    def prepare(vocabulary: Vocabulary | None) -> Corpus:
        with usage_errors(), ReadingBar() as bar:
            return Corpus.prepare(
                corpus,
                min_count=min_count,
                max_words=max_vocab,
                text=TextOptions(lowercase, tokenizer, encoding_errors),
                vocabulary=vocabulary,
                cache=cache,
                threads=threads,
                max_table_bytes=None if max_vocab_memory is None else max_vocab_memory << 20,
                report=bar.show,
            )

    note_first_run()
    remarks: list[str] = []
    prepared = prepare(None if vocabulary_file is None else Vocabulary.load(vocabulary_file, remarks=remarks))
    if among is not None and (kept := _common_words(prepared.vocabulary, among)) != prepared.vocabulary.words:
        counts = dict(zip(prepared.vocabulary.words, prepared.vocabulary.counts.tolist(), strict=True))
        prepared = prepare(Vocabulary.from_counts((word, counts[word]) for word in kept))
    for remark in [*remarks, *prepared.summary["remarks"]]:
        print_note(remark)
    if prepared.folder is not None and not prepared.is_cached:
        print_note(f"the encoded text is kept for the next run in {prepared.folder}")
    return prepared


def _common_words(vocabulary: Vocabulary, among: Vectors) -> tuple[str, ...]:
    """The words of a text that vectors have, in their order; raises InputError for less than two."""
    from corpora.errors import InputError

    common = tuple(word for word in vocabulary.words if word in among.ids)
    if len(common) < 2:
        raise InputError(
            "V11",
            f"{len(common)} of the text's {len(vocabulary):,} words are among the model's {len(among):,}",
            fix="take --init-vocab union, or read the text as the model's was: --lowercase, --tokenizer",
        )
    return common


def note_first_run() -> None:
    """Says why the first seconds of the first run are quiet."""
    from cli.output import print_note
    from corpora.kernel_cache import is_first_run

    if is_first_run():
        print_note("first run: compiling takes some seconds, once")


@contextlib.contextmanager
def usage_errors() -> Iterator[None]:
    """Turns the ValueError of a bad argument into a usage error, exit code 2."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", _as_option, str(error))) from error


def _as_option(name: re.Match[str]) -> str:
    return "--" + name[0].replace("_", "-")


@contextlib.contextmanager
def hold_outputs(*paths: str | None) -> Iterator[None]:
    """Holds the locks of what the running command writes; None is nothing.

    Raises:
        StorageError: K17, another run holds one of them; or a folder cannot be written.
    """
    from cli.output import print_note
    from corpora.locks import hold_output

    with contextlib.ExitStack() as stack:
        for path in filter(None, paths):
            target = os.path.realpath(path) if os.path.isdir(path) else os.path.abspath(path)
            dead = stack.enter_context(hold_output(target))
            if dead is not None:
                print_note(f"{path}: {dead}, has ended without letting go of it")
        yield


@contextlib.contextmanager
def replace_output(path: str) -> Iterator[None]:
    """Holds the lock of a file, and says when all is well that an older one of its name is gone."""
    from cli.output import print_note

    is_there = os.path.exists(path)
    with hold_outputs(path):
        yield
    if is_there:
        print_note(f"{path} existed and was replaced")


def require_output(
    path: str, inputs: Sequence[str | None] = (), *, option: str = "-o", may_be_folder: bool = False
) -> None:
    """Refuses now what could not be written after hours: a folder, stdout, an input, a closed folder."""
    from cli.output import escape, print_note
    from corpora.storage import require_writable_folder

    if path in ("", "-"):
        raise click.UsageError(f"the output is a file, {path!r} names none; name one with {option}")
    if os.path.isdir(path) and not may_be_folder:
        raise click.UsageError(f"{escape(path)} is a folder; name a file in it with {option}")
    _require_name(path)
    _require_no_input(path, inputs)
    folder = Path(path).absolute().parent
    require_writable_folder(folder)
    mode = folder.stat().st_mode
    if mode & 0o002 and not mode & 0o1000:
        print_note(f"every user of this machine can write to {folder}")


def require_vectors_output(
    path: str,
    inputs: Sequence[str | None] = (),
    *,
    keep_output: bool = False,
    may_be_there: bool = False,
) -> None:
    """As `require_output`; and refuses a name whose end is that of no format of vectors, or of one table.

    A format that is a folder is refused if it is there, unless it `may_be_there`: it would be replaced whole.
    """
    from w2v.formats import format_of

    require_output(path, inputs, may_be_folder=may_be_there and path.endswith("/"))
    with usage_errors():
        known = format_of(path)
    require_beside(path, known, inputs)
    if keep_output and known.name != "native":
        raise click.UsageError(f"--keep-output needs an output that ends in .safetensors, got {known.name}")


def require_beside(path: str, known: Format, inputs: Sequence[str | None] = ()) -> None:
    """Refuses the files that a format writes beside the one that is named, as `require_output` does that."""
    for ending in () if known.is_folder else known.beside:
        _require_name(os.path.splitext(path)[0] + ending)
        _require_no_input(os.path.splitext(path)[0] + ending, inputs)


def _require_name(path: str) -> None:
    from cli.output import escape

    name = Path(path).name
    if len(os.fsencode(name)) > 255:
        raise click.UsageError(
            f"the name {escape(name[:40])}...{escape(name[-20:])} is longer than 255 bytes"
        )


def _require_no_input(output: str, inputs: Sequence[str | None]) -> None:
    """Refuses to write over a file that is read: .txt is an ending of texts and of vectors."""
    from cli.output import escape
    from corpora.sources import find_sources

    if not os.path.exists(output):
        return
    named = [path for path in inputs if path is not None]
    with usage_errors():
        read = [source.path for source in find_sources(named) if not source.is_stream] if named else []
    if any(os.path.samefile(output, path) for path in read):
        raise click.UsageError(f"{escape(output)} is read as input; name another file")
