"""Tries the promises: `python -m tests.reliability --full --publish` writes RELIABILITY.md.

Without --full it tries the small sizes of every day; with names such as P1 P9, those promises alone, whose
lines of the table then take the place of older ones. What does not hold ends the run with its error, and
nothing of it is published. A full run takes hours; --most cuts it short, and the table says so.
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
TRIED = ("corpora", "w2v", "cli")  # what the commit is that of
PUBLISHED = "RELIABILITY.md"


class Result(NamedTuple):
    """A line of the table."""

    promise: str
    title: str
    what: str
    full: int
    held: int
    figure: str
    seconds: float


def main():
    """Runs the trials, prints each as it ends, and publishes it."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("promises", nargs="*", metavar="P1", help="those to try; all by default")
    parser.add_argument("--full", action="store_true", help="the sizes of RELIABILITY.md: hours")
    parser.add_argument("--hours", type=float, help="how long P21 goes on; 2 with --full, by default")
    parser.add_argument("--most", type=int, metavar="N", help="try nothing more often than N times")
    parser.add_argument("--publish", action="store_true", help="write RELIABILITY.md")
    parser.add_argument("--folder", help="where to try them; in memory by default")
    options = parser.parse_args()
    names = options.promises or list(PROMISES)
    if unknown := set(names) - set(PROMISES):
        parser.error(f"no such promise: {', '.join(sorted(unknown))}")
    for name in names:
        limits = {"hours": options.hours, "most": options.most}
        for result in try_promise(name, options.full, options.folder, **limits):
            figure = f", {result.figure}" if result.figure else ""
            print(f"{name:4} {result.held:>8,} {result.what}{figure} ({result.seconds:.0f} s)", flush=True)
            if options.publish:
                publish(ROOT / PUBLISHED, [result])


def try_promise(name, is_full, folder, *, hours=None, most=None):
    """Yields a result for each trial of a promise."""
    title, trials = PROMISES[name]
    for trial in trials:
        inside = Path(tempfile.mkdtemp(prefix="w2v-reliability-", dir=folder or memory_folder()))
        lasting = {}
        if trial.full_hours:
            lasting["hours"] = (trial.full_hours if is_full else 0) if hours is None else hours
        n = trial.full if is_full else trial.small
        started = time.monotonic()
        try:
            held = trial.run(inside, n if most is None else min(n, most), **lasting)
        finally:
            shutil.rmtree(inside)
        n_held, figure = held if isinstance(held, tuple) else (held, "")
        yield Result(name, title, trial.what, trial.full, n_held, figure, time.monotonic() - started)


def memory_folder():
    """A folder that no disk slows down, where the system has one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def publish(path, results):
    """Puts the results into the table at a path, in the place of older ones of the same trials."""
    lines = path.read_text().splitlines() if path.exists() else []
    found = {key_of(line): line for line in lines if line.startswith("| **P")}
    run = f"{datetime.date.today()}, {describe_commit()}"
    found |= {key_of(line): line for line in (describe_result(result, run) for result in results)}
    with write_file(path) as file:
        file.write(describe([found[key] for key in keys() if key in found]).encode())


def keys():
    """What tells the lines of the table apart, in their order."""
    return [(name, trial.what) for name, (_, trials) in PROMISES.items() for trial in trials]


def key_of(line):
    """The promise and the trial that a line of the table is about."""
    cells = line.split(" | ")
    return cells[0].split("**")[1], cells[1]


def describe_commit():
    """The commit of what was tried, and whether it was changed since."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    changes = subprocess.run(
        ["git", "status", "--porcelain", "--", *TRIED], cwd=ROOT, capture_output=True, text=True
    )
    return (commit.stdout.strip() or "unknown") + " and changes" * bool(changes.stdout)


def describe(lines):
    """The text of RELIABILITY.md around the lines of its table."""
    text = [
        "# Reliability",
        "",
        "Written by the tests themselves, never by hand. What does not hold ends the run with its error, and",
        "nothing of it is written: so what was tried, held, every time.",
        "",
        "| promise | tried | held, of a full run | seconds | date, commit |",
        "| --- | --- | --- | --- | --- |",
        *lines,
        "",
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}. Repeat it with",
        "`python -m tests.reliability --full --publish`, or one promise with",
        "`python -m tests.reliability P9 --full`; every run of the tests tries small sizes. On your disk:",
        "`w2v selftest FOLDER --faults 2000`.",
        "",
        "What is not promised stands in [SECURITY.md](SECURITY.md).",
    ]
    return "\n".join(text) + "\n"


def describe_result(result, run):
    """A line of the table; what cannot be tried here says so."""
    held = f"{result.held:,}" if result.held else "not possible here"
    figure = f": {result.figure}" if result.figure else ""
    tried = f"{result.what} | {held} of {result.full:,}{figure}"
    return f"| **{result.promise}** {result.title} | {tried} | {result.seconds:,.0f} | {run} |"


if __name__ == "__main__":
    main()
