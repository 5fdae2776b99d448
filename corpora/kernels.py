"""Every compiled function of the room: count, encode, blank, remap, alias table, windows.

Numba traps this file steps around: an `int64` and a `uint64` in one expression become a `float64`, so random
numbers and hashes are `np.uint64` on both sides of every operator; views inside a loop touch an atomic
reference count, so arrays come in whole with an index. The slow twins are in tests/reference.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

FAST = {"reassoc", "contract", "nsz", "arcp"}  # without "nnan": a NaN stays visible

SENTENCE_END = -1

# Places in the `totals` array of `encode_block`.
N_IDS, N_ENDS, N_LINES, N_NUL, N_TOO_LONG, N_UNKNOWN = range(6)

# Why `encode_block` came back.
DONE, TABLE_FULL, INVALID_UTF8 = range(3)

ZERO = np.uint64(0)
ONE = np.uint64(1)
GOLDEN_GAMMA = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
LOW_8 = np.uint64(0xFF)
LOW_32 = np.uint64(0xFFFFFFFF)
SHIFT_7 = np.uint64(7)
SHIFT_8 = np.uint64(8)
SHIFT_27 = np.uint64(27)
SHIFT_30 = np.uint64(30)
SHIFT_31 = np.uint64(31)
SHIFT_32 = np.uint64(32)
SHIFT_56 = np.uint64(56)
SHIFT_63 = np.uint64(63)

# Eight bytes at a time: each less than 33, the top bit of each, and the place of a lowest set bit by byte.
BELOW_33 = np.uint64(0x2121212121212121)
HIGH_BITS = np.uint64(0x8080808080808080)
BYTE_PLACES = np.uint64(0x0001020304050607)

# Bit c is set where byte c <= 32 is a blank: NUL, tab, LF, VT, FF, CR, space.
BLANKS = np.uint64(1 << 0 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 32)


class WordTable(NamedTuple):
    """An open-addressing table of words in flat arrays; entry e is the e-th distinct word met.

    A word is kept as chunks: eight of its bytes as a little-endian number, zeros behind its end. No word
    holds a zero byte, so the chunks alone tell words apart, and most words are one chunk.

    Args:
        slots: uint64 (C,), C a power of two: low half of the hash, then entry + 1; 0 is free.
        records: uint64 (E, 4): first chunk, place of the first chunk in `chunks`, bytes, occurrences.
        chunks: uint64 (A,), the chunks of all words, one word after another.
        size: int64 (2,), entries and chunks in use.
    """

    slots: np.ndarray
    records: np.ndarray
    chunks: np.ndarray
    size: np.ndarray


FIRST, PLACE, LENGTH, COUNT = range(4)  # the columns of `records`


@njit(nogil=True, cache=True)
def _is_blank(byte: int) -> bool:
    return byte <= 32 and (BLANKS >> np.uint64(byte)) & ONE != ZERO


@njit(nogil=True, cache=True)
def _load_chunk(text8: np.ndarray, position: int) -> np.uint64:
    """Eight bytes from any byte on, out of two aligned loads; shifting by 64 at once would be undefined."""
    word = position >> 3
    shift = np.uint64((position & 7) << 3)
    return text8[word] >> shift | (text8[word + 1] << ONE) << (SHIFT_63 - shift)


@njit(nogil=True, cache=True)
def _word_bytes(text: np.ndarray, position: int, chunk: np.uint64) -> int:
    """How many of the chunk's eight bytes stand before its first blank.

    The first flagged byte is below 33 for certain, later ones perhaps: each is looked at.
    """
    flags = (chunk - BELOW_33) & ~chunk & HIGH_BITS
    while flags != ZERO:
        lowest = flags & (~flags + ONE)
        place = np.int64((lowest >> SHIFT_7) * BYTE_PLACES >> SHIFT_56)
        if _is_blank(text[position + place]):
            return place
        flags ^= lowest
    return 8


@njit(nogil=True, cache=True)
def _add_chunk(word_hash: np.uint64, chunk: np.uint64) -> np.uint64:
    word_hash = (word_hash ^ chunk) * GOLDEN_GAMMA
    return word_hash ^ word_hash >> SHIFT_32


@njit(nogil=True, cache=True)
def _hash_word(chunks: np.ndarray, place: int, n_chunks: int) -> np.uint64:
    word_hash = ZERO
    for i in range(place, place + n_chunks):
        word_hash = _add_chunk(word_hash, chunks[i])
    return word_hash * MIX_1


@njit(nogil=True, cache=True)
def _find(
    table: WordTable, word_hash: np.uint64, chunks: np.ndarray, place: int, length: int
) -> tuple[int, int]:
    """The entry of a word, or -1, and the slot where it is or would go."""
    mask = len(table.slots) - 1
    slot = np.int64(word_hash >> SHIFT_32) & mask
    tag = word_hash & LOW_32
    n_chunks = (length + 7) >> 3
    while True:
        value = table.slots[slot]
        if value == ZERO:
            return -1, slot
        if value >> SHIFT_32 == tag:
            entry = np.int64(value & LOW_32) - 1
            if table.records[entry, FIRST] == chunks[place] and table.records[entry, LENGTH] == np.uint64(
                length
            ):
                begin = np.int64(table.records[entry, PLACE])
                same = 1
                while same < n_chunks and table.chunks[begin + same] == chunks[place + same]:
                    same += 1
                if same == n_chunks:
                    return entry, slot
        slot = (slot + 1) & mask


@njit(nogil=True, cache=True)
def _insert(
    table: WordTable, slot: int, word_hash: np.uint64, chunks: np.ndarray, place: int, length: int
) -> int:
    """Adds a word with count 0; returns its entry, or -1 where the table has no room."""
    entry, begin = table.size[0], table.size[1]
    n_chunks = (length + 7) >> 3
    if entry == len(table.records) or begin + n_chunks > len(table.chunks):
        return -1
    for i in range(n_chunks):
        table.chunks[begin + i] = chunks[place + i]
    table.records[entry, FIRST] = chunks[place]
    table.records[entry, PLACE] = np.uint64(begin)
    table.records[entry, LENGTH] = np.uint64(length)
    table.records[entry, COUNT] = ZERO
    table.slots[slot] = (word_hash & LOW_32) << SHIFT_32 | np.uint64(entry + 1)
    table.size[0] = entry + 1
    table.size[1] = begin + n_chunks
    return entry


@njit(nogil=True, cache=True)
def _is_utf8(text: np.ndarray, start: int, end: int) -> bool:
    """True where text[start:end] is UTF-8: no overlong form, no surrogate, nothing past U+10FFFF."""
    i = start
    while i < end:
        lead = text[i]
        if lead < 0x80:
            i += 1
            continue
        low, high = 0x80, 0xBF
        if 0xC2 <= lead <= 0xDF:
            n_more = 1
        elif 0xE0 <= lead <= 0xEF:
            n_more = 2
            low = 0xA0 if lead == 0xE0 else 0x80
            high = 0x9F if lead == 0xED else 0xBF
        elif 0xF0 <= lead <= 0xF4:
            n_more = 3
            low = 0x90 if lead == 0xF0 else 0x80
            high = 0x8F if lead == 0xF4 else 0xBF
        else:
            return False
        if i + n_more >= end or not low <= text[i + 1] <= high:
            return False
        for k in range(2, n_more + 1):
            if not 0x80 <= text[i + k] <= 0xBF:
                return False
        i += n_more + 1
    return True


@njit(nogil=True, cache=True)
def encode_block(
    text: np.ndarray,
    position: int,
    n_bytes: int,
    table: WordTable,
    may_insert: bool,
    word: np.ndarray,
    ids: np.ndarray,
    totals: np.ndarray,
) -> tuple[int, int]:
    """Counts the words of text[position:n_bytes] and writes their entries, lines apart by SENTENCE_END.

    A word is checked to be UTF-8 once, when it is met first: later ones are equal to it. Returns how it
    ended and the byte where to go on: after TABLE_FULL the caller grows the table and calls again.

    Args:
        text: uint8, a multiple of 8 long, at least 16 bytes more than `n_bytes`; text[n_bytes] is a blank.
        position: where to begin.
        n_bytes: where the block ends.
        table: changed in place.
        may_insert: False counts the words of the table alone; others add to totals[N_UNKNOWN].
        word: uint64 scratch for the chunks of one word; a longer word adds to totals[N_TOO_LONG].
        ids: int32, at least n_bytes + 1 long.
        totals: int64 (6,), added to.
    """
    text8 = text.view(np.uint64)
    n_ids = totals[N_IDS]
    while position < n_bytes:
        byte = text[position]
        if _is_blank(byte):
            if byte == 10:
                totals[N_LINES] += 1
                if n_ids == 0 or ids[n_ids - 1] != SENTENCE_END:
                    ids[n_ids] = SENTENCE_END
                    n_ids += 1
                    totals[N_ENDS] += 1
            elif byte == 0:
                totals[N_NUL] += 1
            position += 1
            continue
        start = position
        word_hash = ZERO
        n_chunks = 0
        in_chunk = 8
        while in_chunk == 8:
            chunk = _load_chunk(text8, position)
            in_chunk = _word_bytes(text, position, chunk)
            if in_chunk == 0:
                break
            if in_chunk < 8:
                chunk &= (ONE << np.uint64(in_chunk << 3)) - ONE
            position += in_chunk
            word_hash = _add_chunk(word_hash, chunk)
            if n_chunks < len(word):
                word[n_chunks] = chunk
            n_chunks += 1
        if n_chunks > len(word):
            totals[N_TOO_LONG] += 1
            continue
        word_hash *= MIX_1
        entry, slot = _find(table, word_hash, word, 0, position - start)
        if entry < 0:
            if not _is_utf8(text, start, position):
                totals[N_IDS] = n_ids
                return INVALID_UTF8, start
            if not may_insert:
                totals[N_UNKNOWN] += 1
                continue
            entry = _insert(table, slot, word_hash, word, 0, position - start)
            if entry < 0:
                totals[N_IDS] = n_ids
                return TABLE_FULL, start
        table.records[entry, COUNT] += ONE
        ids[n_ids] = entry
        n_ids += 1
    totals[N_IDS] = n_ids
    return DONE, position


@njit(nogil=True, cache=True)
def fill_slots(table: WordTable) -> None:
    """Writes the slots of all entries anew, after the table has grown or lost entries."""
    mask = len(table.slots) - 1
    for slot in range(len(table.slots)):
        table.slots[slot] = ZERO
    for entry in range(table.size[0]):
        place, length = np.int64(table.records[entry, PLACE]), np.int64(table.records[entry, LENGTH])
        word_hash = _hash_word(table.chunks, place, (length + 7) >> 3)
        slot = np.int64(word_hash >> SHIFT_32) & mask
        while table.slots[slot] != ZERO:
            slot = (slot + 1) & mask
        table.slots[slot] = (word_hash & LOW_32) << SHIFT_32 | np.uint64(entry + 1)


@njit(nogil=True, cache=True)
def merge_tables(source: WordTable, first_entry: int, target: WordTable, entries: np.ndarray) -> int:
    """Adds the words and counts of `source` to `target`; entries[e] becomes the target's entry of word e.

    Returns the first entry that did not fit; the caller grows the target and calls again from there.
    """
    for e in range(first_entry, source.size[0]):
        place, length = np.int64(source.records[e, PLACE]), np.int64(source.records[e, LENGTH])
        word_hash = _hash_word(source.chunks, place, (length + 7) >> 3)
        entry, slot = _find(target, word_hash, source.chunks, place, length)
        if entry < 0:
            entry = _insert(target, slot, word_hash, source.chunks, place, length)
            if entry < 0:
                return e
        target.records[entry, COUNT] += source.records[e, COUNT]
        entries[e] = entry
    return source.size[0]


@njit(nogil=True, cache=True)
def keep_frequent_entries(table: WordTable, min_count: int) -> int:
    """Drops the entries that occur less than `min_count` times; returns how many occurrences that were.

    The entries that stay move to the front in their order. `fill_slots` must follow.
    """
    n_kept = 0
    n_lost = 0
    n_chunks_kept = 0
    for entry in range(table.size[0]):
        count = np.int64(table.records[entry, COUNT])
        if count < min_count:
            n_lost += count
            continue
        place = np.int64(table.records[entry, PLACE])
        n_chunks = (np.int64(table.records[entry, LENGTH]) + 7) >> 3
        for i in range(n_chunks):
            table.chunks[n_chunks_kept + i] = table.chunks[place + i]
        for column in range(4):
            table.records[n_kept, column] = table.records[entry, column]
        table.records[n_kept, PLACE] = np.uint64(n_chunks_kept)
        n_chunks_kept += n_chunks
        n_kept += 1
    table.size[0] = n_kept
    table.size[1] = n_chunks_kept
    return n_lost


@njit(nogil=True, cache=True)
def gather_words(table: WordTable, entries: np.ndarray, out: np.ndarray) -> None:
    """Writes the bytes of the given entries into `out`, one after another, each ended by a line feed."""
    position = 0
    for entry in entries:
        place = np.int64(table.records[entry, PLACE])
        for i in range(np.int64(table.records[entry, LENGTH])):
            out[position] = table.chunks[place + (i >> 3)] >> np.uint64((i & 7) << 3) & LOW_8
            position += 1
        out[position] = 10
        position += 1


@njit(nogil=True, cache=True)
def word_prefixes(table: WordTable, entries: np.ndarray, n_skip: int, out: np.ndarray) -> None:
    """out[i]: chunk `n_skip` of word entries[i] as a big-endian number, 0 past its end."""
    for i in range(len(entries)):
        length = np.int64(table.records[entries[i], LENGTH])
        number = ZERO
        if n_skip << 3 < length:
            chunk = table.chunks[np.int64(table.records[entries[i], PLACE]) + n_skip]
            for _ in range(8):
                number = number << SHIFT_8 | chunk & LOW_8
                chunk >>= SHIFT_8
        out[i] = number


@njit(nogil=True, cache=True)
def remap_ids(
    ids: np.ndarray, n_ids: int, word_ids: np.ndarray, tokens: np.ndarray, ends: np.ndarray
) -> tuple[int, int]:
    """Turns a block's entries into word ids, leaving pruned words (word id -1) out.

    Returns the number of tokens, and of `ends`: the places in `tokens` where a line ended.
    """
    n_tokens = 0
    n_ends = 0
    for i in range(n_ids):
        if ids[i] == SENTENCE_END:
            ends[n_ends] = n_tokens
            n_ends += 1
        else:
            word_id = word_ids[ids[i]]
            tokens[n_tokens] = word_id
            n_tokens += word_id >= 0
    return n_tokens, n_ends


@njit(nogil=True, cache=True)
def blank_non_words(text: np.ndarray, n_bytes: int, is_word: np.ndarray, is_joiner: np.ndarray) -> None:
    """Overwrites with spaces, in place, what belongs to no word in UTF-8 text; line feeds stay.

    `is_word` and `is_joiner` are bool (0x110000,), by code point. A joiner stays where a word character
    stands on both of its sides. The text must be valid UTF-8.
    """
    position = 0
    after_word = False
    while position < n_bytes:
        code, length = _code_point(text, position)
        keep = is_word[code]
        if not keep and after_word and is_joiner[code] and position + length < n_bytes:
            next_code, _ = _code_point(text, position + length)
            keep = is_word[next_code]
        if not keep and code != 10:
            for i in range(length):
                text[position + i] = 32
        after_word = keep
        position += length


@njit(nogil=True, cache=True)
def _code_point(text: np.ndarray, position: int) -> tuple[int, int]:
    lead = np.int64(text[position])
    if lead < 0x80:
        return lead, 1
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | (np.int64(text[position + 1]) & 0x3F), 2
    two = (np.int64(text[position + 1]) & 0x3F) << 6 | (np.int64(text[position + 2]) & 0x3F)
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | two, 3
    return (lead & 0x07) << 18 | two << 6 | (np.int64(text[position + 3]) & 0x3F), 4


@njit(nogil=True, cache=True)
def fill_alias_table(shares: np.ndarray, packed: np.ndarray, small: np.ndarray, large: np.ndarray) -> None:
    """Builds Walker's alias table by Vose's method; `shares` (V,) sum to V and are used up.

    Each packed entry holds a threshold in its high half and the alias in its low half: the drawn word stays
    itself with chance threshold / 2^32. `small` and `large` are int64 (V,) scratch.
    """
    n_words = len(shares)
    n_small = 0
    n_large = 0
    for word_id in range(n_words):
        packed[word_id] = LOW_32 << SHIFT_32 | np.uint64(word_id)
        if shares[word_id] < 1.0:
            small[n_small] = word_id
            n_small += 1
        else:
            large[n_large] = word_id
            n_large += 1
    while n_small > 0 and n_large > 0:
        n_small -= 1
        poor = small[n_small]
        rich = large[n_large - 1]
        threshold = min(np.uint64(shares[poor] * 4294967296.0), LOW_32)
        packed[poor] = threshold << SHIFT_32 | np.uint64(rich)
        shares[rich] -= 1.0 - shares[poor]
        if shares[rich] < 1.0:
            n_large -= 1
            small[n_small] = rich
            n_small += 1


@njit(nogil=True, cache=True)
def _next_random(rng: np.ndarray) -> np.uint64:
    """One step of SplitMix64 (Steele, Lea and Flood 2014): a counter and a mixing function."""
    rng[0] += GOLDEN_GAMMA
    number = rng[0]
    number = (number ^ number >> SHIFT_30) * MIX_1
    number = (number ^ number >> SHIFT_27) * MIX_2
    return number ^ number >> SHIFT_31


@njit(nogil=True, cache=True)
def _draw_word(packed: np.ndarray, random: np.uint64) -> np.uint64:
    index = (random >> SHIFT_32) * np.uint64(len(packed)) >> SHIFT_32
    entry = packed[index]
    if (random & LOW_32) < entry >> SHIFT_32:
        return index
    return entry & LOW_32


@njit(nogil=True, cache=True)
def draw_words(packed: np.ndarray, rng: np.ndarray, out: np.ndarray) -> None:
    """Fills `out` with word ids drawn from an alias table."""
    for i in range(len(out)):
        out[i] = _draw_word(packed, _next_random(rng))


class WindowArrays(NamedTuple):
    """Room for the windows of one chunk: see `corpora.windows.Windows`; `kept` is scratch."""

    centers: np.ndarray
    contexts: np.ndarray
    offsets: np.ndarray
    negatives: np.ndarray
    kept: np.ndarray


@njit(nogil=True, cache=True)
def fill_windows(
    tokens: np.ndarray,
    ends: np.ndarray,
    keep_thresholds: np.ndarray,
    noise: np.ndarray,
    rng: np.ndarray,
    window: int,
    shrink: bool,
    out: WindowArrays,
) -> int:
    """Subsamples each sentence, cuts its windows and draws their negatives; returns the number of windows.

    `ends` are the places in `tokens` where sentences end. The draws come in a fixed order: for each sentence
    one a token, then for each window one for its width and one for each negative.
    """
    n_negatives = out.negatives.shape[1]
    n_windows = 0
    n_contexts = 0
    out.offsets[0] = 0
    start = 0
    for end in ends:
        n_kept = 0
        for position in range(start, end):
            out.kept[n_kept] = tokens[position]
            n_kept += _next_random(rng) >> SHIFT_32 <= np.uint64(keep_thresholds[tokens[position]])
        start = end
        if n_kept < 2:
            continue
        for i in range(n_kept):
            reach = window
            if shrink:
                reach = 1 + np.int64((_next_random(rng) >> SHIFT_32) * np.uint64(window) >> SHIFT_32)
            for j in range(max(0, i - reach), min(n_kept, i + reach + 1)):
                out.contexts[n_contexts] = out.kept[j]
                n_contexts += j != i
            out.centers[n_windows] = out.kept[i]
            for k in range(n_negatives):
                out.negatives[n_windows, k] = _draw_word(noise, _next_random(rng))
            n_windows += 1
            out.offsets[n_windows] = n_contexts
    return n_windows
