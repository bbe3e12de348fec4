"""What the cells of a product file mean."""

import json
from datetime import UTC, datetime
from html.parser import HTMLParser

from pydantic import ConfigDict, TypeAdapter, ValidationError

from shopkeeper.data.catalog import Attribute
from shopkeeper.kit.errors import InvalidInput

_ATTRIBUTES = TypeAdapter(dict[str, Attribute], config=ConfigDict(allow_inf_nan=False))
_MOST = 1_000_000_000
"""Pieces in stock that can be told."""


def list_of(text: str | None, separator: str) -> tuple[str, ...]:
    """Return the parts of a text; one that is a list of JSON has them already."""
    given = parsed(text or "")
    parts = map(str, given) if isinstance(given, list) else (text or "").split(separator)
    return tuple(part.strip() for part in parts if part.strip())


def parsed(text: str) -> object:
    """Return the object or list that a text is in JSON, None if it is neither."""
    try:
        return json.loads(text) if text.startswith(("{", "[")) else None
    except ValueError:
        return None


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        if self.cdata_elem not in ("script", "style"):
            self.parts.append(data)


def plain(html: str) -> str:
    """Return the text of HTML, words apart where tags stood."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    return " ".join(" ".join(parser.parts).split())


def stock_of(text: str | None) -> int | None:
    """Return the pieces that are left, None where nothing is said; what was sold beyond the last one counts as none."""
    if text is None:
        return None
    try:
        return max(0, min(_MOST, int(float(text))))
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"not a stock: {text}") from error


def time_of(text: str | None) -> datetime | None:
    """Return a time of ISO 8601, in UTC if it names no zone."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"not a time: {text}") from error


def attributes_of(text: str | None) -> dict[str, Attribute]:
    """Return what a JSON object says by name: texts, numbers, yes or no, lists of texts."""
    try:
        return _ATTRIBUTES.validate_json(text or "{}")
    except ValidationError as error:
        raise InvalidInput(f"not attributes: {text}") from error
