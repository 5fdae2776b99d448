"""The report as a page: whole, self-contained, and hostile words are text in it."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from w2v import Vectors, inspect
from w2v.inspection.page import render_page
from w2v.inspection.summary import tables_of

HOSTILE = ["<script>alert(1)</script>", '"onload="x', "a&b<c", "\u202eright", "\x00nul", "$x$_{", "</style>"]


TAGS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "table", "thead", "tbody"),
    *("tr", "th", "td", "figure", "img", "figcaption"),
}


class _Reader(HTMLParser):
    """The tags, attributes and visible text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def page():
    """Of vectors whose hostile words stand in every list that names words."""
    rng = np.random.default_rng(14)
    matrix = rng.normal(size=(120, 6)).astype(np.float32)
    matrix[:3] *= 60
    matrix[3] = matrix[4]
    matrix[5] = 0
    words = (*HOSTILE, *(f"w{n}" for n in range(113)))
    counts = np.arange(1_200, 0, -10)
    vectors = Vectors(words, matrix, counts)
    reference = Vectors(words, rng.normal(size=(120, 6)).astype(np.float32))
    return render_page(inspect(vectors, reference), "<b>name</b>.safetensors")


def test_hostile_words_are_text(page):
    """No word makes a tag or an attribute, and what would turn the text around is an escape."""
    read = _Reader(page)

    assert set(read.tags) <= TAGS
    assert not [name for _, name, _ in read.attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in read.text
    assert "\\u202eright" in read.text
    assert not re.search("[\u202e\x00]", page)
    assert "<b>name</b>.safetensors" in read.text


def test_the_page_asks_for_nothing(page):
    """Its policy allows no script and no address, and every picture is inside it."""
    read = _Reader(page)
    sources = [value for _, name, value in read.attributes if name in ("src", "href")]

    assert (
        "meta",
        "content",
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    ) in read.attributes
    assert len(sources) == 3
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    assert "url(" not in page
    assert "@import" not in page


def test_everything_of_the_report_is_there(page):
    """All headings in order, with a description beside each picture."""
    headings = re.findall("<h2>(.*?)</h2>", page)

    assert headings == ["Space", "Rows", "Anomalies", "Neighbourhoods", "Reference", "Moved most"]
    assert len(re.findall('<img [^>]*alt="[^"]+"', page)) == 3


@pytest.mark.parametrize("has_counts", [True, False])
def test_captions_say_what_is_drawn(has_counts):
    """Points by frequency with counts, and without them how many words have which number."""
    matrix = np.random.default_rng(16).normal(size=(60, 6)).astype(np.float32)
    counts = np.arange(60, 0, -1) if has_counts else None

    page = render_page(inspect(Vectors(tuple(f"w{n}" for n in range(60)), matrix, counts)), "v.txt")

    captions = re.findall("<figcaption>(.*?)</figcaption>", page)
    assert len(captions) == 3
    for caption in captions[1:]:
        assert ("red ones are outside" in caption) == has_counts
        assert caption.startswith("How many words ") != has_counts
    assert captions == re.findall('<img [^>]*alt="([^"]+)"', page)


def test_long_words_wrap():
    """In tables no cell but those of numbers stays on one line, and a word may break anywhere."""
    words = ("w" * 400, *(f"w{n}" for n in range(59)))
    matrix = np.random.default_rng(17).normal(size=(60, 6)).astype(np.float32)
    vectors = Vectors(words, matrix)

    page = render_page(inspect(vectors, vectors), "v.txt")

    style = re.search("<style>(.*?)</style>", page, flags=re.DOTALL)[1]
    kept_whole = {rule.partition("{")[0].strip() for rule in style.split("}") if "nowrap" in rule}
    assert kept_whole == {"thead th", "td.number"}
    assert all(len(cell) <= 20 for cell in re.findall('<td class="number">(.*?)</td>', page))
    assert page.count("w" * 400) > 1


def test_lists_say_how_long_they_are():
    """Of more anomalies than rows, the first are shown, and the remark tells all."""
    rng = np.random.default_rng(15)
    matrix = rng.normal(size=(400, 6)).astype(np.float32)
    matrix[:20] *= 1_000
    report = inspect(Vectors(tuple(f"w{n}" for n in range(400)), matrix))

    table = next(table for table in tables_of(report, top=5) if table.title == "Anomalies")

    assert len(report.anomalies) >= 20
    assert len(table.rows) == 5
    assert table.remark.startswith(f"{len(report.anomalies)} words")
    assert table.remark.endswith("the first 5")


def test_a_page_of_one_word_is_a_page():
    """Without pictures, since there is nothing to draw."""
    report = inspect(Vectors(("a",), np.zeros((1, 3), dtype=np.float32)))

    assert "<img" not in render_page(report, "one.txt")
