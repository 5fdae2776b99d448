"""An encoded corpus: what is in it, where it is kept, and when it is made again."""

import gc
import itertools
import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from corpora import corpus as corpus_module
from corpora.corpus import Corpus
from corpora.disk import use_disk
from corpora.errors import InputError, MemoryLimitError, StorageError
from corpora.text import TextOptions
from corpora.vocabulary import Vocabulary
from tests.full_disk import full_disk

ROOT = Path(__file__).parents[2]
TEXT = b"the cat sat\non the mat\nthe end\n" * 20
PREPARE_WHEN_TOLD = """
import sys
from corpora.corpus import Corpus
print("ready", flush=True)
sys.stdin.readline()
corpus = Corpus.prepare([sys.argv[1]], min_count=1)
print(corpus.digest, corpus.tokens.sum())
"""


@pytest.fixture
def path(tmp_path):
    """A small text in a folder of its own."""
    path = tmp_path / "text" / "a.txt"
    path.parent.mkdir()
    path.write_bytes(TEXT)
    return path


def sentences_of(corpus):
    """The sentences of a corpus as lists of words."""
    words = corpus.vocabulary.words
    return [
        [words[token] for token in corpus.tokens[start:end]]
        for start, end in itertools.pairwise(corpus.offsets)
    ]


def entries_of(folder):
    """Names of all that lies in a folder of encoded corpora, hidden names included."""
    return sorted(os.listdir(folder / ".w2v-cache"))


