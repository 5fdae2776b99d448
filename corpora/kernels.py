"""Every compiled function of the room: count, encode, blank, remap, alias table, windows.

Numba traps this file steps around: an `int64` and a `uint64` in one expression become a `float64`, so random
numbers and hashes are `np.uint64` on both sides of every operator; views inside a loop touch an atomic
reference count, so arrays come in whole with an index. The slow twins are in tests/reference.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

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
SHIFT_58 = np.uint64(58)
SHIFT_63 = np.uint64(63)
ALL_BITS = np.uint64(2**64 - 1)
EIGHT = np.uint64(8)

BATCH = 512  # words cut before they are looked up; small enough for the nearest cache
LOW, HIGH, HASH, PLACE = range(4)  # the columns of a batch; PLACE is bytes << 32 | first byte

MAX_CHUNKS = 125  # a word of more than 1,000 bytes is no word

# Eight bytes at a time: adding FROM_c to seven bits of each sets the top bit of those that are c or more.
SEVEN_BITS = np.uint64(0x7F7F7F7F7F7F7F7F)
HIGH_BITS = np.uint64(0x8080808080808080)
FROM_1 = np.uint64(0x7F7F7F7F7F7F7F7F)
FROM_9 = np.uint64(0x7777777777777777)
FROM_14 = np.uint64(0x7272727272727272)
FROM_32 = np.uint64(0x6060606060606060)
FROM_33 = np.uint64(0x5F5F5F5F5F5F5F5F)
GATHER_BITS = np.uint64(0x0102040810204080)  # brings the lowest bits of eight bytes together in the top one

# The place of the only bit that is set, by a multiplication (Leiserson, Prokop and Randall 1998).
DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
BIT_PLACES = np.zeros(64, dtype=np.uint8)
BIT_PLACES[[(0x03F79D71B4CB0A89 << place) % 2**64 >> 58 for place in range(64)]] = range(64)


class WordTable(NamedTuple):
    """An open-addressing table of words in flat arrays; entry e is the e-th distinct word met.

    A word is kept as chunks: eight of its bytes as a little-endian number, zeros behind its end. No word
    holds a zero byte, so the chunks alone tell words apart. A slot holds all that most words need, so that
    counting one touches a single line of the cache.

    Args:
        slots: uint64 (C, 4), C a power of two: first chunk, second chunk, bytes << 32 | entry + 1, and
            occurrences; a free slot is all zeros.
        starts: int64 (E + 1,): the chunks of entry e are chunks[starts[e]:starts[e + 1]].
        lengths: int32 (E,), bytes of each word.
        chunks: uint64 (A,), the chunks of all words, one word after another.
        size: int64 (1,), entries in use.
    """

    slots: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    chunks: np.ndarray
    size: np.ndarray


FIRST, SECOND, IDENTITY, COUNT = range(4)  # the columns of `slots`


@njit(nogil=True, cache=True)
def _mark_blanks(text8: np.ndarray, n_marks: int, marks: np.ndarray) -> None:
    """Bit i of marks[j] says whether byte 8 * j + i is a blank; exact for all eight bytes at once.

    Adding 0x80 - c to seven bits carries into the eighth where they are c or more, and no further.
    """
    for j in range(n_marks):
        low = text8[j] & SEVEN_BITS
        control = (low + FROM_9) & ~(low + FROM_14)
        space = (low + FROM_32) & ~(low + FROM_33)
        blank = (control | space | ~(low + FROM_1)) & ~text8[j] & HIGH_BITS
        marks[j] = (blank >> SHIFT_7) * GATHER_BITS >> SHIFT_56


@intrinsic
def _prefetch_row(_: object, array: types.Type, row: types.Type) -> tuple:
    """Asks for the cache line where a row of a C-contiguous array begins, to be read soon."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        view = context.make_array(signature.args[0])(context, builder, args[0])
        row_bytes = builder.extract_value(view.strides, 0)
        byte, int32 = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, int32, int32, int32])
        name = "llvm.prefetch.p0"
        function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
        place = builder.gep(builder.bitcast(view.data, byte), [builder.mul(args[1], row_bytes)])
        builder.call(function, [place, int32(0), int32(3), int32(1)])  # to read, keep in every cache, data
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


