"""The learning rate of a chunk, exact at any number of tokens and epochs."""

from fractions import Fraction

import numpy as np
import pytest

from w2v.schedule import Schedule


@pytest.mark.parametrize("offset", [0, 2**31 - 10, 2**32 - 10, 2**53 - 10])
@pytest.mark.parametrize("epochs", [1, 5, 2**40])
def test_schedule_equals_an_integer_oracle(offset, epochs):
    """Rates at huge token counts, put in by hand, are within 1e-12 of fractions of Python integers (P16)."""
    starts = np.array([0, offset // 2, offset, offset + 7, offset + 4096, 2 * offset + 9999], dtype=np.int64)
    schedule = Schedule(starts, epochs, 0.025, 1e-4)
    first, last = Fraction(0.025), Fraction(1e-4)

    for epoch in {0, epochs // 2, epochs - 1}:
        rates = schedule.learning_rates(epoch)
        total = int(starts[-1])
        exact = [
            first - (first - last) * Fraction(epoch * total + start, epochs * total)
            for start in starts[:-1].tolist()
        ]
        assert rates.dtype == np.float64
        np.testing.assert_allclose(rates, [float(rate) for rate in exact], rtol=1e-12)
