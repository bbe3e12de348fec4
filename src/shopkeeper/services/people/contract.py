"""What the people service takes and gives."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Protocol, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shopkeeper.data.consent import MOST_LESS, Preferences, Purpose, Standing
from shopkeeper.services.people.rights import Rights

Id = Annotated[str, Field(min_length=1, max_length=200)]
Category = Annotated[str, Field(min_length=1, max_length=1000)]
Share = Annotated[float, Field(ge=0, le=1)]
MOST_PEOPLE = 1000


class ConsentRequest(BaseModel):
    """A yes or a no."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    granted: bool
    """true: yes; false: no, which is taken in any case."""
    purposes: Annotated[list[Purpose] | None, Field(min_length=1, max_length=10)] = None
    """To what; without it, to everything."""
    policy: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    """Version of the text that the person was shown, which must be there for a yes; without it, the newest."""
    at: AwareDatetime | None = None
    """When it was said, with a time zone, at most a day ahead, which counts as now; without it, now."""
    source: Annotated[str, Field(min_length=1, max_length=100)] = "api"
    """Where it was said: a banner, a form, a letter."""
    proof: Annotated[str, Field(max_length=2000)] = ""
    """What shows it: a reference of your own."""
    consent_id: Annotated[str | None, Field(min_length=1, max_length=150)] = None
    """Makes a retry safe: the same id is stored once. Without one, the answer is what it says."""
    also: Annotated[list[Id], Field(max_length=10)] = []
    """Other names of the same person, whose answer it is too."""


class PageConsent(BaseModel):
    """A yes or a no that somebody gives on a page: to everything, now, to the newest text."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    granted: bool
    """true: yes; false: no."""
    visitor_id: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    """The browser or device. Either this or user_id must be there."""
    user_id: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    """The customer, when known: the answer is theirs too."""

    @model_validator(mode="after")
    def _of_somebody(self) -> Self:
        if not (self.visitor_id or self.user_id):
            raise ValueError("visitor_id or user_id is needed: who said it?")
        return self


class JoinRequest(BaseModel):
    """Who a user was before signing in."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    visitor_id: Id
    """The browser or device."""


class ConsentOut(BaseModel):
    """One answer that is kept."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    consent_id: str
    """Its id."""
    purpose: Purpose
    """To what."""
    granted: bool
    """true: yes."""
    policy: str
    """Version of the text."""
    at: datetime
    """When it was said, in UTC."""
    received_at: datetime
    """When it came, in UTC."""
    source: str
    """Where it was said."""
    proof: str
    """What shows it."""


class ConsentTold(BaseModel):
    """What a person allows."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    shopper_id: str
    """The person."""
    allowed: list[Purpose]
    """For what data about the person may be used."""
    answers: list[ConsentOut]
    """All that was said, in the order in which it came."""


class PreferencesModel(BaseModel):
    """How a person wants lists to be."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, from_attributes=True)

    level: Share = 1.0
    """1: about the person; 0: what a stranger would get; in between, a mixture."""
    is_on: bool = True
    """false: lists are not about the person until they are switched on again."""
    paused_until: AwareDatetime | None = None
    """Until then they are not either."""
    reset_at: AwareDatetime | None = None
    """What was done up to then is not looked at. It never moves back."""
    less_items: Annotated[list[Id], Field(max_length=MOST_LESS)] = []
    """Products of which less is wanted, with what shares their category."""
    less_categories: Annotated[list[Category], Field(max_length=MOST_LESS)] = []
    """Paths of categories of which less is wanted; what lies below one is in it."""
    novelty: Share = 0.0
    """Share of a list that is of categories which the person never turned to."""

    not_in: Annotated[list[Id], Field(max_length=MOST_LESS)] = []
    """Segments that the person is in no longer, whatever follows from what was done."""

    @classmethod
    def of(cls, preferences: Preferences) -> Self:
        """Return them as this."""
        return cls.model_validate(preferences)

    def data(self) -> Preferences:
        """Return this as preferences."""
        fields = self.model_dump() | {
            "less_items": tuple(dict.fromkeys(self.less_items)),
            "less_categories": tuple(dict.fromkeys(self.less_categories)),
            "not_in": tuple(dict.fromkeys(self.not_in)),
        }
        return Preferences(**fields)


class PauseRequest(BaseModel):
    """The wish to be left alone for a while."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    days: Annotated[int, Field(ge=0, le=3650)] = 30
    """So many days from now; 0 ends a pause."""


