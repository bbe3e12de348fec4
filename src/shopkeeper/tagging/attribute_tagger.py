"""All attributes of products: by what labels taught where there are enough of them, else by rules."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from shopkeeper.data.catalog import Product
from shopkeeper.data.tags import CATEGORY, FREE, Band, Label, Tag, TagSource
from shopkeeper.estimator import Progress, State, ignore
from shopkeeper.kit.errors import TooLittle
from shopkeeper.tagging.attributes import BRAND, AttributeRules
from shopkeeper.tagging.dictionary import Dictionary
from shopkeeper.tagging.learned import Guess, LearnedConfig, LearnedValues, as_bytes, as_text
from shopkeeper.tagging.rule import ProductText
from shopkeeper.tagging.trust import APPLIED_FROM, REVIEW_FROM, Trust

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
        right = _right(products, labels)
        texts = {product.item_id: ProductText.of(product) for product in products}
        brands = Counter(right.get(BRAND, {}).values())
        # A brand that one product alone has is known from nobody else: it must not prove the rule that finds it.
        often = AttributeRules(dictionaries, (brand for brand, n in brands.items() if n > 1))
        shipped = Trust({f"{one.name} {place}": seen for one in dictionaries for place, seen in one.measured.items()})
        learned, plain = {}, AttributeRules(dictionaries)
        for done, (name, value_of) in enumerate(right.items()):
            on_progress(done / len(right))
            values = {item_id: value for item_id, value in value_of.items() if value}
            try:
                own = [texts[item_id] for item_id in values]
                learned[name] = LearnedValues.fit(name, own, list(values.values()), plain, config)
            except TooLittle:
                continue
        on_progress(1.0)
        return cls._of(dictionaries, sorted(brands), shipped + Trust.of(_looks(often, texts, right)), learned)

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
        texts = [ProductText.of(product) for product in products]
        guesses = {name: model.guess(texts) for name, model in self.learned.items()}
        return [
            tuple(self._tags(product, text, {name: guess[k] for name, guess in guesses.items()}))
            for k, (product, text) in enumerate(zip(products, texts, strict=True))
        ]

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
            if isinstance(value, str) and value.strip():
                right.setdefault(name, {})[product.item_id] = value
    known = {product.item_id for product in products}
    for label in labels:
        if label.name not in (CATEGORY, FREE) and label.item_id in known:
            right.setdefault(label.name, {})[label.item_id] = label.value
    return dict(sorted(right.items()))


def _looks(rules: AttributeRules, texts: Mapping[str, ProductText], right: Values) -> Iterator[tuple[str, bool]]:
    """Return of which kind each answer of the rules was whose right value is known, and whether it is that."""
    for name, value_of in right.items():
        for item_id, value in value_of.items():
            if (said := rules.read_one(name, texts[item_id])) is not None:
                yield f"{name} {said.rule}", rules.same(name, said.value, value)
