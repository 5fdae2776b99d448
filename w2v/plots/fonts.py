"""Fonts that together draw the words of a picture, and the words of which none of them draws all letters."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from w2v.extras import viz_import
from w2v.plots.canvas import BASE_FONT, drawable, printable, quiet_fonts

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontManager, FontProperties
    from matplotlib.text import Text

_Letter = tuple[str, str]  # a weight and a character: a bold font may lack what the normal one has

_WEIGHTS = ("normal", "bold")
_PREFERRED = "Noto Sans"  # how the names begin of the family that is made for all scripts
_WITHOUT_LETTERS = ("lastresort", "adobeblank")  # these have a box, or nothing, for every character


def font_names(texts: Iterable[str]) -> list[str]:
    """The font of all pictures, and those installed ones that draw what it lacks of these texts.

    Others are looked for only where it lacks a letter. Noto Sans comes first, then the fonts that draw most
    of what is left, equal ones by name: the same words on the same machine get the same fonts.
    """
    characters = set("".join(map(printable, texts)))
    missing = {(weight, character) for weight in _WEIGHTS for character in characters}
    missing -= _letters_of(BASE_FONT, missing)
    names = [BASE_FONT]
    with quiet_fonts():
        found = _find_letters(missing) if missing else {}
    while missing and found:
        best = max(found, key=lambda name: _merit(name, found[name] & missing))
        gained = found.pop(best) & missing
        if gained:
            names.append(best)
        missing -= gained
    return names


def boxed_words(figure: Figure, words: Iterable[str]) -> list[str]:
    """Those of the words that are written in the figure with a box in the place of a letter, each once."""
    kind = viz_import("matplotlib.text", needed_by="a picture").Text
    with quiet_fonts():
        boxed = {text.get_text() for text in figure.findobj(kind) if _has_boxes(text)}
    return [word for word in dict.fromkeys(words) if drawable(word) in boxed]


def boxes_remark(words: Sequence[str]) -> str:
    """What is said of words that `boxed_words` found, one or more."""
    found = "1 word has letters that no installed font has, and shows boxes"
    if len(words) > 1:
        found = f"{len(words):,} words have letters that no installed font has, and show boxes"
    return f"{found}; install e.g. the package fonts-noto"


def _merit(name: str, letters: set[_Letter]) -> tuple[bool, int]:
    return bool(letters) and name.startswith(_PREFERRED), len(letters)


def _find_letters(wanted: set[_Letter]) -> dict[str, set[_Letter]]:
    """The fonts that have some of these letters, by name in order."""
    manager = viz_import("matplotlib.font_manager", needed_by="a picture").fontManager
    _add_new_fonts(manager)
    characters = {character for _, character in wanted}
    names = {
        entry.name
        for entry in manager.ttflist
        if not entry.name.startswith(".")
        and not entry.name.lower().replace(" ", "").startswith(_WITHOUT_LETTERS)
        and _characters_of(entry.fname, getattr(entry, "index", 0), characters)
    }
    found = {name: _letters_of(name, wanted) for name in sorted(names)}
    return {name: letters for name, letters in found.items() if letters}


def _add_new_fonts(manager: FontManager) -> None:
    """Fonts that were installed after matplotlib made its list, which it keeps for all later runs."""
    fonts = viz_import("matplotlib.font_manager", needed_by="a picture")
    for path in sorted(set(fonts.findSystemFonts()) - {entry.fname for entry in manager.ttflist}):
        with contextlib.suppress(OSError, RuntimeError, ValueError, LookupError):  # files that are no font
            manager.addfont(path)


def _letters_of(name: str, wanted: set[_Letter]) -> set[_Letter]:
    """Those of the letters that the font has which matplotlib takes for this name."""
    fonts = viz_import("matplotlib.font_manager", needed_by="a picture")
    found = set()
    for weight in _WEIGHTS:
        properties = fonts.FontProperties(family=[name], weight=weight)
        characters = {character for of_weight, character in wanted if of_weight == weight}
        found |= {(weight, character) for character in _drawn(properties, characters)}
    return found


def _has_boxes(text: Text) -> bool:
    missing = set(text.get_text())
    for name in text.get_fontfamily():
        properties = text.get_fontproperties().copy()
        properties.set_family([name])
        missing -= _drawn(properties, missing)
    return bool(missing)


def _drawn(properties: FontProperties, characters: set[str]) -> set[str]:
    """Those of the characters that the font of these properties has; none where there is no such font."""
    fonts = viz_import("matplotlib.font_manager", needed_by="a picture")
    try:
        path = fonts.fontManager.findfont(properties, fallback_to_default=False)
    except ValueError:
        return set()
    return _characters_of(path, getattr(path, "face_index", 0), characters)


def _characters_of(path: str, face: int, characters: set[str]) -> set[str]:
    """Those of the characters that a file has; none where it is no font, or one of pixels."""
    module = viz_import("matplotlib.ft2font", needed_by="a picture")
    try:
        font = module.FT2Font(path, face_index=face) if face else module.FT2Font(path)
    except (OSError, RuntimeError):
        return set()
    if not font.scalable:
        return set()
    return {character for character in characters if font.get_char_index(ord(character))}
