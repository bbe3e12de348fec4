"""Answer a prediction: learn it from a log up to a moment, and score shoppers at that moment or later.

Every score says from which version it is and as of when. Where there is too little to learn from, there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import numpy as np

from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.forecasts import FORECASTS, Forecast, Said


@dataclass(frozen=True, slots=True)
class Score:
    """What is said of one shopper."""

    shopper_id: str
    value: float | None
    """None: nothing can be said, and `text` tells why."""
    text: str
    """The category that comes next; else empty, or why there is no value."""
    reasons: tuple[str, ...]
    """What weighed most, the weightiest first."""
    version: str
    as_of: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """A prediction that was learned."""

    forecast: Forecast
    version: str
    as_of: int
    """What came after was not learned from."""

    @classmethod
    def fit(cls, prediction: Prediction, told: Behaviour, as_of: datetime) -> "Outlook":
        """Learn from what had happened by a moment; TooLittle where that says too little."""
        until = to_us(as_of)
        forecast = FORECASTS[prediction.model](prediction, told, told.until(until), until)
        digest = blake2b(forecast.digest() + f"{prediction.model_dump_json()} {until}".encode(), digest_size=6)
        return cls(forecast, digest.hexdigest(), until)

    def scores(self, told: Behaviour, shoppers: Sequence[str], as_of: datetime, *, why: bool = True) -> list[Score]:
        """Return a score for each shopper as of a moment that is not before the one it was learned as of."""
        until = to_us(as_of)
        if until < self.as_of:
            raise InvalidInput(f"This was learned from events up to {from_us(self.as_of)}: learn it as of {as_of}.")
        past = told.until(until)
        users = told.log.users.indices(list(shoppers))
        known = np.isin(users, past.user_idx)
        said = iter(self.forecast.say(told, past, users[known], until, why))
        nothing = Said(None, "nothing is known of this shopper by then")
        answers = [next(said) if is_known else nothing for is_known in known]
        return [
            Score(shopper, answer.value, answer.text, answer.reasons, self.version, as_of)
            for shopper, answer in zip(shoppers, answers, strict=True)
        ]
