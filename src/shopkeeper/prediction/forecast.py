"""What a model that has learned one prediction can do, and when it says nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.estimator import State
from shopkeeper.kit.errors import TooLittle
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.quality import Quality

LEAST = 500
"""Positives below which nothing is said: cases in which it came true, customers who ordered again, steps."""
LEAST_NEWEST = 50
"""Positives among the newest cases, on which is calibrated."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Who is asked about, and as of when."""

    users: NDArray[np.int32]
    """Who all did something by then; but for shown products, where -1 is somebody unknown."""
    as_of: int
    why: bool = True
    """Whether reasons are wanted."""
    items: Sequence[str] | None = None
    """Of shown products: which, one for each of the users."""


@dataclass(frozen=True, slots=True)
class Said:
    """A score before it is signed."""

    value: float | None
    text: str = ""
    reasons: tuple[str, ...] = ()


Metrics = Mapping[str, float]
"""What was reached at the newest moment, of which nothing had been learned."""


class Forecast(Protocol):
    """A model that has learned one prediction."""

    def state(self) -> State:
        """Return all that was learned."""

    def digest(self) -> bytes:
        """Return bytes that differ where what was learned differs."""

    def say(self, told: Behaviour, past: EventLog, asked: Asked) -> list[Said]:
        """Return what is said of each."""


@runtime_checkable
class Measured(Protocol):
    """A forecast whose probabilities were held against what happened."""

    @property
    def measured(self) -> Quality | None:
        """Return how good they were; None where nothing could be told apart."""


Learned = tuple[Forecast, Metrics]
Fit = Callable[[Prediction, Behaviour, EventLog, int], Learned]
"""Learns a prediction from what had happened by a moment; TooLittle where that says too little."""


def check(n: int, what: str, least: int = LEAST) -> None:
    """Raise TooLittle below so many positives."""
    if n < least:
        raise TooLittle(f"There are {n:,} {what}, and below {least} nothing is said: wait for more.")
