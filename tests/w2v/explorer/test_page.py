"""The page as a file: what is in it, what may run in it, and what cannot become a page."""

import base64
import hashlib
import json
import re
from importlib import resources

import numpy as np
import pytest

import w2v
from corpora.errors import InputError, StorageError
from w2v import Vectors, explore, explorer_page
from w2v.explorer import page as page_module
from w2v.explorer.page import LIBRARY, LIBRARY_SHA256, SCRIPTS

ASSETS = resources.files("w2v.explorer").joinpath("assets")
LONGEST_ASSET = 300


def some_vectors(n_words=6, dim=3, counts=None):
    """Words w0, w1, ... with drawn rows."""
    matrix = np.random.default_rng(1).normal(size=(n_words, dim)).astype(np.float32)
    counts = None if counts is None else np.array(counts, np.int64)
    return Vectors(tuple(f"w{row}" for row in range(n_words)), matrix, counts)


def data_of(page):
    """What travels in the page's block of JSON."""
    return json.loads(re.search(rb'<script type="application/json" id="data">(.*?)</script>', page.html)[1])


def policy_of(page):
    """Its Content-Security-Policy as a map of directives."""
    policy = re.search(r'http-equiv="Content-Security-Policy" content="(.*?)"', page.html.decode())[1]
    return dict(directive.split(" ", 1) for directive in policy.split("; "))


