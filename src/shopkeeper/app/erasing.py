"""All the places of a shop that have something about persons, and what looks after them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from shopkeeper import models
from shopkeeper.adapters.lock_file import in_turn
from shopkeeper.adapters.sealing import seal
from shopkeeper.app.personal import APART
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop
from shopkeeper.data.consent import Purpose
from shopkeeper.data.erasure import Gone, State
from shopkeeper.data.events import types_of
from shopkeeper.data.retention import Retention
from shopkeeper.estimator import Progress, ignore
from shopkeeper.kit.clock import Clock, utc_now
from shopkeeper.ports.people import PersonalPlace, Told
from shopkeeper.services.people.erasing import Erasing
from shopkeeper.services.people.jobs import SweepErased
from shopkeeper.services.people.packing import Packing
from shopkeeper.services.people.retention import KeepNoLonger
from shopkeeper.services.recommendations.forgetting import ModelPlace
from shopkeeper.services.recommendations.jobs import Publisher


@dataclass(slots=True)
class Nameless:
    """A place that names nobody, or that cannot be reached from here: it is in the list so that receipts say so."""

    name: str
    state: State
    about: str

    def tell(self, gone: Gone) -> Sequence[Told]:
        """Return nothing."""
        return ()

    def count(self, gone: Gone) -> int:
        """Return 0."""
        return 0

    def erase(self, gone: Gone, on_progress: Progress = ignore) -> int:
        """Do nothing."""
        return 0

    def known(self) -> Iterable[str]:
        """Return nobody."""
        return ()


OTHERS = (
    Nameless("predictions", "later", "Sums over all people, without a name; they are learned anew within a day."),
    Nameless(
        "campaigns", "later", "Sums over all people, without a name; of running campaigns learned anew each night."
    ),
    Nameless("checkpoints", "erased", "What a fit that was ended left; removed with the models."),
    Nameless("language models", "erased", "Only texts of products are sent, and only answers about these are kept."),
    Nameless("logs", "erased", "Nobody is named in them: a request is logged by its route."),
    Nameless("memory of running processes", "erased", "It is asked for nobody who was erased, and follows the files."),
    Nameless("exported files", "elsewhere", "What commands wrote to a path of yours is yours to remove."),
    Nameless(
        "backups", "elsewhere", "Copies are yours; one that is brought back is cleaned before anything is served."
    ),
)


def places_of(shop: Shop, settings: Settings, clock: Clock = utc_now) -> list[PersonalPlace]:
    """Return all places, those first that the models are then fitted on."""
    return [*shop.personal.places, _models_of(shop, settings, clock), *OTHERS]


def _models_of(shop: Shop, settings: Settings, clock: Clock) -> ModelPlace:
    publisher = Publisher(
        shop.models, shop.checkpoints, clock, settings.metric, settings.repeats, epsilon=settings.dp_epsilon
    )
    return ModelPlace(publisher, shop.allowing(Purpose.PERSONAL), shop.catalog, types_of(settings.types or ""))


def erasing_of(shop: Shop, settings: Settings, clock: Clock = utc_now) -> Erasing:
    """Return what tells and forgets persons."""
    personal = shop.personal
    return Erasing(
        places=places_of(shop, settings, clock),
        events=personal.events,
        merges=shop.merges,
        tombstones=personal.tombstones,
        erasures=personal.erasures,
        leave_no_trace=personal.leave_no_trace,
        clock=clock,
    )


def packing_of(settings: Settings) -> Packing:
    """Return how exports of persons leave."""
    return Packing(seal, settings.export_recipient)


def sweep_of(shop: Shop, settings: Settings, clock: Clock = utc_now) -> SweepErased:
    """Return the job that takes erased persons out of all places."""

    def stamp() -> object:
        files = [path.name for path in shop.history.files()]
        return files, [[one.version for one in shop.models.versions(name)] for name in models.names()]

    return SweepErased(
        places_of(shop, settings, clock),
        shop.merges,
        shop.personal.tombstones,
        shop.personal.erasures,
        shop.personal.leave_no_trace,
        stamp,
        _models_of(shop, settings, clock).renew,
        partial(in_turn, shop.history.folder.parent / APART / "lock"),
        clock,
    )


def retention_of(shop: Shop, settings: Settings, clock: Clock = utc_now) -> KeepNoLonger:
    """Return the job that removes what was kept long enough."""
    personal = shop.personal
    retention = Retention.of(settings.keep_days)
    return KeepNoLonger(retention, personal.events, personal.expire_files, personal.leave_no_trace, clock)
