"""What a checkpoint holds of a training, and how a training goes on from it.

The tables, their best copies and the optimizer's memory are tensors; all else, such as the place in the
corpus, the losses and the identity of the training, is JSON. Windows and learning rates need not be saved:
they follow from the place alone.
"""

from __future__ import annotations

import platform
import time
from dataclasses import asdict
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np

from corpora.errors import CheckpointError, DivergedError
from corpora.windows import WindowSampler
from w2v.checkpoint import Checkpoints, require_same, require_tensors
from w2v.checkpoint_files import Checkpoint
from w2v.config import TrainConfig
from w2v.initialization import Rows
from w2v.loss import LossSum
from w2v.watch import Watch, require_finite

OPTIMIZER = "optimizer."  # begins the names of the optimizer's tensors
FREE_ENGINE_SETTINGS = {"threads", "device"}  # may differ when a training goes on


class Place(NamedTuple):
    """Where a training stands.

    Args:
        epoch: the one to go on with, counted from 0.
        place: in it, as the engine counts.
        loss: of the part of it that is done.
        is_over: there is nothing left to train.
    """

    epoch: int = 0
    place: int = 0
    loss: LossSum = LossSum(0.0, 0)
    is_over: bool = False


def identify(
    sampler: WindowSampler, config: TrainConfig, *, model_digest: str | None = None
) -> dict[str, dict[str, Any]]:
    """What must be the same for a training to go on: version, corpus, how it was read, and settings.

    `model_digest` is of the vectors that are needed once more at the end, for the words that are absent.
    """
    from w2v import __version__

    corpus = sampler.corpus
    reading = {"min_count": corpus.summary.get("min_count"), **(corpus.summary.get("text") or {})}
    return {
        "w2v": {"version": ".".join(__version__.split(".")[:2])},
        "corpus": {"digest": corpus.digest, "tokens": corpus.n_tokens},
        "reading": reading,
        "config": asdict(config),
        "init_vectors": {} if model_digest is None else {"digest": model_digest},
    }


def resumed_rows(
    checkpoint: Checkpoint,
    identity: dict[str, dict[str, Any]],
    sampler: WindowSampler,
    config: TrainConfig,
) -> Rows:
    """The two tables of a checkpoint, if it is of this very training.

    Raises:
        CheckpointError: it is of another training, or its tensors are not those of one.
    """
    require_same(checkpoint, identity)
    names = ["input", "output"]
    if "best_input" in checkpoint.tensors:
        names += ["best_input", "best_output"]
    shape = (len(sampler.corpus.vocabulary), config.dim)
    require_tensors(checkpoint, dict.fromkeys(names, shape), besides=OPTIMIZER)
    return Rows(checkpoint.tensors["input"], checkpoint.tensors["output"])


def describe_machine() -> dict[str, str]:
    """The processor and the compiler of the kernels, on which the order of sums depends."""
    processors = _processors()
    return {"processor": processors[0] if processors else platform.machine(), "numba": version("numba")}


