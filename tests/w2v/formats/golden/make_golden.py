"""Made the golden files of other programs, once; it needs `fasttext-wheel` (0.9.2) and numpy.

    python make_golden.py

fasttext.bin and fasttext.vec: a model and the file of whole-word vectors written as fastText's `saveVectors`
writes them; fasttext.npy: what fastText itself says each word's vector is, in the order of the model's words.
word2vec-c.txt and word2vec-c.bin: rows laid out by the fprintf and fwrite lines of word2vec.c: "%lf " with a
space and a line feed at the end, or float32 and a line feed. glove.txt: by those of glove.c, " %lf".
"""

import os
import struct
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
TEXT = "the cat and the dog of käse and 日本 the cat of the dog sat </s> on käse 日本 of cat\n" * 40
ROWS = {"</s>": [0.5, -0.25, 0.0], "the": [0.004003, 0.004419, -0.003830], "käse": [1.5, -1e-06, 12.25]}


def make_fasttext():
    """Trains a tiny model with n-grams and writes its three files."""
    import fasttext

    with tempfile.NamedTemporaryFile("w", encoding="utf-8", delete=False) as file:
        file.write(TEXT)
    model = fasttext.train_unsupervised(
        file.name, dim=4, bucket=20, minn=2, maxn=3, minCount=1, epoch=1, thread=1, verbose=0
    )
    os.unlink(file.name)
    model.save_model(str(HERE / "fasttext.bin"))
    rows = np.array([model.get_word_vector(word) for word in model.words], dtype=np.float32)
    np.save(HERE / "fasttext.npy", rows)
    lines = [f"{len(rows)} {rows.shape[1]}"]
    lines += [
        word + " " + "".join(f"{number:.5g} " for number in row)
        for word, row in zip(model.words, rows, strict=True)
    ]
    (HERE / "fasttext.vec").write_text("\n".join(lines) + "\n", encoding="utf-8")


def make_word2vec_c_and_glove():
    """Writes the same three rows by the rules of the two C programs."""
    text = binary = f"{len(ROWS)} 3\n".encode()
    glove = b""
    for word, numbers in ROWS.items():
        name = word.encode()
        text += name + b" " + "".join(f"{number:f} " for number in numbers).encode() + b"\n"
        binary += name + b" " + struct.pack("<3f", *numbers) + b"\n"
        glove += name + "".join(f" {number:f}" for number in numbers).encode() + b"\n"
    (HERE / "word2vec-c.txt").write_bytes(text)
    (HERE / "word2vec-c.bin").write_bytes(binary)
    (HERE / "glove.txt").write_bytes(glove)


if __name__ == "__main__":
    make_fasttext()
    make_word2vec_c_and_glove()
