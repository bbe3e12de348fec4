"""What the catalogue service says of tags, and what persons tell it about them."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(min_length=1, max_length=100)]
Value = Annotated[str, Field(max_length=1000)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class _Out(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class TagOut(_Out):
    """One value under one name, with who says it and how sure that is."""

    name: str
    """`category`, `tag`, or an attribute such as `brand` or `colour`."""
    value: str
    """Of a category, its id; of what several values stand for, these joined by a comma."""
    text: str
    """To show: of a category, the names from the root."""
    confidence: float
    """Probability that it is right, 0 to 1; 1 where a person said it."""
    source: Literal["rule", "model", "llm", "person"]
    """Who says it."""
    version: str
    """Of the rules, model or prompt that say it; the name of the person."""
    band: Literal["applied", "review"]
    """Whether it is used, or a person shall look first."""


class ProductTags(_Out):
    """What is said of a product beside what its merchant says."""

    item_id: str
    """The product."""
    tags: list[TagOut]
    """What persons said first; none while nothing was said."""
    categories: list[str]
    """What fills the product's own categories where the merchant gave none; the others likewise."""
    brand: str | None
    """Its brand."""
    free: list[str]
    """Its tags."""
    attributes: dict[str, str | list[str]]
    """Its attributes."""


class CategoryChoice(_Out):
    """A category that may be the right one."""

    category_id: str
    """Its id."""
    text: str
    """The names from the root."""
    probability: float
    """That it is right."""


class Waiting(_Out):
    """Something that a person shall look at."""

    item_id: str
    """The product."""
    title: str
    """What customers call it."""
    description: str
    """The beginning of its text."""
    image_url: str | None
    """Its picture."""
    events: int
    """What happened with it lately: views, purchases and all else."""
    tag: TagOut
    """What is said of it."""
    choices: list[CategoryChoice]
    """Of a category, the likeliest, that which is said among them."""


class Reviews(_Out):
    """What waits for a person, where a look helps most first."""

    waiting: list[Waiting]
    """At most as many as asked for."""
    open: int
    """How many wait in all."""
    accept_rate: float | None
    """Of the last 50 decisions about tags, the share that was accepted; null before there is one."""
    accept_rate_before: float | None
    """Of the 200 before these; null where there are fewer than 50."""
    alarm: str | None
    """What to do where persons accept fewer than they used to."""


class Decision(_Model):
    """What a person says of one name of a product."""

    item_id: str = Field(min_length=1, max_length=200)
    """The product."""
    name: Name = "category"
    """Of the tag."""
    action: Literal["accept", "fix", "skip"]
    """Accept what is said; fix it, with the right value; or skip it, to be asked again when something else is said."""
    value: Value | None = None
    """What is right: with `fix` always, an empty one where nothing fits; with `accept`, what the person saw."""
    by: Annotated[str, Field(min_length=1, max_length=200)] = "somebody"
    """Who says it."""
    review_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """An id of the caller's, so that sending it again is safe; without it, saying the same twice in a row is."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.action == "fix") != (self.value is not None) and self.action != "accept":
            raise ValueError("value goes with fix, and may go with accept: what is right, empty where nothing fits")
        return self


class Decisions(_Model):
    """Decisions of a person."""

    decisions: Annotated[list[Decision], Field(min_length=1, max_length=1000)]
    """All are taken, or none."""


class Decided(_Out):
    """What became of decisions."""

    accepted: int
    """New ones."""
    duplicates: int
    """Those that were known already."""
    review_ids: list[str]
    """The id of each, in order."""


class CategoryOut(_Out):
    """A category of the tree."""

    category_id: str
    """Its id."""
    text: str
    """The names from the root."""


class Tree(_Out):
    """The categories of the shop."""

    categories: list[CategoryOut]
    """Parents before their children."""
