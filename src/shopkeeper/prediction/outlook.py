"""Answer a prediction: learn it from a log up to a moment, and score shoppers at that moment or later.

Every score says from which version it is and as of when. Where there is too little to learn from, there is none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.estimator import State
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.forecast import Asked, Forecast, Measured, Metrics, Said
from shopkeeper.prediction.forecasts import FORECASTS, RESTORED
from shopkeeper.prediction.quality import Quality


@dataclass(frozen=True, slots=True)
class Score:
    """What is said of one shopper."""

    shopper_id: str
    value: float | None
    """None: nothing can be said, and `text` tells why."""
    text: str
    """What comes next; else empty, or why there is no value."""
    reasons: tuple[str, ...]
    """What weighed most, the weightiest first."""
    version: str
    as_of: datetime
    item_id: str | None = None
    """Of shown products: which."""


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """A prediction that was learned."""

    prediction: Prediction
    forecast: Forecast
    version: str
    as_of: int
    """What came after was not learned from."""
    metrics: Metrics = field(default_factory=dict)
    """Of what it had not learned from, at the newest moment."""

    @classmethod
    def fit(cls, prediction: Prediction, told: Behaviour, as_of: datetime) -> "Outlook":
        """Learn from what had happened by a moment; TooLittle where that says too little."""
        until = to_us(as_of)
        past = told.until(until, guests=prediction.counts_guests)
        forecast, metrics = FORECASTS[prediction.model](prediction, told, past, until)
        digest = blake2b(forecast.digest() + f"{prediction.model_dump_json()} {until}".encode(), digest_size=6)
        return cls(prediction, forecast, digest.hexdigest(), until, metrics)

    @classmethod
    def from_state(
        cls, prediction: Prediction, state: State, *, version: str, as_of: datetime, metrics: Metrics
    ) -> "Outlook":
        """Rebuild what was learned; KeyError or InvalidInput where the state is none of this Shopkeeper."""
        return cls(prediction, RESTORED[prediction.model](prediction, state), version, to_us(as_of), metrics)

    @property
    def measured(self) -> Quality | None:
        """Return how its probabilities held where it had not learned: a reliability plot; None where it has none."""
        return self.forecast.measured if isinstance(self.forecast, Measured) else None

    def scores(
        self,
        told: Behaviour,
        shoppers: Sequence[str],
        as_of: datetime,
        *,
        items: Sequence[str] | None = None,
        why: bool = True,
    ) -> list[Score]:
        """Return a score for each shopper as of a moment that is not before the one it was learned as of.

        Of what is about shown products, `items` are these, one for each shopper.
        """
        is_shown = self.prediction.entity == "shown"
        if is_shown != (items is not None) or (items is not None and len(items) != len(shoppers)):
            wanted = "a product for each shopper, to whom it is shown" if is_shown else "shoppers alone"
            raise InvalidInput(f"This is asked about {wanted}: {'name them' if is_shown else 'name no products'}.")
        users = told.log.users.indices(list(shoppers))
        past = told.of_people(users, self._checked(as_of), guests=self.prediction.counts_guests)
        # Of a product that is shown to somebody new, something was learned.
        known = np.isin(users, past.user_idx) | is_shown
        asked = Asked(users[known], to_us(as_of), why, items)
        said = iter(self.forecast.say(told, past, asked) if known.any() else ())
        nothing = Said(None, "nothing is known of this shopper by then")
        answers = [next(said) if is_known else nothing for is_known in known]
        return self._signed(shoppers, answers, as_of, items)

    def everybody(
        self, told: Behaviour, as_of: datetime, *, at_once: int = 20_000
    ) -> Iterator[tuple[float, list[Score]]]:
        """Give a score for each person who had done something by a moment, without reasons.

        Some at a time, with the share of all that is done.
        """
        for share, part, users in told.parts(self._checked(as_of), at_once, guests=self.prediction.counts_guests):
            yield share, self.of_part(told, part, users, as_of)

    def of_part(self, told: Behaviour, part: EventLog, users: NDArray[np.int32], as_of: datetime) -> list[Score]:
        """Return the score of each of some people, of whom a part of the log tells, without reasons."""
        said = self.forecast.say(told, part, Asked(users, self._checked(as_of), why=False))
        return self._signed([told.log.users[user] for user in users.tolist()], said, as_of)

    def _checked(self, as_of: datetime) -> int:
        if (until := to_us(as_of)) < self.as_of:
            raise InvalidInput(f"This was learned from events up to {from_us(self.as_of)}: learn it as of {as_of}.")
        return until

    def _signed(
        self, shoppers: Sequence[str], said: Sequence[Said], as_of: datetime, items: Sequence[str] | None = None
    ) -> list[Score]:
        about: Sequence[str | None] = [None] * len(shoppers) if items is None else items
        return [
            Score(shopper, one.value, one.text, one.reasons, self.version, as_of, item)
            for shopper, one, item in zip(shoppers, said, about, strict=True)
        ]
