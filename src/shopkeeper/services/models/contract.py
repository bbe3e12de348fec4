"""What the models service takes and gives."""

from datetime import datetime
from typing import Annotated, Protocol, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from shopkeeper.data.counts import Privacy
from shopkeeper.models import Capabilities
from shopkeeper.services.events.contract import EventKind

ItemId = Annotated[str, Field(min_length=1, max_length=200)]


class ModelVersionOut(BaseModel):
    """One version of a model."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    version: str
    """Its name."""
    is_current: bool
    """Whether it answers where no version is asked for."""
    fitted_at: datetime
    """When it was fitted, in UTC."""
    fingerprint: str
    """Of the data: another one, other data."""
    metrics: dict[str, float]
    """What it reached on held-out data before it was published."""
    config: dict[str, object]
    """Its options."""
    n_users: int | None
    """How many people it was fitted on; none where it was saved before this was written down."""
    n_items: int | None
    """How many products it knows; none as above."""
    privacy: Privacy | None = None
    """With which noise its counts of people were published; none: they are exact, or it publishes none."""


class FittedModel(BaseModel):
    """A model that was fitted."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """Its name."""
    capabilities: Capabilities
    """What it can."""
    versions: list[ModelVersionOut]
    """Those that are kept, the one fitted last first."""


class FittedModels(BaseModel):
    """All models that were fitted."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    models: list[FittedModel]
    """By name."""


class HistoryEvent(BaseModel):
    """One thing that somebody did."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    item_id: ItemId
    """The product."""
    type: EventKind = "purchase"
    """What happened; what is no turn to a product, such as a refund, is not read."""
    at: AwareDatetime | None = None
    """When, with a time zone; without it, when the next one happened, and the newest happened now."""
    quantity: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    """How many."""
    rating: Annotated[float | None, Field(ge=-1000, le=1000)] = None
    """An explicit rating."""


def _kind(one: object) -> str:
    return "id" if isinstance(one, str) else "event"


# Told apart before they are checked: a failure then names what was meant.
OneEvent = Annotated[Annotated[ItemId, Tag("id")] | Annotated[HistoryEvent, Tag("event")], Discriminator(_kind)]
OneHistory = Annotated[list[OneEvent], Field(max_length=500)]
Histories = Annotated[list[OneHistory], Field(min_length=1, max_length=100)]


class ScoreRequest(BaseModel):
    """The wish for scores of products, for some histories."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    histories: Histories
    """Up to 100 people with up to 500 events, or just product ids, each, newest last; none for somebody new."""
    items: Annotated[list[ItemId] | None, Field(min_length=1, max_length=10_000)] = None
    """Score these; else the n best are found."""
    n: Annotated[int, Field(ge=1, le=1000)] = 10
    """How many of the best."""
    exclude_seen: bool = True
    """Leave out of the best what the history holds; products that are named are scored in any case."""
    version: Annotated[str | None, Field(max_length=200)] = None
    """Which version that is kept; else the current one."""


class HistoryScores(BaseModel):
    """The scores for one history, as two lists of the same length."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    item_ids: list[str]
    """Best first, only those the model has something to say about; or those that were named and are known, as named."""
    scores: list[float | None]
    """Higher is better; comparable within one history only. None: the model has nothing to say."""


class Scores(BaseModel):
    """The answer to a ScoreRequest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    model: str
    """The model that was asked."""
    version: str
    """Its version."""
    histories: list[HistoryScores]
    """One for each history, in order."""
    unknown_item_ids: list[str]
    """Products, in histories or named, that this version does not know; they were not read."""


Vector = list[float] | None


class EmbedRequest(BaseModel):
    """The wish for vectors."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    histories: Histories | None = None
    """As in a ScoreRequest. Either these or items must be there."""
    items: Annotated[list[ItemId] | None, Field(min_length=1, max_length=1000)] = None
    """Products."""
    version: Annotated[str | None, Field(max_length=200)] = None
    """Which version that is kept; else the current one. Vectors of different versions do not go together."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not (self.histories or self.items):
            raise ValueError("histories or items are needed: vectors of what?")
        return self


class Embeddings(BaseModel):
    """The answer to an EmbedRequest: the product of a history's vector with a product's is the score."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    model: str
    """The model that was asked."""
    version: str
    """Its version."""
    dimension: int
    """Length of each vector."""
    histories: list[Vector]
    """One for each history, in order; none where the model has nothing to say."""
    items: list[Vector]
    """One for each product, in order; none where it is unknown, or nothing is known of it."""
    unknown_item_ids: list[str]
    """Products, in histories or named, that this version does not know."""


class Models(Protocol):
    """The models service."""

    async def fitted(self) -> FittedModels:
        """Return all models that were fitted, with the versions that are kept."""

    async def get(self, name: str) -> FittedModel:
        """Return one model; NotFound when it was not fitted."""

    async def score(self, name: str, request: ScoreRequest) -> Scores:
        """Score products for histories; NotFound for a model or version that is not there."""

    async def embed(self, name: str, request: EmbedRequest) -> Embeddings:
        """Return vectors of histories and products; InvalidInput for a model that has none."""
