"""Words are text of strangers: 10,000 that try to be more stay text in every place (P17, W01-W03)."""

import itertools
import unicodedata

import numpy as np

from w2v import Vectors, explore

N_WORDS = 10_000
PAYLOADS = (
    "<img src=x onerror=window.ran=1>",
    "<script>window.ran=1</script>",
    "</script><script>window.ran=1</script>",
    "--></script><svg onload=window.ran=1>",
    '"><script>window.ran=1</script>',
    "' onmouseover='window.ran=1",
    '" autofocus onfocus="window.ran=1',
    "javascript:window.ran=1",
    "data:text/html,<script>parent.ran=1</script>",
    "{{constructor.constructor('window.ran=1')()}}",
    "${window.ran=1}",
    "$data $script $library",
    "`${window.ran=1}`",
    "&lt;script&gt;window.ran=1&lt;/script&gt;",
    "&amp;lt;img src=x onerror=window.ran=1&amp;gt;",
    "<iframe srcdoc='<script>parent.ran=1</script>'>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<base href=http://evil.example/>",
    "<!--",
    "]]>",
    "<![CDATA[",
    "</style><style>*{background:url(http://evil.example)}</style>",
    "http://evil.example/x.png",
    "{a|window.ran=1}",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "\x00",
    "\x1b]52;c;cm0gLXJmIC8=\x07",
    "\x1b[2Jred",
    "\r\n",
    "\u2028window.ran=1//",
    "\u2029",
    "\u202egnp.exe\u202c",
    "\u2066\u2067abc",
    "\u200f\u200e",
    "\ufeff",
    "\u0301" * 40,
    "\U000e0041",
    "\uffff",
    "\ue000",
    "שלום",
    "مرحبا",
    "👩‍👩‍👧",
    "\\u003cscript\\u003e",
    "%3Cscript%3Ewindow.ran=1%3C/script%3E",
    "w" * 10_000,
    "W i d e" * 300,
    "\t",
)
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
JOINERS = {"\u200c", "\u200d"}

# Chooses a word in each step until every word has been a heading or in a list, then tries the other tabs.
VISIT = """async () => {
    const words = JSON.parse(document.getElementById('data').textContent).words;
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const seen = new Map();
    const visit = (parts) => {
        history.replaceState(null, '', '#' + new URLSearchParams(parts));
        dispatchEvent(new HashChangeEvent('hashchange'));
    };
    for (const [row, word] of words.entries()) {
        if (seen.has(row)) continue;
        visit({ word, top: 50 });
        seen.set(row, document.getElementById('word-name').textContent);
        for (const button of document.querySelectorAll('#word-list button')) {
            seen.set(Number(button.dataset.row), button.querySelector('bdi').textContent);
        }
    }
    for (let at = 0; at < 150; at += 3) {
        const [a, b, c] = words.slice(at);
        visit({ first: a, second: b, tab: 'pair' });
        visit({ a, b, c, tab: 'analogy' });
        await frame();
    }
    return [...seen.entries()];
}"""


def hostile_words():
    """Distinct words: each payload first as it is, then with numbers before, behind and inside."""
    words = dict.fromkeys(PAYLOADS)
    for number, payload in zip(itertools.count(), itertools.cycle(PAYLOADS)):
        half = len(payload) // 2
        short = payload if len(payload) < 1000 else payload[:100]
        words[
            (f"{short}{number}", f"{number}{short}", f"{short[:half]}{number}{short[half:]}")[number % 3]
        ] = None
        if len(words) == N_WORDS:
            return tuple(words)
    raise AssertionError("unreachable")


def shown(word):
    """What the page must show for a word: a twin of its `shown`."""
    if word == "":
        return "(empty)"
    last = len(word) - 1
    return "".join(
        escape(sign) if is_unseen(sign) or (sign == " " and place in (0, last)) else sign
        for place, sign in enumerate(word)
    )


def is_unseen(sign):
    """Whether a reader would not see a character, or see another for it."""
    category = unicodedata.category(sign)
    return (category in UNSEEN and sign not in JOINERS) or (category == "Zs" and sign != " ")


def escape(sign):
    """A character as an escape of JavaScript."""
    code = ord(sign)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\u{{{code:x}}}"


def test_p17_hostile_words_are_text(open_page, tmp_path):
    """All 10,000 are shown as they are or as escapes; none runs, opens a dialog or asks another place."""
    words = hostile_words()
    matrix = np.random.default_rng(1).normal(size=(N_WORDS, 4)).astype(np.float32)
    explore(Vectors(words, matrix), tmp_path / "words.html", title="</title><script>window.ran=1</script>")
    page = open_page(tmp_path / "words.html")
    before = page.evaluate("[...document.querySelectorAll('*')].map((each) => each.tagName).sort().join()")

    seen = dict(page.evaluate(VISIT))

    assert len(seen) == N_WORDS
    assert {row: text for row, text in seen.items() if text != shown(words[row])} == {}
    assert page.evaluate("window.ran") is None
    assert page.evaluate(
        "[...document.querySelectorAll('script, iframe, img, link, meta, base, style')].length"
    ) == len([tag for tag in before.split(",") if tag in ("SCRIPT", "LINK", "META", "STYLE")])
    assert page.title() == "</title><script>window.ran=1</script>"


def test_p17_hostile_words_in_completions_and_on_the_map(open_page, tmp_path):
    """What is searched for, pointed at and drawn is text as well."""
    words = hostile_words()[:300]
    matrix = np.random.default_rng(1).normal(size=(300, 4)).astype(np.float32)
    explore(Vectors(words, matrix), tmp_path / "words.html")
    page = open_page(tmp_path / "words.html")

    for text in ("<", "script", "window", "\\x", "{{", "$", "javascript:", "w" * 500):
        page.fill("#find", text)
        assert page.locator("#find-completions [role=option]").count() > 0
        page.press("#find", "Enter")
        assert text.lower() in page.text_content("#word-name").lower()
    page.focus("#map")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")

    assert page.evaluate("window.ran") is None
    assert page.locator("img, iframe, base, #panel script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
