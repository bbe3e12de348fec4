"""What coupons take off: known answers, and what must hold of every cart."""

from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.coupons.combine import Held, best
from shopkeeper.coupons.eligibility import WHOLE_BP, taken_off
from shopkeeper.coupons.reasons import SENTENCES
from shopkeeper.data.cart import Cart, CartLine
from shopkeeper.data.coupon import Campaign, Offer, Reach
from shopkeeper.testing.contract_suite import NOW

PERCENT = Offer(offer_id="o", kind="percent", percent_bp=1000)
TEA = CartLine(item_id="tea", quantity=3, unit_minor=333, categories=("Drinks > Tea",), cost_minor=270)
MUG = CartLine(item_id="mug", quantity=1, unit_minor=1001)
CART = Cart(lines=(TEA, MUG), currency="EUR", shipping_minor=490)


def campaign(
    name: str = "c", *, stack: str | None = None, reach: Reach | None = None, floor: int | None = None
) -> Campaign:
    return Campaign(
        campaign_id=name,
        currency="EUR",
        offers=(),
        starts_at=NOW,
        ends_at=NOW + timedelta(days=1),
        budget_minor=0,
        stack=stack,
        reach=reach or Reach(),
        floor_margin_bp=floor,
    )


@pytest.mark.parametrize(
    ("offer", "off"),
    [
        (PERCENT, (100, 100, 0)),
        (Offer(offer_id="o", kind="percent", percent_bp=1000, most_minor=50), (25, 25, 0)),
        (Offer(offer_id="o", kind="amount", amount_minor=1000), (500, 500, 0)),
        (Offer(offer_id="o", kind="amount", amount_minor=9999), (999, 1001, 0)),
        (Offer(offer_id="o", kind="free_shipping"), (0, 0, 490)),
        (Offer(offer_id="o", kind="free_shipping", most_minor=300), (0, 0, 300)),
        (Offer(offer_id="o", kind="buy_x_get_y", buy=1, get=1, percent_bp=WHOLE_BP), (666, 0, 0)),
        (Offer(offer_id="o", kind="buy_x_get_y", buy=3, get=1, percent_bp=5000), (167, 0, 0)),
        (Offer(offer_id="o", kind="bundle", bundle=("mug", "tea"), amount_minor=1000), (83, 251, 0)),
        (Offer(offer_id="o", kind="percent", percent_bp=1000, least_minor=2001), "below_least"),
        (Offer(offer_id="o", kind="buy_x_get_y", buy=4, get=1, percent_bp=WHOLE_BP), "too_few_pieces"),
        (Offer(offer_id="o", kind="bundle", bundle=("mug", "pot"), amount_minor=1), "bundle_incomplete"),
        (Offer(offer_id="o", kind="bundle", bundle=("mug", "tea"), amount_minor=1334), "bundle_incomplete"),
        (Offer(offer_id="o", kind="percent", percent_bp=1), "takes_nothing"),
    ],
)
def test_each_kind_takes_off_what_it_says(offer: Offer, off: object) -> None:
    assert taken_off(campaign(), offer, CART) == off


def test_half_a_cent_is_the_customers() -> None:
    cart = Cart(lines=(CartLine(item_id="a", quantity=1, unit_minor=5),), currency="EUR")
    assert taken_off(campaign(), PERCENT, cart) == (1, 0)


@pytest.mark.parametrize(
    ("reach", "off"),
    [
        (Reach(categories=frozenset({"Drinks"})), (100, 0, 0)),
        (Reach(categories=frozenset({"Drinks > Tea"})), (100, 0, 0)),
        (Reach(categories=frozenset({"Drinks > Te"})), "not_in_reach"),
        (Reach(items=frozenset({"mug"}), categories=frozenset({"Food"})), (0, 100, 0)),
    ],
)
def test_a_reach_names_products_or_categories(reach: Reach, off: object) -> None:
    assert taken_off(campaign(reach=reach), PERCENT, CART) == off


