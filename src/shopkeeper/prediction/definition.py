"""What a prediction is, as data: a merchant adds one in a file."""

import re
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
    model: Literal["trees", "churn", "value", "next_category", "next_event"]
    """`trees`: whether a label comes; `churn`: left for good; `value`: will pay; the others: what comes next."""
    entity: Literal["visitor", "user", "session", "shown"] = "visitor"
    """About whom: `visitor`: whoever did something; `user`: who has ordered; `session`: who is in one; `shown`: a
    product that is shown to somebody, of which the label is too."""
    label: TypeLabel | None = None
    """Of `trees`: the type of event that comes or not, such as purchase."""
    label_sql: Annotated[str, Field(min_length=1, max_length=10_000)] | None = None
    """Of `trees`, instead: a condition on an event, or a SELECT of shopper_id and time from `events`."""
    horizon_days: Days | None = None
    """Of `trees` and `value`: how far is looked ahead; a session ends by itself."""
    active_days: Days = 365
    """Of `trees` about visitors and users: it is about who did something in so many days before, and nobody else."""

    @property
    def counts_guests(self) -> bool:
        """Whether orders of nobody known are told of too."""
        return self.entity in ("session", "shown")

    @property
    def comes(self) -> str:
        """What is asked for, in words."""
        return f"a {self.label}" if self.label else "what label_sql asks for"

    @property
    def has_query(self) -> bool:
        """Whether label_sql is no condition on an event, but a query of many."""
        return bool(self.label_sql) and bool(re.match(r"\s*(select|with|from)\b", self.label_sql or "", re.IGNORECASE))

    @model_validator(mode="before")
    @classmethod
    def _about_customers(cls, given: object) -> object:
        is_about_them = isinstance(given, dict) and given.get("model") in ("churn", "value")
        return {"entity": "user", **given} if is_about_them and isinstance(given, dict) else given

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.model == "trees":
            if not (self.label or self.label_sql) or not (self.horizon_days or self.entity == "session"):
                raise ValueError("trees need a label and horizon_days")
            if self.label and self.label_sql:
                raise ValueError("give label or label_sql, not both")
            if self.has_query and self.entity in ("session", "shown"):
                raise ValueError(f"label_sql of entity {self.entity} is a condition on an event: without SELECT")
            return self
        if self.model == "value" and not self.horizon_days:
            raise ValueError("value needs horizon_days")
        about = "user" if self.model in ("churn", "value") else "visitor"
        if self.entity != about:
            raise ValueError(f"{self.model} is about every {about}, not about a {self.entity}")
        return self
