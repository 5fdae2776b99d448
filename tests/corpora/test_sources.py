"""Which files a corpus is made of, and how each is opened."""

import bz2
import gzip
import io
import lzma
import os
import sys
from pathlib import Path

import pytest

from corpora.errors import InputError
from corpora.sources import find_sources, open_source, require_unchanged

zstd = pytest.importorskip("backports.zstd" if sys.version_info < (3, 14) else "compression.zstd")

TEXT = b"some words of a text\n" * 50
PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd.compress}
ON_LINUX = pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="reads /proc")


def make(folder, *names):
    """Writes a small file under each name."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(TEXT)


def found_names(folder, paths):
    """Names, relative to a folder, of the sources behind some paths."""
    return [os.path.relpath(source.path, folder) for source in find_sources(paths)]


def read_all(source):
    """All unpacked bytes of a source, and the remark made when it was opened."""
    opened = open_source(source)
    with opened.raw, opened.file:
        return opened.file.read(), opened.remark


def test_files_come_in_the_order_given(tmp_path):
    """The order of the call is the order of the corpus."""
    make(tmp_path, "b.txt", "a.txt")

    assert found_names(tmp_path, [tmp_path / "b.txt", tmp_path / "a.txt"]) == ["b.txt", "a.txt"]


def test_a_source_knows_its_file(tmp_path):
    """Size and time are the file's, and a file is no stream."""
    make(tmp_path, "a.txt")

    (source,) = find_sources([tmp_path / "a.txt"])

    assert (source.size, source.is_stream) == (len(TEXT), False)
    assert source.modified == (tmp_path / "a.txt").stat().st_mtime_ns


def test_folders_give_their_files_in_the_order_of_names(tmp_path):
    """All levels, sorted, without hidden files, hidden folders and the cache."""
    make(tmp_path, "z.txt", "a.txt", "m/b.txt", "m/a.txt", ".hidden", ".w2v-cache/words.txt", "m/.x/y.txt")

    assert found_names(tmp_path, [tmp_path]) == ["a.txt", "z.txt", "m/a.txt", "m/b.txt"]


def test_globs_give_their_matches_in_the_order_of_names(tmp_path):
    """One star stays in a folder, two go down, and folders are no matches."""
    make(tmp_path, "b.txt", "a.txt", "c.md", "sub.txt/d.txt")

    assert found_names(tmp_path, [f"{tmp_path}/*.txt"]) == ["a.txt", "b.txt"]
    assert found_names(tmp_path, [f"{tmp_path}/**/*.txt"]) == ["a.txt", "b.txt", "sub.txt/d.txt"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path):
    """What exists under the name is taken before the pattern is."""
    make(tmp_path, "[a].txt", "a.txt")

    assert found_names(tmp_path, [tmp_path / "[a].txt"]) == ["[a].txt"]


def test_dash_is_standard_input():
    """A dash is a stream of unknown size with a name for people."""
    (source,) = find_sources(["-"])

    assert (source.name, source.size, source.is_stream) == ("standard input", 0, True)


def test_a_fifo_is_a_stream(tmp_path):
    """A named pipe can be read once, like standard input."""
    os.mkfifo(tmp_path / "pipe")

    (source,) = find_sources([tmp_path / "pipe"])

    assert source.is_stream


@pytest.mark.parametrize("paths", ["corpus.txt", b"corpus.txt", Path("corpus.txt")])
def test_one_path_without_a_list_is_refused(paths):
    """A string would be read letter by letter."""
    with pytest.raises(TypeError, match="pass a list of paths"):
        find_sources(paths)


def test_no_path_is_refused():
    """An empty list is a ValueError, since nothing was asked for."""
    with pytest.raises(ValueError, match="no corpus given"):
        find_sources([])


