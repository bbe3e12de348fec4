"""Whoever is erased is used no longer from the next request on, and after the sweep nothing knows that they were."""

import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pytest

import shopkeeper
from shopkeeper import models
from shopkeeper.app.assemble import assemble
from shopkeeper.app.erasing import erasing_of, sweep_of
from shopkeeper.app.personal import APART, FILES
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, open_shop
from shopkeeper.data.erasure import Gone
from shopkeeper.data.events import INTERACTIONS, Event, EventType
from shopkeeper.data.merges import Merge
from shopkeeper.estimator import ignore
from shopkeeper.kit.errors import InvalidInput, NotFound
from shopkeeper.services.people.jobs import SweepErased
from shopkeeper.services.recommendations.forgetting import WITHIN, ModelPlace
from shopkeeper.services.recommendations.jobs import ALWAYS, Publisher, training_data
from shopkeeper.testing.store_suite import NOW
from shopkeeper.testing.traces import traces

ANNA = "person-05-8c1f"
COUNTED = ("popularity", "item_knn", "transitions", "ease", "user_knn")
SETTINGS = Settings()
TICKS = count(1)
SOURCES = Path(str(shopkeeper.__file__)).parent
pytestmark = pytest.mark.anyio


def events(n_people: int = 30) -> list[Event]:
    """Return what people did with some of ten products, Anna among them."""
    rng = np.random.default_rng(0)
    return [
        Event(
            event_id=f"{who}-{n}",
            type=EventType.PURCHASE if n % 3 else EventType.VIEW,
            at=NOW - timedelta(hours=100 - n),
            visitor_id=f"device-{who}",
            user_id=f"person-{who:02}-8c1f",
            item_id=f"i{item}",
        )
        for who in range(n_people)
        for n, item in enumerate(rng.choice(10, 5, replace=False).tolist())
    ]


def clock() -> datetime:
    """Return a moment later than all before."""
    return NOW + timedelta(seconds=next(TICKS))


def fit(shop: Shop, *names: str) -> None:
    publisher = Publisher(shop.models, shop.checkpoints, clock)
    scorers = [models.create(name) for name in dict.fromkeys([*names, *ALWAYS])]
    data = training_data(shop.events, shop.catalog)
    publisher.publish(scorers, data, check=False, progress_of=lambda _: ignore)


def sweep(shop: Shop) -> SweepErased:
    return sweep_of(shop, SETTINGS, clock)


def erase(shop: Shop, who: str = ANNA) -> str:
    return erasing_of(shop, SETTINGS, clock).erase(who).erasure_id


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def shop(store: Path) -> Iterator[Shop]:
    with closing(open_shop(store)) as shop:
        shop.events.append(events())
        yield shop


def test_models_of_counts_equal_those_that_never_knew_the_person(shop: Shop, tmp_path: Path) -> None:
    fit(shop, *COUNTED)
    erase(shop)
    sweep(shop).run(ignore)
    with closing(open_shop(tmp_path / "other")) as other:
        other.events.append([one for one in events() if one.user_id != ANNA])
        fit(other, *COUNTED)
        for name in (*COUNTED, *ALWAYS):
            one, without = shop.models.load(name), other.models.load(name)
            assert (list(one.users), list(one.items)) == (list(without.users), list(without.items))
            state, expected = one.scorer.state(), without.scorer.state()
            assert state.keys() == expected.keys()
            assert all(np.array_equal(state[key], expected[key]) for key in state)


def test_nothing_of_them_is_left_in_any_byte(shop: Shop, store: Path) -> None:
    for names in (COUNTED, COUNTED):
        fit(shop, *names)
    shop.checkpoints("sequence").save({"names": np.array([ANNA])})
    shop.merges.add(Merge("browser-77aa01", ANNA, NOW))
    assert len(traces(store, [ANNA])) > 10
    erasure_id = erase(shop)
    done = sweep(shop).run(ignore)
    assert done == "1 erasures done: 5 in live events, 1 in merges, 16 in models"
    assert traces(store, [ANNA, "browser-77aa01"]) == {}
    receipt = shop.personal.erasures.get(erasure_id)
    assert {place.name: (place.n, place.state) for place in receipt.places if place.n} == {
        "live events": (5, "erased"),
        "merges": (1, "erased"),
        "models": (16, "erased"),
    }
    assert (receipt.done_at is not None, receipt.gone) == (True, None)
    assert sweep(shop).run(ignore) == ""


def test_they_are_used_no_longer_at_once_in_every_process(shop: Shop, store: Path) -> None:
    with closing(open_shop(store)) as other:
        assert other.events.trail(ANNA).item_id
        erase(shop)
        assert (other.events.history(ANNA), len(other.events.trail(ANNA))) == ([], 0)
        assert ANNA not in other.events.log().users
        assert ANNA not in dict(other.events.shoppers(limit=100))
        assert len(other.events.shoppers(limit=5)) == 5


def test_what_they_do_later_is_taken_and_not_kept(shop: Shop) -> None:
    erase(shop)
    late = Event(event_id="late", type=EventType.VIEW, at=NOW, visitor_id="x", user_id=ANNA, item_id="i1")
    other = Event(event_id="other", type=EventType.VIEW, at=NOW, visitor_id=ANNA, user_id="ben", item_id="i1")
    assert shop.events.append([late, other]) == [False, True]
    shop.merges.add(Merge("x", ANNA, NOW))
    assert (shop.events.known_ids(["late", "other"]), shop.merges.all()) == ({"other"}, [])
    assert shop.events.history("ben")[0].visitor_id == "ben"


