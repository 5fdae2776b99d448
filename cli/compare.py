"""`w2v compare`: which of these vectors are better, and which difference is noise?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import json_option
from cli.output import print_json, print_line, print_rows
from cli.question_sets import (
    QuestionSets,
    analogy_limit,
    question_options,
    read_sets,
    show_range,
    show_share,
)

if TYPE_CHECKING:
    from w2v.evaluation.comparison import Overlap, PairedTest, SetComparison
    from w2v.vectors import Vectors

EXPLANATION = """
Models are compared on the questions that all can answer. A difference is real where chance would make one as
large in fewer than 5 % of choices of questions, over all tests shown (Holm): McNemar's exact test for
analogies, 10,000 resamples of the pairs for similarity. Another seed of the training is another matter."""


@click.command()
@click.argument("vectors", nargs=-1, required=True, type=click.Path(), metavar="A B...")
@question_options
@click.option(
    "--top", type=click.IntRange(min=1), default=10, show_default=True, help="Neighbours that are compared."
)
@json_option
def compare(
    vectors: tuple[str, ...],
    analogies: str | None,
    similarity: tuple[str, ...],
    max_words: int | None,
    match_case: bool,
    skip_bad: bool,
    top: int,
    as_json: bool,
) -> None:
    """Tell which differences between two or more vectors files are real and which are noise.

    Without files of questions, they are those that an installed gensim carries.

    Example: w2v compare skipgram.safetensors cbow.safetensors
    """
    from w2v.evaluation.comparison import compare_neighbors
    from w2v.formats import load_vectors

    if len(set(vectors)) < max(2, len(vectors)):
        raise click.UsageError("compare needs two or more different files of vectors")
    sets = read_sets(analogies, similarity, skip_bad=skip_bad)
    models: dict[str, Vectors] = {path: load_vectors(path) for path in vectors}
    compared = _compare_sets(models, sets, max_words=max_words, fold_case=not match_case)
    overlaps = compare_neighbors(models, top=top, max_words=analogy_limit(max_words))
    if as_json:
        results = [_set_result(comparison) for comparison in compared]
        print_json(
            {
                "models": vectors,
                "analogies": results[0] if sets.analogies else None,
                "similarity": results[1:] if sets.analogies else results,
                "neighbors": [overlap._asdict() for overlap in overlaps],
            }
        )
        return
    for comparison in compared:
        _show_set(comparison)
    _show_overlaps(overlaps)
    print_line(EXPLANATION)


def _compare_sets(
    models: dict[str, Vectors], sets: QuestionSets, *, max_words: int | None, fold_case: bool
) -> list[SetComparison]:
    """The models on each set: the analogies, if there are any, then the word pairs."""
    from w2v.evaluation.analogies import evaluate_analogies
    from w2v.evaluation.comparison import adjust, compare_analogies, compare_similarity
    from w2v.evaluation.similarity import evaluate_similarity

    compared = []
    if sets.analogies:
        limit = analogy_limit(max_words)
        answered = {
            path: evaluate_analogies(model, sets.analogies, max_words=limit, fold_case=fold_case)
            for path, model in models.items()
        }
        compared.append(compare_analogies(answered))
    for pairs in sets.word_pairs:
        correlated = {
            path: evaluate_similarity(model, pairs, max_words=max_words, fold_case=fold_case)
            for path, model in models.items()
        }
        compared.append(compare_similarity(correlated))
    return adjust(compared)


def _set_result(comparison: SetComparison) -> dict[str, Any]:
    return {
        "file": comparison.path,
        "score": comparison.score,
        "common": comparison.common,
        "total": comparison.total,
        "models": [score._asdict() for score in comparison.models],
        "tests": [_test_result(test) for test in comparison.tests],
    }


def _test_result(test: PairedTest) -> dict[str, Any]:
    difference = test.difference
    return {
        "a": test.a,
        "b": test.b,
        "difference": None if difference is None else difference.value,
        "interval": None if difference is None else difference.interval,
        "only_a": test.only_a,
        "only_b": test.only_b,
        "p": None if difference is None else difference.p,
        "p_adjusted": test.p_adjusted,
        "verdict": _verdict(test),
        "better": test.better,
    }


def _verdict(test: PairedTest) -> str:
    if test.difference is None:
        return "not available"
    return "noise" if test.better is None else "real"


def _show_set(comparison: SetComparison) -> None:
    percent = comparison.score == "accuracy"
    common = f"{comparison.common:,} of {comparison.total:,}"
    print_rows([(f"{comparison.path}: {common} questions that all can answer",)])
    if comparison.models[0].score is None and comparison.common < 2:
        print_line(f"not available, {common} usable\n")
        return
    rows = []
    for name, score, interval in comparison.models:
        shown = "not available" if score is None else show_share(score) if percent else f"{score:.3f}"
        rows.append((f"  {name}", shown, show_range(interval, percent=percent)))
    print_rows(rows)
    print_rows([(f"  {_sentence(test, percent=percent)}",) for test in comparison.tests])
    print_line("")


def _sentence(test: PairedTest, *, percent: bool) -> str:
    """What a test says, in words."""
    if test.difference is None or test.p_adjusted is None:
        return f"{test.a} and {test.b}: not available"
    value = abs(test.difference.value)
    size = f"{100 * value:.1f} points" if percent else f"{value:.3f}"
    chance = f"p {'< 0.001' if test.p_adjusted < 0.001 else f'= {test.p_adjusted:.3f}'}"
    if test.better is None:
        return f"{test.a} and {test.b}: the difference of {size} may be noise ({chance})"
    worse = test.a if test.better == test.b else test.b
    return f"{test.better} is better than {worse} by {size}: real ({chance})"


def _show_overlaps(overlaps: list[Overlap]) -> None:
    print_rows([("nearest words in common",)])
    print_rows(
        [
            (
                f"  {Path(overlap.a).name} and {Path(overlap.b).name}",
                "not available" if overlap.share is None else show_share(overlap.share),
                f"of the nearest {overlap.top}, over {overlap.words:,} words of both",
            )
            for overlap in overlaps
        ]
    )
