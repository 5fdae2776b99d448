"""Group 1 of the table of bad inputs, a row each: what a corpus that is not as it should be gets."""

import bz2
import gzip
import lzma
import os
import resource
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from corpora import parsing
from corpora.corpus import Corpus
from corpora.errors import InputError
from corpora.text import TextOptions

ROOT = Path(__file__).parents[2]
TEXT = b"the cat sat on the mat\nthe end\n" * 30
MEASURE = """
import resource, sys
from corpora.corpus import Corpus
Corpus.prepare([sys.argv[1]], min_count=1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
corpus = Corpus.prepare([sys.argv[2]], min_count=1)
print(corpus.summary["words"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.fixture
def refused(w2v_command):
    """Runs `w2v vocab` on some paths and returns stderr, having checked how a refusal must look."""

    def run(code, identifier, *arguments):
        done = w2v_command("vocab", *arguments, "--min-count", 1)
        assert done.code == code, done.err
        assert done.out == ""
        assert "Traceback" not in done.err
        if identifier is not None:
            assert f"[W2V-{identifier}]" in done.err
            assert "\n  fix: " in done.err
        return done.err

    return run


def write(folder, data, name="a.txt"):
    """Writes a file and returns its path."""
    (folder / name).write_bytes(data)
    return folder / name


def words_of(*paths, **options):
    """The words of a corpus with their counts, and what was remarked on it."""
    corpus = Corpus.prepare(paths, **{"min_count": 1, **options})
    counts = zip(corpus.vocabulary.words, corpus.vocabulary.counts.tolist(), strict=True)
    return dict(counts), corpus.summary["remarks"]


def test_c01_a_missing_file_is_named(refused):
    """A path without a file: exit 3, with the path."""
    assert "absent.txt: cannot read: No such file" in refused(3, "C01", "absent.txt")


def test_c01_a_folder_without_files_is_named(refused, tmp_path):
    """A folder is read file by file; an empty one: exit 3, with what to pass."""
    (tmp_path / "folder").mkdir()

    assert "folder holds no files" in refused(3, "C01", tmp_path / "folder")


def test_c01_a_file_without_permission_is_named(plain_user):
    """A file that may not be read: an InputError with the path."""
    write(plain_user, TEXT).chmod(0)

    with pytest.raises(InputError, match=r"a\.txt: cannot open: Permission denied") as caught:
        words_of(plain_user / "a.txt")

    assert (caught.value.identifier, caught.value.exit_code) == ("C01", 3)


def test_c02_an_empty_file_is_refused(refused, tmp_path):
    """0 bytes: exit 3, "the corpus is empty"."""
    assert "a.txt: the corpus is empty" in refused(3, "C02", write(tmp_path, b""))


def test_c02_several_empty_files_are_refused(refused, tmp_path):
    """So are two of them, the first by name."""
    paths = write(tmp_path, b""), write(tmp_path, b"", "b.txt")

    assert "a.txt and 1 more: the corpus is empty" in refused(3, "C02", *paths)


def test_c03_only_blanks_are_refused(refused, tmp_path):
    """Blanks and line feeds: exit 3, with the number of lines."""
    assert "a.txt: 0 words in 3 lines" in refused(3, "C03", write(tmp_path, b" \t\n\n \r\n "))


@pytest.mark.parametrize(
    ("suffix", "kind"), [("gz", "gzip"), ("bz2", "bzip2"), ("xz", "xz"), ("zst", "zstd")]
)
def test_c04_an_empty_packed_file_is_refused(refused, tmp_path, suffix, kind):
    """0 bytes under the name of a packed file: exit 3, "empty file, not gzip"."""
    assert f"empty file, not {kind}" in refused(3, "C04", write(tmp_path, b"", f"a.{suffix}"))


@pytest.mark.parametrize("n_bytes", [-1, -8, -9, 40])
def test_c05_a_cut_gzip_file_is_refused(refused, tmp_path, n_bytes):
    """Cut in the middle or in its last 8 bytes: exit 3, with the bytes that were read."""
    path = write(tmp_path, gzip.compress(TEXT)[:n_bytes], "a.gz")

    assert "a.gz: cut off after" in refused(3, "C05", path)


def test_c06_a_wrong_checksum_is_refused(refused, tmp_path):
    """A gzip file whose CRC does not fit: exit 3, "checksum mismatch"."""
    packed = gzip.compress(TEXT)
    path = write(tmp_path, packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:], "a.gz")

    assert "a.gz: checksum mismatch" in refused(3, "C06", path)


@pytest.mark.parametrize("packer", [gzip, bz2, lzma])
def test_c07_several_members_are_all_read(tmp_path, packer):
    """`cat a.gz b.gz` holds the words of both."""
    path = write(tmp_path, packer.compress(b"a b\n") + packer.compress(b"") + packer.compress(b"b c"), "a.gz")

    assert words_of(path)[0] == {"b": 2, "a": 1, "c": 1}


def test_c08_plain_text_under_a_packed_name_is_read_with_a_note(w2v_command, tmp_path):
    """Content counts, and one line says so."""
    done = w2v_command("vocab", write(tmp_path, TEXT, "a.gz"), "--min-count", 1)

    assert (done.code, done.out.splitlines()[0]) == (0, "the 90")
    assert done.err.count("read as plain text, which its content says") == 1


def test_c08_packed_text_under_a_plain_name_is_read_with_a_note(w2v_command, tmp_path):
    """And the reverse."""
    done = w2v_command("vocab", write(tmp_path, gzip.compress(TEXT)), "--min-count", 1)

    assert (done.code, done.out.splitlines()[0]) == (0, "the 90")
    assert done.err.count("read as gzip, which its content says") == 1


def test_c09_a_bomb_takes_constant_memory(tmp_path):
    """300 MB of one letter behind 300 kB of gzip raise the memory of the process by less than 32 MB."""
    small = write(tmp_path, TEXT, "small.txt")
    bomb = write(tmp_path, gzip.compress(b"a" * 30_000_000) * 10 + gzip.compress(b" one two"), "bomb.gz")

    done = subprocess.run(
        [sys.executable, "-c", MEASURE, small, bomb], cwd=ROOT, capture_output=True, text=True, check=True
    )

    n_words, kilobytes = map(int, done.stdout.split())
    assert n_words == 2
    assert kilobytes < 32_000


def test_c10_a_byte_order_mark_at_the_start_is_removed(tmp_path):
    """It is no part of the first word of any file."""
    paths = [write(tmp_path, b"\xef\xbb\xbfa b", name) for name in ("a.txt", "b.txt")]

    assert words_of(*paths) == ({"a": 2, "b": 2}, [])


def test_c10_a_byte_order_mark_inside_is_kept_and_counted(tmp_path):
    """In the middle of joined files it is part of a word, and a remark has the count."""
    counts, remarks = words_of(write(tmp_path, b"a b\n\xef\xbb\xbfa b\n\xef\xbb\xbfa c"))

    assert counts == {"b": 2, "\ufeffa": 2, "a": 1, "c": 1}
    assert remarks == ["a byte-order mark is part of 2 words inside the text"]


def test_c11_carriage_returns_are_blanks(tmp_path):
    """CRLF ends a line, a lone CR parts words, and neither is ever part of a word."""
    corpus = Corpus.prepare([write(tmp_path, b"a b\r\nc\rd\r\n")], min_count=1)

    assert corpus.vocabulary.words == ("a", "b", "c", "d")
    assert corpus.offsets.tolist() == [0, 2, 4]


def test_c12_invalid_utf8_is_refused_with_its_place(refused, tmp_path):
    """Latin-1: exit 3 with line, byte, and the bytes in hexadecimal."""
    data = b"good line\n" * 7 + b"caf\xe9 au lait\n"

    said = refused(3, "C12", write(tmp_path, data))

    assert f"a.txt, line 8 (byte {data.index(0xE9)}): not UTF-8: e9 20 61" in said
    assert "--encoding-errors replace" in said


def test_c12_invalid_utf8_is_replaced_on_request_and_counted(w2v_command, tmp_path):
    """With `--encoding-errors replace` U+FFFD stands there, and a note has the count."""
    path = write(tmp_path, b"caf\xe9 au lait \xff\xfe\n")

    done = w2v_command("vocab", path, "--min-count", 1, "--encoding-errors", "replace")

    assert done.code == 0
    assert "caf\ufffd 1\n" in done.out
    assert "U+FFFD was put in 3 places" in done.err


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_c13_utf16_is_recognised(refused, tmp_path, encoding):
    """With a byte-order mark or without: exit 3, "looks like UTF-16", and how to convert it."""
    said = refused(3, "C13", write(tmp_path, TEXT.decode().encode(encoding)))

    assert "looks like UTF-16" in said
    assert "iconv" in said


def test_c14_zero_bytes_are_blanks_and_counted(tmp_path):
    """NUL parts words, ends no string, and a remark has the count."""
    counts, remarks = words_of(write(tmp_path, b"first\0second and many other words\0\0 behind them\n"))

    assert counts.keys() == {"first", "second", "and", "many", "other", "words", "behind", "them"}
    assert remarks == ["3 zero bytes were read as blanks"]


def test_c14_many_zero_bytes_in_uneven_places_are_blanks(tmp_path):
    """A short text with many zero bytes, but not in every second place, is not taken for UTF-16 (C13)."""
    counts, remarks = words_of(write(tmp_path, b"a\0\0bb\0\0\0a\0bb\0\0a b a b a\n"))

    assert counts == {"a": 5, "bb": 2, "b": 2}
    assert remarks == ["8 zero bytes were read as blanks"]


@pytest.mark.parametrize("n_bytes", [1001, 600_000, 3_000_000])
def test_c15_an_endless_word_is_dropped_whole_and_counted(tmp_path, n_bytes):
    """More than 1,000 bytes without a blank are no word; no piece of them is one."""
    counts, remarks = words_of(write(tmp_path, b"a " + "é".encode() * (n_bytes // 2) + b"x b a"))

    assert counts == {"a": 2, "b": 1}
    assert remarks == ["1 words of more than 1,000 bytes were dropped"]


def test_c15_a_word_of_a_thousand_bytes_is_a_word(tmp_path):
    """The longest word allowed is kept whole."""
    assert words_of(write(tmp_path, b"a " + b"x" * 1000)) == ({"a": 1, "x" * 1000: 1}, [])


def test_c16_an_endless_line_is_split_and_counted(tmp_path):
    """A million words without a line feed become sentences of 10,000, with a remark and nothing lost."""
    corpus = Corpus.prepare([write(tmp_path, b"one two three four five " * 200_000)], min_count=1)

    assert corpus.n_tokens == 1_000_000
    assert corpus.n_sentences == 100
    assert corpus.summary["remarks"] == ["1 lines of more than 10,000 words were split into sentences"]


@pytest.mark.parametrize("blank", ["\u2028", "\u2029", "\u0085", "\u00a0", "\u3000", "\u200b", "\x1c"])
def test_c17_other_blanks_of_unicode_are_letters(tmp_path, blank):
    """They end no line and part no words."""
    corpus = Corpus.prepare([write(tmp_path, f"a{blank}b c".encode())], min_count=1)

    assert set(corpus.vocabulary.words) == {f"a{blank}b", "c"}
    assert corpus.n_sentences == 1


def test_c17_words_with_other_blanks_come_back_from_the_cache(tmp_path):
    """What looks like a line end to Python stays inside its word when it is loaded."""
    path = write(tmp_path, "a\u2028b\u0085c\x1cd e".encode())

    assert words_of(path) == words_of(path)
    assert Corpus.prepare([path], min_count=1).is_cached


def test_c18_no_word_is_reserved(tmp_path):
    """</s>, <unk>, <s> and __label__x are words like others."""
    counts, _ = words_of(write(tmp_path, b"</s> <unk> <s>\n__label__x </s>\n"))

    assert counts == {"</s>": 2, "<unk>": 1, "<s>": 1, "__label__x": 1}


@pytest.mark.parametrize("tokenizer", ["blanks", "words"])
def test_c19_two_forms_of_a_word_are_two_words(tmp_path, tokenizer):
    """NFC and NFD are left as they are."""
    forms = [unicodedata.normalize(form, "été") for form in ("NFC", "NFD")]

    counts, _ = words_of(write(tmp_path, " ".join(forms).encode()), text=TextOptions(tokenizer=tokenizer))

    assert counts == dict.fromkeys(forms, 1)


@pytest.mark.parametrize("change", ["grows", "shrinks", "goes"])
def test_c20_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch, change):
    """Its size and time are looked at again at its end: an InputError, and nothing is kept."""
    path = write(tmp_path, TEXT)
    read_blocks = parsing.read_blocks

    def read_and_change(source, remarks):
        yield from read_blocks(source, remarks)
        path.unlink()
        if change != "goes":
            path.write_bytes(TEXT * 2 if change == "grows" else TEXT[:9])

    monkeypatch.setattr(parsing, "read_blocks", read_and_change)

    with pytest.raises(InputError, match=r"changed while it was read|cannot read"):
        words_of(path)

    assert os.listdir(tmp_path / ".w2v-cache") == []


def test_c20_a_file_that_changes_afterwards_does_not_matter(tmp_path):
    """Training reads the encoded corpus, which nothing of the text's fate reaches."""
    path = write(tmp_path, TEXT)
    corpus = Corpus.prepare([path], min_count=1)
    expected = corpus.tokens.tolist()

    path.write_bytes(b"")

    assert corpus.tokens.tolist() == expected


