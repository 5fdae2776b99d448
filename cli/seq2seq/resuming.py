"""Where `w2v seq2seq train` saves a training, and how --resume goes on with it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import hold_outputs, usage_errors
from cli.output import escape, print_note
from corpora.errors import StorageError
from corpora.storage import make_folder

if TYPE_CHECKING:
    from w2v.checkpoint import Checkpoints
    from w2v.checkpoint_files import Checkpoint
    from w2v.seq2seq.config import Seq2SeqConfig

CHECKPOINTS = "checkpoints"  # in the folder of the model
RESUMED = "w2v.seq2seq.resumed"
PATHS = ("source", "target", "pairs", "valid_source", "valid_target", "valid_pairs")
OF_ONE_RUN = ("resume", "source_vectors", "target_vectors")  # not saved: a checkpoint holds the rows


def _load_run(context: click.Context, _option: click.Parameter, folder: str | None) -> str | None:
    """Reads the checkpoint before all other options, which then are by default as they were saved."""
    if folder is None or context.resilient_parsing:
        return folder
    from w2v.checkpoint_files import read_newest

    remarks: list[str] = []
    checkpoint = read_newest(Path(folder) / CHECKPOINTS, remarks=remarks)
    for remark in remarks:
        print_note(remark)
    context.meta[RESUMED] = checkpoint
    run = checkpoint.state.get("run")
    context.default_map = dict(run) if isinstance(run, dict) else {}
    return folder


resume_option = click.option(
    "--resume",
    type=click.Path(),
    metavar="MODEL_DIR",
    is_eager=True,
    callback=_load_run,
    help="Go on with the training saved there: files and options are known.",
)


def open_checkpoints(folder: str, options: dict[str, Any], config: Seq2SeqConfig) -> Checkpoints:
    """Makes ready what saves the training.

    Raises:
        UsageError: --checkpoint-every is no time.
        StorageError: the folder cannot be written, or holds another training.
    """
    from w2v.checkpoint import Checkpoints
    from w2v.checkpoint_files import checkpoint_paths

    resumed: Checkpoint | None = click.get_current_context().meta.get(RESUMED)
    path = Path(folder) / CHECKPOINTS
    if resumed is None and checkpoint_paths(path):
        raise StorageError(
            "K22",
            "there is another training",
            path=folder,
            fix=f"go on with it by --resume {folder}, or name another folder",
        )
    make_folder(path)
    run = {name: value for name, value in options.items() if name not in OF_ONE_RUN}
    run |= {name: os.path.abspath(run[name]) for name in PATHS if run[name] is not None}
    run |= {"source_dim": config.source_dim, "target_dim": config.target_dim}
    with usage_errors():
        return Checkpoints(path, every=options["checkpoint_every"], resumed=resumed, run=run, note=print_note)


@contextlib.contextmanager
def hold_folder(folder: str) -> Iterator[None]:
    """Makes the folder of the model and holds its lock.

    Raises:
        UsageError: it is a file.
        StorageError: it cannot be written, or another run holds it.
    """
    if os.path.isfile(folder):
        raise click.UsageError(f"{escape(folder)} is a file; name a folder for the model with -o")
    make_folder(folder)
    with hold_outputs(folder):
        yield
