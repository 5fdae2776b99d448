"""Sentence pairs and small models that the tests of the Seq2Seq room share."""

import numpy as np

from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.translator import Translator, build_model
from w2v.seq2seq.vocabulary import TokenVocabulary
from w2v.vectors import Vectors

CHINESE = (
    "我 喜欢 喝 茶 。",
    "她 住 在 北京 。",
    "今天 天气 很 好 。",
    "他们 明天 去 学校 。",
    "你 会 说 中文 吗 ？",
)
ENGLISH = (
    "i like to drink tea .",
    "she lives in beijing .",
    "the weather is very nice today .",
    "they are going to school tomorrow .",
    "can you speak chinese ?",
)
TOY = ["--min-count", "1", "--hidden", "64", "--source-dim", "32", "--target-dim", "32", "--epochs", "40"]
TOY += ["--batch-pairs", "5", "--dropout", "0", "--learning-rate", "0.01"]
TOY_CONFIG = Seq2SeqConfig(
    source_dim=32, target_dim=32, hidden=64, dropout=0.0, batch_pairs=5, epochs=40, learning_rate=0.01
)
SMALL = {"source_dim": 6, "target_dim": 6, "hidden": 8, "dropout": 0.0, "label_smoothing": 0.0}
VARIANTS = (
    {},
    {"bidirectional": True},
    {"layers": 2},
    {"attention": True},
    {"tied": True},
    {"share_embeddings": True},
    {"bidirectional": True, "layers": 2, "attention": True, "tied": True, "share_embeddings": True},
)


def write_pairs(folder, source=CHINESE, target=ENGLISH, names=("source.txt", "target.txt")):
    """Writes two files of lines, and returns their paths."""
    paths = [str(folder / name) for name in names]
    for path, lines in zip(paths, (source, target), strict=True):
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    return paths


def letters(n_words, first="a"):
    """A vocabulary of n words of one letter."""
    return TokenVocabulary(chr(ord(first) + number) for number in range(n_words))


def small_translator(n_source=9, n_target=7, **settings):
    """An untrained translator of a small model, in evaluation mode."""
    config = Seq2SeqConfig(**SMALL | settings)
    source = letters(n_source)
    target = source if config.share_embeddings else letters(n_target, first="n")
    return Translator(build_model(config, source, target).eval(), source, target, config)


def random_sentences(n_sentences, n_words, *, longest=6, seed=0):
    """Lists of ids of words, the specials left out."""
    rng = np.random.default_rng(seed)
    return [
        rng.integers(4, 4 + n_words, size=rng.integers(1, longest + 1)).tolist() for _ in range(n_sentences)
    ]


def classed_words(n_classes=6, n_each=10):
    """Source words of each class; a word's translation is the name of its class."""
    return [[f"s{kind}.{number}" for number in range(n_each)] for kind in range(n_classes)]


def classed_pairs(n_pairs, *, seed, longest=4):
    """Lines of random source words, and of the classes that they are translated by."""
    rng, words = np.random.default_rng(seed), classed_words()
    sources, targets = [], []
    for _ in range(n_pairs):
        kinds = rng.integers(0, len(words), rng.integers(2, longest + 1)).tolist()
        sources.append(" ".join(words[kind][rng.integers(0, len(words[kind]))] for kind in kinds))
        targets.append(" ".join(f"t{kind}" for kind in kinds))
    return sources, targets


def classed_vectors(dim, *, seed=0):
    """Vectors of the source words in which those of one class are alike, as those of a text are."""
    rng = np.random.default_rng(seed)
    words = classed_words()
    centers = rng.normal(0, 0.1, (len(words), dim))
    rows = [
        center + rng.normal(0, 0.03, dim) for center, kind in zip(centers, words, strict=True) for _ in kind
    ]
    return Vectors(tuple(word for kind in words for word in kind), np.array(rows, dtype=np.float32))
