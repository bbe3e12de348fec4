"""What is asked, as the rules take it."""

import hmac
from collections.abc import Callable, Sequence
from functools import cached_property

from shopkeeper.data.cart import Cart, CartLine
from shopkeeper.data.coupon import Campaign, Offer, Reach
from shopkeeper.kit.codes import plain
from shopkeeper.services.catalog.contract import Catalog, ProductModel
from shopkeeper.services.coupons.contract import CampaignModel, CartIn, CartLineIn, OfferModel

COST = "cost_minor"
"""The attribute of a product that says what it costs the shop."""
_FREE_BP = 10_000


class Digests:
    """What is kept of codes; the secret is read when it is needed first."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._secret = secret

    @cached_property
    def secret(self) -> bytes:
        """Return the shop's own."""
        return self._secret()

    @cached_property
    def _keyed(self) -> hmac.HMAC:
        return hmac.new(self.secret, digestmod="sha256")

    @property
    def is_ready(self) -> bool:
        """Tell whether the secret is read."""
        return "secret" in self.__dict__

    def of(self, codes: Sequence[str]) -> tuple[bytes, ...]:
        """Return the HMAC-SHA256 of what each code means.

        Found by an index: what could be learned from the time that takes is about the HMAC, and nothing of the code.
        """
        return tuple(map(self._digest, codes))

    def _digest(self, code: str) -> bytes:
        # Unlike `hmac.digest`, this lets no other thread in, after which there is a wait for the next turn.
        keyed = self._keyed.copy()
        keyed.update(plain(code).encode())
        return keyed.digest()


async def cart_of(given: CartIn, catalog: Catalog) -> Cart:
    """Return a cart with what the catalogue says of its products."""
    products = await catalog.get_many([line.item_id for line in given.lines])
    lines = tuple(_line(line, products.get(line.item_id), given.currency) for line in given.lines)
    return Cart(lines=lines, currency=given.currency, shipping_minor=given.shipping_minor)


def _line(line: CartLineIn, product: ProductModel | None, currency: str) -> CartLine:
    cost, public, categories = line.cost_minor, None, line.categories
    if product is not None:
        told = product.attributes.get(COST)
        cost = told if cost is None and isinstance(told, int) and not isinstance(told, bool) and told >= 0 else cost
        public = product.price_minor if product.currency == currency else None
        categories = product.categories if categories is None else categories
    return CartLine(
        item_id=line.item_id,
        quantity=line.quantity,
        unit_minor=line.unit_minor,
        categories=tuple(categories or ()),
        public_minor=public,
        cost_minor=cost,
    )


def campaign_of(given: CampaignModel) -> Campaign:
    """Return the first version of a campaign."""
    return Campaign(
        campaign_id=given.campaign_id,
        title=given.title,
        currency=given.currency,
        offers=tuple(map(_offer, given.offers)),
        starts_at=given.starts_at,
        ends_at=given.ends_at,
        budget_minor=given.budget_minor,
        reach=Reach(
            items=frozenset(given.reach.items),
            categories=frozenset(given.reach.categories),
            segments=frozenset(given.reach.segments),
        ),
        per_person=given.per_person,
        in_total=given.in_total,
        stack=given.stack,
        floor_margin_bp=given.floor_margin_bp,
        valid_days=given.valid_days,
        paused=given.paused,
        margin_bp=given.margin_bp,
        most_each_minor=given.most_each_minor,
        least_return_bp=given.least_return_bp,
    )


def _offer(given: OfferModel) -> Offer:
    free = _FREE_BP if given.kind == "buy_x_get_y" else 0
    return Offer(
        offer_id=given.offer_id,
        kind=given.kind,
        percent_bp=given.percent_bp or free,
        amount_minor=given.amount_minor or 0,
        buy=given.buy or 0,
        get=given.get or 0,
        bundle=tuple(given.bundle),
        least_minor=given.least_minor,
        most_minor=given.most_minor,
        public=given.public,
    )
