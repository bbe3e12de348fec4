"""Find how much each model of a blend should say, from what people took on a validation cut."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.optimize import minimize

from shopkeeper import models
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Exclude
from shopkeeper.estimator import ROWS_AT_ONCE, Config, Progress, Scorer, ignore, listable
from shopkeeper.evaluation.run import Repeats, asked
from shopkeeper.evaluation.split import Split
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.models.blend import BlendConfig, Member, proposed

_DEPTH = 100
"""Products of each model that are learned from, and proposed later: what lies below is nearly never taken."""
_PEOPLE = 4000
"""People that are learned from: two weights for each model need no more."""
_REG = 1e-4
"""Keeps the weights of two models that always agree from running off in opposite directions."""


def blend_of(
    members: Mapping[str, Mapping[str, object]],
    split: Split,
    *,
    rng: Generator,
    repeats: Repeats = "exclude",
    on_progress: Progress = ignore,
) -> BlendConfig:
    """Return the blend of models (name -> options) whose weights explain best what people of a validation cut took.

    Conditional logit: a person takes product i of those proposed with probability exp(s_i) / sum_j exp(s_j), s the
    blend's score; the weights maximise the mean log-likelihood and none is negative. Whoever takes nothing that was
    proposed teaches nothing.
    """
    if not split.is_validation:
        raise InvalidInput("Weights are learned on a validation cut; make the split with validation=True.")
    queries, truth = asked(split, repeats)
    rows = np.sort(rng.permutation(len(queries))[:_PEOPLE])
    queries, truth = queries.take(rows), truth.take(rows)
    found = []
    for place, (name, options) in enumerate(members.items()):
        scorer = models.create(name, options).fit(split.train, rng=rng)
        found.append(_proposals(scorer, queries, repeats))
        on_progress((place + 1) / len(members))
    choices = _choices(found, truth, split.train.n_items)
    weights = _fitted(choices) if len(choices.row) else np.ones(2 * len(members))
    if not weights.any():
        weights[:] = 1
    weights = np.round(weights, 4).reshape(-1, 2)
    return BlendConfig(
        depth=_DEPTH,
        members={
            name: Member.model_validate({"options": options, "rank": by_rank, "score": by_score})
            for (name, options), (by_rank, by_score) in zip(members.items(), weights.tolist(), strict=True)
            if by_rank or by_score
        },
    )


class _Proposals(NamedTuple):
    """What one model proposes to all, flat."""

    cell: NDArray[np.int64]
    """row * n_items + item_idx, each once."""
    values: NDArray[np.float32]
    """(n, 2): by rank, by score."""


class _Choices(NamedTuple):
    """Everything that was proposed to people who took some of it, in order of rows."""

    row: NDArray[np.int64]
    """(n,), 0, 1, ... without gaps."""
    values: NDArray[np.float32]
    """(n, 2 * members)."""
    taken: NDArray[np.float32]
    """(n,), of each row summing to 1."""


def _proposals(scorer: Scorer[Config], queries: HistoryBatch, repeats: Repeats) -> _Proposals:
    cells, values = [], []
    for first, part in zip(count(0, ROWS_AT_ONCE), queries.parts(ROWS_AT_ONCE), strict=False):
        scores = listable(scorer.score(part), part, Exclude(seen=repeats == "exclude"))
        best = proposed(scores, _DEPTH)
        row, place = np.nonzero(best.idx >= 0)
        cells.append((first + row) * scores.shape[1] + best.idx[row, place])
        values.append(np.stack([best.by_rank[place], best.by_score[row, place]], axis=1))
    return _Proposals(np.concatenate(cells), np.concatenate(values))


def _choices(found: Sequence[_Proposals], truth: HistoryBatch, n_items: int) -> _Choices:
    cells = np.unique(np.concatenate([one.cell for one in found]))
    values = np.zeros((len(cells), 2 * len(found)), np.float32)
    for place, one in enumerate(found):
        values[np.searchsorted(cells, one.cell), 2 * place : 2 * place + 2] = one.values
    taken = np.isin(cells, truth.row_of * n_items + truth.item_idx)
    row = cells // n_items
    n_taken = np.bincount(row, taken, len(truth))[row]
    keep = n_taken > 0
    _, numbered = np.unique(row[keep], return_inverse=True)
    return _Choices(numbered, values[keep], (taken[keep] / n_taken[keep]).astype(np.float32))


def _fitted(choices: _Choices) -> NDArray[np.float64]:
    starts = np.flatnonzero(np.diff(choices.row, prepend=-1))
    n = len(starts)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        utility = choices.values @ weights
        utility -= np.maximum.reduceat(utility, starts)[choices.row]
        odds = np.exp(utility)
        total = np.add.reduceat(odds, starts)
        missed = choices.taken @ (np.log(total)[choices.row] - utility) / n + _REG / 2 * weights @ weights
        gradient = choices.values.T @ (odds / total[choices.row] - choices.taken) / n + _REG * weights
        return float(missed), gradient

    n_weights = choices.values.shape[1]
    found = minimize(loss, np.ones(n_weights), jac=True, method="L-BFGS-B", bounds=[(0, None)] * n_weights)
    return np.asarray(found.x, np.float64)
