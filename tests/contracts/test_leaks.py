"""What lists tell of products that only a few people took together."""

from datetime import timedelta
from pathlib import Path

import pytest

from shopkeeper import models
from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.data.events import Event, EventType
from shopkeeper.estimator import NoCheckpoints, ignore
from shopkeeper.services.recommendations.contract import Recommendation, RecommendRequest
from shopkeeper.services.recommendations.jobs import ALWAYS, Publisher, training_data
from shopkeeper.testing.contract_suite import NOW
from tests.contracts.conftest import clock, memory_shop

pytestmark = pytest.mark.anyio

TAKEN = {"butter": 6, "jam": 5, "secret": 4, "diary": 1}
"""By so many people, each with bread and with nothing else."""


async def answer(tmp_path: Path, request: RecommendRequest, **settings: object) -> Recommendation:
    shop = memory_shop(tmp_path)
    people = [(f"u{n}-{item_id}", item_id) for item_id, many in TAKEN.items() for n in range(many)]
    shop.live.append(
        [
            Event(
                event_id=f"{who}/{what}",
                type=EventType.PURCHASE,
                at=NOW - timedelta(days=1),
                visitor_id=who,
                item_id=what,
            )
            for who, item_id in people
            for what in ("bread", item_id)
        ]
    )
    scorers = [models.create(name) for name in ("item_knn", *ALWAYS)]
    publisher = Publisher(shop.models, lambda _: NoCheckpoints(), clock)
    data = training_data(shop.events, shop.catalog)
    publisher.publish(scorers, data, check=False, progress_of=lambda _: ignore)
    given = Settings.read({"store": tmp_path, "model": "item_knn", **settings})
    return await services_of(shop, given, clock=clock).recommendations.recommend(request)


@pytest.mark.parametrize(("support", "listed"), [(None, {"butter", "jam"}), (1, set(TAKEN))])
async def test_what_goes_with_a_product_is_what_several_took_with_it(
    tmp_path: Path, support: int | None, listed: set[str]
) -> None:
    told = await answer(tmp_path, RecommendRequest(scenario="bought_together", item_id="bread"), support=support)
    assert {item.item_id for item in told.items} == listed


async def test_no_reason_names_an_edge_of_a_few(tmp_path: Path) -> None:
    told = await answer(tmp_path, RecommendRequest(recent=["bread"], model="item_knn"))
    reasons = {item.item_id: item.reason for item in told.items}
    assert reasons == {"butter": "similar", "jam": "similar", "secret": "history", "diary": "history"}


async def test_no_reason_counts_a_few(tmp_path: Path) -> None:
    told = await answer(tmp_path, RecommendRequest(model="popularity"))
    assert {item.item_id: item.people for item in told.items} == {
        "bread": 16,
        "butter": 6,
        "jam": 5,
        "secret": 0,
        "diary": 0,
    }