class Saver:
    """Saves a training where its `Checkpoints` ask for it, and sets it to where one was saved.

    `start` tells of the vectors that the training has started from; it is None where there were none.

    Args:
        watch: follows the training; its engine is compiled.
        checkpoints: where to, and where from; None saves nothing.
        identity: of the training, without its engine.
        start: of a new training, as JSON holds it.
    """

    def __init__(
        self,
        watch: Watch,
        checkpoints: Checkpoints | None,
        identity: dict[str, dict[str, Any]],
        start: dict[str, Any] | None,
    ) -> None:
        self.watch = watch
        self.checkpoints = checkpoints
        self.start = start
        self.machine = describe_machine()
        steps = watch.engine.describe().items()
        self.identity = {**identity, "engine": {n: v for n, v in steps if n not in FREE_ENGINE_SETTINGS}}

    def begin(self) -> Place:
        """Where the training begins: at its start, or where it was saved, with all as it was then.

        Raises:
            CheckpointError: the state lacks something, or is of another engine.
        """
        resumed = None if self.checkpoints is None else self.checkpoints.resumed
        if resumed is None:
            return Place()
        require_same(resumed, {"engine": self.identity["engine"]})
        try:
            place, self.start = _restore(self.watch, resumed)
            self._note_machine(resumed.state["machine"])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise CheckpointError(
                "K11",
                f"the state is not that of a training: {type(error).__name__} {error}",
                path=resumed.path,
                fix="go on from another checkpoint",
            ) from error
        self.checkpoints.words_saved = self.watch.tokens_done
        return place

    def pause(self, place: Place) -> None:
        """Saves where the training stands: for certain if it is about to end, and else if it is time to.

        Raises:
            StorageError: the training is stopped, and cannot be saved; one that is done still gives vectors.
        """
        if self.checkpoints is None:
            return
        if place.is_over:
            self.checkpoints.save_last(*self._collect(place))
        elif self.watch.is_stopping:
            self.checkpoints.save_now(*self._collect(place))
        elif self.checkpoints.is_due(self.watch.tokens_done):
            self.checkpoints.save(*self._collect(place), self.watch.tokens_done)

    def name_last(self, error: DivergedError) -> DivergedError:
        """The same error, with the last checkpoint, from before the training diverged, in its way out."""
        if self.checkpoints is None:
            return error
        self.checkpoints.close()
        if self.checkpoints.last is None:
            return error
        fix = f"{error.fix}; the state before is kept in {self.checkpoints.last}"
        return DivergedError(error.identifier, error.problem, fix=fix)

    def _note_machine(self, saved: dict[str, str]) -> None:
        """K09: what is not the training's own, but decides the last digits of its sums."""
        changed = [
            f"{name} {saved[name]}, now {now}" for name, now in self.machine.items() if saved[name] != now
        ]
        if changed:
            self.checkpoints.note(
                f"begun on another machine ({'; '.join(changed)}): the vectors will be as good, but perhaps "
                "not bit for bit those of a run on one machine"
            )

    def _collect(self, place: Place) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        watch = self.watch
        require_finite(watch.tables, watch.engine)
        tensors = {"input": watch.tables.input_rows, "output": watch.tables.output_rows}
        if watch.best is not None and watch.best.rows is not None:
            tensors |= {"best_input": watch.best.rows.input_rows, "best_output": watch.best.rows.output_rows}
        tensors |= {OPTIMIZER + name: array for name, array in watch.engine.optimizer_state().items()}
        state = {
            "identity": self.identity,
            "machine": self.machine,
            "epoch": place.epoch,
            "place": place.place,
            "loss": list(place.loss),
            "is_over": place.is_over,
            "tokens": watch.tokens_done,
            "seconds": time.monotonic() - watch.started,
            "losses": list(watch.losses),  # copies: the training goes on while this is written
            "heldout_losses": list(watch.heldout_losses),
            "heldout_loss": watch.heldout_loss,
            "best": {} if watch.best is None or not watch.best.epoch else _best(watch),
            "start": self.start,
        }
        return state, tensors


def _best(watch: Watch) -> dict[str, Any]:
    return {"epoch": watch.best.epoch, "loss": watch.best.loss}


def _restore(watch: Watch, checkpoint: Checkpoint) -> tuple[Place, dict[str, Any] | None]:
    state = checkpoint.state
    watch.losses, watch.heldout_losses = list(state["losses"]), list(state["heldout_losses"])
    watch.heldout_loss = state["heldout_loss"]
    watch.tokens_done = int(state["tokens"])
    watch.started = time.monotonic() - float(state["seconds"])
    if watch.best is not None and state["best"]:
        best = Rows(checkpoint.tensors["best_input"], checkpoint.tensors["best_output"])
        watch.best.remember(int(state["best"]["epoch"]), float(state["best"]["loss"]), best)
    watch.engine.load_optimizer_state(
        {
            name.removeprefix(OPTIMIZER): tensor
            for name, tensor in checkpoint.tensors.items()
            if name.startswith(OPTIMIZER)
        }
    )
    loss = LossSum(float(state["loss"][0]), int(state["loss"][1]))
    place = Place(int(state["epoch"]), int(state["place"]), loss, bool(state["is_over"]))
    return place, None if state["start"] is None else dict(state["start"])


def _processors() -> list[str]:
    """The names of all cores, as Linux tells them; other systems keep them elsewhere."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            return [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        return []
