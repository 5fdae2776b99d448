"""Where the rows of a text are and how many numbers they have, found from its first lines."""

from __future__ import annotations

import re
from collections import Counter

from corpora.errors import InputError
from w2v.formats.checks import NUMBER, show
from w2v.formats.source import Source
from w2v.formats.text_lines import TextRows, strip_line, wrong

_BOM = b"\xef\xbb\xbf"
_SAMPLE_BYTES = 1 << 20
_SAMPLE_LINES = 101
_COUNT = re.compile(rb"[0-9]{1,19}")


def find_layout(source: Source, *, has_header: bool | None) -> TextRows:
    """How a text of words and numbers is laid out.

    Args:
        source: the text.
        has_header: whether its first line is a header "V D"; None tells it by the line.

    Raises:
        InputError: the header is none or cannot be true (RT03, RT04, RT05), or the rows are no vectors (R03,
            R07, RT15).
    """
    start, lines, n_lines = _first_lines(source)
    rows = [strip_line(line).split(b" ") for line in lines]
    if has_header is not False and len(rows[0]) == 2 and all(map(_COUNT.fullmatch, rows[0])):
        layout = TextRows(source.path, int(rows[0][1]), start + len(lines[0]) + 1, 2, int(rows[0][0]))
        _require_header(layout, source)
        second = rows[1] if len(rows) > 1 else []
        if has_header is None and len(second) == 2 and NUMBER.fullmatch(second[1]):
            return _settle_header(layout, n_rows=None if n_lines is None else n_lines - 1)
        return layout
    if has_header is not False:
        _require_no_header(rows, path=source.path)
    dim = Counter(map(len, rows)).most_common(1)[0][0] - 1
    if has_header is None and dim == 1 and all(len(row) == 2 and _COUNT.fullmatch(row[1]) for row in rows):
        raise wrong(
            "R03", "words and whole numbers: a vocabulary file, not vectors", path=source.path, line=1
        )
    return TextRows(source.path, max(1, dim), start)


def header_may_be_row(layout: TextRows) -> InputError:
    """RT03: what looks like a header may be the first row of vectors of 1 number."""
    problem = (
        f"the line {layout.n_rows} {layout.dim} is either a header that the rows belie, "
        "or the first row of vectors of 1 number"
    )
    fix = "name the format: glove takes the line as a row, word2vec-text as a header"
    return InputError("RT03", problem, path=layout.path, line=1, fix=fix)


def _first_lines(source: Source) -> tuple[int, list[bytes], int | None]:
    """Where the text begins, its first lines, and how many lines it has, where all of it was seen."""
    source.file.seek(0)
    head = source.file.read(_SAMPLE_BYTES)
    start = len(_BOM) if head.startswith(_BOM) else 0
    text = head[start:]
    if len(head) < _SAMPLE_BYTES:
        text = text.rstrip(b"\r\n")
        if not text:
            raise wrong("R07", "the file has no words, only line ends", path=source.path, line=1)
        return start, text.split(b"\n", _SAMPLE_LINES)[:_SAMPLE_LINES], text.count(b"\n") + 1
    lines = text.split(b"\n", _SAMPLE_LINES)[:-1]  # the last is cut
    if not lines:
        raise wrong("RT15", f"no line end within {_SAMPLE_BYTES} bytes", path=source.path, line=1)
    return start, lines, None


def _require_header(layout: TextRows, source: Source) -> None:
    """Raises InputError if the header cannot be true of a file of this size."""
    promise = f"the header promises {layout.n_rows} words of {layout.dim} numbers"
    if layout.n_rows == 0 or layout.dim == 0:
        raise wrong("RT04", promise, path=source.path, line=1)
    if max(layout.n_rows or 0, 2 * layout.dim) > source.most_bytes - layout.first_byte:
        problem = f"{promise}, {max(0, source.most_bytes - layout.first_byte)} bytes can follow"
        raise wrong("RT05", problem, path=source.path, line=1)


def _settle_header(layout: TextRows, *, n_rows: int | None) -> TextRows:
    """The layout, where the second line is a word and one number: the rest of the file decides."""
    if n_rows is None and layout.dim == 1:
        return layout._replace(may_be_row=True)
    if n_rows != layout.n_rows:
        raise header_may_be_row(layout)
    return layout


def _require_no_header(rows: list[list[bytes]], *, path: str) -> None:
    """Raises InputError (RT04) if the first line is no row of numbers but a header gone wrong."""
    first = rows[0]
    counts = [field.decode(errors="replace").lstrip("+-").isdecimal() for field in first]
    number_first = counts[0] or NUMBER.fullmatch(first[0])
    other_dim = len(first) == 2 and len(rows) > 1 and len(rows[1]) != 2
    if len(first) == 1 or (len(first) <= 3 and number_first and (all(counts[1:]) or other_dim)):
        shown = show(b" ".join(first))
        problem = f"the header is {shown}, expected the number of words and the dimension, such as 5000 100"
        raise wrong("RT04", problem, path=path, line=1)