def test_a_glob_without_matches_is_refused(tmp_path):
    """The error shows the pattern."""
    with pytest.raises(InputError, match="no file matches this glob") as caught:
        find_sources([f"{tmp_path}/*.txt"])

    assert caught.value.path == f"{tmp_path}/*.txt"


@pytest.mark.parametrize("kind", PACKERS)
def test_packed_files_are_unpacked(tmp_path, kind):
    """Each kind under its own name gives the text, without a remark."""
    path = tmp_path / f"a.{kind}"
    path.write_bytes(PACKERS[kind](TEXT))

    assert read_all(*find_sources([path])) == (TEXT, None)


@pytest.mark.parametrize("kind", PACKERS)
def test_content_counts_and_not_the_name(tmp_path, kind):
    """A packed file with the name of a plain one, and the reverse, are read, with one remark each."""
    packed, plain = tmp_path / "packed.txt", tmp_path / f"plain.{kind}"
    packed.write_bytes(PACKERS[kind](TEXT))
    plain.write_bytes(TEXT)

    (packed_text, packed_remark), (plain_text, plain_remark) = map(read_all, find_sources([packed, plain]))

    assert packed_text == plain_text == TEXT
    assert "packed.txt: read as" in packed_remark
    assert f"plain.{kind}: read as plain text" in plain_remark


@pytest.mark.parametrize("kind", PACKERS)
def test_joined_packed_files_are_read_to_the_end(tmp_path, kind):
    """`cat a.gz b.gz` is one text, for every kind."""
    path = tmp_path / f"a.{kind}"
    path.write_bytes(PACKERS[kind](b"first\n") + PACKERS[kind](b"second\n") + PACKERS[kind](TEXT))

    assert read_all(*find_sources([path]))[0] == b"first\nsecond\n" + TEXT


def test_closed_standard_input_is_refused(monkeypatch):
    """Without a standard input there is an InputError and no AttributeError."""
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(InputError, match="standard input is closed"):
        open_source(*find_sources(["-"]))


@ON_LINUX
def test_a_file_that_cannot_be_read_at_once_is_refused():
    """An I/O error on the first bytes is told as one of reading, at byte 0."""
    (source,) = find_sources(["/proc/self/mem"])

    with pytest.raises(InputError, match="cannot read: Input/output error") as caught:
        open_source(source)

    assert caught.value.byte == 0


@pytest.mark.parametrize("change", ["longer", "later", "gone"])
def test_a_change_of_the_file_is_noticed(tmp_path, change):
    """Another size, another time, or no file any more: the source is not the one that was found."""
    make(tmp_path, "a.txt")
    (source,) = find_sources([tmp_path / "a.txt"])
    require_unchanged(source)

    if change == "longer":
        (tmp_path / "a.txt").write_bytes(TEXT + b"x")
        os.utime(tmp_path / "a.txt", ns=(source.modified, source.modified))
    elif change == "later":
        os.utime(tmp_path / "a.txt", ns=(source.modified, source.modified + 1))
    else:
        (tmp_path / "a.txt").unlink()

    with pytest.raises(InputError, match=r"a\.txt"):
        require_unchanged(source)


@ON_LINUX
def test_opening_leaves_no_file_open_when_it_fails(tmp_path):
    """The file of an error is closed."""
    (tmp_path / "a.gz").write_bytes(b"")
    (source,) = find_sources([tmp_path / "a.gz"])
    before = os.listdir("/proc/self/fd")

    with pytest.raises(InputError) as caught:
        open_source(source)

    assert os.listdir("/proc/self/fd") == before
    assert caught.value.identifier == "C04"


def test_standard_input_stays_open(monkeypatch, tmp_path):
    """Reading to the end closes our reader and not the program's standard input."""
    make(tmp_path, "a.txt")
    with open(tmp_path / "a.txt", "rb") as file:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(file))

        text, _ = read_all(*find_sources(["-"]))

        assert text == TEXT
        assert os.fstat(file.fileno()).st_size == len(TEXT)
