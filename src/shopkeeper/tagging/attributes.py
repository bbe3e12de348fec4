"""Attributes by rules: dictionaries, patterns and units; each value stands in the text, or is the known form of one."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shopkeeper.data.catalog import Product
from shopkeeper.tagging.dictionary import Dictionary
from shopkeeper.tagging.measures import NUMBER, measure, measures, unit_pattern
from shopkeeper.tagging.words import LONGEST_TITLE, Phrases, Text, Word

SEVERAL = ", "
"""Joins the values of one attribute; `values_of` parts them."""
BRAND = "brand"
_MOST = 4
"""Values of one attribute that are told; a text with more tells of others, too."""
_JOINING = ("and", "or", "和", "及")
_LONGEST_OPEN = 6
"""Words of a value that no dictionary has."""
_MEASURED = r"(?<![A-Za-z])(?:{cues})\s*(?:[:：=\-(\[]|is|of|about|approx\.?|约|为)?\s*({number})\s*-?\s*({unit})"
_MEASURED_AFTER = r"(?<![\d.,A-Za-z])({number})\s*-?\s*({unit})\s*(?:{cues})(?![A-Za-z])"


_PARTED = re.compile(r"\s*(?:[,;/&、]|\band\b)\s*")


class Place(StrEnum):
    """Where a value stands, by which it is trusted."""

    CUE = "cue"
    """Right after a word that announces it, or before."""
    TITLE = "title"
    TEXT = "text"
    """In the description."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the rules of one attribute find."""

    value: str
    place: Place
    alone: bool = True
    """Whether nothing else was found in that place."""

    @property
    def rule(self) -> str:
        """The name under which it is measured how often it is right."""
        return self.place if self.alone else f"{self.place}, several"


@dataclass(frozen=True, slots=True)
class ProductText:
    """What is read of a product: not the fields that its merchant has filled in."""

    title: Text
    body: Text

    @classmethod
    def of(cls, product: Product) -> "ProductText":
        """Read title and description."""
        return cls(Text.of(product.title, LONGEST_TITLE), Text.of(product.description))

    @property
    def parts(self) -> tuple[Text, Text]:
        """Both, the title first."""
        return self.title, self.body


def values_of(value: str) -> tuple[str, ...]:
    """Return the values that one tag holds."""
    return tuple(value.split(SEVERAL))


def same(rules: "AttributeRules", name: str, one: str, other: str) -> bool:
    """Tell whether two values of an attribute mean the same, in whatever order and spelling."""
    a, b = ({rules.meaning(name, part.strip()).casefold() for part in _PARTED.split(value)} for value in (one, other))
    return a == b


class AttributeRules:
    """All attributes that rules know of."""

    def __init__(self, dictionaries: Iterable[Dictionary], brands: Iterable[str] = ()) -> None:
        """Take what the attributes are, and the brands that the shop is known to sell."""
        self.brands = tuple(sorted(brands))
        known = {BRAND: {brand: brand for brand in self.brands}}
        self._rules = {one.name: _Rule(one, known.get(one.name, {})) for one in dictionaries}

    @property
    def names(self) -> tuple[str, ...]:
        """Of the attributes."""
        return tuple(self._rules)

    def meaning(self, name: str, value: str) -> str:
        """Return the known form of a value of an attribute, itself where there is none."""
        return self._rules[name].meaning(value) if name in self._rules else value

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
        if any(next(literal.find(part.words), None) for part in text.parts):
            return True
        rule = self._rules.get(name)
        return rule is not None and any(one == value for part in text.parts for one in rule.every(part))


