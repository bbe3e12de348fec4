"""About what trees learn: people, sessions, or products shown to people; a case is one of them at one moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import State
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.legible import legible
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.forecast import Asked, Metrics
from shopkeeper.prediction.trees import Trees

Known = tuple[NDArray[np.float32], NDArray[np.bool_]]
"""Features of cases, and whether the label came to each."""
_REASONS = 3
_MOST = 200_000
"""Cases of one kind that are learned from."""
NEWEST = 0.2
"""The share of the time, counted by cases, on which is calibrated."""


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of one kind of entity."""

    names: Sequence[str]
    """Of the features."""
    learn: Callable[[Prediction, Behaviour, EventLog, int], tuple[Known, Known]]
    """Return what had come to cases by a moment: those to learn from, and the newest, to calibrate on; or TooLittle."""
    ask: Callable[[Prediction, Behaviour, EventLog, Asked], tuple[NDArray[np.float32], NDArray[np.bool_], str]]
    """Return the features of those about whom something was learned, who they are, and what the others are told."""


def reasons(trees: Trees, names: Sequence[str], x: NDArray[np.float32]) -> list[tuple[str, ...]]:
    """Return, for each case, what added or took most."""
    told = []
    for values, weights in zip(x.tolist(), trees.contributions(x), strict=True):
        strongest = np.argsort(-np.abs(weights), kind="stable")[:_REASONS]
        told.append(tuple(f"{names[k]}: {legible(values[k])} ({'+' if weights[k] > 0 else '-'})" for k in strongest))
    return told


def trees_of(learned: Known, newest: Known) -> tuple[Trees, Metrics]:
    """Grow trees, and say how well they tell what they had not learned."""
    trees = Trees.fit(learned, newest)
    if (quality := trees.measured) is None:
        return trees, {}
    return trees, {"AUC": quality.auc, "AP": quality.average_precision, "Brier": quality.brier, "ECE": quality.ece}


def check_features(state: State, names: Sequence[str]) -> None:
    """Raise InvalidInput where a state is not of these features."""
    if list(Vocabulary.from_state("features", state)) != list(names):
        raise InvalidInput("it was learned from other features")


def drawn(rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the places of rows, of very many a part that is drawn by chance, the same each time."""
    places = np.flatnonzero(rows)
    if len(places) > _MOST:
        places = np.sort(np.random.default_rng(0).choice(places, _MOST, replace=False))
    return places
