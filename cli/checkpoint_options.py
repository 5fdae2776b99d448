"""Options of `w2v train` that save it and go on with it: --checkpoint, --checkpoint-every and --resume."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from cli.options import usage_errors
from cli.output import print_note
from corpora.errors import StorageError
from corpora.storage import make_folder

if TYPE_CHECKING:
    from w2v.checkpoint import Checkpoints
    from w2v.checkpoint_files import Checkpoint

Command = Callable[..., Any]
PATHS = ("output", "log", "vocabulary_file", "cache", "init_vectors")  # saved as they are from anywhere
OF_ONE_RUN = ("resume", "checkpoint", "as_json")  # not saved
RESUMED = "w2v.resumed"


def load_run(context: click.Context, folder: str | os.PathLike[str]) -> None:
    """Reads the newest checkpoint before all other options, which then are by default as they were saved."""
    from w2v.checkpoint_files import read_newest

    remarks: list[str] = []
    checkpoint = read_newest(folder, remarks=remarks)
    for remark in remarks:
        print_note(remark)
    context.meta[RESUMED] = checkpoint
    run = checkpoint.state.get("run")
    context.default_map = dict(run) if isinstance(run, dict) else {}


def _load_run(context: click.Context, _option: click.Parameter, folder: str | None) -> str | None:
    if folder is not None and not context.resilient_parsing:
        load_run(context, folder)
    return folder


def checkpoint_options(command: Command) -> Command:
    """Adds the options."""
    options = [
        click.option(
            "--checkpoint",
            type=click.Path(file_okay=False),
            metavar="DIR",
            help="Save the training in this folder now and then, and when Ctrl-C ends it; two are kept.",
        ),
        click.option(
            "--checkpoint-every",
            default="10m",
            show_default=True,
            metavar="TIME",
            help="How often: 30s, 10m, 2h, or after so many words, 50Mwords.",
        ),
        click.option(
            "--resume",
            type=click.Path(),
            metavar="DIR",
            is_eager=True,
            callback=_load_run,
            help="Go on with the training saved there: corpus, options and output are known.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def resumed_checkpoint() -> Checkpoint | None:
    """The checkpoint that --resume has read, if it was given."""
    return click.get_current_context().meta.get(RESUMED)


def open_checkpoints(output: str) -> Checkpoints | None:
    """Makes ready what the options of the running command ask for; None where they ask for nothing.

    Raises:
        UsageError: the options do not go together.
        StorageError: the folder cannot be written, or holds checkpoints of another training.
    """
    context = click.get_current_context()
    given, resumed = context.params["checkpoint"], resumed_checkpoint()
    folder = given if resumed is None else context.params["resume"]
    if folder is None:
        if context.get_parameter_source("checkpoint_every") is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError("--checkpoint-every needs the folder of --checkpoint")
        return None
    if given is not None and resumed is not None and os.path.abspath(given) != os.path.abspath(folder):
        raise click.UsageError("--resume goes on saving where it reads; leave --checkpoint out")
    from w2v.checkpoint import Checkpoints
    from w2v.retrying import MOST_PATIENCE

    if resumed is None:
        refuse_checkpoints(folder, to_resume=folder)
    with usage_errors():
        checkpoints = Checkpoints(
            folder,
            every=context.params["checkpoint_every"],
            resumed=resumed,
            run=_describe_run(context.params, output),
            note=print_note,
            patience=MOST_PATIENCE,
        )
    make_folder(folder)
    return checkpoints


def refuse_checkpoints(folder: str | os.PathLike[str], *, to_resume: str) -> None:
    """Raises StorageError (K22) if there are checkpoints, with which a new training would be mixed up."""
    from w2v.checkpoint_files import checkpoint_paths

    if checkpoint_paths(folder):
        raise StorageError(
            "K22",
            "there are checkpoints of another training",
            path=folder,
            fix=f"go on with it by --resume {to_resume}, or name another folder",
        )


def _describe_run(parameters: dict[str, Any], output: str) -> dict[str, Any]:
    """The options of a command as JSON holds them, so that they mean the same in any folder.

    A checkpoint holds the rows that words start from: the vectors they came from are needed no more, but for
    the words that the text lacks.
    """
    run = {name: value for name, value in parameters.items() if name not in OF_ONE_RUN} | {"output": output}
    if run["init_vocab"] == "new":
        run["init_vectors"] = None
    run["corpus"] = [path if path == "-" else os.path.abspath(path) for path in run["corpus"]]
    return {name: _absolute(run[name]) if name in PATHS and run[name] else run[name] for name in run}


def _absolute(path: str) -> str:
    """The same path from any folder; the slash at the end of an output says that it is to be a folder."""
    return os.path.abspath(path) + "/" * path.endswith("/")


def say_how_to_resume(checkpoints: Checkpoints) -> None:
    """Tells a user whose training was stopped where it is kept."""
    print_note(f"saved in {checkpoints.last}; go on with: w2v train --resume {checkpoints.folder}")