def run_python(code, *arguments, **options):
    """Runs Python code in a process of its own, in the root of the project."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        **options,
    )


def test_tokens_decode_back_to_the_text(path):
    """Sentences of words are the lines of the text."""
    corpus = Corpus.prepare([path], min_count=1)

    assert sentences_of(corpus) == [line.decode().split() for line in TEXT.splitlines()]
    assert corpus.vocabulary.words[0] == "the"
    assert (corpus.n_tokens, corpus.n_sentences) == (160, 60)
    assert corpus.tokens.dtype == np.int32
    assert corpus.offsets.dtype == np.int64


def test_the_second_time_it_is_found(path):
    """The same call again reads the cache, and gives the same."""
    first = Corpus.prepare([path], min_count=1)
    second = Corpus.prepare([path], min_count=1)

    assert (first.is_cached, second.is_cached) == (False, True)
    assert sentences_of(second) == sentences_of(first)
    assert second.digest == first.digest
    assert second.summary == first.summary


@pytest.mark.parametrize(
    "options",
    [
        {"min_count": 2},
        {"max_words": 3},
        {"text": TextOptions(lowercase=True)},
        {"text": TextOptions(tokenizer="words")},
        {"text": TextOptions(encoding_errors="replace")},
        {"vocabulary": Vocabulary.from_counts([("the", 9), ("cat", 8)])},
    ],
    ids=lambda options: next(iter(options)),
)
def test_another_option_is_another_corpus(path, options):
    """Whatever decides the result is not mixed up with what is kept already."""
    Corpus.prepare([path], min_count=1)

    assert not Corpus.prepare([path], **{"min_count": 1, **options}).is_cached
    assert Corpus.prepare([path], **{"min_count": 1, **options}).is_cached
    assert Corpus.prepare([path], min_count=1).is_cached


def test_other_counts_of_a_vocabulary_are_another_corpus(path):
    """A vocabulary is told apart by its counts as well as by its words."""
    one, other = (Vocabulary.from_counts([("the", 9), ("cat", n)]) for n in (7, 8))
    Corpus.prepare([path], vocabulary=one, min_count=1)

    corpus = Corpus.prepare([path], vocabulary=other, min_count=1)

    assert not corpus.is_cached
    assert corpus.vocabulary.counts.tolist() == [9, 8]


def test_a_changed_file_is_read_again_and_its_old_corpus_goes(path):
    """A new text gives new tokens, and what was made of the old text is removed."""
    Corpus.prepare([path], min_count=1)
    path.write_bytes(TEXT + b"one more line\n")

    corpus = Corpus.prepare([path], min_count=1)

    assert not corpus.is_cached
    assert sentences_of(corpus)[-1] == ["one", "more", "line"]
    assert len(entries_of(path.parent)) == 1


def test_a_touched_file_is_read_again(path):
    """The same size at another time is another text."""
    Corpus.prepare([path], min_count=1)
    os.utime(path, ns=(1, 1))

    assert not Corpus.prepare([path], min_count=1).is_cached


@pytest.mark.parametrize("name", ["tokens.i32", "offsets.i64", "counts.i64", "words.txt", "corpus.json"])
@pytest.mark.parametrize("damage", ["truncated", "gone", "longer"])
def test_a_damaged_cache_is_made_again(path, name, damage):
    """A file of it that is cut, missing or too long never gets used, and the new one is whole."""
    whole = Corpus.prepare([path], min_count=1)
    file = path.parent / ".w2v-cache" / entries_of(path.parent)[0] / name
    expected = file.read_bytes()
    file.unlink()
    if damage != "gone":
        file.write_bytes(expected[: len(expected) // 2] if damage == "truncated" else expected + b"}")

    again = Corpus.prepare([path], min_count=1)

    assert not again.is_cached
    assert again.digest == whole.digest
    assert file.read_bytes() == expected
    assert len(entries_of(path.parent)) == 1


def test_loading_a_damaged_corpus_is_refused(path):
    """A folder that is not whole is an InputError that names it."""
    Corpus.prepare([path], min_count=1)
    folder = path.parent / ".w2v-cache" / entries_of(path.parent)[0]
    (folder / "tokens.i32").write_bytes(b"1234")

    with pytest.raises(InputError, match="not a whole encoded corpus") as caught:
        Corpus.load(folder)

    assert caught.value.path == str(folder)


@pytest.mark.parametrize("data", [b"", b"\n \n", b"one\n", b"\xff\xff\n", b"a\xff b a b"])
def test_a_refused_text_leaves_nothing_behind(path, data):
    """After an error no half corpus and no temporary folder is there."""
    path.write_bytes(data)

    with pytest.raises(InputError):
        Corpus.prepare([path], min_count=1)

    assert entries_of(path.parent) == []


def test_an_interruption_leaves_nothing_behind(path, monkeypatch):
    """Ctrl-C while the tokens are written removes what was written."""

    def interrupt(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(corpus_module, "encode_sources", interrupt)

    with pytest.raises(KeyboardInterrupt):
        Corpus.prepare([path], min_count=1)

    assert entries_of(path.parent) == []


def test_the_folder_of_the_call_is_used(path, tmp_path):
    """With `cache` the corpus goes there, made if need be, and nothing is put beside the text."""
    Corpus.prepare([path], min_count=1, cache=tmp_path / "new" / "cache")

    assert Corpus.prepare([path], min_count=1, cache=tmp_path / "new" / "cache").is_cached
    assert len(os.listdir(tmp_path / "new" / "cache")) == 1
    assert os.listdir(path.parent) == ["a.txt"]


@pytest.mark.parametrize("cache", ["a.txt", "a.txt/below"])
def test_a_cache_that_cannot_be_a_folder_is_a_storage_error(path, cache):
    """A file in its place is told as such, and not as a bug."""
    with pytest.raises(StorageError, match=r"a\.txt"):
        Corpus.prepare([path], min_count=1, cache=path.parent / cache)


def test_beside_a_read_only_text_the_users_cache_is_taken(plain_user, monkeypatch):
    """Where nothing can be written beside the text, the corpus is kept under XDG_CACHE_HOME."""
    (plain_user / "text").mkdir()
    (plain_user / "text" / "a.txt").write_bytes(TEXT)
    (plain_user / "text").chmod(0o555)
    monkeypatch.setenv("XDG_CACHE_HOME", str(plain_user / "home"))

    Corpus.prepare([plain_user / "text" / "a.txt"], min_count=1)

    assert Corpus.prepare([plain_user / "text" / "a.txt"], min_count=1).is_cached
    assert os.listdir(plain_user / "text") == ["a.txt"]
    assert len(os.listdir(plain_user / "home" / "w2v" / "corpora")) == 1


def test_beside_somebody_elses_cache_the_users_own_is_taken(plain_user, monkeypatch):
    """A .w2v-cache that another user made, in a folder that all may write to, stops nobody."""
    (plain_user / "a.txt").write_bytes(TEXT)
    (plain_user / ".w2v-cache").mkdir(mode=0o555)
    monkeypatch.setenv("XDG_CACHE_HOME", str(plain_user / "home"))

    Corpus.prepare([plain_user / "a.txt"], min_count=1)

    assert Corpus.prepare([plain_user / "a.txt"], min_count=1).is_cached
    assert os.listdir(plain_user / ".w2v-cache") == []


def test_a_read_only_cache_of_the_call_is_a_storage_error(plain_user):
    """A folder that was asked for is not replaced by another one."""
    (plain_user / "a.txt").write_bytes(TEXT)
    (plain_user / "cache").mkdir(mode=0o555)

    with pytest.raises(StorageError, match="Permission denied") as caught:
        Corpus.prepare([plain_user / "a.txt"], min_count=1, cache=plain_user / "cache")

    assert caught.value.exit_code == 5


@pytest.mark.parametrize(("cache", "is_told"), [(None, True), ("cache", False)])
def test_a_full_disk_names_another_place_for_the_cache(path, cache, is_told):
    """Unless the place was chosen; nothing is left."""
    folder = None if cache is None else path.parent / cache
    with use_disk(full_disk), pytest.raises(StorageError, match="No space left") as caught:
        Corpus.prepare([path], min_count=1, cache=folder)

    assert ("--cache DIR" in caught.value.fix) == is_told
    assert not list(path.parent.rglob("*.tmp"))


def test_words_are_counted_within_the_memory_of_a_container(path, monkeypatch):
    """A quarter of what is left to it, where that is less than a quarter of the machine."""
    seen = []
    encode = corpus_module.encode_sources

    def look(*arguments, max_table_bytes, **options):
        seen.append(max_table_bytes)
        return encode(*arguments, max_table_bytes=max_table_bytes, **options)

    monkeypatch.setattr(corpus_module, "encode_sources", look)
    monkeypatch.setattr(corpus_module, "memory_left", lambda: 400 << 20)

    Corpus.prepare([path], min_count=1)

    assert seen == [100 << 20]


@pytest.mark.parametrize("letter", ["n", "é", "日", "😀"])
def test_a_file_may_have_the_longest_name(tmp_path, letter):
    """255 bytes of name, in letters of 1 to 4 bytes, leave room for the names derived from it."""
    name = letter * (255 // len(letter.encode()))
    (tmp_path / name).write_bytes(TEXT)

    Corpus.prepare([tmp_path / name], min_count=1)

    assert Corpus.prepare([tmp_path / name], min_count=1).is_cached


def test_a_name_that_is_not_utf8_is_a_name(tmp_path):
    """A file name of any bytes is read and kept like another."""
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.txt")
    Path(path).write_bytes(TEXT)

    Corpus.prepare([path], min_count=1)

    assert Corpus.prepare([path], min_count=1).is_cached


def test_processes_that_prepare_at_once_do_not_disturb_each_other(path):
    """Four at the same time all get the whole corpus, and one entry is left."""
    command = [sys.executable, "-c", PREPARE_WHEN_TOLD, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    workers = [subprocess.Popen(command, cwd=ROOT, text=True, **pipes) for _ in range(4)]
    ready = [worker.stdout.readline() for worker in workers]
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()

    ends = [worker.communicate(timeout=600) for worker in workers]

    expected = Corpus.prepare([path], min_count=1)
    assert ready == ["ready\n"] * 4
    assert ends == [(f"{expected.digest} {expected.tokens.sum()}\n", "")] * 4
    assert expected.is_cached
    assert len(entries_of(path.parent)) == 1


def test_a_mapped_corpus_outlives_its_replacement(path):
    """Who has opened a corpus reads on in it after another process has made it anew."""
    corpus = Corpus.prepare([path], min_count=1)
    expected = corpus.tokens.tolist()
    shutil.rmtree(path.parent / ".w2v-cache")

    Corpus.prepare([path], min_count=1)

    assert corpus.tokens.tolist() == expected


def test_a_fifo_leaves_nothing_behind(tmp_path, monkeypatch):
    """What is made of a pipe vanishes with the corpus, and nothing is put beside it."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(TEXT,))
    writer.start()

    corpus = Corpus.prepare([tmp_path / "pipe"], min_count=1)
    writer.join()

    assert sentences_of(corpus) == [line.decode().split() for line in TEXT.splitlines()]
    assert not corpus.is_cached
    assert len(os.listdir(tmp_path / "scratch")) == 1
    del corpus
    gc.collect()
    assert os.listdir(tmp_path / "scratch") == []
    assert sorted(os.listdir(tmp_path)) == ["pipe", "scratch"]


