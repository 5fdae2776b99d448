"""The table of formats: recognising files by content, foreign files, what may be written and where.

The files in golden/ hold a few words of three or four numbers. gensim.txt and gensim.bin were written by
gensim 4.4.0 (`KeyedVectors.save_word2vec_format`, numpy 2.4), w2v.* by version 0.1.0, and those of other
programs by golden/make_golden.py; they are never made again.
"""

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import tarfile
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from corpora.errors import InputError, MemoryLimitError, StorageError
from w2v.formats import ReadOptions, format_of, load_vectors, reading, save_vectors
from w2v.formats.table import WRITABLE
from w2v.vectors import Vectors

GOLDEN = Path(__file__).parent / "golden"


def _vectors(*words, number=1.0):
    return Vectors(words, np.full((len(words), 2), number, dtype=np.float32))


def _packed(open_archive, add):
    buffer = io.BytesIO()
    with open_archive(buffer) as archive:
        add(archive)
    return buffer.getvalue()


def _saved(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


TEXT = b"2 2\nthe 1 2\nof 3 4\n"


@pytest.mark.parametrize("golden", ["w2v.txt", "w2v.bin", "w2v.safetensors", "gensim.txt", "gensim.bin"])
@pytest.mark.parametrize("name", ["a.txt", "a.bin", "a.safetensors", "a"])
def test_formats_are_recognised_by_content(tmp_path, golden, name):
    """R01: the name of a file says nothing about what is in it."""
    (tmp_path / name).write_bytes((GOLDEN / golden).read_bytes())

    assert load_vectors(tmp_path / name).words == ("the", "of", "k\u00e4se", "\u65e5\u672c", "</s>")


@pytest.mark.parametrize("known", [known.name for known in WRITABLE])
def test_a_format_can_be_named(tmp_path, known):
    """A named format is written and read whatever the name of the file ends in."""
    save_vectors(_vectors("the", "of"), tmp_path / "vectors", format=known)

    assert load_vectors(tmp_path / "vectors", format=known).words == ("the", "of")


def test_the_suffix_chooses_the_format():
    """The suffixes that can be written, in either case of letters."""
    names = [format_of(f"a{suffix}").name for suffix in (".safetensors", ".txt", ".vec", ".bin", ".BIN")]

    assert names == ["native", "word2vec-text", "word2vec-text", "word2vec-binary", "word2vec-binary"]


@pytest.mark.parametrize("name", ["a.npz", "a", ".bin"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path, name):
    """The error names the suffixes there are."""
    with pytest.raises(ValueError, match=r"\.safetensors, \.bin, \.txt, \.vec"):
        save_vectors(_vectors("the"), tmp_path / name)


def test_an_unknown_format_is_refused_with_the_known_ones(tmp_path):
    """The error names the formats there are."""
    with pytest.raises(ValueError, match="native, word2vec-binary, word2vec-text"):
        load_vectors(tmp_path / "a", format="pickle")


@pytest.mark.parametrize(
    ("identifier", "content", "said"),
    [
        *(("R05", pickle.dumps({"a": 1}, protocol), "pickle") for protocol in range(6)),
        ("R05", pickle.dumps(np.ones(3), 0), "pickle"),
        ("R05", b"cos\nsystem\n(S'id'\ntR.", "pickle"),
        ("RB01", (793712314).to_bytes(4, "little") + (12).to_bytes(4, "little") + bytes(50), "ends in"),
        ("R04", (793712314).to_bytes(4, "little") + (13).to_bytes(4, "little") + bytes(50), "version 13"),
        ("R03", _packed(lambda b: zipfile.ZipFile(b, "w"), lambda z: z.writestr("a", "b")), "zip"),
        ("R03", _packed(lambda b: tarfile.TarFile(fileobj=b, mode="w"), lambda t: t.add(__file__)), "tar"),
        ("RS08", _saved(np.ones(3)), "shape"),
        ("R03", b"\x89HDF\r\n\x1a\n" + bytes(20), "HDF5"),
        ("R03", b"\x7fELF" + bytes(20), "ELF"),
        ("R03", b"\x89PNG\r\n\x1a\n" + bytes(20), "PNG"),
        ("R03", b"%PDF-1.7\n", "PDF"),
        ("R03", b"\n<!DOCTYPE html><html>", "HTML"),
        ("R03", b"<HTML><body>", "HTML"),
        ("R03", json.dumps({"error": "not found"}).encode(), "JSON"),
        ("R03", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
        ("R03", "2 2\nthe 1 2\n".encode("utf-16"), "not a known format"),
        ("R03", bytes(range(256)) * 9, "not a known format"),
        ("R06", gzip.compress(TEXT)[:-3], "ends or breaks"),
        ("R06", gzip.compress(gzip.compress(TEXT)), "inside another"),
        ("R06", bz2.compress(b"the 1 2\n" * 10_000_000), "more than 100 times"),
        ("R06", b"\x28\xb5\x2f\xfd" + bytes(20), "ends or breaks"),
        ("R07", b"", "empty"),
    ],
)
def test_foreign_files_are_named_and_not_opened(tmp_path, identifier, content, said):
    """R03 to R07: the error says what the file is; nothing is run."""
    (tmp_path / "vectors.txt").write_bytes(content)

    with pytest.raises(InputError, match=said) as caught:
        load_vectors(tmp_path / "vectors.txt")

    assert caught.value.identifier == identifier


def test_a_length_that_looks_like_a_pickle_is_none(tmp_path):
    """A native file whose header takes 640 bytes begins as a pickle does, and is read all the same."""
    path = tmp_path / "vectors.safetensors"
    sizes = {}
    for n_letters in range(0, 600, 8):
        save_vectors(Vectors(("a",), np.ones((1, 1), np.float32), metadata={"a": "x" * n_letters}), path)
        sizes[path.read_bytes()[:2]] = len(load_vectors(path))

    assert sizes[b"\x80\x02"] == 1


@pytest.mark.parametrize(
    ("content", "named"),
    [(TEXT, "word2vec-binary"), (b"2 2\nthe \0\0\0\0\0\0\0\1\nof \0\0\0\0\0\0\0\1\n", "word2vec-text")],
)
def test_text_and_binary_are_told_apart(tmp_path, content, named):
    """R02: a file read under the wrong name says what it is."""
    (tmp_path / "vectors").write_bytes(content)

    with pytest.raises(InputError) as caught:
        load_vectors(tmp_path / "vectors", format=named)

    assert caught.value.identifier in ("R02", "RT10", "RT13")


def test_what_is_no_file_is_refused(tmp_path):
    """R09: a missing file, a folder and a device."""
    for path in (tmp_path / "missing", tmp_path, "/dev/zero"):
        with pytest.raises(InputError) as caught:
            load_vectors(path)

        assert caught.value.identifier == "R09"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("golden", ["w2v.txt", "w2v.bin", "glove.txt"])
def test_compressed_files_are_unpacked_as_they_are_read(tmp_path, pack, golden):
    """R06: by content, whatever their name; also where a file is several archives, one behind the other."""
    content = (GOLDEN / golden).read_bytes()
    (tmp_path / "vectors").write_bytes(pack(content[:20]) + pack(content[20:]))

    assert load_vectors(tmp_path / "vectors").words == load_vectors(GOLDEN / golden).words


@pytest.mark.parametrize("suffix", [".txt.gz", ".vec.bz2", ".bin.xz", ".bin.zst"])
def test_the_suffix_packs(tmp_path, suffix):
    """X08: packed files are read by the programs that read plain ones, and the same each time."""
    vectors = load_vectors(GOLDEN / "w2v.safetensors")

    save_vectors(vectors, tmp_path / f"a{suffix}")

    plain = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}.get(Path(suffix).suffix)
    if plain:
        golden = GOLDEN / ("w2v" + (".bin" if "bin" in suffix else ".txt"))
        assert plain(tmp_path / f"a{suffix}").read() == golden.read_bytes()
    assert load_vectors(tmp_path / f"a{suffix}").matrix.tobytes() == vectors.matrix.tobytes()
    assert [path.name for path in tmp_path.iterdir()] == [f"a{suffix}"]


@pytest.mark.parametrize("suffix", [".safetensors", ".npy"])
def test_a_mapped_matrix_takes_no_memory(tmp_path, suffix):
    """The numbers are those of the file, and read-only; other formats cannot be mapped (R08)."""
    vectors = load_vectors(GOLDEN / "w2v.safetensors")
    save_vectors(vectors, tmp_path / f"a{suffix}")

    mapped = load_vectors(tmp_path / f"a{suffix}", mmap=True)

    assert mapped.matrix.tobytes() == vectors.matrix.tobytes()
    assert mapped.words == vectors.words
    assert not mapped.matrix.flags.owndata
    with pytest.raises(InputError) as caught:
        load_vectors(GOLDEN / "w2v.bin", mmap=True)
    assert caught.value.identifier == "R08"


@pytest.mark.parametrize(
    ("options", "words", "remark"),
    [
        ({"duplicates": "first"}, ("the", "of", "\u65e5"), "1 rows left out whose words occur above"),
        ({"duplicates": "first", "nonfinite": "skip"}, ("the", "\u65e5"), "1 rows left out that hold NaN"),
    ],
)
def test_leniencies_are_counted(tmp_path, options, words, remark):
    """R10, R12: what is left out is told, and no other row moves."""
    second = "nan" if "nonfinite" in options else "3"
    (tmp_path / "a").write_text(f"4 1\nthe 1\nof {second}\nthe 5\n\u65e5 4\n", encoding="utf-8")
    remarks = []

    vectors = load_vectors(tmp_path / "a", options=ReadOptions(**options), remarks=remarks)

    assert vectors.words == words
    assert vectors[["the", "\u65e5"]].ravel().tolist() == [1, 4]
    assert any(text.startswith(remark) for text in remarks)


def test_words_cut_inside_a_character_can_be_read(tmp_path):
    """RT13: with U+FFFD in place of what is no UTF-8, if that is asked for."""
    (tmp_path / "a").write_bytes(b"1 1\nk\xc3 1\n")

    vectors = load_vectors(tmp_path / "a", options=ReadOptions(encoding_errors="replace"))

    assert vectors.words == ("k\ufffd",)


def test_vectors_that_do_not_fit_into_memory_are_refused(monkeypatch):
    """R16: before anything is allocated, with a way to use them all the same."""
    monkeypatch.setattr(reading, "_FREE_BYTES", 0)
    monkeypatch.setattr(reading, "available_bytes", lambda: 50)

    with pytest.raises(MemoryLimitError, match="5 rows of 3 numbers") as caught:
        load_vectors(GOLDEN / "w2v.bin")

    assert caught.value.identifier == "R16"


def test_a_file_cut_at_a_line_end_is_noticed_where_the_rows_are_known(tmp_path):
    """RL04: nothing else in a file without a header shows it."""
    (tmp_path / "a").write_text("the 1 2\nof 3 4\n")

    assert len(load_vectors(tmp_path / "a", options=ReadOptions(expect_rows=2))) == 2
    with pytest.raises(InputError, match="2 rows, expected 3") as caught:
        load_vectors(tmp_path / "a", options=ReadOptions(expect_rows=3))
    assert caught.value.identifier == "RL04"


@pytest.mark.parametrize("name", ["duplicates", "nonfinite", "encoding_errors", "table"])
def test_unknown_leniencies_are_refused(name):
    """The error names the choices there are."""
    with pytest.raises(ValueError, match=f"{name} must be one of"):
        ReadOptions(**{name: "maybe"})


def test_numbers_of_8_bytes_alone_are_named(tmp_path):
    """RL06: GloVe's binary file has no words."""
    (tmp_path / "a").write_bytes(np.random.default_rng(1).normal(size=100).tobytes())

    with pytest.raises(InputError, match="GloVe") as caught:
        load_vectors(tmp_path / "a")
    assert caught.value.identifier == "RL06"


@pytest.mark.parametrize(("golden", "dtype"), [("txt", "float16"), ("bin", "float16"), ("tsv", "float16")])
def test_kinds_of_numbers_a_format_cannot_keep_are_refused(tmp_path, golden, dtype):
    """And nothing is written."""
    with pytest.raises(ValueError, match="keeps float32, not float16"):
        save_vectors(_vectors("the"), tmp_path / f"a.{golden}", dtype=dtype)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.safetensors", "a.npy", "a/"])
def test_half_the_digits_in_half_the_room(tmp_path, name):
    """float16 is read back as the nearest float16; numbers too large for it are refused (X03)."""
    vectors = Vectors(("a", "b"), np.array([[0.1, 1e-3], [-2.5, 6e4]], dtype=np.float32))

    save_vectors(vectors, f"{tmp_path}/{name}", dtype="float16")

    expected = vectors.matrix.astype(np.float16).astype(np.float32)
    assert load_vectors(f"{tmp_path}/{name}").matrix.tobytes() == expected.tobytes()
    with pytest.raises(InputError, match="too large for float16"):
        save_vectors(_vectors("a", number=7e4), f"{tmp_path}/b{name}", dtype="float16")
    assert len(list(tmp_path.iterdir())) <= 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("golden", ["w2v.txt", "w2v.bin", "w2v.safetensors"])
def test_a_pipe_is_read(tmp_path, golden):
    """R09: what can be read only once is read once."""
    os.mkfifo(tmp_path / "pipe")
    content = (GOLDEN / golden).read_bytes()
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,))
    writer.start()

    vectors = load_vectors(tmp_path / "pipe")

    writer.join()
    assert len(vectors) == 5


