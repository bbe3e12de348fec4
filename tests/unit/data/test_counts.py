from fractions import Fraction
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper.data.counts import EACH, Noise
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.matrix import Weighting
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.models.trending import Trending

N_ITEMS = 200


def shop(rows: list[list[int]], noise: Noise | None) -> Dataset:
    users, items = Vocabulary(map(str, range(len(rows)))), Vocabulary(map(str, range(N_ITEMS)))
    return Dataset(users, items, HistoryBatch.of(rows), noise=noise)


def votes(rows: list[list[int]], epsilon: int, seed: int = 7) -> NDArray[np.float32]:
    noise = Noise(Fraction(epsilon), Random(seed).randrange)
    return shop(rows, noise).counts(Weighting()).votes


CROWD = [list(range(N_ITEMS))[start::10] for start in range(10) for _ in range(300)]


def test_without_noise_counts_are_exact() -> None:
    counts = shop(CROWD, None).counts(Weighting())
    assert (counts.people == 300).all()
    assert (counts.votes == 300).all()


@pytest.mark.parametrize("times", [1, 40])
def test_a_person_changes_votes_by_no_more_than_is_heard_of_one(times: int) -> None:
    loud = [*range(100)] * times
    changed = votes([*CROWD, loud], 1) - votes([*CROWD, []], 1)
    assert np.flatnonzero(changed).tolist() == [*range(100 - EACH, 100)], "the newest"
    assert changed[changed > 0].tolist() == pytest.approx([1.0] * EACH, abs=1e-4)


def test_noise_is_as_wide_as_one_person_s_part_over_epsilon() -> None:
    noise = Noise(Fraction(2), Random(7).randrange)
    counts = shop(CROWD, noise).counts(Weighting())
    assert counts.variance == 2 * (EACH / 2) ** 2
    assert np.var(counts.votes - 300) == pytest.approx(counts.variance, rel=0.5)
    assert (counts.people == np.floor(counts.votes)).all(), "people tell no more than votes do"


def test_counts_of_what_nobody_took_are_noisy_too() -> None:
    told = votes([[0]], 1)
    assert np.count_nonzero(told[1:]) > N_ITEMS / 4
    assert (told >= 0).all()


def test_noise_comes_from_the_operating_system_unless_a_test_gives_it() -> None:
    first, second = (shop(CROWD, Noise(Fraction(1))).counts(Weighting()).votes for _ in range(2))
    assert (first != second).any()


def test_noise_alone_hardly_trends() -> None:
    trend = Trending().fit(shop(CROWD, Noise(Fraction(1), Random(7).randrange))).trend_
    assert np.std(trend[np.isfinite(trend)]) < 2
