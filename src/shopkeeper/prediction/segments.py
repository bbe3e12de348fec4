"""Segments: people for whom an expression over predictions and plain facts holds."""

from collections.abc import Callable, Hashable, Mapping
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.columns import Kind, Mask, Numbers, Texts
from shopkeeper.data.eventlog import EventLog
from shopkeeper.estimator import Config
from shopkeeper.kit.errors import InvalidInput, UnknownName
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.features import NAMES, Moments, features
from shopkeeper.prediction.outlook import Score
from shopkeeper.ranking.expression import held
from shopkeeper.ranking.grammar import Names, Node, parse

FACTS: Mapping[str, str] = {
    "purchases": "purchases",
    "spent": "spent",
    "days_since_purchase": "days since the newest purchase",
    "days_since_event": "days since the newest event",
    "days_since_first": "days since the first event",
    "active_days": "active days",
    "sessions": "sessions",
    "categories": "categories",
}
"""What can be asked of a person besides predictions, and the feature that it is; money is in minor units."""
_NAMING = ("next_category", "next_event")
"""Models whose value is the name that they say."""


class Segment(Config):
    """Some of the shoppers."""

    about: Annotated[str, Field(min_length=1)]
    """Who they are, in a sentence."""
    where: Annotated[str, Field(min_length=1)]
    """An expression of predictions, facts and other segments, by their names."""


class People:
    """What is known of some people at a moment, as columns."""

    def __init__(self, log: EventLog, users: NDArray[np.int32], categories: NDArray[np.int32], as_of: int) -> None:
        """Take people who all did something by then, of whom the log tells."""
        made = features(log, Moments(users, np.full(len(users), as_of)), categories)
        self._numbers = {name: made[:, NAMES.index(of)].astype(np.float64) for name, of in FACTS.items()}
        self._flags: dict[str, Mask] = {}
        self._texts: dict[str, Texts] = {}
        self._n = len(users)

    def __len__(self) -> int:
        return self._n

    def tell(self, name: str, prediction: Prediction, scores: list[Score]) -> None:
        """Add what a prediction says of each."""
        if prediction.model in _NAMING:
            said = [(row, score.text) for row, score in enumerate(scores) if score.value is not None]
            codes = {text: code for code, text in enumerate(dict.fromkeys(text for _, text in said))}
            code, row = np.array([codes[text] for _, text in said], np.int32), np.array([r for r, _ in said], np.int32)
            self._texts[name] = Texts(tuple(codes), code, row)
        else:
            self._numbers[name] = np.array([np.nan if s.value is None else s.value for s in scores], np.float64)

    def mark(self, name: str, of_them: Mask) -> None:
        """Add who is in a segment."""
        self._flags[name] = of_them

    def numbers(self, name: str) -> Numbers:
        """Return a column of numbers, shape (n,); NaN: nothing is said."""
        return self._numbers[name]

    def flags(self, name: str) -> Mask:
        """Return a column of yes or no, shape (n,)."""
        return self._flags[name]

    def texts(self, name: str) -> Texts:
        """Return a column of texts."""
        return self._texts[name]

    def remember(self, _key: Hashable, make: Callable[[], Numbers | Mask]) -> Numbers | Mask:
        """Make it: each is asked once."""
        return make()


class Segments:
    """The segments of a shop, which may refer to each other."""

    def __init__(self, segments: Mapping[str, Segment], predictions: Mapping[str, Prediction]) -> None:
        """Take all of both; each segment is checked when it is asked for."""
        self._segments, self._predictions = segments, predictions
        kinds = dict.fromkeys(segments, Kind.FLAG) | dict.fromkeys(FACTS, Kind.NUMBER)
        kinds |= {n: Kind.TEXT if one.model in _NAMING else Kind.NUMBER for n, one in predictions.items()}
        self._names: Names = tuple(sorted(kinds.items()))

    def needed(self, name: str) -> set[str]:
        """Return the predictions that a segment is made of, also through others.

        UnknownName where there is no such segment; InvalidInput where it cannot be read, or refers to itself.
        """
        return {one for tree in self._trees(name, ()).values() for one in _asked(tree)} & self._predictions.keys()

    def of(self, name: str, people: People) -> Mask:
        """Return which people are in a segment; they were told of all predictions that it needs."""
        trees = self._trees(name, ())
        for one, tree in trees.items():
            people.mark(one, held(tree, people))
        return people.flags(name)

    def _trees(self, name: str, path: tuple[str, ...]) -> dict[str, Node]:
        """Return the expressions of a segment and of those that it refers to, these first."""
        if name not in self._segments:
            raise UnknownName("segment", name, self._segments)
        if name in path:
            raise InvalidInput(f"The segment {name} refers to itself: {' -> '.join((*path, name))}.")
        if name in self._predictions or name in FACTS:
            raise InvalidInput(f"The segment {name} is called as something that segments are made of: rename it.")
        try:
            tree = parse(self._segments[name].where, Kind.FLAG, self._names)
        except InvalidInput as error:
            raise InvalidInput(f"The segment {name} cannot be used: {error}") from error
        trees: dict[str, Node] = {}
        for other in sorted(_asked(tree) & self._segments.keys()):
            trees |= self._trees(other, (*path, name))
        return trees | {name: tree}


def _asked(tree: Node) -> set[str]:
    own = {str(tree.value)} if tree.op == "field" else set()
    return own.union(*(_asked(arg) for arg in tree.args))
