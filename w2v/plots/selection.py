"""Which words a map shows: those of a file, with the groups that colour them."""

from __future__ import annotations

import os
from typing import NamedTuple

from corpora.errors import InputError
from w2v.vectors import Vectors


class Selection(NamedTuple):
    """Words for a map."""

    words: list[str]
    groups: list[str] | None  # one for each word
    center: str | None  # the word that the others are around
    missing: tuple[str, ...] = ()  # words that were asked for and have no vector


def read_selection(vectors: Vectors, path: str | os.PathLike[str]) -> Selection:
    """The words of a file that have a vector, one a line, in its order; a repeated word counts once.

    What stands behind a tab is the word's group; a file without any tab has no groups, and words without one
    in a file with groups are in the group "". Empty lines are passed over.

    Raises:
        InputError: the file cannot be read or is not UTF-8 (G03), or no word of it has a vector (G04).
    """
    name = os.fspath(path)
    fix = "name a file in UTF-8 with a word on each line"
    try:
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            lines = file.read().split("\n")
    except OSError as error:
        raise InputError("G03", f"cannot read: {error.strerror or error}", path=name, fix=fix) from error
    except UnicodeDecodeError as error:
        problem = f"byte {error.start} is not UTF-8"
        raise InputError("G03", problem, path=name, fix=fix) from error
    asked: dict[str, str] = {}
    for line in lines:
        word, _, group = line.removesuffix("\r").partition("\t")
        if word:
            asked.setdefault(word, group)
    found = {word: group for word, group in asked.items() if word in vectors}
    if not asked:
        raise InputError("G04", "there is no word in this file", path=name, fix=fix)
    if not found:
        problem = f"none of the {len(asked):,} words has a vector among {len(vectors):,}"
        raise InputError("G04", problem, path=name, fix="check the spelling and the case of the words")
    groups = list(found.values()) if any(found.values()) else None
    return Selection(list(found), groups, None, tuple(word for word in asked if word not in found))
