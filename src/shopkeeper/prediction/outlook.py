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
from shopkeeper.prediction.forecasts import FORECASTS, RESTORED, Forecast, Measured, Metrics, Said
from shopkeeper.prediction.quality import Quality


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
    metrics: Metrics = field(default_factory=dict)
    """Of what it had not learned from, at the newest moment."""

    @classmethod
    def fit(cls, prediction: Prediction, told: Behaviour, as_of: datetime) -> "Outlook":
        """Learn from what had happened by a moment; TooLittle where that says too little."""
        until = to_us(as_of)
        forecast, metrics = FORECASTS[prediction.model](prediction, told, told.until(until), until)
        digest = blake2b(forecast.digest() + f"{prediction.model_dump_json()} {until}".encode(), digest_size=6)
        return cls(forecast, digest.hexdigest(), until, metrics)

    @classmethod
    def from_state(
        cls, prediction: Prediction, state: State, *, version: str, as_of: datetime, metrics: Metrics
    ) -> "Outlook":
        """Rebuild what was learned; KeyError or InvalidInput where the state is none of this Shopkeeper."""
        return cls(RESTORED[prediction.model](prediction, state), version, to_us(as_of), metrics)

    @property
    def measured(self) -> Quality | None:
        """Return how its probabilities held where it had not learned: a reliability plot; None where it has none."""
        return self.forecast.measured if isinstance(self.forecast, Measured) else None

    def scores(self, told: Behaviour, shoppers: Sequence[str], as_of: datetime, *, why: bool = True) -> list[Score]:
        """Return a score for each shopper as of a moment that is not before the one it was learned as of."""
        users = told.log.users.indices(list(shoppers))
        past = told.of_people(users, self._checked(as_of))
        known = np.isin(users, past.user_idx)
        said = iter(self.forecast.say(told, past, users[known], to_us(as_of), why) if known.any() else ())
        nothing = Said(None, "nothing is known of this shopper by then")
        answers = [next(said) if is_known else nothing for is_known in known]
        return self._signed(shoppers, answers, as_of)

    def everybody(
        self, told: Behaviour, as_of: datetime, *, at_once: int = 20_000
    ) -> Iterator[tuple[float, list[Score]]]:
        """Give a score for each person who had done something by a moment, without reasons.

        Some at a time, with the share of all that is done.
        """
        for share, part, users in told.parts(self._checked(as_of), at_once):
            yield share, self.of_part(told, part, users, as_of)

    def of_part(self, told: Behaviour, part: EventLog, users: NDArray[np.int32], as_of: datetime) -> list[Score]:
        """Return the score of each of some people, of whom a part of the log tells, without reasons."""
        said = self.forecast.say(told, part, users, self._checked(as_of), False)
        return self._signed([told.log.users[user] for user in users.tolist()], said, as_of)

    def _checked(self, as_of: datetime) -> int:
        if (until := to_us(as_of)) < self.as_of:
            raise InvalidInput(f"This was learned from events up to {from_us(self.as_of)}: learn it as of {as_of}.")
        return until

    def _signed(self, shoppers: Sequence[str], said: Sequence[Said], as_of: datetime) -> list[Score]:
        return [
            Score(shopper, one.value, one.text, one.reasons, self.version, as_of)
            for shopper, one in zip(shoppers, said, strict=True)
        ]
