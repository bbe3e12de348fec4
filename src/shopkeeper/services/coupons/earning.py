"""Tell what a campaign earned: what people did after decisions, against those who by chance never get a coupon."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from shopkeeper.coupons.aftermath import Aftermath, Margins, firsts
from shopkeeper.coupons.budget import Prices
from shopkeeper.coupons.deciding import limits_of, units
from shopkeeper.coupons.guardrails import loyalty_penalty
from shopkeeper.coupons.linear import Floats
from shopkeeper.coupons.off_policy import evaluate, expected_rewards
from shopkeeper.coupons.pictures import qini_svg, spending_svg
from shopkeeper.coupons.policy import Policy
from shopkeeper.coupons.qini import Interval
from shopkeeper.coupons.report import People
from shopkeeper.coupons.report import Report as Told
from shopkeeper.data.consent import Circle
from shopkeeper.data.coupon import Campaign, Decision, Entry
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.ports.coupons import CouponStore
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.people import known_of
from shopkeeper.services.coupons.contract import Against, Earnings, Figure, Loyalty, PolicyFigures

_DAY = timedelta(days=1)
_MOST_DAYS = 400
"""Points of the picture of spending, at most."""
_JUDGED = 50_000
"""The newest decisions, by which other policies are judged."""


def decisions_of(store: CouponStore, campaign_id: str) -> list[Decision]:
    """Return all decisions about a campaign, as they were made."""
    found, number = list[Decision](), 0
    while True:
        some, number = store.decisions(campaign_id, since=number)
        if not some:
            return found
        found += some


def off_by_person(store: CouponStore, campaign_id: str, decisions: Sequence[Decision]) -> dict[str, int]:
    """Return what the coupons of decisions took off, by person."""
    taken, found = store.taken(campaign_id), Counter[str]()
    for one in decisions:
        if one.decision_id in taken:
            found[one.shopper_id] += taken[one.decision_id].off_minor
    return dict(found)


def earned(
    campaign: Campaign,
    store: CouponStore,
    told: Behaviour,
    costs: Mapping[str, int],
    policy: Policy | None,
    now: datetime,
    circle: Circle,
) -> Earnings:
    """Return what a campaign earned until now of those in a circle, and what cannot be said yet."""
    decisions = [one for one in decisions_of(store, campaign.campaign_id) if circle.has(one.shopper_id)]
    own, until = firsts(decisions), min(now, campaign.ends_at)
    pictures = {"spending": _spending(campaign, store, now)}
    if policy:
        pictures |= {
            f"qini-{offer}": qini_svg(curve, f"{campaign.campaign_id}: {offer}, people not learned from")
            for offer, curve in policy.curves.items()
        }
    learned = policy.uplift.why() if policy else {}
    try:
        off = off_by_person(store, campaign.campaign_id, decisions)
        came = Aftermath.of(told.log, own, off, Margins(costs, campaign.margin_bp), [until] * len(own))
        report = Told.of(_people(came))
    except InvalidInput as error:
        return Earnings(
            as_of=now,
            currency=campaign.currency,
            text=str(error),
            learned=learned,
            loyalty=Loyalty(text="Prices are compared once the campaign can be judged."),
            pictures=pictures,
        )
    return Earnings(
        as_of=now,
        currency=campaign.currency,
        text=report.said(campaign.currency),
        against=Against(
            people=report.people,
            holdout=report.holdout,
            revenue=_figure(report.revenue),
            margin=_figure(report.margin),
            cost=report.cost,
            profit=_figure(report.profit),
            watched=_figure(report.watched),
            shares_p=report.shares_p,
        ),
        policies=_judged(campaign, came, told, policy),
        learned=learned,
        loyalty=_loyalty(came),
        pictures=pictures,
    )


def _people(came: Aftermath) -> People:
    is_holdout = np.array([one.arm == "never" for one in came.decisions], np.bool_)
    return People(is_holdout, came.goods - came.cost, came.margin, came.cost)


def _figure(interval: Interval) -> Figure:
    return Figure(value=interval.value, low=interval.low, high=interval.high)


def _judged(campaign: Campaign, came: Aftermath, told: Behaviour, policy: Policy | None) -> list[PolicyFigures]:
    """Return what others would have brought: nobody gets anything, all one offer, or as was learned."""
    offers = [offer.offer_id for offer in campaign.offers if not offer.public]
    log = came.log(offers)
    newest = slice(max(0, len(came.decisions) - _JUDGED), None)
    own = came.decisions[newest]
    x = known_of(told, [one.shopper_id for one in own], [one.at for one in own])
    log = type(log)(log.decision[newest], log.probability[newest], log.reward[newest])
    expected = expected_rewards(x, log, len(offers) + 1)
    could = np.array([[offer in one.allowed for offer in offers] for one in own], np.bool_).reshape(len(own), -1)
    asked = {"nobody": np.full(len(own), len(offers))}
    asked |= {offer: np.where(could[:, k], k, len(offers)) for k, offer in enumerate(offers)}
    if policy and offers:
        gain, cost = policy.of(offers).gains_and_costs(x)
        prices = Prices(np.full(len(offers), policy.price), limits_of(campaign, 0).most_each)
        rows = zip(np.where(could, gain, -np.inf), units(cost), strict=True)
        asked["learned"] = np.array([prices.choose(*row) for row in rows]) % (len(offers) + 1)  # -1: none, the last
    found = []
    for name, places in asked.items():
        would: Floats = np.eye(len(offers) + 1)[places]
        try:
            figures = evaluate(log, would, expected)
        except InvalidInput as error:
            found.append(PolicyFigures(policy=name, why_not=str(error)))
            continue
        ips, snips, dr = map(_figure, (figures.ips, figures.snips, figures.dr))
        found.append(PolicyFigures(policy=name, ips=ips, snips=snips, dr=dr, effective=figures.effective))
    return found


def _loyalty(came: Aftermath) -> Loyalty:
    """Compare what tenured customers and new ones paid of public prices, a row for each who bought."""
    bought = (came.goods > 0) & (came.cost <= came.goods)
    public, cost = (np.rint(value[bought]).astype(np.int64) for value in (came.goods, came.cost))
    try:
        penalty = loyalty_penalty(public, public - cost, came.tenured[bought])
    except InvalidInput as error:
        return Loyalty(text=str(error))
    return Loyalty(more=_figure(penalty.more), alert=penalty.alert, text=str(penalty))


def _spending(campaign: Campaign, store: CouponStore, now: datetime) -> str:
    """Draw what was spent by each day of the campaign, against an even pace."""
    days = max(1, min(_MOST_DAYS, -(-(campaign.ends_at - campaign.starts_at) // _DAY)))
    step = (campaign.ends_at - campaign.starts_at) / days
    spent, number = defaultdict[int, int](int), 0
    while entries := store.entries(campaign_id=campaign.campaign_id, since=number, limit=10_000):
        number = entries[-1].number
        for entry in entries:
            spent[_day(entry, campaign, step)] += entry.spent_minor
    gone = max(0, min(days, (now - campaign.starts_at) // step + 1))
    amounts = np.cumsum([0, *(spent[day] for day in range(gone))]) / 100
    planned = campaign.budget_minor * np.arange(days + 1) / days / 100
    return spending_svg(planned.tolist(), amounts.tolist(), f"{campaign.campaign_id}: spending against the plan")


def _day(entry: Entry, campaign: Campaign, step: timedelta) -> int:
    return max(0, (entry.at - campaign.starts_at) // step)