class SwitchRequest(BaseModel):
    """The wish for lists about the person, or for none."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    is_on: bool
    """false: off, until they are switched on again."""


class LessRequest(BaseModel):
    """The wish for less like something."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    item_id: Id | None = None
    """This product and what shares its category; or..."""
    category: Category | None = None
    """...this category, and what lies below it."""

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if (self.item_id is None) == (self.category is None):
            raise ValueError("either item_id or category is needed: less like what?")
        return self


class StandingsRequest(BaseModel):
    """The wish to know what may be done for some people."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    people: Annotated[list[Annotated[list[Id], Field(max_length=10)]], Field(max_length=MOST_PEOPLE)]
    """Of each, all names that are known: user, visitor, session."""


def _in_order(given: object) -> object:
    # The order of a set is another in each process.
    return sorted(given) if isinstance(given, frozenset) else given


class StandingOut(BaseModel):
    """What may be done for one person."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    allowed: Annotated[list[Purpose], BeforeValidator(_in_order)]
    """For what data about the person may be used."""
    level: float
    """Share of the person in lists now; 0 where they may not be about the person at all."""
    preferences: PreferencesModel
    """How they want lists to be."""


class StandingsTold(BaseModel):
    """What may be done for some people."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    standings: list[StandingOut]
    """One for each, in order."""


class PrivacyTold(BaseModel):
    """What the shop asks its customers."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    policies: list[str]
    """Versions of its text that a yes may be given to, the newest last."""
    consent: dict[Purpose, Literal["assumed", "required"]]
    """What holds of each purpose while a person was not asked."""
    problem: str | None
    """Why its file cannot be read: until then nothing is allowed."""


class People(Rights, Protocol):
    """The people service."""

    async def standings(self, people: Sequence[Sequence[str]]) -> list[Standing]:
        """Return what may be done for some people, each of whom can have several names; asked before each list."""

    async def privacy(self) -> PrivacyTold:
        """Return what the shop asks its customers."""

    async def consent(self, shopper_id: str) -> ConsentTold:
        """Return what a person allows, and all that was said about it."""

    async def add_consent(self, shopper_id: str, request: ConsentRequest) -> ConsentTold:
        """Add an answer of a person, and return what that person now allows.

        InvalidInput for a yes to a text that is not there, and for a time in the future or before 1970; a no counts
        whatever it is about.
        """

    async def join(self, user_id: str, request: JoinRequest) -> None:
        """Have a user stand by what they said as a visitor, before they signed in; again is harmless."""

    async def preferences(self, shopper_id: str) -> PreferencesModel:
        """Return how a person wants lists to be."""

    async def put_preferences(self, shopper_id: str, preferences: PreferencesModel) -> PreferencesModel:
        """Replace how a person wants lists to be; it counts from the next list on."""

    async def pause(self, shopper_id: str, request: PauseRequest) -> PreferencesModel:
        """Make lists not about the person for some days."""

    async def switch(self, shopper_id: str, request: SwitchRequest) -> PreferencesModel:
        """Switch lists about the person on or off."""

    async def reset(self, shopper_id: str) -> PreferencesModel:
        """Have lists made as for somebody new: neither what was done nor what was preferred counts any longer."""

    async def less_like(self, shopper_id: str, request: LessRequest) -> PreferencesModel:
        """Put what is like a product, or in a category, behind all else."""

    async def leave_segment(self, shopper_id: str, segment: str) -> PreferencesModel:
        """Take a person out of a segment, for as long as they do not say otherwise."""
