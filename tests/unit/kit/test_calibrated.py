"""Lists of the mix that is wanted, against all lists there are."""

from itertools import permutations

import numpy as np

from shopkeeper.kit.calibrated import SMOOTHING, calibrated, mix
from shopkeeper.kit.spread import Sets

SETS = Sets(np.array([0, 1, 2, 3, 4, 6]), np.array([0, 0, 0, 1, 1, 2], np.int32), 3)
"""Three of one kind, one of another, and one of that and of a third."""
PART_OF = np.zeros(3, np.int8)
ITEMS = np.arange(5, dtype=np.int32)


def divergence(wanted: np.ndarray, chosen: list[int]) -> float:
    held = mix(np.array(chosen, np.int32), SETS, PART_OF, np.full(len(chosen), 1 / len(chosen)))
    q = (1 - SMOOTHING) * held + SMOOTHING * wanted
    return float((wanted[wanted > 0] * np.log(wanted[wanted > 0] / q[wanted > 0])).sum())


def test_a_weight_is_shared_evenly_within_each_part() -> None:
    assert mix(ITEMS, SETS, PART_OF, np.ones(5)).tolist() == [3.0, 1.5, 0.5]
    assert mix(ITEMS, SETS, np.array([0, 0, 1], np.int8), np.ones(5)).tolist() == [3.0, 2.0, 1.0]


def test_each_choice_is_the_best_that_could_be_made() -> None:
    """By the formula, computed anew for each: the worth of all chosen and the divergence of their mix."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        wanted, worth, share = rng.dirichlet(np.ones(3)), np.sort(rng.random(5))[::-1], rng.random()
        chosen = list[int]()
        for _turn in range(3):
            left = [item for item in range(5) if item not in chosen]
            value = {
                item: (1 - share) * worth[[*chosen, item]].sum() - share * divergence(wanted, [*chosen, item])
                for item in left
            }
            chosen.append(max(left, key=lambda item: value[item]))
        order = calibrated(worth, ITEMS, SETS, PART_OF, wanted, share, 3)
        assert order.tolist() == [*sorted(chosen), *sorted(set(range(5)) - set(chosen))]


def test_greedy_is_near_the_best_of_all_lists() -> None:
    wanted, worth = np.array([0.5, 0.25, 0.25]), np.array([1.0, 0.9, 0.8, 0.7, 0.6])
    order = calibrated(worth, ITEMS, SETS, PART_OF, wanted, 0.9, 2).tolist()
    best = min(divergence(wanted, list(some)) for some in permutations(range(5), 2))
    assert divergence(wanted, order[:2]) == best


def test_nothing_wanted_or_nothing_to_choose() -> None:
    assert calibrated(np.array([1.0, 0.5]), ITEMS[:2], SETS, PART_OF, np.zeros(3), 0.5, 2).tolist() == [0, 1]
    assert calibrated(np.empty(0), ITEMS[:0], SETS, PART_OF, np.ones(3) / 3, 0.5, 2).tolist() == []
