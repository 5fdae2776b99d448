"""The compiled functions of evaluation: how many words score higher than the right answer of each analogy.

Each reads three rows of a table of cosines for a question, and counts. No score is stored.
"""

import numba
import numpy as np

EPSILON = 1e-6  # of 3CosMul, as in gensim; Levy and Goldberg have 0.001, their program hyperwords 0.01
FAST = {"reassoc", "contract", "nsz", "arcp"}


@numba.njit(nogil=True, cache=True, fastmath=FAST)
def count_sums(
    table: np.ndarray, questions: np.ndarray, targets: np.ndarray, slack: np.ndarray, counts: np.ndarray
) -> None:
    """Counts the columns whose 3CosAdd score, b - a + c, is above a target.

    Args:
        table: float32 (W, C), the cosine of each word of the questions with each of C words.
        questions: int64 (Q, 3), the rows of the table that are a, b and c.
        targets: float32 (Q,), the score of each right answer.
        slack: float32 (Q,), what rounding may do to a score.
        counts: int32 (Q, 2), is set to the columns above target - slack, and above target + slack.
    """
    for question in range(len(questions)):
        a, b, c = questions[question]
        target, least = targets[question], slack[question]
        n_possible = np.int32(0)
        n_certain = np.int32(0)
        for column in range(table.shape[1]):
            margin = table[b, column] - table[a, column] + table[c, column] - target
            n_possible += margin > -least
            n_certain += margin > least
        counts[question, 0] = n_possible
        counts[question, 1] = n_certain


@numba.njit(nogil=True, cache=True, fastmath=FAST)
def count_products(
    table: np.ndarray, questions: np.ndarray, targets: np.ndarray, slack: np.ndarray, counts: np.ndarray
) -> None:
    """Counts the columns whose 3CosMul score, b * c / (a + epsilon), is above a target.

    Both sides are multiplied by the divisor: it is positive, and may be so small that rounding would decide.
    The arguments are those of `count_sums`; the cosines of the table are moved to [0, 1], and the slack is
    that of the product.
    """
    epsilon = np.float32(EPSILON)
    for question in range(len(questions)):
        a, b, c = questions[question]
        target, least = targets[question], slack[question]
        n_possible = np.int32(0)
        n_certain = np.int32(0)
        for column in range(table.shape[1]):
            margin = table[b, column] * table[c, column] - target * (table[a, column] + epsilon)
            n_possible += margin > -least
            n_certain += margin > least
        counts[question, 0] = n_possible
        counts[question, 1] = n_certain