if numba.config.DISABLE_JIT:

    def _prefetch_row(array: np.ndarray, row: int) -> None:
        """Nothing: it changes speed alone."""


@njit(nogil=True, cache=True)
def _cut_words(
    text: np.ndarray,
    text8: np.ndarray,
    marks: np.ndarray,
    start: int,
    n_bytes: int,
    batch: np.ndarray,
    slots: np.ndarray,
) -> tuple[int, int]:
    """Fills `batch` with words, line feeds and zero bytes from byte `start` on; see LOW, HIGH, HASH, PLACE.

    Returns how many there are and the byte where to go on. Where a word ends comes from the marks and does
    not wait for where the last one did, so that the processor works on many words at once. Their slots are
    asked for here and read a batch later: without that, waiting for memory takes a quarter of the time.
    """
    group = start >> 6
    bits = marks[group] & ALL_BITS << np.uint64(start & 63)
    n_items = 0
    while n_items < len(batch) - 1 and start < n_bytes:
        while bits == ZERO:
            group += 1
            bits = marks[group]
        lowest = bits & (~bits + ONE)
        bits ^= lowest
        end = (group << 6) + np.int64(BIT_PLACES[lowest * DE_BRUIJN >> SHIFT_58])
        length = end - start
        if length > 0:
            low = _load_chunk(text8, start, length)
            high = _load_chunk(text8, start + 8, length - 8)
            batch[n_items, LOW] = low
            batch[n_items, HIGH] = high
            word_hash = _hash_word(low, high)
            batch[n_items, HASH] = word_hash
            _prefetch_row(slots, np.int64(word_hash & np.uint64(len(slots) - 1)))
            batch[n_items, PLACE] = np.uint64(length) << SHIFT_32 | np.uint64(start)
            n_items += 1
        if text[end] != 32 and end < n_bytes and (text[end] == 10 or text[end] == 0):
            batch[n_items, PLACE] = np.uint64(end)
            n_items += 1
        start = end + 1
    return n_items, start


@njit(nogil=True, cache=True)
def _load_chunk(text8: np.ndarray, position: int, n_bytes: int) -> np.uint64:
    """Up to eight bytes from any byte on, zeros behind; shifting by 64 at once would be undefined."""
    word = position >> 3
    shift = np.uint64((position & 7) << 3)
    chunk = text8[word] >> shift | (text8[word + 1] << ONE) << (SHIFT_63 - shift)
    n_cleared = 8 - max(0, min(8, n_bytes))
    return chunk & (ALL_BITS >> np.uint64(n_cleared << 2)) >> np.uint64(n_cleared << 2)


@njit(nogil=True, cache=True)
def _hash_word(first: np.uint64, second: np.uint64) -> np.uint64:
    word_hash = (first ^ second * MIX_2) * GOLDEN_GAMMA
    return word_hash ^ word_hash >> SHIFT_32


@njit(nogil=True, cache=True)
def _find_slot(
    table: WordTable,
    word_hash: np.uint64,
    first: np.uint64,
    second: np.uint64,
    length: int,
    chunks: np.ndarray,
    start: int,
) -> int:
    """The slot of a word, or the free one for it; chunks[start:] are its chunks if three or more."""
    mask = len(table.slots) - 1
    slot = np.int64(word_hash & np.uint64(mask))
    while True:
        identity = table.slots[slot, IDENTITY]
        if identity == ZERO:
            return slot
        if (
            table.slots[slot, FIRST] == first
            and table.slots[slot, SECOND] == second
            and identity >> SHIFT_32 == np.uint64(length)
        ):
            if length <= 16:
                return slot
            begin = table.starts[np.int64(identity & LOW_32) - 1]
            i = 2
            while i << 3 < length and table.chunks[begin + i] == chunks[start + i]:
                i += 1
            if i << 3 >= length:
                return slot
        slot = (slot + 1) & mask


