"""What a person allows, what a shop asks for, and what follows from both: where it is in doubt, no."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopkeeper.data.events import GUEST_PREFIX

MOST_LESS = 1000
"""Products and categories of each kind that a person can want less of; the newest are kept."""


class Purpose(StrEnum):
    """For what data about a person is used."""

    PERSONAL = "personal"
    """Lists that depend on what the person did."""
    PREDICTION = "prediction"
    """What the person will do, and segments that follow from it."""
    COUPONS = "coupons"
    """Whether the person is offered a coupon."""
    ANALYSIS = "analysis"
    """Figures about everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A yes or a no of one person to one purpose; it is only ever added."""

    consent_id: str
    """The same twice is said once."""
    shopper_id: str
    purpose: Purpose
    granted: bool
    policy: str
    """Version of the text that the person was shown."""
    at: datetime
    """When the person said so, as far as who tells it knows."""
    received_at: datetime
    source: str
    """Where it was said, such as a banner, a form or a letter."""
    proof: str = ""
    """What shows it: a reference of the shop's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """How a person wants lists to be."""

    level: float = 1.0
    """Share of the person in a list; the rest is what a stranger would get."""
    is_on: bool = True
    """False: lists are not about the person until they are switched on again."""
    paused_until: datetime | None = None
    """Until then they are not either."""
    reset_at: datetime | None = None
    """What was done up to then is not looked at."""
    less_items: tuple[str, ...] = ()
    """Products; what shares their category is meant too."""
    less_categories: tuple[str, ...] = ()
    """Paths from the root; what lies below one is in it."""
    novelty: float = 0.0
    """Share of a list that is of categories which the person never turned to."""
    not_in: tuple[str, ...] = ()
    """Segments that the person wants to be in no longer, whatever follows from what was done."""

    def level_at(self, now: datetime) -> float:
        """Return the share of the person in lists at a moment."""
        is_paused = self.paused_until is not None and now < self.paused_until
        return self.level if self.is_on and not is_paused else 0.0

    def joined(self, other: "Preferences") -> "Preferences":
        """Return what holds for one person of two names: of each, what keeps more back."""
        return Preferences(
            level=min(self.level, other.level),
            is_on=self.is_on and other.is_on,
            paused_until=_later(self.paused_until, other.paused_until),
            reset_at=_later(self.reset_at, other.reset_at),
            less_items=tuple(dict.fromkeys(self.less_items + other.less_items)),
            less_categories=tuple(dict.fromkeys(self.less_categories + other.less_categories)),
            novelty=max(self.novelty, other.novelty),
            not_in=tuple(dict.fromkeys(self.not_in + other.not_in)),
        )

    def reset(self, at: datetime) -> "Preferences":
        """Return those of somebody new, but for what keeps lists from being about the person."""
        kept = Preferences(is_on=self.is_on, paused_until=self.paused_until, not_in=self.not_in)
        return replace(kept, reset_at=_later(self.reset_at, at))

    def leaving(self, segment: str) -> "Preferences":
        """Return these with a segment that the person wants to be in no longer."""
        return replace(self, not_in=_added(self.not_in, segment))

    def less_like(self, item_id: str | None, category: str | None) -> "Preferences":
        """Return these with a product or a category that the person wants less of."""
        items, categories = _added(self.less_items, item_id), _added(self.less_categories, category)
        return replace(self, less_items=items, less_categories=categories)


@dataclass(frozen=True, slots=True)
class Said:
    """All that one person said, under one name."""

    consents: Sequence[Consent] = ()
    """In the order in which they came."""
    preferences: Preferences = Preferences()


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be done for one person."""

    allowed: frozenset[Purpose]
    level: float = 0.0
    """Share of the person in lists now; 0 where they may not be about the person at all."""
    preferences: Preferences = Preferences()


@dataclass(frozen=True, slots=True)
class Circle:
    """Everybody whose data may be used for a purpose, from a moment on."""

    named: frozenset[str]
    are_in: bool
    """True: those who are named; False: all but them."""
    since: Mapping[str, datetime]
    """Of who wants not to be known by what was done up to then."""

    def has(self, shopper_id: str) -> bool:
        """Tell whether somebody is in it; an order of nobody known is about nobody."""
        return (shopper_id in self.named) is self.are_in or shopper_id.startswith(GUEST_PREFIX)


EVERYBODY = Circle(frozenset(), are_in=False, since={})


class Privacy(BaseModel):
    """What a shop asks its customers."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    policies: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=100)], ...], Field(max_length=1000)] = (
        "1",
    )
    """Versions of its text that a yes may be given to, the newest last; a yes to another counts as no."""
    consent: Mapping[Purpose, Literal["assumed", "required"]] = {}
    """What holds of a purpose while a person was not asked; assumed where it is not named."""

    def standing(self, names: Iterable[Said], now: datetime) -> Standing:
        """Return what may be done for one person now, from what was said under each of their names."""
        known, preferences = list(names), Preferences()
        for said in known:
            preferences = preferences.joined(said.preferences)
        allowed = frozenset(purpose for purpose in Purpose if self.allows(purpose, known))
        return Standing(allowed, preferences.level_at(now) if Purpose.PERSONAL in allowed else 0.0, preferences)

    def circle(self, purpose: Purpose, everybody: Mapping[str, Said]) -> Circle:
        """Return whose data may be used for a purpose, from what everybody said who said anything."""
        is_asked = self.consent.get(purpose) == "required"
        return Circle(
            frozenset(name for name, said in everybody.items() if self.allows(purpose, [said]) is is_asked),
            is_asked,
            {name: at for name, said in everybody.items() if (at := said.preferences.reset_at)},
        )

    def allows(self, purpose: Purpose, names: Sequence[Said]) -> bool:
        """Tell whether data about one person may be used for a purpose."""
        answers = [own for said in names if (own := [one for one in said.consents if one.purpose is purpose])]
        if not answers:
            return self.consent.get(purpose) != "required"
        return all(map(self._is_yes, answers))

    def _is_yes(self, answers: Sequence[Consent]) -> bool:
        """Tell whether some yes came after each no, and was said after it too.

        By either order alone, a clock that goes back or a message that comes late could turn a newer no into a yes.
        """
        last = max((place for place, one in enumerate(answers) if not one.granted), default=-1)
        refused_at = max((one.at for one in answers if not one.granted), default=None)
        return any(
            one.granted and one.policy in self.policies and (refused_at is None or one.at > refused_at)
            for one in answers[last + 1 :]
        )


STRICTEST = Privacy(policies=(), consent=dict.fromkeys(Purpose, "required"))
"""While nobody knows what a shop asks."""
NOTHING = Standing(frozenset())
"""While who knows it is silent."""


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)


def _added(known: tuple[str, ...], new: str | None) -> tuple[str, ...]:
    if new is None:
        return known
    return (*(one for one in known if one != new), new)[-MOST_LESS:]
