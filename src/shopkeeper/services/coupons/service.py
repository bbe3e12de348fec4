"""Decide when and for whom coupons do something; what they do is decided by the rules in `coupons/`."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TypeVar
from uuid import uuid4

from pydantic import BaseModel

from shopkeeper.coupons.book import Book, Touched
from shopkeeper.coupons.ledger import (
    Checkout,
    SegmentsNeeded,
    Wanted,
    complete,
    edit,
    issue,
    quote,
    redeem,
    release,
    reserve,
)
from shopkeeper.coupons.refunds import reverse
from shopkeeper.data.coupon import Campaign, Kept
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.codes import drawn
from shopkeeper.kit.errors import InvalidInput, KeyReused, NotFound, StillRunning
from shopkeeper.ports import OffLoop
from shopkeeper.ports.coupons import CouponStore, PolicyStore
from shopkeeper.ports.people import Tombstones
from shopkeeper.services.catalog.contract import Catalog
from shopkeeper.services.coupons.asking import Digests, campaign_of, cart_of
from shopkeeper.services.coupons.contract import (
    CampaignAbout,
    CampaignModel,
    CampaignRemoved,
    CampaignsAbout,
    CouponAnswer,
    DecideAnswer,
    DecideRequest,
    IssueAnswer,
    IssueRequest,
    Ledger,
    RedeemRequest,
    ReleaseRequest,
    Report,
    ReserveRequest,
    ReverseAnswer,
    ReverseRequest,
    ValidateRequest,
)
from shopkeeper.services.coupons.deciding import Deciding
from shopkeeper.services.coupons.guesses import Guesses
from shopkeeper.services.coupons.telling import (
    answered,
    campaign_about,
    entry_out,
    issued,
    refunded,
    refusals_out,
    report_of,
    with_codes,
)
from shopkeeper.services.coupons.turns import Turns
from shopkeeper.services.events.contract import Events
from shopkeeper.services.people.contract import People
from shopkeeper.services.predictions.contract import CheckRequest, Predictions

M = TypeVar("M", bound=BaseModel)
_SEED_BYTES = 16


class CouponsService:
    """The coupons service over a store."""

    def __init__(
        self,
        store: CouponStore,
        policies: PolicyStore,
        events: Events,
        catalog: Catalog,
        predictions: Predictions,
        people: People,
        secret: Callable[[], bytes],
        clock: Clock,
        off_loop: OffLoop,
        seconds: Callable[[], float],
        tombstones: Tombstones,
    ) -> None:
        self._store, self._catalog, self._predictions = store, catalog, predictions
        self._digests, self._clock, self._off_loop = Digests(secret), clock, off_loop
        self._policies = policies
        self._deciding = Deciding(
            store, policies, events, catalog, predictions, people, lambda: self._digests.secret, clock, off_loop
        )
        self._turns, self._guesses = Turns(store, off_loop), Guesses(seconds)
        self._running: set[str] = set()
        self._tombstones = tombstones

    async def campaigns(self) -> CampaignsAbout:
        """Return all campaigns as they are now."""
        told = await self._off_loop(self._store.campaigns)
        return CampaignsAbout(campaigns=[campaign_about(*one) for one in told])

    async def campaign(self, campaign_id: str) -> CampaignAbout:
        """Return one."""
        book = await self._off_loop(lambda: self._store.read(Touched(campaign_ids=(campaign_id,))))
        return campaign_about(_newest(book, campaign_id), book.budgets[campaign_id])

    async def create(self, campaign: CampaignModel) -> CampaignAbout:
        """Make a campaign."""
        new = campaign_of(campaign)

        def act(book: Book) -> CampaignAbout:
            before = book.newest(new.campaign_id)
            if before and replace(before, version=new.version) != new:
                raise InvalidInput(f"There is a campaign {new.campaign_id} already, and it is another: PUT changes it.")
            return _edited(book, new)

        return await self._turns.run(Touched(campaign_ids=(new.campaign_id,)), act)

    async def edit(self, campaign: CampaignModel) -> CampaignAbout:
        """Make the next version of a campaign."""
        new = campaign_of(campaign)

        def act(book: Book) -> CampaignAbout:
            _newest(book, new.campaign_id)
            return _edited(book, new)

        return await self._turns.run(Touched(campaign_ids=(new.campaign_id,)), act)

    async def remove(self, campaign_id: str) -> CampaignRemoved:
        """Remove a campaign of which nothing was issued."""

        def act(book: Book) -> CampaignRemoved:
            budget = book.budgets.get(campaign_id)
            if budget is None:
                return CampaignRemoved(removed=0)
            if budget.issued:
                raise InvalidInput(f"Of {campaign_id} there are {budget.issued} coupons: pause it instead.")
            book.remove(campaign_id)
            return CampaignRemoved(removed=1)

        return await self._turns.run(Touched(campaign_ids=(campaign_id,)), act)

    async def report(self, campaign_id: str) -> Report:
        """Return what came of a campaign."""

        def look() -> Report:
            book = self._store.read(Touched(campaign_ids=(campaign_id,)))
            campaign = _newest(book, campaign_id)
            told = self._policies.told(campaign_id)
            return report_of(campaign, book.budgets[campaign_id], self._store.earned(campaign_id), told)

        return await self._off_loop(look)

    async def ledger(
        self,
        *,
        campaign_id: str | None = None,
        coupon_id: str | None = None,
        order_id: str | None = None,
        since: int = 0,
        limit: int = 100,
    ) -> Ledger:
        """Return a part of the ledger."""
        entries = await self._off_loop(
            lambda: self._store.entries(
                campaign_id=campaign_id, coupon_id=coupon_id, order_id=order_id, since=since, limit=limit
            )
        )
        return Ledger(entries=list(map(entry_out, entries)), number=entries[-1].number if entries else since)

    async def decide(self, request: DecideRequest) -> DecideAnswer:
        """Return who is offered what, and log it."""
        return await self._deciding.decide(request)

    async def issue(self, request: IssueRequest, key: str | None = None) -> IssueAnswer:
        """Make codes. What is kept of the answer is the seed that they are drawn from again, with the secret."""
        people: list[tuple[str | None, str | None]] = [(None, None)] * (request.count or 0)
        people += [(one.shopper_id, one.decision_id) for one in request.people or ()]
        seed, now = secrets.token_bytes(_SEED_BYTES), self._clock()
        secret = (await self._ready()).secret
        digests = self._digests.of(drawn(secret, seed, len(people)))
        wanted = [Wanted(uuid4().hex, digest, *whom) for digest, whom in zip(digests, people, strict=True)]
        campaign = await self.campaign(request.campaign_id)
        named = [one.shopper_id for one in request.people or ()]
        own = await self._segments_of(named) if campaign.reach.segments else {}
        barred = self._tombstones.buried(named)
        meant = {who for who, segments in own.items() if not segments.isdisjoint(campaign.reach.segments)}

        def act(book: Book) -> IssueAnswer:
            coupons, refusals = issue(
                book, _newest(book, request.campaign_id), request.offer_id, wanted, meant, now, barred
            )
            return IssueAnswer(coupons=list(map(issued, coupons)), refusals=refusals_out(refusals))

        decided = tuple(decision_id for _, decision_id in people if decision_id)
        touched = Touched(campaign_ids=(request.campaign_id,), decision_ids=decided, now=now)
        answer, seed = await self._once(key, request, IssueAnswer, touched, act, seed)
        return with_codes(answer, drawn(secret, seed, len(people)))

    async def validate(self, request: ValidateRequest) -> CouponAnswer:
        """Return what codes would do."""

        async def look(asked: Checkout) -> CouponAnswer:
            book = await self._off_loop(lambda: self._store.read(_about(asked)))
            return answered(quote(book, asked), "valid", asked.cart)

        return await self._with_codes(request, None, look)

    async def reserve(self, request: ReserveRequest, key: str | None = None) -> CouponAnswer:
        """Hold coupons for an order."""
        lasts = timedelta(minutes=request.minutes)

        async def hold(asked: Checkout) -> CouponAnswer:
            def act(book: Book) -> CouponAnswer:
                return answered(reserve(book, asked, lasts), "reserved", asked.cart, asked.order_id)

            return (await self._once(key, request, CouponAnswer, _about(asked), act))[0]

        return await self._with_codes(request, request.order_id, hold)

    async def redeem(self, request: RedeemRequest, key: str | None = None) -> CouponAnswer:
        """Use coupons in an order."""
        if request.codes is None or request.cart is None:
            now = self._clock()
            return await self._of_order(
                key,
                request,
                lambda book: answered(complete(book, request.order_id, now), "redeemed", None, request.order_id),
            )

        async def use(asked: Checkout) -> CouponAnswer:
            def act(book: Book) -> CouponAnswer:
                return answered(redeem(book, asked), "redeemed", asked.cart, asked.order_id)

            return (await self._once(key, request, CouponAnswer, _about(asked), act))[0]

        given = ValidateRequest.model_construct(codes=request.codes, cart=request.cart, shopper_id=request.shopper_id)
        return await self._with_codes(given, request.order_id, use)

    async def release(self, request: ReleaseRequest, key: str | None = None) -> CouponAnswer:
        """Free what is reserved for an order."""
        now = self._clock()
        return await self._of_order(
            key,
            request,
            lambda book: answered(release(book, request.order_id, now), "released", None, request.order_id),
        )

    async def reverse(self, request: ReverseRequest, key: str | None = None) -> ReverseAnswer:
        """Take goods of an order back."""
        now, order_id = self._clock(), request.order_id
        pieces = None if request.lines is None else {line.item_id: line.quantity for line in request.lines}
        shipping = pieces is None if request.shipping is None else request.shipping

        def act(book: Book) -> ReverseAnswer:
            return refunded(reverse(book, order_id, pieces, shipping=shipping, now=now), order_id)

        return (await self._once(key, request, ReverseAnswer, Touched(order_ids=(order_id,), now=now), act))[0]

    async def _of_order(
        self, key: str | None, request: RedeemRequest | ReleaseRequest, act: Callable[[Book], CouponAnswer]
    ) -> CouponAnswer:
        touched = Touched(order_ids=(request.order_id,), now=self._clock())
        return (await self._once(key, request, CouponAnswer, touched, act))[0]

    async def _with_codes(
        self, given: ValidateRequest, order_id: str | None, do: Callable[[Checkout], Awaitable[CouponAnswer]]
    ) -> CouponAnswer:
        """Do something with codes and a cart, and count codes that are none."""
        # Who was erased is nobody: what comes of them later is not kept.
        who = None if self._tombstones.buried([given.shopper_id or ""]) else given.shopper_id
        self._guesses.check(who)
        asked = Checkout(
            digests=(await self._ready()).of(given.codes),
            cart=await cart_of(given.cart, self._catalog),
            now=self._clock(),
            order_id=order_id or "",
            shopper_id=who,
        )
        try:
            answer = await do(asked)
        except SegmentsNeeded:
            own = await self._segments_of([who] if who else [])
            answer = await do(replace(asked, segments=own.get(who or "", frozenset())))
        self._guesses.failed(who, sum(one.reason == "unknown_code" for one in answer.refusals))
        return answer

    async def _ready(self) -> Digests:
        """Return what hashes codes, with its secret read."""
        if not self._digests.is_ready:
            await self._off_loop(lambda: self._digests.secret)
        return self._digests

    async def _segments_of(self, shopper_ids: list[str]) -> dict[str, frozenset[str]]:
        """Return where some people are; in a segment that nothing can be said of is nobody."""
        if not shopper_ids:
            return {}
        told = await self._predictions.segments_of(CheckRequest(shopper_ids=shopper_ids))
        return {one.shopper_id: frozenset(one.segments) for one in told.shoppers}

    async def _once(
        self,
        key: str | None,
        request: BaseModel,
        kind: type[M],
        touched: Touched,
        act: Callable[[Book], M],
        seed: bytes = b"",
    ) -> tuple[M, bytes]:
        """Act, or give the answer and the seed again that are kept under the key."""
        if key is None:
            return await self._turns.run(touched, act), seed
        if key in self._running:
            raise StillRunning("The same is being answered now; ask again in a moment.")
        question = sha256(f"{type(request).__name__}\n{request.model_dump_json()}".encode()).hexdigest()

        def act_once(book: Book) -> tuple[M, bytes]:
            kept = book.kept.get(key)
            if kept is None:
                answer = act(book)
                book.answer(key, Kept(question, answer.model_dump_json(), seed))
                return answer, seed
            if kept.question != question:
                raise KeyReused("This Idempotency-Key came with another request before: each request needs its own.")
            return kind.model_validate_json(kept.answer), kept.seed

        self._running.add(key)
        try:
            return await self._turns.run(replace(touched, keys=(key,)), act_once)
        finally:
            self._running.discard(key)


def _about(asked: Checkout) -> Touched:
    return Touched(
        digests=asked.digests,
        order_ids=(asked.order_id,) if asked.order_id else (),
        shopper_ids=(asked.shopper_id,) if asked.shopper_id else (),
        now=asked.now,
    )


def _newest(book: Book, campaign_id: str) -> Campaign:
    campaign = book.newest(campaign_id)
    if campaign is None:
        raise NotFound(f"There is no campaign {campaign_id!r}.")
    return campaign


def _edited(book: Book, campaign: Campaign) -> CampaignAbout:
    """Make a version of a campaign, unless it says what the newest says."""
    before = book.newest(campaign.campaign_id)
    if before is None or replace(campaign, version=before.version) != before:
        before = edit(book, campaign)
    return campaign_about(before, book.budgets[campaign.campaign_id])
