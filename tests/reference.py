"""Slow, obvious twins of the compiled functions: plain loops, float64, no cleverness.

A twin is what its kernel is compared with, so it must be readable as the definition of what is right.
"""

import math
import unicodedata
from collections import Counter

import numpy as np


def sigmoid(score):
    """1 / (1 + exp(-score)) in float64, saturating without overflow; NaN stays NaN."""
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-np.float64(score)))


def window_of(windows, w):
    """Context ids and output ids of window w; the outputs are the center, then the negatives."""
    centers, contexts, offsets, negatives = windows
    return contexts[offsets[w] : offsets[w + 1]], [centers[w], *negatives[w]]


def output_gradients(hidden, output_rows, output_ids, learning_rate):
    """Rate times (label - sigmoid) for each output; a negative equal to the center is skipped."""
    gradients = np.zeros(len(output_ids))
    for k, output_id in enumerate(output_ids):
        label = 1.0 if k == 0 else 0.0
        if k == 0 or output_id != output_ids[0]:
            gradients[k] = learning_rate * (label - sigmoid(hidden @ output_rows[k]))
    return gradients


def reference_skipgram_step(windows, input_table, output_table, learning_rate):
    """Skip-gram with the negatives of a window shared by its contexts; tables float64, in place."""
    for w in range(len(windows[0])):
        context_ids, output_ids = window_of(windows, w)
        output_rows = output_table[output_ids].copy()
        deltas = np.zeros_like(output_rows)
        for context_id in context_ids:
            hidden = input_table[context_id].copy()
            gradients = output_gradients(hidden, output_rows, output_ids, learning_rate)
            for k in range(len(output_ids)):
                deltas[k] += gradients[k] * hidden
                input_table[context_id] += gradients[k] * output_rows[k]
        for k, output_id in enumerate(output_ids):
            output_table[output_id] += deltas[k]


def reference_skipgram_pairs_step(windows, input_table, output_table, learning_rate):
    """Skip-gram with negatives (M, K) drawn for each pair: every pair is a window of one context."""
    centers, contexts, offsets, negatives = windows
    for w, center in enumerate(centers):
        for m in range(offsets[w], offsets[w + 1]):
            pair = [center], contexts[m : m + 1], [0, 1], negatives[m : m + 1]
            reference_skipgram_step(pair, input_table, output_table, learning_rate)


def reference_cbow_step(windows, input_table, output_table, learning_rate):
    """CBOW with the true gradient of the mean: each occurrence of a context gets 1/n of the step."""
    for w in range(len(windows[0])):
        context_ids, output_ids = window_of(windows, w)
        output_rows = output_table[output_ids].copy()
        hidden = np.zeros(input_table.shape[1])
        for context_id in context_ids:
            hidden += input_table[context_id] / len(context_ids)
        gradients = output_gradients(hidden, output_rows, output_ids, learning_rate)
        for k, output_id in enumerate(output_ids):
            output_table[output_id] += gradients[k] * hidden
        for context_id in context_ids:
            for k in range(len(output_ids)):
                input_table[context_id] += gradients[k] * output_rows[k] / len(context_ids)


def reference_loss(windows, input_table, output_table, architecture):
    """Sum over all predictions of -log sigmoid of the center's score and of minus those of other negatives.

    Skip-gram predicts from each context, CBOW from their mean; negatives are (W, K), or (M, K) of pairs.
    """
    centers, contexts, offsets, negatives = windows
    loss = 0.0
    for w, center in enumerate(centers):
        places = range(offsets[w], offsets[w + 1])
        hiddens = [(input_table[contexts[m]], w if len(negatives) == len(centers) else m) for m in places]
        if architecture == "cbow":
            hiddens = [(sum(hidden for hidden, _ in hiddens) / len(hiddens), w)]
        for hidden, row in hiddens:
            scores = [hidden @ output_table[center]]
            scores += [-hidden @ output_table[other] for other in negatives[row] if other != center]
            loss += sum(math.log1p(math.exp(-float(score))) for score in scores)
    return loss


# Twins of the room `corpora`: text to ids, distributions, windows.

BLANKS = b" \t\n\v\f\r\0"
LONGEST_WORD = 1000  # bytes
MASK_64 = 2**64 - 1


