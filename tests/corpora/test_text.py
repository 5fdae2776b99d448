"""Blocks cut between words, constant memory, true places in errors, and the rewriting of text."""

import bz2
import errno
import gzip
import io
import lzma
import sys
import tracemalloc
import unicodedata
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora import text
from corpora.errors import InputError
from corpora.sources import OpenSource, find_sources
from corpora.text import PADDING, Block, TextOptions, read_blocks, rewrite_text
from tests.reference import reference_sentences, reference_words_only

zstd = pytest.importorskip("backports.zstd" if sys.version_info < (3, 14) else "compression.zstd")

PACKERS = {
    "gz": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}),
}
CHUNKS = st.sampled_from(
    [b"word", b"x" * 20, "été".encode(), " 日本 ".encode(), b" ", b"\n", b"\r\n", b"\t\0"]
)
TEXTS = st.lists(CHUNKS, max_size=60).map(b"".join)


def blocks_of(path, remarks=None):
    """All blocks of one file."""
    (source,) = find_sources([path])
    return list(read_blocks(source, [] if remarks is None else remarks))


def data_of(block):
    """The bytes of a block without its padding."""
    return block.text[: block.n_bytes].tobytes()


def block_of(data):
    """A block that holds some bytes."""
    buffer = np.full((len(data) + PADDING + 7) // 8 * 8, 32, dtype=np.uint8)
    buffer[: len(data)] = np.frombuffer(data, dtype=np.uint8)
    return Block(buffer, len(data), None, 0, 0, 0)


def rewritten(words, **options):
    """Text after rewriting, as a string."""
    return data_of(rewrite_text(block_of(words.encode()), TextOptions(**options))).decode()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=TEXTS, block_bytes=st.integers(64, 200))
def test_blocks_hold_the_text_cut_between_words(tmp_path_factory, data, block_bytes):
    """Joined they are the text, each ends behind a blank, and each says where it starts."""
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_bytes(b"%s\n" % data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "BLOCK_BYTES", block_bytes)
        patch.setattr(text._BlockReader, "_skip_mark", lambda *_: 0)  # many zero bytes are no UTF-16 here

        blocks = blocks_of(path)

    longest = max(len(run) for sentence in reference_sentences(data) for run in [*sentence, b""])
    if longest <= block_bytes // 2:
        assert b"".join(map(data_of, blocks)) == data + b"\n"
        assert [block.start for block in blocks] == np.cumsum([0, *(b.n_bytes for b in blocks)])[:-1].tolist()
        assert all(data_of(block)[-1:] in b" \t\n\v\f\r\0" for block in blocks)
    assert all(len(block.text) % 8 == 0 and len(block.text) >= block.n_bytes + PADDING for block in blocks)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(lengths=st.lists(st.integers(1, 400), min_size=1, max_size=12), block_bytes=st.integers(64, 200))
