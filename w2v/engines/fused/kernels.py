"""The GPU's kernels, in Triton: words that survive subsampling, and one step for each of their windows.

Windows are those of `corpora.kernels.fill_windows`, bit for bit. Its random number n is a mix of the chunk's
state plus n times a constant, so that any of them can be drawn without those before it: a chunk is gone
through by one program, sentence by sentence, and its windows can then be trained on in any order.

Programs share the tables without locks. A row is read as it stands in the second-level cache, which all
programs share, and changes are added to it by atomic additions, so that none is lost. But a program does not
see the changes that others are about to make, and with too many of them vectors get worse or diverge.
So the steps are taken by a fixed number of programs, each one window after the other.

The slow twins are in tests/reference.py. Triton reads TRITON_INTERPRET=1 when this module is imported, and
runs the kernels in Python then, without a GPU.

Reference:
    Mikolov et al. 2013, "Distributed Representations of Words and Phrases", section 2.2.
    Steele, Lea and Flood 2014, "Fast Splittable Pseudorandom Number Generators" (SplitMix64).
"""

import triton
import triton.language as tl

GOLDEN_GAMMA = tl.constexpr(0x9E3779B97F4A7C15)
MIX_1 = tl.constexpr(0xBF58476D1CE4E5B9)
MIX_2 = tl.constexpr(0x94D049BB133111EB)
LOW_32 = tl.constexpr(0xFFFFFFFF)


@triton.jit(do_not_specialize=["draws_per_window"])
def keep_words(
    tokens,
    sentence_starts,
    first_sentences,
    last_sentences,
    slots,
    states,
    keep_thresholds,
    kept,
    places,
    lengths,
    counters,
    n_windows,
    draws_per_window,
    BLOCK: tl.constexpr,
):
    """Subsamples the sentences of one chunk; every word kept of two or more in a sentence is a window.

    Args:
        tokens: int32 (N,), of the corpus.
        sentence_starts: int64 (S + 1,), places in `tokens`.
        first_sentences: int64 (chunks,), of each chunk.
        last_sentences: int64 (chunks,), the first one behind each chunk.
        slots: int64 (chunks,), where each chunk begins in the arrays that are written.
        states: int64 (chunks,), the bits of the state of each chunk's random numbers.
        keep_thresholds: int32 (V,), the bits of those of `WindowSampler`.
        kept: int32 (slots,), the words, sentence after sentence.
        places: int32 (slots,), of each among those kept of its sentence.
        lengths: int32 (slots,), words kept of its sentence.
        counters: int64 (slots,), the state before the random numbers of its window.
        n_windows: int32 (chunks,), written for each chunk.
        draws_per_window: random numbers that each window takes.
        BLOCK: tokens at a time.
    """
    chunk = tl.program_id(0)
    slot = tl.load(slots + chunk)
    counter = tl.load(states + chunk).to(tl.uint64, bitcast=True)
    lane = tl.arange(0, BLOCK)
    n_filled = 0
    for sentence in range(tl.load(first_sentences + chunk), tl.load(last_sentences + chunk)):
        start = tl.load(sentence_starts + sentence)
        n_tokens = (tl.load(sentence_starts + sentence + 1) - start).to(tl.int32)
        n_kept = 0
        for first in range(0, n_tokens, BLOCK):
            is_token = first + lane < n_tokens
            word = tl.load(tokens + start + first + lane, mask=is_token, other=0)
            threshold = tl.load(keep_thresholds + word, mask=is_token, other=0)
            draw = _mix(counter + (first + lane + 1).to(tl.uint64) * GOLDEN_GAMMA) >> 32
            stays = (is_token & (draw <= threshold.to(tl.uint32, bitcast=True).to(tl.uint64))).to(tl.int32)
            target = kept + slot + n_filled + n_kept + tl.cumsum(stays, axis=0) - stays
            tl.store(target, word, mask=stays != 0)
            n_kept += tl.sum(stays, axis=0)
        counter += n_tokens.to(tl.uint64) * GOLDEN_GAMMA
        if n_kept >= 2:  # a lone word has no context; the next sentence takes its slot
            for first in range(0, n_kept, BLOCK):
                place = first + lane
                target = slot + n_filled + place
                draws = (place * draws_per_window).to(tl.uint64)
                state = (counter + draws * GOLDEN_GAMMA).to(tl.int64, bitcast=True)
                tl.store(places + target, place, mask=place < n_kept)
                tl.store(lengths + target, n_kept, mask=place < n_kept)
                tl.store(counters + target, state, mask=place < n_kept)
            counter += (n_kept * draws_per_window).to(tl.uint64) * GOLDEN_GAMMA
            n_filled += n_kept
        tl.debug_barrier()  # before another thread writes over a lone word
    tl.store(n_windows + chunk, n_filled)


