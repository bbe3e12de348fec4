"""From the first fake event to the fit that knows nothing of it, and back."""

from pathlib import Path

import numpy as np
import pytest

from shopkeeper.app.assemble import Services
from shopkeeper.app.scopes import FOR_PAGES
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop
from shopkeeper.app.worker import jobs_of
from shopkeeper.data.consent import Purpose
from shopkeeper.data.events import EventType
from shopkeeper.estimator import ignore
from shopkeeper.kit.errors import NotFound
from shopkeeper.services.events.contract import Judgement
from shopkeeper.services.recommendations.jobs import training_data
from shopkeeper.testing.contract_suite import NOW
from tests.contracts.conftest import clock, memory_shop
from tests.unit.data.told import told


def attacked(folder: Path) -> Shop:
    """Return a shop into which seven fakes came yesterday, and whose worker looked since."""
    shop, rng = memory_shop(folder), np.random.default_rng(0)
    people = [(f"u{n:02}", float(came)) for n, came in enumerate(np.linspace(300, 0, 60))]
    shop.live.append(
        [
            told(who, EventType.VIEW, item=f"i{item}", days=float(rng.uniform(0, came)))
            for who, came in people
            for item in rng.choice(30, 5, replace=False)
        ]
    )
    shop.live.append([told("u00", EventType.VIEW, item="junk", days=300)])
    shop.live.append([told(f"fake{n}", EventType.VIEW, item=item, days=1) for n in range(7) for item in ("i0", "junk")])
    (job,) = [job for job in jobs_of(shop, Settings(store=folder), clock=clock) if job.name == "fakes"]
    assert job.run(ignore) == "7 people held in quarantine: shopkeeper quarantine list"
    assert job.run(ignore) == ""
    return shop


def learned_from(shop: Shop) -> set[str]:
    data = training_data(shop.allowing(Purpose.PERSONAL), shop.catalog)
    return {user for user in data.users if user.startswith("fake")}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return attacked(tmp_path)


def test_a_program_that_walks_through_the_shop_is_held(tmp_path: Path) -> None:
    shop = memory_shop(tmp_path)
    shop.live.append([told("bot", EventType.VIEW, item=f"i{n}", days=1 - n / 1e6, page=True) for n in range(400)])
    shop.live.append([told("u1", EventType.VIEW, item="i1", page=True)])
    (job,) = [job for job in jobs_of(shop, Settings(store=tmp_path), clock=clock) if job.name == "fakes"]
    assert job.run(ignore) == "1 people held in quarantine: shopkeeper quarantine list"
    (case,) = shop.quarantine.all()
    assert case.why == "Turned to 400 products within an hour, which nobody does by hand."
    assert set(training_data(shop.allowing(Purpose.PERSONAL), shop.catalog).users) == {"u1"}


@pytest.mark.anyio
async def test_nothing_is_learned_from_who_is_held_until_they_are_released(services: Services, shop: Shop) -> None:
    held = (await services.events.quarantine()).people
    assert {one.shopper_id for one in held} == {f"fake{n}" for n in range(7)}
    assert held[0].why.startswith("7 new people took junk within days")
    assert learned_from(shop) == set()
    released = await services.events.judge("fake3", Judgement(verdict="released"))
    assert (released.verdict, released.judged_at) == ("released", NOW)
    await services.events.judge("fake4", Judgement(verdict="confirmed"))
    assert learned_from(shop) == {"fake3"}


@pytest.mark.anyio
async def test_their_events_stay_stored(services: Services) -> None:
    assert len((await services.events.history("fake1")).events) == 2


@pytest.mark.anyio
async def test_nobody_is_judged_who_is_not_in_question(services: Services) -> None:
    with pytest.raises(NotFound, match="Nobody holds 'u01' in quarantine"):
        await services.events.judge("u01", Judgement(verdict="released"))


def test_no_page_looks_into_it() -> None:
    routes = {path for _, path in FOR_PAGES}
    assert not any("quarantine" in path for path in routes)
