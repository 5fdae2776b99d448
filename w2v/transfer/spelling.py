"""For words that are not found: the known word spelt most alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

_ONE_EDIT_FROM = 4  # letters; below that only the case may differ: "car" is no spelling of "cat"
_TWO_EDITS_FROM = 8
_LONGEST = 32  # letters; longer words have no near spelling
_MOST_KNOWN = 100_000


def nearest_spellings(words: Sequence[str], known: Sequence[str]) -> list[int]:
    """For each word the place in `known` of the word spelt most alike, or -1 where none is near.

    Case does not count. Near is one edit for words of 4 letters or more, two from 8 letters on, where an edit
    leaves out, adds or changes a letter or swaps two neighbours. Of equally near words the first wins. Only
    the first 100,000 known words are looked at, which in files of vectors are the most frequent.

    Words that are near become equal when at most as many letters are left out of each, so all shortened
    forms of the sought words are put in one map, and those of each known word are looked up there.

    Reference:
        Garbe 2012, "1000x faster spelling correction" (the map of shortened forms). Damerau 1964, "A
        technique for computer detection and correction of spelling errors" (the four edits).
    """
    folded = [word.casefold() for word in words]
    sought: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(folded):
        if 0 < len(word) <= _LONGEST:
            for form in _shortened(word, _reach(len(word))):
                sought[form].append(place)
    nearest = [-1] * len(words)
    least = [_reach(len(word)) + 1 for word in folded]  # the distance that a better word must stay below
    for known_place, word in enumerate(known[:_MOST_KNOWN] if sought else ()):
        word = word.casefold()
        if len(word) > _LONGEST + 2:
            continue
        forms = _shortened(word, _reach(len(word)))  # a shorter word needs fewer letters left out
        for place in {place for form in forms for place in sought.get(form, ())}:
            if least[place] > 0 and (least[place] > 1 or folded[place] == word):
                edits = edit_distance(folded[place], word)
                if edits < least[place]:
                    nearest[place], least[place] = known_place, edits
    return nearest


def edit_distance(a: str, b: str) -> int:
    """Letters left out, added, changed, or swapped with their neighbour, at least, to make `b` of `a`."""
    before, previous = [], list(range(len(b) + 1))
    for row, letter in enumerate(a, start=1):
        current = [row]
        for column, other in enumerate(b, start=1):
            edits = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == b[column - 2] and other == a[row - 2]:
                edits = min(edits, before[column - 2] + 1)
            current.append(edits)
        before, previous = previous, current
    return previous[-1]


def _reach(n_letters: int) -> int:
    return (n_letters >= _ONE_EDIT_FROM) + (n_letters >= _TWO_EDITS_FROM)


def _shortened(word: str, n_letters: int) -> Iterator[str]:
    """The word, and all that is left of it without up to `n_letters` of its letters."""
    for n_out in range(min(n_letters, len(word)) + 1):
        for kept in combinations(word, len(word) - n_out):
            yield "".join(kept)