@pytest.mark.parametrize("data", [TEXT, b"\xff\xfe bad", b""])
def test_standard_input_leaves_nothing_behind(tmp_path, data):
    """Read or refused, a text from standard input leaves no file in the folder for temporary ones."""
    code = (
        "import sys; from corpora.corpus import Corpus; from corpora.errors import InputError\n"
        "try:\n    print(Corpus.prepare(['-'], min_count=1).n_tokens)\n"
        "except InputError as error:\n    print(error.path, error.line)\n"
    )

    done = run_python(code, input=data, env={**os.environ, "TMPDIR": str(tmp_path)})

    assert done.stdout.strip() == (b"160" if data == TEXT else b"standard input None")
    assert done.stderr == b""
    assert os.listdir(tmp_path) == []


def test_a_stream_uses_the_cache_folder_of_the_call(tmp_path):
    """A folder that is not there yet is made, and is empty again afterwards."""
    code = (
        "import sys; from corpora.corpus import Corpus; Corpus.prepare(['-'], min_count=1, cache=sys.argv[1])"
    )

    run_python(code, tmp_path / "new", input=TEXT)

    assert os.listdir(tmp_path / "new") == []


def test_equal_content_has_an_equal_digest(tmp_path):
    """The digest depends on words, counts, tokens and sentences, and not on names, threads or packing."""
    import gzip

    (tmp_path / "a.txt").write_bytes(TEXT)
    (tmp_path / "b.txt").write_bytes(TEXT.replace(b" ", b"\t ").replace(b"\n", b"\r\n\n"))
    (tmp_path / "c.gz").write_bytes(gzip.compress(TEXT))

    digests = {
        Corpus.prepare([tmp_path / n], min_count=1, threads=t).digest
        for t, n in enumerate(["a.txt", "b.txt", "c.gz"], start=1)
    }

    assert len(digests) == 1
    assert len(digests.pop()) == 64


