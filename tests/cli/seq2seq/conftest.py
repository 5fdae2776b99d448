"""A model that the verbs of `w2v seq2seq` have made, and the threads of torch as they were."""

import pytest
import torch

from tests.w2v.seq2seq.toy import TOY_CONFIG, write_pairs
from w2v.seq2seq.pipeline import Reading, prepare, train_translator
from w2v.seq2seq.text import ParallelText


@pytest.fixture(autouse=True)
def _same_threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def toy_model(tmp_path_factory):
    """The folder of a model of the five pairs, with them in source.txt and target.txt."""
    folder = tmp_path_factory.mktemp("toy")
    prepared = prepare(ParallelText(*write_pairs(folder)), TOY_CONFIG, reading=Reading(min_count=1))
    train_translator(prepared, folder)
    return folder


@pytest.fixture
def toy_files(tmp_path):
    """Options that name the two files of the five pairs, in the folder that commands run in."""
    write_pairs(tmp_path)
    return ["--source", "source.txt", "--target", "target.txt"]
