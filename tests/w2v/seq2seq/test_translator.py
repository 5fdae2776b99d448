"""Sentences in, sentences out: in order, empty ones empty, and the same whatever their company."""

import numpy as np
import pytest
import torch

from tests.w2v.seq2seq.toy import SMALL, letters, small_translator
from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.translator import TRANSLATED_AT_ONCE, build_model


def lively(**settings):
    """A translator that says something: weights as large as those of a trained one."""
    translator = small_translator(**settings)
    rng = np.random.default_rng(5)
    with torch.no_grad():
        for name, weight in translator.model.named_parameters():
            if "embedding" not in name:
                weight.copy_(torch.from_numpy(rng.normal(0, 1.2, weight.shape)))
    return translator


@pytest.mark.parametrize("beam", [1, 3])
def test_translations_stand_where_their_sentences_do(beam):
    """More than are translated at once, of all lengths, empty ones among them: each as by itself."""
    translator, rng = lively(attention=True), np.random.default_rng(1)
    sentences = [[*rng.choice(list("abcdefghi"), n)] for n in rng.integers(0, 6, TRANSLATED_AT_ONCE + 20)]
    seen = []

    found = translator.translate(sentences, beam=beam, report=lambda done, total: seen.append((done, total)))

    assert [words == [] for words in found].count(False) > 40
    assert all(found[place] == [] for place, words in enumerate(sentences) if not words)
    for place in range(0, len(sentences), 9):
        assert found[place] == translator.translate([sentences[place]], beam=beam)[0]
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1][0] == sum(map(bool, sentences))


def test_nothing_to_translate():
    """No sentence has no translation, and empty ones have empty ones."""
    assert small_translator().translate([]) == []
    assert small_translator().translate([[], []]) == [[], []]


def test_a_sentence_that_is_not_split_into_words_is_refused():
    """A string would be read letter by letter, and translated into something."""
    with pytest.raises(TypeError, match=r"sentence\.split\(\)"):
        small_translator().translate(["a b c"])


def test_unknown_words_are_read_and_never_said():
    """A word that the model does not know is <unk> to it, and <unk> is in no translation."""
    translator = lively()

    known = {word for words in translator.translate([["new"], ["<unk>"], ["<eos>"]]) for word in words}
    same = translator.translate([["new"], ["<pad>"]])

    assert known
    assert known <= set(translator.target.tokens[4:])
    assert same[0] == same[1]


def test_a_new_model_follows_from_its_seed_alone():
    """Torch's own random state plays no part, and stays as it was."""
    config = Seq2SeqConfig(**SMALL, layers=2)
    torch.manual_seed(1)
    first = build_model(config, letters(3), letters(4))
    torch.manual_seed(2)
    state = torch.get_rng_state()
    again = build_model(config, letters(3), letters(4))

    assert torch.equal(torch.get_rng_state(), state)
    for weight, other in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(weight, other)


def test_the_settings_are_described():
    """With the words that each side knows, the specials counted."""
    described = small_translator(attention=True).describe()

    assert (described["attention"], described["source_words"], described["target_words"]) == (True, 13, 11)
