"""The options of verbs that ask vectors questions, and the sets of questions they are asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cli.output import print_note

if TYPE_CHECKING:
    from w2v.evaluation.sets import Questions, WordPairs

ABSENT = (
    "there are no questions to ask: name files with --analogies and --similarity, or `pip install gensim`, "
    "which carries Google's analogies, WordSim-353 and SimLex-999"
)


class QuestionSets(NamedTuple):
    """What vectors are asked."""

    analogies: Questions | None
    word_pairs: tuple[WordPairs, ...]


def question_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that choose questions and say how they are asked."""
    options = [
        click.option(
            "--analogies",
            type=click.Path(),
            metavar="FILE",
            help="Analogies in Google's format: sections, and lines of four words.",
        ),
        click.option(
            "--similarity",
            type=click.Path(),
            multiple=True,
            metavar="FILE",
            help="Lines of two words and a score, separated by tabs, commas or blanks. May be repeated.",
        ),
        click.option(
            "--max-words",
            type=click.IntRange(min=1),
            metavar="N",
            help="Use the first N words, the most frequent. By default 30,000 for analogies, all for pairs.",
        ),
        click.option(
            "--match-case",
            is_flag=True,
            help="Keep case apart. By default it is ignored: of words equal but for case the first, the most "
            "frequent, is used.",
        ),
        click.option("--skip-bad", is_flag=True, help="Leave out and count lines that are no question."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def read_sets(analogies: str | None, similarity: tuple[str, ...], *, skip_bad: bool) -> QuestionSets:
    """The sets of the files, or, where none is named, those that an installed gensim carries."""
    from w2v.evaluation.installed_sets import find_installed_sets
    from w2v.evaluation.sets import read_questions, read_word_pairs

    if analogies is None and not similarity:
        installed = find_installed_sets()
        if installed.analogies is None and not installed.word_pairs:
            raise click.UsageError(ABSENT)
        print_note("no files are named, so the questions are those that the installed gensim carries")
        analogies, similarity = installed.analogies, installed.word_pairs
    sets = QuestionSets(
        None if analogies is None else read_questions(analogies, skip_bad=skip_bad),
        tuple(read_word_pairs(path, skip_bad=skip_bad) for path in similarity),
    )
    for questions in (*([sets.analogies] if sets.analogies else []), *sets.word_pairs):
        if questions.n_bad_lines:
            print_note(f"{questions.path}: {questions.n_bad_lines:,} lines are no question and were left out")
    return sets


def analogy_limit(max_words: int | None) -> int:
    """The first words that analogies are about, of which fewer are usual than for pairs."""
    from w2v.evaluation.analogies import MAX_WORDS

    return MAX_WORDS if max_words is None else max_words


def show_share(share: float | None) -> str:
    """A share in percent."""
    return "-" if share is None else f"{100 * share:.1f} %"


def show_range(interval: tuple[float, float] | None, *, percent: bool = False) -> str:
    """An interval, as 0.312 to 0.345 or in percent."""
    if interval is None:
        return "-"
    low, high = interval
    return f"{100 * low:.1f} to {100 * high:.1f}" if percent else f"{low:.3f} to {high:.3f}"
