"""Options of `w2v train` that say what takes the steps, and where: --engine, --device and their kin."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from cli.options import usage_errors
from cli.output import print_note

if TYPE_CHECKING:
    from w2v.engines.protocol import Engine

Command = Callable[..., Any]
MINIBATCH_OPTIONS = ("optimizer", "windows_per_step", "max_norm", "norm_type")


def engine_options(command: Command) -> Command:
    """Adds the options; those of the minibatch engine are None where the engine's defaults hold."""
    options = [
        click.option(
            "--engine",
            type=click.Choice(["hogwild", "minibatch"]),
            help="hogwild: kernels on the CPU, the default there. minibatch: torch, the default on a GPU.",
        ),
        click.option(
            "--device",
            type=click.Choice(["cpu", "cuda", "auto"]),
            default="cpu",
            show_default=True,
            help="auto: the GPU where there is one that runs the fused kernels, or else the CPU.",
        ),
        click.option(
            "--optimizer",
            type=click.Choice(["sgd", "sparse-adam", "adagrad"]),
            help="Of minibatch: sgd by default; the others want a --learning-rate of their own.",
        ),
        click.option(
            "--windows-per-step",
            type=click.IntRange(min=1),
            metavar="N",
            help="Of minibatch: windows that a step is taken over at once.",
        ),
        click.option("--max-norm", type=float, help="Of minibatch: longer rows are cut to this."),
        click.option("--norm-type", type=float, help="Of minibatch: the p of that length, 2 by default."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def choose_engine(
    architecture: str, threads: int | None, *, engine: str | None, device: str, **minibatch: Any
) -> Engine:
    """The engine that the options ask for.

    Without --engine it is the kernels on the CPU and torch on a GPU; `auto` then takes the GPU where the
    fused kernels run, since torch's operations, one by one, may be slower than the kernels on many cores.

    Raises:
        UsageError: options do not go together, or there is no GPU.
    """
    given = {name: value for name, value in minibatch.items() if value is not None}
    if engine == "hogwild" and device == "cuda":
        raise click.UsageError("--engine hogwild trains on the CPU; --device cuda needs --engine minibatch")
    if engine is None:
        device = _resolve(device)
        engine = "hogwild" if device == "cpu" else "minibatch"
    if engine == "hogwild":
        if given:
            names = " and ".join("--" + name.replace("_", "-") for name in given)
            raise click.UsageError(f"{names} is for --engine minibatch; this training is by hogwild")
        from w2v.engines.hogwild import HogwildEngine

        return HogwildEngine(architecture, threads=threads)
    from w2v.free_memory import require_address_space

    require_address_space(with_torch=True)
    from w2v.engines.minibatch import MinibatchEngine

    with usage_errors(), warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        chosen = MinibatchEngine(architecture, device=device, threads=threads, **given)
    for remark in remarks:
        print_note(str(remark.message))
    return chosen


def _resolve(device: str) -> str:
    """What `auto` means here."""
    if device != "auto":
        return device
    from w2v.engines.fused.epochs import find_fused_device

    return "cpu" if find_fused_device() is None else "cuda"
