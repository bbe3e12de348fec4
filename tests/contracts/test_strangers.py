"""Strangers are shown one list for a while: what ends that, and what does not."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop
from shopkeeper.ranking.rules import Rule
from shopkeeper.services.catalog.contract import ProductChange
from shopkeeper.services.events.contract import EventIn
from shopkeeper.services.recommendations.contract import Recommendations, RecommendRequest
from shopkeeper.testing.contract_suite import NOW, batch
from tests.contracts.conftest import fitted_shop, product, saved

pytestmark = pytest.mark.anyio


class Clock:
    """Stands until it is turned."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


async def _ids(recommendations: Recommendations, who: str, **asked: object) -> list[str]:
    answer = await recommendations.recommend(RecommendRequest.model_validate({"user_id": who, "n": 19, **asked}))
    return [item.item_id for item in answer.items]


def _open(shop: Shop) -> tuple[Clock, Recommendations]:
    clock = Clock()
    return clock, services_of(shop, Settings(catalog_fresh_s=2), clock=clock).recommendations


async def test_a_list_is_shown_for_as_long_as_the_catalogue_may_be_old_and_no_longer(tmp_path: Path) -> None:
    """Also where somebody asks all the time."""
    shop = fitted_shop(tmp_path)
    shop.catalog.upsert([replace(product(2), available_until=NOW + timedelta(seconds=1))])
    clock, recommendations = _open(shop)
    shown = []
    for tenths in (0, 9, 11, 19, 21):
        clock.now = NOW + timedelta(seconds=tenths / 10)
        shown.append("i2" in await _ids(recommendations, f"nobody {tenths}"))
    assert shown == [True, True, True, True, False]


async def test_rules_and_models_count_at_once(tmp_path: Path) -> None:
    """However lately the list was made."""
    shop = fitted_shop(tmp_path)
    _, recommendations = _open(shop)
    before = await _ids(recommendations, "a")
    shop.rules.put("hide", Rule(action="exclude", filter=f"item_id == '{before[0]}'"))
    assert before[0] not in await _ids(recommendations, "b")
    shop.rules.remove("hide")
    assert await _ids(recommendations, "c") == before
    asked = RecommendRequest(user_id="d", model="als")
    shop.models.save(saved("als", 1))
    assert (await recommendations.recommend(asked)).model_version == "als-1"
    shop.models.save(saved("als", 2))
    assert (await recommendations.recommend(asked)).model_version == "als-2"


async def test_who_did_something_is_no_stranger(tmp_path: Path) -> None:
    """From the next answer on; and whoever asks for something else is shown that."""
    services = services_of(fitted_shop(tmp_path), Settings(catalog_fresh_s=2), clock=lambda: NOW)
    before = await _ids(services.recommendations, "a")
    assert await _ids(services.recommendations, "a", exclude=[before[0]]) == before[1:]
    assert await _ids(services.recommendations, "a", recent=["i1"]) != before
    await services.events.record(batch(EventIn(type="view", visitor_id="a", item_id=before[0])))
    assert before[0] not in await _ids(services.recommendations, "a")
    assert await _ids(services.recommendations, "b") == before


async def test_what_is_sold_out_goes_with_the_next_look_at_the_catalogue(tmp_path: Path) -> None:
    """As it does from everybody's list."""
    shop = fitted_shop(tmp_path)
    clock = Clock()
    services = services_of(shop, Settings(catalog_fresh_s=2), clock=clock)
    first = (await _ids(services.recommendations, "a"))[0]
    await services.catalog.update(first, ProductChange(stock=0))
    clock.now += timedelta(seconds=2)
    assert first not in await _ids(services.recommendations, "b")