@njit(nogil=True, cache=True)
def _insert(table: WordTable, slot: int, length: int, chunks: np.ndarray, start: int) -> bool:
    """Puts a word with count 0 into a free slot; False where the table has no room."""
    entry = table.size[0]
    begin = table.starts[entry]
    n_chunks = (length + 7) >> 3
    if entry == len(table.lengths) or begin + n_chunks > len(table.chunks):
        return False
    for i in range(n_chunks):
        table.chunks[begin + i] = chunks[start + i]
    table.starts[entry + 1] = begin + n_chunks
    table.lengths[entry] = length
    table.size[0] = entry + 1
    _fill_slot(table, slot, entry)
    return True


@njit(nogil=True, cache=True)
def _fill_slot(table: WordTable, slot: int, entry: int) -> None:
    begin = table.starts[entry]
    length = np.uint64(table.lengths[entry])
    table.slots[slot, FIRST] = table.chunks[begin]
    table.slots[slot, SECOND] = table.chunks[begin + 1] if length > EIGHT else ZERO
    table.slots[slot, IDENTITY] = length << SHIFT_32 | np.uint64(entry + 1)
    table.slots[slot, COUNT] = ZERO


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
    marks: np.ndarray,
    ids: np.ndarray,
    totals: np.ndarray,
) -> tuple[int, int]:
    """Counts the words of text[position:n_bytes] and writes their entries, lines apart by SENTENCE_END.

    First every blank is marked; then words are cut a batch at a time and looked up a batch at a time. A word
    is checked to be UTF-8 once, when it is met first: later ones are equal.

    Returns how it ended and the byte where to go on: after TABLE_FULL the caller grows the table and calls
    again.

    Args:
        text: uint8, a multiple of 8 long, at least 16 bytes more than `n_bytes`.
        position: where to begin.
        n_bytes: where the block ends.
        table: changed in place.
        may_insert: False counts the words of the table alone; others add to totals[N_UNKNOWN].
        marks: uint64 scratch, at least n_bytes / 64 + 1 long.
        ids: int32, at least n_bytes + 1 long.
        totals: int64 (6,), added to.
    """
    text8 = text.view(np.uint64)
    _mark_blanks(text8, (n_bytes >> 3) + 1, marks.view(np.uint8))
    marks[n_bytes >> 6] |= ONE << np.uint64(n_bytes & 63)
    batch = np.empty((BATCH, 4), dtype=np.uint64)
    chunks = np.empty(MAX_CHUNKS, dtype=np.uint64)
    while position < n_bytes:
        n_items, position = _cut_words(text, text8, marks, position, n_bytes, batch, table.slots)
        status, n_done = _count_words(text, text8, batch, n_items, table, may_insert, chunks, ids, totals)
        if status != DONE:
            return status, np.int64(batch[n_done, PLACE] & LOW_32)
    return DONE, n_bytes


@njit(nogil=True, cache=True)
def _count_words(
    text: np.ndarray,
    text8: np.ndarray,
    batch: np.ndarray,
    n_items: int,
    table: WordTable,
    may_insert: bool,
    chunks: np.ndarray,
    ids: np.ndarray,
    totals: np.ndarray,
) -> tuple[int, int]:
    """Counts a batch of words; returns how it ended and how many items it got through."""
    n_ids = totals[N_IDS]
    for item in range(n_items):
        start = np.int64(batch[item, PLACE] & LOW_32)
        length = np.int64(batch[item, PLACE] >> SHIFT_32)
        if length == 0:
            n_ids = _end_line(text[start], ids, n_ids, totals)
            continue
        if length > MAX_CHUNKS << 3:
            totals[N_TOO_LONG] += 1
            continue
        if length > 16:
            for i in range((length + 7) >> 3):
                chunks[i] = _load_chunk(text8, start + (i << 3), length - (i << 3))
        slot = _find_slot(table, batch[item, HASH], batch[item, LOW], batch[item, HIGH], length, chunks, 0)
        identity = table.slots[slot, IDENTITY]
        if identity == ZERO:
            if not _is_utf8(text, start, start + length):
                totals[N_IDS] = n_ids
                return INVALID_UTF8, item
            if not may_insert:
                totals[N_UNKNOWN] += 1
                continue
            chunks[0], chunks[1] = batch[item, LOW], batch[item, HIGH]
            if not _insert(table, slot, length, chunks, 0):
                totals[N_IDS] = n_ids
                return TABLE_FULL, item
            identity = table.slots[slot, IDENTITY]
        table.slots[slot, COUNT] += ONE
        ids[n_ids] = np.int64(identity & LOW_32) - 1
        n_ids += 1
    totals[N_IDS] = n_ids
    return DONE, n_items


