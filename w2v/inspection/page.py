"""An inspection report as one page of HTML: tables and pictures, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape

from w2v.inspection.report import InspectionReport
from w2v.inspection.summary import Table, tables_of
from w2v.plots.canvas import printable, render
from w2v.plots.fonts import boxed_words, boxes_remark
from w2v.plots.inspection import draw_crowding, draw_norms, draw_space

_TOP = 100
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: #fff; color: #1f2430;
  font: 16px/1.5 system-ui, "Segoe UI", "Noto Sans", sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .25rem; }
p { margin: .25rem 0 .75rem; color: #4b5563; max-width: 46rem; }
.scroll { overflow-x: auto; margin-top: .75rem; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem 1.25rem .3rem 0; }
tr + tr th, tr + tr td, thead + tbody th, thead + tbody td { border-top: 1px solid #e5e7eb; }
thead th { border-top: 0; color: #6b7280; font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 600; overflow-wrap: anywhere; max-width: 18rem; }
td { overflow-wrap: anywhere; }
td.number { white-space: nowrap; }
.numbers tbody th { min-width: 8rem; }
.numbers td:not(.number) { min-width: 8rem; }
.facts { width: 100%; }
.facts tbody th { font-weight: 400; color: #6b7280; width: 12rem; }
@media (max-width: 40rem) { .facts tbody th { width: 7rem; } }
figure { margin: 1rem 0 0; }
figure img { width: 100%; height: auto; display: block; }
figcaption { color: #6b7280; font-size: .88rem; }
"""
_CAUSES = """The likely cause is the first of four rules that holds: the spelling is that of no word (junk
token); the count is at most twice the lowest (too rare); the word is longer or nearer to its
neighbours than usual, as in text that repeats itself (boilerplate); or it is shorter or farther
away (no context of its own), as words are that stand anywhere, and noise is. These are hints: the
months, too, are near each other, and nothing is wrong with them."""
_CAPTIONS = {
    "norms": "Each point is a word; red ones are outside.",
    "crowding": "How near the words around each word are; red ones are outside.",
    "space": "Left: even bars are an even spread. Right: a long tail are hubs, words near to very many.",
}
_CAPTIONS_WITHOUT_COUNTS = {  # then the same numbers are drawn as histograms
    "norms": "How many words have a norm of each size; how often words occur in the text is not known.",
    "crowding": "How many words are so near to the words around them; how often words occur is not known.",
}
_NUMBER = re.compile(r"[-+\d.,%]{0,20}")


def render_page(report: InspectionReport, name: str, *, remarks: list[str] | None = None) -> str:
    """The page of a report on vectors of this name, UTF-8 text.

    Every word is escaped, pictures are inside it as data, and its policy lets a browser run and load nothing.

    Args:
        report: what `inspect` found.
        name: of the file of vectors.
        remarks: takes what the user should know, such as how many words have letters that no font draws.

    Raises:
        MissingExtraError: the extra `viz` is not installed.
    """
    pictures, boxed = _draw(report)
    if boxed and remarks is not None:
        remarks.append(boxes_remark(boxed))
    parts = []
    for table in tables_of(report, top=_TOP):
        if table.title == "Anomalies":
            before = [f"<p>{_CAUSES}</p>", pictures["norms"], pictures["crowding"]]
            parts.append(_section(table, before))
        else:
            parts.append(_section(table))
        if table.title == "Space":
            parts.append(pictures["space"])
    title = _text(name)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}: inspection</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{title}</h1>\n<p>What w2v inspect found in these word vectors.</p>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _section(table: Table, before: Sequence[str] = ()) -> str:
    """Heading, remark, what stands before the table, and the table."""
    kind = "numbers" if table.head else "facts"
    head = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in table.head)
    rows = [
        f'<tr><th scope="row">{_text(row[0])}</th>' + "".join(map(_cell, row[1:])) + "</tr>"
        for row in table.rows
    ]
    lines = [f"<h2>{_text(table.title)}</h2>"]
    lines += [f"<p>{_text(table.remark)}.</p>"] if table.remark else []
    lines += before
    lines += [f'<div class="scroll"><table class="{kind}">'] if rows else []
    lines += [f"<thead><tr>{head}</tr></thead>"] if rows and head else []
    lines += ["<tbody>", *rows, "</tbody></table></div>"] if rows else []
    return "\n".join(lines)


def _cell(text: str) -> str:
    kind = ' class="number"' if _NUMBER.fullmatch(text) else ""
    return f"<td{kind}>{_text(text)}</td>"


def _draw(report: InspectionReport) -> tuple[dict[str, str], list[str]]:
    """The pictures as HTML, "" where there is nothing to draw, and the words that show boxes in them."""
    captions = _CAPTIONS if report.counts_known else _CAPTIONS | _CAPTIONS_WITHOUT_COUNTS
    outside = [anomaly.word for anomaly in report.anomalies]
    pictures, boxed = {}, {}
    for which, draw in (("norms", draw_norms), ("crowding", draw_crowding), ("space", draw_space)):
        figure = draw(report)
        pictures[which] = "" if figure is None else _figure(render(figure, ".svg"), captions[which])
        boxed |= {} if figure is None else dict.fromkeys(boxed_words(figure, outside))
    return pictures, list(boxed)


def _figure(picture: bytes, caption: str) -> str:
    data = base64.b64encode(picture).decode("ascii")
    return (
        f'<figure><img src="data:image/svg+xml;base64,{data}" alt="{caption}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _text(text: str) -> str:
    return escape(printable(text))
