"""What Gorse calls feedback and labels, in our words: its API and its export mean the same by them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import md5
from typing import TypeGuard

from shopkeeper.data.catalog import Attribute
from shopkeeper.data.events import EventType, type_of
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import InvalidInput

FEEDBACK: Mapping[str, EventType] = {kind.label: kind for kind in EventType} | {
    "read": EventType.VIEW,
    "visit": EventType.VIEW,
    "star": EventType.FAVORITE,
    "like": EventType.FAVORITE,
    "fav": EventType.FAVORITE,
    "favourite": EventType.FAVORITE,
    "bookmark": EventType.FAVORITE,
    "collect": EventType.FAVORITE,
    "wishlist": EventType.FAVORITE,
    "add_to_cart": EventType.CART,
    "addtocart": EventType.CART,
    "remove_from_cart": EventType.UNCART,
    "buy": EventType.PURCHASE,
    "order": EventType.PURCHASE,
    "pay": EventType.PURCHASE,
}
"""Gorse leaves the names of feedback to the shop; these are the usual ones, in lower case."""

IGNORED = "ignore"
"""What a shop says of feedback that shall be left out."""

Words = Mapping[str, EventType | None]
"""Name of feedback -> what it means; None: it is left out."""

_PREFIX = "gorse"
LONGEST = 1000
"""Characters of a title or tag that the catalogue takes."""
_MOST_TAGS, _MOST_ATTRIBUTES = 1000, 100


def feedback_words(own: str = "") -> Words:
    """Return the usual words and a shop's own, as `liked=favorite,dislike=ignore`; InvalidInput names a bad one."""
    words: dict[str, EventType | None] = dict(FEEDBACK)
    for pair in filter(None, map(str.strip, own.split(","))):
        name, _, meaning = (part.strip().lower() for part in pair.partition("="))
        if not (name and meaning):
            raise InvalidInput(f"{pair!r} is not NAME=TYPE, for example star=favorite.")
        words[name] = None if meaning == IGNORED else type_of(meaning)
    return words


def feedback_id(name: str, user_id: str, item_id: str, at: datetime | None) -> str:
    """Return the event id of feedback: one for each name, user, product and time, so that a repeat is stored once.

    The name stands in it, since the event itself only says what it means. An import of Gorse's export makes the same.
    """
    said = "\x1f".join((user_id, item_id, "" if at is None else str(to_us(at))))
    return f"{_PREFIX}/{name}/{md5(said.encode(), usedforsecurity=False).hexdigest()}"


def feedback_name(event_id: str, kind: str) -> str:
    """Return what the shop called the feedback that an event was made from, else the event's own type."""
    parts = event_id.split("/")
    return parts[1] if len(parts) == 3 and parts[0] == _PREFIX else kind


def is_unset(time: object) -> bool:
    """Tell whether a time was not set: Go writes the year 1 for it, others an empty text."""
    return isinstance(time, str) and (not time or time.startswith("0001-01-01T00:00:00"))


@dataclass(slots=True)
class Labels:
    """What labels say of a product."""

    tags: list[str] = field(default_factory=list)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    """Names of those that have no place here, such as vectors."""


def read_labels(given: object) -> Labels:
    """Return texts in a list as tags, and the values of an object as attributes, those within others by `a.b`."""
    labels = Labels()
    if not isinstance(given, dict):
        listed = given if isinstance(given, list) else [] if given is None else [given]
        labels.tags = [tag for tag in listed if _is_text(tag)][:_MOST_TAGS]
        labels.lost = ["Labels"] if len(labels.tags) < len(listed) else []
        return labels
    for name, value in _leaves("", given):
        made = tuple(value) if isinstance(value, list) else value
        if _is_attribute(made) and 0 < len(name) <= 100 and len(labels.attributes) < _MOST_ATTRIBUTES:
            labels.attributes[name] = made
        elif value is not None:
            labels.lost.append(f"Labels.{name}")
    return labels


def _leaves(path: str, labels: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in labels.items():
        if isinstance(value, dict):
            yield from _leaves(f"{path}{name}.", value)
        else:
            yield path + name, value


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= LONGEST


def _is_attribute(value: object) -> TypeGuard[Attribute]:
    """Tell whether the catalogue takes a value."""
    if isinstance(value, tuple):
        return len(value) <= 100 and all(_is_text(one) for one in value)
    if isinstance(value, int | float):
        # Neither does it hold for infinity, nor for what is no number.
        return abs(value) <= 2**53
    return _is_text(value)
