"""Choose options by a validation cut, with the same number of trials for every model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

from numpy.random import Generator

from shopkeeper import models
from shopkeeper.estimator import Progress, ignore
from shopkeeper.evaluation.run import Repeats, accuracy
from shopkeeper.evaluation.split import Split
from shopkeeper.kit.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Trial:
    """One choice of options and what it reached on the validation cut."""

    options: Mapping[str, object]
    value: float


def tune(
    name: str,
    space: Mapping[str, Sequence[object]],
    split: Split,
    *,
    rng: Generator,
    n_trials: int = 20,
    fixed: Mapping[str, object] = MappingProxyType({}),
    metric: str = "ndcg@10",
    repeats: Repeats = "exclude",
    on_progress: Progress = ignore,
) -> list[Trial]:
    """Return the trials, best first: the defaults, then `n_trials` random points of the space, each tried once.

    `space` names the values of each option; `fixed` options are part of every trial. A split that is no validation cut
    is refused: what is chosen on the test part is measured on what it was chosen by.
    """
    if not split.is_validation:
        raise InvalidInput("Options are chosen on a validation cut; make the split with validation=True.")
    drawn = points(space, rng)[:n_trials]
    trials = []
    for place, point in enumerate([{}, *drawn]):
        options = {**fixed, **point}
        value = accuracy(models.create(name, options), split, metric, repeats=repeats)
        trials.append(Trial(options, value))
        on_progress((place + 1) / (len(drawn) + 1))
    return sorted(trials, key=lambda trial: -trial.value)


def points(space: Mapping[str, Sequence[object]], rng: Generator) -> list[dict[str, object]]:
    """Return all combinations of the values in random order; none of an empty space."""
    every = [dict(zip(space, values, strict=True)) for values in product(*space.values())] if space else []
    return [every[int(place)] for place in rng.permutation(len(every))]
