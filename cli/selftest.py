"""`w2v selftest`: faults by the thousand, on the user's own disk."""

from __future__ import annotations

import click

from cli.options import json_option
from cli.output import print_json, print_rows


@click.command()
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False))
@click.option(
    "--faults",
    type=click.IntRange(min=1),
    default=500,
    show_default=True,
    metavar="N",
    help="How many crashes and errors to try.",
)
@json_option
def selftest(folder: str, faults: int, as_json: bool) -> None:
    """Store vectors and checkpoints in FOLDER while writing dies or fails, and look what is left.

    Half of the faults are crashes, at each step of storing a file, with the last write half done; half are
    errors such as a full disk. What was stored before must be there after each, whole, or the new version in
    its place. The folder is left as it was.

    Example: w2v selftest /data --faults 2000
    """
    from cli.progress import FaultBar
    from w2v.selftest import run

    with FaultBar(faults) as bar:
        tally = run(folder, faults, report=bar.show)
    if as_json:
        print_json({"folder": folder, "crashes": tally.crashes, "errors": tally.errors, "lost": 0})
        return
    print_rows(
        [
            ("crashes", f"{tally.crashes:,} survived"),
            ("disk errors", f"{tally.errors:,} survived"),
            ("lost", "0 files"),
        ]
    )
