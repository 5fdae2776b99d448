"""word2vec text, and fastText's .vec: a line "V D", then per word the word and its D numbers in decimal.

Single spaces stand between; word2vec.c and fastText put one more at the end of each line, gensim and this
module do not. The last D fields of a line are its numbers and all before them is the word, so words with
spaces can be read; they are not written, since other readers take them apart.
"""

from __future__ import annotations

from w2v.formats import text_rows
from w2v.formats.checks import begins_with_text, flaw_of_plain_word, parse_header
from w2v.formats.reading import Reading, ReadOptions
from w2v.formats.source import Source
from w2v.formats.writing import Contents, Target

flaw = flaw_of_plain_word


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is text with a header."""
    return parse_header(head.removeprefix(b"\xef\xbb\xbf")) is not None and begins_with_text(head)


def read(source: Source, options: ReadOptions) -> Reading:
    """Understands the head of a text; where no header stands there, the rows tell what it would say.

    Raises:
        InputError: R02 to R07, RT03 to RT15; more while rows are read: RT01 to RT15, R10, R15.
    """
    return text_rows.read(source, options, has_header=True if source.is_named else None)


def write(target: Target, contents: Contents) -> None:
    """Writes the fewest digits that give the same float32 again."""
    target.file.write(f"{len(contents.words)} {contents.dim}\n".encode())
    text_rows.write_rows(target.file, contents.rows(), contents.words)
