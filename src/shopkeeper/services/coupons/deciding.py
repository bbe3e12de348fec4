"""Who is offered what of which campaign: who may have it, chance, what was learned, and what the budget allows."""

import asyncio
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from shopkeeper.coupons.assignment import Lottery
from shopkeeper.coupons.book import Book, Touched
from shopkeeper.coupons.budget import Prices
from shopkeeper.coupons.deciding import OPTED_OUT, Decider, limits_of
from shopkeeper.coupons.deciding import Decided as Drawn
from shopkeeper.coupons.guardrails import DISCLOSURE, Access, check_reachable
from shopkeeper.coupons.policy import Policy
from shopkeeper.coupons.reasons import SENTENCES, Reason
from shopkeeper.data.consent import Purpose
from shopkeeper.data.coupon import Budget, Campaign, Decision
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.trail import Trail
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import NotFitted, NotFound, TooLittle
from shopkeeper.ports import OffLoop
from shopkeeper.ports.coupons import CouponStore, PolicyStore
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.features import NAMES
from shopkeeper.prediction.people import known_of
from shopkeeper.services.catalog.contract import Catalog
from shopkeeper.services.coupons.contract import DecideAnswer, DecideRequest, DecisionOut
from shopkeeper.services.events.contract import Events
from shopkeeper.services.people.contract import People
from shopkeeper.services.predictions.contract import CheckRequest, Predictions

Floats = NDArray[np.float64]
_MOST = 20_000
"""Events of a person that are read."""
_AT_ONCE = 16
"""Histories read together."""
_OUT = timedelta(days=30)
"""So long a coupon that nobody has asked for yet is expected to come, where a campaign does not say."""
_ALL = "All offers of this campaign are open to everybody."


@dataclass(frozen=True, slots=True)
class Deciding:
    """Decides, and logs what it decides before it answers."""

    store: CouponStore
    policies: PolicyStore
    events: Events
    catalog: Catalog
    predictions: Predictions
    people: People
    secret: Callable[[], bytes]
    clock: Clock
    off_loop: OffLoop

    async def decide(self, request: DecideRequest) -> DecideAnswer:
        """Return who is offered what."""
        now, everybody = self.clock(), [one.shopper_id for one in request.people]
        known = await self.off_loop(self.store.campaigns)
        running = [one for one, budget in known if _closed(one, budget, now) is None]
        asked = [pair for pair in known if request.campaign_id in (None, pair[0].campaign_id)]
        if request.campaign_id and not asked:
            raise NotFound(f"There is no campaign {request.campaign_id!r}.")
        if request.campaign_id is None:
            asked = [pair for pair in asked if pair[0] in running]
        check_reachable(_offers(asked, running))
        reset_at = await self._allowing([one.shopper_id for one in request.people if not one.opted_out])
        personal = list(reset_at)
        segments = await self._segments(personal) if any(one.reach.segments for one, _ in asked) else {}
        told = list[DecisionOut]()
        for campaign, budget in asked:
            told += await self._of(campaign, budget, everybody, reset_at, segments, now)
        return DecideAnswer(
            decisions=told,
            open_to_all={one.campaign_id: [o.offer_id for o in one.offers if o.public] for one, _ in asked},
            disclosure=dict(DISCLOSURE),
        )

    async def _of(
        self,
        campaign: Campaign,
        budget: Budget,
        everybody: Sequence[str],
        personal: Mapping[str, datetime | None],
        segments: dict[str, frozenset[str]],
        now: datetime,
    ) -> list[DecisionOut]:
        """Return what everybody is offered of one campaign; what was decided before under the same version stays."""
        offers = [offer.offer_id for offer in campaign.offers if not offer.public]
        secret = await self.off_loop(self.secret)
        policy = await self.off_loop(lambda: policy_of(self.policies, campaign.campaign_id, offers, now))
        version = f"{campaign.version}-{policy.version}"
        ids = {who: _decision_id(secret, campaign.campaign_id, who, version) for who in everybody if who in personal}
        touched = Touched(
            campaign_ids=(campaign.campaign_id,), shopper_ids=tuple(ids), decision_ids=tuple(ids.values())
        )
        book = await self.off_loop(lambda: self.store.read(touched))
        closed = _closed(campaign, budget, now)
        reasons = {who: closed or _barred(book, campaign, segments.get(who, frozenset()), who) for who in ids}
        why_not = {who: SENTENCES[reason] if reason else None if offers else _ALL for who, reason in reasons.items()}
        new = [who for who, one in ids.items() if one not in book.decisions and why_not[who] is None]
        decider = Decider(
            Lottery(hmac.digest(secret, b"draws", "sha256"), campaign.campaign_id),
            policy.of(offers),
            Prices(np.full(len(offers), policy.price), limits_of(campaign, 0).most_each),
        )
        x = (
            await self._features({who: personal[who] for who in new}, now)
            if policy.reads_people
            else np.full((len(new), len(NAMES)), np.nan)
        )
        since = now - (timedelta(days=campaign.valid_days) if campaign.valid_days else _OUT)

        def decide() -> tuple[dict[str, Drawn], dict[str, Decision]]:
            left = budget.left_minor - self.store.promised_minor(campaign.campaign_id, since)
            drawn = dict(zip(new, decider.decide_each(new, x, [offers] * len(new), left), strict=True))
            made = [
                Decision(
                    decision_id=ids[who],
                    campaign_id=campaign.campaign_id,
                    shopper_id=who,
                    offer_id=one.offer,
                    arm=one.arm,
                    probability=one.probability,
                    at=now,
                    allowed=one.allowed,
                    version=version,
                    expected_minor=one.cost,
                )
                for who, one in drawn.items()
                if one.arm is not None and one.probability is not None
            ]
            return drawn, {one.decision_id: one for one in self.store.decide(made)}

        drawn, logged = await self.off_loop(decide)
        logged |= book.decisions

        def told(who: str) -> DecisionOut:
            decision = logged.get(ids.get(who, ""))
            if decision is not None:
                why = decider.why(decision.arm, decision.offer_id, decision.allowed)
            elif who not in ids:
                why = OPTED_OUT
            else:
                why = why_not[who] or drawn[who].why
            return DecisionOut(
                shopper_id=who,
                campaign_id=campaign.campaign_id,
                offer_id=decision.offer_id if decision else None,
                decision_id=decision.decision_id if decision else None,
                arm=decision.arm if decision else None,
                probability=decision.probability if decision else None,
                version=version,
                as_of=decision.at if decision else now,
                why=why,
            )

        return [told(who) for who in everybody]

    async def _allowing(self, shopper_ids: Sequence[str]) -> dict[str, datetime | None]:
        """Return who allows to be offered coupons, each with the moment up to which nothing is looked at."""
        standings = await self.people.standings([[one] for one in shopper_ids])
        return {
            one: standing.preferences.reset_at
            for one, standing in zip(shopper_ids, standings, strict=True)
            if Purpose.COUPONS in standing.allowed
        }

    async def _segments(self, shopper_ids: list[str]) -> dict[str, frozenset[str]]:
        if not shopper_ids:
            return {}
        told = await self.predictions.segments_of(CheckRequest(shopper_ids=shopper_ids))
        return {one.shopper_id: frozenset(one.segments) for one in told.shoppers}

    async def _features(self, reset_at: Mapping[str, datetime | None], now: datetime) -> Floats:
        """Return what is known of people now, (n, F), from some moment on."""
        shopper_ids, trails = list(reset_at), dict[str, Trail]()
        for start in range(0, len(shopper_ids), _AT_ONCE):
            part = shopper_ids[start : start + _AT_ONCE]
            read = await asyncio.gather(*(self.events.trail(one, limit=_MOST) for one in part))
            trails |= {one: trail.after(reset_at[one]) for one, trail in zip(part, read, strict=True)}
        log = EventLog.of_trails(trails)
        products = await self.catalog.get_many(list(log.items)) if len(log.items) else {}
        categories = {item: one.categories[0] for item, one in products.items() if one.categories}
        return await self.off_loop(lambda: known_of(Behaviour.of(log, categories), shopper_ids, [now] * len(trails)))


