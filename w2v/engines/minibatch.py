"""Training through torch, on any of its devices, and in fused kernels on an NVIDIA GPU.

The windows are those of the Hogwild engine for the same seed. One step is taken over many of them at once,
all from the same rows, so that it grows stale as it grows long. The loss of a step is a sum over its windows
and not a mean, so that a learning rate means the same whatever their number, and a step of SGD over a single
window is the kernels' step on it.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from corpora.errors import MemoryLimitError
from corpora.threads import default_threads
from corpora.windows import WindowSampler
from w2v.config import require_architecture
from w2v.engines.eager import STATE_PAIRS, EagerEpochs, StepOptions, Weights, measure_losses
from w2v.engines.fused.epochs import FusedEpochs, why_not_fused
from w2v.initialization import Rows
from w2v.loss import LossSum

if TYPE_CHECKING:
    from w2v.tables import EmbeddingTables

WINDOWS_PER_STEP = 768
MOST_WINDOWS_PER_STEP = 1024  # with more, vectors are worse or the training diverges: the README has a table


class MinibatchEngine:
    """Updates the tables through torch.

    Args:
        architecture: "skipgram" or "cbow".
        device: of torch, such as "cpu" or "cuda"; "auto" is the GPU where torch finds one, or else the CPU.
            The rows are copied there by `compile`, and come back by `fetch`.
        windows_per_step: how many windows a step is taken over. In the fused kernels every window is a step
            of its own, and so many are taken at once.
        optimizer: "sgd", "sparse-adam" or "adagrad". The learning rates that TrainConfig has by default are
            those of SGD; the other two want their own.
        max_norm: rows that occur in a step and are longer than this are first cut to it, as by
            `nn.Embedding`.
        norm_type: the p of the length that `max_norm` is compared with.
        padding_idx: a row of both tables that is never changed, as by `nn.Embedding`.
        sparse: gradients hold the rows that occur alone, as by `nn.Embedding`. Dense ones are for devices
            that know no sparse tensors.
        fused: take the steps in the fused kernels, which know plain SGD alone. None takes them where they can
            run; True refuses to go on where they cannot.
        threads: one makes windows ready, the others, but one at least, are torch's; by default as many as
            there are cores.

    Raises:
        ValueError: a value is out of its range, two do not go together, or the device is not there.
    """

    def __init__(
        self,
        architecture: str = "skipgram",
        *,
        device: str = "cpu",
        windows_per_step: int = WINDOWS_PER_STEP,
        optimizer: str = "sgd",
        max_norm: float | None = None,
        norm_type: float = 2.0,
        padding_idx: int | None = None,
        sparse: bool = True,
        fused: bool | None = None,
        threads: int | None = None,
    ) -> None:
        require_architecture(architecture)
        if threads is not None and threads < 1:
            raise ValueError(f"threads must be 1 or more, got {threads}")
        self.architecture = architecture
        self.options = StepOptions(
            windows_per_step=windows_per_step,
            optimizer=optimizer,
            max_norm=max_norm,
            norm_type=norm_type,
            padding_idx=padding_idx,
            sparse=sparse,
        )
        if fused and not self.options.is_plain:
            raise ValueError("the fused kernels take steps of plain sgd, without max_norm and padding_idx")
        self.device = find_device(device)
        self.fused = fused
        self.threads = threads or default_threads()
        self._placed: _Placed | None = None
        if windows_per_step > MOST_WINDOWS_PER_STEP:
            warnings.warn(
                f"steps over {windows_per_step:,} windows make worse vectors, or diverge; "
                f"{MOST_WINDOWS_PER_STEP:,} did not when it was measured",
                stacklevel=2,
            )

    @property
    def state_pairs(self) -> int:
        """Of tables that the optimizer keeps on the CPU; a GPU has memory of its own."""
        return STATE_PAIRS[self.options.optimizer] if self.device.type == "cpu" else 0

    def describe(self) -> dict[str, object]:
        """What the vectors' metadata says of the engine."""
        options = self.options
        found: dict[str, object] = {
            "name": "minibatch",
            "device": self.device.type,
            "fused": self._placed is not None and isinstance(self._placed.epochs, FusedEpochs),
            "optimizer": options.optimizer,
            "windows_per_step": options.windows_per_step,
        }
        if self.device.type == "cuda":
            found["device"] = torch.cuda.get_device_name(self.device)
        if options.max_norm is not None:
            found |= {"max_norm": options.max_norm, "norm_type": options.norm_type}
        if options.padding_idx is not None:
            found["padding_idx"] = options.padding_idx
        return found

    def compile(self, sampler: WindowSampler, tables: EmbeddingTables | Rows) -> None:
        """Copies the rows to the device, and compiles what `run_epoch` will run.

        Raises:
            ValueError: `fused` is True and the kernels cannot run, or `padding_idx` is no row.
            MemoryLimitError: the device has too little memory.
        """
        sampler.sample(0, 0)
        with self._memory_errors():
            self._placed = self._place(sampler, tables)
            if isinstance(self._placed.epochs, FusedEpochs):
                self._placed.epochs.compile()

    def run_epoch(
        self,
        tables: EmbeddingTables | Rows,
        sampler: WindowSampler,
        epoch: int,
        *,
        learning_rates: np.ndarray,
        record: Callable[[LossSum], None],
        poll: Callable[[int], object],
        place: int = 0,
    ) -> int | None:
        """Takes the steps of an epoch; see `w2v.engines.protocol.Engine`.

        Raises:
            MemoryLimitError: a step needs more memory than there is.
        """
        if self._placed is None or self._placed.tables is not tables or self._placed.sampler is not sampler:
            self.compile(sampler, tables)
        unchecked = torch.sparse.check_sparse_tensor_invariants(False)  # said, or else torch warns
        with _torch_threads(self.threads), self._memory_errors(), unchecked:
            return self._placed.epochs.run(
                epoch, learning_rates=learning_rates, record=record, poll=poll, place=place
            )

    def measure(self, tables: EmbeddingTables | Rows, sampler: WindowSampler) -> LossSum:
        """The loss over all windows of the sampler's epoch 0; the tables stay as they are."""
        weights = self._placed.weights if self._holds(tables) else self._copy(tables)
        with _torch_threads(self.threads), self._memory_errors():
            return measure_losses(weights, sampler, self.architecture)

    def optimizer_state(self) -> dict[str, np.ndarray]:
        """What the optimizer remembers of each table, by name, float32; nothing for plain SGD."""
        return self._placed.epochs.optimizer_state()

    def load_optimizer_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Takes back what `optimizer_state` has given; raises ValueError if it is another's."""
        self._placed.epochs.load_optimizer_state(state)

    def fetch(self, tables: EmbeddingTables | Rows, n_rows: int | None = None) -> None:
        """Brings the first rows (all by default) from the device into `tables`; on the CPU they are there."""
        if not self._holds(tables):
            return
        for rows, weight in zip(_rows(tables), self._placed.weights, strict=True):
            if weight.data_ptr() != rows.ctypes.data:
                rows[:n_rows] = weight.detach()[:n_rows].cpu().numpy()

    def _holds(self, tables: EmbeddingTables | Rows) -> bool:
        return self._placed is not None and self._placed.tables is tables

    def _place(self, sampler: WindowSampler, tables: EmbeddingTables | Rows) -> _Placed:
        self._placed = None  # before the device is asked for more memory
        weights = self._copy(tables)
        reason = "the steps are not of plain SGD"
        if self.options.is_plain:
            reason = why_not_fused(self.device, weights[0].shape[1], sampler)
        if self.fused and reason is not None:
            raise ValueError(f"the fused kernels cannot run: {reason}")
        if self.fused is False or reason is not None:
            epochs = EagerEpochs(weights, sampler, self.architecture, self.options)
        else:
            epochs = FusedEpochs(weights, sampler, self.architecture, self.options.windows_per_step)
        return _Placed(tables, sampler, weights, epochs)

    def _copy(self, tables: EmbeddingTables | Rows) -> Weights:
        """The rows on the device; on the CPU they are the rows themselves."""
        input_weight, output_weight = (torch.from_numpy(rows).to(self.device) for rows in _rows(tables))
        return input_weight, output_weight

    @contextlib.contextmanager
    def _memory_errors(self) -> Iterator[None]:
        """Turns torch's error into ours."""
        try:
            yield
        except torch.OutOfMemoryError as error:
            is_eager = self._placed is not None and isinstance(self._placed.epochs, EagerEpochs)
            n_fitting = self.options.windows_per_step // 2
            fix = "lower --dim or --max-vocab, or train with --device cpu"
            if is_eager and n_fitting:
                fix = f"use --windows-per-step {n_fitting}"
            raise MemoryLimitError("T22", f"{self.device} is out of memory: {error}", fix=fix) from error


class _Placed(NamedTuple):
    """Tables whose rows are on the device, and what takes the steps there."""

    tables: EmbeddingTables | Rows
    sampler: WindowSampler
    weights: Weights
    epochs: EagerEpochs | FusedEpochs


def find_device(name: str) -> torch.device:
    """The device of a name of torch's; "auto" is the GPU where torch finds one, or else the CPU.

    Raises:
        ValueError: there is none of the name here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device must be auto, cpu, cuda or another of torch's, got {name!r}") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        why = "finds no GPU" if torch.version.cuda else "is built without CUDA"
        raise ValueError(f"there is no CUDA device: torch {torch.__version__} {why}; train on device cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"there are {torch.cuda.device_count()} CUDA devices, counted from 0, got {name!r}")
    return device


def _rows(tables: EmbeddingTables | Rows) -> tuple[np.ndarray, np.ndarray]:
    return tables.input_rows, tables.output_rows


@contextlib.contextmanager
def _torch_threads(n_threads: int) -> Iterator[None]:
    """Leaves a core to the thread that makes windows: torch's threads wait for one another by spinning."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, n_threads - 1))
    try:
        yield
    finally:
        torch.set_num_threads(before)
