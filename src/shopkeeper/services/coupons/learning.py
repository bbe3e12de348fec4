"""Learn who buys because of a coupon, and keep the price of the budget to what is really redeemed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from shopkeeper.coupons.aftermath import Aftermath, Margins, firsts
from shopkeeper.coupons.budget import Prices, plan
from shopkeeper.coupons.choosing import halves
from shopkeeper.coupons.deciding import UNIT, limits_of, units
from shopkeeper.coupons.pacing import Books, Delays, Pacer
from shopkeeper.coupons.policy import Policy
from shopkeeper.coupons.qini import Curve, Order
from shopkeeper.coupons.s_learner import SLearner
from shopkeeper.coupons.uplift import Seen, Uplift
from shopkeeper.data.coupon import Budget, Campaign, Decision
from shopkeeper.estimator import Progress, ignore
from shopkeeper.kit.errors import TooLittle
from shopkeeper.ports.coupons import Taking
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.features import NAMES
from shopkeeper.prediction.people import known_of

_WINDOW_DAYS = 14.0
"""In which it shows what an offer does, where its coupons have no end of their own."""
_PACED = 2000
"""People among whom the price is found anew."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of a campaign."""

    campaign: Campaign
    budget: Budget
    decisions: Sequence[Decision]
    taken: Mapping[str, Taking]
    off_by_person: Mapping[str, int]
    costs: Mapping[str, int]
    """What products cost the shop."""

    @property
    def offers(self) -> list[str]:
        """Return those that are personal."""
        return [offer.offer_id for offer in self.campaign.offers if not offer.public]

    @property
    def window(self) -> timedelta:
        """Return the time after a decision in which its offer works."""
        return timedelta(days=self.campaign.valid_days or _WINDOW_DAYS)

    def per_day(self, now: datetime) -> float:
        """Return how many people it was decided about in a day."""
        own = firsts(self.decisions)
        return len(own) / max(1.0, (now - own[0].at) / _DAY) if own else 0.0


def trial_of(known: Known, told: Behaviour, now: datetime) -> Seen:
    """Return what chance has shown: features as of each decision, and what came in its window, if that has ended.

    TooLittle where that is not enough.
    """
    own = [one for one in firsts(known.decisions) if one.at + known.window <= now and one.arm != "policy"]
    margins = Margins(known.costs, known.campaign.margin_bp)
    until = [one.at + known.window for one in own]
    came = Aftermath.of(told.log, own, known.off_by_person, margins, until)
    x = known_of(told, [one.shopper_id for one in own], [one.at for one in own])
    return came.seen(NAMES, x, known.offers)


def learn(known: Known, told: Behaviour, now: datetime, *, seed: int = 0, on_progress: Progress = ignore) -> Policy:
    """Return what was learned of a campaign by now, with the price of its budget."""
    if not known.offers:
        raise TooLittle(f"All offers of {known.campaign.campaign_id} are open to everybody: nothing is decided.")
    seen = trial_of(known, told, now)
    uplift = Uplift.fit(known.offers, seen, seed=seed, on_progress=on_progress)
    gain, cost = uplift.gains_and_costs(seen.x)
    limits = limits_of(known.campaign, max(0, known.budget.left_minor))
    days = max((known.campaign.ends_at - now) / _DAY, 0.0)
    share = min(1.0, len(seen.x) / max(known.per_day(now) * days, 1.0))
    price = plan(gain, units(cost), replace(limits, money=int(limits.money * share))).prices.of_offer[0]
    start = Pacer.start(Prices(np.full(len(known.offers), price)), limits)
    return Policy(
        f"{now:%Y%m%dT%H%M%S}",
        now,
        now,
        uplift,
        float(price),
        len(seen.x),
        start.foretold,
        start.came,
        now,
        _curves(known.offers, uplift, seen, seed),
    )


def paced(known: Known, policy: Policy, told: Behaviour, now: datetime, promised_minor: float) -> Policy:
    """Return a policy with the price at which the people of the last day would have kept to the plan."""
    campaign, budget, last = known.campaign, known.budget, policy.moved_at or policy.learned_at
    own = [one for one in known.decisions if one.expected_minor > 0]
    delays = _delays(known)
    foretold = sum(one.expected_minor * _came(delays, one.at, last, now) for one in own)
    # Of what nobody had foretold, nothing follows about what was.
    used = [known.taken[one.decision_id] for one in own if one.decision_id in known.taken]
    came = sum(one.off_minor for one in used if one.redeemed_at and last < one.redeemed_at <= now)
    limits = limits_of(campaign, budget.budget_minor)
    pacer = policy.pacer(limits).heard(foretold * UNIT, float(max(0, came) * UNIT))
    lately = [one for one in known.decisions if now - _DAY < one.at <= now][-_PACED:]
    asked = [one for one in lately if one.arm == "policy" and one.allowed]
    if asked:
        x = known_of(told, [one.shopper_id for one in asked], [one.at for one in asked])
        gain, cost = policy.uplift.gains_and_costs(x)
        days = max((campaign.ends_at - now) / _DAY, 0.0)
        ahead = min(1.0, len(lately) / max(known.per_day(now) * days, 1.0))
        drawn = sum(one.expected_minor for one in lately if one.arm == "explore") * UNIT
        books = Books(spent=budget.spent_minor * UNIT, reserved=budget.reserved_minor * UNIT, out=promised_minor * UNIT)
        pacer = pacer.moved(books, ahead, gain, units(cost), drawn)
    return policy.moved(pacer, now)


def _delays(known: Known) -> Delays:
    """Return how many days coupons took until they were used; evenly, where none was."""
    at = {one.decision_id: one.at for one in known.decisions}
    used = [(one.redeemed_at - at[name]) / _DAY for name, one in known.taken.items() if one.redeemed_at and name in at]
    days = np.maximum(np.array(used), 0.0) if used else np.linspace(0.0, known.window / _DAY, 100)
    return Delays.of(np.asarray(days, np.float64))


def _came(delays: Delays, at: datetime, last: datetime, now: datetime) -> float:
    """Return the part of what a coupon is to take off that was to come in a time."""
    ages = np.array([(moment - at) / _DAY for moment in (last, now)])
    before, by_now = np.where(ages < 0, 0.0, delays.share(ages)).tolist()
    return float(by_now - before)


def _curves(offers: Sequence[str], uplift: Uplift, seen: Seen, seed: int) -> dict[str, Curve]:
    """Return how well the people whom each offer moves are found, among people who were not learned from."""
    found = {}
    for k, offer in enumerate(offers):
        if uplift.of_offer[k].verdict.p is None:
            continue
        x, trial, cost = seen.of(k)
        profit = type(trial)(trial.treated, trial.outcome - cost, trial.probability)
        score = np.empty(len(x))
        for rows in halves(trial, seed, repeats=1):
            score[rows] = SLearner.fit(x[~rows], profit.take(~rows), seed).effect(x[rows])
        found[offer] = Order.of(score).curve(profit)
    return found
