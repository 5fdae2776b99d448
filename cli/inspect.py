"""`w2v inspect`: what is wrong or unusual in these vectors?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.extras import extra_errors
from cli.options import json_option, replace_output, require_output, usage_errors
from cli.output import escape, print_json, print_line, print_note, print_rows

if TYPE_CHECKING:
    from w2v.inspection.report import InspectionReport
    from w2v.vectors import Vectors

LONGEST_NAME = 40  # of a word on the terminal


@click.command()
@click.argument("vectors", type=click.Path())
@click.option(
    "--reference", type=click.Path(), metavar="OTHER", help="Tell which words moved against this file."
)
@click.option(
    "--threshold",
    type=click.FloatRange(min=0, min_open=True),
    default=3.0,
    show_default=True,
    help="Robust z-score from which a word is an anomaly.",
)
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="Rows of each list.")
@click.option("-o", "--output", type=click.Path(), metavar="PAGE", help="Write a page with pictures, .html.")
@json_option
def inspect(
    vectors: str, reference: str | None, threshold: float, top: int, output: str | None, as_json: bool
) -> None:
    """Look for what is wrong or unusual in VECTORS: rows, words, and the space as a whole.

    Norms, isotropy, hubness; rows of zeros, NaN and copies; words that fall outside, and why. NaN and a word
    that stands twice, for which other verbs refuse a file, are told here.

    Example: w2v inspect vectors.safetensors -o report.html
    """
    from w2v.inspection.report import inspect as inspect_vectors
    from w2v.inspection.summary import tables_of

    if output is not None:
        _require_page(output, [vectors, reference])
    loaded = _load(vectors)
    other = None if reference is None else _load(reference)
    with usage_errors():
        report = inspect_vectors(loaded, other, threshold=threshold)
    if output is not None:
        _write_page(report, Path(vectors).name, output)
    if as_json:
        print_json({"vectors": vectors, "reference": reference, **report.to_dict()})
        return
    for place, table in enumerate(tables_of(report, top=top, name=_cut)):
        remark = f": {table.remark}" if table.remark else ""
        print_line(("\n" if place else "") + table.title + remark)
        rows = [table.head, *table.rows] if table.head and table.rows else table.rows
        print_rows([(f"  {row[0]}", *row[1:]) for row in rows])


def _require_page(output: str, inputs: list[str | None]) -> None:
    """Refuses, before the work, a page that could not be drawn or written."""
    from w2v.extras import viz_import

    if not output.lower().endswith((".html", ".htm")):
        raise click.UsageError("the report is a page; name a file that ends in .html with -o")
    require_output(output, inputs)
    with extra_errors():
        for package in ("matplotlib", "textalloc"):
            viz_import(package, needed_by="a report with pictures")


def _write_page(report: InspectionReport, name: str, output: str) -> None:
    from corpora.storage import write_file
    from w2v.inspection.page import render_page

    remarks: list[str] = []
    page = render_page(report, name, remarks=remarks).encode()
    with replace_output(output), write_file(output) as file:
        file.write(page)
    for remark in remarks:
        print_note(f"{output}: {remark}")


def _cut(word: str) -> str:
    """A word as the terminal shows it, where a very long one would push all columns aside."""
    shown = escape(word)
    return shown if len(shown) <= LONGEST_NAME else shown[: LONGEST_NAME - 1] + "…"


def _load(path: str) -> Vectors:
    """The vectors of a file, with what other verbs refuse; what is left out is told."""
    from w2v.formats import ReadOptions, load_vectors

    remarks: list[str] = []
    options = ReadOptions(nonfinite="keep", duplicates="first")
    vectors = load_vectors(path, options=options, remarks=remarks)
    for remark in remarks:
        print_note(f"{path}: {remark}")
    return vectors
