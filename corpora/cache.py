"""Where encoded corpora are kept, under which names, and when they are out of date."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

from corpora.errors import StorageError
from corpora.preparing import FORMAT_VERSION, PrepareOptions
from corpora.sources import Source
from corpora.storage import make_folder, require_writable_folder
from corpora.vocabulary import Vocabulary

CACHE_NAME = ".w2v-cache"


def cache_folder(sources: list[Source], cache: str | os.PathLike[str] | None) -> Path:
    """Where encoded corpora go: as told, beside the text, or where the system keeps caches of this user."""
    if cache is not None:
        make_folder(cache)
        return Path(cache)
    beside = Path(sources[0].path).absolute().parent / CACHE_NAME
    try:
        require_writable_folder(beside if beside.exists() else beside.parent)
        return beside
    except StorageError:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        return Path(base) / "w2v" / "corpora"


def entry_name(sources: list[Source], options: PrepareOptions, vocabulary: Vocabulary | None) -> str:
    """Name of a cache entry: the first file's, for people, and a hash of all that decides the result."""
    words = None if vocabulary is None else [vocabulary.words, vocabulary.counts.tolist()]
    described = json.dumps(
        [FORMAT_VERSION, [source.fingerprint for source in sources], options._asdict(), words]
    )
    name = Path(sources[0].path).name[:40].lstrip(".-") or "corpus"
    return f"{name}-{hashlib.sha256(described.encode(errors='surrogateescape')).hexdigest()[:16]}"


def is_whole(folder: Path) -> bool:
    """Whether a folder holds an encoded corpus with files as long as its summary says."""
    try:
        summary = json.loads((folder / "corpus.json").read_bytes())
        sizes = {
            "tokens.i32": 4 * summary["tokens"],
            "offsets.i64": 8 * (summary["sentences"] + 1),
            "counts.i64": 8 * summary["vocabulary"],
            "words.txt": summary["word_bytes"],
        }
        if summary["format_version"] != FORMAT_VERSION:
            return False
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def remove_outdated(entry: Path, sources: list[Source]) -> None:
    """Removes the neighbours of an entry that were made from the same files before they changed.

    Without it, each change of a text would leave two thirds of its size behind.
    """
    current = [source.fingerprint for source in sources]
    paths = [path for path, _, _ in current]
    for folder in entry.parent.iterdir():
        try:
            found = json.loads((folder / "corpus.json").read_bytes())["sources"]
            is_outdated = [path for path, _, _ in found] == paths and found != current
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if is_outdated:
            shutil.rmtree(folder, ignore_errors=True)
