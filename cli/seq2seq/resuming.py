"""Where `w2v seq2seq train` saves a training, and how --resume goes on with it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.checkpoint_options import load_run, refuse_checkpoints, resumed_checkpoint
from cli.options import hold_outputs, usage_errors
from cli.output import escape, print_note
from corpora.storage import make_folder

if TYPE_CHECKING:
    from w2v.checkpoint import Checkpoints
    from w2v.seq2seq.config import Seq2SeqConfig

CHECKPOINTS = "checkpoints"  # in the folder of the model
PATHS = ("source", "target", "pairs", "valid_source", "valid_target", "valid_pairs")
OF_ONE_RUN = ("resume", "source_vectors", "target_vectors")  # not saved: a checkpoint holds the rows


def _load_run(context: click.Context, _option: click.Parameter, folder: str | None) -> str | None:
    if folder is not None and not context.resilient_parsing:
        load_run(context, Path(folder) / CHECKPOINTS)
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
    from w2v.retrying import MOST_PATIENCE

    resumed, path = resumed_checkpoint(), Path(folder) / CHECKPOINTS
    if resumed is None:
        refuse_checkpoints(path, to_resume=folder)
    run = {name: value for name, value in options.items() if name not in OF_ONE_RUN}
    run |= {name: os.path.abspath(run[name]) for name in PATHS if run[name] is not None}
    run |= {"source_dim": config.source_dim, "target_dim": config.target_dim}
    every = options["checkpoint_every"]
    with usage_errors():
        checkpoints = Checkpoints(
            path, every=every, resumed=resumed, run=run, note=print_note, patience=MOST_PATIENCE
        )
    make_folder(path)
    return checkpoints


@contextlib.contextmanager
def hold_folder(folder: str) -> Iterator[None]:
    """Holds the lock of the model's folder, which is made once there is something to put into it.

    Raises:
        UsageError: it is a file.
        StorageError: it cannot be written, or another run holds it.
    """
    if os.path.isfile(folder):
        raise click.UsageError(f"{escape(folder)} is a file; name a folder for the model with -o")
    make_folder(Path(folder).absolute().parent)
    with hold_outputs(folder):
        yield
