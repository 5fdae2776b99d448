"""Sees to it that there is a browser for the tests: installs Debian's Chromium where it is missing.

It never fails: without a browser its tests are skipped, or say themselves, where CI is set, what is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome")
BY_HAND = "install Chromium, on Debian and Ubuntu with: sudo apt-get install chromium"


def find_browser() -> str | None:
    """Path of the first browser there is."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def main() -> None:
    """Installs a browser where that can be done without asking: as root, with apt-get."""
    if find_browser():
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"no browser: its tests will be skipped; {BY_HAND}")
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run(["apt-get", "-qq", *command], env=environment)
        if done.returncode != 0:
            print(f"apt-get {command[0]} failed: the tests of the browser will be skipped; {BY_HAND}")
            return


if __name__ == "__main__":
    main()
