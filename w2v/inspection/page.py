"""An inspection report as one page of HTML: tables and pictures, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from w2v.inspection.report import InspectionReport
from w2v.inspection.summary import Table, tables_of
from w2v.plots.canvas import printable, render
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
.facts { width: 100%; }
.numbers td:not(:last-child) { white-space: nowrap; }
.facts tbody th { font-weight: 400; color: #6b7280; white-space: nowrap; width: 12rem; }
@media (max-width: 40rem) { .facts tbody th { white-space: normal; width: 7rem; } }
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


def render_page(report: InspectionReport, name: str) -> str:
    """The page of a report on vectors of this name, UTF-8 text.

    Every word is escaped, pictures are inside it as data, and its policy lets a browser run and load nothing.

    Raises:
        MissingExtraError: the extra `viz` is not installed.
    """
    parts = []
    for table in tables_of(report, top=_TOP):
        if table.title == "Anomalies":
            before = [f"<p>{_CAUSES}</p>", _picture(report, "norms"), _picture(report, "crowding")]
            parts.append(_section(table, before))
        else:
            parts.append(_section(table))
        if table.title == "Space":
            parts.append(_picture(report, "space"))
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
        f'<tr><th scope="row">{_text(row[0])}</th>'
        + "".join(f"<td>{_text(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in table.rows
    ]
    lines = [f"<h2>{_text(table.title)}</h2>"]
    lines += [f"<p>{_text(table.remark)}.</p>"] if table.remark else []
    lines += before
    lines += [f'<div class="scroll"><table class="{kind}">'] if rows else []
    lines += [f"<thead><tr>{head}</tr></thead>"] if rows and head else []
    lines += ["<tbody>", *rows, "</tbody></table></div>"] if rows else []
    return "\n".join(lines)


def _picture(report: InspectionReport, which: str) -> str:
    draw = {"norms": draw_norms, "crowding": draw_crowding, "space": draw_space}[which]
    figure = draw(report)
    if figure is None:
        return ""
    data = base64.b64encode(render(figure, ".svg")).decode("ascii")
    caption = _CAPTIONS[which]
    return (
        f'<figure><img src="data:image/svg+xml;base64,{data}" alt="{caption}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _text(text: str) -> str:
    return escape(printable(text))
