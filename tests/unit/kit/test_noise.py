from fractions import Fraction
from random import Random

import numpy as np
import pytest
from scipy.stats import chisquare

from shopkeeper.kit.noise import discrete_laplace

DRAWS = 20_000


def drawn(scale: Fraction) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    below = Random(7).randrange
    return np.array([discrete_laplace(scale, below) for _ in range(DRAWS)])


@pytest.mark.parametrize("scale", [Fraction(1), Fraction(7, 2)])
def test_draws_are_distributed_as_they_say(scale: Fraction) -> None:
    found, reach = drawn(scale), 60
    z = np.arange(-reach, reach + 1)
    log = -np.abs(z) / float(scale)
    expected = np.exp(log) / np.exp(log).sum() * DRAWS
    often = expected >= 5
    counts = np.array([(found == value).sum() for value in z[often]])
    rest = DRAWS - counts.sum(), DRAWS - expected[often].sum()
    assert chisquare(np.append(counts, rest[0]), np.append(expected[often], rest[1])).pvalue > 0.01


def test_what_is_random_comes_from_the_operating_system() -> None:
    assert len({discrete_laplace(Fraction(100)) for _ in range(50)}) > 10


def test_one_person_changes_no_answer_s_chance_by_more_than_epsilon() -> None:
    epsilon = Fraction(1)
    with_one, without = (np.bincount(drawn(1 / epsilon) + 30 + n, minlength=64)[20:40] for n in (1, 0))
    told = (with_one > 200) & (without > 200)
    assert (np.abs(np.log(with_one[told] / without[told])) < float(epsilon) + 0.25).all()
