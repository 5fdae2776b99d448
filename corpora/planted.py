"""A generated English-like corpus whose analogies and similarities are known by construction.

The planted words live in `planted_words.py`. A sentence about a word draws from three sources: words of its
member alone (seine and cheese, for paris and france alike), words of its group (mediterranean) and words of
its role (mayor for capitals, treaty for countries). A trained vector is then close to a sum

    paris ~ member + group + capital        rome  ~ other member + group + capital
    france ~ member + group + country       italy ~ other member + group + country

so france - paris + rome comes out at italy: the analogies are linear because the text is. Between these
sentences stand filler ones, over generated names in a Zipf distribution, which give the text its long tail.

Text is made in blocks of a fixed number of sentences; block i is a function of (seed, i) alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, chain
from typing import NamedTuple

import numpy as np

from corpora.planted_words import FAMILIES, FILLER_PATTERNS, Family

SENTENCES_PER_BLOCK = 16_384  # about 1 MB
PLANTED_SHARE = 0.6  # of the sentences; the others are filler
ZIPF_SHIFT = 2.7  # Mandelbrot's: chance ~ 1 / (rank + shift), rank from 0
QUESTIONS_PER_PAIR = 10
WORD_BYTES = 16  # a row of the word table: the word, zeros, and the separator in the last place
ZIPF_CELLS = 4096
CONSONANTS = "bdfghjklmnprstvwyz"
VOWELS = "aeiou"
ENDINGS = ("", "n", "r", "l", "s", "m", "t", "d", "nd", "st", "rk", "x")
NAME_STRIDE = 1_000_003  # prime to every number of names, so stepping by it visits each name once


def generate(n_words: int, *, seed: int = 1, n_filler_words: int = 5_000) -> Iterator[bytes]:
    """Yield the corpus as blocks of UTF-8 text, about 1 MB each, one sentence a line.

    Words are lower-case ASCII, separated by one space. A block is made when it is asked for, so memory
    depends on `n_filler_words` and not on `n_words`. A longer corpus begins with the shorter one, whose last
    sentence may be cut. The text does not depend on NumPy's version: it is made from raw bits.

    Args:
        n_words: words in all blocks together, at least 1.
        seed: 0 or more; another seed is another text over the same words.
        n_filler_words: distinct generated words, 1 to 8,000,000, beside some thousand planted and function
            words. Rare by design: a text has over 99 % of them at 300 words of text per filler word.

    Returns:
        An iterator over the blocks; joined, they are the text.

    Raises:
        ValueError: an argument is out of range.
    """
    if n_words < 1:
        raise ValueError(f"n_words must be 1 or more, got {n_words}")
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, got {seed}")
    if not 1 <= n_filler_words <= 8_000_000:
        raise ValueError(f"n_filler_words must be 1 to 8,000,000, got {n_filler_words}")
    return _blocks(n_words, seed, _grammar(n_filler_words))


def analogies() -> tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...]:
    """Questions (a, b, c, d) by section: a is to b as c is to d, so b - a + c gives d.

    Each pair of a section is asked together with the next ones of its list, of which about a third are of its
    own group: their answers are the hardest to tell apart.

    Returns:
        (section name, questions) for each section; the four words of a question are distinct.
    """
    return tuple(
        (name, _section_questions([(words[first], words[second]) for words, _, _ in _members(family)]))
        for family in FAMILIES
        for name, first, second in family.sections
    )


def question_lines() -> Iterator[str]:
    """Yield the analogies as lines of a questions file in Google's format, each ended by a line break."""
    for section, questions in analogies():
        yield f": {section}\n"
        for question in questions:
            yield " ".join(question) + "\n"


