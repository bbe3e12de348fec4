"""What the services need from outside; the adapters are the answers."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from shopkeeper.data.applied import Applied
from shopkeeper.data.catalog import Product
from shopkeeper.data.counts import Privacy
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.insights import (
    Cohort,
    Days,
    EarnedFigures,
    EarnedQuestion,
    EchoFigures,
    FunnelFigures,
    FunnelQuestion,
    PairFigures,
    PathFigures,
    PathsQuestion,
    PerformanceFigures,
    PerformanceQuestion,
    RetentionQuestion,
    RfmFigures,
    SearchFigures,
)
from shopkeeper.data.keys import Key
from shopkeeper.data.merges import Merge
from shopkeeper.data.reviews import Review
from shopkeeper.data.tags import Tag
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.data.trail import Trail
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import Config, Progress, Scorer
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.outlook import Outlook
from shopkeeper.prediction.segments import Segment
from shopkeeper.ranking.rules import Rule
from shopkeeper.ranking.scenario import Scenario
from shopkeeper.tagging.attribute_tagger import AttributeTagger
from shopkeeper.tagging.category import CategoryTagger
from shopkeeper.tagging.dictionary import Dictionary

T = TypeVar("T")


class OffLoop(Protocol):
    """Runs blocking work where it holds up nobody else's request."""

    async def __call__(self, work: Callable[[], T]) -> T:
        """Return what the work returns, or raise what it raises."""


