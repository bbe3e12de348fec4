"""One attribute: where its values stand in a text, and how they are written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from shopkeeper.data.catalog import Product
from shopkeeper.tagging.dictionary import Dictionary
from shopkeeper.tagging.measures import NUMBER, measure, measures, unit_pattern
from shopkeeper.tagging.words import LONGEST_TITLE, Found, Phrases, Text, Word

SEVERAL = ", "
"""Joins the values of one attribute; `values_of` parts them."""
_MOST = 4
"""Values of one attribute that are told; a text with more tells of others, too."""
_JOINING = ("and", "or", "和", "及")
_DENYING = ("no", "non", "not", "without", "无", "非", "不含")
_DENIED = ("free",)
_PARTED = re.compile(r"\s*(?:[,;/&、]|\band\b)\s*")
_NEAR = 80
"""Characters after a cue in which the sides of a box begin."""
_LONGEST_OPEN = 6
"""Words of a value that no dictionary has."""
_MEASURED = r"(?<![A-Za-z])(?:{cues})\s*(?:[:：=\-(\[]|is|of|about|approx\.?|约|为)?\s*({number})\s*-?\s*({unit})"
_MEASURED_AFTER = r"(?<![\d.,A-Za-z])({number})\s*-?\s*({unit})\s*(?:{cues})(?![A-Za-z])"


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


class Rule:
    """One attribute."""

    def __init__(self, dictionary: Dictionary, known: dict[str, str]) -> None:
        self._of = dictionary
        self._anywhere = Phrases(dictionary.anywhere() | known)
        self._after_cue = Phrases(dictionary.meaning() | known)
        self._cues = Phrases(dict.fromkeys(dictionary.cues, ""))
        self._cues_after = Phrases(dict.fromkeys(dictionary.cues_after, ""))
        self._patterns = [re.compile(pattern) for pattern in dictionary.patterns]
        self._measured = _measured(dictionary)
        self.spellings = dictionary.meaning()
        self._exact = {spelling.casefold(): value for spelling, value in self.spellings.items()}
        self.values = tuple({**dictionary.values, **dictionary.after_cue})

    def meaning(self, value: str) -> str:
        """Return the known form of a value."""
        if self._of.measure and (amount := next(measures(self._of.measure, value), None)):
            return amount
        if (found := next(self._by_pattern(value), None)) is not None:
            return found
        return self._exact.get(value.casefold(), value)

    def same(self, one: str, other: str) -> bool:
        """Tell whether two values mean the same, in whatever spelling, and order where there may be several."""
        return self._meant(one) == self._meant(other)

    def _meant(self, value: str) -> set[str]:
        parts = _PARTED.split(value.strip()) if self._of.several else [value.strip()]
        return {self.meaning(part).casefold() for part in parts}

    def said(self, text: ProductText) -> Said | None:
        """Return what is found, from where it is surest."""
        cued = (one for part in text.parts for one in self._cued(part, text.title))
        for place, values in (
            (Place.CUE, cued),
            (Place.TITLE, self._title(text.title)),
            (Place.TEXT, self._plain(text.body)),
        ):
            if found := list(dict.fromkeys(values)):
                is_list = self._of.several and len(found) <= _MOST
                return Said(SEVERAL.join(found) if is_list else found[0], place, alone=len(found) == 1)
        return None

    def _title(self, title: Text) -> Iterator[str]:
        if self._of.open and (begun := self._anywhere.at(title.words, 0)):
            yield begun.value
        else:
            yield from self._plain(title)

    def every(self, part: Text) -> Iterator[str]:
        """Return every value that stands in a text, announced or not."""
        yield from (found.value for found in self._after_cue.find(part) if not _is_denied(part.words, found))
        yield from self._by_pattern(part.text)
        if self._of.measure:
            yield from measures(self._of.measure, part.text)

    def _plain(self, part: Text) -> Iterator[str]:
        if self._of.only_after_cue:
            return
        yield from (found.value for found in self._anywhere.find(part) if not _is_denied(part.words, found))
        yield from self._by_pattern(part.text)
        if self._of.measure:
            yield from measures(self._of.measure, part.text)

    def _by_pattern(self, text: str) -> Iterator[str]:
        for pattern in self._patterns:
            for found in pattern.finditer(text):
                if value := (found[1] if pattern.groups else found[0]):
                    yield self._exact.get(value.casefold(), value)

    def _cued(self, part: Text, title: Text) -> Iterator[str]:
        """Return what stands right after a cue, or, of a measure, before."""
        cues = list(self._cues.find(part))
        if self._of.measure and self._of.measure != "dimensions":
            yield from self._announced_amounts(part, cues)
            return
        for cue in cues:
            start = cue.last + 1
            if start >= len(part.words) or not part.words[start].follows:
                continue
            if self._of.measure:
                yield from islice(measures(self._of.measure, part.text[part.words[start].start :][:_NEAR]), 1)
                continue
            known = list(self._listed(part.words, start))
            yield from known
            if not known and self._of.open and (value := _announced(part, start, title)):
                yield value

    def _announced_amounts(self, part: Text, cues: Sequence[Found]) -> Iterator[str]:
        """Return amounts with a word that announces them before, which counts for more, or after."""
        before, after = self._measured
        found = list(self._amounts(before, part)) if cues else []
        if not found and next(self._cues_after.find(part), None):
            found = list(self._amounts(after, part))
        yield from found

    def _amounts(self, pattern: re.Pattern[str], part: Text) -> Iterator[str]:
        if self._of.measure and self._of.measure != "dimensions":
            for found in pattern.finditer(part.text):
                if amount := measure(self._of.measure, found[1], found[2]):
                    yield amount

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


def _is_denied(words: Sequence[Word], found: Found) -> bool:
    """Tell whether a text says that it is not so: no plastic, PVC-free, 不含塑料."""
    before = [word.text for word in words[max(0, found.first - 2) : found.first]]
    after = words[found.last + 1] if found.last + 1 < len(words) else None
    is_free = after is not None and after.follows and after.text in _DENIED
    return is_free or (words[found.first].follows and ("".join(before) in _DENYING or "".join(before[-1:]) in _DENYING))


def _measured(dictionary: Dictionary) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return how an amount is announced: by a word before it, and after."""
    unit = unit_pattern(dictionary.measure or "length")
    shapes = ((_MEASURED, dictionary.cues), (_MEASURED_AFTER, dictionary.cues_after))
    before, after = (shape.format(cues=_any_of(cues), number=NUMBER, unit=unit) for shape, cues in shapes)
    return re.compile(before, re.IGNORECASE), re.compile(after, re.IGNORECASE)


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
