"""A browser, and pages in it that are watched: no dialog, no error, no request to anywhere."""

import os

import numpy as np
import pytest

from tests.browser.install import BY_HAND, find_browser
from w2v import TrainConfig, explore, train

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-ipc-flooding-protection",  # hundreds of addresses in a moment, which no reader gives
]
DESKTOP = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def browser():
    """Chromium, started once; without it tests are skipped, but fail where the variable CI is set."""
    path = find_browser()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"no browser among the programs: {BY_HAND}")
        pytest.skip(f"no browser among the programs: {BY_HAND}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def open_page(browser):
    """Opens a page from its file; at the end of the test, nothing bad may have happened on any."""
    contexts, bad = [], []

    def watch(page, address):
        def dismiss(dialog):
            bad.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("dialog", dismiss)
        page.on("pageerror", lambda error: bad.append(f"error: {error}"))
        page.on("console", lambda message: bad.append(f"console: {message.text}"))
        page.on("request", lambda request: bad.append(request.url) if is_outside(request, address) else None)

    def open_file(path, state="", *, viewport=DESKTOP, **options):
        context = browser.new_context(viewport=viewport, **options)
        context.set_default_timeout(120_000)  # only a page that hangs takes so long, however busy the machine
        contexts.append(context)
        page = context.new_page()
        watch(page, path.as_uri())
        page.goto(path.as_uri() + (f"#{state}" if state else ""))
        page.wait_for_selector("html[data-ready]", state="attached")
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert bad == []


def is_outside(request, address):
    """Whether a request leaves the page's own file; the picture in its tab is a data: address."""
    return not request.url.startswith("data:") and request.url.partition("#")[0] != address


@pytest.fixture(scope="session")
def model(planted_corpus):
    """Vectors of some 1,400 planted words x 100, trained for a moment."""
    return train(planted_corpus, TrainConfig(epochs=3), report=None)


@pytest.fixture(scope="session")
def model_page(model, tmp_path_factory):
    """The page of the model."""
    path = tmp_path_factory.mktemp("explorer") / "words.html"
    explore(model, path, title="planted.safetensors")
    return path


@pytest.fixture
def rng():
    """A generator of random numbers, the same for each test."""
    return np.random.default_rng(1)