def test_words_longer_than_a_block_are_dropped_whole_and_counted(tmp_path_factory, lengths, block_bytes):
    """No piece of a dropped word comes out, and every word comes out or is counted."""
    path = tmp_path_factory.mktemp("text") / "a.txt"
    words = [bytes([97 + place]) * length for place, length in enumerate(lengths)]
    path.write_bytes(b" ".join(words))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "BLOCK_BYTES", block_bytes)

        blocks = blocks_of(path)

    found = b" ".join(map(data_of, blocks)).split()
    assert [word for word in words if word in found] == found
    assert len(found) + sum(block.n_dropped for block in blocks) == len(words)
    assert all(len(word) > block_bytes // 2 for word in words if word not in found)


def test_lines_stay_whole_where_one_ends_in_the_second_half(tmp_path, monkeypatch):
    """A block ends behind a line feed rather than behind the last word."""
    monkeypatch.setattr(text, "BLOCK_BYTES", 64)
    (tmp_path / "a.txt").write_bytes(b"a b c d e f\n" * 30)

    blocks = blocks_of(tmp_path / "a.txt")

    assert len(blocks) > 3
    assert all(data_of(block).endswith(b"\n") for block in blocks)


def test_byte_order_mark_at_the_start_is_no_part_of_the_text(tmp_path):
    """Three bytes are skipped, and the block says that it starts behind them."""
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfa \xef\xbb\xbfb")

    (block,) = blocks_of(tmp_path / "a.txt")

    assert (data_of(block), block.start) == (b"a \xef\xbb\xbfb", 3)


@pytest.mark.parametrize("kind", PACKERS)
def test_memory_does_not_grow_with_the_unpacked_text(tmp_path, kind):
    """100 MB of one letter, packed to next to nothing, take less than 16 MB, and are one dropped word."""
    packed = PACKERS[kind](b"a" * 10_000_000) * 10
    (tmp_path / f"a.{kind}").write_bytes(packed)
    tracemalloc.start()

    n_bytes = n_dropped = 0
    for block in read_blocks(*find_sources([tmp_path / f"a.{kind}"]), []):
        n_bytes, n_dropped = n_bytes + block.n_bytes, n_dropped + block.n_dropped

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (n_bytes, n_dropped) == (0, 1)
    assert peak < 16_000_000


@pytest.mark.parametrize("kind", PACKERS)
def test_a_packed_file_cut_anywhere_is_refused(tmp_path, kind):
    """Cut behind any seventh byte, or within its last nine, it is an InputError that names it."""
    whole = PACKERS[kind](b"".join(b"%d words of text\n" % (n * n) for n in range(60)))
    path = tmp_path / f"a.{kind}"
    for length in [*range(8, len(whole), 7), *range(len(whole) - 9, len(whole))]:
        path.write_bytes(whole[:length])

        with pytest.raises(InputError, match=r"cut off after [0-9]+ unpacked bytes") as caught:
            blocks_of(path)

        assert caught.value.identifier == "C05"
        assert caught.value.path == str(path)


@pytest.mark.parametrize("kind", PACKERS)
def test_a_packed_file_with_a_changed_byte_is_refused(tmp_path, kind):
    """Any seventh byte behind the header flipped is an InputError, or changes no byte of the text."""
    data = b"".join(b"%d words of text\n" % (n * n) for n in range(60))
    whole = PACKERS[kind](data)
    path = tmp_path / f"a.{kind}"
    n_refused = 0
    for place in range(12, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        try:
            found = b"".join(map(data_of, blocks_of(path)))
        except InputError as error:
            assert error.identifier in ("C05", "C06")  # noqa: PT017 - the bytes that are refused vary
            n_refused += 1
        else:
            assert found == data

    assert n_refused > len(range(12, len(whole), 7)) * 0.8


@pytest.mark.parametrize(
    "error", [EOFError("end"), zlib.error("bad"), lzma.LZMAError("bad"), ValueError("bad")]
)
def test_errors_of_unpackers_become_input_errors(tmp_path, monkeypatch, error):
    """Nothing that an unpacker raises gets out as it is."""
    (tmp_path / "a.txt").write_bytes(b"words")

    def refuse(_buffer):
        raise error

    file = io.BytesIO(b"")
    broken = type("Broken", (io.BytesIO,), {"readinto": lambda self, buffer: refuse(buffer)})()
    monkeypatch.setattr(text, "open_source", lambda _: OpenSource(broken, file, None))

    with pytest.raises(InputError, match=r"a\.txt"):
        blocks_of(tmp_path / "a.txt")


def test_a_read_error_says_at_which_byte(tmp_path, monkeypatch):
    """A disk that fails after 300 bytes is an InputError at byte 300."""

    class FailingDisk(io.BytesIO):
        def readinto(self, buffer):
            if self.tell() == 300:
                raise OSError(errno.EIO, "Input/output error")
            return super().readinto(memoryview(buffer)[: 300 - self.tell()])

    (tmp_path / "a.txt").write_bytes(b"words")
    monkeypatch.setattr(text, "BLOCK_BYTES", 128)
    disk = FailingDisk(b"words and \n" * 90)
    monkeypatch.setattr(text, "open_source", lambda _: OpenSource(disk, disk, None))

    with pytest.raises(InputError, match="reading stopped: Input/output error") as caught:
        blocks_of(tmp_path / "a.txt")

    assert (caught.value.identifier, caught.value.byte) == ("C25", 300)


@pytest.mark.parametrize("lowercase", [True, False])
@settings(max_examples=80, deadline=None, derandomize=True)
@given(words=st.text(max_size=60))
def test_lowercase_is_that_of_unicode(lowercase, words):
    """The text is str.lower() of itself, or itself."""
    assert rewritten(words, lowercase=lowercase, encoding_errors="replace") == (
        words.lower() if lowercase else words
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(words=st.text(max_size=60))
def test_words_only_equals_its_twin_on_any_text(words):
    """The tokenizer for raw text keeps the lower-cased words that the twin keeps."""
    assert rewritten(words, tokenizer="words").split() == reference_words_only(words.lower()).split()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("Don't, I said—'stop'!", ["don't", "i", "said", "stop"]),
        ("snake_case _x_ a__b", ["snake_case", "x", "a", "b"]),
        ("l’été 3.14 (1,000)", ["l’été", "3", "14", "1", "000"]),
        ("हिन्दी नमस्ते", ["हिन्दी", "नमस्ते"]),
        ("می‌خواهم", ["می‌خواهم"]),
        (unicodedata.normalize("NFD", "Éte"), [unicodedata.normalize("NFD", "éte")]),
        ("日本語。テキスト", ["日本語", "テキスト"]),
        ("a\nb", ["a", "b"]),
        ("İ ẞ ΣΑΣ", ["i̇", "ß", "σας"]),
    ],
)
def test_words_of_raw_text(raw, words):
    """Punctuation goes, marks stay on their letters, and apostrophes stay inside words."""
    assert rewritten(raw, tokenizer="words").split() == words


def test_line_feeds_survive_the_tokenizer():
    """A line feed between two words stays one, so that sentences stay apart."""
    assert rewritten("A!\n\n?b\n", tokenizer="words") == "a \n\n b\n"


def test_replacing_puts_a_mark_where_bytes_are_not_utf8_and_counts():
    """Each place becomes U+FFFD as Python does it; one that stood in the text is not counted."""
    data = b"ok \xff\xfe b\xc3 \xef\xbf\xbd \xf0\x9f"

    block = rewrite_text(block_of(data), TextOptions(encoding_errors="replace"))

    assert data_of(block) == data.decode(errors="replace").encode()
    assert block.n_replaced == data.decode(errors="replace").count("\ufffd") - 1


@pytest.mark.parametrize(
    "options", [TextOptions(), TextOptions(lowercase=True), TextOptions(tokenizer="words")]
)
def test_plain_text_is_rewritten_without_harm(options):
    """Lower-case ASCII words are what they were under every option."""
    assert data_of(rewrite_text(block_of(b"a b\nc"), options)) == b"a b\nc"
