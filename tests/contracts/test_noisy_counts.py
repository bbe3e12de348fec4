"""What is published of how many people took a product, where the shop sets an epsilon."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest

from shopkeeper import models
from shopkeeper.adapters.memory import MemoryModelStore
from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import Event, EventType
from shopkeeper.estimator import NoCheckpoints, ignore
from shopkeeper.ports import SavedModel
from shopkeeper.services.recommendations.contract import Recommendation, RecommendRequest
from shopkeeper.services.recommendations.jobs import ALWAYS, COUNTS, Publisher, training_data
from shopkeeper.testing.contract_suite import NOW
from shopkeeper.testing.membership import dataset_of
from tests.contracts.conftest import clock, memory_shop

pytestmark = pytest.mark.anyio


def crowd(n_items: int = 8, n_people: int = 400) -> Dataset:
    return dataset_of([np.arange(n % n_items + 1) for n in range(n_people)], n_items)


def published(
    store: MemoryModelStore, data: Dataset, at: datetime = NOW, epsilon: float = 6.0, seed: int = 7
) -> dict[str, SavedModel]:
    """Publish what consists of counts alone, at some time."""
    publisher = Publisher(store, lambda _: NoCheckpoints(), lambda: at, epsilon=epsilon, below=Random(seed).randrange)
    publisher.publish([models.create(name) for name in COUNTS], data, progress_of=lambda _: ignore)
    return {name: store.load(name) for name in COUNTS}


def told(model: SavedModel) -> dict[str, float]:
    """Return the scores of all products."""
    return dict(zip(model.items, model.scorer.score(dataset_of([np.array([0])], 1).histories)[0].tolist(), strict=True))


def test_counts_are_exact_by_default() -> None:
    model = published(MemoryModelStore(), crowd(), epsilon=Settings().dp_epsilon)["popularity"]
    assert model.privacy is None
    assert list(told(model).values()) == [400.0, 350, 300, 250, 200, 150, 100, 50]


def test_what_is_published_in_a_day_tells_epsilon_together() -> None:
    told_of = [model.privacy for model in published(MemoryModelStore(), crowd(), epsilon=0.6).values()]
    assert sum(privacy.epsilon for privacy in told_of if privacy) == pytest.approx(0.6)
    assert [privacy.drawn_at for privacy in told_of if privacy] == [NOW, NOW]


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("later", [timedelta(minutes=1), timedelta(days=-3)])
def test_a_second_version_of_a_day_says_what_the_first_said(name: str, later: timedelta) -> None:
    """To add new noise to nearly the same counts would let it be averaged out; a clock that goes back wins nothing."""
    store = MemoryModelStore()
    first = published(store, crowd())[name]
    second = published(store, crowd(n_items=9, n_people=500), NOW + later, seed=8)[name]
    assert second.version != first.version
    assert second.privacy == first.privacy
    assert told(second) == {**told(first), "8": -np.inf}
    assert (len(second.users), len(second.items)) == (500, 9)


def test_the_next_day_has_its_own_noise() -> None:
    store = MemoryModelStore()
    first = published(store, crowd())["popularity"]
    second = published(store, crowd(), NOW + timedelta(days=1), seed=8)["popularity"]
    assert told(second) != told(first)
    assert [one.privacy.drawn_at for one in store.versions("popularity") if one.privacy] == [
        NOW + timedelta(days=1),
        NOW,
    ]


def test_noise_of_today_is_kept_though_an_older_version_was_promoted() -> None:
    store = MemoryModelStore()
    old = published(store, crowd(), NOW - timedelta(days=1))["popularity"]
    new = published(store, crowd(), NOW, seed=8)["popularity"]
    store.promote("popularity", old.version)
    assert told(published(store, crowd(), NOW + timedelta(minutes=1), seed=9)["popularity"]) == told(new)


async def answer(tmp_path: Path, request: RecommendRequest, *, drawn: float, setting: float) -> Recommendation:
    """Return a list of a shop whose models were published with one epsilon, and that is now set to another."""
    shop = memory_shop(tmp_path)
    at = NOW - timedelta(days=1)
    shop.live.append(
        [
            Event(event_id=f"{n}/{what}", type=EventType.PURCHASE, at=at, visitor_id=f"v{n}", item_id=f"{what}")
            for n in range(60)
            for what in range(n % 6 + 1)
        ]
    )
    publisher = Publisher(shop.models, lambda _: NoCheckpoints(), clock, epsilon=drawn, below=Random(7).randrange)
    scorers = [models.create(name) for name in ("personal_top", *ALWAYS)]
    data = training_data(shop.events, shop.catalog)
    publisher.publish(scorers, data, check=False, progress_of=lambda _: ignore)
    given = Settings.read({"store": tmp_path, "model": "popularity", "dp_epsilon": setting})
    services = services_of(shop, given, clock=clock)
    versions = (await services.models.get("popularity")).versions
    assert [one.privacy is not None for one in versions] == [drawn > 0]
    return await services.recommendations.recommend(request.model_copy(update={"exploration": 0.0}))


@pytest.mark.parametrize("scenario", ["home", "trending"])
async def test_answers_say_that_counts_are_noisy(tmp_path: Path, scenario: str) -> None:
    made = await answer(tmp_path, RecommendRequest(scenario=scenario), drawn=90, setting=90)
    counted = [item for item in made.items if item.people]
    assert counted
    assert all(f"about {item.people} customers" in item.text for item in counted)


@pytest.mark.parametrize(("setting", "people"), [(0, 60), (90, 0)])
async def test_models_that_know_exact_counts_keep_them_back(tmp_path: Path, setting: float, people: int) -> None:
    """Those with which noise is nothing to do, and those that were published before it was asked for."""
    for request in (RecommendRequest(model="personal_top"), RecommendRequest(model="popularity")):
        made = await answer(tmp_path, request, drawn=0, setting=setting)
        assert max(item.people for item in made.items) == people
        assert not any("about" in item.text for item in made.items)