@triton.jit(do_not_specialize=["n_chunks", "most_windows", "n_words", "window"])  # a 1 would be no tensor
def skipgram_step(
    n_chunks,
    most_windows,
    slots,
    kept,
    places,
    lengths,
    counters,
    n_windows,
    rates,
    noise,
    n_words,
    window,
    input_table,
    output_table,
    n_measured,
    losses,
    n_predictions,
    SHRINK: tl.constexpr,
    D: tl.constexpr,
    K: tl.constexpr,
    DIMS: tl.constexpr,
    OUTPUTS: tl.constexpr,
):
    """Skip-gram steps on the windows of some chunks, taken by all programs in turn.

    Each context's input row predicts the center. Output rows change when the window's last one is done.

    Args:
        n_chunks: how many chunks.
        most_windows: that a chunk can have.
        slots, kept, places, lengths, counters, n_windows: as `keep_words` has left them.
        rates: float32 (chunks,), learning rates.
        noise: int64 (V,), the bits of `corpora.sampling.AliasTable.packed`.
        n_words: V.
        window: largest distance between center and context.
        input_table: float32 (V, D).
        output_table: float32 (V, D).
        n_measured: int32 (chunks,), windows at the start of each chunk whose loss is wanted.
        losses: float32 (chunks,), to which their losses are added.
        n_predictions: int32 (chunks,), to which their predictions are added.
        SHRINK: draw each window's width, or take full windows.
        D: columns of the tables.
        K: negatives of each window.
        DIMS: the power of two that is D or the next above it.
        OUTPUTS: the same for 1 + K.
    """
    for index in range(tl.program_id(0), n_chunks * most_windows, tl.num_programs(0)):
        chunk, w = index % n_chunks, index // n_chunks
        if w < tl.load(n_windows + chunk):
            slot = tl.load(slots + chunk) + w
            n_left, n_right, counter = _reach(slot, places, lengths, counters, window, SHRINK)
            ids, counts = _draw_outputs(tl.load(kept + slot), counter, noise, n_words, K, OUTPUTS)
            output_places, in_outputs = _output_places(ids, D, K, DIMS, OUTPUTS)
            outputs = tl.load(output_table + output_places, mask=in_outputs, other=0.0, cache_modifier=".cg")
            changes = tl.zeros((OUTPUTS, DIMS), tl.float32)
            column = tl.arange(0, DIMS)
            rate = tl.load(rates + chunk)
            loss = 0.0
            for i in range(0, n_left + n_right):
                context = tl.load(kept + slot - n_left + i + (i >= n_left).to(tl.int32)).to(tl.int64)
                row = input_table + context * D + column
                hidden = tl.load(row, mask=column < D, other=0.0, cache_modifier=".cg")
                gradients, cost = _gradients(outputs, hidden, counts, rate, OUTPUTS)
                loss += cost
                change = tl.sum(gradients[:, None] * outputs, axis=0)
                tl.atomic_add(row, change, mask=column < D, sem="relaxed")
                changes += gradients[:, None] * hidden[None, :]
            tl.atomic_add(output_table + output_places, changes, mask=in_outputs, sem="relaxed")
            if w < tl.load(n_measured + chunk):
                tl.atomic_add(losses + chunk, loss, sem="relaxed")
                tl.atomic_add(n_predictions + chunk, n_left + n_right, sem="relaxed")


