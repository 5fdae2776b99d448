"""Analogies: how many of a set of questions vectors answer, and at what place the right answer stands."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from w2v.evaluation.lookup import MISSING, count_rows, find_rows
from w2v.evaluation.ranks import METHODS, rank_answers
from w2v.evaluation.sets import Questions, read_questions
from w2v.evaluation.statistics import Interval, wilson_interval
from w2v.vectors import Vectors

MAX_WORDS = 30_000


class AnalogyScore(NamedTuple):
    """The score of some questions: all, a kind, or a section. Shares are None where no question is usable."""

    name: str
    correct: int  # questions whose first answer is right
    correct_top5: int  # questions with the right answer among the first five
    counted: int  # what the shares are of: `seen`, or `total` where missing words give no point
    seen: int  # questions whose four words all have vectors
    total: int
    median_rank: float | None  # place of the right answer, from 1, over the seen questions
    mean_reciprocal_rank: float | None

    @property
    def accuracy(self) -> float | None:
        """Share of the questions that are answered right, in [0, 1]."""
        return self.correct / self.counted if self.seen else None

    @property
    def top5_accuracy(self) -> float | None:
        """Share of the questions with the right answer among the first five, in [0, 1]."""
        return self.correct_top5 / self.counted if self.seen else None

    @property
    def interval(self) -> Interval | None:
        """Wilson's 95 % interval of the accuracy."""
        return wilson_interval(self.correct, self.counted) if self.seen else None


@dataclass(frozen=True, eq=False)
class AnalogyEvaluation:
    """How vectors answered Q questions.

    Args:
        questions: the questions.
        method: "3cosadd" or "3cosmul".
        ranks: int64 (Q,), the place of the right answer from 1; 0 where one of the four words is missing.
        missing: "skip" or "zero", what a question with a missing word counts as.
    """

    questions: Questions
    method: str
    ranks: np.ndarray
    missing: str

    @property
    def total(self) -> AnalogyScore:
        """The score of all questions."""
        return self._score("total", np.ones(len(self.ranks), dtype=bool))

    @property
    def semantic(self) -> AnalogyScore:
        """The score of sections about the world, which are those that are not syntactic."""
        return self._score("semantic", self._in_sections(lambda name: not _is_syntactic(name)))

    @property
    def syntactic(self) -> AnalogyScore:
        """The score of sections about forms of words: those whose name starts with "gram"."""
        return self._score("syntactic", self._in_sections(_is_syntactic))

    @property
    def sections(self) -> tuple[AnalogyScore, ...]:
        """The score of each section, in the order of the file."""
        ids = self.questions.section_ids
        return tuple(self._score(name, ids == place) for place, name in enumerate(self.questions.sections))

    def _in_sections(self, wanted: Callable[[str], bool]) -> np.ndarray:
        chosen = np.array([wanted(name) for name in self.questions.sections], dtype=bool)
        return chosen[self.questions.section_ids]

    def _score(self, name: str, chosen: np.ndarray) -> AnalogyScore:
        ranks = self.ranks[chosen]
        seen = ranks[ranks > 0]
        return AnalogyScore(
            name=name,
            correct=int((seen == 1).sum()),
            correct_top5=int((seen <= 5).sum()),
            counted=len(seen) if self.missing == "skip" else len(ranks),
            seen=len(seen),
            total=len(ranks),
            median_rank=float(np.median(seen)) if len(seen) else None,
            mean_reciprocal_rank=float((1 / seen).mean()) if len(seen) else None,
        )


def evaluate_analogies(
    vectors: Vectors,
    questions: Questions | str | os.PathLike[str],
    *,
    method: str = "3cosadd",
    max_words: int | None = MAX_WORDS,
    fold_case: bool = True,
    missing: str = "skip",
) -> AnalogyEvaluation:
    """Answers analogies, "a is to b as c is to what", with the nearest word that is none of the three.

    The rules are those of gensim's `evaluate_word_analogies`, and so are the answers.

    Args:
        vectors: the vectors, the most frequent words first.
        questions: a file of them in Google's format, or what `read_questions` made of one.
        method: "3cosadd" or "3cosmul".
        max_words: questions and answers are of the first so many words; None for all.
        fold_case: ignore case; of words equal but for case the first, the most frequent, is asked with.
        missing: "skip" leaves questions with a missing word out, "zero" gives no point for them.

    Returns:
        The place of each right answer, and scores made of them.

    Raises:
        ValueError: an option is none of those above.
        InputError: the file of questions cannot be read.
    """
    for name, value, known in (("method", method, METHODS), ("missing", missing, MISSING)):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")
    n_rows = count_rows(vectors, max_words)
    if not isinstance(questions, Questions):
        questions = read_questions(questions)
    words = {word for question in questions.words for word in question}
    found = find_rows(vectors, words, max_words=max_words, fold_case=fold_case)
    # Spellings of one word have one place, so that a question sees that two of its words are the same.
    entries: dict[int, int] = {}
    places = {word: entries.setdefault(int(rows[0]), len(entries)) for word, rows in found.items()}
    rows = list({int(rows[0]): rows for rows in found.values()}.values())
    asked = np.array([places.get(word, -1) for question in questions.words for word in question])
    asked = asked.reshape(-1, 4).astype(np.int64)
    usable = (asked >= 0).all(axis=1)
    ranks = np.zeros(len(questions), dtype=np.int64)
    if usable.any():
        ranks[usable] = rank_answers(vectors.matrix, rows, asked[usable], method=method, n_rows=n_rows)
    return AnalogyEvaluation(questions, method, ranks, missing)


def _is_syntactic(section: str) -> bool:
    return section.startswith("gram")
