"""The explorer's page in a real browser: what it finds, how it is used, and what it keeps."""

from importlib import resources

import numpy as np
import pytest

from w2v import Vectors, explore, project
from w2v.explorer.quantising import quantise, restore

PHONE = {"viewport": {"width": 375, "height": 667}, "has_touch": True, "is_mobile": True}
SMALLEST_TARGET = 44  # pixels, as phones' own guidelines have it
READ_LISTS = """async (words) => {
    const lists = [];
    for (const word of words) {
        location.hash = new URLSearchParams({ word });
        await new Promise((done) => addEventListener('hashchange', () => setTimeout(done), { once: true }));
        lists.push([...document.querySelectorAll('#word-list button')].map(
            (each) => ['bdi', '.number'].map((part) => each.querySelector(part).textContent)
        ));
    }
    return lists;
}"""


playwright = pytest.importorskip(
    "playwright.sync_api", reason="needs the package playwright, of the extra test"
)


def as_the_page_has_them(vectors):
    """The vectors in 8 bits a number, for the library to compute what the page must show."""
    return Vectors(vectors.words, restore(quantise(vectors.matrix)))


def listed(page, name="word"):
    """The words of a list of the page."""
    return page.locator(f"#{name}-list bdi").all_text_contents()


def find(page, text, field="find"):
    """Types into a field and takes its first completion."""
    page.fill(f"#{field}", text)
    page.press(f"#{field}", "Enter")


# What it finds


def test_neighbours_are_those_of_the_library(open_page, model, model_page, rng):
    """Over 150 words, at least 98 % of the exact 10 nearest; on quantised rows, the library's own scores."""
    asked = [model.words[row] for row in rng.choice(len(model), 150, replace=False)]

    found = open_page(model_page).evaluate(READ_LISTS, asked)

    exact = model.most_similar_many(asked)
    shared = [
        len({word for word, _ in one} & {word for word, _ in other})
        for one, other in zip(found, exact, strict=True)
    ]
    assert sum(shared) / (10 * len(asked)) >= 0.98
    for one, other in zip(found, as_the_page_has_them(model).most_similar_many(asked), strict=True):
        np.testing.assert_allclose(
            [float(score) for _, score in one], [score for _, score in other], atol=6e-4
        )


def test_analogy_is_answered_as_by_the_library(open_page, model, model_page):
    """The page's list is the library's on quantised rows, and none of the three is in it."""
    a, b, c = model.words[30], model.words[55], model.words[80]
    page = open_page(model_page, "tab=analogy")

    for field, word in zip("abc", (a, b, c), strict=True):
        find(page, word, field)

    answers = [word for word, _ in as_the_page_has_them(model).analogy(a, b, c)]
    assert listed(page, "analogy") == answers
    assert page.text_content("#answer") == answers[0]


def test_similarity_of_two_words(open_page, model, model_page):
    """Within a hundredth of the exact cosine; the places are those among each other's nearest words."""
    first, second = model.words[30], model.words[31]
    page = open_page(model_page, "tab=pair")

    find(page, first, "first")
    find(page, second, "second")

    assert float(page.text_content("#pair-score")) == pytest.approx(model.similarity(first, second), abs=0.01)
    nearest = [word for word, _ in as_the_page_has_them(model).most_similar(first, top=len(model))]
    place = f"{second} is word {nearest.index(second) + 1:,} among those nearest to {first}"
    assert place in page.text_content("#pair-about")


def test_search_completes(open_page, tmp_path):
    """The word itself, then those that begin so, then those that hold it; the most frequent first."""
    words = ("upper", "personal", "person", "Per", "per", "a person")
    explore(Vectors(words, np.eye(6, dtype=np.float32)), tmp_path / "words.html")
    page = open_page(tmp_path / "words.html")

    page.fill("#find", "per")

    assert page.locator("#find").get_attribute("aria-expanded") == "true"
    options = page.locator("#find-completions [role=option] bdi").all_text_contents()
    assert options == ["per", "Per", "personal", "person", "upper", "a person"]
    page.locator("#find-completions [role=option]").nth(2).click()
    assert page.text_content("#word-name") == "personal"
    assert page.locator("#find").get_attribute("aria-expanded") == "false"


def test_unknown_word_is_told(open_page, model, model_page):
    """In the search and in the address; what was looked at stays."""
    page = open_page(model_page, f"word={model.words[3]}")

    find(page, "<b>nowhere")
    assert "No word like “<b>nowhere” among the" in page.text_content("#message")
    assert page.text_content("#word-name") == model.words[3]

    assert "“nowhere” is not among" in open_page(model_page, "word=nowhere").text_content("#message")


