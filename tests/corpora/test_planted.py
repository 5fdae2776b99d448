"""The planted corpus: its text, its vocabulary, and the questions and scores that it plants."""

import itertools
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from gensim.models import Word2Vec
from scipy.stats import spearmanr

from corpora import planted


def text_of(n_words, **settings):
    """The whole text as bytes."""
    return b"".join(planted.generate(n_words, **settings))


def asked_words():
    """Every word of a question or of a scored pair."""
    questions = itertools.chain.from_iterable(questions for _, questions in planted.analogies())
    pairs = (pair[:2] for pair in planted.similarities())
    return set(itertools.chain.from_iterable(itertools.chain(questions, pairs)))


@pytest.fixture(scope="module")
def text():
    """600 thousand words with the default settings."""
    return text_of(600_000)


@pytest.fixture(scope="module")
def planted_vocabulary():
    """Every word but the generated names; a corpus with a single name has no other name than that."""
    return set(text_of(300_000, n_filler_words=1).split()) - {b"baba"}


@pytest.fixture(scope="module")
def word_vectors(text):
    """Skip-gram vectors of the text, by gensim."""
    sentences = [line.split() for line in text.decode().splitlines()]
    return Word2Vec(
        sentences, vector_size=100, window=5, sg=1, sample=1e-3, min_count=5, workers=2, seed=1
    ).wv


@pytest.mark.parametrize("n_words", [1, 2, 1000, 180_000, 400_001])
def test_text_has_the_words_asked_for(n_words):
    """The blocks hold exactly n_words words together."""
    text = text_of(n_words)

    assert len(text.split()) == n_words


def test_same_arguments_give_the_same_blocks():
    """Two calls agree in every byte and in where the blocks end."""
    first = list(planted.generate(400_000, seed=3))
    second = list(planted.generate(400_000, seed=3))

    assert first == second


def test_other_seed_gives_other_text():
    """The text depends on the seed, from the first block on."""
    assert text_of(1000, seed=1) != text_of(1000, seed=2)


def test_blocks_of_one_text_differ():
    """No block repeats an earlier one."""
    blocks = list(planted.generate(1_000_000))

    assert len(set(blocks)) == len(blocks)


def test_longer_text_starts_with_the_shorter_one(text):
    """All but the last line break of a shorter text is a prefix of a longer one."""
    shorter = text_of(250_000)

    assert text.startswith(shorter[:-1])


def test_blocks_are_whole_lines_of_about_one_megabyte():
    """A block ends in a line break, and all but the last are of about a megabyte."""
    blocks = list(planted.generate(600_000))

    assert all(block.endswith(b"\n") for block in blocks)
    assert all(0.8e6 < len(block) < 1.2e6 for block in blocks[:-1])


def test_lines_are_lower_case_words_with_one_space_between(text):
    """No empty line, no space at a line's end, no double space, and no other byte than a to z."""
    lines = text.decode("ascii").splitlines()

    assert all(line == " ".join(line.split()) and line for line in lines)
    assert set(text) - set(b" \n") <= set(b"abcdefghijklmnopqrstuvwxyz")


def test_blocks_are_made_when_asked_for():
    """The first block of a text far larger than any disk comes at once."""
    block = next(planted.generate(10**15))

    assert len(block) < 2e6


def test_memory_does_not_grow_with_the_text():
    """Ten blocks need no more memory at their peak than two."""

    def peak_bytes(n_words):
        tracemalloc.start()
        for _ in planted.generate(n_words):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak_bytes(2_000_000) < 1.1 * peak_bytes(400_000)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"n_words": 0}, "n_words"),
        ({"n_words": 1, "seed": -1}, "seed"),
        ({"n_words": 1, "n_filler_words": 0}, "n_filler_words"),
        ({"n_words": 1, "n_filler_words": 8_000_001}, "n_filler_words"),
    ],
)
def test_argument_out_of_range_is_named_before_the_first_block(arguments, name):
    """The call itself fails, not the first use of the iterator."""
    with pytest.raises(ValueError, match=name):
        planted.generate(**arguments)


def test_most_frequent_word_has_the_share_it_has_in_english(text):
    """The word "the" leads, with 5 to 7 percent of all words."""
    word, count = Counter(text.split()).most_common(1)[0]

    assert word == b"the"
    assert 0.05 < count / 600_000 < 0.07


def test_filler_words_follow_zipf(planted_vocabulary):
    """Beyond the first ranks, the count of a generated word falls as 1 / rank."""
    counts = Counter(text_of(1_000_000).split())
    filler_counts = np.array([n for word, n in counts.most_common() if word not in planted_vocabulary])

    ranks = np.geomspace(20, 1000, 30).astype(int)
    slope, _ = np.polyfit(np.log(ranks), np.log(filler_counts[ranks]), 1)

    assert -1.1 < slope < -0.85


