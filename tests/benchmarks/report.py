"""Writes the tables of the README, so that no figure in it is typed by hand."""

from __future__ import annotations

import datetime
import platform
import re
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


# Lines of a child's program that leave its peak memory in MiB in `peak`. Not getrusage, whose figure a child
# takes over from a larger parent.
PEAK_LINES = """
import re
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
"""


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def conditions(module: str, *, package: str = "tests.benchmarks") -> str:
    """A line that says when, where and how figures were measured; paths are shown by their last part."""
    arguments = [Path(part).name if Path(part).exists() else part for part in sys.argv[1:]]
    command = " ".join(["python -m", f"{package}.{module}", *arguments])
    packages = ", ".join(f"{name} {version(name)}" for name in ("numba", "numpy", "torch", "gensim"))
    today = datetime.date.today().isoformat()
    return (
        f"Measured {today} on {_processor()}, Python {platform.python_version()}, {packages}, by `{command}`."
    )


def publish(name: str, text: str) -> None:
    """Puts the text between the marks <!-- name --> and <!-- /name --> of the README."""
    readme = ROOT / "README.md"
    before = readme.read_text(encoding="utf-8")
    after, n_found = re.subn(
        rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
        lambda marks: f"{marks[1]}{text}\n{marks[2]}",
        before,
        flags=re.DOTALL,
    )
    if n_found != 1:
        raise SystemExit(f"README.md has {n_found} places for {name}, expected 1")
    readme.write_text(after, encoding="utf-8")


def _processor() -> str:
    """The processor's name and the number of cores, as Linux tells them."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    names = re.findall(r"^model name\s*: (.*)$", info, flags=re.MULTILINE)
    return f"{len(names)} cores of {names[0] if names else platform.processor()}"
