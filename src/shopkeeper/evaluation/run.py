"""Fit models on the past of a split, ask them about what came after, and count."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from shopkeeper import models
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Exclude
from shopkeeper.estimator import Config, Progress, Scorer, ignore
from shopkeeper.evaluation import metrics
from shopkeeper.evaluation.intervals import bootstrap
from shopkeeper.evaluation.report import Figure, Report
from shopkeeper.evaluation.split import Split
from shopkeeper.kit.errors import InvalidInput

Repeats = Literal["exclude", "include"]
BASELINE = "popularity"


def evaluate(
    contenders: Sequence[str] | Mapping[str, Scorer[Config]],
    split: Split,
    *,
    k: Sequence[int] = (10,),
    repeats: Repeats = "exclude",
    seed: int = 0,
    on_progress: Progress = ignore,
) -> Report:
    """Return every metric of every model, by name or given as objects, with intervals and differences to popularity.

    repeats, exclude: products that a user already has are neither asked for nor listed, so only discoveries count.
    include: both are allowed; the share of repeats among the hits is in the report.
    Models are fitted here, on the training part alone. Popularity is added when it is missing.
    """
    scorers = dict(contenders) if isinstance(contenders, Mapping) else {n: models.create(n) for n in contenders}
    scorers = {BASELINE: scorers.get(BASELINE) or models.create(BASELINE), **scorers}
    queries, truth = asked(split, repeats)
    if not len(queries):
        raise InvalidInput("The split leaves nothing to predict; cut at another time, or import more.")
    results: dict[str, dict[str, NDArray[np.float64]]] = {}
    whole: dict[str, dict[str, float]] = {}
    matrix = split.train.matrix()
    wanted, seen = _sets(truth, split.train.n_items), _sets(queries, split.train.n_items)
    for place, (name, scorer) in enumerate(scorers.items()):
        fitting = _part(on_progress, place / len(scorers), 0.5 / len(scorers))
        scorer.fit(split.train, rng=np.random.default_rng(seed), on_progress=fitting)
        lists, hits = _ranked(scorer, queries, max(k), repeats, wanted)
        known = metrics.held(lists, seen)
        results[name], whole[name] = {}, {}
        for size in k:
            top = lists[:, :size]
            of_model = results[name]
            for metric, function in metrics.ACCURACY.items():
                of_model[f"{metric}@{size}"] = function(hits[:, :size], truth.lengths)
            of_model[f"novelty@{size}"] = metrics.novelty(top, matrix.people, split.train.n_users)
            of_model[f"distance@{size}"] = metrics.intra_list_distance(top, matrix.by_item)
            of_model[f"repeats@{size}"] = metrics.repeat_share(top, seen)
            of_model[f"repeat_hits@{size}"] = (hits & known)[:, :size].sum(axis=1) / truth.lengths
            whole[name][f"coverage@{size}"] = metrics.coverage(top, split.train.n_items)
            whole[name][f"gini@{size}"] = metrics.gini(top, split.train.n_items)
        on_progress((place + 1) / len(scorers))
    return Report(
        split=split.name,
        repeats=repeats,
        n_users=len(queries),
        n_cold=split.n_cold,
        n_new_items=split.n_new_items,
        seed=seed,
        options={name: scorer.config.model_dump_json(exclude_unset=True) for name, scorer in scorers.items()},
        figures=_figures(results, whole, seed),
        users=tuple(split.train.users[int(user)] for user in queries.user_idx),
        per_user=results,
    )


def accuracy(scorer: Scorer[Config], split: Split, metric: str, *, repeats: Repeats, seed: int = 0) -> float:
    """Return the mean of one metric such as `ndcg@10`, as `evaluate` would, and nothing else: for many trials."""
    name, k = metrics.parse(metric)
    queries, truth = asked(split, repeats)
    scorer.fit(split.train, rng=np.random.default_rng(seed))
    _, hits = _ranked(scorer, queries, k, repeats, _sets(truth, split.train.n_items))
    return float(metrics.ACCURACY[name](hits, truth.lengths).mean())


def _ranked(
    scorer: Scorer[Config], queries: HistoryBatch, k: int, repeats: Repeats, wanted: "sp.csr_matrix[np.float32]"
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return lists of k, and which places are hits, ties decided against the model.

    Among equal scores what was wanted comes last; where the tie goes on beyond the list, it did not make it.
    """
    best = scorer.top_n(queries, k + 1, Exclude(seen=repeats == "exclude"))
    hits = metrics.held(best.item_idx, wanted)
    falls = best.score[:, 1:] != best.score[:, :-1]
    level = np.pad(np.cumsum(falls, axis=1), ((0, 0), (1, 0)))
    order = np.argsort(2 * level + hits, axis=1, kind="stable")
    lists = np.take_along_axis(best.item_idx, order, axis=1)
    hits = np.take_along_axis(hits, order, axis=1)
    goes_on = (level == level[:, -1:]) & (lists[:, -1:] >= 0)
    return lists[:, :k], (hits & ~goes_on)[:, :k]


def _part(on_progress: Progress, start: float, width: float) -> Progress:
    return lambda share: on_progress(start + width * share)


def asked(split: Split, repeats: Repeats) -> tuple[HistoryBatch, HistoryBatch]:
    """Return the queries and truths that count."""
    if repeats == "include":
        return split.queries, split.truth
    n_items = split.train.n_items
    had = split.queries.row_of * n_items + split.queries.item_idx
    new = ~np.isin(split.truth.row_of * n_items + split.truth.item_idx, had)
    truth = split.truth.keep(new)
    rows = np.flatnonzero(truth.lengths)
    return split.queries.take(rows), truth.take(rows)


def _sets(histories: HistoryBatch, n_items: int) -> "sp.csr_matrix[np.float32]":
    ones = np.ones(len(histories.item_idx), np.float32)
    return sp.csr_matrix((ones, histories.item_idx, histories.indptr), shape=(len(histories), n_items))


def _figures(
    results: Mapping[str, Mapping[str, NDArray[np.float64]]], whole: Mapping[str, Mapping[str, float]], seed: int
) -> tuple[Figure, ...]:
    figures = []
    for name, of_model in results.items():
        values = np.stack(list(of_model.values()), axis=1)
        differences = values - np.stack(list(results[BASELINE].values()), axis=1)
        # The same seed for all: every model meets the same resampled users.
        intervals = bootstrap(np.hstack([values, differences]), np.random.default_rng(seed))
        for place, metric in enumerate(of_model):
            difference = None if name == BASELINE else intervals[len(of_model) + place]
            figures.append(Figure(name, metric, intervals[place], difference))
        figures += [Figure(name, metric, value, None) for metric, value in whole[name].items()]
    return tuple(figures)
