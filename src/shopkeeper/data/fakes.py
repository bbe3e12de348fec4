"""Who looks as if made to lift a product: new people who came together and took the same that nobody else takes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import INTERACTIONS
from shopkeeper.data.history import DAY_US
from shopkeeper.data.items import LEAST

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Suspect:
    """Somebody who is probably a fake."""

    shopper_id: str
    item_ids: tuple[str, ...]
    """What was lifted, by them among others."""
    people: int
    """How many came with them and took the first of these."""
    expected: float
    """How many of them would have, were they like everybody."""
    odds: float
    """Natural logarithm of the odds that this is a fake."""


@dataclass(frozen=True, slots=True)
class FakeFinder:
    """Finds bursts of new people, first by what they lift, then who took part.

    People whose first event lies in the same `days` are a cohort. Of a product that k of its n people took, with p the
    share of everybody else who did (of all others, or of those others who were here in these days, whichever is more),
    a burst is P(Binomial(n, p) >= k) < alpha / (number of pairs that are looked at). A launch is none, since old
    customers take it too. Who took part is told by the odds of what each took of the products that burst, as naive
    Bayes adds them up: of the excess k - n p, the products of a campaign have all alike.
    """

    days: float = 14.0
    alpha: float = 1e-3
    sure: float = 2.0
    """Odds, as a logarithm, from which somebody is suspected."""
    prior: float = 1.0
    """Takers that each product is taken to have besides its own."""

    def find(self, log: EventLog) -> list[Suspect]:
        """Return the suspects, by their id."""
        taken = log.take(np.isin(log.type, INTERACTIONS) & (log.item_idx >= 0) & ~log.is_guest()[log.user_idx])
        if not len(taken):
            return []
        first = np.full(len(log.users), np.iinfo(np.int64).max)
        np.minimum.at(first, log.user_idx, log.at)
        step = int(self.days * DAY_US)
        found: dict[str, Suspect] = {}
        for shift in (0, step // 2):  # a campaign that one division cuts in two is whole in the other
            for suspect in self._of(taken, (first + shift) // step, (taken.at + shift) // step):
                if suspect.shopper_id not in found or found[suspect.shopper_id].odds < suspect.odds:
                    found[suspect.shopper_id] = suspect
        return [found[shopper_id] for shopper_id in sorted(found)]

    def _of(self, taken: EventLog, cohort_of: Numbers, when: Numbers) -> Iterator[Suspect]:
        """Return the suspects of one division of time, of which each event and each person's first is in a part."""
        n_items = len(taken.items)
        user, item = np.divmod(np.unique(taken.user_idx.astype(np.int64) * n_items + taken.item_idx), n_items)
        takers = np.bincount(item, minlength=n_items)
        n_people = len(np.unique(user))
        cohorts, sizes = np.unique(cohort_of[np.unique(user)], return_counts=True)
        large = [(int(c), int(n)) for c, n in zip(cohorts, sizes, strict=True) if n >= LEAST]
        pairs = [(c, n, *np.unique(item[cohort_of[user] == c], return_counts=True)) for c, n in large]
        looked_at = sum(int(np.count_nonzero(k >= LEAST)) for _, _, _, k in pairs)
        for cohort, n, every, counts in pairs:
            items, k = every[counts >= LEAST], counts[counts >= LEAST]
            here = (when == cohort) & (cohort_of[taken.user_idx] != cohort)
            share = np.maximum(
                (takers[items] - k + self.prior) / (n_people - n + 2 * self.prior), self._share(taken, here, items)
            )
            burst = binom.sf(k - 1, n, np.minimum(share, 1.0)) < self.alpha / max(1, looked_at)
            if burst.any():
                members = np.flatnonzero(cohort_of == cohort)
                yield from self._took_part(taken, members, items[burst], k[burst], share[burst], n)

    def _share(self, taken: EventLog, here: NDArray[np.bool_], items: Numbers) -> Floats:
        """Return the share of the others who were here, and took each product."""
        others = len(np.unique(taken.user_idx[here]))
        n_items = len(taken.items)
        pairs = np.unique(taken.user_idx[here].astype(np.int64) * n_items + taken.item_idx[here])
        return np.bincount(pairs % n_items, minlength=n_items)[items] / max(others, LEAST)

    def _took_part(
        self, taken: EventLog, members: Numbers, items: Numbers, k: Numbers, share: Floats, n: int
    ) -> Iterator[Suspect]:
        """Return those of a cohort whose odds are high enough."""
        rows = np.isin(taken.user_idx, members) & np.isin(taken.item_idx, items)
        took = np.zeros((len(members), len(items)), np.bool_)
        took[np.searchsorted(members, taken.user_idx[rows]), np.searchsorted(items, taken.item_idx[rows])] = True
        excess = np.maximum(k - n * share, 0)
        fakes = min(float(excess.max()), n - 0.5)
        of_fakes = np.clip(excess / fakes, 0.05, 0.95)
        share = np.clip(share, 1e-4, 0.95)
        each = np.where(took, np.log(of_fakes / share), np.log((1 - of_fakes) / (1 - share)))
        odds = np.log(fakes / (n - fakes)) + each.sum(axis=1)
        best = np.argsort(-(np.log(of_fakes / share)), kind="stable")
        for row in np.flatnonzero((odds >= self.sure) & took.any(axis=1)).tolist():
            lifted = [b for b in best if took[row, b]]
            yield Suspect(
                taken.users[int(members[row])],
                tuple(taken.items[int(items[b])] for b in lifted[:5]),
                int(k[lifted[0]]),
                round(float(n * share[lifted[0]]), 2),
                round(float(odds[row]), 2),
            )
