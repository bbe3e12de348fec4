"""The text of a product as words, in any script, with nothing in it that cannot be seen."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shopkeeper.tagging.texts import clean

LONGEST_TITLE = 500
LONGEST_TEXT = 10_000
"""Characters that are read of a description; what a product is stands before."""

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_LETTERS = rf"(?:(?![{_IDEOGRAPHS}])[^\W_])"
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|{_LETTERS}+(?:['’]{_LETTERS}+)*")
_JOINS = re.compile(r"[\s:：=\-–'\"*_]*")


@dataclass(frozen=True, slots=True)
class Word:
    """A run of letters and digits, or one ideograph."""

    text: str
    """With no difference between capitals and small letters."""
    start: int
    end: int
    follows: bool
    """Whether nothing but spaces, a colon or a dash stands between it and the word before."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its words."""

    text: str
    words: tuple[Word, ...]
    places: Mapping[str, Sequence[int]]
    """Where each word stands."""

    @classmethod
    def of(cls, raw: str, longest: int = LONGEST_TEXT) -> "Text":
        """Read a text as a merchant's file has it."""
        text = clean(raw, longest)
        words: list[Word] = []
        end = 0
        places: dict[str, list[int]] = {}
        for found in _WORD.finditer(text):
            word = found[0].casefold()
            follows = _JOINS.fullmatch(text, end, found.start()) is not None
            places.setdefault(word, []).append(len(words))
            words.append(Word(word, found.start(), found.end(), follows))
            end = found.end()
        return cls(text, tuple(words), places)

    def between(self, first: int, last: int) -> str:
        """Return what stands from one word to another, which are both in it."""
        return self.text[self.words[first].start : self.words[last].end]


def words_of(phrase: str) -> tuple[str, ...]:
    """Return the words of a phrase."""
    return tuple(found.casefold() for found in _WORD.findall(clean(phrase)))


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase that stands in a text, from one word to another."""

    value: str
    first: int
    last: int


class Phrases:
    """Finds known phrases: at each word the longest, and none inside another."""

    def __init__(self, value_of: Mapping[str, str]) -> None:
        self._value_of = {words_of(phrase): value for phrase, value in value_of.items()}
        self._value_of.pop((), None)
        longest: dict[str, int] = {}
        for words in self._value_of:
            longest[words[0]] = max(len(words), longest.get(words[0], 0))
        self._longest = longest

    def find(self, text: Text) -> Iterator[Found]:
        """Return what stands in a text, in order."""
        begins = sorted(place for word in self._longest.keys() & text.places.keys() for place in text.places[word])
        end = 0
        for place in begins:
            if place >= end and (found := self.at(text.words, place)):
                yield found
                end = found.last + 1

    def at(self, words: Sequence[Word], first: int) -> Found | None:
        """Return the longest phrase that begins at a word, None if none does."""
        if first >= len(words):
            return None
        for n in range(min(self._longest.get(words[first].text, 0), len(words) - first), 0, -1):
            value = self._value_of.get(tuple(word.text for word in words[first : first + n]))
            if value is not None and all(word.follows for word in words[first + 1 : first + n]):
                return Found(value, first, first + n - 1)
        return None
