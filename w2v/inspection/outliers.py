"""Words that fall outside: robust z-scores against frequency, and the likely cause of each."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import numpy as np

THRESHOLD = 3.0
CAUSES = ("junk token", "too rare", "boilerplate", "no context of its own")

_NORMAL = 1.4826  # standard deviations of a normal distribution in one median absolute deviation
_LEAST_SPREAD = 1e-3  # less is rounding: rows of norm 1 would have outliers of one last digit
_LEAST_WORDS = 30
_BIN_WORDS = 200
_MOST_BINS = 100
_RARE = 2  # times the lowest count of the file
_LONGEST = 40
_LONGEST_SIGN = 3  # characters, such as ... or `` of a text cut into tokens
_MARKUP = re.compile(r"[<>{}|=\\\ufffd]|://|www\.|&#?\w+;|%[0-9a-f]{2}", re.IGNORECASE)
_REPEATED = re.compile(r"(.)\1{3}")
_CHANGES = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_MOST_CHANGES = 3
_ODD_CATEGORIES = {"Cc", "Cn", "Co", "Cs"}


class Anomaly(NamedTuple):
    """A word that falls outside."""

    word: str
    row: int
    count: int | None
    norm: float
    norm_z: float  # of the logarithm of the norm
    crowding: float | None  # mean cosine of its nearest words; None where it was not in the sample
    crowding_z: float | None
    cause: str  # one of `CAUSES`; likely, not certain


def robust_z(values: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """How many robust standard deviations each value is from what is usual at its frequency, float64 (n,).

    The words are put into bins of like counts, 100 bins at most and 200 words at least in each; the medians
    of the bins, and their median absolute deviations times 1.4826, are joined by straight lines over the
    logarithm of the count. Where counts are not known, all words are one bin. Fewer than 30 words have no
    usual value, and all get 0.

    Args:
        values: float64 (n,).
        counts: int64 (n,), or None.

    Reference:
        Iglewicz and Hoaglin 1993, "How to Detect and Handle Outliers", for the median and the MAD.
    """
    if len(values) < _LEAST_WORDS:
        return np.zeros(len(values))
    places = np.zeros(len(values)) if counts is None else np.log(np.maximum(counts, 1))
    centers, medians, spreads = [], [], []
    for members in _bins(places):
        middle = np.median(values[members])
        centers.append(np.median(places[members]))
        medians.append(middle)
        spreads.append(_NORMAL * np.median(np.abs(values[members] - middle)))
    usual = np.interp(places, centers, medians)
    return (values - usual) / np.maximum(np.interp(places, centers, spreads), _LEAST_SPREAD)


def has_junk_form(word: str) -> bool:
    """Whether a word is spelled as no word of a language is: one of these rules holds.

    It holds markup, an address, an entity, %-escapes or U+FFFD; a control, private or unassigned character;
    one character four times in a row (digits excepted); more than three characters, no letter or digit among
    them; letters and digits that change places more than three times, as in hexadecimal; or more than 40
    characters.
    """
    repeated = _REPEATED.search(word)
    return bool(
        _MARKUP.search(word)
        or (repeated and not repeated[1].isdigit())
        or (len(word) > _LONGEST_SIGN and not any(character.isalnum() for character in word))
        or len(_CHANGES.findall(word)) > _MOST_CHANGES
        or len(word) > _LONGEST
        or any(unicodedata.category(character) in _ODD_CATEGORIES for character in word)
    )


def likely_cause(word: str, count: int | None, z: tuple[float, float], *, lowest_count: int) -> str:
    """Why a word may fall outside: the first of four rules that holds.

    1. "junk token": its spelling is that of no word (`has_junk_form`).
    2. "too rare": its count is at most twice the lowest, so that chance has placed it.
    3. "boilerplate": longer, or nearer to its neighbours, than usual at its frequency, as words are that
       stand in the same few contexts again and again: repeated text, lists, tables, names of two parts.
    4. "no context of its own": shorter or farther away: a word that stands anywhere, or noise.

    Args:
        word: the word.
        count: its occurrences, or None.
        z: robust z-scores of its norm and its crowding; the larger in size decides between 3 and 4.
        lowest_count: of all words.

    Reference:
        Schakel and Wilson 2015, "Measuring Word Significance using Distributed Representations of Words":
        at equal frequency, the fewer its contexts, the longer a word's vector.
    """
    if has_junk_form(word):
        return CAUSES[0]
    if count is not None and count <= _RARE * lowest_count:
        return CAUSES[1]
    return CAUSES[2] if max(z, key=abs) > 0 else CAUSES[3]


def _bins(places: np.ndarray) -> list[np.ndarray]:
    """The words of each bin: neighbours by place, and words of one place in one bin."""
    order = np.argsort(places, kind="stable")
    size = max(_BIN_WORDS, -(-len(places) // _MOST_BINS))
    edges = [0]
    ends = np.flatnonzero(np.diff(places[order])) + 1  # where another place begins
    for end in ends.tolist():
        if end - edges[-1] >= size and len(places) - end >= size:
            edges.append(end)
    return np.split(order, edges[1:])
