"""The page: words, numbers, map and scripts in one HTML file, written whole or not at all.

Words are text of strangers. They travel as JSON, with all that is not ASCII or means something to HTML
escaped, in a block that browsers do not run. The page shows them as text alone, and its policy lets nothing
run but its own two scripts, known by their digests.
"""

from __future__ import annotations

import base64
import hashlib
import json
import operator
import os
from importlib import resources
from string import Template
from typing import Any, NamedTuple

import numpy as np

from corpora.errors import InputError
from corpora.storage import write_file
from w2v.explorer import DEFAULT_TOP
from w2v.explorer.quantising import Overlap, measure_overlap, quantise, restore
from w2v.projection import project
from w2v.vectors import Vectors

PAGE_SUFFIXES = (".html", ".htm")
LIBRARY = "echarts/echarts.common.min.js"  # of npm's echarts 6.1.0, package/dist; its licence is beside it
LIBRARY_SHA256 = "61f13280aba3161f77fc801bf5f9c786f55f10432153a0683fc5cc0700b013d5"
SCRIPTS = (
    "words.js",
    "neighbors.js",
    "search.js",
    "combobox.js",
    "lists.js",
    "labels.js",
    "map.js",
    "mapkeys.js",
    "address.js",
    "panels.js",
    "filter.js",
    "theme.js",
    "main.js",
)
_HTML_SIGNS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


class ExplorerPage(NamedTuple):
    """A page and what is in it."""

    html: bytes
    n_words: int  # on the page
    n_broken: int  # words left out because their rows hold NaN or infinity
    overlap: Overlap | None  # with the exact neighbours; None for a single word


def explore(
    vectors: Vectors,
    path: str | os.PathLike[str],
    *,
    top: int = DEFAULT_TOP,
    method: str = "pca",
    seed: int = 0,
    title: str = "Word vectors",
) -> ExplorerPage:
    """Writes a page to look around in the vectors to `path`, and returns it.

    Args:
        vectors: V words.
        path: the file to write, which ends in .html or .htm.
        top: words on the page at most, as `explorer_page` has it.
        method: of the map, as `w2v.project` has it.
        seed: of the map.
        title: what the page is called.

    Raises:
        ValueError: the name ends otherwise, or what `explorer_page` refuses.
        InputError: there is no word to show (X04).
        ImportError: the method needs the extra `viz`.
        StorageError: the file cannot be written.
    """
    require_page_name(path)
    page = explorer_page(vectors, top=top, method=method, seed=seed, title=title)
    with write_file(path) as file:
        file.write(page.html)
    return page


def explorer_page(
    vectors: Vectors,
    *,
    top: int = DEFAULT_TOP,
    method: str = "pca",
    seed: int = 0,
    title: str = "Word vectors",
) -> ExplorerPage:
    """A page to look around in the vectors: map, search, neighbours, similarity, analogies.

    It opens from a file in any browser. The rows travel as int8 (see `quantise`), and all else is computed in
    the page. Rows that hold NaN or infinity are left out.

    Args:
        vectors: V words; counts, where known, let the page filter by frequency, else by rank.
        top: words on the page at most, at least 1: the most frequent, or the first where counts are unknown.
        method: of the map: "pca", "tsne" or "umap".
        seed: of the map.
        title: what the page is called; shown as text.

    Raises:
        ValueError: `top`, `method` or `seed` is out of its range, or words are too few for the method.
        InputError: there is no word to show (X04).
        ImportError: the method needs the extra `viz`.
    """
    chosen, n_broken = _choose(vectors, top)
    quantised = quantise(chosen.matrix)
    overlap = measure_overlap(chosen.matrix, restore(quantised))
    places = project(chosen, method=method, seed=seed)  # float32 (V, 2)
    data = {
        "title": title,
        "words": chosen.words,
        "counts": None if chosen.counts is None else chosen.counts.tolist(),
        "dim": chosen.dim,
        "codes": _base64(quantised.codes),
        "scales": _base64(quantised.scales.astype("<f4")),
        "center": _base64(quantised.center.astype("<f4")),
        "places": _base64(places.astype("<f4")),
        "method": method,
        "nTotal": len(vectors),
        "overlap": None if overlap is None else overlap._asdict(),
    }
    return ExplorerPage(_fill_template(data), len(chosen), n_broken, overlap)


def require_page_name(path: str | os.PathLike[str]) -> None:
    """Raises ValueError for a name that browsers would not take for a page's."""
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in PAGE_SUFFIXES:
        raise ValueError(
            f"the name of a page must end in {' or '.join(PAGE_SUFFIXES)}, this one ends in {suffix!r}"
        )


def _choose(vectors: Vectors, top: int) -> tuple[Vectors, int]:
    """The words of the page, most frequent first, and how many were left out for broken rows."""
    if operator.index(top) < 1:
        raise ValueError(f"top must be 1 or more, got {top}")
    rows = np.flatnonzero(np.isfinite(vectors.matrix).all(axis=1))
    n_broken = len(vectors) - len(rows)
    if not len(rows):
        problem = f"no word to show: {len(vectors)} words, {n_broken} of them with NaN or infinity"
        raise InputError("X04", problem, fix="choose vectors with 1 finite row or more")
    if vectors.counts is not None:
        rows = rows[np.argsort(-vectors.counts[rows], kind="stable")]
    rows = rows[:top]
    counts = None if vectors.counts is None else vectors.counts[rows]
    return Vectors(tuple(vectors.words[row] for row in rows), vectors.matrix[rows], counts), n_broken


def _fill_template(data: dict[str, Any]) -> bytes:
    library, style = _library(), _asset("page.css")
    script = "\n".join(["'use strict';", "(() => {", *map(_asset, SCRIPTS), "})();\n"])
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_digest(library)} {_digest(script)}",
            f"style-src {_digest(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    page = Template(_asset("page.html")).substitute(
        policy=policy, style=style, library=library, script=script, data=_json(data)
    )
    return page.encode()


def _json(data: dict[str, Any]) -> str:
    """JSON that means nothing to HTML: ASCII alone, without <, > and &."""
    return json.dumps(data, separators=(",", ":")).translate(_HTML_SIGNS)


def _library() -> str:
    library = _asset(LIBRARY)
    if hashlib.sha256(library.encode()).hexdigest() != LIBRARY_SHA256:
        problem = "the file is not the one that came with w2v: its SHA-256 is another"
        raise InputError("W16", problem, path=LIBRARY, fix="install w2v again")
    return library


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """How a Content-Security-Policy names a script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