def similarities() -> tuple[tuple[str, str, float], ...]:
    """Pairs of planted words with the share of context words that their sentences have in common.

    The score is the overlap, sum over words of min(p, q), of the two words' distributions of content words in
    their sentences. Two roles of one member share member and group words; two members share group words if of
    one group, and role words if of one role; two families share nothing.

    Returns:
        (word_1, word_2, score), score in [0, 1], each pair of words once.
    """
    contexts = _context_distributions()
    families = [list(_members(family)) for family in FAMILIES]
    pairs = {}
    for family_pos, members in enumerate(families):
        strangers = families[(family_pos + 1) % len(families)]
        for member_pos, (words, _, _) in enumerate(members):
            role = member_pos % len(words)
            word, other_role = words[role], (role + 1) % len(words)
            ring = members[member_pos:] + members[:member_pos]
            neighbour, distant = ring[1][0], ring[len(ring) // 2][0]
            stranger = strangers[member_pos % len(strangers)][0][0]
            others = (words[other_role], neighbour[role], neighbour[other_role])
            for other in (*others, distant[role], distant[other_role], stranger):
                pairs[tuple(sorted((word, other)))] = _overlap(contexts[word], contexts[other])
    return tuple((word_1, word_2, score) for (word_1, word_2), score in pairs.items())


class _Grammar(NamedTuple):
    """All that a block is made from: a recipe is a run of slots, a slot a run of the pool to draw from."""

    word_table: np.ndarray  # S16 (V,)
    pool: np.ndarray  # int64, word ids
    slot_start: np.ndarray  # int64, a place in the pool
    slot_size: np.ndarray  # uint64; 0 is a filler word
    recipe_start: np.ndarray  # int64, a place among the slots
    recipe_length: np.ndarray  # int64, slots
    zipf_breaks: np.ndarray  # float64 (ZIPF_CELLS + 1,), quantiles of the rank
    first_filler_id: int


def _grammar(n_filler_words: int) -> _Grammar:
    """Compile the patterns of all words into arrays."""
    recipes = [slots for _, slots in _planted_recipes()]
    filler_recipes = [tuple(_fill(pattern, {})) for pattern in FILLER_PATTERNS]
    # A recipe is drawn uniformly, so a kind gets its share by the number of its recipes.
    n_copies = round(len(recipes) * (1 / PLANTED_SHARE - 1) / len(filler_recipes))
    recipes += filler_recipes * n_copies
    slots = list(chain.from_iterable(recipes))
    runs = list(dict.fromkeys(slots))
    run_starts = dict(zip(runs, accumulate(map(len, runs), initial=0), strict=False))
    words = list(dict.fromkeys(chain.from_iterable(runs)))
    word_ids = {word: word_id for word_id, word in enumerate(words)}
    planted = np.array(words, dtype=f"S{WORD_BYTES}")
    lengths = np.array([len(recipe) for recipe in recipes])
    return _Grammar(
        word_table=np.concatenate([planted, _filler_names(n_filler_words, planted)]),
        pool=np.array([word_ids[word] for word in chain.from_iterable(runs)]),
        slot_start=np.array([run_starts[slot] for slot in slots]),
        slot_size=np.array([len(slot) for slot in slots], dtype=np.uint64),
        recipe_start=lengths.cumsum() - lengths,
        recipe_length=lengths,
        zipf_breaks=_zipf_breaks(n_filler_words),
        first_filler_id=len(words),
    )


def _members(family: Family) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """Yield (words by role, topics, group words) of each member."""
    group: tuple[str, ...] = ()
    for line in family.members.strip().splitlines():
        if ":" not in line:
            group = tuple(line.split())
            continue
        for member in line.split(";"):
            words, topics = member.split(":")
            yield tuple(words.split()), tuple(topics.split()), group


def _planted_recipes() -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
    """Yield (word, slots of one sentence about it); all words of a family have about as many."""
    for family in FAMILIES:
        for words, topics, group in _members(family):
            for word, patterns in zip(words, family.patterns, strict=True):
                others = tuple(other for other in words if other != word)
                places = {"X": (word,), "OTHER": others, "TOPIC": topics, "GROUP": group}
                for pattern in patterns:
                    yield word, tuple(_fill(pattern, places))


def _fill(pattern: str, places: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield the slots of a pattern: for each, the words that may stand there; () for a filler word."""
    for part in pattern.split():
        yield () if part == "FILLER" else places.get(part) or tuple(part.split("/"))


def _filler_names(n_names: int, planted: np.ndarray) -> np.ndarray:
    """Pronounceable words, none of them planted, the shorter first: S16 (n_names,).

    A name is two or three syllables of consonant and vowel, and an ending of consonants. It reads in one way
    only, so distinct numbers, written with syllables and endings for digits, are distinct names.
    """
    syllables = np.array([consonant + vowel for consonant in CONSONANTS for vowel in VOWELS], dtype="S2")
    endings = np.array(ENDINGS, dtype="S2")
    tiers = []
    for n_syllables in (2, 3):
        n_tier = len(syllables) ** n_syllables * len(endings)
        # A few more than asked for, since those that are planted words fall out.
        numbers = np.arange(min(n_tier, n_names + len(planted))) * NAME_STRIDE % n_tier
        parts = np.zeros((len(numbers), 4), dtype="S2")
        for position in range(n_syllables):
            numbers, digits = np.divmod(numbers, len(syllables))
            parts[:, position] = syllables[digits]
        parts[:, n_syllables] = endings[numbers]
        tiers.append(parts.view("S8")[:, 0])
    names = np.concatenate(tiers)
    # Eight bytes compare as one integer, much faster than as text.
    short = planted[np.char.str_len(planted) <= 8].astype("S8")
    names = names[~np.isin(names.view(np.uint64), short.view(np.uint64))]
    return names[:n_names].astype(f"S{WORD_BYTES}")


def _zipf_breaks(n_words: int) -> np.ndarray:
    """Quantiles of a rank in [0, n_words) whose density falls as 1 / (rank + shift)."""
    quantiles = np.linspace(0, 1, ZIPF_CELLS + 1)
    breaks = ZIPF_SHIFT * ((n_words / ZIPF_SHIFT + 1) ** quantiles - 1)
    # Powers differ in the last bit from one processor to the next; the text must not.
    return breaks.round(6)


def _blocks(n_words: int, seed: int, grammar: _Grammar) -> Iterator[bytes]:
    """Yield block after block until n_words are out."""
    block_pos = 0
    while n_words > 0:
        word_ids, line_ends = _draw_block(seed, block_pos, grammar)
        word_ids = word_ids[:n_words]
        line_ends = np.append(line_ends[line_ends < len(word_ids) - 1], len(word_ids) - 1)
        yield _to_text(word_ids, line_ends, grammar.word_table)
        n_words -= len(word_ids)
        block_pos += 1


def _draw_block(seed: int, block_pos: int, grammar: _Grammar) -> tuple[np.ndarray, np.ndarray]:
    """Word ids (N,) of one block, and the positions of the last words of its sentences (S,)."""
    bits = np.random.PCG64(np.random.SeedSequence([seed, block_pos]))
    recipes = _scale(_draw_uint32(bits, SENTENCES_PER_BLOCK), np.uint64(len(grammar.recipe_length)))
    lengths = grammar.recipe_length[recipes]
    line_starts = lengths.cumsum() - lengths
    slots = np.repeat(grammar.recipe_start[recipes] - line_starts, lengths)
    slots += np.arange(len(slots))
    draws = _draw_uint32(bits, len(slots))
    sizes = grammar.slot_size[slots]
    word_ids = grammar.pool[grammar.slot_start[slots] + _scale(draws, sizes)]
    fillers = np.flatnonzero(sizes == 0)
    word_ids[fillers] = grammar.first_filler_id + _zipf_ranks(draws[fillers], grammar.zipf_breaks)
    return word_ids, line_starts + lengths - 1


def _draw_uint32(bits: np.random.PCG64, n_draws: int) -> np.ndarray:
    """uint32 (n_draws,), uniform over all values."""
    return bits.random_raw((n_draws + 1) // 2).astype("<u8", copy=False).view("<u4")[:n_draws]


def _scale(draws: np.ndarray, sizes: np.ndarray | np.uint64) -> np.ndarray:
    """Map uint32 draws to int64 in [0, size), by one size or each by its own."""
    return ((draws.astype(np.uint64) * sizes) >> np.uint64(32)).view(np.int64)


def _zipf_ranks(draws: np.ndarray, breaks: np.ndarray) -> np.ndarray:
    """Rank by inversion: the upper 12 bits choose a cell of quantiles, the lower 20 a place in it."""
    cells = (draws >> np.uint32(20)).astype(np.int64)
    places = (draws & np.uint32(0xFFFFF)) * 2.0**-20
    return (breaks[cells] + np.diff(breaks)[cells] * places).astype(np.int64)


def _to_text(word_ids: np.ndarray, line_ends: np.ndarray, word_table: np.ndarray) -> bytes:
    """The words as text: rows of equal width, each with a separator in its last place; then all zeros go."""
    rows = word_table[word_ids].view(np.uint8).reshape(-1, WORD_BYTES)  # (N, WORD_BYTES)
    rows[:, -1] = ord(" ")
    rows[line_ends, -1] = ord("\n")
    return rows.tobytes().translate(None, b"\0")


def _section_questions(pairs: list[tuple[str, str]]) -> tuple[tuple[str, str, str, str], ...]:
    """Every pair with each of the next QUESTIONS_PER_PAIR, around the end of the list."""
    return tuple(
        (*pair, *pairs[(pair_pos + step) % len(pairs)])
        for pair_pos, pair in enumerate(pairs)
        for step in range(1, QUESTIONS_PER_PAIR + 1)
    )


def _context_distributions() -> dict[str, dict[str, float]]:
    """For each planted word, the share of each content word in the sentences about it."""
    function_words = set(chain.from_iterable(pattern.split() for pattern in FILLER_PATTERNS))
    totals: dict[str, Counter[str]] = {}
    for word, slots in _planted_recipes():
        contexts = totals.setdefault(word, Counter())
        silent = function_words | {word}
        for slot in slots:
            contexts.update({context: 1 / len(slot) for context in slot if context not in silent})
    return {
        word: {context: weight / contexts.total() for context, weight in contexts.items()}
        for word, contexts in totals.items()
    }


def _overlap(first: dict[str, float], second: dict[str, float]) -> float:
    """Sum over words of the smaller of the two shares, rounded so that equal constructions tie."""
    return round(sum(min(share, second.get(word, 0.0)) for word, share in first.items()), 4)
