"""Training on the CPU: Python threads running compiled steps on the nn.Embedding weights in place.

The threads do not lock the rows they write (Recht et al. 2011, "Hogwild!: A Lock-Free Approach to
Parallelizing Stochastic Gradient Descent"): with few collisions among many rows nothing is lost that matters.
One thread gives the same bytes every time; several do not.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from corpora.threads import default_threads, run_threads
from corpora.windows import Windows, WindowSampler
from w2v.config import require_architecture
from w2v.engines import kernels
from w2v.engines.protocol import require_no_state
from w2v.initialization import Rows
from w2v.loss import LossSum, measured_part, n_predictions, sum_losses

if TYPE_CHECKING:
    from w2v.tables import EmbeddingTables


class HogwildEngine:
    """Updates the tables with the CPU's threads.

    Args:
        architecture: "skipgram" or "cbow".
        threads: how many; by default as many as there are cores.
    """

    state_pairs = 0

    def __init__(self, architecture: str = "skipgram", *, threads: int | None = None) -> None:
        require_architecture(architecture)
        if threads is not None and threads < 1:
            raise ValueError(f"threads must be 1 or more, got {threads}")
        self.architecture = architecture
        self.threads = threads or default_threads()

    def describe(self) -> dict[str, object]:
        """What the vectors' metadata says of the engine."""
        return {"name": "hogwild", "threads": self.threads}

    def compile(self, sampler: WindowSampler, tables: EmbeddingTables | Rows) -> None:
        """Compiles what `run_epoch` will run, or loads it from the disk, where an earlier run has left it."""
        sampler.sample(0, 0)
        empty = Windows(
            np.empty(0, np.int32),
            np.empty(0, np.int32),
            np.zeros(1, np.int64),
            np.empty((0, sampler.negatives), np.int32),
        )
        dim = tables.input_rows.shape[1]
        scratch = np.empty(kernels.scratch_shape(dim, sampler.negatives), np.float32)
        self._step(dim, sampler)(*empty, tables.input_rows, tables.output_rows, 0.0, scratch)
        self._loss(empty, tables)

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
        """Takes one step for each window of an epoch.

        Args:
            tables: changed in place.
            sampler: gives the windows; they do not depend on the number of threads.
            epoch: counted from 0.
            learning_rates: float64 (n_chunks,), one for each chunk.
            record: called by any of the threads with the loss over the `measured_part` of a chunk, before its
                step.
            poll: called ten times a second by the calling thread with the number of chunks begun; what it
                raises ends the epoch; what is true asks for a pause at the ends of the chunks begun.
            place: the first chunk.

        Returns:
            The first chunk that was not begun where it has paused; None at the end.
        """
        begun = place
        next_chunk = itertools.count(place)
        is_paused = threading.Event()
        input_rows, output_rows = tables.input_rows, tables.output_rows
        dim = input_rows.shape[1]
        step = self._step(dim, sampler)

        def work(_thread: int, stop: threading.Event) -> None:
            nonlocal begun
            room = sampler.allocate()
            scratch = np.empty(kernels.scratch_shape(dim, sampler.negatives), np.float32)
            while not (stop.is_set() or is_paused.is_set()):
                if (chunk := next(next_chunk)) >= sampler.n_chunks:
                    return
                begun = chunk  # the threads may overtake one another here by a chunk: it is for display
                windows = sampler.sample(epoch, chunk, room=room)
                if part := measured_part(windows, chunk):
                    record(self._loss(part, tables))
                step(*windows, input_rows, output_rows, learning_rates[chunk], scratch)

        run_threads(work, self.threads, poll=lambda: is_paused.set() if poll(begun) else None)
        if (reached := next(next_chunk)) < sampler.n_chunks:
            return reached
        poll(sampler.n_chunks)
        return None

    def measure(self, tables: EmbeddingTables | Rows, sampler: WindowSampler) -> LossSum:
        """The loss over all windows of the sampler's epoch 0, the same for any number of threads."""
        sums = [LossSum(0.0, 0)] * sampler.n_chunks
        next_chunk = itertools.count()

        def work(_thread: int, stop: threading.Event) -> None:
            room = sampler.allocate()
            while not stop.is_set() and (chunk := next(next_chunk)) < sampler.n_chunks:
                sums[chunk] = self._loss(sampler.sample(0, chunk, room=room), tables)

        run_threads(work, self.threads)
        return sum_losses(sums)

    def optimizer_state(self) -> dict[str, np.ndarray]:
        """Nothing: plain SGD remembers nothing."""
        return {}

    def load_optimizer_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Raises ValueError if there is any."""
        require_no_state(state)

    def fetch(self, tables: EmbeddingTables | Rows, n_rows: int | None = None) -> None:
        """Nothing to do: the rows are trained in place."""

    def _loss(self, windows: Windows, tables: EmbeddingTables | Rows) -> LossSum:
        loss = kernels.cbow_loss if self.architecture == "cbow" else kernels.skipgram_loss
        total = loss(*windows, tables.input_rows, tables.output_rows)
        return LossSum(total, n_predictions(windows, self.architecture))

    def _step(self, dim: int, sampler: WindowSampler) -> Callable[..., None]:
        if self.architecture == "cbow":
            return kernels.cbow_step(dim, sampler.negatives)
        if sampler.share_negatives:
            return kernels.skipgram_step(dim, sampler.negatives)
        return kernels.skipgram_pairs_step(dim, sampler.negatives)
