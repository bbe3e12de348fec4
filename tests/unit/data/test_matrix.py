from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.matrix import Weighting
from shopkeeper.kit.errors import InvalidInput

NOW = datetime(2024, 5, 1, tzinfo=UTC)


def event(
    user: str, item: str, kind: EventType = EventType.PURCHASE, days_ago: float = 0, rating: float | None = None
) -> Event:
    at = NOW - timedelta(days=days_ago)
    return Event(
        event_id=f"{user} {item} {kind} {days_ago}",
        type=kind,
        at=at,
        visitor_id=user,
        user_id=user,
        item_id=item,
        rating=rating,
    )


def data(*events: Event) -> Dataset:
    return Dataset.from_log(EventLog.of(events))


def cells(made: Dataset, weighting: Weighting) -> dict[tuple[str, str], float]:
    matrix = made.matrix(weighting).by_user.tocoo()
    return {
        (made.users[row], made.items[column]): round(float(value), 6)
        for row, column, value in zip(matrix.row.tolist(), matrix.col.tolist(), matrix.data.tolist(), strict=True)
    }


def test_an_entry_is_the_number_of_interactions() -> None:
    made = data(event("u", "a"), event("u", "a", days_ago=1), event("u", "b"), event("v", "b"))
    assert cells(made, Weighting()) == {("u", "a"): 2, ("u", "b"): 1, ("v", "b"): 1}


def test_types_weigh_what_they_are_told_to() -> None:
    made = data(event("u", "a", EventType.VIEW), event("u", "a"), event("u", "b", EventType.VIEW))
    types = ((EventType.PURCHASE, 1.0), (EventType.VIEW, 0.25))
    assert cells(made, Weighting(types=types)) == {("u", "a"): 1.25, ("u", "b"): 0.25}


def test_a_type_without_weight_leaves_no_entry() -> None:
    made = data(event("u", "a", EventType.VIEW), event("u", "b"))
    assert cells(made, Weighting(types=((EventType.PURCHASE, 1.0),))) == {("u", "b"): 1}


def test_an_old_event_weighs_less() -> None:
    made = data(event("u", "a", days_ago=20), event("u", "b"))
    assert cells(made, Weighting(half_life_days=10)) == {("u", "a"): 0.25, ("u", "b"): 1}


def test_binary_and_log_entries() -> None:
    made = data(event("u", "a"), event("u", "a", days_ago=1))
    assert cells(made, Weighting("binary")) == {("u", "a"): 1}
    assert cells(made, Weighting("log")) == {("u", "a"): pytest.approx(np.log(3), abs=1e-6)}


def test_a_binary_entry_is_as_large_as_it_is_believed() -> None:
    made = data(event("u", "a"), event("u", "b"), event("u", "b"), event("u", "c"), event("u", "c"), event("v", "a"))
    trust = np.array([0.1, 0.3, 0.3, 1, 1, 0], np.float32)
    told = made.with_histories(replace(made.histories, trust=trust))
    assert cells(told, Weighting("binary")) == {
        ("u", "a"): pytest.approx(0.1),
        ("u", "b"): pytest.approx(0.6),
        ("u", "c"): 1,
    }


def test_a_rating_entry_is_the_newest_rating() -> None:
    made = data(event("u", "a", rating=2, days_ago=3), event("u", "a", rating=5), event("u", "b"))
    assert cells(made, Weighting("rating")) == {("u", "a"): 5}


def test_both_readings_say_the_same() -> None:
    matrix = data(event("u", "a"), event("v", "b"), event("v", "a")).matrix()
    assert (matrix.by_item.toarray() == matrix.by_user.toarray().T).all()
    assert matrix.by_item.has_sorted_indices


def test_one_person_makes_no_best_seller() -> None:
    matrix = data(event("u", "a"), event("u", "a", days_ago=1), event("u", "b"), event("v", "b")).matrix()
    assert matrix.popularity.tolist() == [1, 2]
    assert matrix.people.tolist() == [1, 2]


def test_guests_and_refunds_do_not_teach() -> None:
    made = data(event("u", "a"), event("guest:17", "b"), event("u", "c", EventType.REFUND))
    assert (list(made.users), list(made.items)) == (["u"], ["a"])


def test_guests_come_when_asked_for() -> None:
    log = EventLog.of([event("u", "a"), event("guest:17", "b")])
    assert list(Dataset.from_log(log, guests=True).users) == ["guest:17", "u"]


@pytest.mark.parametrize("half_life_days", [0, -1, float("nan")])
def test_a_half_life_must_be_positive(half_life_days: float) -> None:
    with pytest.raises(InvalidInput, match="half_life_days"):
        Weighting(half_life_days=half_life_days)


def test_a_product_taken_long_before_the_newest_weighs_less() -> None:
    rows = Weighting("binary").rows(HistoryBatch.of([[0, 1, 0, 2], [1]]), 3, half_life_events=1.0)
    assert rows.toarray().tolist() == [[0.5, 0.25, 1], [0, 1, 0]]


def test_a_newest_rating_of_zero_or_below_leaves_no_entry() -> None:
    made = data(event("u1", "a", days_ago=1, rating=5), event("u1", "a", rating=-1), event("u1", "b", rating=2))
    assert cells(made, Weighting("rating")) == {("u1", "b"): 2}


def test_a_rating_that_is_no_number_to_count_with_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ratings must be finite"):
        data(event("u1", "a", rating=float("inf"))).matrix(Weighting("rating"))


def test_a_shop_refuses_events_of_no_known_type_and_products_it_does_not_have() -> None:
    made = data(event("u1", "a"))
    with pytest.raises(InvalidInput, match="no known type"):
        made.with_histories(replace(made.histories, type=np.array([99], np.int8)))
    with pytest.raises(InvalidInput, match="names a product outside"):
        made.with_histories(replace(made.histories, item_idx=np.array([-1], np.int32)))