def test_c21_a_pipe_is_read_once_and_is_enough(tmp_path):
    """Counting and encoding are one pass, so that standard input trains as many epochs as a file."""
    command = "from cli.main import main; main(['vocab', '-', '--min-count', '1'])"

    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT,
        input=TEXT,
        capture_output=True,
        check=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )

    assert done.stdout.splitlines()[0] == b"the 90"
    assert os.listdir(tmp_path) == []


def test_c22_the_last_word_needs_no_line_feed(tmp_path):
    """It is counted, and its sentence is one."""
    corpus = Corpus.prepare([write(tmp_path, b"a b\nc d")], min_count=1)

    assert corpus.vocabulary.words == ("a", "b", "c", "d")
    assert corpus.offsets.tolist() == [0, 2, 4]


def test_c23_many_files_are_open_one_at_a_time(tmp_path):
    """Two thousand files are read where the system allows sixteen more than are open."""
    (tmp_path / "many").mkdir()
    for number in range(2000):
        write(tmp_path / "many", b"a b%d\n" % number, f"{number:04d}.txt")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(map(int, os.listdir("/dev/fd")))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 16, limits[1]))
    try:
        corpus = Corpus.prepare([tmp_path / "many"], min_count=1, threads=2)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    assert corpus.n_sentences == 2000
    assert corpus.vocabulary.counts[0] == 2000


