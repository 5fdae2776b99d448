"""Tries the promises: `python -m tests.reliability --full --publish` writes RELIABILITY.md.

Without --full it tries the small sizes of every day; with names such as P1 P9, those promises alone. A
promise that does not hold ends the run with its error, and nothing is published.
"""

import argparse
import datetime
import platform
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from corpora.storage import write_file
from tests.reliability.promises import PROMISES

ROOT = Path(__file__).parents[2]


class Result(NamedTuple):
    """A line of the table."""

    promise: str
    title: str
    what: str
    full: int
    held: int
    seconds: float


def main():
    """Runs the trials, prints each as it ends, and publishes all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("promises", nargs="*", metavar="P1", help="those to try; all by default")
    parser.add_argument("--full", action="store_true", help="the sizes of RELIABILITY.md: hours")
    parser.add_argument("--publish", action="store_true", help="write RELIABILITY.md")
    parser.add_argument("--folder", help="where to try them; in memory by default")
    options = parser.parse_args()
    names = options.promises or list(PROMISES)
    if unknown := set(names) - set(PROMISES):
        parser.error(f"no such promise: {', '.join(sorted(unknown))}")
    results = []
    for name in names:
        for result in try_promise(name, options.full, options.folder):
            print(f"{result.promise:4} {result.held:>8,} {result.what} ({result.seconds:.0f} s)", flush=True)
            results.append(result)
    if options.publish:
        with write_file(ROOT / "RELIABILITY.md") as file:
            file.write(describe(results, options.full).encode())


def try_promise(name, is_full, folder):
    """Yields a result for each trial of a promise."""
    title, trials = PROMISES[name]
    for trial in trials:
        inside = Path(tempfile.mkdtemp(prefix="w2v-reliability-", dir=folder or memory_folder()))
        started = time.monotonic()
        try:
            held = trial.run(inside, trial.full if is_full else trial.small)
        finally:
            shutil.rmtree(inside)
        yield Result(name, title, trial.what, trial.full, held, time.monotonic() - started)


def memory_folder():
    """A folder that no disk slows down, where the system has one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def describe(results, is_full):
    """The text of RELIABILITY.md."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    )
    lines = [
        "# Reliability",
        "",
        "Written by the tests themselves, never by hand. A promise that does not hold ends the run with its",
        "error, and nothing is written: so what was tried, held, every time.",
        "",
        "| promise | tried | times, and of a full run | held | seconds |",
        "| --- | --- | --- | --- | --- |",
        *(describe_result(result) for result in results),
        "",
        f"Commit {commit.stdout.strip() or 'unknown'}, {datetime.date.today()}, "
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}.",
        f"Repeat it with `python -m tests.reliability{' --full' * is_full} --publish`, or one promise with",
        "`python -m tests.reliability P9 --full`; every run of the tests tries small sizes. On your disk:",
        "`w2v selftest FOLDER --faults 2000`.",
        "",
        "What is not promised stands in [SECURITY.md](SECURITY.md).",
    ]
    return "\n".join(lines) + "\n"


def describe_result(result):
    """A line of the table; what cannot be tried here says so."""
    held = f"{result.held:,}" if result.held else "not possible here"
    tried = f"{result.what} | {held} of {result.full:,}"
    return f"| **{result.promise}** {result.title} | {tried} | {held} | {result.seconds:,.0f} |"


if __name__ == "__main__":
    main()