@pytest.mark.parametrize(
    "data",
    [
        TEXT + b"\nthe",
        TEXT.replace(b"cat", b"dog"),
        TEXT.replace(b"cat sat", b"sat cat"),
        TEXT.replace(b"sat\n", b"sat ", 1),
    ],
    ids=["token", "word", "order", "sentence"],
)
def test_other_content_has_another_digest(path, tmp_path, data):
    """One token more, another word, another order, or another sentence end changes it."""
    (tmp_path / "other.txt").write_bytes(data)

    assert (
        Corpus.prepare([path], min_count=1).digest
        != Corpus.prepare([tmp_path / "other.txt"], min_count=1).digest
    )


def test_files_of_a_corpus_are_private_to_the_user(path):
    """A text may be confidential: its tokens can be read by its user alone."""
    Corpus.prepare([path], min_count=1)

    folder = path.parent / ".w2v-cache" / entries_of(path.parent)[0]
    assert all(stat.S_IMODE(file.stat().st_mode) & 0o077 == 0 for file in folder.iterdir())


def test_progress_ends_below_the_size_of_the_files(tmp_path, monkeypatch):
    """The report gets packed bytes read and the size of all files; 0 of a stream."""
    monkeypatch.setattr("corpora.threads.POLL_SECONDS", 0.001)
    paths = [tmp_path / name for name in ("a.txt", "b.txt")]
    for path in paths:
        path.write_bytes(TEXT * 3000)
    reports = []

    Corpus.prepare(paths, min_count=1, report=lambda done, total: reports.append((done, total)))

    assert reports
    assert {total for _, total in reports} == {2 * len(TEXT) * 3000}
    assert reports == sorted(reports)
    assert reports[-1][0] <= 2 * len(TEXT) * 3000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_count": 0}, "min_count must be 1 or more, got 0"),
        ({"max_words": 1}, "max_words must be 2 or more, got 1"),
        ({"threads": 0}, "threads must be 1 or more, got 0"),
        ({"threads": -1}, "threads must be 1 or more, got -1"),
        ({"text": TextOptions(tokenizer="bpe")}, "tokenizer must be one of"),
        ({"text": TextOptions(encoding_errors="ignore")}, "encoding_errors must be one of"),
    ],
)
def test_options_out_of_range_are_refused(path, options, message):
    """Each is a ValueError with the value in it, before anything is read."""
    with pytest.raises(ValueError, match=message):
        Corpus.prepare([path], **options)

    assert os.listdir(path.parent) == ["a.txt"]


def test_sentences_in_memory_become_a_corpus():
    """Tokens may be any strings, blanks included; rare ones and empty sentences are left out."""
    corpus = Corpus.from_sentences(
        (s for s in [["New York", "a\nb"], [], ["rare"], ["New York", "a\nb", "New York"]]), min_count=2
    )

    assert sentences_of(corpus) == [["New York", "a\nb"], ["New York", "a\nb", "New York"]]
    assert corpus.vocabulary.counts.tolist() == [3, 2]