def reference_sentences(data):
    """Lists of words (bytes), one for each line: what stands between blanks and is not too long."""
    sentences = []
    for line in data.split(b"\n"):
        for blank in BLANKS:
            line = line.replace(bytes([blank]), b" ")
        sentences.append([word for word in line.split(b" ") if 0 < len(word) <= LONGEST_WORD])
    return sentences


def reference_vocabulary(sentences, min_count=1, max_words=None):
    """Pairs (word, count), the most frequent first, ties by their bytes."""
    counts = Counter(word for sentence in sentences for word in sentence)
    kept = [(word, count) for word, count in counts.items() if count >= min_count]
    return sorted(kept, key=lambda pair: (-pair[1], pair[0]))[:max_words]


def reference_encode(sentences, pairs, longest=10_000):
    """Tokens of all sentences, and offsets of those that hold one; long ones are split, nothing is lost."""
    ids = {word: word_id for word_id, (word, _) in enumerate(pairs)}
    tokens, offsets = [], [0]
    for sentence in sentences:
        kept = [ids[word] for word in sentence if word in ids]
        for start in range(0, len(kept), longest):
            tokens += kept[start : start + longest]
            offsets.append(len(tokens))
    return tokens, offsets


def reference_words_only(text):
    """The text with all that belongs to no word made a space; ' ’ and _ stay between two word characters."""

    def is_word(place):
        character = text[place : place + 1]
        return character and (unicodedata.category(character)[0] in "LMN" or character in "\u200c\u200d")

    kept = []
    for place, character in enumerate(text):
        is_inside = place > 0 and is_word(place - 1) and character in "'’_" and is_word(place + 1)
        kept.append(character if is_word(place) or is_inside or character == "\n" else " ")
    return "".join(kept)


def reference_keep_probabilities(counts, threshold):
    """min(1, sqrt(t / f) + t / f) for the share f of each word."""
    shares = [count / sum(counts) for count in counts]
    return [min(1.0, math.sqrt(threshold / f) + threshold / f) if threshold else 1.0 for f in shares]


def reference_noise(counts, exponent):
    """count^exponent of each word, divided by the sum of them all."""
    weights = [count**exponent for count in counts]
    return [weight / sum(weights) for weight in weights]


def mix64(number):
    """The mixing function of SplitMix64 (Steele, Lea and Flood 2014), with Python's own integers."""
    number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9 & MASK_64
    number = (number ^ (number >> 27)) * 0x94D049BB133111EB & MASK_64
    return number ^ (number >> 31)


def splitmix64(state):
    """Endless 64-bit random numbers."""
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK_64
        yield mix64(state)


def reference_state(*numbers):
    """Where the random numbers of (seed, epoch, chunk) start."""
    state = 0
    for number in numbers:
        state = mix64(((state ^ (number & MASK_64)) + 0x9E3779B97F4A7C15) & MASK_64)
    return state


def reference_draw(packed, random):
    """The word of one draw from an alias table: the row by the high half, kept or not by the low half."""
    row = (random >> 32) * len(packed) >> 32
    threshold, alias = int(packed[row]) >> 32, int(packed[row]) & 0xFFFFFFFF
    return row if random & 0xFFFFFFFF < threshold else alias


def reference_windows(sentences, keep, packed, randoms, *, window, n_negatives, shrink, share_negatives=True):
    """A list of (center, contexts, negatives) for the sentences of one chunk, in the fixed order of draws.

    Negatives are a list for the window, or a list of such for its contexts where they are not shared.

    `keep` are chances; 32 bits are compared with each, rounded to a multiple of 2^-32 that is not 0.
    """
    windows = []
    for sentence in sentences:
        kept = [w for w in sentence if next(randoms) >> 32 < max(1, round(float(keep[w]) * 2**32))]
        if len(kept) < 2:
            continue
        for place, center in enumerate(kept):
            reach = 1 + ((next(randoms) >> 32) * window >> 32) if shrink else window
            before, behind = kept[max(0, place - reach) : place], kept[place + 1 : place + 1 + reach]
            contexts = before + behind
            negatives = [
                [reference_draw(packed, next(randoms)) for _ in range(n_negatives)]
                for _ in range(1 if share_negatives else len(contexts))
            ]
            windows.append((center, contexts, negatives[0] if share_negatives else negatives))
    return windows


