"""Lists of people of whom nothing is known: they differ in what is asked alone, so that one is made for all."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from shopkeeper.services.recommendations.making import Asked, Made

_MOST = 1000
"""Lists that are kept."""
_WHO = {"user_id", "visitor_id", "session_id"}


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    asked: Asked
    made: Made


class Strangers:
    """The lists that were made lately for strangers.

    One is given to everybody who asks the same while the catalogue, the models, the scenarios and the rules are the
    very same, and no longer than `fresh`, since rules and products have times at which they begin and end.
    """

    def __init__(self, fresh: timedelta) -> None:
        self._fresh = fresh
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def find(self, asked: Asked) -> Made | None:
        """Return the list that was made for another stranger who asked this."""
        if not _is_stranger(asked) or not (kept := self._kept.get(_key(asked))):
            return None
        return kept.made if asked.is_from(kept.asked.made_from) and asked.now - kept.asked.now < self._fresh else None

    def keep(self, asked: Asked, made: Made) -> None:
        """Keep a list, if it is one of a stranger."""
        if not _is_stranger(asked):
            return
        self._kept[_key(asked)] = _Kept(asked, made)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)


def _is_stranger(asked: Asked) -> bool:
    return not (len(asked.trail) or asked.shown or asked.shown_lately or asked.found is not None)


def _key(asked: Asked) -> str:
    return asked.request.model_dump_json(exclude=_WHO, exclude_defaults=True)
