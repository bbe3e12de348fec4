"""The worker's loop, and when it fits anew."""

import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event as Flag

import pytest

from shopkeeper import models
from shopkeeper.adapters.analytics import DuckAnalytics
from shopkeeper.adapters.attribute_files import FileDictionaries
from shopkeeper.adapters.files import SegmentStore
from shopkeeper.adapters.lock_file import held
from shopkeeper.adapters.memory import (
    MemoryCatalogStore,
    MemoryEventStore,
    MemoryMergeStore,
    MemoryModelStore,
    MemoryRules,
)
from shopkeeper.adapters.memory_coupons import MemoryCouponStore
from shopkeeper.adapters.memory_explorations import MemoryExplorationLog
from shopkeeper.adapters.memory_people import MemoryPeopleStore
from shopkeeper.adapters.memory_quarantine import MemoryQuarantineStore
from shopkeeper.adapters.memory_tags import FilledCatalog, MemoryTaggers, MemoryTagStore
from shopkeeper.adapters.merchant_files import FileScenarios
from shopkeeper.adapters.outlook_files import FileOutlooks
from shopkeeper.adapters.policy_files import FilePolicies
from shopkeeper.adapters.prediction_files import FilePredictions, FileSegments
from shopkeeper.adapters.privacy_file import FilePrivacy
from shopkeeper.adapters.taxonomy_files import FileTaxonomy
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop
from shopkeeper.app.worker import jobs_of, stopping, work
from shopkeeper.data.events import Event, EventType
from shopkeeper.estimator import NoCheckpoints, Progress, ignore
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.ports import Job, SavedModel
from shopkeeper.services.recommendations.jobs import Publisher, training_data

START = datetime(2026, 1, 1, tzinfo=UTC)


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def shop_of(folder: Path) -> Shop:
    events, merges = MemoryEventStore(), MemoryMergeStore()
    products, history = MemoryCatalogStore(), SegmentStore(folder)
    tags = MemoryTagStore(products, products.note)
    catalog = FilledCatalog(products, tags)
    return Shop(
        events=events,
        merges=merges,
        history=history,
        live=events,
        products=products,
        catalog=catalog,
        tags=tags,
        taggers=MemoryTaggers(),
        taxonomies=FileTaxonomy(folder),
        dictionaries=FileDictionaries(),
        analytics=partial(DuckAnalytics, history, events, merges, catalog),
        models=MemoryModelStore(),
        scenarios=FileScenarios(folder / "scenarios"),
        rules=MemoryRules(),
        predictions=FilePredictions(folder / "predictions"),
        outlooks=FileOutlooks(folder / "outlooks"),
        segments=FileSegments(folder / "segments"),
        policies=FilePolicies(folder / "policies"),
        explorations=MemoryExplorationLog(),
        coupons=MemoryCouponStore(),
        coupon_secret=lambda: b"s" * 32,
        people=MemoryPeopleStore(),
        privacy=FilePrivacy(folder / "privacy.toml"),
        quarantine=MemoryQuarantineStore(),
        checkpoints=lambda _: NoCheckpoints(),
        close=lambda: None,
    )


def views(*names: str) -> list[Event]:
    return [
        Event(event_id=name, type=EventType.VIEW, at=START, visitor_id=name, item_id=f"i{number % 3}")
        for number, name in enumerate(names)
    ]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return shop_of(tmp_path)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def refit(shop: Shop, watch: Watch) -> Job:
    settings = Settings(model="popularity", refit_hours=24, refit_events=3)
    return next(job for job in jobs_of(shop, settings, clock=watch) if job.name == "refit")


def test_waits_for_the_first_events(shop: Shop, refit: Job) -> None:
    assert refit.run(ignore) == ""
    shop.live.append(views("a", "b"))
    assert refit.run(ignore) == "fitted popularity on 2 interactions of 2 users"
    assert shop.models.names() == ["buy_again", "popularity", "together", "trending"]


@pytest.mark.parametrize(
    ("new", "hours", "is_due"),
    [(2, 1, False), (3, 1, True), (1, 24, True), (0, 24, False)],
    ids=["little and young", "much", "old", "old and nothing new"],
)
def test_fits_again_when_old_or_when_much_is_new(
    shop: Shop, refit: Job, watch: Watch, new: int, hours: int, is_due: bool
) -> None:
    shop.live.append(views("a", "b", "c", "d"))
    refit.run(ignore)
    first = shop.models.current("popularity")
    shop.live.append(views("e", "f", "g")[:new])
    watch.now += timedelta(hours=hours)
    assert (refit.run(ignore) != "") == is_due
    assert (shop.models.current("popularity") != first) == is_due


def test_a_young_shop_learns_with_each_doubling(shop: Shop, refit: Job) -> None:
    for names, is_due in ((("a",), True), (("b",), True), (("c",), False), (("d",), True)):
        shop.live.append(views(*names))
        assert (refit.run(ignore) != "") == is_due


class Watched(MemoryModelStore):
    """A store that remembers the order of what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[str] = []

    def save(self, model: SavedModel) -> None:
        super().save(model)
        self.saved.append(model.scorer.name)


def test_what_answers_for_the_silent_is_published_just_before(shop: Shop, watch: Watch) -> None:
    """Else a replica that takes up the new model finds it beside a popularity of other products."""
    store = Watched()
    shop.live.append(views("a", "b"))
    scorers = [models.create(name) for name in ("item_knn", "popularity", "transitions")]
    publisher = Publisher(store, shop.checkpoints, watch)
    publisher.publish(scorers, training_data(shop.events, shop.catalog), check=False, progress_of=lambda _: ignore)
    assert store.saved == ["popularity", "item_knn", "transitions"]


def test_what_was_rolled_back_stays_until_the_next_time(shop: Shop, refit: Job, watch: Watch) -> None:
    for names in (("a",), ("b", "c", "d")):
        shop.live.append(views(*names))
        watch.now += timedelta(hours=23)
        refit.run(ignore)
    older = shop.models.versions("popularity")[1].version
    shop.models.promote("popularity", older)
    watch.now += timedelta(hours=2)
    assert (refit.run(ignore), shop.models.current("popularity")) == ("", older)


class Scripted:
    """A job that does as it is told, turn by turn."""

    name = "scripted"

    def __init__(self, *turns: Callable[[Progress], str]) -> None:
        self.turns = list(turns)

    def run(self, on_progress: Progress) -> str:
        return self.turns.pop(0)(on_progress)


def test_a_failure_is_told_and_the_work_goes_on() -> None:
    stop, told = Flag(), list[str]()

    def fail(_: Progress) -> str:
        raise InvalidInput("no good")

    def end(_: Progress) -> str:
        stop.set()
        return "done"

    work([Scripted(fail, lambda _: "", end)], stop, look_s=0.001, once=False, tell=told.append)
    assert told == ["scripted: no good", "scripted: done"]


def test_a_job_ends_at_its_next_step_when_the_process_is_asked_to_end() -> None:
    stop, told = Flag(), list[str]()

    def go_on(on_progress: Progress) -> str:
        signal.raise_signal(signal.SIGTERM)
        on_progress(0.5)
        return "done all the same"

    with stopping(stop):
        work([Scripted(go_on)], stop, look_s=60, once=False, tell=told.append)
    assert told == ["scripted: given up, since the worker stops"]


def test_the_lock_is_for_one(tmp_path: Path) -> None:
    with held(tmp_path / "lock", "taken"), pytest.raises(InvalidInput, match="taken"), held(tmp_path / "lock", "taken"):
        pass
    with held(tmp_path / "lock", "taken"):
        pass