@pytest.mark.parametrize("n_filler_words", [10, 2000])
def test_vocabulary_has_the_filler_words_asked_for(planted_vocabulary, n_filler_words):
    """A text long enough has every planted word and exactly the asked number of generated ones."""
    vocabulary = set(text_of(1_500_000, n_filler_words=n_filler_words).split())

    assert planted_vocabulary <= vocabulary
    assert len(vocabulary - planted_vocabulary) == n_filler_words


def test_generated_names_are_distinct_and_not_planted():
    """No word stands twice in the table, not even among names of different numbers of syllables."""
    table = planted._grammar(300_000).word_table

    assert len(np.unique(table)) == len(table)


def test_words_leave_room_for_the_separator():
    """The last byte of a row of the word table is free, so no word is cut."""
    table = planted._grammar(300_000).word_table

    assert np.char.str_len(table).max() < planted.WORD_BYTES


def test_asked_words_are_frequent_in_a_small_corpus():
    """Every word of a question or of a pair occurs 20 times or more among 300 thousand words."""
    counts = Counter(text_of(300_000).decode().split())

    assert min(counts[word] for word in asked_words()) >= 20


def test_planted_words_play_one_part():
    """No word is in two members or two groups, nor a planted word and a topic: nothing is ambiguous."""
    members = [member for family in planted.FAMILIES for member in planted._members(family)]
    groups = {group for _, _, group in members}

    words = [*itertools.chain.from_iterable((*words, *topics) for words, topics, _ in members)]
    words += itertools.chain.from_iterable(groups)

    assert len(set(words)) == len(words)


def test_sections_are_named_and_of_some_hundred_questions():
    """The sections of the corpus, each with at least two hundred questions."""
    sections = dict(planted.analogies())

    assert list(sections) == [
        "capital-country",
        "family",
        "past-tense",
        "plural",
        "comparative",
        "superlative",
    ]
    assert min(map(len, sections.values())) >= 200


def test_questions_have_four_distinct_words():
    """No question has its answer among its words, and none is asked twice."""
    questions = [question for _, questions in planted.analogies() for question in questions]

    assert all(len(set(question)) == 4 for question in questions)
    assert len(set(questions)) == len(questions)


def test_question_lines_read_back_as_the_questions():
    """The lines are Google's format: a section line, then four words a line."""
    sections = {}
    for line in planted.question_lines():
        if line.startswith(": "):
            questions = sections.setdefault(line[2:-1], [])
        else:
            questions.append(tuple(line.split()))

    assert sections == {name: list(questions) for name, questions in planted.analogies()}


def test_scores_fall_with_what_two_words_share():
    """Group and role, then role, then family, then nothing; and one's own member before another."""
    scores = {frozenset(words): score for *words, score in planted.similarities()}

    capitals, far_capitals, member, neighbour, far, stranger = (
        scores[frozenset(("paris", other))]
        for other in ("rome", "hanoi", "france", "italy", "vietnam", "king")
    )

    assert 1 > capitals > far_capitals > far > stranger == 0
    assert 1 > member > neighbour > far


def test_scored_pairs_are_distinct_and_graded():
    """No pair is scored twice, and there are many levels between 0 and 1."""
    pairs = planted.similarities()

    assert len({frozenset(words) for *words, _ in pairs}) == len(pairs)
    assert len({score for *_, score in pairs}) >= 10
    assert all(0 <= score <= 1 for *_, score in pairs)


def test_skip_gram_solves_the_analogies(word_vectors):
    """With the settings of the demo, gensim answers nine in ten questions over the whole vocabulary."""
    unit = word_vectors.get_normed_vectors()
    ids = word_vectors.key_to_index
    questions = np.array(
        [[ids[word] for word in question] for _, qs in planted.analogies() for question in qs]
    )

    scores = (unit[questions[:, 1]] - unit[questions[:, 0]] + unit[questions[:, 2]]) @ unit.T
    np.put_along_axis(scores, questions[:, :3], -np.inf, axis=1)

    assert np.mean(scores.argmax(axis=1) == questions[:, 3]) >= 0.9


def test_skip_gram_orders_the_pairs(word_vectors):
    """The cosines of gensim's vectors rank the pairs much as the construction does."""
    pairs = planted.similarities()
    cosines = [word_vectors.similarity(word_1, word_2) for word_1, word_2, _ in pairs]

    correlation = spearmanr(cosines, [score for *_, score in pairs])[0]

    assert correlation >= 0.6
