"""What a prediction is, as data: a merchant adds one in a file."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shopkeeper.estimator import Config, TypeLabel

NAME = r"^[a-z0-9][a-z0-9_]{0,99}$"
"""Of predictions: it becomes the name of a file."""

Days = Annotated[int, Field(ge=1, le=1000)]


class Prediction(Config):
    """A question about every shopper, at a moment."""

    about: Annotated[str, Field(min_length=1)]
    """What the number means, in a sentence."""
    not_for: Annotated[str, Field(min_length=1)]
    """What it must not be used for."""
    model: Literal["trees", "churn", "value", "next_category"]
    """`trees`: whether a label comes; `churn`: left for good; `value`: will pay; `next_category`: turns to next."""
    label: TypeLabel | None = None
    """Of `trees`: the type of event that comes or not, such as purchase."""
    horizon_days: Days | None = None
    """Of `trees` and `value`: how far is looked ahead."""
    active_days: Days = 365
    """Of `trees`: it is about who did something in so many days before, and nobody else."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.model == "trees" and not (self.label and self.horizon_days):
            raise ValueError("trees need a label and horizon_days")
        if self.model == "value" and not self.horizon_days:
            raise ValueError("value needs horizon_days")
        return self
