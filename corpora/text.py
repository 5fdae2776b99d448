"""Sources into blocks of bytes, each cut between two words, and raw text into plain words.

Words are what stands between ASCII blanks (space, tab, LF, VT, FF, CR, and NUL); a line feed ends a sentence.
"""

from __future__ import annotations

import functools
import lzma
import unicodedata
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from corpora import kernels
from corpora.errors import InputError
from corpora.sources import OpenSource, Source, open_source

BLOCK_BYTES = 1 << 20
PIECE_BYTES = 1 << 16  # of packed files at once, so that an error tells how far it came
PADDING = 16  # blanks behind a block, so that kernels may read eight bytes from anywhere in it

TOKENIZERS = ("blanks", "words")
ENCODING_ERRORS = ("strict", "replace")

_BLANKS = (b"\n", b" ", b"\t", b"\r", b"\v", b"\f", b"\0")
_JOINERS = "'’_"  # kept between two word characters: don't, snake_case
_BOM = b"\xef\xbb\xbf"


class TextOptions(NamedTuple):
    """How bytes become words.

    Args:
        lowercase: lower-case all text by Unicode's rules.
        tokenizer: "blanks" takes what stands between blanks; "words" takes runs of Unicode letters, marks
            and digits, lower-cased, with ', ’ and _ kept inside a word and all other punctuation dropped.
        encoding_errors: "strict" refuses what is not UTF-8; "replace" puts U+FFFD in its place.
    """

    lowercase: bool = False
    tokenizer: str = "blanks"
    encoding_errors: str = "strict"

    @property
    def rewrites_text(self) -> bool:
        """Whether the words differ from the bytes of the file."""
        return self.lowercase or self.tokenizer == "words"


class Block(NamedTuple):
    """Some whole words of one source.

    Args:
        text: uint8, padded with at least PADDING blanks.
        n_bytes: where the text ends and the padding begins.
        source: the source it is from.
        start: the byte of the unpacked source where it begins.
        n_packed: bytes of the source as it lies on disk read so far, for progress.
        n_dropped: over-long words that were skipped while reading it.
        n_replaced: places that were not UTF-8 and became U+FFFD.
    """

    text: np.ndarray
    n_bytes: int
    source: Source
    start: int
    n_packed: int
    n_dropped: int
    n_replaced: int = 0


def read_blocks(source: Source, remarks: list[str]) -> Iterator[Block]:
    """Yields a source block by block in constant memory, however long its lines and words are.

    Args:
        source: what to read.
        remarks: gets a line for each thing that a reader should know.

    Raises:
        InputError: it cannot be read, is cut or damaged, or is not text.
    """
    opened = open_source(source)
    if opened.remark:
        remarks.append(opened.remark)
    with opened.raw, opened.file:
        yield from _BlockReader(opened, source).read()


def rewrite_text(block: Block, options: TextOptions) -> Block:
    """The block after lower-casing and tokenising, as the options say.

    Raises:
        InputError: it is not UTF-8.
    """
    data = block.text[: block.n_bytes].tobytes()
    n_replaced = 0
    if not data.isascii():
        text = _decode(data, block, options)
        if options.encoding_errors == "replace":
            n_replaced = text.count("\ufffd") - data.count(b"\xef\xbf\xbd")
        if options.rewrites_text:
            text = text.lower()
        data = text.encode()
    elif options.rewrites_text:
        data = data.lower()
    buffer = pad(data)
    if options.tokenizer == "words":
        kernels.blank_non_words(buffer, len(data), *_character_classes())
    return block._replace(text=buffer, n_bytes=len(data), n_replaced=n_replaced)


def pad(data: bytes) -> np.ndarray:
    """The bytes as kernels take them: uint8, with PADDING blanks behind, and whole groups of eight."""
    buffer = np.full(_padded(len(data)), 32, dtype=np.uint8)
    buffer[: len(data)] = np.frombuffer(data, dtype=np.uint8)
    return buffer


def invalid_utf8(block: Block, position: int) -> InputError:
    """The error for the first bytes from a place of a block on that are not UTF-8, with the line counted."""
    try:
        block.text[position : block.n_bytes].tobytes().decode()
    except UnicodeDecodeError as error:
        position += error.start
    bad = block.text[position : min(position + 8, block.n_bytes)].tobytes()
    line = None
    if not block.source.is_stream:
        lines = block.text[:position].tobytes().count(b"\n") + 1
        line = lines + _lines_before(block)
    return InputError(
        "C12",
        f"not UTF-8: {bad.hex(' ')}",
        path=block.source.name,
        line=line,
        byte=block.start + position,
        fix="convert the file with `iconv -t utf-8`, or pass --encoding-errors replace",
    )


