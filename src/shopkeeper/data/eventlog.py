"""Many events as columns: what models and analyses read."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.consent import Circle
from shopkeeper.data.events import GUEST_PREFIX, Event
from shopkeeper.data.trail import Trail
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.words import word_bits


@dataclass(frozen=True, slots=True, eq=False)
class EventLog:
    """Events in columns of equal length n, sorted by user, then time, then order of arrival.

    A user here is a person as far as the shop knows: the user id when known, else the visitor id.
    """

    users: Vocabulary
    items: Vocabulary
    user_idx: NDArray[np.int32]
    """Inside id of the person, never -1."""
    item_idx: NDArray[np.int32]
    """Inside id of the product; -1 where the event has none."""
    type: NDArray[np.int8]
    """EventType."""
    at: NDArray[np.int64]
    """Microseconds since 1970-01-01 UTC."""
    quantity: NDArray[np.float32]
    rating: NDArray[np.float32]
    """NaN where not rated."""
    price_minor: NDArray[np.int64]
    """Unit price in minor units; -1 where unknown."""
    words: NDArray[np.int32]
    """`word_bits` of what was searched for; 0 where nothing was."""
    of_page: NDArray[np.bool_]
    """Whether only a browser says so."""

    def __len__(self) -> int:
        return len(self.at)

    def take(self, keep: NDArray[np.bool_] | NDArray[np.integer] | slice) -> "EventLog":
        """Return the chosen rows under the same vocabularies; rows must stay in order."""
        columns = {f.name: getattr(self, f.name)[keep] for f in fields(self) if f.name not in ("users", "items")}
        return replace(self, **columns)

    def is_guest(self) -> NDArray[np.bool_]:
        """Return, for each user (not row), whether it is a guest order that can never come back."""
        return np.fromiter((id_.startswith(GUEST_PREFIX) for id_ in self.users), np.bool_, len(self.users))

    def without(self, names: Collection[str]) -> "EventLog":
        """Return the log without some people, whose names are gone too."""
        if not names:
            return self
        kept = np.array([name not in names for name in self.users], np.bool_)
        users, places = Vocabulary(compress(self.users, kept)), np.cumsum(kept, dtype=np.int32) - 1
        left = self.take(kept[self.user_idx])
        return replace(left, users=users, user_idx=places[left.user_idx].astype(np.int32))

    def within(self, circle: Circle) -> "EventLog":
        """Return what those did who are in a circle, from the moment on that each is known from, and nobody else."""
        since = np.array([to_us(circle.since[name]) if name in circle.since else -1 for name in self.users], np.int64)
        left = self.take(self.at > since[self.user_idx])
        n_left = np.bincount(left.user_idx, minlength=len(self.users)).tolist()
        return left.without({name for name, n in zip(self.users, n_left, strict=True) if not (n and circle.has(name))})

    @classmethod
    def of(cls, events: Iterable[Event]) -> "EventLog":
        """Build the columns from single events, which may come in any order."""
        rows = sorted(events, key=lambda event: (event.shopper_id, event.at))
        users = Vocabulary(dict.fromkeys(event.shopper_id for event in rows))
        items = Vocabulary(sorted({event.item_id for event in rows if event.item_id is not None}))
        return cls(
            users=users,
            items=items,
            user_idx=users.indices([event.shopper_id for event in rows]),
            item_idx=np.array([-1 if e.item_id is None else items.index(e.item_id) for e in rows], np.int32),
            type=np.array([event.type for event in rows], np.int8),
            at=np.array([to_us(event.at) for event in rows], np.int64),
            quantity=np.array([event.quantity for event in rows], np.float32),
            rating=np.array([np.nan if e.rating is None else e.rating for e in rows], np.float32),
            price_minor=np.array([-1 if e.price is None else e.price.minor for e in rows], np.int64),
            words=np.array([word_bits(e.query) for e in rows], np.int32),
            of_page=np.array([e.is_of_page for e in rows], np.bool_),
        )

    @classmethod
    def of_trails(cls, trails: Mapping[str, Trail]) -> "EventLog":
        """Build the columns from what some people did, each by their id."""
        item_ids = [item_id for trail in trails.values() for item_id in trail.item_id]
        items = Vocabulary(sorted({item_id for item_id in item_ids if item_id is not None}))
        prices = [-1 if minor is None else minor for trail in trails.values() for minor in trail.price_minor]
        ratings = [np.nan if rating is None else rating for trail in trails.values() for rating in trail.rating]
        return cls(
            users=Vocabulary(trails),
            items=items,
            user_idx=np.repeat(np.arange(len(trails), dtype=np.int32), [len(trail) for trail in trails.values()]),
            item_idx=items.indices(item_ids),
            type=np.array([kind for trail in trails.values() for kind in trail.type], np.int8),
            at=np.array([at for trail in trails.values() for at in trail.at_us], np.int64),
            quantity=np.array([n for trail in trails.values() for n in trail.quantity], np.float32),
            rating=np.array(ratings, np.float32),
            price_minor=np.array(prices, np.int64),
            words=np.array([word_bits(query) for trail in trails.values() for query in trail.query], np.int32),
            of_page=np.zeros(len(item_ids), np.bool_),
        )

    @classmethod
    def merged(cls, a: "EventLog", b: "EventLog") -> "EventLog":
        """Return the events of both under joined vocabularies; at equal times those of `a` come first."""
        if not len(b):
            return a
        if not len(a):
            return b
        users = Vocabulary(sorted({*a.users, *b.users}))
        items = Vocabulary(sorted({*a.items, *b.items}))
        columns = {
            f.name: np.concatenate((getattr(a, f.name), getattr(b, f.name)))
            for f in fields(cls)
            if f.name not in ("users", "items", "user_idx", "item_idx")
        }
        # One more place for -1, which is where it points.
        to_items = [np.append(items.indices(list(log.items)), np.int32(-1)) for log in (a, b)]
        to_users = [users.indices(list(log.users)) for log in (a, b)]
        user_idx = np.concatenate([to[log.user_idx] for to, log in zip(to_users, (a, b), strict=True)])
        item_idx = np.concatenate([to[log.item_idx] for to, log in zip(to_items, (a, b), strict=True)])
        order = np.lexsort((columns["at"], user_idx))
        return cls(users=users, items=items, user_idx=user_idx, item_idx=item_idx, **columns).take(order)
