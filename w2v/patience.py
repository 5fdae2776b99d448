"""Early stopping: the rows of the epoch with the lowest held-out loss are kept, and later ones dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from w2v.initialization import Rows

if TYPE_CHECKING:
    from w2v.tables import EmbeddingTables


class BestEpoch:
    """Remembers the best epoch, with a copy of both tables.

    Args:
        patience: epochs in a row that may pass without a lower loss.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.epoch = 0  # counted from 1; 0 is none
        self.loss = float("inf")
        self._rows: Rows | None = None

    def is_vain(self, epoch: int, loss: float | None, tables: EmbeddingTables | Rows) -> bool:
        """Takes in the loss after an epoch, counted from 1; returns whether patience has run out."""
        if loss is not None and loss < self.loss:
            self.epoch, self.loss = epoch, loss
            self._keep(tables)
        return epoch - self.epoch >= self.patience

    @property
    def rows(self) -> Rows | None:
        """The best epoch's copy of both tables; None before an epoch has ended."""
        return self._rows

    def remember(self, epoch: int, loss: float, rows: Rows) -> None:
        """Goes on from an earlier training's best epoch; keeps the rows themselves."""
        self.epoch, self.loss, self._rows = epoch, loss, rows

    def restore(self, tables: EmbeddingTables | Rows) -> None:
        """Writes the best epoch's rows into the tables; leaves them alone before an epoch has ended."""
        if self._rows is not None:
            np.copyto(tables.input_rows, self._rows.input_rows)
            np.copyto(tables.output_rows, self._rows.output_rows)

    def _keep(self, tables: EmbeddingTables | Rows) -> None:
        if self._rows is None:
            self._rows = Rows(np.empty_like(tables.input_rows), np.empty_like(tables.output_rows))
        np.copyto(self._rows.input_rows, tables.input_rows)
        np.copyto(self._rows.output_rows, tables.output_rows)
