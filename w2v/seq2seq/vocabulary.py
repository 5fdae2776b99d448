"""The words of one side of a Seq2Seq model, with the four that every such model has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from corpora.errors import InputError

if TYPE_CHECKING:
    from w2v.vectors import Vectors

SPECIALS = ("<pad>", "<sos>", "<eos>", "<unk>")
PADDING, START, END, UNKNOWN = range(len(SPECIALS))


class TokenVocabulary:
    """Words and their ids: `<pad>`, `<sos>`, `<eos>` and `<unk>` are 0 to 3, then come the words.

    A text that spells one of the four has it read as `<unk>`, so that no text can end or pad a sentence.

    Args:
        words: distinct, without the four.

    Raises:
        ValueError: a word stands twice, is one of the four, or is empty.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.tokens = (*SPECIALS, *words)
        self.ids = {token: number for number, token in enumerate(self.tokens)}
        if len(self.ids) != len(self.tokens) or "" in self.ids:
            raise ValueError("words must be distinct, not empty, and none of " + ", ".join(SPECIALS))
        self._readable = {token: self.ids[token] for token in self.tokens[len(SPECIALS) :]}

    def __len__(self) -> int:
        return len(self.tokens)

    @classmethod
    def from_text(
        cls, sentences: Iterable[Sequence[str]], *, min_count: int = 1, max_words: int | None = None
    ) -> TokenVocabulary:
        """The words of a text, the most frequent first, ties by their UTF-8 bytes.

        Args:
            sentences: words of each.
            min_count: leave out words that occur less often.
            max_words: keep at most so many, the four not counted.

        Raises:
            ValueError: a limit is below 1.
            InputError: no word is left (V02).
        """
        if min_count < 1 or (max_words is not None and max_words < 1):
            raise ValueError(f"min_count and max_words must be at least 1, got {min_count} and {max_words}")
        counts = Counter(word for sentence in sentences for word in sentence)
        for special in SPECIALS:
            counts.pop(special, None)
        kept = [word for word, count in counts.items() if count >= min_count]
        if not counts:
            raise InputError("V02", "there is no word in it", fix="pass text")
        if not kept:
            problem = f"no word occurs min_count={min_count} times among {len(counts):,} words"
            raise InputError("V02", problem, fix="lower --min-count, or pass more text")
        kept.sort(key=lambda word: (-counts[word], word.encode(errors="surrogatepass")))
        return cls(kept[:max_words])

    @classmethod
    def from_vectors(cls, vectors: Vectors) -> TokenVocabulary:
        """The words of vectors, in their order."""
        return cls(word for word in vectors.words if word not in SPECIALS)

    def encode(self, words: Iterable[str]) -> list[int]:
        """The ids of words; those that are not known are `<unk>`. Nothing is put before or behind them."""
        return [self._readable.get(word, UNKNOWN) for word in words]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The words of ids up to the first `<eos>`; padding and `<sos>` are left out."""
        words = []
        for number in ids:
            if number == END:
                break
            if number not in (PADDING, START):
                words.append(self.tokens[number])
        return words