def test_message_goes_when_the_text_does(open_page, model, model_page):
    """What was said of a word that is not there does not stand beside an empty field."""
    page = open_page(model_page)
    find(page, "nowhere")
    assert page.text_content("#message") != ""

    page.fill("#find", "")

    assert page.text_content("#message") == ""


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("a\u00adb", "a\u00adb"),
        ("A\\XADB", "a\u00adb"),
        ("x\u200by", "x\u200by"),
        ("\u200ecity", "\u200ecity"),
        ("\\u200ecity", "\u200ecity"),
        ("city ", "\u200ecity"),
        ("\ufeff", "\ufeff"),
        ("\\xad", "\\xad"),
        ("\u00ad", "\u00ad"),
    ],
)
def test_unseen_signs_are_found(open_page, tmp_path, typed, word):
    """By the word itself, as it is copied from elsewhere, and by the escapes that the page shows."""
    words = ("other", "\\xad", "\u00ad", "a\u00adb", "x\u200by", "\u200ecity", "\ufeff", "ab", "xy")
    explore(Vectors(words, np.eye(9, dtype=np.float32)), tmp_path / "words.html")
    page = open_page(tmp_path / "words.html")

    find(page, typed)

    assert page.evaluate("new URLSearchParams(location.hash.slice(1)).get('word')") == word


def test_filter_by_frequency(open_page, model, model_page):
    """Lists and map keep to words of the given counts; Show all brings the others back."""
    least = int(model.counts[99])
    allowed = {word for word, count in zip(model.words, model.counts, strict=True) if count >= least}
    page = open_page(model_page, f"word={model.words[50]}")

    page.fill("#least", str(least))
    page.press("#least", "Enter")

    assert page.text_content("#filter-about").startswith(f"{len(allowed):,} of {len(model):,} words")
    assert set(listed(page)) <= allowed
    assert len(listed(page)) == 10
    page.click("#filter-reset")
    assert page.text_content("#filter-about").startswith(f"All {len(model):,} words")
    assert not set(listed(page)) <= allowed


def test_filter_by_rank_where_counts_are_unknown(open_page, model, tmp_path):
    """The sliders go by rank, on a logarithmic scale, and never cross."""
    explore(Vectors(model.words, model.matrix), tmp_path / "words.html")
    page = open_page(tmp_path / "words.html")

    page.fill("#high", "500")
    page.fill("#low", "900")

    rank = int(page.input_value("#most"))
    assert page.text_content("#filter-title") == "Rank"
    assert 20 < rank < 60  # the middle of 1 to 1,445 on a logarithmic scale is 38
    assert page.input_value("#least") == str(rank)
    assert page.text_content("#filter-about") == "1 of 1,445 words is on the map and in the lists."


def test_filter_may_leave_nothing(open_page, model, model_page):
    """A list without words says why it is empty."""
    most = int(model.counts[0])

    page = open_page(model_page, f"word={model.words[0]}&least={most}&most={most}")

    assert listed(page) == []
    assert page.text_content("#word-caption") == "The filter leaves no word."


# The map


def middle_of(page):
    """The middle of the map, in pixels of the screen."""
    box = page.locator("#map").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def state_around(vectors, row, zoom=60):
    """An address that has a word in the middle of the map."""
    places = project(vectors)
    least, most = places.min(axis=0), places.max(axis=0)
    x, y = (places[row] - (least + most) / 2) / (most - least)
    return f"view={x:.6f},{y:.6f},{zoom}"


def test_pointing_shows_a_word_and_clicking_chooses_it(open_page, model, model_page):
    """The word in the middle of the map is the one the address asked for."""
    page = open_page(model_page, state_around(model, 70))

    page.mouse.move(*middle_of(page))
    page.wait_for_selector("#tooltip", state="visible")
    assert page.text_content("#tooltip strong") == model.words[70]
    nearest = [word for word, _ in as_the_page_has_them(model).most_similar(model.words[70], top=3)]
    assert page.text_content("#tooltip em") == ", ".join(nearest)

    page.mouse.click(*middle_of(page))
    assert page.text_content("#word-name") == model.words[70]


