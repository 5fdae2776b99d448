"""TrainConfig takes what is in range and says what is not."""

import dataclasses
import json

import numpy as np
import pytest

from w2v.config import ARCHITECTURES, DEFAULT_LEARNING_RATES, TrainConfig

REFUSED = [
    ("architecture", "glove", "skipgram, cbow"),
    ("dim", 0, "1 or more"),
    ("dim", -1, "1 or more"),
    ("window", 0, "1 to 1000"),
    ("window", 1001, "1 to 1000"),
    ("negatives", 0, "1 to 64"),
    ("negatives", 65, "1 to 64"),
    ("epochs", 0, "1 or more"),
    ("seed", -1, "0 to 18446744073709551615"),
    ("seed", 2**64, "0 to 18446744073709551615"),
    ("subsample", -1.0, "0 or more"),
    ("subsample", float("nan"), "finite"),
    ("noise_exponent", float("inf"), "finite"),
    ("learning_rate", 0.0, "above 0"),
    ("learning_rate", float("nan"), "finite"),
    ("learning_rate", float("inf"), "finite"),
    ("min_learning_rate", -1e-9, "0 or more"),
    ("min_learning_rate", float("nan"), "finite"),
    ("holdout", -0.1, "0 to 0.5"),
    ("holdout", 0.51, "0 to 0.5"),
    ("holdout", float("nan"), "0 to 0.5"),
    ("patience", 0, "1 or more"),
]
TAKEN = [
    ("dim", 1),
    ("window", 1),
    ("window", 1000),
    ("negatives", 1),
    ("negatives", 64),
    ("epochs", 2**40),
    ("seed", 0),
    ("seed", 2**64 - 1),
    ("subsample", 0.0),
    ("noise_exponent", -1.0),
    ("learning_rate", 1e3),
    ("min_learning_rate", 0.0),
    ("holdout", 0.5),
    ("holdout", 0.0),
]


@pytest.mark.parametrize(("name", "value", "allowed"), REFUSED)
def test_value_out_of_range_is_refused(name, value, allowed):
    """The error names the setting, the value and the range."""
    with pytest.raises(ValueError) as caught:
        TrainConfig(**{name: value})

    assert name in str(caught.value)
    assert f"got {value!r}" in str(caught.value)
    assert allowed in str(caught.value)


@pytest.mark.parametrize(("name", "value"), TAKEN)
def test_value_at_the_edge_is_taken(name, value):
    """The ends of every range belong to it."""
    assert getattr(TrainConfig(**{name: value}), name) == value


@pytest.mark.parametrize("value", ["5", 5.0, None, True, [5]])
@pytest.mark.parametrize("name", ["dim", "window", "negatives", "epochs", "seed"])
def test_count_that_is_no_integer_is_refused_by_name(name, value):
    """A string, a float, None and a bool are no integers; the error names the setting."""
    with pytest.raises(TypeError, match=f"{name} must be an integer"):
        TrainConfig(**{name: value})


@pytest.mark.parametrize("value", ["0.1", True, [0.1], 1j])
@pytest.mark.parametrize("name", ["subsample", "noise_exponent", "learning_rate", "min_learning_rate"])
def test_rate_that_is_no_number_is_refused_by_name(name, value):
    """A string or a bool is no number; the error names the setting."""
    with pytest.raises(TypeError, match=f"{name} must be a number"):
        TrainConfig(**{name: value})


def test_learning_rate_follows_the_architecture():
    """Each has a default of its own, CBOW the larger one; a given one stays."""
    rates = {name: TrainConfig(architecture=name).learning_rate for name in ARCHITECTURES}

    assert rates == DEFAULT_LEARNING_RATES
    assert rates["cbow"] > rates["skipgram"]
    assert TrainConfig(architecture="cbow", learning_rate=0.01).learning_rate == 0.01


def test_learning_rate_must_not_rise():
    """A minimum above the start is refused with both values; an equal one is a constant rate."""
    with pytest.raises(ValueError, match=r"0\.2 and 0\.1"):
        TrainConfig(learning_rate=0.1, min_learning_rate=0.2)

    assert TrainConfig(learning_rate=0.1, min_learning_rate=0.1).min_learning_rate == 0.1


def test_config_cannot_change():
    """A config that vectors were made with stays what it was."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainConfig().dim = 5


def test_settings_are_keyword_only():
    """TrainConfig("cbow", 50) is refused: positions would not say what they mean."""
    with pytest.raises(TypeError):
        TrainConfig("cbow", 50)


def test_numpy_values_become_plain_ones():
    """NumPy scalars are taken and can be written as JSON beside the vectors."""
    config = TrainConfig(dim=np.int64(8), learning_rate=np.float32(0.5), seed=np.uint64(2**64 - 1))

    read = json.loads(json.dumps(dataclasses.asdict(config)))

    assert (read["dim"], read["learning_rate"], read["seed"]) == (8, 0.5, 2**64 - 1)


def test_negatives_for_each_pair_are_for_skipgram():
    """CBOW has no pairs: asking for negatives of each is refused, and so is any third word."""
    with pytest.raises(ValueError, match="pair is for skipgram"):
        TrainConfig(architecture="cbow", negatives_per="pair")
    with pytest.raises(ValueError, match="negatives_per must be one of"):
        TrainConfig(negatives_per="sentence")

    assert TrainConfig(negatives_per="pair").negatives_per == "pair"


def test_patience_needs_something_to_watch():
    """Without a held-out part there is no loss to wait for; both settings are named."""
    with pytest.raises(ValueError, match="patience 3 needs a held-out part; set holdout"):
        TrainConfig(patience=3)

    assert TrainConfig(patience=3, holdout=0.01).patience == 3