def test_a_user_goes_with_the_visitors_that_it_was(shop: Shop) -> None:
    before = Event(event_id="b", type=EventType.VIEW, at=NOW - timedelta(1), visitor_id="v", item_id="i1")
    shop.events.append([before])
    shop.merges.add(Merge("v", ANNA, NOW))
    erase(shop, "v")
    assert (shop.events.history(ANNA), shop.events.history("v")) == ([], [])
    sweep(shop).run(ignore)
    assert shop.events.known_ids(["b", "5-0", "6-0"]) == {"6-0"}


def test_whom_nobody_knows_and_who_is_erased_already_gets_a_receipt(shop: Shop) -> None:
    for who in ("nobody", ANNA, ANNA):
        erasure_id = erase(shop, who)
        sweep(shop).run(ignore)
        assert shop.personal.erasures.get(erasure_id).done_at
    assert not any(place.n for place in shop.personal.erasures.get(erasure_id).places)
    with pytest.raises(NotFound):
        shop.personal.erasures.get("none")


def test_a_fit_that_began_before_brings_nobody_back(shop: Shop, store: Path) -> None:
    fit(shop, "user_knn")
    old = training_data(shop.events, shop.catalog)
    publisher = Publisher(shop.models, shop.checkpoints, clock)
    job = sweep(shop)
    erase(shop)
    job.run(ignore)
    publisher.publish([models.create("user_knn")], old, check=False, progress_of=lambda _: ignore)
    assert ANNA in shop.models.load("user_knn").users
    job.run(ignore)
    assert (ANNA in shop.models.load("user_knn").users, traces(store, [ANNA])) == (False, {})


def test_a_copy_from_before_is_cleaned_before_it_is_used(shop: Shop, store: Path, tmp_path: Path) -> None:
    fit(shop, "user_knn")
    shop.merges.add(Merge("v", ANNA, NOW))
    copy = tmp_path / "copy"
    shop.close()
    shutil.copytree(store, copy, ignore=shutil.ignore_patterns("apart"))
    erase(shop)
    sweep(shop).run(ignore)
    shop.close()
    for old in (one for one in store.iterdir() if one.name != "apart"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    shutil.copytree(copy, store, dirs_exist_ok=True)
    with closing(open_shop(store)) as again:
        assert again.events.history(ANNA) == []
        assert "2 ids of erased persons had come back" in sweep(again).reapply(ignore)
        assert (sweep(again).reapply(ignore), traces(store, [ANNA])) == ("", {})
        assert again.models.current("user_knn")


def test_a_shop_that_lost_who_was_erased_is_not_opened_to_serve(shop: Shop, store: Path) -> None:
    erase(shop)
    assert sweep(shop).reapply(ignore) == ""
    (store / APART / "tombstones").unlink()
    with pytest.raises(InvalidInput, match="knows of 0 erased ids, the shop of 1: bring the copy of it back"):
        sweep(shop).reapply(ignore)


def test_where_nobody_is_left_no_model_is(shop: Shop, store: Path) -> None:
    fit(shop, "user_knn")
    people = sorted({str(one.user_id) for one in events()})
    for who in people:
        erase(shop, who)
    sweep(shop).run(ignore)
    assert (shop.models.names(), shop.live.count(), traces(store, people)) == ([], 0, {})


def test_a_model_that_is_slow_to_fit_loses_the_name_at_once_and_the_rest_within_a_week(shop: Shop, store: Path) -> None:
    fit(shop, "user_knn")
    at = shop.models.load("user_knn").fitted_at
    now = [at]
    publisher = Publisher(shop.models, shop.checkpoints, lambda: now[0])
    place = ModelPlace(publisher, shop.events, shop.catalog, INTERACTIONS, slow=["user_knn"])
    shop.personal.tombstones.bury([ANNA])
    before = shop.models.load("user_knn").scorer.state()
    place.erase(Gone(frozenset({ANNA})))
    after = shop.models.load("user_knn")
    assert traces(store / "models", [ANNA]) == {}
    assert (after.fitted_at, len(after.users), len(shop.models.versions("user_knn"))) == (at, 30, 1)
    assert all(np.array_equal(value, before[key]) for key, value in after.scorer.state().items())
    assert place.renew() == ""
    now[0] += WITHIN
    assert place.renew() == "fitted user_knn without those who were erased"
    assert (len(shop.models.load("user_knn").users), place.renew()) == (29, "")


async def test_a_copy_from_before_is_cleaned_when_it_is_opened_to_serve(shop: Shop, store: Path) -> None:
    shop.personal.tombstones.bury([ANNA])
    await assemble(SETTINGS.model_copy(update={"store": store})).close()
    assert (traces(store, [ANNA]), shop.personal.erasures.n_buried()) == ({}, 1)


def test_every_file_of_a_shop_is_known_to_have_persons_or_not() -> None:
    sources = " ".join(path.read_text() for path in SOURCES.rglob("*.py"))
    named = set(re.findall(r'\bstore / "([^"]+)"', sources)) - {"rfm.svg"}  # a picture of the reference
    assert named | {APART} == FILES.keys()
