"""Attributes by rules: dictionaries, patterns and units; each value stands in the text, or is the known form of one."""

from collections.abc import Iterable

from shopkeeper.tagging.dictionary import Dictionary
from shopkeeper.tagging.rule import ProductText, Rule, Said, values_of
from shopkeeper.tagging.words import Phrases

BRAND = "brand"


class AttributeRules:
    """All attributes that rules know of."""

    def __init__(self, dictionaries: Iterable[Dictionary], brands: Iterable[str] = ()) -> None:
        """Take what the attributes are, and the brands that the shop is known to sell."""
        self.brands = tuple(sorted(brands))
        known = {BRAND: {brand: brand for brand in self.brands}}
        self._rules = {one.name: Rule(one, known.get(one.name, {})) for one in dictionaries}

    @property
    def names(self) -> tuple[str, ...]:
        """Of the attributes."""
        return tuple(self._rules)

    def meaning(self, name: str, value: str) -> str:
        """Return the known form of a value of an attribute, itself where there is none."""
        return self._rules[name].meaning(value) if name in self._rules else value

    def same(self, name: str, one: str, other: str) -> bool:
        """Tell whether two values of an attribute mean the same."""
        return self._rules[name].same(one, other) if name in self._rules else one.casefold() == other.casefold()

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values that the dictionary of an attribute has, none where any may be."""
        return self._rules[name].values if name in self._rules else ()

    def read(self, text: ProductText) -> dict[str, Said]:
        """Return what is found of each attribute."""
        found = ((name, rule.said(text)) for name, rule in self._rules.items())
        return {name: said for name, said in found if said is not None}

    def read_one(self, name: str, text: ProductText) -> Said | None:
        """Return what is found of one attribute."""
        return self._rules[name].said(text) if name in self._rules else None

    def spellings(self, name: str) -> dict[str, str]:
        """Return what each known spelling of an attribute's values means."""
        return self._rules[name].spellings if name in self._rules else {}

    def stands(self, name: str, value: str, text: ProductText) -> bool:
        """Tell whether a value stands in a text, by itself or in a spelling that is known of it."""
        return all(self._stands(name, one, text) for one in values_of(value))

    def _stands(self, name: str, value: str, text: ProductText) -> bool:
        literal = Phrases({value: value})
        if any(next(literal.find(part), None) for part in text.parts):
            return True
        rule = self._rules.get(name)
        return rule is not None and any(one == value for part in text.parts for one in rule.every(part))