class _Rule:
    """One attribute."""

    def __init__(self, dictionary: Dictionary, known: dict[str, str]) -> None:
        self._of = dictionary
        self._anywhere = Phrases(dictionary.anywhere() | known)
        self._after_cue = Phrases(dictionary.meaning() | known)
        self._cues = Phrases(dict.fromkeys(dictionary.cues, ""))
        self._patterns = [re.compile(pattern) for pattern in dictionary.patterns]
        self._measured = _measured(dictionary)

        self.spellings = dictionary.meaning()
        self._exact = {spelling.casefold(): value for spelling, value in self.spellings.items()}
        self.values = tuple({**dictionary.values, **dictionary.after_cue})

    def meaning(self, value: str) -> str:
        """Return the known form of a value."""
        if self._of.measure and (amount := next(measures(self._of.measure, value), None)):
            return amount
        return self._exact.get(value.casefold(), value)

    def said(self, text: ProductText) -> Said | None:
        """Return what is found, from where it is surest."""
        begun = self._anywhere.at(text.title.words, 0) if self._of.open else None
        places: tuple[tuple[Place, Sequence[str]], ...] = (
            (Place.CUE, _different(one for part in text.parts for one in self._cued(part, text.title))),
            (Place.TITLE, [begun.value] if begun else _different(self._plain(text.title))),
            (Place.TEXT, _different(self._plain(text.body))),
        )
        for place, values in places:
            if values and self._of.several and len(values) <= _MOST:
                return Said(SEVERAL.join(values), place, alone=len(values) == 1)
            if values:
                return Said(values[0], place, alone=len(values) == 1)
        return None

    def every(self, part: Text) -> Iterator[str]:
        """Return every value that stands in a text, announced or not."""
        yield from (found.value for found in self._after_cue.find(part.words))
        yield from self._by_pattern(part)
        if self._of.measure:
            yield from measures(self._of.measure, part.text)

    def _plain(self, part: Text) -> Iterator[str]:
        if self._of.only_after_cue:
            return
        yield from (found.value for found in self._anywhere.find(part.words))
        yield from self._by_pattern(part)
        if self._of.measure:
            yield from measures(self._of.measure, part.text)

    def _by_pattern(self, part: Text) -> Iterator[str]:
        for pattern in self._patterns:
            for found in pattern.finditer(part.text):
                if value := (found[1] if pattern.groups else found[0]):
                    yield self._exact.get(value.casefold(), value)

    def _cued(self, part: Text, title: Text) -> Iterator[str]:
        """Return what stands right after a cue, or, of a measure, before."""
        yield from next(filter(None, (list(self._amounts(pattern, part)) for pattern in self._measured)), [])
        for cue in self._cues.find(part.words):
            start = cue.last + 1
            if start >= len(part.words) or not part.words[start].follows:
                continue
            if self._of.measure == "dimensions":
                yield from list(measures("dimensions", part.text[part.words[start].start :][:80]))[:1]
                continue
            known = list(self._listed(part.words, start))
            yield from known
            if not known and self._of.open and (value := _announced(part, start, title)):
                yield value

    def _amounts(self, pattern: re.Pattern[str], part: Text) -> Iterator[str]:
        if (kind := self._of.measure) and kind != "dimensions":
            amounts = (measure(kind, found[1], found[2]) for found in pattern.finditer(part.text))
            yield from (amount for amount in amounts if amount)

    def _listed(self, words: Sequence[Word], start: int) -> Iterator[str]:
        """Return the known values that stand one after the other: `red, blue and white`."""
        while found := self._after_cue.at(words, start):
            yield found.value
            start = found.last + 1
            if not self._of.several:
                return
            if start == len(words):
                return
            if words[start].text in _JOINING:
                start += 1
            elif words[start].follows:
                return


def _measured(dictionary: Dictionary) -> list[re.Pattern[str]]:
    """Return how an amount is announced: by a word before it, which counts for more, or after."""
    if dictionary.measure in (None, "dimensions"):
        return []
    unit = unit_pattern(dictionary.measure)
    pairs = ((_MEASURED, dictionary.cues), (_MEASURED_AFTER, dictionary.cues_after))
    return [
        re.compile(shape.format(cues=_any_of(cues), number=NUMBER, unit=unit), re.IGNORECASE)
        for shape, cues in pairs
        if cues
    ]


def _any_of(words: Sequence[str]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True))


def _announced(part: Text, start: int, title: Text) -> str | None:
    """Return a value that no dictionary has: as far as the title begins with it, or from a colon to what ends it."""
    words = part.words
    last = start
    while last + 1 < len(words) and words[last + 1].follows and last - start < _LONGEST_OPEN:
        last += 1
    as_title = start
    for own, first in zip(words[start : last + 1], title.words, strict=False):
        if own.text != first.text:
            break
        as_title += 1
    if as_title > start:
        return part.between(start, as_title - 1)
    begins = ":" in part.text[words[start - 1].end : words[start].start]
    ends = last + 1 == len(words) or not words[last + 1].follows
    return part.between(start, last) if begins and ends else None


def _different(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
