"""Fonts for words: looked for where the first lacks a letter, and words that none draws are named."""

import matplotlib
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager

from w2v import Vectors, draw_analogy, draw_map
from w2v.plots.canvas import BASE_FONT, render
from w2v.plots.fonts import boxed_words, boxes_remark, font_names

CUNEIFORM = "\U00012000"  # letters that DejaVu Sans lacks
WORDS = ("tree", f"{CUNEIFORM}\U00012001", f"x{CUNEIFORM}", "\U00012002")


@pytest.fixture
def fonts(monkeypatch):
    """The fonts that come with matplotlib, as if no other were installed."""
    folder = matplotlib.get_data_path()
    manager = font_manager.fontManager
    bundled = [entry for entry in manager.ttflist if entry.fname.startswith(folder)]
    monkeypatch.setattr(manager, "ttflist", bundled)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    return manager


def make_font(path, name, characters):
    """Writes a font in which each of the characters is a black square."""
    pen = TTGlyphPen(None)
    for place, go in (((0, 0), pen.moveTo), ((0, 500), pen.lineTo), ((500, 500), pen.lineTo)):
        go(place)
    pen.lineTo((500, 0))
    pen.closePath()
    square = pen.glyph()
    glyphs = [".notdef", *(f"u{ord(character):X}" for character in characters)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap({ord(c): glyph for c, glyph in zip(characters, glyphs[1:], strict=True)})
    builder.setupGlyf(dict.fromkeys(glyphs, square))
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (600, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": name, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return str(path)


def test_the_first_font_is_enough_for_most_words(fonts, monkeypatch):
    """Nothing else is looked at where it has all letters, the bold ones too."""
    monkeypatch.setattr(font_manager, "findSystemFonts", None)

    assert font_names(["tree", "дерево", "δέντρο", "a\u202eb", ""]) == [BASE_FONT]


def test_a_font_with_the_letters_is_taken(fonts, tmp_path):
    """The one that has most of them, then one that has what is left; of equal ones the first by name."""
    fonts.addfont(make_font(tmp_path / "few.ttf", "Few Letters", "\U00012000"))
    fonts.addfont(make_font(tmp_path / "most2.ttf", "Most of Them B", "\U00012000\U00012001"))
    fonts.addfont(make_font(tmp_path / "most1.ttf", "Most of Them A", "\U00012000\U00012001"))
    fonts.addfont(make_font(tmp_path / "last.ttf", "The Third", "\U00012002"))

    assert font_names(WORDS) == [BASE_FONT, "Most of Them A", "The Third"]
    assert font_names(WORDS[:1]) == [BASE_FONT]


def test_noto_sans_comes_first(fonts, tmp_path):
    """It was drawn to stand beside other scripts, and goes before a font of all letters."""
    fonts.addfont(make_font(tmp_path / "all.ttf", "All Letters", "\U00012000\U00012001\U00012002"))
    fonts.addfont(make_font(tmp_path / "noto.ttf", "Noto Sans Cuneiform", "\U00012000\U00012001"))

    assert font_names(WORDS) == [BASE_FONT, "Noto Sans Cuneiform", "All Letters"]


def test_a_font_installed_since_is_found(fonts, monkeypatch, tmp_path):
    """Matplotlib keeps its list of fonts for later runs; what is no font is passed over."""
    path = make_font(tmp_path / "new.ttf", "Newly Installed", "\U00012000\U00012001\U00012002")
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(tmp_path / "broken.ttf"), path])

    assert font_names(WORDS) == [BASE_FONT, "Newly Installed"]


@pytest.mark.parametrize("groups", [None, ["one", "one", "two", "\U00012002"]])
def test_words_in_boxes_are_named(fonts, groups, recwarn):
    """On a map and in its legend; each once, and no warning comes for them."""
    vectors = Vectors(WORDS, np.eye(4, dtype=np.float32))

    figure = draw_map(vectors, WORDS, groups=groups)
    render(figure, ".png")

    assert boxed_words(figure, [*WORDS, *(groups or [])]) == list(WORDS[1:])
    assert [str(warning.message) for warning in recwarn] == []


def test_words_with_a_font_are_in_no_boxes(fonts, tmp_path, caplog):
    """In labels, legend and title of map and analogy; a font without bold is no reason to complain."""
    fonts.addfont(make_font(tmp_path / "all.ttf", "All Letters", "\U00012000\U00012001\U00012002"))
    vectors = Vectors(WORDS, np.eye(4, dtype=np.float32))

    for figure in (draw_map(vectors, WORDS, groups=WORDS, center=WORDS[1]), draw_analogy(vectors, *WORDS)):
        texts = [text.get_text() for text in figure.findobj(matplotlib.text.Text)]
        assert boxed_words(figure, [*WORDS, *texts]) == []
        render(figure, ".svg")
    assert caplog.messages == []


def test_a_label_without_room_shows_no_boxes(fonts):
    """Words whose label is left out are not counted."""
    words = tuple(f"{CUNEIFORM}{n}-{'m' * 20}" for n in range(100))
    figure = draw_map(Vectors(words, np.ones((100, 4), dtype=np.float32)), words)

    assert 0 < len(boxed_words(figure, words)) == figure.axes[0].n_labels < 100


def test_the_remark_counts_words():
    """One word, and several."""
    assert boxes_remark(["a"]).startswith("1 word has letters that no installed font has, and shows boxes;")
    assert boxes_remark(["a", "b"]).startswith("2 words have letters")
