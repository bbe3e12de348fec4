"""Which category comes next: from the one before it, smoothed by the shop's taste and the person's own."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from shopkeeper.estimator import State

Floats = NDArray[np.float64]

_SMOOTHING = (1.0, 10.0, 100.0)
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
    """q, (n, n)."""
    share: Floats
    """p, (n,): where nothing is known of the person."""
    prior: float
    """s."""

    @classmethod
    def fit(cls, steps: Steps, n_categories: int) -> "NextCategory":
        """Learn from steps; how much to smooth is chosen on the newest of them, by their likelihood."""
        old, new = steps.parted()
        best = min(
            product(_SMOOTHING, _SMOOTHING), key=lambda pair: cls._of(old, n_categories, *pair).surprise(old, new)
        )
        return cls._of(steps, n_categories, *best)

    def state(self) -> State:
        """Return all that was learned."""
        return {"chain": self.chain, "share": self.share, "prior": np.array(self.prior)}

    @classmethod
    def from_state(cls, state: State) -> "NextCategory":
        """Rebuild what `state` returned."""
        chain, share, prior = (np.asarray(state[name], np.float64) for name in ("chain", "share", "prior"))
        return cls(chain, share, float(prior))

    @classmethod
    def _of(cls, steps: Steps, n: int, of_shop: float, of_person: float) -> "NextCategory":
        counts = np.bincount(steps.before * n + steps.after, minlength=n * n).reshape(n, n)
        share = (counts.sum(axis=0) + 1) / (counts.sum() + n)
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