class EventStore(Protocol):
    """Events, each stored once. What `append` has acknowledged survives a crash."""

    def append(self, events: Sequence[Event]) -> list[bool]:
        """Store all or none; return for each whether it is new (False: its event_id was there already)."""

    def history(
        self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)
    ) -> list[Event]:
        """Return the newest `limit` events of these types of one person (user id or visitor id), oldest first."""

    def trail(self, shopper_id: str, *, limit: int = 1000, types: Collection[EventType] = tuple(EventType)) -> Trail:
        """Return the same as columns, which is quicker."""

    def known_ids(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are stored."""

    def log(self) -> EventLog:
        """Return everything as columns."""

    def shoppers(self, *, limit: int = 50) -> list[tuple[str, int]]:
        """Return the most active persons with their number of events, most first, ties by id, guests left out."""

    def traffic(
        self, since: datetime | None = None, *, limit: int = 10_000, types: Collection[EventType] = tuple(EventType)
    ) -> list[tuple[str, int]]:
        """Return the products that most events of these types are about, since a time or ever, ties by id."""

    def count(self) -> int:
        """Return the number of events."""


class LiveEventStore(EventStore, Protocol):
    """Events as they come in."""

    def newest_ids(self, n: int) -> list[str]:
        """Return the ids of the n events that came last."""

    def since(self, number: int) -> tuple[list[Event], int]:
        """Return the events that came after a number, as they came, and the number of the last; 0: all of them."""


class Analytics(Protocol):
    """Questions about the behaviour of everybody, imported and live; answers are exact, and not for showing."""

    def count(self) -> int:
        """Return the number of events, quickly."""

    def funnel(self, question: FunnelQuestion) -> list[FunnelFigures]:
        """Return the funnel, or one for each value that it is broken down by, most people first."""

    def retention(self, question: RetentionQuestion) -> list[Cohort]:
        """Return the cohorts with somebody in them, the oldest first."""

    def rfm(self, days: Days) -> RfmFigures:
        """Return how many customers have which scores, of what they bought in these days."""

    def pairs(self, days: Days, *, least: int = 10) -> PairFigures:
        """Return the pairs of products that so many baskets hold both of, of baskets with up to 100 products."""

    def earned(self, question: EarnedQuestion) -> tuple[list[EarnedFigures], str | None]:
        """Return what came of all lists and of those of each origin, and the currency of the money."""

    def performance(self, question: PerformanceQuestion) -> tuple[list[PerformanceFigures], str | None]:
        """Return what was done with each product, category or brand, and the currency of the money."""

    def paths(self, question: PathsQuestion, *, least: int = 10) -> PathFigures:
        """Return the beginnings of visits that so many people share."""

    def echo(self, days: Days) -> EchoFigures:
        """Return what lists led people to, against what they found alone; without a first day, in the last 28."""

    def searches(self, days: Days, *, least: int = 10) -> list[SearchFigures]:
        """Return what came of all searches, and of those for words that so many people searched for."""


class MergeStore(Protocol):
    """Which visitor turned out to be which user."""

    def add(self, merge: Merge) -> None:
        """Store one; the same again changes nothing.

        Nothing is folded together, since one that comes late can lie between two of the same user.
        """

    def about(self, shopper_id: str) -> list[Merge]:
        """Return all merges of the visitors that this person is or was."""

    def all(self) -> list[Merge]:
        """Return all, in the order in which they came."""


class CatalogStore(Protocol):
    """The products of the shop."""

    def upsert(self, products: Iterable[Product]) -> int:
        """Store all or none, replacing products of the same id; return how many."""

    def get(self, item_ids: Sequence[str]) -> dict[str, Product]:
        """Return the known ones among the ids."""

    def all(self) -> list[Product]:
        """Return every product, in id order."""

    def update(self, item_id: str, change: Callable[[Product], Product]) -> Product | None:
        """Replace a product by what is made of it and return that, None when there is none.

        Nobody else changes it meanwhile; where `change` raises, it stays as it was.
        """

    def remove(self, item_ids: Collection[str]) -> int:
        """Remove products; return how many there were."""

    def search(
        self, text: str = "", *, category: str | None = None, brand: str | None = None, limit: int = 20, offset: int = 0
    ) -> list[Product]:
        """Return products whose title or id holds the text, ignoring case, in title order, from an offset on.

        A category holds what lies below it: `Home` also has `Home > Light`.
        """

    def count(self) -> int:
        """Return the number of products."""

    def changes(self, since: int = 0, *, limit: int = 1000) -> "CatalogChanges":
        """Return the first products changed after a number, in the order of their last change; 0: after nothing."""


@dataclass(frozen=True, slots=True)
class CatalogChanges:
    """Products as they are now, told because they changed."""

    products: Sequence[Product]
    removed: Sequence[str]
    """Ids of what is there no longer."""
    number: int
    """Of the last change that is told: ask for what came after it."""


@dataclass(frozen=True, slots=True, eq=False)
class SavedModel:
    """A fitted model with all that is needed to serve it."""

    scorer: Scorer[Config]
    users: Vocabulary
    items: Vocabulary
    version: str
    fitted_at: datetime
    fingerprint: str
    """Of the data it was fitted on."""
    metrics: Mapping[str, float]
    privacy: Privacy | None = None
    """Of a model of noisy counts: with which noise."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """What is known of a saved model without loading it."""

    version: str
    fitted_at: datetime
    fingerprint: str
    metrics: Mapping[str, float]
    config: Mapping[str, object]
    """The hyper-parameters, as JSON has them."""
    n_users: int | None
    """None where it was saved before this was written down; so with the products."""
    n_items: int | None
    is_current: bool
    privacy: Privacy | None = None


class ModelStore(Protocol):
    """Fitted models by name, some versions of each; saving is atomic, readers see the old or the new one."""

    def save(self, model: SavedModel) -> None:
        """Make this the current version of its name."""

    def load(self, name: str, version: str | None = None) -> SavedModel:
        """Return a version that is kept, else the current one.

        NotFound if there is none, IncompatibleVersion if it cannot be read.
        """

    def current(self, name: str) -> str | None:
        """Return the current version of a name, cheaply, None if there is none."""

    def names(self) -> list[str]:
        """Return the names that have a current version."""

    def versions(self, name: str) -> list[ModelVersion]:
        """Return the versions that are kept of a name, the one fitted last first; none where nothing was saved."""

    def promote(self, name: str, version: str) -> None:
        """Make a version that is kept the current one; NotFound if it is not."""

    def people(self, name: str, version: str) -> Collection[str]:
        """Return the users whom a version that is kept was fitted on; IncompatibleVersion if they cannot be read."""

    def knows(self, name: str, version: str, shopper_ids: Collection[str]) -> bool:
        """Tell quickly whether one of some users is among them."""

    def drop(self, name: str, version: str) -> None:
        """Remove a version for ever; where it is the current one, nothing is served under the name."""


class PredictionStore(Protocol):
    """What can be predicted, by name; a definition that is changed counts from the next request on."""

    def names(self) -> list[str]:
        """Return the names of all."""

    def get(self, name: str) -> Prediction:
        """Return one as it is now; UnknownName if there is none, InvalidInput if it cannot be used."""


class SegmentDefinitions(Protocol):
    """The merchant's segments by name; one that is changed counts from the next request on."""

    def names(self) -> list[str]:
        """Return the names of all."""

    def get(self, name: str) -> Segment:
        """Return one as it is now; UnknownName if there is none, InvalidInput if it cannot be used."""


@dataclass(frozen=True, slots=True, eq=False)
class SavedOutlook:
    """A prediction that was learned, with what is known of how."""

    name: str
    prediction: Prediction
    """As it was defined then."""
    outlook: Outlook
    fitted_at: datetime
    fingerprint: str
    """Of the data it was learned from."""


class OutlookStore(Protocol):
    """Predictions that were learned, the newest of each name; saving is atomic, readers see the old or the new one."""

    def save(self, saved: SavedOutlook) -> None:
        """Make this what is served of its name."""

    def refuse(self, name: str, why: str) -> None:
        """Note why nothing could be learned; what was saved before stays."""

    def load(self, name: str, prediction: Prediction) -> SavedOutlook:
        """Return what was learned of a prediction that is defined so, quickly where it was asked for before.

        NotFitted where nothing was, or of another definition; TooLittle where that was refused; IncompatibleVersion
        where it cannot be read.
        """


@dataclass(frozen=True, slots=True)
class Tagged:
    """What is said of one product, and what counts of it."""

    item_id: str
    digest: str
    """Of what was read of the product: while it is the same, there is nothing new to say."""
    tags: Sequence[Tag]
    applied: Applied


class TagStore(Protocol):
    """What rules and models say of products, which is replaced, and what persons decided, which is only added to."""

    def tell(self, told: Sequence[Tagged]) -> None:
        """Store what is said of products instead of what was before; whose applied tags changed, changed for lists."""

    def told(self, item_ids: Sequence[str]) -> dict[str, Tagged]:
        """Return what is said of those products of which anything is."""

    def to_review(self, limit: int = 10_000) -> list[tuple[str, Tag]]:
        """Return the tags of products that a person shall look at, the least sure first, and who they are about.

        What was decided is left out, and what was skipped until something else is said.
        """

    def add(self, reviews: Sequence[Review]) -> list[bool]:
        """Add decisions, all or none; return for each whether it is new (False: its review_id was there already)."""

    def reviews(self, since: int = 0, *, limit: int = 1_000_000) -> tuple[list[Review], int]:
        """Return the first decisions after a number, in their order, and the number of the last; 0: after nothing."""

    def decided(self, item_ids: Sequence[str]) -> dict[str, dict[str, Review]]:
        """Return the newest decision about each name of products, what was skipped left out."""

    def newest(self, item_ids: Sequence[str]) -> dict[str, dict[str, Review]]:
        """Return the same with what was skipped."""

    def recent(self, n: int) -> list[Review]:
        """Return the newest n decisions about what had been said, the oldest first, what was skipped left out."""

    def read_up_to(self, reader: str) -> int:
        """Return the number of the last change of the catalogue that somebody has read; 0: none."""

    def note_read(self, reader: str, number: int) -> None:
        """Note that somebody has read the changes up to a number."""


@dataclass(frozen=True, slots=True, eq=False)
class SavedTaggers:
    """Taggers that were fitted together, with what is known of how."""

    category: CategoryTagger | None
    """None where the shop has no tree."""
    attributes: AttributeTagger
    version: str
    fitted_at: datetime
    fingerprint: str
    """Of what they learned from."""
    reviews_read: int
    """The number of the last decision they learned from."""
    metrics: Mapping[str, float]


class TaggerStore(Protocol):
    """The taggers that were fitted last; saving is atomic, readers see the old or the new ones."""

    def save(self, saved: SavedTaggers) -> None:
        """Make these what is used."""

    def current(self) -> str | None:
        """Return the version that is used, cheaply; None if nothing was fitted."""

    def load(self) -> SavedTaggers:
        """Return them anew; NotFitted where nothing was, IncompatibleVersion where they cannot be read."""


class TaxonomyStore(Protocol):
    """The shop's own category tree."""

    def get(self) -> Taxonomy | None:
        """Return it as it is now, None where the shop has none of its own; InvalidInput if it cannot be used."""


class Dictionaries(Protocol):
    """The attributes that can be told from texts."""

    def all(self) -> list[Dictionary]:
        """Return one for each attribute; InvalidInput where one cannot be used."""


class KeyStore(Protocol):
    """The keys of an installation, those that work no longer included."""

    def add(self, key: Key) -> None:
        """Store a new key."""

    def all(self) -> list[Key]:
        """Return every key, the oldest first."""

    def revoke(self, key_id: str, at: datetime) -> None:
        """Note that a key works no longer; of one that was revoked before, or is not there, nothing changes."""

    def expire(self, key_id: str, at: datetime) -> None:
        """Let a key work until a time, unless it ends sooner anyway."""

    def note_use(self, key_ids: Collection[str], at: datetime) -> None:
        """Note when keys were used."""


class Job(Protocol):
    """Work beside serving that a worker looks after."""

    name: str

    def run(self, on_progress: Progress) -> str:
        """Do what is due and return a sentence about it; nothing where nothing was. The listener may end it."""


class ScenarioStore(Protocol):
    """Scenarios by name; one that is changed counts from the next request on."""

    def names(self) -> list[str]:
        """Return the names of all scenarios."""

    def get(self, name: str) -> Scenario:
        """Return a scenario as it is now; UnknownName if there is none, InvalidInput if it cannot be used."""

    def problem(self, name: str) -> str | None:
        """Return why a changed scenario is not used, and the one before it goes on; None if all is well."""


class RuleStore(Protocol):
    """The merchant's rules by name."""

    def all(self) -> Mapping[str, Rule]:
        """Return all rules, in the order in which they were added; another mapping once anything changed."""

    def put(self, name: str, rule: Rule) -> None:
        """Add or replace a rule, on disk when this returns."""

    def remove(self, name: str) -> bool:
        """Remove a rule; return whether there was one."""
