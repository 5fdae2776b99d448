"""Measures the explorer's page in Chromium: its size, the seconds to its first use, and what 8 bits cost.

    python -m tests.benchmarks.explorer vectors.safetensors --publish

First use is counted from the opening of the file until a word that was typed has its neighbours in the list.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import click

from tests.benchmarks.report import conditions, publish, table
from tests.browser.conftest import DESKTOP, FLAGS
from tests.browser.install import BY_HAND, find_browser
from w2v import Vectors, explore, load_vectors

# Seconds from a click on the first word of the list until the page has drawn its neighbours.
_CHOOSE = """() => new Promise((done) => {
    const started = performance.now();
    document.querySelector('#word-list button').click();
    requestAnimationFrame(() => done((performance.now() - started) / 1000));
})"""


class Use(NamedTuple):
    """One opening of the page."""

    seconds: float  # until the neighbours of the first word are listed
    processor: float  # of the page's process until then, which other work on the machine does not lengthen
    next_seconds: float  # until those of another word are drawn


@click.command()
@click.argument("vectors", type=click.Path(exists=True))
@click.option("--top", type=int, default=50_000, show_default=True)
@click.option("--rounds", type=int, default=7, show_default=True)
@click.option("--publish", "to_readme", is_flag=True, help="Write the table into the README.")
def main(vectors: str, top: int, rounds: int, to_readme: bool) -> None:
    """Measure, and print a table."""
    model = load_vectors(vectors)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "words.html"
        started = time.monotonic()
        page = explore(model, path, top=top)
        writing = time.monotonic() - started
        uses = _measure(path, model, rounds)
    rows = [
        ["words on the page", f"{page.n_words:,} x {model.dim}"],
        ["page", f"{len(page.html) / 1e6:.1f} MB, written in {writing:.1f} s"],
        [f"exact {page.overlap.top} nearest found with 8 bits a number", f"{page.overlap.share:.1%}"],
        ["opened, a word typed, its neighbours listed", _spread([use.seconds for use in uses], "s", 2)],
        ["processor time of the page until then", _spread([use.processor for use in uses], "s", 2)],
        ["neighbours of another word", _spread([1000 * use.next_seconds for use in uses], "ms", 0)],
    ]
    text = (
        table(["explorer", ""], rows) + f"\n\nMedian and range of {rounds} rounds. " + conditions("explorer")
    )
    click.echo(text)
    if to_readme:
        publish("explorer", text)


def _measure(path: Path, model: Vectors, rounds: int) -> list[Use]:
    """Opens the page in a new browser each time."""
    from playwright.sync_api import sync_playwright

    found = find_browser()
    if found is None:
        raise click.ClickException(f"no browser among the programs: {BY_HAND}")
    uses = []
    with sync_playwright() as playwright:
        for _ in range(rounds):
            browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
            page = browser.new_page(viewport=DESKTOP)
            tools = page.context.new_cdp_session(page)
            tools.send("Performance.enable", {"timeDomain": "threadTicks"})
            started = time.monotonic()
            page.goto(path.as_uri(), wait_until="commit")
            page.wait_for_selector("html[data-ready]", state="attached")
            page.fill("#find", model.words[100])
            page.press("#find", "Enter")
            page.wait_for_selector("#word-list button")
            seconds = time.monotonic() - started
            metrics = tools.send("Performance.getMetrics")["metrics"]
            processor = next(each["value"] for each in metrics if each["name"] == "ProcessTime")
            uses.append(Use(seconds, processor, page.evaluate(_CHOOSE)))
            browser.close()
    return uses


def _spread(numbers: list[float], unit: str, digits: int) -> str:
    low, middle, high = (
        f"{number:.{digits}f}" for number in (min(numbers), statistics.median(numbers), max(numbers))
    )
    return f"{middle} {unit} ({low} to {high})"


if __name__ == "__main__":
    main()