@pytest.mark.parametrize("suffix", [".txt", ".vec", ".bin"])
@pytest.mark.parametrize("word", ["New York", "a\nb", "a\0", "\t", "a\r", "\v", "\f", "x" * 65_537])
def test_words_the_word2vec_formats_cannot_hold_are_refused(tmp_path, suffix, word):
    """X01: before a byte is written, with the word and the way out."""
    with pytest.raises(InputError, match=r"\.safetensors") as caught:
        save_vectors(_vectors("the", word), tmp_path / f"a{suffix}")

    assert caught.value.identifier == "X01"
    assert repr(word[:40])[:-1] in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".txt", ".bin"])
def test_the_longest_word_written_is_read(tmp_path, suffix):
    """No file is written that could not be read again."""
    vectors = _vectors("the", "\u00e4" * 32_768)

    save_vectors(vectors, tmp_path / f"a{suffix}")

    assert load_vectors(tmp_path / f"a{suffix}").words == vectors.words


@pytest.mark.parametrize("suffix", [".txt", ".bin"])
def test_an_empty_word_is_refused_by_the_word2vec_formats(tmp_path, suffix):
    """X02: it would move every number by one place."""
    with pytest.raises(InputError) as caught:
        save_vectors(_vectors("the", ""), tmp_path / f"a{suffix}")

    assert caught.value.identifier == "X02"


