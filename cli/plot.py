"""`w2v plot`: pictures of words, of an analogy, and of a training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import replace_output, require_output, usage_errors
from cli.output import escape, print_note, print_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from w2v.plots.selection import Selection
    from w2v.vectors import Vectors

DEFAULT_WORDS = 200
DEFAULT_AROUND = 50


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
) -> None:
    """Draw a map of words of VECTORS, an analogy, or (--log) the losses of a training.

    Labels that would cover others are left out; their points stay.

    Example: w2v plot vectors.safetensors -o map.png --method tsne --top 300 --clusters 8
    """
    from w2v.extras import MissingExtraError
    from w2v.plots.canvas import save_figure

    _require_sense(vectors, log=log, analogy=analogy, words_file=words_file, around=around, top=top)
    if (analogy or log) and (method or clusters):
        raise click.UsageError("--method and --clusters are for maps of words, not for --analogy or --log")
    _require_picture(output, [vectors, words_file, log])
    try:
        if vectors is None or log is not None:
            from w2v.plots.training import draw_training

            figure = draw_training(log)
        elif analogy:
            figure = _draw_analogy(vectors, analogy)
        else:
            choice = {"words_file": words_file, "around": around, "top": top}
            figure = _draw_map(vectors, choice, method=method or "pca", clusters=clusters, seed=seed)
    except MissingExtraError as error:
        raise click.UsageError(str(error)) from error
    with replace_output(output):
        save_figure(figure, output)
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
    from w2v.extras import MissingExtraError, viz_import
    from w2v.plots.canvas import SUFFIXES

    if Path(output).suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"{escape(output)}: a picture ends in one of {', '.join(SUFFIXES)}")
    require_output(output, inputs)
    try:
        viz_import("matplotlib.figure", needed_by="w2v plot")
    except MissingExtraError as error:
        raise click.UsageError(str(error)) from error


def _draw_analogy(path: str, words: tuple[str, str, str, str]) -> Figure:
    from w2v.formats import load_vectors
    from w2v.plots.analogy import draw_analogy

    vectors = load_vectors(path)
    with usage_errors():
        return draw_analogy(vectors, *words)


def _draw_map(
    path: str, choice: dict[str, str | int | None], *, method: str, clusters: int | None, seed: int
) -> Figure:
    from w2v.formats import load_vectors
    from w2v.plots.map import draw_map, find_clusters

    vectors = load_vectors(path)
    words, groups, around, _ = _select(vectors, **choice)
    if vectors.dim <= 2 and method != "pca":
        print_note(f"vectors of {vectors.dim} dimensions are drawn as they are, without {method}")
    with usage_errors():
        if clusters is not None:
            groups = find_clusters(vectors, words, clusters, seed=seed)
        figure = draw_map(vectors, words, method=method, groups=groups, center=around, seed=seed)
    left = len(words) - figure.axes[0].n_labels
    if left:
        print_note(f"{left:,} of {len(words):,} words are points without a label, for want of room")
    return figure


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
