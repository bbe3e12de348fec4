"""May a model be served? Not when popularity foresees better, or when its scores are no numbers."""

from collections.abc import Mapping

import numpy as np

from shopkeeper import models
from shopkeeper.data.dataset import Dataset
from shopkeeper.estimator import Config, Progress, Scorer, ignore
from shopkeeper.evaluation import metrics
from shopkeeper.evaluation.run import BASELINE, Repeats, evaluate
from shopkeeper.evaluation.split import global_time
from shopkeeper.kit.errors import InvalidInput

_SAMPLE = 100


def check(
    scorer: Scorer[Config],
    data: Dataset,
    *,
    metric: str = "ndcg@10",
    repeats: Repeats = "exclude",
    seed: int = 0,
    on_progress: Progress = ignore,
) -> Mapping[str, float]:
    """Return what such a model and popularity reach when they learn from all but the newest fifth of the interactions.

    InvalidInput when it is below popularity by more than chance: its paired difference has a 95 % interval below zero.
    The scorer itself is left as it is.
    """
    report = evaluate(
        {scorer.name: models.create(scorer.name, scorer.config.model_dump())},
        global_time(data),
        k=(metrics.parse(metric)[1],),
        repeats=repeats,
        seed=seed,
        on_progress=on_progress,
    )
    found, floor = report.figure(scorer.name, metric), report.figure(BASELINE, metric)
    if found.verdict == "below":
        raise InvalidInput(
            f"{scorer.name} is worse than {BASELINE} on the newest fifth of the interactions ({metric} "
            f"{found.mean:.4f} against {floor.mean:.4f}), so it is not published, and what was served before still is. "
            f"Try other options or another model (shopkeeper evaluate), or publish it all the same: --no-check"
        )
    return {metric: found.mean, f"{metric} of {BASELINE}": floor.mean}


def check_numbers(scorer: Scorer[Config], data: Dataset) -> None:
    """Raise InvalidInput when a fitted model learned, or gives some of its people, what is no number."""
    rows = np.unique(np.linspace(0, max(0, data.n_users - 1), min(_SAMPLE, data.n_users)).astype(np.int64))
    arrays = (*scorer.state().values(), scorer.score(data.histories.take(rows)))
    if any(array.dtype.kind == "f" and np.isnan(array).any() for array in arrays):
        raise InvalidInput(
            f"{scorer.name} learned what is no number (NaN), so it is not published, and what was served "
            f"before still is. Try other options, such as a lower learning_rate or a higher reg."
        )
