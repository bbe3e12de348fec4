"""Guess from answers whether somebody, or something they took, was in what a model learned from.

The attacker knows what a person took, asks as a visitor nobody knows with a part of it, and looks at lists and reasons
as pages get them: no scores. What that looks like for who was in the training data and who was not, the attacker learns
from a shadow model, fitted on other people of the same shop (Shokri et al. 2017; for recommenders Zhang et al. 2021).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Exclude, Reason, ReasonKind
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import Config, Scorer
from shopkeeper.ranking.explain import told

Items = NDArray[np.int64]
Floats = NDArray[np.float64]
Fit = Callable[[Dataset], Scorer[Config]]


@dataclass(frozen=True, slots=True)
class Guesses:
    """What an attacker thought, and what was true."""

    score: Floats
    is_member: NDArray[np.bool_]
    person: Items
    """About whom each guess is."""

    def auc(self) -> float:
        """Return the chance that a member is thought one rather than somebody who is none; .5 is guessing."""
        return _auc(self.score, self.is_member)

    def half_interval(self, rng: Generator, times: int = 200) -> float:
        """Return half the 95 % interval, people drawn again."""
        rows_of = [np.flatnonzero(self.person == person) for person in np.unique(self.person)]
        drawn = []
        for _ in range(times):
            rows = np.concatenate([rows_of[p] for p in rng.integers(len(rows_of), size=len(rows_of))])
            if 0 < self.is_member[rows].sum() < len(rows):
                drawn.append(_auc(self.score[rows], self.is_member[rows]))
        return float(np.ptp(np.quantile(drawn, (0.025, 0.975))) / 2)


def dataset_of(rows: Sequence[Items], n_items: int) -> Dataset:
    """Return people who took these products, in this order."""
    users, items = Vocabulary(map(str, range(len(rows)))), Vocabulary(map(str, range(n_items)))
    return Dataset(users, items, HistoryBatch.of([row.tolist() for row in rows], user_idx=range(len(rows))))


def of_people(fit: Fit, people: Sequence[Items], n_items: int, n: int, rng: Generator) -> Guesses:
    """Guess who was in the training data: half of the people are the shadow's, and half of each half are members.

    The attacker asks with half of what a person took, and looks how much of the other half comes back.
    """
    shadow, target = np.array_split(rng.permutation(len(people)), 2)
    learned = [_looked(fit, [people[p] for p in some], n_items, n, rng) for some in (shadow, target)]
    (x, was, _), (asked, is_member, person) = learned
    return Guesses(_learned(x, was).predict_proba(asked)[:, 1], is_member, person)


def of_interactions(fit: Fit, people: Sequence[Items], n_items: int, n: int, rng: Generator) -> Guesses:
    """Guess what was in the training data: half of what each person took is, and the attacker knows that half but one.

    Of the other person's things, the attacker asks of some in the training data, and some that are not.
    """
    shadow, target = np.array_split(rng.permutation(len(people)), 2)
    learned = [_taken(fit, [people[p] for p in some], n_items, n, rng) for some in (shadow, target)]
    (x, was, _), (asked, is_member, person) = learned
    return Guesses(_learned(x, was).predict_proba(asked)[:, 1], is_member, person)


def by_scores(fit: Fit, people: Sequence[Items], n_items: int, rng: Generator) -> Guesses:
    """Guess what was in the training data by the plain scores of the fitted rows, which a page never sees."""
    kept, left = _halves(people, rng)
    model = fit(dataset_of(kept, n_items))
    scores = model.score(HistoryBatch.of([row.tolist() for row in kept], user_idx=range(len(kept))))
    rank = scores.argsort(axis=1, kind="stable").argsort(axis=1) / n_items
    score = [rank[p][row] for rows in (kept, left) for p, row in enumerate(rows)]
    is_member = np.repeat([True, False], [sum(map(len, kept)), sum(map(len, left))])
    person = np.concatenate([np.full(len(row), p) for rows in (kept, left) for p, row in enumerate(rows)])
    return Guesses(np.concatenate(score), is_member, person)


def _looked(
    fit: Fit, people: Sequence[Items], n_items: int, n: int, rng: Generator
) -> tuple[Floats, NDArray[np.bool_], Items]:
    is_member = rng.permutation(len(people)) < len(people) // 2
    model = fit(dataset_of([row for row, one in zip(people, is_member, strict=True) if one], n_items))
    known, hidden = _halves(people, rng)
    lists, reasons = _answers(model, known, n)
    popularity = np.bincount(np.concatenate(people), minlength=n_items)
    rows = [
        [
            *_places(shown, its),
            np.log1p(popularity[shown[shown >= 0]]).mean() if (shown >= 0).any() else 0.0,
            np.log1p(len(has)),
            *_said(of_list),
        ]
        for shown, its, has, of_list in zip(lists, hidden, known, reasons, strict=True)
    ]
    return np.array(rows), is_member, np.arange(len(people))


def _taken(
    fit: Fit, people: Sequence[Items], n_items: int, n: int, rng: Generator, each: int = 4
) -> tuple[Floats, NDArray[np.bool_], Items]:
    kept, left = _halves(people, rng)
    model = fit(dataset_of(kept, n_items))
    popularity = np.bincount(np.concatenate(people), minlength=n_items)
    asked, about, is_member, person = list[Items](), list[int](), list[bool](), list[int]()
    for p, (own, other) in enumerate(zip(kept, left, strict=True)):
        for item in rng.permutation(own)[:each]:
            asked.append(own[own != item])
            about.append(int(item))
            is_member.append(True)
            person.append(p)
        for item in rng.permutation(other)[:each]:
            asked.append(np.delete(own, rng.integers(len(own))))
            about.append(int(item))
            is_member.append(False)
            person.append(p)
    lists, reasons = _answers(model, asked, n)
    rows = [
        [
            *_places(shown, np.array([item])),
            np.log1p(popularity[item]),
            np.log1p(len(has)),
            *_said([reason for reason, one in zip(of_list, shown, strict=True) if one == item]),
        ]
        for shown, item, has, of_list in zip(lists, about, asked, reasons, strict=True)
    ]
    return np.array(rows), np.array(is_member), np.array(person)


def _answers(model: Scorer[Config], known: Sequence[Items], n: int) -> tuple[Items, list[list[Reason]]]:
    """Return the lists of visitors whom nobody knows, (B, n), and the reasons as they are told."""
    histories = HistoryBatch.of([row.tolist() for row in known])
    lists = model.top_n(histories, n, Exclude()).item_idx
    reasons = model.explain(histories, np.maximum(lists, 0))
    return lists.astype(np.int64), [[told(reason) for reason in row] for row in reasons]


def _places(shown: Items, wanted: Items) -> list[float]:
    """Return how many of some products are in a list, in its first three, and how far in front."""
    places = np.flatnonzero(np.isin(shown, wanted))
    return [len(places), int(np.count_nonzero(places < 3)), float((1 / np.log2(2 + places)).sum()), len(wanted)]


def _said(reasons: Sequence[Reason]) -> list[float]:
    """Return what the reasons say of how many people, and how much they share."""
    people, shared = ([getattr(reason, name) for reason in reasons] or [0] for name in ("people", "shared"))
    kinds = [sum(reason.kind is kind for reason in reasons) for kind in (ReasonKind.NEIGHBOURS, ReasonKind.HISTORY)]
    return [float(np.mean(people)), float(np.max(people)), float(np.mean(shared)), float(np.max(shared)), *kinds]


def _halves(people: Sequence[Items], rng: Generator) -> tuple[list[Items], list[Items]]:
    mixed = [rng.permutation(row) for row in people]
    return [row[: len(row) // 2] for row in mixed], [row[len(row) // 2 :] for row in mixed]


def _learned(x: Floats, was: NDArray[np.bool_]) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=6, learning_rate=0.05, min_samples_leaf=20, random_state=0
    ).fit(x, was)


def _auc(score: Floats, is_member: NDArray[np.bool_]) -> float:
    values, which = np.unique(score, return_inverse=True)
    counts = np.bincount(which, minlength=len(values))
    rank = (np.cumsum(counts) - (counts - 1) / 2)[which]
    n = int(is_member.sum())
    return float((rank[is_member].sum() - n * (n + 1) / 2) / (n * (len(score) - n)))