def test_c24_a_link_that_leads_to_itself_is_refused(refused, tmp_path):
    """Links in a circle: exit 3."""
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")

    assert "Too many levels of symbolic links" in refused(3, "C01", tmp_path / "a")


def test_c24_a_folder_that_leads_back_is_refused(refused, tmp_path):
    """A link to a folder above: exit 3, with the link."""
    (tmp_path / "text" / "below").mkdir(parents=True)
    write(tmp_path / "text", TEXT)
    (tmp_path / "text" / "below" / "up").symlink_to(tmp_path / "text")

    assert "below/up: a link leads back" in refused(3, "C24", tmp_path / "text")


def test_c24_two_links_to_one_folder_are_a_repeat_and_no_loop(refused, tmp_path):
    """Without a circle, what is found twice is a file named twice."""
    (tmp_path / "text" / "one").mkdir(parents=True)
    write(tmp_path / "text" / "one", TEXT)
    (tmp_path / "text" / "two").symlink_to(tmp_path / "text" / "one")

    assert "is the same file as" in refused(2, None, tmp_path / "text")


@pytest.mark.parametrize("again", ["same", "link", "hard link", "glob"])
def test_c24_a_file_named_twice_is_refused(refused, tmp_path, again):
    """The same file by the same name, a link or a glob: exit 2, with both names."""
    path = write(tmp_path, TEXT)
    if again == "link":
        (tmp_path / "b.txt").symlink_to(path)
    elif again == "hard link":
        os.link(path, tmp_path / "b.txt")
    other = {"same": path, "glob": f"{tmp_path}/*.txt"}.get(again, tmp_path / "b.txt")

    assert "is the same file as" in refused(2, None, path, other)


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="reads /proc")
def test_c25_a_read_error_is_told_with_its_byte(refused, tmp_path):
    """A device that fails: exit 3 with the byte, and not as a disk that cannot be written."""
    said = refused(3, "C25", "/proc/self/mem", "--cache", tmp_path / "cache")

    assert "/proc/self/mem, byte 0: cannot read: Input/output error" in said


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"PK\x03\x04", "a zip archive"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x89PNG\r\n", "a picture"),
        (b"\x7fELF", "a program"),
    ],
)
def test_c12_files_of_other_kinds_are_named(refused, tmp_path, head, kind):
    """What cannot be text is named by its first bytes: exit 3, and the way out is not a conversion."""
    said = refused(3, "C12", write(tmp_path, head + b" and so on\n"))

    assert f"{kind}, not text" in said
    assert "iconv" not in said
