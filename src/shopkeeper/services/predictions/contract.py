"""What the predictions service takes and gives."""

from datetime import datetime
from typing import Annotated, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class PredictionAbout(BaseModel):
    """One thing that can be asked."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """Its name."""
    about: str | None = None
    """What the number means; none where the definition cannot be used."""
    not_for: str | None = None
    """What it must not be used for."""
    version: str | None = None
    """Of what was learned; none where nothing is said."""
    as_of: datetime | None = None
    """What came after was not learned from, in UTC."""
    fitted_at: datetime | None = None
    """When it was learned, in UTC."""
    metrics: dict[str, float] = {}
    """What it reached at the newest moment, of which it had not learned: AUC, AP, Brier, ECE, or others."""
    why_not: str | None = None
    """Why nothing is said."""


class PredictionsAbout(BaseModel):
    """All that can be asked."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    predictions: list[PredictionAbout]
    """By name."""


class PredictRequest(BaseModel):
    """The wish for predictions of some shoppers."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    shopper_ids: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=1000)
    ]
    """User ids, or visitor ids of who is not known."""
    why: bool = False
    """Whether to say what weighed most."""
    as_of: AwareDatetime | None = None
    """What came after is not looked at; not before what was learned from, nor in the future. Without it, now."""


class PredictionOut(BaseModel):
    """What is said of one shopper."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    shopper_id: str
    """The shopper."""
    value: float | None
    """None: nothing can be said, and `text` tells why."""
    text: str
    """The category that comes next; else empty, or why there is no value."""
    reasons: list[str]
    """What weighed most, the weightiest first; none unless asked for."""
    version: str
    """Of what was learned."""
    as_of: datetime
    """What came after was not looked at, in UTC."""


class Predicted(BaseModel):
    """The answer to a PredictRequest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """The prediction."""
    about: str
    """What the values mean."""
    not_for: str
    """What they must not be used for."""
    predictions: list[PredictionOut]
    """One for each shopper, in order."""


class Predictions(Protocol):
    """The predictions service."""

    async def known(self) -> PredictionsAbout:
        """Return what can be asked, how well that was learned, or why nothing is said."""

    async def predict(self, name: str, request: PredictRequest) -> Predicted:
        """Return what some shoppers will do.

        NotFound for an unknown prediction; NotFitted where it was not learned yet, TooLittle where the shop's past says
        too little; InvalidInput for a time before what was learned from, or in the future.
        """
