"""What all analyses are asked with: days, and lists of words."""

from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shopkeeper.data.insights import Days
from shopkeeper.services.events.contract import EventKind


def listed(given: object) -> object:
    """Read `view,cart` as two."""
    many = given if isinstance(given, list) else [given]
    return [word for one in many for word in (one.split(",") if isinstance(one, str) else [one])]


Kinds = Annotated[list[EventKind], BeforeValidator(listed)]
Count = Annotated[int | None, Field(ge=0)]
Share = float | None


class OfDays(BaseModel):
    """The days that an analysis looks at, of the shop's calendar (SHOPKEEPER_TIME_ZONE)."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    since: date | None = None
    """The first day; without it, from the beginning."""
    until: date | None = None
    """The last day; without it, to the newest event."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"since ({self.since}) is after until ({self.until})")
        return self

    @property
    def days(self) -> Days:
        """The same, for stores."""
        return Days(self.since, self.until)
