from dataclasses import replace

import numpy as np
import pytest

from shopkeeper import models
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import PAGE_PREFIX, Event, EventType
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.trust import Trust
from shopkeeper.testing.checkerboard import dataset
from shopkeeper.testing.contract_suite import NOW
from tests.unit.data.told import told

VIEW, CART, PURCHASE = EventType.VIEW, EventType.CART, EventType.PURCHASE


@pytest.mark.parametrize(
    ("events", "weights"),
    [
        ([told("old", VIEW, days=60), told("old", VIEW, days=0)], [1, 1]),
        ([told("new", VIEW, days=0)], [0.1]),
        ([told("half", VIEW, days=15), told("old", VIEW, days=0)], [0.55, 0.1]),
        ([told("buyer", PURCHASE, days=0)], [1]),
        ([told("buyer", PURCHASE, days=0, page=True), told("old", VIEW, days=60)], [0.03, 1]),
        ([told("all", VIEW, days=60, page=True), told("all", VIEW, days=0, page=True)], [1, 1]),
    ],
    ids=["of long ago", "new", "half a month", "bought", "a page says so", "pages say all"],
)
def test_trust_is_earned(events: list[Event], weights: list[float]) -> None:
    np.testing.assert_allclose(Trust().of_events(EventLog.of(events)), weights, rtol=1e-6)


def test_a_person_has_one_vote_for_a_product_in_a_day() -> None:
    day = [told("u", VIEW, days=2), told("u", CART, days=2 - 1e-4), told("u", VIEW, days=2 - 2e-4)]
    other = [told("u", VIEW, days=40), told("u", VIEW, days=2 - 1e-5, item="j")]
    log = EventLog.of([*day, *other])
    counted = log.take(Trust().of_events(log) > 0)
    labels = [EventType(kind).label for kind in counted.type]
    items = [counted.items[item] for item in counted.item_idx]
    assert list(zip(labels, items, strict=True)) == [("view", "i"), ("view", "j"), ("cart", "i")]


def test_a_model_counts_people_as_far_as_they_are_believed() -> None:
    log = EventLog.of([told("old", VIEW, days=60), told("old", VIEW, item="j", days=60), told("new", VIEW, item="j")])
    data = Dataset.from_log(log, trust=Trust().of_events(log))
    model = models.create("popularity").fit(data)
    np.testing.assert_allclose(model.score(data.histories)[0], [1, 1.1], rtol=1e-6)
    assert data.fingerprint() != Dataset.from_log(log).fingerprint()


HEEDING = (
    *("blend", "ease", "gfcf", "item_knn", "next_basket", "personal_top", "popularity", "rp3beta", "svd"),
    *("transitions", "user_knn"),
)


@pytest.mark.parametrize("name", HEEDING)
def test_many_who_are_hardly_believed_weigh_less_than_a_few_others(name: str) -> None:
    """Sixty take one product, a hundred take another, both with the product that is asked with."""
    rng, n_believed = np.random.default_rng(0), 60
    fillers = [rng.choice(np.arange(3, 20), 4, replace=False).tolist() for _ in range(160)]
    data = dataset([[0, 1 if who < n_believed else 2, *others] for who, others in enumerate(fillers)], 20)
    trust = np.where(data.histories.row_of < n_believed, 1, 0.1).astype(np.float32)
    better = []
    for histories in (data.histories, replace(data.histories, trust=trust)):
        scores = models.create(name).fit(data.with_histories(histories)).score(HistoryBatch.of([[0]]))[0]
        better.append(2 if scores[2] > scores[1] else 1)
    assert better == [2, 1]


def test_who_is_believed_wholly_leaves_no_trace() -> None:
    log = EventLog.of([told("u", PURCHASE)])
    assert Dataset.from_log(log, trust=Trust().of_events(log)).histories.trust is None


def test_pages_are_known_by_their_ids() -> None:
    assert told("u", VIEW, page=True).event_id.startswith(PAGE_PREFIX)
    assert EventLog.of([told("u", VIEW, page=True), told("v", VIEW)]).of_page.tolist() == [True, False]
    assert told("u", VIEW).at <= NOW