class _BlockReader:
    """Cuts the stream of one source into blocks; holds what stands behind the last cut."""

    def __init__(self, opened: OpenSource, source: Source) -> None:
        self.file = opened.file
        self.raw = opened.raw
        self.source = source
        self.rest = b""
        self.position = 0
        self.skipping = False  # inside a word that is too long
        self.n_dropped = 0

    def read(self) -> Iterator[Block]:
        buffer = bytearray(_padded(BLOCK_BYTES))
        n_bytes = self._fill(buffer)
        start = self._skip_mark(buffer, n_bytes)
        while n_bytes:
            is_last = n_bytes < BLOCK_BYTES
            begin = self._end_of_skipped(buffer, start, n_bytes) if self.skipping else start
            end = n_bytes if is_last else self._cut(buffer, begin, n_bytes)
            self.rest = b"" if self.skipping else bytes(buffer[end:n_bytes])
            yield self._block(buffer, begin, end)
            if is_last:
                return
            self.position += n_bytes - len(self.rest)
            buffer = bytearray(_padded(BLOCK_BYTES))
            n_bytes = self._fill(buffer)
            start = 0

    def _fill(self, buffer: bytearray) -> int:
        n_bytes = len(self.rest)
        buffer[:n_bytes] = self.rest
        view = memoryview(buffer)
        try:
            while n_bytes < BLOCK_BYTES:
                end = BLOCK_BYTES if self.file is self.raw else min(n_bytes + PIECE_BYTES, BLOCK_BYTES)
                n_read = self.file.readinto(view[n_bytes:end])
                if not n_read:
                    break
                n_bytes += n_read
        except OSError as error:
            raise _unreadable(self.source, self.position + n_bytes, error) from error
        except (EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
            raise _damaged(self.source, self.position + n_bytes, error) from error
        return n_bytes

    def _skip_mark(self, buffer: bytearray, n_bytes: int) -> int:
        head = bytes(buffer[: min(n_bytes, 4096)])
        if _looks_like_utf16(head):
            raise InputError(
                "C13",
                "looks like UTF-16 or UTF-32 (zero bytes), expected UTF-8",
                path=self.source.name,
                fix="convert it with `iconv -f utf-16 -t utf-8`",
            )
        return 3 if head.startswith(_BOM) else 0

    def _end_of_skipped(self, buffer: bytearray, start: int, n_bytes: int) -> int:
        """The first blank behind a word that began in an earlier block."""
        places = [place for blank in _BLANKS if (place := buffer.find(blank, start, n_bytes)) >= 0]
        self.skipping = not places
        return min(places, default=n_bytes)

    def _cut(self, buffer: bytearray, start: int, n_bytes: int) -> int:
        """Behind the last line feed where one is near, so that lines stay whole; else the last blank."""
        if self.skipping:
            return n_bytes
        end = buffer.rfind(b"\n", max(start, n_bytes // 2), n_bytes) + 1
        end = end or 1 + max(buffer.rfind(blank, start, n_bytes) for blank in _BLANKS)
        end = max(end, start)
        if n_bytes - end > BLOCK_BYTES // 2:
            self.skipping = True
            self.n_dropped += 1
        return end

    def _block(self, buffer: bytearray, begin: int, end: int) -> Block:
        text = np.frombuffer(buffer, dtype=np.uint8)[begin:]
        if begin % 8:  # kernels read eight bytes at once, from aligned places
            text = np.concatenate([text, np.zeros(begin % 8, dtype=np.uint8)])
        n_dropped, self.n_dropped = self.n_dropped, 0
        n_packed = self.position + end if self.source.is_stream else self.raw.tell()
        return Block(text, end - begin, self.source, self.position + begin, n_packed, n_dropped)


def _looks_like_utf16(head: bytes) -> bool:
    """By its mark, or by many zero bytes, in every second place or in most places (UTF-32)."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    n_zeros, n_even = head.count(0), head[::2].count(0)
    is_every_second = max(n_even, n_zeros - n_even) > 0.9 * n_zeros
    return n_zeros > len(head) / 5 and (is_every_second or n_zeros > len(head) / 2)


def _damaged(source: Source, position: int, error: Exception) -> InputError:
    is_cut = isinstance(error, EOFError)
    is_checksum = any(sign in str(error) for sign in ("CRC", "Incorrect length", "checksum", "Corrupt"))
    problem = "cut off" if is_cut else "checksum mismatch" if is_checksum else "damaged"
    return InputError(
        "C05" if is_cut else "C06",
        f"{problem} after {position} unpacked bytes ({error})",
        path=source.name,
        fix="fetch the file again, or unpack what is whole and train on that",
    )


def _unreadable(source: Source, position: int, error: OSError) -> InputError:
    if error.errno is None:  # raised by gzip and bz2, not by the system
        return _damaged(source, position, error)
    return InputError(
        "C25",
        f"reading stopped: {error.strerror}",
        path=source.name,
        byte=position,
        fix="check the disk or the network share, then run again",
    )


def _decode(data: bytes, block: Block, options: TextOptions) -> str:
    try:
        return data.decode(errors=options.encoding_errors)
    except UnicodeDecodeError:
        raise invalid_utf8(block, 0) from None


def _lines_before(block: Block) -> int:
    """Lines of the source in front of a block, counted by reading it again: errors may take their time."""
    n_lines = 0
    for earlier in read_blocks(block.source, []):
        if earlier.start >= block.start:
            break
        n_lines += earlier.text[: earlier.n_bytes].tobytes().count(b"\n")
    return n_lines


@functools.cache
def _character_classes() -> tuple[np.ndarray, np.ndarray]:
    r"""Which code points are word characters, and which join two of them; bool (0x110000,) each.

    Letters, marks and numbers, and the two invisible joiners that Persian and Indic spelling needs, as in
    Unicode Standard Annex 29. Python's own \w leaves the marks out, which would cut Hindi words to pieces.
    """
    is_word = np.zeros(0x110000, dtype=np.bool_)
    for code in range(0x110000):
        is_word[code] = unicodedata.category(chr(code))[0] in "LMN"
    is_word[[0x200C, 0x200D]] = True
    is_joiner = np.zeros(0x110000, dtype=np.bool_)
    is_joiner[[ord(character) for character in _JOINERS]] = True
    return is_word, is_joiner


def _padded(n_bytes: int) -> int:
    return (n_bytes + PADDING + 7) // 8 * 8
