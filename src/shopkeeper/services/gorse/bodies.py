"""What Gorse's API takes and gives, in its own words."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_pascal

from shopkeeper.data.gorse import is_unset


def _set(given: object) -> object:
    return None if is_unset(given) else given


def _in_utc(at: datetime | None) -> datetime | None:
    try:
        return at and (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the year must be from 1 to 9999 in UTC") from error


Time = Annotated[datetime | None, BeforeValidator(_set), AfterValidator(_in_utc)]
Id = Annotated[str, Field(min_length=1, max_length=200)]
Categories = Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=100)]
Comment = Annotated[str, Field(max_length=100_000)]


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True, use_attribute_docstrings=True)


class GorseItem(_Body):
    """A product as Gorse's clients know it."""

    item_id: Id
    """The shop's own id."""
    is_hidden: bool = False
    """Whether it is not to be recommended: not available."""
    categories: Categories | None = None
    """Its categories."""
    timestamp: Time = None
    """Since when the shop has it; UTC if it names no zone."""
    labels: JsonValue = None
    """A list of texts: tags; an object: attributes, those within others with a dot in their names."""
    comment: Comment = ""
    """Its title, up to 1,000 characters of it."""


class GorseItemPatch(_Body):
    """What shall be said of a product from now on; what is null or left out stays as it is."""

    is_hidden: bool | None = None
    """Whether it is not to be recommended."""
    categories: Categories | None = None
    """Its categories."""
    timestamp: Time = None
    """Since when the shop has it."""
    labels: JsonValue = None
    """Its tags or attributes."""
    comment: Comment | None = None
    """Its title."""


class GorseItems(_Body):
    """A page of products."""

    cursor: str
    """Of the next page; empty after the last one."""
    items: list[GorseItem]
    """At most as many as asked for, in the order of their last change."""


class GorseUser(_Body):
    """A person."""

    user_id: Id
    """The shop's own id."""
    labels: JsonValue = None
    """Not kept."""
    subscribe: JsonValue = None
    """Not kept."""
    comment: Comment = ""
    """Not kept."""


class GorseUserPatch(_Body):
    """What is to be said of a person."""

    labels: JsonValue = None
    """Not kept."""
    subscribe: JsonValue = None
    """Not kept."""
    comment: Comment | None = None
    """Not kept."""


class GorseFeedback(_Body):
    """What a person did with a product."""

    feedback_type: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^/]+$")]
    """The shop's own word; SHOPKEEPER_GORSE_FEEDBACK says what words mean that are not known."""
    user_id: Id
    """The customer."""
    item_id: Id
    """The product."""
    timestamp: Time = None
    """When, UTC if it names no zone; without it, now."""
    value: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    """Not kept."""
    labels: JsonValue = None
    """Not kept."""
    comment: Comment = ""
    """Not kept."""


class GorseFeedbackTold(_Body):
    """What a person did with a product, each kind told once however often it happened."""

    feedback_type: str
    """The shop's own word, if it came as feedback; else the type of the event."""
    user_id: str
    """The customer."""
    item_id: str
    """The product."""
    timestamp: datetime
    """The first time."""
    updated: datetime
    """The last time."""
    comment: str = ""
    """Not kept, so always empty."""


class GorseScore(_Body):
    """A product of a list."""

    id: str
    """The product."""
    score: float
    """Of its source; 0 where a later source filled in."""


class GorseSuccess(_Body):
    """What became of what was sent."""

    row_affected: int
    """How many were stored, or were stored already."""
    not_kept: list[str] = []
    """Fields that said something which this shop has no place for."""
