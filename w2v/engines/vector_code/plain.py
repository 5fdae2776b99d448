"""What the vector code does, in NumPy: stand-ins for NUMBA_DISABLE_JIT=1, where no LLVM code can run.

Each takes the arguments of the intrinsic of its name; `place` is (w, start, stop), `arrays` are (centers,
contexts, negatives, input_table, output_table).
"""

import numpy as np

from w2v.engines.vector_code.windows import BLOCK


def is_one_block(contexts: np.ndarray, start: int, stop: int) -> bool:
    """Whether the window can be done as one block: few enough contexts, none of them twice."""
    return stop - start <= BLOCK and len(np.unique(contexts[start:stop])) == stop - start


def skipgram_block(
    dim: int,
    n_negatives: int,
    is_whole: bool,
    place: tuple[int, int, int],
    rate: float,
    arrays: tuple[np.ndarray, ...],
    scratch: np.ndarray,
) -> None:
    """One block of different contexts of a window; unless it is the whole, outputs change in `scratch`."""
    context_ids, output_ids, input_table, output_table = _ids_and_tables(place, arrays)
    inputs, outputs = input_table[context_ids], output_table[output_ids]
    gradients = _gradients(inputs @ outputs.T, output_ids, rate)  # (contexts, outputs)
    input_table[context_ids] += gradients @ outputs
    if is_whole:
        np.add.at(output_table, output_ids, gradients.T @ inputs)
    else:
        scratch += gradients.T @ inputs


def skipgram_pair(
    dim: int,
    n_negatives: int,
    place: tuple[int, int, int],
    rate: float,
    arrays: tuple[np.ndarray, ...],
    scratch: np.ndarray,
) -> None:
    """One context, with the negatives that were drawn for it."""
    centers, contexts, negatives, input_table, output_table = arrays
    w, m, _ = place
    pair = centers[w : w + 1], contexts[m : m + 1], negatives[m : m + 1], input_table, output_table
    skipgram_block(dim, n_negatives, True, (0, 0, 1), rate, pair, scratch)


def cbow_window(
    dim: int,
    n_negatives: int,
    place: tuple[int, int, int],
    rate: float,
    arrays: tuple[np.ndarray, ...],
    scratch: np.ndarray,
) -> None:
    """One window of CBOW."""
    context_ids, output_ids, input_table, output_table = _ids_and_tables(place, arrays)
    mean, outputs = input_table[context_ids].mean(axis=0), output_table[output_ids]
    gradients = _gradients(outputs @ mean, output_ids, rate)
    np.add.at(output_table, output_ids, np.outer(gradients, mean))
    np.add.at(input_table, context_ids, gradients @ outputs / np.float32(len(context_ids)))


def _ids_and_tables(
    place: tuple[int, int, int], arrays: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    w, start, stop = place
    centers, contexts, negatives, input_table, output_table = arrays
    return contexts[start:stop], np.append(centers[w], negatives[w]), input_table, output_table


def _gradients(scores: np.ndarray, output_ids: np.ndarray, rate: float) -> np.ndarray:
    """Gradients rate * (label - sigmoid(score)), float32; outputs along the last axis, the center first."""
    is_center = np.arange(len(output_ids)) == 0
    with np.errstate(over="ignore"):
        gradients = rate * (is_center - 1 / (1 + np.exp(-scores.astype(np.float64))))
    return np.where((output_ids == output_ids[0]) & ~is_center, 0, gradients).astype(np.float32)
