"""`w2v evaluate`: how good are these vectors, and how sure is that?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import json_option
from cli.output import print_json, print_line, print_rows
from cli.question_sets import analogy_limit, question_options, read_sets, show_range, show_share

if TYPE_CHECKING:
    from w2v.evaluation.analogies import AnalogyEvaluation, AnalogyScore
    from w2v.evaluation.similarity import SimilarityEvaluation

EXPLANATION = """
Ranges are 95 % intervals: Wilson's for shares, Bonett and Wright's for Spearman's rho. They say what other
questions of the kind would give with these vectors, not what another seed of the training would."""


@click.command()
@click.argument("vectors", type=click.Path())
@question_options
@click.option(
    "--missing",
    type=click.Choice(["skip", "zero"]),
    default="skip",
    show_default=True,
    help="Questions with a word that has no vector: leave them out, or give no point (pairs: cosine 0).",
)
@json_option
def evaluate(
    vectors: str,
    analogies: str | None,
    similarity: tuple[str, ...],
    max_words: int | None,
    match_case: bool,
    skip_bad: bool,
    missing: str,
    as_json: bool,
) -> None:
    """Score VECTORS by analogies and by word similarity, with coverage and 95 % intervals.

    Without files, the questions are those that an installed gensim carries.

    Example: w2v evaluate vectors.safetensors --analogies questions-words.txt --similarity wordsim353.tsv
    """
    from w2v.evaluation.analogies import evaluate_analogies
    from w2v.evaluation.ranks import METHODS
    from w2v.evaluation.similarity import evaluate_similarity
    from w2v.formats import load_vectors

    sets = read_sets(analogies, similarity, skip_bad=skip_bad)
    loaded = load_vectors(vectors)
    how = {"fold_case": not match_case, "missing": missing}
    limit = analogy_limit(max_words)
    methods = METHODS if sets.analogies else ()
    answered = {
        method: evaluate_analogies(loaded, sets.analogies, method=method, max_words=limit, **how)
        for method in methods
    }
    correlated = [evaluate_similarity(loaded, pairs, max_words=max_words, **how) for pairs in sets.word_pairs]
    if as_json:
        print_json(
            {
                "vectors": vectors,
                "words": len(loaded),
                "fold_case": not match_case,
                "missing": missing,
                "analogies": _analogies_result(answered, limit) if answered else None,
                "similarity": [_similarity_result(evaluation) for evaluation in correlated],
            }
        )
        return
    if answered:
        _show_analogies(answered, limit)
    if correlated:
        _show_similarity(correlated, after=bool(answered))
    print_line(EXPLANATION)


def _analogies_result(answered: dict[str, AnalogyEvaluation], limit: int) -> dict[str, Any]:
    """Scores by 3CosAdd, the usual method; those by 3CosMul are an entry of them."""
    first, second = (
        _score_result(evaluation.total)
        | {
            "semantic": _score_result(evaluation.semantic),
            "syntactic": _score_result(evaluation.syntactic),
            "sections": [{"name": score.name} | _score_result(score) for score in evaluation.sections],
        }
        for evaluation in answered.values()
    )
    questions = next(iter(answered.values())).questions
    place = {"file": questions.path, "skipped_lines": questions.n_bad_lines, "max_words": limit}
    return place | {"method": "3cosadd"} | first | {"3cosmul": second}


def _score_result(score: AnalogyScore) -> dict[str, Any]:
    return {
        "accuracy": score.accuracy,
        "correct": score.correct,
        "seen": score.seen,
        "total": score.total,
        "interval": score.interval,
        "top5_accuracy": score.top5_accuracy,
        "median_rank": score.median_rank,
        "mean_reciprocal_rank": score.mean_reciprocal_rank,
    }


def _similarity_result(evaluation: SimilarityEvaluation) -> dict[str, Any]:
    return {
        "file": evaluation.pairs.path,
        "spearman": evaluation.spearman,
        "pearson": evaluation.pearson,
        "interval": evaluation.interval,
        "seen": evaluation.seen,
        "total": evaluation.total,
        "skipped_lines": evaluation.pairs.n_bad_lines,
    }


def _show_analogies(answered: dict[str, AnalogyEvaluation], limit: int) -> None:
    add, multiply = answered["3cosadd"], answered["3cosmul"]
    print_rows([(f"analogies of {add.questions.path} among the first {limit:,} words",)])
    if not add.total.seen:
        print_line(f"not available, 0 of {add.total.total:,} usable")
        return
    rows = [("", "3CosAdd", "95 %", "top 5", "median rank", "MRR", "3CosMul", "95 %", "seen")]
    for one, other in zip(_all_scores(add), _all_scores(multiply), strict=True):
        seen = f"{one.seen:,} of {one.total:,}"
        if not one.seen:
            rows.append((one.name, "not available", *[""] * 6, seen))
            continue
        rows.append(
            (
                one.name,
                show_share(one.accuracy),
                show_range(one.interval, percent=True),
                show_share(one.top5_accuracy),
                f"{one.median_rank:g}",
                f"{one.mean_reciprocal_rank:.3f}",
                show_share(other.accuracy),
                show_range(other.interval, percent=True),
                seen,
            )
        )
    print_rows(rows)


def _all_scores(evaluation: AnalogyEvaluation) -> list[AnalogyScore]:
    return [*evaluation.sections, evaluation.semantic, evaluation.syntactic, evaluation.total]


def _show_similarity(correlated: list[SimilarityEvaluation], *, after: bool) -> None:
    if after:
        print_line("")
    rows = [("word similarity", "Spearman", "95 %", "Pearson", "seen")]
    for evaluation in correlated:
        name, rho, r = Path(evaluation.pairs.path).name, evaluation.spearman, evaluation.pearson
        seen = f"{evaluation.seen:,} of {evaluation.total:,}"
        if rho is None or r is None:
            rows.append((name, "not available", "", "", f"{seen} usable"))
        else:
            rows.append((name, f"{rho:.3f}", show_range(evaluation.interval), f"{r:.3f}", seen))
    print_rows(rows)
