"""Tags in memory, and a catalogue that is filled with what counts of them."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from itertools import islice

from shopkeeper.data.applied import NOTHING
from shopkeeper.data.catalog import Product
from shopkeeper.data.reviews import Action, Review
from shopkeeper.data.tags import Band, Tag
from shopkeeper.kit.errors import NotFitted
from shopkeeper.ports import CatalogChanges, CatalogStore, SavedTaggers, Tagged, TagStore


class MemoryTagStore:
    """A TagStore that forgets when the process ends."""

    def __init__(self, catalog: CatalogStore, note: Callable[[Sequence[str]], None]) -> None:
        """Look into a catalogue for what is there, and tell it whose applied tags changed."""
        self._catalog, self._note = catalog, note
        self._told: dict[str, Tagged] = {}
        self._reviews: dict[str, Review] = {}
        self._read: dict[str, int] = {}

    def tell(self, told: Sequence[Tagged]) -> None:
        """Store what is said of products instead of what was before; whose applied tags changed, changed for lists."""
        new = {one.item_id: one for one in told}
        before = {item_id: one.applied for item_id, one in self._told.items()}
        changed = [item_id for item_id, one in new.items() if before.get(item_id, NOTHING) != one.applied]
        self._told |= {item_id: replace(one, tags=tuple(sorted(one.tags, key=_place))) for item_id, one in new.items()}
        self._note(list(self._catalog.get(changed)))

    def told(self, item_ids: Sequence[str]) -> dict[str, Tagged]:
        """Return what is said of those products of which anything is."""
        return {item_id: self._told[item_id] for item_id in item_ids if item_id in self._told}

    def to_review(self, limit: int = 10_000) -> list[tuple[str, Tag]]:
        """Return the tags of products that a person shall look at, the least sure first, and who they are about."""
        known = self._catalog.get(list(self._told))
        waiting = [
            (item_id, tag)
            for item_id in known
            for tag in self._told[item_id].tags
            if tag.band is Band.REVIEW and not self._is_done(item_id, tag)
        ]
        return sorted(waiting, key=lambda one: (one[1].confidence, one[0], _place(one[1])))[:limit]

    def _is_done(self, item_id: str, tag: Tag) -> bool:
        return any(
            (one.item_id, one.name) == (item_id, tag.name) and (one.action is not Action.SKIP or one.said == tag.value)
            for one in self._reviews.values()
        )

    def add(self, reviews: Sequence[Review]) -> list[bool]:
        """Add decisions, all or none; return for each whether it is new."""
        is_new = []
        for review in reviews:
            is_new.append(review.review_id not in self._reviews)
            self._reviews.setdefault(review.review_id, review)
        return is_new

    def reviews(self, since: int = 0, *, limit: int = 1_000_000) -> tuple[list[Review], int]:
        """Return the first decisions after a number, in their order, and the number of the last."""
        found = list(islice(self._reviews.values(), since, since + limit))
        return found, since + len(found)

    def decided(self, item_ids: Sequence[str]) -> dict[str, dict[str, Review]]:
        """Return the newest decision about each name of products, what was skipped left out."""
        return self._newest(item_ids, (Action.ACCEPT, Action.FIX))

    def newest(self, item_ids: Sequence[str]) -> dict[str, dict[str, Review]]:
        """Return the same with what was skipped."""
        return self._newest(item_ids, tuple(Action))

    def _newest(self, item_ids: Sequence[str], actions: Sequence[Action]) -> dict[str, dict[str, Review]]:
        found: dict[str, dict[str, Review]] = {}
        for review in self._reviews.values():
            if review.item_id in item_ids and review.action in actions:
                found.setdefault(review.item_id, {})[review.name] = review
        return found

    def recent(self, n: int) -> list[Review]:
        """Return the newest n decisions about what had been said, the oldest first, what was skipped left out."""
        judged = [one for one in self._reviews.values() if one.said and one.action is not Action.SKIP]
        return judged[-n:] if n else []

    def read_up_to(self, reader: str) -> int:
        """Return the number of the last change of the catalogue that somebody has read; 0: none."""
        return self._read.get(reader, 0)

    def note_read(self, reader: str, number: int) -> None:
        """Note that somebody has read the changes up to a number."""
        self._read[reader] = number


def _place(tag: Tag) -> tuple[str, str]:
    return tag.name, tag.value


class FilledCatalog:
    """A CatalogStore over another, which is read with what counts of the tags."""

    def __init__(self, catalog: CatalogStore, tags: TagStore) -> None:
        self._catalog, self._tags = catalog, tags
        self.upsert, self.update, self.remove, self.count = (
            catalog.upsert,
            catalog.update,
            catalog.remove,
            catalog.count,
        )

    def get(self, item_ids: Sequence[str]) -> dict[str, Product]:
        """Return the known ones among the ids."""
        return {product.item_id: product for product in self._filled(self._catalog.get(item_ids).values())}

    def all(self) -> list[Product]:
        """Return every product, in id order."""
        return self._filled(self._catalog.all())

    def search(
        self, text: str = "", *, category: str | None = None, brand: str | None = None, limit: int = 20, offset: int = 0
    ) -> list[Product]:
        """Return products whose title or id holds the text, ignoring case, in title order, from an offset on."""
        found = (
            product
            for product in self._filled(self._catalog.search(text, limit=self._catalog.count()))
            if (brand is None or product.brand == brand)
            and (category is None or any(f"{path} > ".startswith(f"{category} > ") for path in product.categories))
        )
        return list(islice(found, offset, offset + limit))

    def changes(self, since: int = 0, *, limit: int = 1000) -> CatalogChanges:
        """Return the first products changed after a number, in the order of their last change."""
        told = self._catalog.changes(since, limit=limit)
        return replace(told, products=self._filled(told.products))

    def _filled(self, products: Collection[Product] | Iterable[Product]) -> list[Product]:
        own = list(products)
        told = self._tags.told([product.item_id for product in own])
        return [told[product.item_id].applied.fill(product) if product.item_id in told else product for product in own]


class MemoryTaggers:
    """A TaggerStore that forgets when the process ends."""

    def __init__(self) -> None:
        self._saved: SavedTaggers | None = None

    def save(self, saved: SavedTaggers) -> None:
        """Make these what is used."""
        self._saved = saved

    def current(self) -> str | None:
        """Return the version that is used; None if nothing was fitted."""
        return self._saved.version if self._saved else None

    def load(self) -> SavedTaggers:
        """Return them anew, as a file would be read; NotFitted where nothing was."""
        if self._saved is None:
            raise NotFitted("No tagger has been fitted yet: shopkeeper tags fit")
        category = self._saved.category
        if category is not None:
            category = type(category).from_state(category.config, category.state(), category.features_.encoder)
        return replace(self._saved, category=category)
