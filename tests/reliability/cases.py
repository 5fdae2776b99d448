"""What else is stored, beside what `w2v selftest` tries: encoded corpora, tables for models."""

import json
import shutil

import numpy as np

from corpora.corpus import Corpus
from corpora.storage import write_folder, write_part
from w2v.selftest import CASES, Case, LostError
from w2v.transfer.table_files import save_table


def _write_corpus(folder, version):
    text = folder / "corpus.txt"
    text.write_text(f"a b c d {'e ' * version}\n" * 10)  # the user's own file, not written by us
    shutil.rmtree(folder / "cache", ignore_errors=True)  # another version is another entry: one at a time
    Corpus.prepare([text], min_count=1, cache=folder / "cache", threads=1)


def _read_corpus(folder):
    """The entry of the text as it is now is whole, or is not there; a later run makes it."""
    words = (folder / "corpus.txt").read_text().count("e") // 10
    corpus = Corpus.prepare([folder / "corpus.txt"], min_count=1, cache=folder / "cache", threads=1)
    if corpus.n_tokens != 10 * (4 + words):
        raise LostError(f"{corpus.n_tokens} tokens of a corpus of {10 * (4 + words)}")
    return words


def _write_table(folder, version):
    save_table(np.full((20, 4), version, np.float32), folder / "table.npy")


def _read_table(folder):
    table = np.load(folder / "table.npy", allow_pickle=False)
    if not (table == table[0, 0]).all() or table.shape != (20, 4):
        raise LostError("the table is of two versions")
    return int(table[0, 0])


def _write_folder(folder, version):
    """A folder of several files under one name, as an encoded corpus is, on top of the one before."""
    with write_folder(folder / "target") as unfinished:
        for name in "ab":
            with write_part(unfinished / name) as file:
                file.write(json.dumps(version).encode())


def _read_folder(folder):
    """Swapping two folders takes two steps, between which there is none; never a mixture of both."""
    if not (folder / "target").exists():
        return 1  # what was made once can be made again: that is what a cache is
    versions = {json.loads((folder / "target" / name).read_bytes()) for name in "ab"}
    if len(versions) > 1:
        raise LostError("the folder is of two versions")
    return versions.pop()


ALL_CASES = (
    *CASES,
    Case("table for a model", _write_table, _read_table),
    Case("folder", _write_folder, _read_folder),
)
CORPUS_CASE = Case("encoded corpus", _write_corpus, _read_corpus)
