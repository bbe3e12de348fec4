"""What a model is fitted on: one history per user, under fixed vocabularies."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.catalog import Product
from shopkeeper.data.counts import Counts, Noise
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import INTERACTIONS, EventType
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.matrix import InteractionMatrix, Weighting
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.errors import InvalidInput


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """The histories of all users; row and user_idx are the same number."""

    users: Vocabulary
    items: Vocabulary
    histories: HistoryBatch
    texts: tuple[str, ...] = ()
    """What is said of each product; nothing at all where no catalogue is known."""
    kinds: tuple[str, ...] = ()
    """The first category of each product, empty where there is none; as the texts."""
    noise: Noise | None = None
    """What hides persons in counts of people; none: they are exact."""

    def __post_init__(self) -> None:
        if len(self.users) != len(self.histories):
            raise InvalidInput(f"{len(self.users)} users but {len(self.histories)} histories")
        if len(self.texts) not in (0, len(self.items)):
            raise InvalidInput(f"{len(self.texts)} texts but {len(self.items)} products")
        if len(self.kinds) not in (0, len(self.items)):
            raise InvalidInput(f"{len(self.kinds)} kinds but {len(self.items)} products")
        self.histories.check(len(self.items))

    @property
    def n_users(self) -> int:
        """Number of users, with or without events."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Number of products, with or without events."""
        return len(self.items)

    def fingerprint(self) -> str:
        """Return 16 hex digits that change with any user, product or event."""
        digest = hashlib.blake2b(digest_size=8)
        for ids in (self.users, self.items, self.texts):
            digest.update("\0".join(ids).encode())
        for column in (self.histories.indptr, self.histories.item_idx, self.histories.type, self.histories.at):
            digest.update(column.tobytes())
        if self.histories.trust is not None:
            digest.update(self.histories.trust.tobytes())
        return digest.hexdigest()

    def matrix(self, weighting: Weighting | None = None) -> InteractionMatrix:
        """Return users x items; without a weighting an entry is the number of interactions."""
        return InteractionMatrix.of((weighting or Weighting()).rows(self.histories, self.n_items))

    def counts(self, weighting: Weighting) -> Counts:
        """Return how many people took each product; each time it is asked, a noisy one tells more."""
        if self.noise is None:
            return Counts.of(self.matrix(weighting))
        heard = self.noise.heard(self.histories, self.n_items)
        return self.noise.counts(self.with_histories(heard).matrix(weighting))

    def with_histories(self, histories: HistoryBatch) -> "Dataset":
        """Return the same users and products with other histories (a part of them, for a split)."""
        return replace(self, histories=histories)

    def with_products(self, products: Iterable[Product]) -> "Dataset":
        """Return the same with the catalogue's texts; products that nobody took yet join behind the others."""
        known = {product.item_id: product for product in products}
        items = Vocabulary(dict.fromkeys([*self.items, *known]))
        told = [known.get(item_id) for item_id in items]
        texts = tuple(product.text if product else "" for product in told)
        kinds = tuple(product.categories[0] if product and product.categories else "" for product in told)
        return replace(self, items=items, texts=texts, kinds=kinds)

    @classmethod
    def from_log(
        cls,
        log: EventLog,
        *,
        types: Collection[EventType] = INTERACTIONS,
        guests: bool = False,
        trust: NDArray[np.float32] | None = None,
    ) -> "Dataset":
        """Keep the events that say a person turned to a product, and only the users and products that then remain.

        Refunds and other steps back are not interactions; guest orders are left out unless asked for, since
        nobody will come back to be recommended to. Every row is asked as of the newest event of the log. `trust`, shape
        (n,), says how far each event is believed; none: all are.
        """
        keep = np.isin(log.type, [int(kind) for kind in types]) & (log.item_idx >= 0)
        if not guests:
            keep &= ~log.is_guest()[log.user_idx]
        kept = log.take(keep)
        users, user_idx = _compact(log.users, kept.user_idx)
        items, item_idx = _compact(log.items, kept.item_idx)
        now = int(log.at.max()) if len(log) else 0
        histories = HistoryBatch(
            indptr=np.searchsorted(user_idx, np.arange(len(users) + 1)).astype(np.int64),
            item_idx=item_idx,
            type=kept.type,
            at=kept.at,
            quantity=kept.quantity,
            rating=kept.rating,
            as_of=np.full(len(users), now, np.int64),
            user_idx=np.arange(len(users), dtype=np.int32),
            trust=None if trust is None or (trust[keep] == 1).all() else trust[keep],
        )
        return cls(users, items, histories)


def _compact(vocabulary: Vocabulary, idx: NDArray[np.int32]) -> tuple[Vocabulary, NDArray[np.int32]]:
    """Drop the ids that no row uses, keeping the order of the rest."""
    used = np.unique(idx)
    return Vocabulary(vocabulary[int(i)] for i in used), np.searchsorted(used, idx).astype(np.int32)