def digest(text):
    """As a policy names what it lets run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_page_holds_words_and_numbers():
    """Words, counts, dimension and a row of codes and a place for each come back out of the file."""
    vectors = some_vectors(counts=[9, 8, 7, 6, 5, 4])

    data = data_of(explorer_page(vectors, title="mine"))

    assert tuple(data["words"]) == vectors.words
    assert data["counts"] == [9, 8, 7, 6, 5, 4]
    assert (data["title"], data["dim"], data["nTotal"], data["method"]) == ("mine", 3, 6, "pca")
    assert len(base64.b64decode(data["codes"])) == 6 * 3
    places = np.frombuffer(base64.b64decode(data["places"]), "<f4").reshape(6, 2)
    np.testing.assert_array_equal(places, w2v.project(vectors))


def test_only_the_two_scripts_of_the_page_may_run():
    """The policy names the digests of scripts and style, forbids all else, and knows no 'unsafe'."""
    page = explorer_page(some_vectors())

    html = page.html.decode()
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", html, flags=re.DOTALL)[1]
    assert len(scripts) == 2
    assert policy_of(page) == {
        "default-src": "'none'",
        "script-src": " ".join(map(digest, scripts)),
        "style-src": digest(style),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_page_names_no_other_place():
    """No attribute of the page loads anything, and the only address in it is the picture of its tab."""
    html = explorer_page(some_vectors()).html.decode()
    markup = re.sub(r"<(script|style).*?</\1>", "", html, flags=re.DOTALL)

    assert re.findall(r'\b(?:src|href|action|srcset)="(?!#|data:)', markup) == []


def test_w03_words_mean_nothing_to_html():
    """Markup, line ends and half characters in words leave no sign of theirs in the file, and come back."""
    words = ("</script><script>x", "<!--<script>", "a&amp;b", "$data", "\u2028", "\0", "\ud800", "日本", '"')
    vectors = Vectors(words, np.eye(9, dtype=np.float32))

    page = explorer_page(vectors, title="</title><script>")

    block = re.search(rb'id="data">(.*?)</script>\n<script>', page.html, flags=re.DOTALL)[1]
    assert not set(b"<>&\n\0") & set(block)
    assert max(block) < 128
    assert tuple(data_of(page)["words"]) == words


def test_most_frequent_words_come_first():
    """With counts, the page takes the most frequent and sorts them; the order of equal ones stays."""
    data = data_of(explorer_page(some_vectors(counts=[1, 5, 5, 9, 2, 0]), top=4))

    assert data["words"] == ["w3", "w1", "w2", "w4"]
    assert data["counts"] == [9, 5, 5, 2]
    assert data["nTotal"] == 6


def test_without_counts_the_first_words_are_taken():
    """The order of the file stands."""
    data = data_of(explorer_page(some_vectors(), top=2))

    assert data["words"] == ["w0", "w1"]
    assert data["counts"] is None


def test_broken_rows_are_left_out_and_counted():
    """NaN and infinity have no place on a map."""
    matrix = np.ones((4, 2), np.float32)
    matrix[1, 0], matrix[2, 1] = np.nan, np.inf

    page = explorer_page(Vectors(tuple("abcd"), matrix))

    assert data_of(page)["words"] == ["a", "d"]
    assert (page.n_words, page.n_broken) == (2, 2)


def test_page_is_the_same_each_time():
    """The same vectors give the same bytes."""
    assert explorer_page(some_vectors()).html == explorer_page(some_vectors()).html


@pytest.mark.parametrize(("n_words", "dim"), [(1, 5), (1, 1), (2, 2), (5, 2), (5, 1)])
def test_few_words_and_few_dimensions_make_a_page(n_words, dim):
    """One word has no neighbours, and two dimensions are a map already."""
    page = explorer_page(some_vectors(n_words, dim))

    assert page.n_words == n_words
    assert (page.overlap is None) == (n_words == 1)


@pytest.mark.parametrize(
    ("vectors", "options", "message"),
    [
        (some_vectors(), {"top": 0}, "top must be 1 or more, got 0"),
        (some_vectors(), {"method": "mds"}, "method must be one of pca, tsne, umap, got 'mds'"),
        (some_vectors(3), {"method": "tsne"}, "tsne needs 4 words or more, got 3"),
    ],
)
def test_bad_argument_is_a_value_error(vectors, options, message):
    """What was given and what is possible."""
    with pytest.raises(ValueError, match=re.escape(message)):
        explorer_page(vectors, **options)


@pytest.mark.parametrize("n_words", [0, 3])
def test_x04_no_word_is_an_input_error(n_words):
    """No words, or none with a finite row."""
    matrix = np.full((n_words, 2), np.nan, np.float32)

    with pytest.raises(InputError, match=f"no word to show: {n_words} words, {n_words} of them with NaN"):
        explorer_page(Vectors(tuple("abc"[:n_words]), matrix))


@pytest.mark.parametrize("name", ["words", "words.txt", "words.html.gz", ""])
def test_name_of_a_page_ends_in_html(tmp_path, name):
    """Browsers go by the ending; nothing is written."""
    with pytest.raises(ValueError, match=r"must end in \.html or \.htm"):
        explore(some_vectors(), tmp_path / name)

    assert list(tmp_path.iterdir()) == []


def test_page_appears_whole_or_not_at_all(tmp_path):
    """`explore` writes what `explorer_page` returns; where it cannot, the old page stays byte for byte."""
    path = tmp_path / "words.html"

    explore(some_vectors(), path)
    before = path.read_bytes()
    with pytest.raises(StorageError):
        explore(some_vectors(), tmp_path / "missing" / "words.html")
    with pytest.raises(InputError):
        explore(some_vectors(0), path)

    assert before == explorer_page(some_vectors()).html
    assert path.read_bytes() == before


def test_missing_extra_is_said(monkeypatch):
    """Without scikit-learn there is no t-SNE, and the error says how to get it."""
    import sys

    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)

    with pytest.raises(ImportError, match=r"w2v\[viz\]"):
        explorer_page(some_vectors(), method="tsne")


# What the page is made of


def test_library_is_the_one_that_was_released():
    """ECharts stands as npm has it, with its licence and notice beside it."""
    library = ASSETS.joinpath(LIBRARY).read_bytes()

    assert hashlib.sha256(library).hexdigest() == LIBRARY_SHA256
    assert b'version="6.1.0"' in library
    assert "Apache License" in ASSETS.joinpath("echarts", "LICENSE").read_text()
    assert "Apache Software Foundation" in ASSETS.joinpath("echarts", "NOTICE").read_text()


def test_another_library_is_refused(monkeypatch):
    """A file that was changed makes no page."""
    monkeypatch.setattr(page_module, "LIBRARY_SHA256", "0" * 64)

    with pytest.raises(InputError, match="install w2v again"):
        explorer_page(some_vectors())


def test_library_makes_no_code_from_text():
    """Neither eval nor the constructor of functions is in it, so the policy costs it nothing."""
    library = ASSETS.joinpath(LIBRARY).read_text(encoding="utf-8")

    assert not re.search(r"new Function\b|(?<![\w.$])eval\(", library)


def test_every_script_is_in_the_page():
    """What lies in the folder is what is put together."""
    assert sorted(path.name for path in ASSETS.iterdir() if path.name.endswith(".js")) == sorted(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_write_text_alone(name):
    """No script of ours makes markup or code from text, asks anything, or is too long to read."""
    script = ASSETS.joinpath(name).read_text(encoding="utf-8")
    forbidden = (
        "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|createContextualFragment|DOMParser|srcdoc|"
        "\\beval\\b|\\bFunction\\b|\\bfetch\\b|XMLHttpRequest|WebSocket|sendBeacon|\\bimport\\b|</script"
    )

    assert re.findall(forbidden, script) == []
    assert len(script.splitlines()) <= LONGEST_ASSET
