"""Find the best model of a shop within a budget: tune each, blend the best, measure all on people set aside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.random import Generator

from shopkeeper import models
from shopkeeper.estimator import Progress, ignore
from shopkeeper.evaluation import metrics
from shopkeeper.evaluation.blending import blend_of
from shopkeeper.evaluation.report import Report
from shopkeeper.evaluation.run import Repeats, accuracy, evaluate
from shopkeeper.evaluation.split import Split
from shopkeeper.evaluation.tune import points
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.models.blend import BlendConfig, Member

MEMBERS = 5
"""Models in a blend at most: each costs its time with every request."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What was found, and how sure it is."""

    best: BlendConfig
    """The winner; a blend of one where one model is best."""
    winner: str
    """Its name in the report."""
    report: Report
    """Each model with its best options, and the blend, on the people set aside."""
    trials: Mapping[str, int]
    """How many choices of options each model was given time for."""


def choose(
    names: Sequence[str],
    split: Split,
    *,
    budget: timedelta,
    clock: Clock,
    rng: Generator,
    metric: str = "ndcg@10",
    repeats: Repeats = "exclude",
    on_progress: Progress = ignore,
) -> Choice:
    """Return the best of these models and of their blend, by a metric on a validation cut.

    The people of the cut are divided at random. On one half each model is tried with its defaults, and then, until
    `budget` is spent by `clock`, with random points of its `space`, whichever model has had least time next;
    the weights of the blend are learned there too. The other half decides, so that many trials win nothing by luck.
    """
    if not split.is_validation:
        raise InvalidInput("A model is chosen on a validation cut; make the split with validation=True.")
    tuning, deciding = _halves(split, rng)
    found = _tuned(names, tuning, budget, clock, rng, metric, repeats, lambda share: on_progress(share * 0.7))
    ranked = sorted(found, key=lambda name: -found[name].value)
    options = {name: found[name].options for name in ranked}
    blend = blend_of({name: options[name] for name in ranked[:MEMBERS]}, tuning, rng=rng, repeats=repeats)
    on_progress(0.8)
    contenders = {name: models.create(name, options[name]) for name in ranked}
    contenders |= {"blend": models.create("blend", blend.model_dump())}
    report = evaluate(
        contenders,
        deciding,
        k=(metrics.parse(metric)[1],),
        repeats=repeats,
        on_progress=lambda share: on_progress(0.8 + 0.2 * share),
    )
    winner = max(contenders, key=lambda name: report.figure(name, metric).mean)
    best = blend if winner == "blend" else _alone(winner, options[winner])
    return Choice(best, winner, report, {name: found[name].n_trials for name in ranked})


@dataclass(slots=True)
class _Found:
    """The best of one model so far."""

    options: Mapping[str, object]
    value: float
    left: list[dict[str, object]]
    n_trials: int = 1
    took: timedelta = timedelta()


def _tuned(
    names: Sequence[str],
    split: Split,
    budget: timedelta,
    clock: Clock,
    rng: Generator,
    metric: str,
    repeats: Repeats,
    on_progress: Progress,
) -> dict[str, _Found]:
    start = clock()
    found: dict[str, _Found] = {}
    waiting: list[str] = [*names]
    # The first is always tried, however short the budget.
    while waiting and (not found or clock() - start < budget):
        name = min(waiting, key=lambda one: found[one].took if one in found else timedelta())
        before = clock()
        options = found[name].left.pop() if name in found else {}
        value = accuracy(models.create(name, options), split, metric, repeats=repeats)
        one = found.setdefault(name, _Found(options, value, points(models.find(name).space, rng), n_trials=0))
        one.n_trials, one.took = one.n_trials + 1, one.took + (clock() - before)
        if value > one.value:
            one.options, one.value = options, value
        if not one.left:
            waiting.remove(name)
        on_progress(min(1.0, (clock() - start) / budget))
    return found


def _halves(split: Split, rng: Generator) -> tuple[Split, Split]:
    """Divide the people who are asked about."""
    order = rng.permutation(len(split.queries))
    rows = (np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :]))
    tuning, deciding = (replace(split, queries=split.queries.take(r), truth=split.truth.take(r)) for r in rows)
    return tuning, deciding


def _alone(name: str, options: Mapping[str, object]) -> BlendConfig:
    return BlendConfig(members={name: Member.model_validate({"options": options})})
