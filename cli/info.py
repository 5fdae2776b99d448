"""`w2v info`: what a file of vectors is."""

from __future__ import annotations

import json
from typing import Any

import click

from cli.format_options import read_options, reading_options
from cli.options import json_option
from cli.output import print_json, print_note, print_rows


@click.command()
@click.argument("vectors", type=click.Path())
@reading_options
@json_option
def info(vectors: str, source_format: str | None, as_json: bool, **options: Any) -> None:
    """Show format, words, dimension, norms, digest and settings of VECTORS.

    The file is walked through and checked, but never in memory as a whole.

    Example: w2v info vectors.safetensors
    """
    from w2v.formats.describing import describe_vectors

    found = describe_vectors(vectors, format=source_format, options=read_options(**options))
    if as_json:
        print_json(found)
        return
    for remark in found["remarks"]:
        print_note(remark)
    print_rows(_rows(found))


def _rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    norms = found["norms"]
    rows = [
        ("format", found["format"] + (", packed" if found["packed"] else "")),
        ("words", f"{found['words']:,}: {' '.join(found['first_words'])} ..."),
        ("dimension", f"{found['dim']}, {found['dtype']}"),
        ("norms", f"{norms['min']:.4g} to {norms['max']:.4g}, mean {norms['mean']:.4g}"),
        ("sha256", found["sha256"] + (" of the unpacked bytes" if found["packed"] else "")),
    ]
    if found["has_counts"]:
        rows.append(("counts", "kept"))
    if found["has_output"]:
        rows.append(("output vectors", "kept"))
    if found["zero_rows"]:
        rows.append(("rows of zeros", f"{found['zero_rows']:,}"))
    if found["duplicate_words"]:
        rows.append(("duplicates", f"{found['duplicate_words']:,} words stand more than once"))
    return rows + [(key, json.dumps(value)) for key, value in found["metadata"].items()]