@pytest.mark.parametrize("sentences", ["a b", b"a b", [["a", "b"], "a b"]])
def test_sentences_in_memory_must_be_lists(sentences):
    """A string would be read letter by letter."""
    with pytest.raises(TypeError, match="list of"):
        Corpus.from_sentences(sentences, min_count=1)


@pytest.mark.parametrize("sentences", [[], [[]], [["a", "a"]], [["a", "b", "c"]]])
def test_sentences_in_memory_need_two_words(sentences):
    """Fewer than two words that occur often enough are an InputError."""
    with pytest.raises(InputError, match="distinct words"):
        Corpus.from_sentences(sentences, min_count=2)


@pytest.mark.parametrize("n_shards", [1, 2, 3, 7, 100])
def test_shards_are_the_corpus_in_parts(path, n_shards):
    """Every sentence is in exactly one shard, in order, and shards differ by less than a sentence."""
    corpus = Corpus.prepare([path], min_count=1)

    shards = [corpus.shard(rank, n_shards) for rank in range(n_shards)]

    assert [s for shard in shards for s in sentences_of(shard)] == sentences_of(corpus)
    assert all(abs(shard.n_tokens - corpus.n_tokens / n_shards) <= 3 for shard in shards)
    assert all(shard.vocabulary is corpus.vocabulary for shard in shards)
    assert len({shard.digest for shard in shards}) == n_shards


@pytest.mark.parametrize("rank", [-1, 2])
def test_a_shard_that_is_not_there_is_refused(path, rank):
    """Ranks count from 0 to n_shards - 1."""
    with pytest.raises(ValueError, match="rank must be 0 to 1"):
        Corpus.prepare([path], min_count=1).shard(rank, 2)


def test_a_stream_with_too_many_words_is_a_memory_error(tmp_path, monkeypatch):
    """A pipe cannot be read a second time: exit code 6, and the way out."""
    monkeypatch.setattr("corpora.word_table.FIRST_SLOTS", 64)
    os.mkfifo(tmp_path / "pipe")
    data = b" ".join(b"w%d" % n for n in range(1000))
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(data,))
    writer.start()

    with pytest.raises(MemoryLimitError, match="save the stream to a file") as caught:
        Corpus.prepare([tmp_path / "pipe"], max_table_bytes=1)
    writer.join()

    assert caught.value.exit_code == 6


def test_released_memory_is_read_again(planted_corpus):
    """Letting go of the mapped tokens changes nothing that is read from them, shards included."""
    before = planted_corpus.tokens.copy()
    shard = planted_corpus.shard(1, 2)

    planted_corpus.release_memory()
    shard.release_memory()

    np.testing.assert_array_equal(planted_corpus.tokens, before)
    np.testing.assert_array_equal(shard.tokens, before[-len(shard.tokens) :])


def test_released_memory_no_longer_counts(tmp_path):
    """The resident pages of the tokens' mapping are gone after the release (where the system tells)."""
    path = tmp_path / "long.txt"
    path.write_bytes(b"a b\n" * 2_000_000)
    corpus = Corpus.prepare([path], min_count=1)
    mapping = f"{tmp_path}"

    def resident():
        total, counts = 0, False
        for line in Path("/proc/self/smaps").read_text().splitlines():
            if "-" in line.split(" ")[0]:
                counts = mapping in line and line.endswith("tokens.i32")
            elif counts and line.startswith("Rss:"):
                total += int(line.split()[1])
        return total

    if not Path("/proc/self/smaps").exists():
        pytest.skip("the system does not tell resident pages")
    corpus.tokens.sum()
    held = resident()
    corpus.release_memory()

    assert held >= 15_000  # KiB, of 4,000,000 tokens
    assert resident() < 1_000


@pytest.mark.parametrize("item", [12, None, b"bytes", 1.5])
def test_words_of_sentences_are_strings(item):
    """Another type is told with the way out, before anything is built of it."""
    with pytest.raises(TypeError, match=r"a word is a string, got .*; use str"):
        Corpus.from_sentences([["a", item]])


def test_numpy_strings_become_plain_ones():
    """What NumPy calls a string leaves the vocabulary as Python's."""
    corpus = Corpus.from_sentences([np.array(["a", "b"])] * 5)

    assert [type(word) for word in corpus.vocabulary.words] == [str, str]


def test_representations_are_short(planted_corpus):
    """A notebook shows sizes, not every word."""
    assert repr(planted_corpus).startswith("Corpus(")
    assert len(repr(planted_corpus)) < 100
    assert repr(planted_corpus.vocabulary) == f"Vocabulary({len(planted_corpus.vocabulary):,} words)"