def test_the_wheel_zooms_and_the_address_follows(open_page, model_page):
    """Zooming in and showing all of it again."""
    page = open_page(model_page)

    page.mouse.move(*middle_of(page))
    page.mouse.wheel(0, -400)
    page.wait_for_url(lambda address: "view=" in address)
    zoom = float(page.evaluate("new URLSearchParams(location.hash.slice(1)).get('view').split(',')[2]"))
    page.click("#zoom-all")
    page.wait_for_url(lambda address: "view=" not in address)

    assert zoom > 1


def test_names_on_the_map_do_not_overlap(open_page, model_page):
    """Of 300 names at drawn places none lies on another or outside, and the first has its place."""
    labels = resources.files("w2v.explorer").joinpath("assets", "labels.js").read_text(encoding="utf-8")
    page = open_page(model_page)
    blank = page.context.new_page()

    boxes, n_named, first = blank.evaluate(
        labels
        + """;(() => {
            let seed = 1;
            const draw = (most) => (seed = (seed * 48271) % 2147483647) / 2147483647 * most;
            const items = Array.from({ length: 300 }, (_, at) => ({
                x: draw(800), y: draw(600), radius: at < 11 ? 5 : 1.75, isBig: at < 11, size: 13, weight: 400,
                name: 'x'.repeat(3 + Math.floor(draw(12))),
            }));
            const sides = placeNames(items, { width: 800, height: 600 });
            const boxes = items.flatMap((item, at) => {
                if (sides[at] === null) return [];
                measuring.font = `400 13px ${FONT}`;
                const width = measuring.measureText(item.name).width;
                const { left, right, top, bottom } = boxOf(item, width, sides[at]);
                return [[left, right, top, bottom]];
            });
            return [boxes, sides.filter((side) => side !== null).length, sides[0]];
        })()"""
    )

    boxes = np.array(boxes)
    assert 100 < n_named < 300
    assert first is not None
    assert (boxes[:, [0, 2]] >= 0).all()
    assert (boxes[:, [1, 3]] <= [800, 600]).all()
    one, other = boxes[:, None], boxes[None]
    apart = (one[..., 1] <= other[..., 0]) | (other[..., 1] <= one[..., 0])
    apart |= (one[..., 3] <= other[..., 2]) | (other[..., 3] <= one[..., 2])
    assert (apart | np.eye(len(boxes), dtype=bool)).all()


def test_words_on_one_point_make_a_map(open_page, tmp_path):
    """Equal rows have no extent; the page opens and lists them."""
    explore(Vectors(("one", "two", "three"), np.ones((3, 4), np.float32)), tmp_path / "words.html")

    assert listed(open_page(tmp_path / "words.html", "word=one")) == ["two", "three"]


def test_one_word_is_a_page(open_page, tmp_path):
    """It has no neighbours, and the page says so."""
    explore(Vectors(("alone",), np.ones((1, 4), np.float32)), tmp_path / "words.html")

    page = open_page(tmp_path / "words.html", "word=alone")

    assert page.text_content("#word-caption") == "There is no other word on this page."
    assert page.text_content("#size") == "1 word"
    assert page.text_content("#filter-about") == "The only word is on the map."
    assert page.text_content("#notes-words") == "The page holds 1 word."


def test_a_row_of_zeros_has_no_neighbours(open_page, tmp_path):
    """It points nowhere, and the page says so."""
    matrix = np.array([[1, 0, 0], [0, 0, 0], [0, 1, 0]], np.float32)
    explore(Vectors(("one", "none", "two"), matrix), tmp_path / "words.html")

    page = open_page(tmp_path / "words.html", "word=none")

    assert "all zeros" in page.text_content("#word-caption")
    assert listed(page) == []


# How it is used


def test_everything_by_keyboard(open_page, model, model_page):
    """Search, completions, lists, tabs and map, without a pointer."""
    page = open_page(model_page)

    page.keyboard.press("/")
    page.keyboard.type(model.words[40][:2])
    active = page.locator("#find").get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    second = page.locator("#find").get_attribute("aria-activedescendant")
    wanted = page.text_content(f"#{second} bdi")
    page.keyboard.press("Enter")
    assert active != second
    assert page.text_content("#word-name") == wanted
    assert wanted in page.text_content("#status")

    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.locator("#tab-pair").get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    nearest = page.evaluate("document.activeElement.querySelector('bdi').textContent")
    page.keyboard.press("Enter")
    assert page.text_content("#word-name") == nearest

    page.focus("#map")
    page.keyboard.press("ArrowRight")
    reached = page.text_content("#tooltip strong")
    assert reached in page.text_content("#status")
    page.keyboard.press("Enter")
    assert page.text_content("#word-name") == reached
    page.keyboard.press("+")
    page.wait_for_url(lambda address: "view=" in address)
    page.keyboard.press("0")
    page.keyboard.press("Escape")
    assert page.locator("#welcome").is_visible()


