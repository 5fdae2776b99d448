"""The options of `w2v train` that choose the engine, the device, and what rows start from."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from w2v import Vectors, load_vectors, save_vectors

QUICK = ["--dim", "8", "--epochs", "1", "-o", "out.safetensors"]


def metadata():
    """Of the vectors that were written."""
    return load_vectors("out.safetensors").metadata


@pytest.fixture
def no_gpu(monkeypatch):
    """A machine on which torch sees no GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_kernels_are_the_default(w2v_command, planted_text):
    """Without an option the engine is hogwild, and so it is with --engine hogwild --device auto."""
    for options in ([], ["--engine", "hogwild", "--device", "auto"]):
        done = w2v_command("train", planted_text, *QUICK, *options)

        assert done.code == 0, done.err
        assert metadata()["engine"]["name"] == "hogwild"


def test_options_reach_the_minibatch_engine(w2v_command, planted_text):
    """Each option arrives in what is saved with the vectors, and in the JSON."""
    options = ["--optimizer", "adagrad", "--windows-per-step", 300, "--max-norm", 3, "--norm-type", 1]

    done = w2v_command("train", planted_text, *QUICK, "--engine", "minibatch", *options, "--json")

    assert done.code == 0, done.err
    assert json.loads(done.out)["engine"] == metadata()["engine"]
    assert metadata()["engine"] == {
        "name": "minibatch",
        "device": "cpu",
        "fused": False,
        "optimizer": "adagrad",
        "windows_per_step": 300,
        "max_norm": 3.0,
        "norm_type": 1.0,
    }


def test_auto_without_a_gpu_is_the_cpu(w2v_command, planted_text, no_gpu):
    """Alone it means the kernels; with --engine minibatch, torch on the CPU."""
    alone = w2v_command("train", planted_text, *QUICK, "--device", "auto")
    assert (alone.code, metadata()["engine"]["name"]) == (0, "hogwild")

    chosen = w2v_command("train", planted_text, *QUICK, "--device", "auto", "--engine", "minibatch")
    assert (chosen.code, metadata()["engine"]["device"]) == (0, "cpu")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--device", "cuda"], ["no CUDA device", "device cpu", torch.__version__]),
        (["--device", "cuda", "--engine", "minibatch"], ["no CUDA device"]),
        (["--device", "cuda", "--engine", "hogwild"], ["--engine hogwild", "--device cuda"]),
        (["--device", "tpu"], ["tpu", "cuda", "auto"]),
        (["--optimizer", "sgd"], ["--optimizer is for --engine minibatch"]),
        (["--max-norm", "1", "--windows-per-step", "9"], ["--windows-per-step and --max-norm"]),
        (["--engine", "minibatch", "--optimizer", "adam"], ["adam", "sparse-adam"]),
        (["--engine", "minibatch", "--windows-per-step", "0"], ["--windows-per-step", "x>=1"]),
        (["--engine", "minibatch", "--max-norm", "-1"], ["--max-norm", "above 0", "-1"]),
        (["--init", "zeros"], ["zeros", "kaiming"]),
    ],
)
def test_t22_options_that_do_not_go_together_are_refused(w2v_command, tmp_path, no_gpu, options, said):
    """Exit code 2 before the corpus is even looked for, one clear message, nothing written."""
    done = w2v_command("train", "missing.txt", *QUICK, *options)

    assert done.code == 2, done.err
    assert all(part in done.err for part in said), done.err
    assert list(tmp_path.iterdir()) == []


def test_t22_step_beyond_memory_is_refused(w2v_command, planted_text, monkeypatch):
    """Exit code 6 with a number of windows that fits."""
    monkeypatch.setattr("w2v.memory.available_bytes", lambda: 400 << 20)

    done = w2v_command(
        "train", planted_text, *QUICK, "--engine", "minibatch", "--windows-per-step", 10**6, "--dim", 1000
    )

    assert done.code == 6
    assert "[W2V-T22]" in done.err
    assert "use --windows-per-step" in done.err


def test_long_steps_are_noted(w2v_command, planted_text):
    """A number above the largest safe one is a note, and no Python warning."""
    done = w2v_command(
        "train",
        planted_text,
        *QUICK,
        "--engine",
        "minibatch",
        "--windows-per-step",
        5000,
        "--learning-rate",
        0.001,
    )

    assert done.code == 0, done.err
    assert "note: steps over 5,000 windows make worse vectors" in done.err
    assert "UserWarning" not in done.err


def test_given_vectors_are_started_from(w2v_command, planted_text, planted_corpus):
    """At a rate of next to nothing known words keep their rows; how many is said, and saved."""
    words = [planted_corpus.vocabulary.words[row] for row in (1, 5)]
    rows = np.arange(16, dtype=np.float32).reshape(2, 8)
    save_vectors(Vectors((*words, "no-such-word"), np.vstack([rows, rows[:1]])), "given.txt")
    options = ["--init-vectors", "given.txt", "--learning-rate", "1e-9", "--min-learning-rate", "0"]

    for engine in ("hogwild", "minibatch"):
        done = w2v_command("train", planted_text, *QUICK, *options, "--engine", engine)

        assert done.code == 0, done.err
        assert "2 start from given vectors" in done.out
        np.testing.assert_allclose(load_vectors("out.safetensors")[words], rows, atol=1e-4)
        assert metadata()["init_vectors"]["n_found"] == 2


def test_given_vectors_of_another_length_are_refused(w2v_command, tmp_path):
    """Both lengths are named, before the corpus is looked for."""
    save_vectors(Vectors(("a", "b"), np.ones((2, 3), np.float32)), "given.txt")
    (tmp_path / "text.txt").write_text("a b c")

    done = w2v_command("train", "text.txt", *QUICK, "--init-vectors", "given.txt")

    assert done.code == 2
    assert "given.txt have 3 numbers, --dim is 8; leave --dim out" in done.err


def test_given_vectors_are_never_written_over(w2v_command, tmp_path):
    """The file of --init-vectors is no place for the output."""
    save_vectors(Vectors(("a", "b"), np.ones((2, 8), np.float32)), "out.safetensors")
    (tmp_path / "text.txt").write_text("a b c")

    done = w2v_command("train", "text.txt", *QUICK, "--init-vectors", "out.safetensors")

    assert done.code == 2
    assert "is read as input" in done.err


def test_training_on_the_cpu_loads_no_torch(planted_text, tmp_path):
    """The defaults, with another initialisation, train without torch or Triton ever being imported."""
    program = (
        "import sys\nfrom cli.main import main\n"
        f"try:\n    main(['train', {str(planted_text)!r}, '-o', {str(tmp_path / 'o.bin')!r}, '--dim', '4',"
        " '--epochs', '1', '--init', 'xavier'])\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "print({'torch', 'triton'} & set(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600)

    assert done.stdout.rstrip().endswith("set()"), done.stdout + done.stderr
