"""Which category comes next, or type of event: from what was before, smoothed by the shop's taste and the person's."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from shopkeeper.estimator import State

Floats = NDArray[np.float64]

_SMOOTHING = (1.0, 10.0, 100.0, 1000.0)
"""To choose from, of the shop and of the person: events that a prior is worth."""
_NEWEST = 0.2
"""The share of the steps on which is chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Events in categories, one after the other: of n steps, who made them, when, from where and where to."""

    user: NDArray[np.int64]
    at: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]

    def take(self, keep: NDArray[np.bool_]) -> "Steps":
        """Return some of them."""
        return Steps(self.user[keep], self.at[keep], self.before[keep], self.after[keep])

    def parted(self) -> tuple["Steps", "Steps"]:
        """Return the older ones, and the newest fifth."""
        is_old = self.at <= np.quantile(self.at, 1 - _NEWEST)
        return self.take(is_old), self.take(~is_old)


@dataclass(frozen=True, slots=True, eq=False)
class NextCategory:
    """A Markov chain of the shop, drawn to how often a category comes at all, and to the person's own past.

    p(c | u, l) = (n_uc + s q(c | l)) / (n_u + s),  q(c | l) = (n_lc + k p(c)) / (n_l + k): Dirichlet priors of
    weight s and k.
    """

    chain: Floats
    """q, (n, n), or of more states than categories."""
    share: Floats
    """p, (n,): where nothing is known of the person."""
    prior: float
    """s."""

    @classmethod
    def fit(cls, steps: Steps, n_categories: int, n_states: int | None = None) -> "NextCategory":
        """Learn from steps, out of as many states as categories unless said; how much to smooth tell the newest."""
        n = (n_states or n_categories, n_categories)
        old, new = steps.parted()
        best = min(product(_SMOOTHING, _SMOOTHING), key=lambda pair: cls._of(old, n, *pair).surprise(old, new))
        return cls._of(steps, n, *best)

    def state(self) -> State:
        """Return all that was learned."""
        return {"chain": self.chain, "share": self.share, "prior": np.array(self.prior)}

    @classmethod
    def from_state(cls, state: State) -> "NextCategory":
        """Rebuild what `state` returned."""
        chain, share, prior = (np.asarray(state[name], np.float64) for name in ("chain", "share", "prior"))
        return cls(chain, share, float(prior))

    @classmethod
    def _of(cls, steps: Steps, n: tuple[int, int], of_shop: float, of_person: float) -> "NextCategory":
        counts = np.bincount(steps.before * n[1] + steps.after, minlength=n[0] * n[1]).reshape(n)
        share = (counts.sum(axis=0) + 1) / (counts.sum() + n[1])
        chain = (counts + of_shop * share) / (counts.sum(axis=1, keepdims=True) + of_shop)
        return cls(chain, share, of_person)

    def surprise(self, old: Steps, new: Steps) -> float:
        """Return the mean of -ln p of new steps, for people of whom the old ones are known."""
        if not len(new.at):
            return 0.0
        n = len(self.share)
        whose = np.unique(new.user)
        known = old.take(np.isin(old.user, whose))
        rows = np.searchsorted(whose, known.user)
        counts = csr_matrix((np.ones(len(rows)), (rows, known.after)), (len(whose), n))
        own = np.asarray(counts[np.searchsorted(whose, new.user), new.after], np.float64).ravel()
        of_user = np.bincount(rows, minlength=len(whose))[np.searchsorted(whose, new.user)]
        p = (own + self.prior * self.chain[new.before, new.after]) / (of_user + self.prior)
        return -float(np.log(p).mean())

    def probabilities(self, own: Floats, last: int) -> Floats:
        """Return the chance of each category after `last`, -1 for none, of somebody with so many events in each."""
        prior = self.share if last < 0 else self.chain[last]
        return np.asarray((own + self.prior * prior) / (own.sum() + self.prior), np.float64)
