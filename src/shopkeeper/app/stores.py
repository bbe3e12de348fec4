"""The stores of one shop, in a folder and a database."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import SecretStr

from shopkeeper.adapters.allowed import EventsAllowed
from shopkeeper.adapters.analytics import DuckAnalytics
from shopkeeper.adapters.attribute_files import FileDictionaries
from shopkeeper.adapters.checkpoint_files import FileCheckpoints
from shopkeeper.adapters.files import SegmentStore
from shopkeeper.adapters.label_queries import DuckLabels
from shopkeeper.adapters.layered import LayeredEvents
from shopkeeper.adapters.loaded_models import LoadedModels
from shopkeeper.adapters.merchant_files import FileRules, FileScenarios
from shopkeeper.adapters.merged import MergedEvents
from shopkeeper.adapters.model_files import FileModelStore
from shopkeeper.adapters.outlook_files import FileOutlooks
from shopkeeper.adapters.policy_files import FilePolicies
from shopkeeper.adapters.prediction_files import FilePredictions, FileSegments
from shopkeeper.adapters.privacy_file import FilePrivacy
from shopkeeper.adapters.quarantined import WithoutQuarantined
from shopkeeper.adapters.secret_file import secret_in
from shopkeeper.adapters.sql import (
    SqlCatalogStore,
    SqlCouponStore,
    SqlEventStore,
    SqlExplorationLog,
    SqlMergeStore,
    SqlPeopleStore,
    SqlQuarantineStore,
    SqlTagStore,
    open_engine,
)
from shopkeeper.adapters.tagger_files import FileTaggers
from shopkeeper.adapters.taxonomy_files import FileTaxonomy
from shopkeeper.adapters.without_erased import MergesWithoutErased, SaidWithoutErased, WithoutErased
from shopkeeper.app.personal import Personal, personal_in
from shopkeeper.app.settings import Settings
from shopkeeper.app.shops import schema_of
from shopkeeper.app.taggers import encoder_for, encoder_named
from shopkeeper.data.consent import Purpose
from shopkeeper.estimator import Checkpoints
from shopkeeper.kit.clock import Clock, utc_now
from shopkeeper.ports import (
    Analytics,
    CatalogStore,
    Dictionaries,
    EventStore,
    LiveEventStore,
    MergeStore,
    ModelStore,
    OutlookStore,
    PredictionStore,
    RuleStore,
    ScenarioStore,
    SegmentDefinitions,
    TaggerStore,
    TagStore,
    TaxonomyStore,
)
from shopkeeper.ports.coupons import CouponStore, PolicyStore
from shopkeeper.ports.exploration import ExplorationLog
from shopkeeper.ports.people import PeopleStore, PrivacyTerms
from shopkeeper.ports.quarantine import QuarantineStore
from shopkeeper.prediction.behaviour import Labels
from shopkeeper.services.catalog.tagging import Tagging


@dataclass(frozen=True, slots=True)
class Shop:
    """The stores of one shop."""

    events: EventStore
    """Imported and live events, read as one, under the persons who did them."""
    merges: MergeStore
    history: SegmentStore
    """Where imports write."""
    live: LiveEventStore
    """Where single events go."""
    products: CatalogStore
    """As their merchant describes them."""
    catalog: CatalogStore
    """The same, filled with what counts of their tags: what lists and analyses are made from."""
    tags: TagStore
    taggers: TaggerStore
    """What was fitted to say them."""
    taxonomies: TaxonomyStore
    dictionaries: Dictionaries
    """Of attributes."""
    analytics: Callable[[ZoneInfo], Analytics]
    """Over all of these, in a time zone."""
    models: ModelStore
    scenarios: ScenarioStore
    rules: RuleStore
    predictions: PredictionStore
    outlooks: OutlookStore
    """What was learned of them."""
    segments: SegmentDefinitions
    coupons: CouponStore
    policies: PolicyStore
    """What was learned of campaigns."""
    coupon_secret: Callable[[], bytes]
    """With what its codes are hashed, where no setting says."""
    explorations: ExplorationLog
    """What chance filled places of lists with."""
    people: PeopleStore
    """What they allow and prefer."""
    privacy: PrivacyTerms
    quarantine: QuarantineStore
    """From whom nothing is learned."""
    checkpoints: Callable[[str], Checkpoints]
    """Of the fit of a model, by its name."""
    close: Callable[[], None]
    """Let go of the files."""
    personal: Personal = field(default_factory=Personal)
    """Who was erased, and who is to be."""
    labels: Labels = field(default_factory=DuckLabels)
    """Who reads the SQL of predictions."""

    def allowing(self, purpose: Purpose) -> EventsAllowed:
        """Return the events from which may be learned for a purpose."""
        return EventsAllowed(WithoutQuarantined(self.events, self.quarantine), self.people, self.privacy, purpose)


def open_shop(store: Path, database_url: SecretStr | None = None) -> Shop:
    """Open the stores in a folder, making it when it is not there, with live events and products in a database."""
    engine = open_database(store, database_url)
    history, live = SegmentStore(store / "history"), SqlEventStore(engine)
    personal = personal_in(store, engine, history)
    merges = MergesWithoutErased(SqlMergeStore(engine), personal.tombstones)
    catalog, dictionaries = SqlCatalogStore(engine, filled=True), FileDictionaries(store / "attributes")
    events = WithoutErased(MergedEvents(LayeredEvents(history, live), merges), personal.tombstones)
    people = SaidWithoutErased(SqlPeopleStore(engine), personal.tombstones)
    privacy = FilePrivacy(store / "privacy.toml")
    counted = EventsAllowed(events, people, privacy, Purpose.ANALYSIS)
    return Shop(
        events=events,
        merges=merges,
        history=history,
        live=live,
        products=SqlCatalogStore(engine),
        catalog=catalog,
        tags=SqlTagStore(engine),
        taggers=FileTaggers(store / "tagging", dictionaries, encoder_named),
        taxonomies=FileTaxonomy(store),
        dictionaries=dictionaries,
        analytics=partial(DuckAnalytics, history, live, merges, catalog, allowed=counted),
        models=LoadedModels(FileModelStore(store / "models")),
        scenarios=FileScenarios(store / "scenarios"),
        rules=FileRules(store / "rules.json"),
        predictions=FilePredictions(store / "predictions"),
        outlooks=FileOutlooks(store / "outlooks"),
        segments=FileSegments(store / "segments"),
        explorations=SqlExplorationLog(engine),
        coupons=SqlCouponStore(engine),
        policies=FilePolicies(store / "policies"),
        coupon_secret=lambda: secret_in(store / "coupons.secret"),
        people=people,
        privacy=privacy,
        quarantine=SqlQuarantineStore(engine),
        checkpoints=lambda model: FileCheckpoints(store / "checkpoints" / f"{model}.npz"),
        close=engine.dispose,
        personal=personal,
    )


def tagging_of(shop: Shop, settings: Settings, clock: Clock = utc_now) -> Tagging:
    """Return what tags the products of a shop."""
    return Tagging(
        shop.products,
        shop.tags,
        shop.taggers,
        shop.taxonomies,
        shop.dictionaries,
        clock,
        encoder_for(settings),
    )


def open_database(store: Path, database_url: SecretStr | None = None) -> sa.Engine:
    """Open the database of the shop in a folder; that of the default shop has the keys of the installation too."""
    address = database_url.get_secret_value() if database_url else ""
    return open_engine(address, schema=schema_of(store)) if address else open_engine(store / "shop.sqlite")
