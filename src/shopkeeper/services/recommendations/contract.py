"""What the recommendations service takes and gives."""

from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shopkeeper.ranking.diversity import Diversity
from shopkeeper.ranking.rules import Rule
from shopkeeper.ranking.scenario import DEFAULT, NAME, Boost, Filter, Scenario, Share

Id = Annotated[str, Field(min_length=1, max_length=200)]
Person = Annotated[str, Field(max_length=200)] | None
Ids = Annotated[list[Id], Field(max_length=1000)]
RecentType = Literal["view", "favorite", "cart", "uncart", "purchase", "refund", "click"]


class RecentEvent(BaseModel):
    """Something the person just did, told with the request."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    item_id: Id
    """The product."""
    type: RecentType = "view"
    """What happened."""
    at: AwareDatetime | None = None
    """When; without it, now."""


class RecommendRequest(BaseModel):
    """The wish for products for one person. Nothing is required: nobody in particular gets what is popular."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    scenario: Annotated[str, Field(pattern=NAME)] = DEFAULT
    """Where the list is shown: `GET /v1/scenarios` tells which there are."""
    user_id: Person = None
    """The customer, when known."""
    visitor_id: Person = None
    """Else the browser or device."""
    session_id: Person = None
    """Else the visit, if it was the visitor_id of its events."""
    recent: Annotated[list[Id | RecentEvent], Field(max_length=1000)] = []
    """What the person just did, oldest first: ids of products that were looked at, or events. It is not stored."""
    n: Annotated[int, Field(ge=1, le=200)] | None = None
    """How many products; else as the scenario says."""
    model: Annotated[str, Field(max_length=100)] | None = None
    """Which fitted model; else the configured one."""
    exclude_seen: bool | None = None
    """Leave out what the person turned to before (true), nothing (false), or what the scenario says."""
    filter: Filter = ""
    """An expression: only products that it holds for, besides what the scenario asks for."""
    boost: Boost = ""
    """An expression: a factor for each product, besides that of the scenario."""
    exclude: Ids = []
    """Products that shall not be listed."""
    rank: Ids | None = None
    """Put these in order, and list no others."""
    item_id: Id | None = None
    """The product whose page this is: what goes with it is listed."""
    items: Ids = []
    """The products of the cart: what goes with them is listed."""
    query: Annotated[str, Field(max_length=200)] = ""
    """Words that were searched for: only what the catalogue finds for them."""
    diversity: Diversity | None = None
    """0 to 1, or none, low, medium, high; else as the scenario says."""
    rotation: Share | None = None
    """Share of its merit that a product loses for each time it was shown lately; else as the scenario says."""
    fatigue: Share | None = None
    """Share of its merit that a product loses for each time it was shown in vain; else as the scenario says."""
    calibration: Share | None = None
    """How much it counts that the list has the person's own mix of kinds and prices; else as the scenario says."""
    exploration: Annotated[float, Field(ge=0, le=0.5)] | None = None
    """Share of the places that find out about products that are new or little known; 0: none; else as it says."""
    personalization: Share | None = None
    """1: for the person; 0: the same for everybody; else as the scenario says."""
    strict_filtering: bool = True
    """false: a filter that leaves too few products is topped up with others, which are marked."""
    return_fields: Annotated[list[str], Field(max_length=50)] = []
    """Fields of the products that come with the answer."""
    next: Annotated[str, Field(max_length=100_000)] | None = None
    """From the answer before: the next page of the same list. Then nothing else need be given but n."""

    @property
    def shopper_id(self) -> str | None:
        """The person as far as the shop knows."""
        return self.user_id or self.visitor_id or self.session_id

    def of_nobody(self) -> "RecommendRequest":
        """Return the same wish without the person: what is left is where the list is shown."""
        return self.model_copy(update={"user_id": None, "visitor_id": None, "session_id": None, "recent": []})

    @property
    def names(self) -> list[str]:
        """All names of the person."""
        return [name for name in (self.user_id, self.visitor_id, self.session_id) if name]

    @property
    def is_of_nobody(self) -> bool:
        """Tell whether nothing of it is about a person, nor about an answer that somebody got before."""
        return not (self.shopper_id or self.recent or self.next or self.query)


