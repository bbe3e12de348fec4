"""A part of the ledger, read from the tables and written back."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import product

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects import postgresql, sqlite

from shopkeeper.adapters.sql import coupon_tables as tables
from shopkeeper.adapters.sql.coupon_rows import (
    BUDGET,
    COUPON,
    ENTRY,
    Row,
    budget_of,
    coupon_of,
    decision_of,
    row_of_budget,
    row_of_coupon,
    row_of_entry,
)
from shopkeeper.adapters.sql.ready import Among, Asked, Change
from shopkeeper.coupons.book import Book, Touched
from shopkeeper.data.coupon import USABLE, Campaign, CouponOrder, Kept
from shopkeeper.kit.clock import to_us

_TERMS, _ORDER = TypeAdapter(Campaign), TypeAdapter(CouponOrder)
_ANSWERS, _BUDGETS, _DECISIONS, _ORDERS, _BY_DIGEST, _BY_ID, _BY_DECISION = (
    Among(sa.select(column.table), column)
    for column in (
        tables.answers.c.key,
        tables.budgets.c.campaign_id,
        tables.decisions.c.decision_id,
        tables.orders.c.order_id,
        tables.coupons.c.digest,
        tables.coupons.c.coupon_id,
        tables.coupons.c.decision_id,
    )
)
_VERSIONS = Among(sa.select(tables.campaigns), tables.campaigns.c.campaign_id, tables.campaigns.c.version)
_USES = Among(sa.select(tables.uses), tables.uses.c.campaign_id, tables.uses.c.shopper_id)
_OVERDUE = Asked(
    sa.select(tables.orders)
    .where(tables.orders.c.reserved_until <= sa.bindparam("now"))
    .order_by(tables.orders.c.reserved_until)
    .limit(sa.literal_column("200"))  # the others wait for the next turn
    .offset(sa.literal_column("0")),
    "now",
)
_EXPIRED = (
    sa.select(tables.coupons)
    .where(tables.coupons.c.state.in_(sorted(USABLE)), tables.coupons.c.expires_at <= sa.bindparam("now"))
    .order_by(tables.coupons.c.expires_at)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_INSERTS: dict[str, "Callable[[sa.Table], sqlite.Insert] | Callable[[sa.Table], postgresql.Insert]"] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def _added(table: sa.Table, names: Sequence[str]) -> Change:
    """Return what inserts rows."""
    return Change(lambda _: sa.insert(table).inline(), *names)


def _put(table: sa.Table, names: Sequence[str]) -> Change:
    """Return what inserts rows, or replaces those that are there."""

    def make(kind: str) -> sa.Insert:
        put, keys = _INSERTS[kind](table), list(table.primary_key.columns)
        others = {column.name: put.excluded[column.name] for column in table.c if column not in keys}
        return put.on_conflict_do_update(index_elements=keys, set_=others)

    return Change(make, *names)


_PUT_BUDGETS = _put(tables.budgets, BUDGET)
_PUT_ORDERS = _put(tables.orders, ("order_id", "reserved_until", "told"))
_PUT_USES = _put(tables.uses, ("campaign_id", "shopper_id", "orders"))
_ADD_TERMS = _added(tables.campaigns, ("campaign_id", "version", "terms"))
_ADD_COUPONS = _added(tables.coupons, COUPON)
_ADD_ENTRIES = _added(tables.ledger, ENTRY)
_ADD_ANSWERS = _added(tables.answers, ("key", "question", "answer", "seed", "at"))
_MOVED = ("state", "at", "order_id")
_MOVE = Change(
    lambda _: (
        sa.update(tables.coupons)
        .where(tables.coupons.c.coupon_id == sa.bindparam("own"))
        .values({name: sa.bindparam(f"new_{name}") for name in _MOVED})
    ),
    *(f"new_{name}" for name in _MOVED),
    "own",
)


@lru_cache(maxsize=1000)
def terms_of(told: str) -> Campaign:
    """Return a version of a campaign."""
    return _TERMS.validate_json(told)


def read(connection: sa.Connection, touched: Touched) -> Book:
    """Return all that a transaction is about."""
    book = Book()
    _read_orders(connection, touched, book)
    _read_coupons(connection, touched, book)
    found = book.coupons.values()
    campaign_ids = {*touched.campaign_ids, *(coupon.campaign_id for coupon in found)}
    for row in _BUDGETS.rows(connection, campaign_ids):
        book.budgets[row.campaign_id] = budget_of(row)
    versions = {(coupon.campaign_id, coupon.version) for coupon in found}
    versions |= {(one.campaign_id, one.version) for one in book.budgets.values()}
    for row in _VERSIONS.rows(connection, versions):
        book.terms[row.campaign_id, row.version] = terms_of(row.terms)
    people = {*touched.shopper_ids, *(one.shopper_id for one in found), *(o.shopper_id for o in book.orders.values())}
    for row in _USES.rows(connection, product(campaign_ids, people - {None})):
        book.uses[row.campaign_id, row.shopper_id] = row.orders
    for row in _DECISIONS.rows(connection, touched.decision_ids):
        book.decisions[row.decision_id] = decision_of(row)
    for row in _ANSWERS.rows(connection, touched.keys):
        book.kept[row.key] = Kept(row.question, row.answer, row.seed)
    return book


def _read_orders(connection: sa.Connection, touched: Touched, book: Book) -> None:
    rows = _ORDERS.rows(connection, touched.order_ids)
    if touched.now:
        rows += _OVERDUE.rows(connection, to_us(touched.now))
    for row in rows:
        book.orders[row.order_id] = _ORDER.validate_json(row.told)


def _read_coupons(connection: sa.Connection, touched: Touched, book: Book) -> None:
    of_orders = [one.coupon_id for order in book.orders.values() for one in order.taken]
    rows = [
        *_BY_DIGEST.rows(connection, touched.digests),
        *_BY_ID.rows(connection, of_orders),
        *_BY_DECISION.rows(connection, touched.decision_ids),
    ]
    if touched.expiring and touched.now:
        rows += connection.execute(_EXPIRED, {"now": to_us(touched.now), "most": touched.expiring})
    for row in rows:
        coupon = coupon_of(row)
        book.coupons[coupon.coupon_id], book.codes[coupon.digest] = coupon, coupon.coupon_id


def write(connection: sa.Connection, book: Book, now: datetime | None) -> None:
    """Write what changed."""
    for table in (tables.budgets, tables.campaigns):
        if book.removed:
            connection.execute(sa.delete(table).where(table.c.campaign_id.in_(book.removed)))
    terms = [
        (name, version, _TERMS.dump_json(book.terms[name, version]).decode())
        for name, version in sorted(book.new_terms)
        if name in book.budgets
    ]
    _ADD_TERMS.run(connection, terms)
    budgets = [book.budgets[name] for name in sorted(book.changed_budgets) if name in book.budgets]
    _PUT_BUDGETS.run(connection, map(row_of_budget, budgets))
    _ADD_COUPONS.run(connection, (row_of_coupon(book.coupons[one]) for one in sorted(book.new_coupons)))
    moved = [book.coupons[one] for one in sorted(book.changed_coupons - book.new_coupons)]
    _MOVE.run(connection, ((one.state, to_us(one.at), one.order_id, one.coupon_id) for one in moved))
    _PUT_ORDERS.run(connection, (_row_of_order(book.orders[one]) for one in sorted(book.changed_orders)))
    _PUT_USES.run(connection, ((*use, book.uses[use]) for use in sorted(book.changed_uses)))
    _ADD_ENTRIES.run(connection, map(row_of_entry, book.entries))
    if book.new_kept and now:
        kept = [(key, book.kept[key]) for key in sorted(book.new_kept)]
        _ADD_ANSWERS.run(connection, ((key, one.question, one.answer, one.seed, to_us(now)) for key, one in kept))


def _row_of_order(order: CouponOrder) -> Row:
    until = to_us(order.reserved_until) if order.reserved_until else None
    return order.order_id, until, _ORDER.dump_json(order).decode()