@njit(nogil=True, cache=True)
def _end_line(byte: int, ids: np.ndarray, n_ids: int, totals: np.ndarray) -> int:
    """Takes a line feed or a zero byte; returns the new number of ids."""
    if byte == 0:
        totals[N_NUL] += 1
        return n_ids
    totals[N_LINES] += 1
    if n_ids > 0 and ids[n_ids - 1] == SENTENCE_END:
        return n_ids
    ids[n_ids] = SENTENCE_END
    totals[N_ENDS] += 1
    return n_ids + 1


@njit(nogil=True, cache=True)
def fill_slots(table: WordTable, counts: np.ndarray) -> None:
    """Puts all entries, with the given counts, into slots that are all zeros."""
    mask = len(table.slots) - 1
    for entry in range(table.size[0]):
        begin = table.starts[entry]
        second = table.chunks[begin + 1] if table.lengths[entry] > 8 else ZERO
        slot = np.int64(_hash_word(table.chunks[begin], second) & np.uint64(mask))
        while table.slots[slot, IDENTITY] != ZERO:
            slot = (slot + 1) & mask
        _fill_slot(table, slot, entry)
        table.slots[slot, COUNT] = np.uint64(counts[entry])


@njit(nogil=True, cache=True)
def read_counts(table: WordTable, counts: np.ndarray) -> None:
    """Writes the occurrences of each entry into int64 (E,)."""
    for slot in range(len(table.slots)):
        identity = table.slots[slot, IDENTITY]
        if identity != ZERO:
            counts[np.int64(identity & LOW_32) - 1] = np.int64(table.slots[slot, COUNT])


@njit(nogil=True, cache=True)
def merge_tables(
    source: WordTable, counts: np.ndarray, first_entry: int, target: WordTable, entries: np.ndarray
) -> int:
    """Adds the words of `source`, with the given counts, to `target`; entries[e] becomes the entry there.

    Returns the first entry that did not fit; the caller grows the target and calls again from there.
    """
    for e in range(first_entry, source.size[0]):
        start, length = source.starts[e], source.lengths[e]
        first, second = source.chunks[start], source.chunks[start + 1] if length > 8 else ZERO
        word_hash = _hash_word(first, second)
        slot = _find_slot(target, word_hash, first, second, length, source.chunks, start)
        if target.slots[slot, IDENTITY] == ZERO and not _insert(target, slot, length, source.chunks, start):
            return e
        target.slots[slot, COUNT] += np.uint64(counts[e])
        entries[e] = np.int64(target.slots[slot, IDENTITY] & LOW_32) - 1
    return source.size[0]


@njit(nogil=True, cache=True)
def keep_entries(table: WordTable, kept: np.ndarray) -> None:
    """Moves the given entries, in rising order, to the front and forgets the others; `fill_slots` follows."""
    for e in range(len(kept)):
        start, end, begin = table.starts[kept[e]], table.starts[kept[e] + 1], table.starts[e]
        for i in range(end - start):
            table.chunks[begin + i] = table.chunks[start + i]
        table.starts[e + 1] = begin + end - start
        table.lengths[e] = table.lengths[kept[e]]
    table.size[0] = len(kept)


@njit(nogil=True, cache=True)
def gather_words(table: WordTable, entries: np.ndarray, out: np.ndarray) -> None:
    """Writes the bytes of the given entries into `out`, one after another, each ended by a line feed."""
    position = 0
    for entry in entries:
        start = table.starts[entry]
        for i in range(table.lengths[entry]):
            out[position] = table.chunks[start + (i >> 3)] >> np.uint64((i & 7) << 3) & LOW_8
            position += 1
        out[position] = 10
        position += 1


@njit(nogil=True, cache=True)
def word_prefixes(table: WordTable, entries: np.ndarray, n_skip: int, out: np.ndarray) -> None:
    """out[i]: chunk `n_skip` of word entries[i] as a big-endian number, 0 past its end."""
    for i in range(len(entries)):
        place = table.starts[entries[i]] + n_skip
        number = ZERO
        if place < table.starts[entries[i] + 1]:
            chunk = table.chunks[place]
            for _ in range(8):
                number = number << SHIFT_8 | chunk & LOW_8
                chunk >>= SHIFT_8
        out[i] = number


