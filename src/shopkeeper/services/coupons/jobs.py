"""Put the ledger in order, learn of campaigns, keep their price to what is redeemed, and tell what they earned."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shopkeeper.coupons.book import Book, Touched
from shopkeeper.coupons.ledger import expire, sweep
from shopkeeper.coupons.policy import Policy
from shopkeeper.data.coupon import Budget, Campaign
from shopkeeper.estimator import Progress, ignore
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import InvalidInput, NotFitted, NotFound, ShopkeeperError, TooLittle
from shopkeeper.ports import CatalogStore
from shopkeeper.ports.coupons import CouponStore, PolicyStore
from shopkeeper.ports.people import AllowedEvents
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.services.coupons.asking import COST
from shopkeeper.services.coupons.contract import Earnings
from shopkeeper.services.coupons.earning import decisions_of, earned, off_by_person
from shopkeeper.services.coupons.learning import Known, learn, paced

KEPT = timedelta(days=7)
"""So long the same question under the same key gets the same answer."""
_AT_ONCE = 1000


@dataclass(slots=True)
class SweepCoupons:
    """Frees reservations that have ended and notes coupons that have; old answers are forgotten.

    Whoever asks for a coupon sees both at once; this is for budgets that nobody asks for.
    """

    store: CouponStore
    clock: Clock
    name: str = "coupons"

    def run(self, on_progress: Progress) -> str:
        """Do what is due; return what was done."""
        now, freed, expired = self.clock(), 0, 0

        def act(book: Book) -> tuple[int, int]:
            return sweep(book, now), expire(book, now)

        while True:
            on_progress(0.0)
            some = self.store.run(Touched(now=now, expiring=_AT_ONCE), act)
            freed, expired = freed + some[0], expired + some[1]
            if not any(some):
                break
        forgotten = self.store.forget_answers(now - KEPT)
        told = ((freed, "reservations freed"), (expired, "coupons expired"), (forgotten, "answers forgotten"))
        return ", ".join(f"{n:,} {what}" for n, what in told if n)


@dataclass(frozen=True, slots=True)
class CampaignLearner:
    """Learns of a campaign from the decisions that were logged and from what people did then."""

    store: CouponStore
    policies: PolicyStore
    events: AllowedEvents
    catalog: CatalogStore
    clock: Clock

    def behaviour(self) -> Behaviour:
        """Return what those did who allow it."""
        return Behaviour.of(self.events.log(), {p.item_id: p.categories[0] for p in self.catalog.all() if p.categories})

    def learn(self, campaign_id: str, told: Behaviour, on_progress: Progress = ignore) -> Policy:
        """Learn, and make that what decides; NotFound, and TooLittle where nothing can be learned, which is noted."""
        try:
            policy = learn(self._known(campaign_id), told, self.clock(), on_progress=on_progress)
        except InvalidInput as error:
            self.policies.refuse(campaign_id, str(error))
            raise
        self.policies.save(campaign_id, policy)
        return policy

    def pace(self, campaign_id: str, told: Behaviour) -> Policy:
        """Move the price by what was redeemed and reserved; NotFitted, TooLittle where nothing was learned."""
        policy, known, now = self.policies.load(campaign_id), self._known(campaign_id), self.clock()
        promised = self.store.promised_minor(campaign_id, now - known.window)
        policy = paced(known, policy, told, now, promised)
        self.policies.save(campaign_id, policy)
        return policy

    def tell(self, campaign_id: str, told: Behaviour) -> Earnings:
        """Tell what a campaign earned until now, and keep that for who asks; NotFound."""
        campaign, _ = self._campaign(campaign_id)
        try:
            policy = self.policies.load(campaign_id)
        except (NotFitted, TooLittle):
            policy = None
        earnings = earned(campaign, self.store, told, self._costs(), policy, self.clock(), self.events.circle())
        self.policies.tell(campaign_id, earnings.model_dump_json())
        return earnings

    def _known(self, campaign_id: str) -> Known:
        campaign, budget = self._campaign(campaign_id)
        circle = self.events.circle()
        decisions = [one for one in decisions_of(self.store, campaign_id) if circle.has(one.shopper_id)]
        off = off_by_person(self.store, campaign_id, decisions)
        return Known(campaign, budget, decisions, self.store.taken(campaign_id), off, self._costs())

    def _campaign(self, campaign_id: str) -> tuple[Campaign, Budget]:
        found = [pair for pair in self.store.campaigns() if pair[0].campaign_id == campaign_id]
        if not found:
            raise NotFound(f"There is no campaign {campaign_id!r}.")
        return found[0]

    def _costs(self) -> dict[str, int]:
        told = ((product.item_id, product.attributes.get(COST)) for product in self.catalog.all())
        return {item_id: cost for item_id, cost in told if isinstance(cost, int) and not isinstance(cost, bool)}


@dataclass(slots=True)
class LearnCampaigns:
    """Each night learn of the campaigns that run, each hour move their price, and tell what they earned."""

    learner: CampaignLearner
    nightly: timedelta = timedelta(hours=20)
    hourly: timedelta = timedelta(hours=1)
    name: str = "campaigns"

    def run(self, on_progress: Progress) -> str:
        """Do what is due; return what was done, and what was not, and why."""
        now, done, told = self.learner.clock(), list[str](), None
        for campaign, _ in self.learner.store.campaigns():
            name = campaign.campaign_id
            on_progress(0.0)
            is_running = campaign.starts_at <= now < campaign.ends_at + self.nightly
            if not is_running or not self.learner.store.decisions(name, limit=1)[0] or not self._is_due(name, now):
                continue
            told = told or self.learner.behaviour()
            done.append(f"{name} {self._look(name, told, now, on_progress)}")
            self.learner.tell(name, told)
        return "; ".join(done)

    def _is_due(self, name: str, now: datetime) -> bool:
        kept = self.learner.policies.told(name)
        return kept is None or now - Earnings.model_validate_json(kept).as_of >= self.hourly

    def _look(self, name: str, told: Behaviour, now: datetime, on_progress: Progress) -> str:
        try:
            if now - self.learner.policies.load(name).learned_at < self.nightly:
                return f"priced at {self.learner.pace(name, told).price:.3g}"
        except ShopkeeperError:
            pass  # Nothing was learned yet, or nothing that can be read.
        try:
            return f"learned {self.learner.learn(name, told, on_progress).version}"
        except InvalidInput as error:
            return f"not: {error}"