@triton.jit(do_not_specialize=["n_chunks", "most_windows", "n_words", "window"])  # a 1 would be no tensor
def cbow_step(
    n_chunks,
    most_windows,
    slots,
    kept,
    places,
    lengths,
    counters,
    n_windows,
    rates,
    noise,
    n_words,
    window,
    input_table,
    output_table,
    n_measured,
    losses,
    n_predictions,
    SHRINK: tl.constexpr,
    D: tl.constexpr,
    K: tl.constexpr,
    DIMS: tl.constexpr,
    OUTPUTS: tl.constexpr,
):
    """CBOW steps, called as `skipgram_step`: the mean of a window's input rows predicts the center.

    Each occurrence of a context gets 1/n of the change, the true gradient of the mean.
    """
    for index in range(tl.program_id(0), n_chunks * most_windows, tl.num_programs(0)):
        chunk, w = index % n_chunks, index // n_chunks
        if w < tl.load(n_windows + chunk):
            slot = tl.load(slots + chunk) + w
            n_left, n_right, counter = _reach(slot, places, lengths, counters, window, SHRINK)
            ids, counts = _draw_outputs(tl.load(kept + slot), counter, noise, n_words, K, OUTPUTS)
            output_places, in_outputs = _output_places(ids, D, K, DIMS, OUTPUTS)
            outputs = tl.load(output_table + output_places, mask=in_outputs, other=0.0, cache_modifier=".cg")
            column = tl.arange(0, DIMS)
            hidden = tl.zeros((DIMS,), tl.float32)
            share = 1.0 / (n_left + n_right)
            for i in range(0, n_left + n_right):
                context = tl.load(kept + slot - n_left + i + (i >= n_left).to(tl.int32)).to(tl.int64)
                row = input_table + context * D + column
                hidden += share * tl.load(row, mask=column < D, other=0.0, cache_modifier=".cg")
            gradients, loss = _gradients(outputs, hidden, counts, tl.load(rates + chunk), OUTPUTS)
            change = share * tl.sum(gradients[:, None] * outputs, axis=0)
            for i in range(0, n_left + n_right):
                context = tl.load(kept + slot - n_left + i + (i >= n_left).to(tl.int32)).to(tl.int64)
                tl.atomic_add(input_table + context * D + column, change, mask=column < D, sem="relaxed")
            changes = gradients[:, None] * hidden[None, :]
            tl.atomic_add(output_table + output_places, changes, mask=in_outputs, sem="relaxed")
            if w < tl.load(n_measured + chunk):
                tl.atomic_add(losses + chunk, loss, sem="relaxed")
                tl.atomic_add(n_predictions + chunk, 1, sem="relaxed")


@triton.jit
def _mix(counter):
    """The random number of a counter that rises by GOLDEN_GAMMA: SplitMix64, of uint64."""
    counter = (counter ^ (counter >> 30)) * MIX_1
    counter = (counter ^ (counter >> 27)) * MIX_2
    return counter ^ (counter >> 31)


@triton.jit
def _reach(slot, places, lengths, counters, window, SHRINK: tl.constexpr):
    """Contexts on the left and on the right of a window, and the counter before its negatives are drawn."""
    place, length = tl.load(places + slot), tl.load(lengths + slot)
    counter = tl.load(counters + slot).to(tl.uint64, bitcast=True)
    reach = window
    if SHRINK:
        counter += GOLDEN_GAMMA
        reach = 1 + ((_mix(counter) >> 32) * window.to(tl.uint64) >> 32).to(tl.int32)
    return tl.minimum(place, reach), tl.minimum(length - 1 - place, reach), counter


@triton.jit
def _draw_outputs(center, counter, noise, n_words, K: tl.constexpr, OUTPUTS: tl.constexpr):
    """The center and the K negatives, int64 (OUTPUTS,), and which of them count.

    A negative equal to the center does not, nor does what is behind the K-th.
    """
    k = tl.arange(0, OUTPUTS)
    random = _mix(counter + k.to(tl.uint64) * GOLDEN_GAMMA)  # the first negative is number 1
    index = (random >> 32) * n_words.to(tl.uint64) >> 32
    entry = tl.load(noise + index.to(tl.int64)).to(tl.uint64, bitcast=True)
    drawn = tl.where((random & LOW_32) < (entry >> 32), index, entry & LOW_32).to(tl.int64)
    ids = tl.where(k == 0, center.to(tl.int64), drawn)
    return ids, (k == 0) | ((ids != center) & (k <= K))


@triton.jit
def _output_places(ids, D: tl.constexpr, K: tl.constexpr, DIMS: tl.constexpr, OUTPUTS: tl.constexpr):
    """Places of the output rows' numbers in their table, int64 (OUTPUTS, DIMS), and which there are."""
    column = tl.arange(0, DIMS)
    is_there = (tl.arange(0, OUTPUTS) <= K)[:, None] & (column < D)[None, :]
    return ids[:, None] * D + column[None, :], is_there


@triton.jit
def _gradients(outputs, hidden, counts, rate, OUTPUTS: tl.constexpr):
    """Rate times (label - sigmoid(score)) for each output, float32 (OUTPUTS,), and the loss of them all."""
    scores = tl.sum(outputs * hidden[None, :], axis=1)
    is_center = tl.arange(0, OUTPUTS) == 0
    wrong = tl.where(is_center, -scores, scores)  # the loss is log(1 + exp(wrong)), the stable way:
    costs = tl.maximum(wrong, 0.0) + tl.log(1.0 + tl.exp(-tl.abs(wrong)))
    gradients = tl.where(is_center, 1.0, 0.0) - tl.sigmoid(scores)
    return tl.where(counts, rate * gradients, 0.0), tl.sum(tl.where(counts, costs, 0.0), axis=0)
