"""`w2v plot`: pictures of words, of an analogy, and of a training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cli.extras import extra_errors
from cli.options import json_option, replace_output, require_output, usage_errors
from cli.output import escape, print_json, print_note, print_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from w2v.plots.selection import Selection
    from w2v.vectors import Vectors

DEFAULT_WORDS = 200
DEFAULT_AROUND = 50


class _Picture(NamedTuple):
    figure: Figure
    facts: dict[str, Any]  # what --json tells of it


@click.command()
@click.argument("vectors", required=False, type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="A name in .png, .svg or .pdf.")
@click.option(
    "--method",
    type=click.Choice(["pca", "tsne", "umap"]),
    help="How words come to their places; pca by default, which is exact and needs no seed.",
)
@click.option(
    "--words",
    "words_file",
    type=click.Path(),
    metavar="FILE",
    help="Draw these words, one a line; what stands behind a tab is the group that colours it.",
)
@click.option("--around", metavar="WORD", help="Draw this word and those nearest to it.")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"How many: the first N words ({DEFAULT_WORDS} by default), or those nearest to --around "
    f"({DEFAULT_AROUND}).",
)
@click.option("--clusters", type=click.IntRange(min=1), metavar="N", help="Colour by N clusters (k-means).")
@click.option("--analogy", nargs=4, metavar="A B C D", help="Draw the parallelogram: a is to b as c is to d.")
@click.option("--log", type=click.Path(), metavar="FILE", help="Draw the course of a training from its log.")
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of tsne, umap."
)
@json_option
def plot(
    vectors: str | None,
    output: str,
    method: str | None,
    words_file: str | None,
    around: str | None,
    top: int | None,
    clusters: int | None,
    analogy: tuple[str, str, str, str] | None,
    log: str | None,
    seed: int,
    as_json: bool,
) -> None:
    """Draw a map of words of VECTORS, an analogy, or (--log) the losses of a training.

    Labels that would cover others are left out; their points stay.

    Example: w2v plot vectors.safetensors -o map.png --method tsne --top 300 --clusters 8
    """
    from w2v.plots.canvas import save_figure

    _require_sense(vectors, log=log, analogy=analogy, words_file=words_file, around=around, top=top)
    if (analogy or log) and (method or clusters):
        raise click.UsageError("--method and --clusters are for maps of words, not for --analogy or --log")
    _require_picture(output, [vectors, words_file, log])
    with extra_errors():
        if vectors is None or log is not None:
            picture = _draw_training(log)
        elif analogy:
            picture = _draw_analogy(vectors, analogy)
        else:
            choice = {"words_file": words_file, "around": around, "top": top}
            picture = _draw_map(vectors, choice, method=method or "pca", clusters=clusters, seed=seed)
    with replace_output(output):
        save_figure(picture.figure, output)
    if as_json:
        print_json({"output": output, **picture.facts})
    else:
        print_rows([("picture", output)])


def _require_sense(
    vectors: str | None,
    *,
    log: str | None,
    analogy: tuple[str, ...] | None,
    words_file: str | None,
    around: str | None,
    top: int | None,
) -> None:
    """Refuses what does not go together."""
    kinds = {"--words": words_file, "--around": around, "--analogy": analogy or None, "--log": log}
    named = [name for name, value in kinds.items() if value is not None]
    if len(named) > 1:
        raise click.UsageError(f"{' and '.join(named)} are different pictures; choose one")
    if top is not None and named not in ([], ["--around"]):
        raise click.UsageError(f"--top is for the first words and for --around, not for {named[0]}")
    if (vectors is None) != (log is not None):
        raise click.UsageError("name either a file of vectors, or a training's log with --log FILE")


def _require_picture(output: str, inputs: list[str | None]) -> None:
    """Refuses, before the work, a picture that could not be drawn or written."""
    from w2v.extras import viz_import
    from w2v.plots.canvas import SUFFIXES

    if Path(output).suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"{escape(output)}: a picture ends in one of {', '.join(SUFFIXES)}")
    require_output(output, inputs)
    with extra_errors():
        viz_import("matplotlib.figure", needed_by="w2v plot")


def _draw_training(log: str) -> _Picture:
    from w2v.plots.training import draw_training, read_log

    remarks: list[str] = []
    entries = read_log(log, remarks=remarks)
    for remark in remarks:
        print_note(f"{log}: {remark}")
    facts = {"kind": "training", "entries": len(entries), "last_line_cut_off": bool(remarks)}
    return _Picture(draw_training(entries), facts)


def _draw_analogy(path: str, words: tuple[str, str, str, str]) -> _Picture:
    from w2v.formats import load_vectors
    from w2v.plots.analogy import draw_analogy

    vectors = load_vectors(path)
    with usage_errors():
        figure = draw_analogy(vectors, *words)
    facts = {"kind": "analogy", "words": len(words), "labels_left_out": 0}
    return _Picture(figure, facts | {"words_without_font": _tell_boxes(figure, words)})


def _draw_map(
    path: str, choice: dict[str, str | int | None], *, method: str, clusters: int | None, seed: int
) -> _Picture:
    from w2v.formats import load_vectors
    from w2v.plots.map import draw_map, find_clusters

    vectors = load_vectors(path)
    words, groups, around, missing = _select(vectors, **choice)
    if groups is not None and clusters is not None:
        print_note(f"{choice['words_file']}: its groups are not drawn; --clusters colours the words")
    if vectors.dim <= 2 and method != "pca":
        print_note(f"vectors of {vectors.dim} dimensions are drawn as they are, without {method}")
    with usage_errors():
        if clusters is not None:
            groups = find_clusters(vectors, words, clusters, seed=seed)
            _tell_fewer(len(set(groups)), clusters)
        figure = draw_map(vectors, words, method=method, groups=groups, center=around, seed=seed)
    left = len(words) - figure.axes[0].n_labels
    if left:
        print_note(f"{left:,} of {len(words):,} words are points without a label, for want of room")
    facts = {
        "kind": "map",
        "method": method,
        "words": len(words),
        "words_without_vector": list(missing),
        "groups": None if groups is None else len(set(groups)),
        "labels_left_out": left,
        "words_without_font": _tell_boxes(figure, [*words, *(groups or ())]),
    }
    return _Picture(figure, facts)


def _tell_fewer(n_found: int, n_asked: int) -> None:
    if n_found < n_asked:
        print_note(f"{n_found:,} clusters instead of {n_asked:,}: the words point in no more directions")


def _tell_boxes(figure: Figure, words: Sequence[str]) -> list[str]:
    """The words with letters that no installed font has; a note counts them."""
    from w2v.plots.fonts import boxed_words, boxes_remark

    boxed = boxed_words(figure, words)
    if boxed:
        print_note(boxes_remark(boxed))
    return boxed


def _select(vectors: Vectors, *, words_file: str | None, around: str | None, top: int | None) -> Selection:
    from w2v.plots.selection import Selection, read_selection

    if words_file is not None:
        found = read_selection(vectors, words_file)
        for word in found.missing[:3]:
            print_note(f"{words_file}: no vector for {word!r}")
        if len(found.missing) > 3:
            print_note(f"{words_file}: no vector for {len(found.missing) - 3:,} more words")
        return found
    if around is not None:
        near = vectors.most_similar(around, top=top or DEFAULT_AROUND)
        return Selection([around, *(word for word, _ in near)], None, around)
    return Selection(list(vectors.words[: top or DEFAULT_WORDS]), None, None)
