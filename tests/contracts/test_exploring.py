"""What was drawn is noted under the answer's id, with its probability."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.worker import jobs_of
from shopkeeper.data.exploration import Exploration
from shopkeeper.estimator import ignore
from shopkeeper.kit.clock import utc_now
from shopkeeper.services.events.contract import EventBatch, EventIn
from shopkeeper.services.recommendations.contract import RecommendRequest
from shopkeeper.services.recommendations.jobs import KEPT
from tests.contracts.conftest import fitted_shop

pytestmark = pytest.mark.anyio


async def test_what_was_drawn_is_noted_with_its_probability(tmp_path: Path) -> None:
    shop = fitted_shop(tmp_path)
    services = services_of(shop, Settings(store=tmp_path), clock=utc_now)
    shown = EventIn(type="impression", visitor_id="somebody", item_id="i0")
    await services.events.record(EventBatch(events=[shown]))
    request = RecommendRequest(recent=["i1"], n=10, exploration=0.1)
    await services.recommendations.recommend(request)
    await asyncio.sleep(0.2)
    answers = [await services.recommendations.recommend(request) for _ in range(10)]
    await asyncio.sleep(0.2)
    noted = {place.recommendation_id: place for place in shop.explorations.since(utc_now() - timedelta(hours=1))}
    assert len(noted) == 10
    for answer in answers:
        (drawn,) = [item for item in answer.items if item.reason == "explored"]
        place = noted[answer.recommendation_id]
        assert (place.item_id, place.position) == (drawn.item_id, drawn.position)
        assert place.propensity == place.pool[place.item_id] > 0
    assert len({place.item_id for place in noted.values()}) > 1
    # Equal requests differ in the drawn places alone.
    rest = [[item.item_id for item in answer.items if item.reason != "explored"] for answer in answers]
    assert all(one == rest[0] for one in rest)


def test_the_worker_forgets_what_is_older_than_it_is_kept(tmp_path: Path) -> None:
    shop, now = fitted_shop(tmp_path), utc_now()
    ages = (timedelta(), KEPT - timedelta(hours=1), KEPT + timedelta(hours=1))
    shop.explorations.add([Exploration("a", "i1", 1, 0.5, {"i1": 0.5}, now - age) for age in ages])
    (job,) = [job for job in jobs_of(shop, Settings(store=tmp_path), clock=lambda: now) if job.name == "explorations"]
    assert (job.run(ignore), job.run(ignore)) == ("forgot 1 places that explored", "")
    assert len(shop.explorations.since(now - 2 * KEPT)) == 2
