"""Tag products, apply what is sure, and learn from what persons decide; every process of a shop does it alike."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from threading import RLock

import numpy as np
from numpy.random import default_rng

from shopkeeper.data.catalog import Product
from shopkeeper.data.reviews import Review
from shopkeeper.data.tags import CATEGORY, Band, Label, Tag, TagSource
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.estimator import Progress, ignore
from shopkeeper.kit.clock import Clock, from_us
from shopkeeper.kit.errors import TooLittle
from shopkeeper.ports import CatalogStore, Dictionaries, SavedTaggers, Tagged, TaggerStore, TagStore, TaxonomyStore
from shopkeeper.tagging.applying import applied, decided, missing
from shopkeeper.tagging.attribute_tagger import AttributeTagger
from shopkeeper.tagging.category import CategoryTagger
from shopkeeper.tagging.encoder import Encoder
from shopkeeper.tagging.tagger import Candidate, Labelled
from shopkeeper.tagging.texts import product_text


@dataclass(frozen=True, slots=True)
class Checked:
    """How well labels are told that were held back."""

    n: int
    n_right: int
    """Filed in the very category."""
    n_applied: int
    n_applied_right: int
    """Of what would be applied: filed there, or above."""


READER = "tags"
"""Under which name it is noted how far the changes of the catalogue were read."""
_AT_ONCE = 200
_LEAST_TO_CHECK = 50


@dataclass
class Tagging:
    """Rules answer at once; what was fitted last answers with all that persons decided since."""

    products: CatalogStore
    """As their merchant describes them."""
    tags: TagStore
    taggers: TaggerStore
    taxonomies: TaxonomyStore
    dictionaries: Dictionaries
    clock: Clock
    encoder: Callable[[int], Encoder | None]
    """For fits on so many texts, where there is one."""
    _used: SavedTaggers | None = None
    _read: int = 0
    """The number of the last decision that is learned."""
    _turn: RLock = field(default_factory=RLock)

    def catch_up(self, on_progress: Progress = ignore) -> int:
        """Tag what is new or changed in the catalogue; return how many products that were."""
        with self._turn:
            number, n = self.tags.read_up_to(READER), 0
            while (told := self.products.changes(number, limit=_AT_ONCE)).number != number:
                on_progress(0.0)
                before = self.tags.told([product.item_id for product in told.products])
                new = [
                    one
                    for one in told.products
                    if one.item_id not in before or before[one.item_id].digest != digest_of(one)
                ]
                n += self.retag(new)
                number = told.number
                self.tags.note_read(READER, number)
            return n

    def retag(self, products: Sequence[Product], on_progress: Progress = ignore) -> int:
        """Tag products anew; return how many those are."""
        with self._turn:
            for first in range(0, len(products), _AT_ONCE):
                on_progress(first / len(products))
                self.tags.tell(list(self._tagged(products[first : first + _AT_ONCE])))
            return len(products)

    def _tagged(self, products: Sequence[Product]) -> Iterator[Tagged]:
        used, tree, ids = self.used(), self.tree(), [product.item_id for product in products]
        found = used.attributes.tag(products)
        placed = used.category.tag([product_text(one) for one in products]) if used.category else [None] * len(products)
        before, reviews = self.tags.told(ids), self.tags.decided(ids)
        for product, category, others in zip(products, placed, found, strict=True):
            digest, known = digest_of(product), before.get(product.item_id)
            own = missing(product, (*((category,) if category else ()), *others))
            if known and known.digest == digest:
                own = with_teacher(own, (tag for tag in known.tags if tag.source is TagSource.LLM))
            counts = applied(decided(own, reviews.get(product.item_id, {})), tree)
            yield Tagged(product.item_id, digest, own, counts)

    def add(self, item_id: str, tags: Sequence[Tag]) -> None:
        """Store what a language model says of a product beside what is said of it."""
        with self._turn:
            told = self.tags.told([item_id]).get(item_id)
            if told is None:
                return
            own = with_teacher([one for one in told.tags if one.source is not TagSource.LLM], tags)
            counts = applied(decided(own, self.tags.decided([item_id]).get(item_id, {})), self.tree())
            self.tags.tell([replace(told, tags=own, applied=counts)])

    def decide(self, reviews: Sequence[Review]) -> list[bool]:
        """Store decisions and let them count; return for each whether it is new."""
        with self._turn:
            is_new = self.tags.add(reviews)
            concerned = list(dict.fromkeys(one.item_id for one in reviews))
            self.retag(list(self.products.get(concerned).values()))
            return is_new

    def candidates(self, products: Sequence[Product], n: int) -> list[list[Candidate]]:
        """Return the likeliest categories of each product, none where nothing was fitted."""
        with self._turn:
            category = self.used().category
            if category is None:
                return [[] for _ in products]
            return category.candidates([product_text(product) for product in products], n)

    def tree(self) -> Taxonomy | None:
        """Return the shop's own tree, else that of the last fit, else the paths of its products; None without any."""
        if (own := self.taxonomies.get()) is not None:
            return own
        used = self.used()
        if used.category is not None:
            return used.category.taxonomy_
        return None

    def fit(self, on_progress: Progress = ignore) -> SavedTaggers:
        """Learn from all products and decisions, and use that from now on; TooLittle where there is no product."""
        products = self.products.all()
        if not products:
            raise TooLittle("There are no products to tag: import some first (shopkeeper import FILE --catalog).")
        decisions, read = self.tags.reviews()
        tree = self.taxonomies.get() or tree_of(products)
        encoder = self.encoder(len(products))
        labels = labels_of(decisions)
        category, attributes = fitted(products, labels, tree, self.dictionaries, encoder, on_progress)
        version = f"{self.clock():%Y%m%dT%H%M%S%f}-{(category or attributes).version}"
        metrics = {"products": float(len(products)), "decisions": float(len(decisions))}
        told = fingerprint(products, tree, read)
        saved = SavedTaggers(category, attributes, version, self.clock(), told, read, metrics)
        with self._turn:
            self.taggers.save(saved)
            self._used, self._read = saved, read
        return saved

    def check(self, on_progress: Progress = ignore) -> Checked:
        """Learn from four fifths of the labels and ask about the fifth; TooLittle where there are fewer than 50."""
        products, labels = self.products.all(), labels_of(self.tags.reviews()[0])
        tree = self.taxonomies.get() or tree_of(products)
        ids = [one.item_id for one in products if (label := labels.get((one.item_id, CATEGORY))) and label.value]
        if tree is None or len(ids) < _LEAST_TO_CHECK:
            raise TooLittle(f"There are {len(ids)} labels of categories; {_LEAST_TO_CHECK} are needed to measure.")
        held = set(default_rng(0).permutation(np.array(ids, object))[: len(ids) // 5].tolist())
        kept = {key: label for key, label in labels.items() if key[0] not in held}
        encoder = self.encoder(len(products))
        category = filed(products, kept, tree, encoder, on_progress)
        asked = [product for product in products if product.item_id in held]
        texts, right = [product_text(one) for one in asked], [labels[one.item_id, CATEGORY].value for one in asked]
        best = [told[0].category_id if told else "" for told in category.candidates(texts, 1)]
        sure = [
            tag.value in (value, *tree.ancestors(value))
            for tag, value in zip(category.tag(texts), right, strict=True)
            if tag.band is Band.APPLIED
        ]
        n_right = sum(a == b for a, b in zip(best, right, strict=True))
        return Checked(len(asked), n_right, len(sure), sum(sure))

    def used(self) -> SavedTaggers:
        """Return what answers now: the fit that is there, and what persons decided since."""
        with self._turn:
            version = self.taggers.current()
            if self._used is None or self._used.version != (version or ""):
                self._used = self.taggers.load() if version else _unfitted(self.dictionaries)
                self._read = self._used.reviews_read
            decisions, self._read = self.tags.reviews(self._read)
            if (category := self._used.category) is not None and decisions:
                self._learn(category, labels_of(decisions).values())
            return self._used

    def _learn(self, category: CategoryTagger, labels: Iterable[Label]) -> None:
        tree = category.taxonomy_
        right = {one.item_id: one.value for one in labels if one.name == CATEGORY and one.value in tree}
        products = self.products.get(list(right))
        if products:
            texts = [product_text(product) for product in products.values()]
            category.learn(texts, [right[item_id] for item_id in products])


def digest_of(product: Product) -> str:
    """Return what changes with anything that tags depend on."""
    read = [product.title, product.brand, product.description, list(product.categories), sorted(product.attributes)]
    return sha256(json.dumps(read, ensure_ascii=False).encode()).hexdigest()[:16]


def with_teacher(own: Sequence[Tag], taught: Iterable[Tag]) -> tuple[Tag, ...]:
    """Return the tags with those of a language model instead of the unsure ones of the same name."""
    by_name = {tag.name: tag for tag in taught}
    kept = [tag for tag in own if tag.band is Band.APPLIED or tag.name not in by_name]
    names = {tag.name for tag in kept}
    return (*kept, *(tag for name, tag in by_name.items() if name not in names))


def labels_of(decisions: Sequence[Review]) -> dict[tuple[str, str], Label]:
    """Return what is right by product and name: the newest word of a person."""
    told = (one.label for one in decisions)
    return {(label.item_id, label.name): label for label in told if label}


def tree_of(products: Sequence[Product]) -> Taxonomy | None:
    """Return the tree of the paths that products have, None where none has any."""
    paths = sorted({path for product in products for path in product.categories if path.strip()})
    return Taxonomy.from_paths(paths) if paths else None


def fitted(
    products: Sequence[Product],
    labels: Mapping[tuple[str, str], Label],
    tree: Taxonomy | None,
    dictionaries: Dictionaries,
    encoder: Encoder | None,
    on_progress: Progress,
) -> tuple[CategoryTagger | None, AttributeTagger]:
    """Return taggers that learned from what merchants filed and persons decided."""
    attributes = AttributeTagger.fit(
        dictionaries.all(), products, labels.values(), on_progress=lambda share: on_progress(share / 2)
    )
    if tree is None:
        return None, attributes
    return filed(products, labels, tree, encoder, lambda share: on_progress((1 + share) / 2)), attributes


def filed(
    products: Sequence[Product],
    labels: Mapping[tuple[str, str], Label],
    tree: Taxonomy,
    encoder: Encoder | None,
    on_progress: Progress,
) -> CategoryTagger:
    """Return what files products in a tree, learned from what merchants filed and persons decided."""
    id_of = {tree.path(one.category_id, language): one.category_id for one in tree.categories for language in one.names}
    known: list[str | None] = []
    for product in products:
        label = labels.get((product.item_id, CATEGORY))
        if label is not None:
            known.append(label.value if label.value in tree else None)
        else:
            known.append(next((id_of[path] for path in product.categories if path in id_of), None))
    texts = [product_text(product) for product in products]
    return CategoryTagger().fit(tree, Labelled(texts, known), encoder=encoder, on_progress=on_progress)


def fingerprint(products: Sequence[Product], tree: Taxonomy | None, read: int) -> str:
    """Return what changes with anything that a fit learns from."""
    digest = sha256(str(read).encode())
    for product in products:
        digest.update(f"{product.item_id}\0{digest_of(product)}\0".encode())
    for category in tree.categories if tree else ():
        digest.update(f"{category.category_id}\0{category.parent_id}\0{sorted(category.names.items())}".encode())
    return digest.hexdigest()[:16]


def _unfitted(dictionaries: Dictionaries) -> SavedTaggers:
    attributes = AttributeTagger.fit(dictionaries.all(), [])
    return SavedTaggers(None, attributes, "", from_us(0), "", 0, {})