@pytest.mark.parametrize("suffix", [".safetensors", ".txt", ".bin"])
@pytest.mark.parametrize(
    ("identifier", "vectors"),
    [
        ("X03", _vectors("the", number=np.nan)),
        ("X03", _vectors("the", number=-np.inf)),
        ("X04", _vectors()),
        ("X09", _vectors("the", "a\ud800")),
    ],
)
def test_vectors_no_file_may_hold_are_refused(tmp_path, suffix, identifier, vectors):
    """X03, X04, X09: in every format, and no file is left behind."""
    with pytest.raises(InputError) as caught:
        save_vectors(vectors, tmp_path / f"a{suffix}")

    assert caught.value.identifier == identifier
    assert list(tmp_path.iterdir()) == []


def test_a_refused_write_leaves_the_old_file(tmp_path):
    """What was there stays, byte for byte."""
    save_vectors(_vectors("the"), tmp_path / "a.txt")
    before = (tmp_path / "a.txt").read_bytes()

    with pytest.raises(InputError):
        save_vectors(_vectors("a b"), tmp_path / "a.txt")

    assert (tmp_path / "a.txt").read_bytes() == before


def test_a_folder_that_is_missing_is_a_storage_error(tmp_path):
    """Nothing can be written where no folder is."""
    with pytest.raises(StorageError):
        save_vectors(_vectors("the"), tmp_path / "missing" / "a.txt")
