"""Some places find out, with a probability that is known."""

from dataclasses import replace

import numpy as np
import pytest

from shopkeeper.data.history import HistoryBatch
from shopkeeper.ranking.candidates import HALVED_AT, Candidates
from shopkeeper.ranking.exploring import KNOWN, Explorer, Exposures
from tests.unit.ranking.test_variety import SHOP, VIEWS, N

SHOWN = np.where(np.arange(N) < 30, 1000.0, 0.0)
"""Games alone are new."""
FRESH = np.zeros(N, np.bool_)
EXPOSURES = Exposures(SHOWN, SHOWN / 20)


def found(n: int = 20) -> Candidates:
    place = np.arange(n)
    merit = HALVED_AT / (HALVED_AT + place)
    return Candidates(place.astype(np.int32), np.ones(n, np.float32), np.zeros(n, np.int8), merit)


def explorer(seed: int = 0, share: float = 0.1, history: HistoryBatch = VIEWS) -> Explorer:
    possible = np.arange(N) != 39
    return Explorer(SHOP, history, EXPOSURES, possible, FRESH, share, 10, 1, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(20))
def test_one_place_in_ten_of_the_second_half_is_drawn_and_nothing_else_moves(seed: int) -> None:
    step = explorer(seed)
    listed = step(found()).item_idx[:10].tolist()
    (lot,) = step.lots
    assert lot.item_idx in range(30, 39)
    assert listed.index(lot.item_idx) >= 5
    assert [item for item in listed if item != lot.item_idx] == list(range(9))
    assert lot.propensity == lot.pool[lot.item_idx] > 0
    assert sum(lot.pool.values()) == pytest.approx(1)


def test_the_same_seed_draws_the_same() -> None:
    assert explorer(3)(found()).item_idx.tolist() == explorer(3)(found()).item_idx.tolist()
    assert len({tuple(explorer(seed)(found()).item_idx[:10]) for seed in range(20)}) > 5


def test_a_part_of_a_place_is_there_so_often() -> None:
    n_drawn = sum(len((step := explorer(seed, 0.05))(found()).item_idx) and len(step.lots) for seed in range(400))
    assert 160 < n_drawn < 240


def test_what_is_drawn_has_the_probability_that_is_told() -> None:
    """With the same seed up to the draw, so that the told one is that of all of these draws in the mean."""
    drawn, told = np.zeros(N), np.zeros(N)
    for seed in range(2000):
        (step := explorer(seed))(found())
        drawn[step.lots[0].item_idx] += 1
        for item, p in step.lots[0].pool.items():
            told[item] += p
    np.testing.assert_allclose(drawn[30:39], told[30:39], atol=4 * np.sqrt(told[30:39].max()))


def test_who_clicks_more_is_shown_more_until_it_is_known() -> None:
    shown, clicked = SHOWN.copy(), EXPOSURES.clicked.copy()
    shown[30:], clicked[30:] = 60, 1
    clicked[33], shown[34] = 12, KNOWN
    step = replace(explorer(), exposures=Exposures(shown, clicked))
    step(found())
    (lot,) = step.lots
    assert max(lot.pool, key=lambda item: lot.pool[item]) == 33
    assert 34 not in lot.pool


def test_the_persons_kinds_are_drawn_more() -> None:
    shown = np.where(np.isin(np.arange(N), (5, 35)), 0.0, 1000.0)
    step = replace(explorer(share=0.1), exposures=Exposures(shown, shown / 20), n=5)
    for seed in range(20):
        replace(step, rng=np.random.default_rng(seed))(found())
    assert np.mean([lot.pool[5] > lot.pool[35] for lot in step.lots]) > 0.9


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_where_all_is_known_or_nothing_is_to_be_found_out_the_list_stays(share: float) -> None:
    known = replace(explorer(share=share), exposures=Exposures(np.full(N, 1000.0), np.full(N, 50.0)))
    assert known(found()).item_idx.tolist() == list(range(20))
    assert replace(explorer(), n=1)(found()).item_idx.tolist() == list(range(20))
    assert known.lots == []


def test_what_is_new_is_drawn_most_and_not_alone() -> None:
    """Until it is known."""
    step, is_new = replace(explorer(), fresh=np.arange(N) == 38), list[bool]()
    for seed in range(200):
        replace(step, rng=np.random.default_rng(seed))(found())
    is_new = [lot.item_idx == 38 for lot in step.lots]
    assert 0.7 < np.mean(is_new) < 0.9
