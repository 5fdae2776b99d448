"""Epochs of the objective, autograd and an optimizer of torch, on any device."""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import embedding

from corpora.threads import POLL_SECONDS
from corpora.windows import Windows, WindowSampler
from w2v.engines.steps import Step, ahead, cut_steps
from w2v.loss import LossSum, n_predictions, sum_losses
from w2v.memory import require_step_memory
from w2v.objective import negative_sampling_loss

OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "sparse-adam": torch.optim.SparseAdam,
    "adagrad": torch.optim.Adagrad,
}
STATE_PAIRS = {"sgd": 0, "sparse-adam": 2, "adagrad": 1}  # what each remembers, in pairs of tables
MEASURED_AT_ONCE = 1024  # windows, when no step is taken

Weights = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True, kw_only=True)
class StepOptions:
    """How a step is taken; the options of `nn.Embedding` hold for both tables.

    Args:
        windows_per_step: how many windows a step is taken over.
        optimizer: a name of `OPTIMIZERS`.
        max_norm: rows that occur in a step and are longer than this are first cut to it.
        norm_type: the p of the length that `max_norm` is compared with.
        padding_idx: a row that is never changed.
        sparse: gradients hold the rows that occur alone.

    Raises:
        ValueError: a value is out of its range, or two do not go together.
    """

    windows_per_step: int
    optimizer: str = "sgd"
    max_norm: float | None = None
    norm_type: float = 2.0
    padding_idx: int | None = None
    sparse: bool = True

    def __post_init__(self) -> None:
        if self.windows_per_step < 1:
            raise ValueError(f"windows_per_step must be 1 or more, got {self.windows_per_step}")
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {self.optimizer!r}")
        if self.optimizer == "sparse-adam" and not self.sparse:
            raise ValueError(
                "sparse-adam needs sparse gradients, got sparse=False; take sgd or adagrad for dense ones"
            )
        if self.max_norm is not None and not 0 < self.max_norm < math.inf:
            raise ValueError(f"max_norm must be a finite number above 0, got {self.max_norm}")
        if not 0 < self.norm_type <= math.inf:
            raise ValueError(f"norm_type must be above 0, got {self.norm_type}")

    @property
    def is_plain(self) -> bool:
        """Whether steps are those of the kernels, apart from their size: SGD, and every row free."""
        return self.optimizer == "sgd" and self.max_norm is None and self.padding_idx is None


class EagerEpochs:
    """Takes the steps of whole epochs, one operation of torch after the other.

    Args:
        weights: input and output table, float32 (V, D), changed in place.
        sampler: whose windows they are.
        architecture: "skipgram" or "cbow".
        options: how the steps are taken.

    Raises:
        ValueError: `options.padding_idx` is no row of the tables.
    """

    def __init__(
        self, weights: Weights, sampler: WindowSampler, architecture: str, options: StepOptions
    ) -> None:
        n_words = len(weights[0])
        if options.padding_idx is not None and not 0 <= options.padding_idx < n_words:
            raise ValueError(f"padding_idx must be a row, 0 to {n_words - 1}, got {options.padding_idx}")
        self.weights = [weight.requires_grad_() for weight in weights]
        self.sampler = sampler
        self.architecture = architecture
        self.options = options
        self.optimizer = OPTIMIZERS[options.optimizer](self.weights, lr=1.0)  # each step has its own rate
        self.look_up = functools.partial(
            embedding,
            padding_idx=options.padding_idx,
            max_norm=options.max_norm,
            norm_type=options.norm_type,
            sparse=options.sparse,
        )

    def run(
        self,
        epoch: int,
        *,
        learning_rates: np.ndarray,
        record: Callable[[LossSum], None],
        poll: Callable[[int], object],
        place: int = 0,
    ) -> int | None:
        """Takes the steps of an epoch; arguments as of `Engine.run_epoch`, the place counted in steps."""
        polled = -math.inf
        steps = itertools.islice(cut_steps(self.sampler, epoch, self.options.windows_per_step), place, None)
        with contextlib.closing(ahead(self._sent(step) for step in steps)) as ready:
            for number, step in enumerate(ready, start=place + 1):
                for part in step.measured:
                    record(measure_loss(self.weights, part, self.architecture))
                self.take(step, float(learning_rates[step.chunk]))
                if (now := time.monotonic()) - polled >= POLL_SECONDS:
                    if poll(step.chunk):
                        return number
                    polled = now
        poll(self.sampler.n_chunks)
        return None

    def optimizer_state(self) -> dict[str, np.ndarray]:
        """What the optimizer remembers, by the number of the table and torch's own name, such as "0.sum"."""
        return {
            f"{table}.{name}": value.cpu().numpy() if isinstance(value, torch.Tensor) else np.array(value)
            for table, values in self.optimizer.state_dict()["state"].items()
            for name, value in values.items()
        }

    def load_optimizer_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Takes back what `optimizer_state` has given; raises ValueError where it is of other tables."""
        found: dict[int, dict[str, torch.Tensor | int]] = {}
        for key, array in state.items():
            table, _, name = key.partition(".")
            if table not in ("0", "1") or array.shape not in ((), tuple(self.weights[0].shape)):
                raise ValueError(f"the optimizer's {key} {array.shape} is of no table of this training")
            value = int(array) if array.dtype == np.int64 else torch.from_numpy(array)
            found.setdefault(int(table), {})[name] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": found})

    def take(self, step: Step, learning_rate: float) -> None:
        """One step down the gradient of the sum of the windows' losses.

        Raises:
            MemoryLimitError: it needs more memory than there is.
        """
        self._require_memory(step)
        loss = negative_sampling_loss(
            *self.weights,
            step.windows,
            self.architecture,
            look_up=self.look_up,
            most_contexts=step.most_contexts,
        )
        loss.backward()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        self.optimizer.zero_grad()

    def _require_memory(self, step: Step) -> None:
        """On the CPU, where the system would rather kill the process than say no."""
        if self.weights[0].device.type != "cpu":
            return
        n_windows, n_outputs = len(step.windows.centers), step.windows.negatives.shape[1] + 1
        n_rows = step.most_contexts + n_outputs  # of a window
        if len(step.windows.negatives) != n_windows:
            n_rows = step.most_contexts * (1 + n_outputs)
        require_step_memory(n_windows, n_rows, self.weights[0].shape[1])

    def _sent(self, step: Step) -> Step:
        """The same step with its windows on the device, copied while it works on others."""
        device = self.weights[0].device
        if device.type == "cpu":
            return step
        tensors = [torch.from_numpy(array) for array in step.windows]
        if device.type == "cuda":
            tensors = [tensor.pin_memory() for tensor in tensors]
        return step._replace(windows=Windows(*(t.to(device, non_blocking=True) for t in tensors)))


def measure_loss(weights: Weights, windows: Windows, architecture: str) -> LossSum:
    """The loss over some windows; the tables stay as they are."""
    with torch.no_grad():
        total = float(negative_sampling_loss(*weights, windows, architecture))
    return LossSum(total, n_predictions(windows, architecture))


def measure_losses(weights: Weights, sampler: WindowSampler, architecture: str) -> LossSum:
    """The loss over all windows of a sampler's epoch 0, some at a time."""
    steps: Iterator[Step] = cut_steps(sampler, 0, MEASURED_AT_ONCE)
    parts = [measure_loss(weights, step.windows, architecture) for step in ahead(steps)]
    return sum_losses(parts)