def reference_count_sums(table, questions, targets, slack, counts):
    """Columns whose b - a + c is above target - slack, and above target + slack."""
    for question, (a, b, c) in enumerate(questions):
        scores = table[b].astype(np.float64) - table[a] + table[c]
        counts[question] = [
            sum(score > targets[question] - slack[question] for score in scores),
            sum(score > targets[question] + slack[question] for score in scores),
        ]


def reference_count_products(table, questions, targets, slack, counts):
    """Columns whose b * c is above target * (a + 1e-6) by more than -slack, and by more than slack."""
    for question, (a, b, c) in enumerate(questions):
        divisors = table[a].astype(np.float64) + 1e-6
        margins = table[b].astype(np.float64) * table[c] - targets[question] * divisors
        counts[question] = [
            sum(margin > -slack[question] for margin in margins),
            sum(margin > slack[question] for margin in margins),
        ]


def fasttext_ngram_rows(word, shortest, longest, *, first_row, n_buckets):
    """Rows of the n-grams of a word in fastText's table: FNV-1a over signed bytes, modulo buckets."""
    letters, rows = [f"<{word}>"[i] for i in range(len(word) + 2)], []
    for start in range(len(letters)):
        for length in range(shortest, longest + 1):
            if start + length > len(letters) or (length == 1 and start in (0, len(letters) - 1)):
                continue
            hashed = 2166136261
            for byte in "".join(letters[start : start + length]).encode():
                signed = byte if byte < 128 else byte | 0xFFFFFF00
                hashed = (hashed ^ signed) * 16777619 % 2**32
            rows.append(first_row + hashed % n_buckets)
    return rows


def reference_lstm(rows, weights, hidden, cell):
    """One direction of one LSTM layer, word by word: the outputs, and the two states at the end.

    `weights` are nn.LSTM's of the layer: (4H, E), (4H, H) and two biases (4H,), in the order of its gates
    input, forget, cell, output.
    """
    from_input, from_hidden, input_bias, hidden_bias = weights
    outputs = []
    for row in rows:
        gates = from_input @ row + input_bias + from_hidden @ hidden + hidden_bias
        input_gate, forget_gate, candidate, output_gate = np.split(gates, 4)
        cell = sigmoid(forget_gate) * cell + sigmoid(input_gate) * np.tanh(candidate)
        hidden = sigmoid(output_gate) * np.tanh(cell)
        outputs.append(hidden)
    return np.array(outputs), hidden, cell


def reference_attention(query, outputs):
    """Luong's global attention with the score "dot", of one query over the outputs of one sentence."""
    scores = np.array([query @ output for output in outputs])
    weights = np.exp(scores - scores.max())
    return sum(weight * output for weight, output in zip(weights / weights.sum(), outputs, strict=True))


def reference_beam_search(next_scores, beam, limit, length_power, end, forbidden):
    """The words that beam search finds, and its score.

    `next_scores` tells the log probability of each word behind given words. At each length every beginning is
    continued by every word, a finished one stays as it is, and the `beam` best are kept.
    """
    kept = [((), 0.0, False)]
    for length in range(1, limit + 1):
        grown = [entry for entry in kept if entry[2]]
        for words, log_probability, _ in (entry for entry in kept if not entry[2]):
            for word, score in enumerate(next_scores(words)):
                if word not in forbidden:
                    is_finished = word == end or length == limit
                    grown.append(((*words, word), log_probability + score, is_finished))
        grown.sort(key=lambda entry: -entry[1] / len(entry[0]) ** length_power)
        kept = grown[:beam]
        if all(is_finished for _, _, is_finished in kept):
            break
    words, log_probability, _ = kept[0]
    return [word for word in words if word != end], log_probability / len(words) ** length_power


def reference_cross_entropy(logits, targets):
    """Sum over a sentence of -log softmax(logits)[target], float64."""
    total = 0.0
    for scores, target in zip(np.asarray(logits, dtype=np.float64), targets, strict=True):
        largest = scores.max()
        total += largest + math.log(sum(math.exp(score - largest) for score in scores)) - scores[target]
    return total
