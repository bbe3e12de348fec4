"""What is said about a product by something other than the merchant's own file: by whom, and how sure it is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

CATEGORY = "category"
"""The name under which a product is filed in the tree; its value is the id of a node."""

FREE = "tag"
"""The name of free tags, of which a product may have many."""


class TagSource(StrEnum):
    """Who says it."""

    RULE = "rule"
    MODEL = "model"
    LLM = "llm"
    PERSON = "person"


class Band(StrEnum):
    """What becomes of it."""

    APPLIED = "applied"
    """Sure enough to be used."""
    REVIEW = "review"
    """A person shall look."""
    BLANK = "blank"
    """Too unsure to be worth a look; nothing is said."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One value for one name of a product."""

    name: str
    """`category`, `tag`, or an attribute such as `brand` or `colour`."""
    value: str
    confidence: float
    """Probability that it is right, 0 to 1; 1 where a person said it."""
    source: TagSource
    version: str
    """Of the rules, the model or the prompt that said it; the name of the person otherwise."""
    band: Band = Band.APPLIED


@dataclass(frozen=True, slots=True)
class Label:
    """What a person says is right, to learn from; never overwritten by anything else."""

    item_id: str
    name: str
    value: str
    """Empty: nothing fits."""
    by: str
    at: datetime
