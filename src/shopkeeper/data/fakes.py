"""Who looks as if made to lift a product: new people who came together and took the same that nobody else takes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, poisson

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

    People whose first event lies in the same `days` are a cohort. Of a product that k of its n people took, a burst is
    P(Binomial(n, p) >= k) < alpha, p the largest of three shares of takers: of all other people, of those who came
    last before the cohort, and of the others who were here in these days, since a season is none. What many take by now
    is lifted where k is but `unlikely` if P(Poisson(p * people who usually come in so many days) >= k) < alpha. Of a
    product that is so new that too few of those before could have taken it, nothing is said. Who took part is told by
    the odds of what each took of the products that burst, as naive Bayes adds them up.
    """

    days: float = 21.0
    alpha: float = 1e-6
    unlikely: float = 1e-3
    """Chance, times the products that are judged, below which k is looked at once more."""
    sure: float = 2.0
    """Odds, as a logarithm, from which somebody is suspected."""
    least_before: int = 25
    """People that must have come before, whom a cohort can be compared with."""
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
            for suspect in self._of(taken, first, shift, step):
                if suspect.shopper_id not in found or found[suspect.shopper_id].odds < suspect.odds:
                    found[suspect.shopper_id] = suspect
        return [found[shopper_id] for shopper_id in sorted(found)]

    def _of(self, taken: EventLog, first: Numbers, shift: int, step: int) -> Iterator[Suspect]:
        """Return the suspects of one division of time, the oldest first; who was found is nobody's measure."""
        n_items = len(taken.items)
        cohort_of, when = (first + shift) // step, (taken.at + shift) // step
        user, item = np.divmod(np.unique(taken.user_idx.astype(np.int64) * n_items + taken.item_idx), n_items)
        people = np.unique(user)
        people = people[np.argsort(first[people], kind="stable")]
        last, began = np.zeros(len(first), np.int64), np.full(n_items, np.iinfo(np.int64).max)
        np.maximum.at(last, taken.user_idx, taken.at)
        np.minimum.at(began, taken.item_idx, taken.at)
        is_fake = np.zeros(len(first), np.bool_)
        cohorts, sizes = np.unique(cohort_of[people], return_counts=True)
        for cohort, n in zip(cohorts.tolist(), sizes.tolist(), strict=True):
            before = people[(cohort_of[people] < cohort) & ~is_fake[people]][-max(2 * self.least_before, 4 * n) :]
            if n < LEAST or len(before) < self.least_before:
                continue
            every, counts = np.unique(item[cohort_of[user] == cohort], return_counts=True)
            # Of those who came before, how many could have taken it? What is new, nobody can tell yet.
            could = len(before) - np.searchsorted(np.sort(last[before]), began[every])
            judged = (counts >= LEAST) & (could >= self.least_before)
            items, k = every[judged], counts[judged]
            here = np.unique(taken.user_idx[(when == cohort) & (cohort_of[taken.user_idx] != cohort)])
            others = people[cohort_of[people] != cohort]
            enough = [some for some in (others, before, here) if len(some) >= self.least_before]
            told = [self._share(user, item, some, n_items) for some in enough]
            share = np.minimum(np.max(told, axis=0)[items] * len(before) / could[judged], 1)
            chance = binom.sf(k - 1, n, share)
            # Of a product that many take by now, a few fakes are no surprise, unless so many do not come otherwise.
            usual = len(before) * step / max(1, cohort * step - shift - int(first[before[0]]))
            too_many = (chance * len(k) < self.unlikely) & (poisson.sf(k - 1, usual * share) < self.alpha)
            burst = (chance < self.alpha) | too_many
            if burst.any():
                members = np.flatnonzero(cohort_of == cohort)
                for suspect in self._took_part(taken, members, items[burst], k[burst], share[burst], n):
                    is_fake[taken.users.index(suspect.shopper_id)] = True
                    yield suspect

    def _share(self, user: Numbers, item: Numbers, people: Numbers, n_items: int) -> Floats:
        """Return the share of some people who took each product, and somewhat more, since they are few."""
        is_among = np.zeros(int(user.max()) + 1, np.bool_)
        is_among[people] = True
        takers = np.bincount(item[is_among[user]], minlength=n_items)
        return np.asarray((takers + self.prior) / (len(people) + 2 * self.prior), np.float64)

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
