"""What all pictures share: paper, colours, words that can be drawn, and the bytes of a file."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.storage import write_file
from w2v.extras import viz_import

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")
BASE_FONT = "DejaVu Sans"  # comes with matplotlib
INK, QUIET, FAINT = "#1f2430", "#6b7280", "#e5e7eb"
ACCENT, ALARM = "#2563eb", "#dc2626"
GROUP_COLORS = (  # ten to tell apart, dark enough for small text on white
    "#2563eb",
    "#c2410c",
    "#15803d",
    "#9333ea",
    "#db2777",
    "#0e7490",
    "#7c4a21",
    "#6d7d00",
    "#6b7280",
    "#be123c",
)

_DPI = 160
_LONGEST = 30


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches, laid out so that nothing is cut off.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figures = viz_import("matplotlib.figure", needed_by="a picture")
    figure = figures.Figure(figsize=(width, height), dpi=_DPI, layout="constrained", facecolor="white")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)
    return figure


def style_axes(axes: Axes, *, x: str = "", y: str = "", title: str = "") -> None:
    """Quiet axes: two spines, a faint grid behind, a title on the left."""
    axes.set_axisbelow(True)
    axes.grid(color=FAINT, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#9ca3af")
    axes.tick_params(which="both", colors=QUIET, labelsize=9)
    axes.set_xlabel(x, color=QUIET, fontsize=9.5)
    axes.set_ylabel(y, color=QUIET, fontsize=9.5)
    set_title(axes, title)


def set_title(axes: Axes, title: str, remark: str = "", *, fonts: Sequence[str] = (BASE_FONT,)) -> None:
    """A title on the left, in which a dollar sign is one, and a quieter remark under it."""
    font = {"fontfamily": list(fonts), "parse_math": False}
    pad = 22 if remark else 8
    axes.set_title(title, loc="left", color=INK, fontsize=11, fontweight="bold", pad=pad, **font)
    if remark:
        place = {"xy": (0, 1), "xycoords": "axes fraction", "xytext": (0, 7), "textcoords": "offset points"}
        axes.annotate(remark, **place, color=QUIET, fontsize=9, annotation_clip=False, **font)


def halo() -> list[Any]:
    """A white rim around text, so that lines behind it do not cross out its letters."""
    effects = viz_import("matplotlib.patheffects", needed_by="a picture")
    return [effects.withStroke(linewidth=2.5, foreground="white")]


@contextlib.contextmanager
def quiet_fonts() -> Iterator[None]:
    """No warning for each box that is drawn in the place of a letter, and none for a font without bold.

    The boxes are told once, of all words: see `w2v.plots.fonts.boxed_words`.
    """
    log = logging.getLogger("matplotlib.font_manager")
    log.addFilter(_is_worth_telling)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            yield
    finally:
        log.removeFilter(_is_worth_telling)


def drawable(word: str) -> str:
    r"""A word as it can be drawn: as `printable`, and not too long."""
    shown = printable(word)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def printable(text: str) -> str:
    r"""The text with what does not print as an escape, such as \u202e, which would turn what follows."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def render(figure: Figure, suffix: str) -> bytes:
    """The bytes of a picture file; equal for equal figures.

    Args:
        figure: what is drawn.
        suffix: one of `SUFFIXES`.

    Raises:
        ValueError: the suffix is another.
    """
    if suffix not in SUFFIXES:
        raise ValueError(f"a picture ends in one of {', '.join(SUFFIXES)}, got {suffix!r}")
    matplotlib = viz_import("matplotlib", needed_by="a picture")
    dates = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    file = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "w2v", "svg.fonttype": "path"}), quiet_fonts():
        figure.savefig(file, format=suffix[1:], dpi=_DPI, metadata=dates[suffix])
    return file.getvalue()


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Writes a picture to a file that appears under its name only when it is whole.

    Raises:
        ValueError: the name does not end in .png, .svg or .pdf.
        StorageError: the file cannot be written.
    """
    content = render(figure, Path(path).suffix.lower())
    with write_file(path) as file:
        file.write(content)


def _is_worth_telling(record: logging.LogRecord) -> bool:
    return "Failed to find font weight" not in record.getMessage()
