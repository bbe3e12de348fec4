"""All attributes of products: by what labels taught where there are enough of them, else by rules."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from shopkeeper.data.catalog import Product
from shopkeeper.data.tags import CATEGORY, FREE, Band, Label, Tag, TagSource
from shopkeeper.estimator import Progress, State, ignore
from shopkeeper.kit.errors import TooLittle
from shopkeeper.tagging.attributes import BRAND, AttributeRules
from shopkeeper.tagging.dictionary import Dictionary
from shopkeeper.tagging.learned import Guess, LearnedConfig, LearnedValues, as_bytes, as_text
from shopkeeper.tagging.rule import SEVERAL, ProductText
from shopkeeper.tagging.trust import APPLIED_FROM, REVIEW_FROM, Trust

_AT_ONCE = 1000
Values = Mapping[str, Mapping[str, str]]
"""The right value by attribute and product."""


@dataclass(frozen=True, eq=False)
class AttributeTagger:
    """Reads titles and descriptions; what a merchant has filled in is not said again."""

    rules: AttributeRules
    trust: Trust
    """In the rules."""
    learned: Mapping[str, LearnedValues]
    version: str

    @classmethod
    def fit(
        cls,
        dictionaries: Sequence[Dictionary],
        products: Sequence[Product],
        labels: Iterable[Label] = (),
        config: LearnedConfig | None = None,
        on_progress: Progress = ignore,
    ) -> "AttributeTagger":
        """Learn from what persons said, and from what the merchant has filled in of some products."""
        config, right = config or LearnedConfig(), _right(products, labels)
        product_of = {product.item_id: product for product in products}
        brands = Counter(filter(None, right.get(BRAND, {}).values()))
        # A brand that one product alone has is known from nobody else: it must not prove the rule that finds it.
        often = AttributeRules(dictionaries, (brand for brand, n in brands.items() if n > 1))
        plain, rng = AttributeRules(dictionaries), np.random.default_rng(config.seed)
        trust = Trust({f"{one.name} {place}": seen for one in dictionaries for place, seen in one.measured.items()})
        learned = {}
        for done, (name, value_of) in enumerate(right.items()):
            on_progress(done / len(right))
            some = np.sort(rng.permutation(len(value_of))[: config.counted]).tolist()
            every = list(value_of.items())
            pairs = [every[k] for k in some]
            texts = [ProductText.of(product_of[item_id]) for item_id, _ in pairs]
            trust += Trust.of(_looks(often, name, texts, [value for _, value in pairs]))
            told = [(text, value) for text, (_, value) in zip(texts, pairs, strict=True) if value]
            try:
                own = [text for text, _ in told]
                learned[name] = LearnedValues.fit(name, own, [value for _, value in told], plain, config)
            except TooLittle:
                continue
        on_progress(1.0)
        return cls._of(dictionaries, sorted(brands), trust, learned)

    @classmethod
    def _of(
        cls, dictionaries: Sequence[Dictionary], brands: Sequence[str], trust: Trust, learned: dict[str, LearnedValues]
    ) -> "AttributeTagger":
        tagger = cls(AttributeRules(dictionaries, brands), trust, learned, "")
        digest = sha256(json.dumps([one.model_dump(mode="json") for one in dictionaries], sort_keys=True).encode())
        for name, array in sorted(tagger.state().items()):
            digest.update(name.encode() + array.tobytes())
        return cls(tagger.rules, trust, learned, digest.hexdigest()[:12])

    def tag(self, products: Sequence[Product]) -> list[tuple[Tag, ...]]:
        """Return what is said of each product, by attribute; what is too unsure is in the band blank."""
        parts = (products[first : first + _AT_ONCE] for first in range(0, len(products), _AT_ONCE))
        return [tags for part in parts for tags in self._tag(part)]

    def _tag(self, products: Sequence[Product]) -> Iterator[tuple[Tag, ...]]:
        texts = [ProductText.of(product) for product in products]
        guesses = {name: model.guess(texts) for name, model in self.learned.items()}
        for k, (product, text) in enumerate(zip(products, texts, strict=True)):
            yield tuple(self._tags(product, text, {name: guess[k] for name, guess in guesses.items()}))

    def state(self) -> State:
        """Return all that was learned."""
        told = {"brands": self.rules.brands, "trust": dict(self.trust.seen), "learned": list(self.learned)}
        state: State = {"told_utf8": as_bytes(json.dumps(told, ensure_ascii=False, sort_keys=True))}
        for name, model in self.learned.items():
            state |= {f"{name}/{part}": array for part, array in model.state().items()}
        return state

    @classmethod
    def from_state(cls, dictionaries: Sequence[Dictionary], state: State) -> "AttributeTagger":
        """Rebuild what `state` returned, with the dictionaries as they are now."""
        told = json.loads(as_text(state["told_utf8"]))
        plain, learned = AttributeRules(dictionaries), {}
        for name in told["learned"]:
            own = {part.removeprefix(f"{name}/"): array for part, array in state.items() if part.startswith(f"{name}/")}
            learned[name] = LearnedValues.from_state(name, plain, own)
        trust = Trust({kind: (right, n) for kind, (right, n) in told["trust"].items()})
        return cls._of(dictionaries, told["brands"], trust, learned)

    def _tags(self, product: Product, text: ProductText, guesses: Mapping[str, Guess | None]) -> Iterator[Tag]:
        filled = {BRAND, *product.attributes} if product.brand else set(product.attributes)
        found = self.rules.read(text)
        for name in sorted({*found, *guesses} - filled):
            said, guess, model = found.get(name), guesses.get(name), self.learned.get(name)
            kind = f"{name} {said.rule}" if said else ""
            if guess is not None and (guess.probability >= REVIEW_FROM or said is None):
                is_rule = said is not None and self.rules.same(name, said.value, guess.value)
                source = TagSource.RULE if is_rule else TagSource.MODEL
                yield Tag(name, guess.value, guess.probability, source, self.version, _band(guess.probability))
            elif said is not None:
                value, band = model.form(said.value) if model else said.value, self.trust.band(kind)
                # Where labels were learned from and do not tell, somebody shall look.
                band = Band.REVIEW if model and band is Band.APPLIED else band
                yield Tag(name, value, self.trust.confidence(kind), TagSource.RULE, self.version, band)


def _band(probability: float) -> Band:
    if probability >= APPLIED_FROM:
        return Band.APPLIED
    return Band.REVIEW if probability >= REVIEW_FROM else Band.BLANK


def _right(products: Sequence[Product], labels: Iterable[Label]) -> Values:
    """Return what is right, by attribute; what a person says counts for more than what is filled in."""
    right: dict[str, dict[str, str]] = {}
    for product in products:
        filled = {BRAND: product.brand, **product.attributes}
        for name, value in filled.items():
            told = SEVERAL.join(value) if isinstance(value, tuple) else value
            if isinstance(told, str) and told.strip():
                right.setdefault(name, {})[product.item_id] = told
    known = {product.item_id for product in products}
    for label in labels:
        if label.name not in (CATEGORY, FREE) and label.item_id in known:
            right.setdefault(label.name, {})[label.item_id] = label.value
    return dict(sorted(right.items()))


def _looks(
    rules: AttributeRules, name: str, texts: Sequence[ProductText], values: Sequence[str]
) -> Iterator[tuple[str, bool]]:
    """Return of which kind each answer of the rules is, and whether it is right."""
    for text, value in zip(texts, values, strict=True):
        if (said := rules.read_one(name, text)) is not None:
            yield f"{name} {said.rule}", rules.same(name, said.value, value)
