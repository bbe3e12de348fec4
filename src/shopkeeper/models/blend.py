"""Several models as one: each proposes its best products, learned weights decide between them."""

from typing import Annotated, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field, JsonValue

from shopkeeper import models
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Exclude, ItemBatch, Reason, chosen
from shopkeeper.estimator import Checkpoints, Config, NoCheckpoints, Progress, Scorer, State, ignore, listable, verified
from shopkeeper.kit.topk import top_k

Weight = Annotated[float, Field(ge=0.0)]


class Member(Config):
    """One model of a blend."""

    options: dict[str, JsonValue] = Field(default={})
    """Its hyper-parameters."""
    rank: Weight = 1.0
    """What its order is worth."""
    score: Weight = 0.0
    """What the distances between its scores are worth."""


class BlendConfig(Config):
    """Hyper-parameters of `Blend`."""

    members: dict[str, Member] = Field(default={"item_knn": Member(), "popularity": Member(rank=0.1)})
    """The models, by name, with their options and weights; `fit --model auto` finds them on a validation cut."""
    depth: Annotated[int, Field(ge=1)] = 500
    """How many products each model proposes."""


class Blend(Scorer[BlendConfig]):
    """Score a product by the weighted places and scores that the members give it.

    score(u, i) = sum over members m of rank_m (1 - ln(1 + place) / ln(1 + depth)) + score_m (s - low) / (high - low),
    place 0, 1, ... of i among the `depth` best of m, s its score there, high and low the best and worst of these.
    A member that does not propose i adds nothing; nobody proposes it: -inf.

    Both terms lie in [0, 1] whatever the scores mean; for a list, places count only what may be in it. The weights
    are learned by `evaluation.blending`, as those of a conditional logit (McFadden 1974) of what people took among what
    was proposed to them.
    """

    name = "blend"
    Config = BlendConfig
    scores_alone = False
    unasked = False
    knows_people = True
    cost = "that of its members together"

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Fit all members."""
        return self.resume(data, NoCheckpoints(), rng=rng, on_progress=on_progress)

    def resume(
        self,
        data: Dataset,
        checkpoints: Checkpoints,
        *,
        rng: Generator | None = None,
        on_progress: Progress = ignore,
    ) -> Self:
        """Fit all members, a long one from where it was killed."""
        self.members_: dict[str, Scorer[Config]] = {}
        for place, (name, member) in enumerate(self.config.members.items()):
            scorer = models.create(name, member.options)
            self.members_[name] = scorer.resume(data, checkpoints, rng=rng)
            on_progress((place + 1) / len(self.config.members))
        on_progress(1.0)
        return self

    def state(self) -> State:
        """Return the members' states, each key behind the member's name."""
        self.check_fitted("members_")
        return {f"{name}/{key}": array for name, one in self.members_.items() for key, array in one.state().items()}

    @classmethod
    def from_state(cls, config: BlendConfig, state: State) -> Self:
        """Rebuild every member from its part of the state."""
        model = cls(config)
        model.members_ = {}
        for name, member in config.members.items():
            own = {key.removeprefix(f"{name}/"): array for key, array in state.items() if key.startswith(f"{name}/")}
            scorer = models.create(name, member.options)
            model.members_[name] = scorer.from_state(scorer.config, own)
        return model

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Add up what the members propose among all products."""
        return chosen(self._blended(histories, Exclude(seen=False)), items)

    def _top_n(self, histories: HistoryBatch, n: int, exclude: Exclude) -> ItemBatch:
        """Let the members propose only what may be listed, as when their weights were learned."""
        return ItemBatch(*top_k(self._blended(histories, exclude), n))

    def _blended(self, histories: HistoryBatch, exclude: Exclude) -> NDArray[np.float32]:
        self.check_fitted("members_")
        total = np.zeros((len(histories), 0), np.float32)
        for name, scorer in self.members_.items():
            scores = listable(scorer.score(histories), histories, exclude)
            total = total if total.shape[1] else np.zeros_like(scores)
            found = proposed(scores, self.config.depth)
            row, place = np.nonzero(found.idx >= 0)
            member = self.config.members[name]
            values = member.rank * found.by_rank[place] + member.score * found.by_score[row, place]
            total[row, found.idx[row, place]] += values
        total[total == 0] = -np.inf
        return total

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Let the member speak that gives a product most, and name what the blend as a whole says less without."""
        self.check_fitted("members_")
        given = np.stack([self._given(name, histories, items) for name in self.members_])
        speaker = given.argmax(axis=0)
        told = [scorer.explain(histories, items) for scorer in self.members_.values()]
        spoken = [[told[who][b][n] for n, who in enumerate(row)] for b, row in enumerate(speaker)]
        return verified(self, histories, items, spoken)

    def _given(self, name: str, histories: HistoryBatch, items: NDArray[np.int32]) -> NDArray[np.float32]:
        alone = Blend(BlendConfig(members={name: self.config.members[name]}, depth=self.config.depth))
        alone.members_ = {name: self.members_[name]}
        return np.take_along_axis(alone.score(histories), np.maximum(items, 0), axis=1)


class Proposed(NamedTuple):
    """The best products of a model for B histories, and what they are worth on the common scale."""

    idx: NDArray[np.int32]
    """(B, depth), -1 where there are no more."""
    by_rank: NDArray[np.float32]
    """(depth,), from 1 for the first place towards 0."""
    by_score: NDArray[np.float32]
    """(B, depth), from 1 for the highest score to 0 for the lowest proposed."""


def proposed(scores: NDArray[np.float32], depth: int) -> Proposed:
    """Return the `depth` best of each row of scores, (B, n_items)."""
    best = top_k(scores, depth)
    there = best.idx >= 0
    high = np.where(there[:, :1], best.value[:, :1], 0.0)
    low = np.where(there, best.value, high).min(axis=1, keepdims=True)
    spread = np.where(high > low, high - low, 1.0)
    by_score = np.where(there, (np.where(there, best.value, low) - low) / spread, 0.0)
    by_rank = 1 - np.log1p(np.arange(depth)) / np.log1p(depth)
    return Proposed(best.idx, by_rank.astype(np.float32), by_score.astype(np.float32))
