"""A place of a list that chance filled, and with what probability: what other ways to fill it can be judged by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Exploration:
    """One such place, of one answer; who got it is known only to the events that name the answer."""

    recommendation_id: str
    item_id: str
    position: int
    """In the list, from 1."""
    propensity: float
    """With which the product was chosen among the pool, above 0."""
    pool: Mapping[str, float]
    """All that could have been chosen, and with what probability."""
    at: datetime
