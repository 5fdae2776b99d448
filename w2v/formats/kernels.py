"""Every compiled function of the formats: rows of text and of word2vec binary, and fastText's n-grams.

They run over blocks of bytes that hold whole rows, and stop at the first row they do not understand: Python
looks at that one again, slowly, and says what is wrong with it. The slow twins are in tests/reference.py and
in decimals.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Why `parse_rows` or `split_binary` came back.
DONE, LOOK_CLOSER, WORD_TOO_LONG, WORD_IS_BROKEN, NEEDS_MORE, LINE_FEED_DIFFERS = range(6)

TAB, LINE_FEED, CARRIAGE_RETURN, SPACE = np.uint8(9), np.uint8(10), np.uint8(13), np.uint8(32)
PLUS, MINUS, POINT, ZERO = np.uint8(43), np.uint8(45), np.uint8(46), np.uint8(48)
LOWER_E, UPPER_E, HIGH_BIT, CONTINUATION, LEAD = (np.uint8(n) for n in (101, 69, 0x80, 0x80, 0xC0))
NINE = np.uint8(9)
TEN = np.uint64(10)

MOST_DIGITS = 19  # of which any number fits 64 bits
POWERS = np.array([float(f"1e{exponent}") for exponent in range(71)])
LARGEST, SMALLEST = 3.4028e38, 1.1755e-38  # float32 beyond or below, subnormal ones too, are left to Python
GUARD = 2.0**-50  # three roundings of 2**-53 each, and the digits beyond 19, stay within a third of it
DIGITS_BY_HAND_LOW, DIGITS_BY_HAND_HIGH = 1e-13, 1e21  # between them the powers of ten are exact
NUMBER_BYTES = 24  # no number that is written takes more, its separator included

FNV_BASIS, FNV_PRIME = np.uint32(2166136261), np.uint32(16777619)
SIGN_BITS = np.uint32(0xFFFFFF00)
BEGIN, END = np.uint8(60), np.uint8(62)  # "<" and ">" around a word


@njit(nogil=True, cache=True)
def _parse_exponent(text: np.ndarray, place: int) -> tuple[int, int]:
    """The exponent that begins at its sign or first digit, and the place behind; -1 if there is none."""
    negative = text[place] == MINUS
    if negative or text[place] == PLUS:
        place += 1
    exponent, start = 0, place
    while text[place] - ZERO <= NINE:
        if exponent < 100_000:
            exponent = exponent * 10 + np.int64(text[place] - ZERO)
        place += 1
    if place == start:
        return 0, -1
    return -exponent if negative else exponent, place


@njit(nogil=True, cache=True)
def _parse_number(text: np.ndarray, place: int) -> tuple[np.float32, bool, int]:
    """The number at `place`, whether it is sure, and the place behind it; place -1 where no number stands.

    The first 19 digits times a power of ten are within GUARD of the number. If both ends of that interval
    round to the same float32, so does the number (see Clinger 1990, "How to read floating point numbers
    accurately"); else, once in some 10**7 numbers, the caller has to look at all of its digits.
    """
    negative = text[place] == MINUS
    if negative or text[place] == PLUS:
        place += 1
    mantissa, n_digits, exponent, start = np.uint64(0), 0, 0, place
    while text[place] - ZERO <= NINE:
        if n_digits < MOST_DIGITS:
            mantissa = mantissa * TEN + np.uint64(text[place] - ZERO)
            n_digits += mantissa != 0
        else:
            exponent += 1
        place += 1
    n_seen = place - start
    if text[place] == POINT:
        place += 1
        start = place
        while text[place] - ZERO <= NINE:
            if n_digits < MOST_DIGITS:
                mantissa = mantissa * TEN + np.uint64(text[place] - ZERO)
                n_digits += mantissa != 0
                exponent -= 1
            place += 1
        n_seen += place - start
    if n_seen == 0:
        return np.float32(0), False, -1
    if text[place] == LOWER_E or text[place] == UPPER_E:
        written, place = _parse_exponent(text, place + 1)
        if place < 0:
            return np.float32(0), False, -1
        exponent += written
    if mantissa == 0:
        return np.float32(-0.0 if negative else 0.0), True, place
    if not -70 <= exponent <= 70:
        return np.float32(0), False, place
    size = np.float64(mantissa)
    size = size * POWERS[exponent] if exponent >= 0 else size / POWERS[-exponent]
    if not SMALLEST < size < LARGEST:
        return np.float32(0), False, place
    low, high = np.float32(size * (1 - GUARD)), np.float32(size * (1 + GUARD))
    return -low if negative else low, low == high, place


@njit(nogil=True, cache=True)
def _parse_fields(
    text: np.ndarray,
    place: int,
    separator: np.uint8,
    row: int,
    rows: np.ndarray,
    doubtful: np.ndarray,
    n_doubtful: int,
) -> tuple[int, int]:
    """Reads the numbers of one row; the place behind its line feed, or -1, and how many are doubtful now.

    `place` is that of the separator before the first number, or of the first number where none stands there.
    """
    for column in range(rows.shape[1]):
        if column > 0 or separator == SPACE:
            if text[place] != separator:
                return -1, n_doubtful
            place += 1
        start = place
        number, is_sure, place = _parse_number(text, place)
        if place < 0:
            return -1, n_doubtful
        rows[row, column] = number
        if not is_sure:
            if n_doubtful == len(doubtful):
                return -1, n_doubtful
            doubtful[n_doubtful, 0] = row * rows.shape[1] + column
            doubtful[n_doubtful, 1] = start
            doubtful[n_doubtful, 2] = place
            n_doubtful += 1
    if text[place] == SPACE:
        place += 1
    if text[place] == CARRIAGE_RETURN:
        place += 1
    return (place + 1 if text[place] == LINE_FEED else -1), n_doubtful


@njit(nogil=True, cache=True)
def _find_token_end(text: np.ndarray, start: int, dim: int) -> int:
    """The space before the last `dim` fields of the line at `start`, or -1."""
    stop, n_spaces = start, 0
    while text[stop] != LINE_FEED:
        n_spaces += text[stop] == SPACE
        stop += 1
    if stop > start and text[stop - 1] == CARRIAGE_RETURN:
        stop -= 1
    if stop > start and text[stop - 1] == SPACE:
        stop -= 1
        n_spaces -= 1
    place = start
    for _ in range(n_spaces - dim + 1):
        while text[place] != SPACE:
            place += 1
        place += 1
    return place - 1 if n_spaces >= dim else -1


@njit(nogil=True, cache=True)
def parse_rows(
    text: np.ndarray,
    start: int,
    separator: np.uint8,
    longest: int,
    rows: np.ndarray,
    words: np.ndarray,
    doubtful: np.ndarray,
) -> tuple[int, int, int, int, int, int]:
    """Reads rows of text: with a space as separator a word and D numbers, with a tab D numbers alone.

    Args:
        text: uint8 (B,), whole lines, the last byte a line feed.
        start: place of the first row.
        separator: SPACE or TAB.
        longest: bytes that a line may take, its line feed left out.
        rows: float32 (n, D), to be filled.
        words: uint8 (B,), to be filled with the words, a line feed behind each.
        doubtful: int64 (k, 3), to be filled with the numbers of which not all digits were looked at: place in
            rows.ravel(), first byte, and the byte behind the last.

    Returns:
        Rows read, the place behind them, bytes of words, how many words hold a space, how many numbers are
        doubtful, and DONE or LOOK_CLOSER: the line at that place is not understood.
    """
    row, place, n_bytes, n_spaced, n_doubtful = 0, start, 0, 0, 0
    while place < len(text) and row < len(rows):
        end = place
        if separator == SPACE:
            while text[end] != SPACE and text[end] != LINE_FEED:
                end += 1
        behind, n_now = -1, n_doubtful
        if separator == TAB or (text[end] == SPACE and end > place):
            behind, n_now = _parse_fields(text, end, separator, row, rows, doubtful, n_doubtful)
        if behind < 0 and separator == SPACE:
            end = _find_token_end(text, place, rows.shape[1])
            if end > place:
                behind, n_now = _parse_fields(text, end, separator, row, rows, doubtful, n_doubtful)
                n_spaced += behind >= 0
        if behind < 0 or behind - place > longest + 1:
            return row, place, n_bytes, n_spaced, n_doubtful, LOOK_CLOSER
        if separator == SPACE:
            for i in range(place, end):
                words[n_bytes] = text[i]
                n_bytes += 1
            words[n_bytes] = LINE_FEED
            n_bytes += 1
        row, place, n_doubtful = row + 1, behind, n_now
    return row, place, n_bytes, n_spaced, n_doubtful, DONE


@njit(nogil=True, cache=True)
def _shortest_digits(number: np.float32, size: float) -> tuple[int, int]:
    """The fewest digits, as a whole number, that read back as `number`, and the power of ten of the last.

    6 digits always survive a float32 and 9 always suffice. A candidate is a whole number times or over an
    exact power of ten, so rounded once; it counts if it reads back from both sides of that rounding.
    """
    exponent = 0
    while size >= POWERS[exponent + 1]:
        exponent += 1
    while size * POWERS[-exponent] < 1:
        exponent -= 1
    digits, power = 0, 0
    for n_digits in range(6, 10):
        power = n_digits - 1 - exponent
        scaled = np.rint(size * POWERS[power]) if power >= 0 else np.rint(size / POWERS[-power])
        decimal = scaled / POWERS[power] if power >= 0 else scaled * POWERS[-power]
        digits = np.int64(scaled)
        low, high = np.float32(decimal * (1 - 4e-16)), np.float32(decimal * (1 + 4e-16))
        if low == number and high == number:
            break
    while digits % 10 == 0:
        digits //= 10
        power -= 1
    return digits, -power


@njit(nogil=True, cache=True)
def _write_digits(digits: int, length: int, point: int, out: np.ndarray, place: int) -> int:
    """Writes `length` digits, zeros in front if need be, with a point before the last `point` of them."""
    end = place + length + (point > 0)
    at = end
    for i in range(length):
        if i == point and point > 0:
            at -= 1
            out[at] = POINT
        at -= 1
        out[at] = ZERO + np.uint8(digits % 10)
        digits //= 10
    return end


@njit(nogil=True, cache=True)
def _write_number(number: np.float32, out: np.ndarray, place: int) -> int:
    """Writes a number as Python's repr does; the place behind it, or -1 for one of an unusual size."""
    if np.signbit(number):
        out[place] = MINUS
        place += 1
        number = -number
    size = np.float64(number)
    digits, scale = 0, 0
    if size != 0:
        if not DIGITS_BY_HAND_LOW < size < DIGITS_BY_HAND_HIGH:
            return -1
        digits, scale = _shortest_digits(number, size)
    length, rest = 1, digits // 10
    while rest > 0:
        length += 1
        rest //= 10
    first = length - 1 + scale  # the power of ten of the first digit
    if -4 <= first < 16:
        if scale >= 0:  # a whole number: its zeros, and ".0"
            for _ in range(scale + 1):
                digits *= 10
            return _write_digits(digits, length + scale + 1, 1, out, place)
        return _write_digits(digits, max(length, 1 - scale), -scale, out, place)
    place = _write_digits(digits, length, length - 1, out, place)
    out[place] = LOWER_E
    out[place + 1] = MINUS if first < 0 else PLUS
    return _write_digits(abs(first), 2, 0, out, place + 2)


@njit(nogil=True, cache=True)
def write_rows(
    rows: np.ndarray, separator: np.uint8, words: np.ndarray, offsets: np.ndarray, out: np.ndarray
) -> tuple[int, int]:
    """Writes rows as `parse_rows` reads them, in the fewest digits that give the same float32 again.

    Args:
        rows: float32 (n, D), all finite.
        separator: SPACE, with each word in front of its row, or TAB, without.
        words: uint8, the bytes of all words.
        offsets: int64 (n + 1,): word i is words[offsets[i]:offsets[i + 1]].
        out: uint8, room for the words and NUMBER_BYTES for each number and row.

    Returns:
        Bytes and rows written; fewer rows where the next one holds a number of an unusual size.
    """
    place = 0
    for row in range(len(rows)):
        start = place
        if separator == SPACE:
            for i in range(offsets[row], offsets[row + 1]):
                out[place] = words[i]
                place += 1
        for column in range(rows.shape[1]):
            if column > 0 or separator == SPACE:
                out[place] = separator
                place += 1
            place = _write_number(rows[row, column], out, place)
            if place < 0:
                return start, row
        out[place] = LINE_FEED
        place += 1
    return place, len(rows)


@njit(nogil=True, cache=True)
def split_binary(
    data: np.ndarray,
    n_bytes: int,
    line_feeds: bool,
    longest_word: int,
    row_bytes: int,
    rows: np.ndarray,
    words: np.ndarray,
) -> tuple[int, int, int, int]:
    """Reads rows of word2vec binary: a word, a space, D float32, and a line feed if `line_feeds`.

    Args:
        data: uint8 (B,), beginning with a row.
        n_bytes: how many of them count.
        line_feeds: whether rows end with a line feed; a row is read once the byte behind it is there.
        longest_word: in bytes.
        row_bytes: 4 D.
        rows: uint8 (n * 4 D,), to be filled with the bytes of the numbers.
        words: uint8 (B,), to be filled as by `parse_rows`.

    Returns:
        Rows read, the place behind them, bytes of words, and why no more: DONE (rows is full), NEEDS_MORE,
        WORD_TOO_LONG, WORD_IS_BROKEN (empty, or with a line feed or NUL inside), or LINE_FEED_DIFFERS: the
        row before that place ends otherwise than it should.
    """
    place, n_word_bytes, n_rows = 0, 0, len(rows) // row_bytes
    for row in range(n_rows):
        end = place
        is_broken = False
        while end < n_bytes and data[end] != SPACE and end - place <= longest_word:
            is_broken |= data[end] == LINE_FEED or data[end] == 0
            end += 1
        if end - place > longest_word:
            return row, place, n_word_bytes, WORD_TOO_LONG
        behind = end + 1 + row_bytes
        if behind >= n_bytes:
            return row, place, n_word_bytes, NEEDS_MORE
        if is_broken or end == place:
            return row, place, n_word_bytes, WORD_IS_BROKEN
        for i in range(place, end):
            words[n_word_bytes] = data[i]
            n_word_bytes += 1
        words[n_word_bytes] = LINE_FEED
        n_word_bytes += 1
        start, out = np.uint64(end + 1), np.uint64(row * row_bytes)
        for byte in range(np.uint64(row_bytes)):  # unsigned, so that it becomes one copy
            rows[out + byte] = data[start + byte]
        if (data[behind] == LINE_FEED) != line_feeds:
            return row + 1, behind, n_word_bytes, LINE_FEED_DIFFERS
        place = behind + line_feeds
    return n_rows, place, n_word_bytes, DONE


@njit(nogil=True, cache=True)
def add_ngrams(
    word: np.ndarray,
    shortest: int,
    longest: int,
    first_row: int,
    n_buckets: int,
    rows: np.ndarray,
    out: np.ndarray,
) -> int:
    """Adds the rows of all n-grams of a word to `out`, float32 (D,), one after the other; how many they are.

    An n-gram is `shortest` to `longest` characters of the word between "<" and ">", one of them alone left
    out; its row is that of its hash, as in fastText's dictionary.cc (`computeSubwords`).

    Args:
        word: uint8, UTF-8 with "<" in front and ">" behind.
        shortest: characters, `minn`.
        longest: characters, `maxn`.
        first_row: the row of the first bucket.
        n_buckets: how many rows hold n-grams.
        rows: float32 (R, D), the whole input table.
        out: float32 (D,).
    """
    n_ngrams = 0
    for start in range(len(word)):
        if word[start] & LEAD == CONTINUATION:
            continue
        hashed, end = FNV_BASIS, start
        for length in range(1, longest + 1):
            if end >= len(word):
                break
            while True:  # one character: a byte, and those that continue it
                byte = np.uint32(word[end])
                hashed = np.uint32((hashed ^ (byte | SIGN_BITS if byte >= HIGH_BIT else byte)) * FNV_PRIME)
                end += 1
                if end >= len(word) or word[end] & LEAD != CONTINUATION:
                    break
            if length < shortest or (length == 1 and (start == 0 or end == len(word))):
                continue
            row = first_row + np.int64(hashed) % n_buckets
            for column in range(len(out)):
                out[column] += rows[row, column]
            n_ngrams += 1
    return n_ngrams
