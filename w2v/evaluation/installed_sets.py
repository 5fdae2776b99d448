"""Sets of questions that are on this machine already: gensim carries some among its tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import NamedTuple

_ANALOGIES = "questions-words.txt"
_WORD_PAIRS = ("wordsim353.tsv", "simlex999.txt")


class InstalledSets(NamedTuple):
    """Paths of the sets; nothing where they are not installed."""

    analogies: Path | None
    word_pairs: tuple[Path, ...]


def find_installed_sets() -> InstalledSets:
    """Google's analogies, WordSim-353 and SimLex-999 of an installed gensim, which is not imported."""
    spec = importlib.util.find_spec("gensim")
    if spec is None or spec.origin is None:
        return InstalledSets(None, ())
    folder = Path(spec.origin).parent / "test" / "test_data"
    analogies = folder / _ANALOGIES
    pairs = tuple(path for name in _WORD_PAIRS if (path := folder / name).is_file())
    return InstalledSets(analogies if analogies.is_file() else None, pairs)
