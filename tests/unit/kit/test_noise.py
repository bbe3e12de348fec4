from fractions import Fraction
from random import Random

import numpy as np
import pytest
from scipy.stats import chisquare

from shopkeeper.kit.noise import discrete_gaussian, discrete_laplace

DRAWS = 20_000


def drawn(what: str, parameter: Fraction) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    below = Random(7).randrange
    draw = discrete_laplace if what == "laplace" else discrete_gaussian
    return np.array([draw(parameter, below) for _ in range(DRAWS)])


@pytest.mark.parametrize(
    ("what", "parameter"),
    [("laplace", Fraction(1)), ("laplace", Fraction(7, 2)), ("gaussian", Fraction(4)), ("gaussian", Fraction(1, 3))],
)
def test_draws_are_distributed_as_they_say(what: str, parameter: Fraction) -> None:
    found, reach = drawn(what, parameter), 60
    z = np.arange(-reach, reach + 1)
    log = -np.abs(z) / float(parameter) if what == "laplace" else -(z**2) / (2 * float(parameter))
    expected = np.exp(log) / np.exp(log).sum() * DRAWS
    often = expected >= 5
    counts = np.array([(found == value).sum() for value in z[often]])
    rest = DRAWS - counts.sum(), DRAWS - expected[often].sum()
    assert chisquare(np.append(counts, rest[0]), np.append(expected[often], rest[1])).pvalue > 0.01


@pytest.mark.parametrize("draw", [discrete_laplace, discrete_gaussian])
def test_what_is_random_comes_from_the_operating_system(draw: type) -> None:
    assert len({draw(Fraction(100)) for _ in range(50)}) > 10


def test_one_person_changes_no_answer_s_chance_by_more_than_epsilon() -> None:
    epsilon = Fraction(1)
    with_one, without = (np.bincount(drawn("laplace", 1 / epsilon) + 30 + n, minlength=64)[20:40] for n in (1, 0))
    told = (with_one > 200) & (without > 200)
    assert (np.abs(np.log(with_one[told] / without[told])) < float(epsilon) + 0.25).all()