@njit(nogil=True, cache=True)
def remap_ids(ids: np.ndarray, word_ids: np.ndarray, ends: np.ndarray) -> tuple[int, np.uint64]:
    """Turns a block's entries into word ids, in place; pruned words (word id -1) and sentence ends go.

    Writes into `ends` the places among the tokens where a line ended. Returns the number of tokens and a
    checksum: the sum, modulo 2^64, of each token times an odd number that its place decides.
    """
    n_tokens = 0
    n_ends = 0
    checksum = ZERO
    for i in range(len(ids)):
        if ids[i] == SENTENCE_END:
            ends[n_ends] = n_tokens
            n_ends += 1
            continue
        word_id = word_ids[ids[i]]
        if word_id >= 0:
            ids[n_tokens] = word_id
            n_tokens += 1
            checksum += np.uint64(word_id + 1) * (np.uint64(n_tokens) * GOLDEN_GAMMA | ONE)
    return n_tokens, checksum


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
def _mix(counter: np.uint64) -> np.uint64:
    """The random number of a counter that rises by GOLDEN_GAMMA: SplitMix64 (Steele, Lea and Flood 2014)."""
    counter = (counter ^ counter >> SHIFT_30) * MIX_1
    counter = (counter ^ counter >> SHIFT_27) * MIX_2
    return counter ^ counter >> SHIFT_31


@njit(nogil=True, cache=True)
def _draw_word(packed: np.ndarray, random: np.uint64) -> np.uint64:
    """Without a branch: nobody could predict it."""
    index = (random >> SHIFT_32) * np.uint64(len(packed)) >> SHIFT_32
    entry = packed[index]
    alias = entry & LOW_32
    stays = np.uint64((random & LOW_32) < entry >> SHIFT_32)
    return alias ^ (alias ^ index) * stays


@njit(nogil=True, cache=True)
def draw_words(packed: np.ndarray, rng: np.ndarray, out: np.ndarray) -> None:
    """Fills `out` with word ids drawn from an alias table."""
    for i in range(len(out)):
        rng[0] += GOLDEN_GAMMA
        out[i] = _draw_word(packed, _mix(rng[0]))


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
    share_negatives: bool,
    out: WindowArrays,
) -> int:
    """Subsamples each sentence, cuts its windows and draws their negatives; returns the number of windows.

    `ends` are the places in `tokens` where sentences end. The draws come in a fixed order: for each sentence
    one a token, then for each window one for its width and one for each negative: K for the window, or for
    each of its contexts where `share_negatives` is False.
    """
    n_negatives = out.negatives.shape[1]
    counter = rng[0]  # in a local variable, since the arrays might overlap as far as the compiler knows
    n_windows = 0
    n_contexts = 0
    out.offsets[0] = 0
    start = 0
    for end in ends:
        n_kept = 0
        for position in range(start, end):
            out.kept[n_kept] = tokens[position]
            counter += GOLDEN_GAMMA
            n_kept += _mix(counter) >> SHIFT_32 <= np.uint64(keep_thresholds[tokens[position]])
        start = end
        if n_kept < 2:
            continue
        for i in range(n_kept):
            reach = window
            if shrink:
                counter += GOLDEN_GAMMA
                reach = 1 + np.int64((_mix(counter) >> SHIFT_32) * np.uint64(window) >> SHIFT_32)
            first_row = n_contexts
            for j in range(max(0, i - reach), min(n_kept, i + reach + 1)):
                out.contexts[n_contexts] = out.kept[j]
                n_contexts += j != i
            out.centers[n_windows] = out.kept[i]
            last_row = n_contexts
            if share_negatives:
                first_row, last_row = n_windows, n_windows + 1
            for row in range(first_row, last_row):
                for k in range(n_negatives):
                    counter += GOLDEN_GAMMA
                    out.negatives[row, k] = _draw_word(noise, _mix(counter))
            n_windows += 1
            out.offsets[n_windows] = n_contexts
    rng[0] = counter
    return n_windows
