"""Orders as they are told of a log, and what is said of those who placed them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.money import Money
from shopkeeper.prediction.customers import Orders
from shopkeeper.prediction.quality import Quality
from shopkeeper.prediction.value import CustomerValue

START = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_DAY = (START - datetime(1970, 1, 1, tzinfo=UTC)).days


def bought(
    who: str, day: float, minor: int | None = 1000, quantity: int = 1, kind: EventType = EventType.PURCHASE
) -> Event:
    at = START + timedelta(days=day)
    price = None if minor is None else Money(minor, "EUR")
    return Event(
        event_id=f"{who}{day}{minor}", type=kind, at=at, visitor_id=who, item_id="i", quantity=quantity, price=price
    )


def shop(n: int = 400, days: int = 300) -> Orders:
    """Return customers of whom a third come every fortnight, a third twice and never again, the others once."""
    rng = np.random.default_rng(0)
    told = []
    for who in range(n):
        first = int(rng.integers(0, 60))
        came = {0: range(first, days, 14), 1: (first, first + 10), 2: (first,)}[who % 3]
        told += [(who, FIRST_DAY + day, 1000.0 * (1 + who % 3)) for day in came]
    users, day, worth = (np.array(column) for column in zip(*told, strict=True))
    return Orders(n, users.astype(np.int32), day, worth)


def test_a_day_is_one_order_and_guests_have_none() -> None:
    log = EventLog.of(
        [
            bought("a", 0.1), bought("a", 0.2, 500, quantity=3), bought("a", 3.0, None), bought("guest:1", 2.0),
            bought("b", 1.0), bought("b", 1.5, kind=EventType.VIEW),
        ]
    )  # fmt: skip
    customers = Orders.of(log).customers(FIRST_DAY + 10)
    assert [log.users[int(user)] for user in customers.user_idx] == ["a", "b"]
    assert customers.repeats.tolist() == [1, 0]
    assert customers.last.tolist() == [3, 0]
    assert customers.age.tolist() == [10, 9]
    assert customers.spent.tolist() == [2500, 1000]


def test_what_comes_later_is_not_known() -> None:
    orders = shop()
    early = replace(
        orders, **{name: getattr(orders, name)[orders.day <= FIRST_DAY + 150] for name in ("user_idx", "day", "worth")}
    )
    ours, theirs = (
        CustomerValue.fit(known, FIRST_DAY + 150, 30).worth(known.customers(FIRST_DAY + 150), 30)
        for known in (orders, early)
    )
    assert np.array_equal(ours, theirs)


def test_who_comes_often_is_worth_more_than_who_has_left() -> None:
    orders, end = shop(), FIRST_DAY + 200
    customers, model = orders.customers(end), CustomerValue.fit(orders, end, 56)
    faithful = customers.user_idx % 3 == 0
    expected = model.purchases(customers, 56)
    assert expected[faithful].mean() == pytest.approx(4, rel=0.25)
    assert expected[~faithful].mean() < 0.3
    assert model.worth(customers, 56)[faithful].mean() == pytest.approx(4000, rel=0.3)
    assert model.alive(customers)[faithful].min() > model.alive(customers)[customers.user_idx % 3 == 1].max()


def test_a_past_without_ground_is_refused() -> None:
    orders = shop()
    with pytest.raises(InvalidInput, match="no order before"):
        CustomerValue.fit(orders, FIRST_DAY - 1, 30)
    once = replace(orders, user_idx=np.arange(5, dtype=np.int32), day=orders.day[:5], worth=orders.worth[:5])
    with pytest.raises(InvalidInput, match="bought twice"):
        CustomerValue.fit(once, FIRST_DAY + 100, 30)


def by_chance(n: int = 3000, days: int = 300) -> Orders:
    """Return customers who come by chance, each at a rate of one's own."""
    rng = np.random.default_rng(1)
    rate, first = rng.gamma(1.0, 0.02, n), rng.integers(0, 100, n)
    came = rng.random((n, days)) < rate[:, None]
    came &= np.arange(days) > first[:, None]
    came[np.arange(n), first] = True
    users, day = np.nonzero(came)
    return Orders(n, users.astype(np.int32), FIRST_DAY + day, np.full(len(day), 1000.0))


def test_the_chance_to_order_is_one() -> None:
    orders, end = by_chance(), FIRST_DAY + 200
    customers, model = orders.customers(end), CustomerValue.fit(orders, end, 60)
    quality = Quality.of(model.returns(customers, 60), orders.came(customers, end, end + 60)[0] > 0)
    assert quality.ece < 0.03
    assert quality.auc > 0.7
