"""The merchant's own word: pin, boost, bury, exclude, between two dates."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from shopkeeper.data.columns import Columns, Mask, Numbers
from shopkeeper.data.facts import Facts
from shopkeeper.ranking.expression import kept
from shopkeeper.ranking.scenario import NAME, Filter

_BURIED = 1e-6
"""Factor of merit: behind everything that is not buried too."""


class Rule(BaseModel):
    """What shall become of some products in some lists."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    action: Literal["pin", "boost", "bury", "exclude"]
    """pin: first; boost: merit times `factor`; bury: last; exclude: never."""
    filter: Annotated[Filter, Field(min_length=1)]
    """Which products: an expression."""
    factor: Annotated[float, Field(gt=0, le=1000)] = 2.0
    """Of boost; below 1 it moves products down."""
    scenarios: Annotated[list[Annotated[str, Field(pattern=NAME)]], Field(max_length=100)] = []
    """In which scenarios; none named: in all."""
    segments: Annotated[list[Annotated[str, Field(pattern=NAME)]], Field(max_length=20)] = []
    """For people who are in one of these segments; none named: for everybody."""
    starts_at: AwareDatetime | None = Field(default=None, alias="from")
    """Not before this time."""
    ends_at: AwareDatetime | None = Field(default=None, alias="until")
    """Not from this time on."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValueError("until must be after from")
        if not self.filter.strip():
            raise ValueError("filter must say which products are meant")
        return self

    def holds_somewhere(self, now: datetime) -> bool:
        """Return whether it counts at a moment, for some people in some scenario."""
        begun = self.starts_at is None or self.starts_at <= now
        return begun and not (self.ends_at is not None and self.ends_at <= now)

    def holds(self, scenario: str, now: datetime, segments: Collection[str] = ()) -> bool:
        """Return whether it counts in a scenario at a moment, for who is in these segments."""
        here = not self.scenarios or scenario in self.scenarios
        meant = not self.segments or any(one in segments for one in self.segments)
        return here and meant and self.holds_somewhere(now)


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What the rules that hold do to each product."""

    excluded: Mask
    """(n_items,)"""
    factors: Numbers | None
    """(n_items,), None: of no rule."""
    pinned: Mask
    """(n_items,)"""
    applied: Mapping[str, Mask]
    """Of each rule, the products that it is about, (n_items,)."""


def applied(rules: Mapping[str, Rule], columns: Columns, facts: Facts) -> Effect:
    """Return what rules do together: boosts multiply, and exclusion has the last word."""
    n_items = len(columns)
    excluded, pinned, factors = np.zeros(n_items, np.bool_), np.zeros(n_items, np.bool_), None
    about = {name: kept(rule.filter, columns, facts) for name, rule in rules.items()}
    for name, rule in rules.items():
        if rule.action == "exclude":
            excluded |= about[name]
        elif rule.action == "pin":
            pinned |= about[name]
        else:
            factors = np.ones(n_items) if factors is None else factors
            factors[about[name]] *= rule.factor if rule.action == "boost" else _BURIED
    return Effect(excluded, factors, pinned, about)