class RecommendedItem(BaseModel):
    """One product of the answer."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    item_id: str
    """The product."""
    position: int
    """Its place in the list, from 1; on a later page, the count goes on."""
    title: str
    """Its title; its id where the catalogue does not know it."""
    price_minor: int | None
    """Price in minor units."""
    currency: str | None
    """ISO 4217 code."""
    image_url: str | None
    """Its picture."""
    score: float
    """Of its source, before rules and diversity; comparable within one source only. 0 where a later one filled in."""
    source: str
    """What found it: a model, a source of the scenario, or `rule:NAME`, which pinned it."""
    reason: Literal[
        "popular",
        "neighbours",
        "similar",
        "again",
        "history",
        "alike",
        "recent",
        "trending",
        "new",
        "chosen",
        "explored",
    ]
    """Which kind of reason."""
    people: int
    """popular, trending, neighbours: how many customers bought it; 0 where they are fewer than five. With
    `SHOPKEEPER_DP_EPSILON` the first two are noisy, and the text says "about"; 0 where only an exact one is known."""
    shared: int
    """neighbours: each of five of them shares so many products with the person, or more."""
    times: int
    """again: how often the person took it."""
    because: str | None
    """similar, alike: title of the person's own product that speaks most for it."""
    text: str
    """The reason as a sentence."""
    rules: list[str] = []
    """Names of the rules that were about it."""
    matches_filter: bool = True
    """false: it fills a list for which the filter left too few."""
    fields: dict[str, str | float | bool | list[str] | None] = {}
    """The fields that were asked for."""


class Recommendation(BaseModel):
    """The answer."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    recommendation_id: str
    """Name it in the events that follow, so that the list can be judged by what came of it."""
    scenario: str
    """The scenario that was asked."""
    model: str
    """The model that was asked."""
    model_version: str
    """Its version."""
    reason: Literal["personal", "popular", "empty"]
    """popular: nothing is known of this person, or nothing that leads to a product; empty: see detail."""
    detail: str | None
    """Why there are no products, or fewer than asked for."""
    items: list[RecommendedItem]
    """Best first."""
    next: str | None
    """Give it back for the next page, without repeats; null when there is no more."""
    took_ms: float
    """Milliseconds that the answer took to make."""


class RecommendRequests(BaseModel):
    """The wishes for many lists."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    requests: Annotated[list[RecommendRequest], Field(min_length=1, max_length=256)]
    """At most 256."""


class RecommendationsMade(BaseModel):
    """The answers to many wishes."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    answers: list[Recommendation]
    """One for each request, in order."""


class Interested(BaseModel):
    """One person whom a product may interest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    shopper_id: str
    """User id when known, else visitor id."""
    score: float
    """Higher is better; comparable within one answer only."""


class Audience(BaseModel):
    """The people whom a product may interest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    item_id: str
    """The product."""
    model: str
    """The model that was asked."""
    model_version: str
    """Its version."""
    people: list[Interested]
    """Most interested first; who has bought it is left out."""


class ScenarioTold(BaseModel):
    """A scenario and how it is doing."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """What requests call it."""
    settings: Scenario
    """What is used."""
    problem: str | None
    """Why its file is not what is used: the settings before it go on."""


class Scenarios(BaseModel):
    """All scenarios."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    scenarios: list[ScenarioTold]
    """By name."""


class NamedRule(BaseModel):
    """A rule and its name."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """What answers call it."""
    rule: Rule
    """What it says."""


class Rules(BaseModel):
    """All rules."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    rules: list[NamedRule]
    """In the order in which they were added."""


class Recommendations(Protocol):
    """The recommendations service."""

    async def recommend(self, request: RecommendRequest) -> Recommendation:
        """Return products for a person; NotFound for a named model nobody fitted, NotFitted for the shop's own."""

    async def recommend_json(self, request: RecommendRequest) -> bytes:
        """Return what `recommend` returns, as JSON: for who only passes it on."""

    async def recommend_many(self, requests: RecommendRequests) -> RecommendationsMade:
        """Return what `recommend` returns of each, all or none; quicker than one after the other."""

    async def audience(self, item_id: str, *, n: int = 100, model: str | None = None) -> Audience:
        """Return the n people, of the thousand most active, whom a product interests most; NotFound if unknown."""

    async def scenarios(self) -> Scenarios:
        """Return all scenarios as they are now."""

    async def rules(self) -> Rules:
        """Return all rules."""

    async def rule(self, name: str) -> NamedRule:
        """Return one rule; NotFound when there is none."""

    async def put_rule(self, name: str, rule: Rule) -> NamedRule:
        """Add or replace a rule; it counts from the next answer on."""

    async def remove_rule(self, name: str) -> None:
        """Remove a rule; NotFound when there is none."""
