"""Runs of words that may be the value of an attribute, and what tells whether one is."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from math import log

from shopkeeper.tagging.rule import Place, ProductText, Said
from shopkeeper.tagging.words import Text, words_of

LONGEST = 5
"""Words of a value."""
EDGE = "^"
"""What stands before the first word, and after the last."""
N_FEATURES = 20
_CUE_FROM = 0.1
"""Which share of the places after a word must hold the value, for the word to be a cue."""
_STARTS_FROM = 0.2
"""In which share of the texts the title must begin with the value, for any beginning to be looked at."""
_MORE = ("&", ".", "+", "'", "-")
"""Joins the words of a name without a space: R&M, Co.uk."""


def key_of(value: str) -> str:
    """Return the words of a value, a space between."""
    return " ".join(words_of(value))


@dataclass(slots=True)
class Span:
    """A value that stands in a text once or more often."""

    surface: str
    """As it is written where it stands first."""
    left: set[str] = field(default_factory=set)
    """Words before it."""
    right: set[str] = field(default_factory=set)
    """Words after it."""
    n: int = 0
    in_title: bool = False
    at_start: bool = False
    """Whether the title begins with it."""

    def add(self, part: Text, first: int, last: int, *, is_title: bool) -> None:
        """Note a place where it stands."""
        self.left.add(_before(part, first))
        ends = last + 1 == len(part.words) or not part.words[last + 1].follows
        self.right.add(EDGE if ends else part.words[last + 1].text)
        self.n += 1
        self.in_title |= is_title
        self.at_start |= is_title and not first


@dataclass(slots=True)
class Habits:
    """Where values of an attribute stood, in texts whose value is known, and where they might have."""

    texts: Counter[str] = field(default_factory=Counter)
    """How many there are (`all`), hold their value (`told`), and begin with it (`start`)."""
    values: Counter[str] = field(default_factory=Counter)
    """How often each was right."""
    stood: Counter[str] = field(default_factory=Counter)
    """In how many texts each stood, right or not."""
    left: Counter[str] = field(default_factory=Counter)
    """In how many texts the value stood after a word."""
    right: Counter[str] = field(default_factory=Counter)
    """In how many it stood before one."""
    words: Counter[str] = field(default_factory=Counter)
    """In how many texts each word stands."""

    def add(self, other: "Habits") -> None:
        """Count what another has seen."""
        for name, counter in other.counters().items():
            getattr(self, name).update(counter)

    def leave_out(self, other: "Habits") -> None:
        """Forget what another has seen."""
        for name, counter in other.counters().items():
            getattr(self, name).subtract(counter)

    def counters(self) -> dict[str, Counter[str]]:
        """Return all that is counted."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def is_cue(self, word: str) -> bool:
        """Tell whether what stands after a word is often the value."""
        return word != EDGE and self.left[word] > 1 and self.left[word] >= _CUE_FROM * self.words[word]

    @property
    def starts_titles(self) -> bool:
        """Whether titles often begin with the value."""
        return self.texts["start"] >= _STARTS_FROM * max(self.texts["told"], 1)


def told(text: ProductText, key: str) -> Habits:
    """Return what one text tells, whose value is known."""
    span, n = Span(""), len(key.split())
    for part in text.parts if key else ():
        words = [word.text for word in part.words]
        for first in range(len(words) - n + 1):
            if " ".join(words[first : first + n]) == key:
                span.add(part, first, first + n - 1, is_title=part is text.title)
    seen = Habits(Counter(all=1, told=int(span.n > 0), start=int(span.at_start)), Counter([key] if key else []))
    seen.left, seen.right = Counter(span.left), Counter(span.right)
    seen.words = Counter({word.text for part in text.parts for word in part.words})
    return seen


def spans(text: ProductText, habits: Habits, spelled: Collection[str]) -> dict[str, Span]:
    """Return by its words what may be the value: what is known, what stands after a cue, and how the title begins."""
    found: dict[str, Span] = {}
    for part in text.parts:
        words, is_title = [word.text for word in part.words], part is text.title
        for first in range(len(words)):
            is_free = (is_title and not first and habits.starts_titles) or habits.is_cue(_before(part, first))
            for last in range(first, min(first + LONGEST, len(words))):
                key = " ".join(words[first : last + 1])
                if habits.values[key] > 0 or key in spelled or (is_free and _is_joined(part, first, last)):
                    span = found.setdefault(key, Span(part.between(first, last)))
                    span.add(part, first, last, is_title=is_title)
    return found


def features(key: str, span: Span, habits: Habits, said: Said | None, *, agrees: bool) -> list[float]:
    """Return what tells whether a span is the value; the habits must not know of the text that it stands in."""
    right, stood = habits.values[key], habits.stood[key]
    left = max(_odds(habits.left[word], habits.words[word]) for word in span.left)
    after = max(_odds(habits.right[word], habits.words[word]) for word in span.right)
    words = key.split()
    rare_last = log((1 + habits.words[words[-1]]) / (1 + habits.texts["all"]))
    rare_next = max((log((1 + habits.words[w]) / (1 + habits.texts["all"])) for w in span.right - {EDGE}), default=0.0)
    return [
        _odds(right, stood),
        float(right > 0),
        log(1 + max(stood, 0)),
        left,
        float(any(habits.is_cue(word) for word in span.left)),
        after,
        left * after,
        log(span.n),
        float(span.in_title),
        float(span.at_start),
        float(span.at_start) * after,
        float(span.at_start) * rare_last,
        float(span.at_start) * rare_next,
        float(len(words) == 1),
        float(len(words)),
        float(span.surface[:1].isupper()),
        *(float(agrees and said is not None and said.place is place) for place in Place),
        float(said is not None and not agrees),
    ]


def _before(part: Text, first: int) -> str:
    return part.words[first - 1].text if first and part.words[first].follows else EDGE


def _is_joined(part: Text, first: int, last: int) -> bool:
    """Tell whether nothing parts the words."""
    pairs = zip(part.words[first:last], part.words[first + 1 : last + 1], strict=True)
    return all(after.follows or part.text[before.end : after.start] in _MORE for before, after in pairs)


def _odds(n: int, of: int) -> float:
    return log((n + 0.1) / (max(of - n, 0) + 1.0))


def habits_of(counters: Mapping[str, Mapping[str, int]]) -> Habits:
    """Rebuild habits from what they counted."""
    return Habits(**{name: Counter(counter) for name, counter in counters.items()})
