"""Fit models and publish them: when somebody says so, and when it is time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from secrets import randbelow
from types import MappingProxyType

import numpy as np

from shopkeeper import models
from shopkeeper.data.counts import Noise, Privacy
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import INTERACTIONS, EventType
from shopkeeper.data.trust import Trust
from shopkeeper.estimator import Checkpoints, Config, Progress, Scorer, State
from shopkeeper.evaluation import gate
from shopkeeper.evaluation.run import Repeats
from shopkeeper.kit.clock import Clock, to_us
from shopkeeper.kit.due import Due
from shopkeeper.kit.errors import InvalidInput, NotFound
from shopkeeper.kit.noise import Below
from shopkeeper.ports import CatalogStore, EventStore, ModelStore, SavedModel
from shopkeeper.ports.exploration import ExplorationLog
from shopkeeper.ports.people import AllowedEvents

FALLBACK = "popularity"
"""Answers where another model has nothing to say."""
ALWAYS = (FALLBACK, "trending", "buy_again", "together")
"""Fitted with every model: what scenarios fall back on, what they ask of all products, and who stands behind edges."""
COUNTS = {FALLBACK: 1, "trending": 2}
"""How many counts of people by product each of the models publishes that consist of nothing else."""
KEPT = timedelta(days=90)
"""For so long it is known which places of lists explored."""


def training_data(
    events: EventStore | AllowedEvents,
    catalog: CatalogStore,
    types: Collection[EventType] = INTERACTIONS,
    *,
    until: datetime | None = None,
) -> Dataset:
    """Return what models learn from: what was imported and received of these types, as far as it is believed.

    What came at `until` or later is left out.
    """
    log = events.log()
    log = log.take(log.at < to_us(until)) if until else log
    data = Dataset.from_log(log, types=types, trust=Trust().of_events(log))
    if not data.n_users:
        raise InvalidInput("There is no behaviour to learn from; import some first: shopkeeper import FILE")
    return data.with_products(catalog.all())


@dataclass(frozen=True, slots=True)
class Publisher:
    """Fits models, and makes them the served versions of their names."""

    models: ModelStore
    checkpoints: Callable[[str], Checkpoints]
    clock: Clock
    metric: str = "ndcg@10"
    """Of the comparison with popularity."""
    repeats: Repeats = "exclude"
    seed: int = 0
    epsilon: float = 0.0
    """What the models of `COUNTS` may tell of a person in a day, together; 0: they count exactly."""
    below: Below = randbelow

    def publish(
        self,
        scorers: Sequence[Scorer[Config]],
        data: Dataset,
        *,
        check: bool = True,
        metrics: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
        progress_of: Callable[[str], Progress],
    ) -> None:
        """Fit and save models one after the other, each from where a killed fit of it was.

        InvalidInput for one that is worse than popularity, unless `metrics` says already what it reaches, or that
        learned what is no number; those before it are published. `progress_of` is told the name of each step.
        """
        fingerprint = data.fingerprint()
        fitted: list[SavedModel] = []
        for scorer in sorted(scorers, key=lambda one: one.name != FALLBACK):
            reached = metrics.get(scorer.name, {})
            if check and not reached and scorer.name not in ALWAYS:
                reached = self._checked(scorer, data, progress_of(f"Checking {scorer.name}"))
            fitted.append(self._fitted(scorer, data, fingerprint, reached, progress_of(f"Fitting {scorer.name}")))
            if scorer.name == FALLBACK and len(scorers) > 1:
                # Whoever loads another model loads this with it, and both must know the same products: it goes just
                # before the first of them, and stays as it is when none can be published.
                continue
            for model in fitted:
                self.models.save(model)
                self.checkpoints(model.scorer.name).clear()
            fitted.clear()

    def _checked(self, scorer: Scorer[Config], data: Dataset, on_progress: Progress) -> Mapping[str, float]:
        return gate.check(
            scorer, data, metric=self.metric, repeats=self.repeats, seed=self.seed, on_progress=on_progress
        )

    def _fitted(
        self,
        scorer: Scorer[Config],
        data: Dataset,
        fingerprint: str,
        metrics: Mapping[str, float],
        on_progress: Progress,
    ) -> SavedModel:
        privacy, now = None, self.clock()
        if self.epsilon and scorer.name in COUNTS:
            if before := self._drawn_today(scorer.name, now):
                return self._kept(before, data, fingerprint, now)
            share = Fraction(str(self.epsilon)) / sum(COUNTS.values())
            privacy = Privacy(epsilon=float(share * COUNTS[scorer.name]), drawn_at=now)
            data = replace(data, noise=Noise(share, self.below))
        scorer.resume(data, self.checkpoints(scorer.name), on_progress=on_progress)
        gate.check_numbers(scorer, data)
        now = self.clock()
        return SavedModel(
            scorer, data.users, data.items, _version(now, fingerprint), now, fingerprint, metrics, privacy
        )

    def _drawn_today(self, name: str, now: datetime) -> SavedModel | None:
        """Return a model whose noise was drawn today, or later where the clock went back."""
        for one in self.models.versions(name):
            if one.privacy and one.privacy.drawn_at.date() >= now.date():
                return self.models.load(name, one.version)
        return None

    def _kept(self, before: SavedModel, data: Dataset, fingerprint: str, now: datetime) -> SavedModel:
        """Return the counts as they were, for the people and products of today: counting anew would tell more.

        Of products that came since, nothing is said.
        """
        places = data.items.indices(list(before.items))
        state: State = {}
        for name, counts in before.scorer.state().items():
            nothing = -np.inf if np.issubdtype(counts.dtype, np.floating) else 0
            state[name] = np.full(data.n_items, nothing, counts.dtype)
            state[name][places[places >= 0]] = counts[places >= 0]
        scorer = type(before.scorer).from_state(before.scorer.config, state)
        version = _version(now, fingerprint)
        return SavedModel(scorer, data.users, data.items, version, now, fingerprint, before.metrics, before.privacy)


def _version(now: datetime, fingerprint: str) -> str:
    return f"{now:%Y%m%dT%H%M%S%f}-{fingerprint[:8]}"


@dataclass(slots=True)
class Refit:
    """Fit the served model again, with the options that it has, when it is old or much has happened since."""

    publisher: Publisher
    events: AllowedEvents
    catalog: CatalogStore
    model: str
    types: Collection[EventType]
    due: Due
    name: str = "refit"

    def run(self, on_progress: Progress) -> str:
        """Fit and publish if it is time and anything changed; return what was done."""
        newest = next(iter(self.publisher.models.versions(self.model)), None)
        if not self.due.is_due(self.publisher.clock(), self.events.count(), newest.fitted_at if newest else None):
            return ""
        data = training_data(self.events, self.catalog, self.types)
        if newest and newest.fingerprint == data.fingerprint():
            return ""
        scorers = [self._as_served(name) for name in dict.fromkeys([self.model, *ALWAYS])]
        self.publisher.publish(scorers, data, progress_of=lambda _: on_progress)
        return f"fitted {self.model} on {len(data.histories.at):,} interactions of {data.n_users:,} users"

    def _as_served(self, name: str) -> Scorer[Config]:
        try:
            return models.create(name, self.publisher.models.load(name).scorer.config.model_dump())
        except NotFound:
            return models.create(name)


@dataclass(slots=True)
class ForgetExplorations:
    """Remove notes of explored places that are older than what they are judged by."""

    log: ExplorationLog
    clock: Clock
    name: str = "explorations"

    def run(self, on_progress: Progress) -> str:
        """Remove them; return how many."""
        n = self.log.forget(self.clock() - KEPT)
        return f"forgot {n:,} places that explored" if n else ""