def policy_of(policies: PolicyStore, campaign_id: str, offers: Sequence[str], now: datetime) -> Policy:
    """Return what decides in a campaign: chance alone, where nothing was learned."""
    try:
        return policies.load(campaign_id)
    except (NotFitted, TooLittle):
        return Policy.unknown(NAMES, offers, now)


def _closed(campaign: Campaign, budget: Budget, now: datetime) -> Reason | None:
    """Return why nobody is offered anything of a campaign."""
    if campaign.paused:
        return "paused"
    if not campaign.starts_at <= now < campaign.ends_at:
        return "ended" if now >= campaign.ends_at else "not_started"
    if campaign.in_total is not None and budget.reserved + budget.redeemed >= campaign.in_total:
        return "total_cap"
    return None if budget.left_minor > 0 else "budget_spent"


def _barred(book: Book, campaign: Campaign, segments: frozenset[str], who: str) -> Reason | None:
    """Return why a person is offered nothing of a campaign that runs."""
    if campaign.reach.segments and not campaign.reach.segments & segments:
        return "not_in_segment"
    if campaign.per_person is not None and book.used_by(campaign.campaign_id, who) >= campaign.per_person:
        return "person_cap"
    return None


def _offers(asked: Sequence[tuple[Campaign, Budget]], running: Sequence[Campaign]) -> list[Access]:
    """Return the offers of the campaigns that are asked about, and the public ones of all that run."""
    own = [Access(offer.kind, offer.public) for campaign, _ in asked for offer in campaign.offers]
    return own + [Access(offer.kind, True) for campaign in running for offer in campaign.offers if offer.public]


def _decision_id(secret: bytes, *about: str) -> str:
    """Return the name that this decision has on every machine."""
    digest = blake2b(key=secret[:64], digest_size=16, person=b"decision")
    for part in about:
        digest.update(len(part.encode()).to_bytes(4, "big") + part.encode())
    return digest.hexdigest()
