"""A place where products are shown, and how its list is made: the settings of a pipeline, as data."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shopkeeper.data.columns import Kind
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.ranking.caps import Caps
from shopkeeper.ranking.diversity import Diversity, Method
from shopkeeper.ranking.grammar import parse

DEFAULT = "home"

MODEL, RECENT, NEW = "model", "recent", "new"
"""Sources besides the models by their names: the shop's own model, what was looked at, what no model knows yet."""

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$"
"""Of scenarios and rules: it becomes the name of a file, and part of an address."""


def _checked(text: str, kind: Kind) -> str:
    try:
        if text.strip():
            parse(text, kind)
    except InvalidInput as error:
        raise ValueError(str(error)) from error
    return text


def _filter(text: str) -> str:
    return _checked(text, Kind.FLAG)


def _boost(text: str) -> str:
    return _checked(text, Kind.NUMBER)


Filter = Annotated[str, AfterValidator(_filter)]
"""An expression that says of each product whether it may be listed; empty: any may."""
Boost = Annotated[str, AfterValidator(_boost)]
"""An expression that gives each product a factor for its merit; empty: 1."""
Share = Annotated[float, Field(ge=0, le=1)]


class Scenario(BaseModel):
    """How a list is made."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    about: str = ""
    """What it is for."""
    sources: Annotated[list[str], Field(min_length=1, max_length=20)] = ["model", "popularity", "new"]
    """Asked in order: `model` (the shop's own), a model by its name (left out if not fitted), `recent`, `new`."""
    n: Annotated[int, Field(ge=1, le=200)] = 10
    """Length of a list, unless asked for otherwise."""
    filter: Filter = ""
    """Which products may be listed."""
    leave_out: Filter = "seen and not (bought and return_rate >= 0.25)"
    """Which products are left out for what the person did; requests with `exclude_seen` say otherwise."""
    boost: Boost = ""
    """Factor of each product's merit."""
    diversity: Diversity = 0.0
    """0 to 1, or none, low, medium, high: how much a product's being unlike those before it counts."""
    diversity_by: Method = "mmr"
    """mmr: by what is most like one product before it; dpp: like all before it together; dpp_vectors: the same by the
    vectors of the first source, if it has any."""
    calibration: Share = 0.0
    """How much it counts that a list has the person's own mix of categories, brands and prices."""
    caps: Caps = Caps()
    """The largest share of a list that one brand, category or seller may take."""
    rotation: Share = 0.0
    """A product shown to the person in the last day loses this share of its merit for each time."""
    fatigue: Share = 0.0
    """One shown and not turned to since loses this share for each time, half as much a week later, nothing in 4."""
    pause: Share = 0.0
    """What is of the kind of something durable that was bought loses this share, until people usually need another."""
    level: Share = 0.0
    """What a place costs a product that all others are shown less than, in merit: lists show more of the catalogue."""
    exploration: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Share of the places that find out about products that are new or were shown too seldom to be known."""
    personalization: Share = 1.0
    """1: for the person; 0: the same for everybody."""