@pytest.mark.parametrize("tab", ["word", "pair", "analogy"])
def test_a_phone_shows_all_of_it(open_page, model, model_page, tab):
    """At 375 pixels nothing is wider than the screen, and all that can be touched is 44 pixels high."""
    one, two, three = model.words[40:43]
    state = f"word={one}&first={one}&second={two}&a={one}&b={two}&c={three}&tab={tab}"

    page = open_page(model_page, state, **PHONE)

    assert page.evaluate("document.documentElement.scrollWidth") == 375
    for target in page.locator("button:visible, input:visible, summary:visible").all():
        box = target.bounding_box()
        assert box["height"] >= SMALLEST_TARGET, target.evaluate("(each) => each.outerHTML")
        assert box["x"] + box["width"] <= 375
    assert page.locator(".words:visible button").count() == (0 if tab == "pair" else 10)


def test_a_finger_chooses_a_word(open_page, model, model_page):
    """A tap on the map, and one on a word of the list."""
    page = open_page(model_page, state_around(model, 70), **PHONE)

    page.touchscreen.tap(*middle_of(page))
    page.wait_for_selector("#word", state="visible")
    assert page.text_content("#word-name") == model.words[70]

    second = listed(page)[1]
    page.locator("#word-list button").nth(1).tap()
    assert page.text_content("#word-name") == second


# What it keeps


def test_the_address_keeps_the_state(open_page, model, model_page):
    """A page opened from the address of another shows the same; Back goes to the word before."""
    one, two, three = model.words[40:43]
    page = open_page(model_page)
    find(page, one)
    page.click("#more")
    page.fill("#least", str(model.counts[300]))
    page.press("#least", "Enter")
    page.click("#zoom-in")
    page.click("#tab-analogy")
    for field, word in zip("abc", (one, two, three), strict=True):
        find(page, word, field)
    page.wait_for_url(lambda address: "view=" in address)

    other = open_page(model_page, page.evaluate("location.hash.slice(1)"))

    assert listed(other, "analogy") == listed(page, "analogy")
    assert other.input_value("#least") == str(model.counts[300])
    assert other.text_content("#answer") == page.text_content("#answer")
    other.click("#tab-word")
    assert other.text_content("#word-name") == one
    assert len(listed(other)) == 25
    find(other, two)
    other.go_back()
    playwright.expect(other.locator("#word-name")).to_have_text(one)


@pytest.mark.parametrize(
    "state",
    [
        "word=__proto__&tab=constructor&top=1e9&least=-1&most=NaN&view=1e999,0,0",
        "view=,,&least=999999999999999999999&a=%00&b=%E0%A4%A&c=" + "x" * 100_000,
        "&&&===#?word=%3Cscript%3E",
        "view=1e300,-1e300,1e300",
    ],
)
def test_a_hostile_address_is_harmless(open_page, model_page, state):
    """What cannot be is not taken over: the page opens and works."""
    page = open_page(model_page, state)

    find(page, "the")

    assert page.text_content("#word-name") == "the"
    assert len(listed(page)) == 10


@pytest.mark.parametrize("system", ["light", "dark"])
def test_light_and_dark(open_page, model_page, system):
    """The system's choice comes first; the button turns it, and a reload keeps that."""
    page = open_page(model_page, color_scheme=system)
    brightness = (
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).reduce((sum, each) => sum + +each, 0)"
    )

    before = page.evaluate(brightness)
    page.click("#theme")
    after = page.evaluate(brightness)
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")

    assert (before > 600, after > 600) == (system == "light", system == "dark")
    assert page.evaluate(brightness) == after
    assert page.locator("#theme").get_attribute("aria-pressed") == str(system == "light").lower()


def test_copy_link_gives_the_address(open_page, model, model_page):
    """The clipboard holds what the address bar shows, and a screen reader is told."""
    page = open_page(model_page, f"word={model.words[7]}", permissions=["clipboard-read", "clipboard-write"])

    page.click("#copy")
    playwright.expect(page.locator("#copy")).to_have_text("Copied")

    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert page.text_content("#status") == "Copied"
