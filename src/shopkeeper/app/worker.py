"""What must be done beside serving, one job after the other, by one process for each shop."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Event

from shopkeeper.adapters.files.inbox import Inbox
from shopkeeper.app.erasing import retention_of, sweep_of
from shopkeeper.app.language_models import open_teacher
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, tagging_of
from shopkeeper.data.consent import Purpose
from shopkeeper.data.events import types_of
from shopkeeper.kit.clock import Clock, utc_now
from shopkeeper.kit.due import Due
from shopkeeper.kit.errors import ShopkeeperError
from shopkeeper.ports import Job
from shopkeeper.services.catalog.jobs import TagProducts, Teacher
from shopkeeper.services.coupons.jobs import CampaignLearner, LearnCampaigns, SweepCoupons
from shopkeeper.services.events.jobs import FindFakes
from shopkeeper.services.predictions.jobs import Learner, RefitPredictions
from shopkeeper.services.recommendations.jobs import ForgetExplorations, Publisher, Refit


class Stopped(Exception):
    """The worker was asked to stop while a job was at work."""


def jobs_of(shop: Shop, settings: Settings, *, clock: Clock = utc_now) -> list[Job]:
    """Return all jobs of a shop, in the order in which they are looked at."""
    refit = Refit(
        Publisher(shop.models, shop.checkpoints, clock, settings.metric, settings.repeats, epsilon=settings.dp_epsilon),
        shop.allowing(Purpose.PERSONAL),
        shop.catalog,
        settings.model,
        types_of(settings.types or ""),
        Due(timedelta(hours=settings.refit_hours), settings.refit_events),
    )
    predictions = RefitPredictions(
        Learner(shop.predictions, shop.outlooks, clock),
        shop.allowing(Purpose.PREDICTION),
        shop.catalog,
        shop.labels,
        Due(timedelta(hours=settings.refit_hours), settings.refit_events),
    )
    store = settings.store
    inbox = Inbox(store / "inbox", shop.history, shop.live, store / "rejects", clock)
    tagging = tagging_of(shop, settings, clock)

    def teacher() -> Teacher | None:
        return open_teacher(settings, store, tagging.used().attributes.rules, clock)

    tags = TagProducts(tagging, Due(timedelta(hours=settings.refit_hours), settings.refit_events), teacher)
    campaigns = LearnCampaigns(
        CampaignLearner(shop.coupons, shop.policies, shop.allowing(Purpose.COUPONS), shop.catalog, clock)
    )
    return [
        inbox,
        sweep_of(shop, settings, clock),
        retention_of(shop, settings, clock),
        tags,
        FindFakes(
            shop.events, shop.quarantine, Due(timedelta(hours=settings.refit_hours), settings.refit_events), clock
        ),
        refit,
        predictions,
        ForgetExplorations(shop.explorations, clock),
        SweepCoupons(shop.coupons, clock),
        campaigns,
    ]


def work(jobs: Sequence[Job], stop: Event, *, look_s: float, once: bool, tell: Callable[[str], None]) -> None:
    """Look after jobs until `stop` is set, or once; a job that fails is told and tried again when it is due.

    A job at work when `stop` is set ends at its next step: what it had published stays, nothing is left by half.
    """

    def on_progress(_share: float) -> None:
        if stop.is_set():
            raise Stopped

    while not stop.is_set():
        for job in jobs:
            try:
                done = job.run(on_progress)
            except Stopped:
                tell(f"{job.name}: given up, since the worker stops")
                return
            except ShopkeeperError as error:
                tell(f"{job.name}: {error}")
            else:
                if done:
                    tell(f"{job.name}: {done}")
        if once:
            return
        stop.wait(look_s)


@contextmanager
def stopping(stop: Event) -> Iterator[None]:
    """Set `stop` when the process is asked to end (SIGTERM, SIGINT); asked again, it ends at once."""
    signals = (signal.SIGTERM, signal.SIGINT)

    def ask(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    before = {one: signal.signal(one, ask) for one in signals}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
