"""A small shop that learns from what it showed."""

import numpy as np
import pytest

from shopkeeper.evaluation.simulator import Outcome, Policy, World, entropies, gini, simulate
from shopkeeper.evaluation.simulator_picture import drifts_svg

WORLD = World(people=60, items=80, days=16, new_a_day=1, kinds=6)


@pytest.fixture(scope="module")
def naive() -> Outcome:
    return simulate(WORLD, Policy())


def test_new_products_are_shown_where_the_shop_explores(naive: Outcome) -> None:
    """And nearly never where it lists the model's best."""
    ours = simulate(WORLD, Policy(calibration=0.2, diversity=0.1, level=0.1, exploration=0.2))
    assert np.median(ours.impressions) >= 10 > 2 * np.median(naive.impressions)
    assert drifts_svg({"ours": ours}).count("<polyline") == 2


def test_the_same_seed_is_the_same_shop(naive: Outcome) -> None:
    again = simulate(WORLD, Policy())
    assert again.clicks.tolist() == naive.clicks.tolist()
    assert simulate(WORLD, Policy(), seed=1).clicks.tolist() != again.clicks.tolist()


def test_entropy_and_gini_have_their_known_values() -> None:
    assert entropies(np.array([[1, 1], [2, 0], [0, 0]])) == pytest.approx([np.log(2), 0, 0])
    assert (gini(np.array([3, 3, 3])), gini(np.array([0, 0, 0, 1])), gini(np.zeros(3, int))) == pytest.approx(
        (0, 0.75, 0)
    )
