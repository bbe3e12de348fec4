"""Lists of people of whom nothing is known: they differ in what is asked alone, so that one is made for all."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from shopkeeper.services.recommendations.contract import RecommendRequest
from shopkeeper.services.recommendations.making import Asked, Made, are_same

T = TypeVar("T")
_MOST = 1000
"""Lists that are kept."""
_WHO = {"user_id", "visitor_id", "session_id"}


@dataclass(frozen=True, slots=True, eq=False)
class _Kept(Generic[T]):
    made_from: Sequence[object]
    at: datetime
    value: T


class Lately(Generic[T]):
    """What was made lately, by what was asked.

    One is given to everybody who asks the same while the catalogue, the models, the scenarios and the rules are the
    very same, and no longer than `fresh`, since rules and products have times at which they begin and end.
    """

    def __init__(self, fresh: timedelta) -> None:
        self._fresh = fresh
        self._kept: OrderedDict[str, _Kept[T]] = OrderedDict()

    def get(self, request: RecommendRequest, made_from: Sequence[object], now: datetime) -> T | None:
        """Return what was made for another who asked this."""
        kept = self._kept.get(_key(request))
        if kept is None or now - kept.at >= self._fresh or not are_same(made_from, kept.made_from):
            return None
        return kept.value

    def put(self, asked: Asked, value: T) -> None:
        """Keep what was made."""
        self._kept[_key(asked.request)] = _Kept(asked.made_from, asked.now, value)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)


class Strangers:
    """The lists that were made lately for strangers."""

    def __init__(self, fresh: timedelta) -> None:
        self._lately = Lately[Made](fresh)

    def find(self, asked: Asked) -> Made | None:
        """Return the list that was made for another stranger who asked this."""
        return self._lately.get(asked.request, asked.made_from, asked.now) if _is_stranger(asked) else None

    def keep(self, asked: Asked, made: Made) -> None:
        """Keep a list, if it is one of a stranger."""
        if _is_stranger(asked):
            self._lately.put(asked, made)


def _is_stranger(asked: Asked) -> bool:
    is_known = len(asked.trail) or len(asked.shown_lately) or asked.less is not None
    return not (is_known or asked.shown or asked.segments or asked.found is not None)


def _key(request: RecommendRequest) -> str:
    return request.model_dump_json(exclude=_WHO, exclude_defaults=True)
