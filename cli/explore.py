"""`w2v explore`: one page to look around in vectors, which opens without a server or a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.extras import extra_errors
from cli.options import json_option, replace_output, require_output, usage_errors
from cli.output import print_json, print_note, print_rows
from w2v.explorer import DEFAULT_TOP

if TYPE_CHECKING:
    from w2v.explorer.page import ExplorerPage
    from w2v.vectors import Vectors

LARGE_PAGE_MB = 30  # beyond it, a page opens slowly


@click.command()
@click.argument("vectors", type=click.Path())
@click.option(
    "-o", "--output", type=click.Path(), default="words.html", show_default=True, help="The page to write."
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=DEFAULT_TOP,
    show_default=True,
    help="Words on the page: the most frequent, or the first ones where counts are unknown.",
)
@click.option(
    "--method",
    type=click.Choice(["pca", "tsne", "umap"]),
    default="pca",
    show_default=True,
    help="How words are laid out on the map. pca takes no time; tsne and umap keep neighbours together, take "
    "minutes for 50,000 words, and need the extra viz.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of the map.")
@click.option("--title", help="What the page is called; the name of the file by default.")
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")
@json_option
def explore(
    vectors: str,
    output: str,
    top: int,
    method: str,
    seed: int,
    title: str | None,
    opens: bool,
    as_json: bool,
) -> None:
    """Write a page to look around in VECTORS: a map, search, nearest words, similarity and analogies.

    It is one file that any browser opens, without a server or a network, so it can be sent to a colleague.

    Example: w2v explore vectors.safetensors -o words.html --open
    """
    from w2v.explorer.page import explore as write_page
    from w2v.explorer.page import require_page_name
    from w2v.formats import load_vectors

    with usage_errors():
        require_page_name(output)
    require_output(output, [vectors])
    source = load_vectors(vectors)
    with extra_errors(), usage_errors(), replace_output(output):
        page = write_page(
            source, output, top=top, method=method, seed=seed, title=title or Path(vectors).name
        )
    if as_json:
        print_json({"output": output, "bytes": len(page.html), **_describe(page, source), "method": method})
    else:
        _print_summary(page, source, output=output, method=method)
    if opens:
        _open(output)


def _describe(page: ExplorerPage, source: Vectors) -> dict[str, object]:
    return {
        "words": page.n_words,
        "words_in_file": len(source),
        "dim": source.dim,
        "broken_rows": page.n_broken,
        "overlap": None if page.overlap is None else page.overlap._asdict(),
    }


def _print_summary(page: ExplorerPage, source: Vectors, *, output: str, method: str) -> None:
    megabytes = len(page.html) / 1e6
    kept = f"{page.n_words:,} of {len(source):,} x {source.dim}"
    if page.n_broken:
        kept += f", {page.n_broken:,} left out for NaN or infinity"
    rows = [("words", kept), ("map", method if source.dim > 2 else "the numbers as they are")]
    if page.overlap is not None:
        found = (
            f"{page.overlap.share:.1%} of the exact {page.overlap.top} nearest are found with 8 bits a number"
        )
        rows.append(("neighbours", f"{found}, over {page.overlap.n_words:,} words"))
    rows.append(("page", f"{output} ({megabytes:,.1f} MB)"))
    print_rows(rows)
    if megabytes > LARGE_PAGE_MB:
        print_note(f"a page over {LARGE_PAGE_MB} MB opens slowly; choose fewer words with --top")


def _open(output: str) -> None:
    import webbrowser

    if not webbrowser.open(Path(output).absolute().as_uri()):
        print_note(f"no browser was found to open {output} with; open it from a file manager")