def test_a_margin_is_kept_of_what_has_a_cost() -> None:
    kept = campaign(floor=1000, reach=Reach(items=frozenset({"tea"})))
    assert taken_off(kept, PERCENT, CART) == (99, 0, 0)
    assert taken_off(campaign(floor=5000, reach=kept.reach), PERCENT, CART) == "floor_margin"
    assert taken_off(campaign(floor=0, reach=Reach(items=frozenset({"mug"}))), PERCENT, CART) == "cost_unknown"


def test_every_reason_has_a_sentence() -> None:
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())


LINES = st.lists(
    st.builds(
        CartLine,
        item_id=st.sampled_from("abcd"),
        quantity=st.integers(1, 5),
        unit_minor=st.integers(0, 2000),
        public_minor=st.none() | st.integers(0, 2000),
        cost_minor=st.none() | st.integers(0, 1500),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda line: line.item_id,
)
CARTS = st.builds(
    lambda lines, shipping: Cart(lines=tuple(lines), currency="EUR", shipping_minor=shipping),
    LINES,
    st.integers(0, 900),
)
OFFERS = st.one_of(
    st.builds(Offer, offer_id=st.just("o"), kind=st.just("percent"), percent_bp=st.integers(1, WHOLE_BP)),
    st.builds(Offer, offer_id=st.just("o"), kind=st.just("amount"), amount_minor=st.integers(1, 9000)),
    st.just(Offer(offer_id="o", kind="free_shipping")),
    st.builds(
        Offer,
        offer_id=st.just("o"),
        kind=st.just("buy_x_get_y"),
        buy=st.integers(1, 3),
        get=st.integers(1, 2),
        percent_bp=st.integers(1, WHOLE_BP),
    ),
    st.builds(
        Offer,
        offer_id=st.just("o"),
        kind=st.just("bundle"),
        bundle=st.just(("a", "b")),
        amount_minor=st.integers(0, 900),
    ),
)
HELD = st.lists(st.tuples(OFFERS, st.none() | st.sampled_from("xyz"), st.none() | st.integers(0, 5000)), max_size=4)


def held(drawn: list[tuple[Offer, str | None, int | None]]) -> list[Held]:
    return [
        Held(f"h{n}", campaign(f"c{n}", stack=stack, floor=floor), offer)
        for n, (offer, stack, floor) in enumerate(drawn)
    ]


@given(CARTS, HELD)
def test_no_price_falls_below_nothing_or_the_margin_or_was_raised_before(
    cart: Cart, drawn: list[tuple[Offer, str | None, int | None]]
) -> None:
    found = best(held(drawn), cart)
    left = [line.minor for line in cart.lines] + [cart.shipping_minor]
    for one, off in found.used:
        left = [before - minor for before, minor in zip(left, off, strict=True)]
        assert all(minor >= 0 for minor in (*left, *off))
        for line, minor, after in zip(cart.lines, off, left, strict=False):
            if minor:
                assert line.public_minor is None or line.unit_minor <= line.public_minor
                floor = one.terms.floor_margin_bp
                if floor is not None:
                    assert line.cost_minor is not None
                    assert (after - line.quantity * line.cost_minor) * WHOLE_BP >= floor * after
    assert found.minor == sum(line.minor for line in cart.lines) + cart.shipping_minor - sum(left)
    assert {one.coupon_id for one, _ in found.used} | found.refused.keys() == {one.coupon_id for one in held(drawn)}


@given(CARTS, HELD)
def test_nothing_that_may_be_combined_takes_off_more_and_order_does_not_matter(
    cart: Cart, drawn: list[tuple[Offer, str | None, int | None]]
) -> None:
    some = held(drawn)
    found = best(some, cart)
    assert best(some[::-1], cart) == found
    for n in range(1, len(some) + 1):
        for chosen in combinations(some, n):
            groups = [one.terms.stack for one in chosen]
            if n == 1 or (None not in groups and len(set(groups)) == n):
                assert best(chosen, cart).minor <= found.minor
