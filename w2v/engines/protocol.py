"""What train() asks of an engine: how a new one is written, without a base class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from corpora.windows import WindowSampler
from w2v.initialization import Rows
from w2v.loss import LossSum

if TYPE_CHECKING:
    from w2v.tables import EmbeddingTables


class Engine(Protocol):
    """Takes the steps; `w2v.engines.hogwild.HogwildEngine` is one.

    A training calls `compile`, then for each epoch `run_epoch` and, where a part is held out, `measure`, and
    at the end `fetch`. Inside `poll`, in the middle of an epoch, `measure` and `fetch` may be called as well.
    """

    architecture: str
    state_pairs: int  # of tables as large as the two, which the steps keep in the machine's memory

    def describe(self) -> dict[str, object]:
        """What the vectors' metadata says of the engine."""

    def compile(self, sampler: WindowSampler, tables: EmbeddingTables | Rows) -> None:
        """Makes ready whatever the first step would otherwise wait for."""

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
            tables: changed in place, at the latest by `fetch`.
            sampler: gives the windows of chunks 0 to n_chunks - 1.
            epoch: counted from 0.
            learning_rates: float64 (n_chunks,), one for each chunk.
            record: gets the loss over the `w2v.loss.measured_part` of each chunk that has one, taken before
                the step on the chunk; may be called by any thread.
            poll: called ten times a second by the calling thread with the number of chunks begun, at last
                with that of all; what it raises ends the epoch, and what is true asks for a pause.
            place: where to go on in the epoch, as an earlier call has returned it; 0 is the start.

        Returns:
            Where it has paused, all steps before that place taken and none behind it; None at the end.
        """

    def measure(self, tables: EmbeddingTables | Rows, sampler: WindowSampler) -> LossSum:
        """The loss over all windows of the sampler's epoch 0; the tables stay as they are."""

    def optimizer_state(self) -> dict[str, np.ndarray]:
        """What the steps go by beside the tables, float32, by name; nothing for plain SGD."""

    def load_optimizer_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Takes back what `optimizer_state` has given; raises ValueError if it is another's."""

    def fetch(self, tables: EmbeddingTables | Rows, n_rows: int | None = None) -> None:
        """Brings the first rows (all by default) of what is trained elsewhere, as on a GPU, into `tables`."""


def require_no_state(state: Mapping[str, np.ndarray]) -> None:
    """Raises ValueError if there is any: plain SGD remembers nothing."""
    if state:
        raise ValueError(f"plain SGD has no state, got {', '.join(state)}")
