"""GloVe text: word2vec text without its first line; the rows alone say how many and how long they are."""

from __future__ import annotations

from corpora.errors import InputError
from w2v.formats import text_rows
from w2v.formats.checks import flaw_of_plain_word, is_text
from w2v.formats.foreign import refuse_foreign
from w2v.formats.reading import Reading, ReadOptions
from w2v.formats.source import Source
from w2v.formats.writing import Contents, Target


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is text; a few words may be cut inside a character."""
    return is_text(head, tolerance=0.25)


def flaw(word: str) -> str | None:
    """Why a word cannot be held, or None; a mark of byte order at the start of a text belongs to no word."""
    return (
        "begins with U+FEFF, a mark of byte order" if word.startswith("\ufeff") else flaw_of_plain_word(word)
    )


def refuse(contents: Contents, path: str) -> None:
    """Raises InputError (X01) for a first word that makes the file look like another kind of file."""
    try:
        refuse_foreign(contents.words[0].encode() + b" ", path)
    except InputError as error:
        problem = f"the first word {contents.words[0]!r} would make readers say: {error.problem}"
        raise InputError(
            "X01", problem, path=path, fix="write word2vec-text, which begins with a header"
        ) from error


def read(source: Source, options: ReadOptions) -> Reading:
    """Understands the first rows; a line "V D" is a row if the format is named, and a header if not.

    Raises:
        InputError: as for word2vec text.
    """
    return text_rows.read(source, options, has_header=False if source.is_named else None)


def write(target: Target, contents: Contents) -> None:
    """Writes the fewest digits that give the same float32 again."""
    text_rows.write_rows(target.file, contents.rows(), contents.words)
