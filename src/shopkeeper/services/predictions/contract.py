"""What the predictions service takes and gives."""

from datetime import datetime
from typing import Annotated, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

ShopperIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=1000)]
ItemIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=1000)]

SegmentNames = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=1000)]


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

    shopper_ids: ShopperIds
    """User ids, or visitor ids of who is not known."""
    item_ids: ItemIds | None = None
    """Of what is about shown products: these, each for every shopper; up to 1,000 pairs."""
    why: bool = False
    """Whether to say what weighed most."""
    as_of: AwareDatetime | None = None
    """What came after is not looked at; not before what was learned from, nor in the future. Without it, now."""


class PredictionOut(BaseModel):
    """What is said of one shopper."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    shopper_id: str
    """The shopper."""
    item_id: str | None = None
    """The product that is shown, where it is about one."""
    value: float | None
    """None: nothing can be said, and `text` tells why."""
    text: str
    """What comes next; else empty, or why there is no value."""
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
    """One for each shopper, in order; of shown products one for each of them."""


class SegmentAbout(BaseModel):
    """Some of the shoppers, by an expression."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """Its name."""
    about: str | None = None
    """Who they are; none where the file cannot be read."""
    where: str | None = None
    """For whom this holds."""
    predictions: list[str] = []
    """What it is made of, also through other segments."""
    why_not: str | None = None
    """Why nobody can be told to be in it."""


class SegmentsAbout(BaseModel):
    """All segments."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    segments: list[SegmentAbout]
    """By name."""


class CheckRequest(BaseModel):
    """The wish to know in which segments some shoppers are."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    shopper_ids: ShopperIds
    """User ids, or visitor ids of who is not known."""
    segments: SegmentNames | None = None
    """Only these; without it, all."""
    as_of: AwareDatetime | None = None
    """As of a PredictRequest."""


class ShopperSegments(BaseModel):
    """Where one shopper is."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    shopper_id: str
    """The shopper."""
    segments: list[str]
    """Those that the shopper is in; none of who did nothing."""


class Checked(BaseModel):
    """The answer to a CheckRequest."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    as_of: datetime
    """What came after was not looked at, in UTC."""
    shoppers: list[ShopperSegments]
    """One for each, in order."""
    unsaid: dict[str, str]
    """Segments of which nothing can be said, and why."""


class Predictions(Protocol):
    """The predictions service."""

    async def known(self) -> PredictionsAbout:
        """Return what can be asked, how well that was learned, or why nothing is said."""

    async def predict(self, name: str, request: PredictRequest) -> Predicted:
        """Return what some shoppers will do.

        NotFound for an unknown prediction; NotFitted where it was not learned yet, TooLittle where the shop's past says
        too little; InvalidInput for a time before what was learned from, or in the future.
        """

    async def segments(self) -> SegmentsAbout:
        """Return all segments as they are now, and why nothing can be said of some."""

    async def segments_of(self, request: CheckRequest) -> Checked:
        """Return in which segments some shoppers are; InvalidInput for a time in the future."""
