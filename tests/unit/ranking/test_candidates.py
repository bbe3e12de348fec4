import numpy as np

from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import ReasonKind
from shopkeeper.data.query import Query
from shopkeeper.ranking.candidates import gather, mixed
from shopkeeper.ranking.sources import InOrder


def source(name: str, *items: int) -> InOrder:
    return InOrder(name, lambda: np.array(items), ReasonKind.POPULAR)


def query(allowed: list[bool] | None = None) -> Query:
    return Query(HistoryBatch.of([[]]), np.array(allowed or [True] * 6))


def test_each_source_fills_what_those_before_left_open() -> None:
    found = gather([source("a", 3, 1), source("b", 1, 0, 2), source("c", 5)], query(), 4)
    assert (found.item_idx.tolist(), found.source.tolist()) == ([3, 1, 0, 2], [0, 0, 1, 1])


def test_what_is_not_allowed_takes_no_place() -> None:
    found = gather([source("a", 0, 1, 2), source("b", 3)], query([False, True, False, True, True, True]), 2)
    assert found.item_idx.tolist() == [1, 3]


def test_merit_halves_at_place_20_and_a_boost_of_two_makes_up_for_it() -> None:
    found = gather(
        [InOrder("a", lambda: np.arange(30), ReasonKind.POPULAR)], Query(query().history, np.ones(30, bool)), 30
    )
    assert (found.merit[0], found.merit[20]) == (1.0, 0.5)
    boost = np.ones(30)
    boost[21] = 2.2
    assert found.weighed(boost).item_idx[:2].tolist() == [21, 0]


def test_no_merit_is_no_place() -> None:
    found = gather([source("a", 0, 1)], query(), 2).weighed(np.array([0.0, 1.0]))
    assert found.item_idx.tolist() == [1]


def test_a_mixture_goes_from_one_list_to_the_other() -> None:
    one, other = (gather([source("a", *items)], query(), 3) for items in ([0, 1, 2], [3, 2, 1]))
    assert mixed(one, 1.0, other).item_idx.tolist() == [0, 1, 2]
    assert mixed(one, 0.0, other).item_idx.tolist() == [3, 2, 1]
    assert set(mixed(one, 0.5, other).item_idx[:2].tolist()) == {1, 2}
