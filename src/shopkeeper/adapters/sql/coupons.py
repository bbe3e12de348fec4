"""Coupons and their ledger in SQL tables."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from shopkeeper.adapters.sql import coupon_tables as tables
from shopkeeper.adapters.sql.coupon_books import read, terms_of, write
from shopkeeper.adapters.sql.coupon_rows import budget_of, decision_of, entry_of, row_of_decision
from shopkeeper.coupons.book import Book, Touched
from shopkeeper.data.coupon import SETTLED, Budget, Campaign, Decision, Entry, Step
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.ports.coupons import Earned, Taking

T = TypeVar("T")


class SqlCouponStore:
    """A CouponStore in a database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def run(self, touched: Touched, act: Callable[[Book], T]) -> T:
        """Let something read and change a part of the ledger, while nobody else changes any; all is kept, or nothing.

        Those who change it take turns: what many ask for at once is better brought in one act.
        """
        with self._alone() as connection:
            book = read(connection, touched)
            done = act(book)
            write(connection, book, touched.now)
            return done

    @contextmanager
    def _alone(self) -> Iterator[sa.Connection]:
        is_sqlite = self._engine.dialect.name == "sqlite"
        lock = "BEGIN IMMEDIATE" if is_sqlite else "LOCK TABLE coupon_budgets IN SHARE ROW EXCLUSIVE MODE"
        with self._engine.begin() as connection:
            connection.exec_driver_sql(lock)
            yield connection

    def read(self, touched: Touched) -> Book:
        """Return a part of the ledger as it is."""
        with self._engine.connect() as connection:
            return read(connection, touched)

    def campaigns(self) -> list[tuple[Campaign, Budget]]:
        """Return the newest version of all campaigns with what is left, by id."""
        newest = sa.and_(
            tables.campaigns.c.campaign_id == tables.budgets.c.campaign_id,
            tables.campaigns.c.version == tables.budgets.c.version,
        )
        asked = sa.select(tables.campaigns.c.terms, *tables.budgets.c).join_from(
            tables.budgets, tables.campaigns, newest
        )
        with self._engine.connect() as connection:
            rows = connection.execute(asked.order_by(tables.budgets.c.campaign_id)).all()
        return [(terms_of(terms), budget_of(row)) for terms, *row in rows]

    def entries(
        self,
        *,
        campaign_id: str | None = None,
        coupon_id: str | None = None,
        order_id: str | None = None,
        since: int = 0,
        limit: int = 1000,
    ) -> list[Entry]:
        """Return the first entries after a number, of one campaign, coupon or order, or of all."""
        ledger = tables.ledger.c
        asked = sa.select(tables.ledger).where(ledger.number > since).order_by(ledger.number).limit(limit)
        for column, value in (
            (ledger.campaign_id, campaign_id),
            (ledger.coupon_id, coupon_id),
            (ledger.order_id, order_id),
        ):
            if value is not None:
                asked = asked.where(column == value)
        with self._engine.connect() as connection:
            return [entry_of(row) for row in connection.execute(asked)]

    def earned(self, campaign_id: str) -> Earned:
        """Return the sums of a campaign's entries."""
        ledger = tables.ledger.c
        unknown = sa.func.count().filter(ledger.step == "redeemed", ledger.cost_minor.is_(None))
        goods, off, cost = (
            sa.func.coalesce(sa.func.sum(column), 0)
            for column in (ledger.goods_minor, ledger.spent_minor, ledger.cost_minor)
        )
        asked = sa.select(goods, off, cost, unknown).where(ledger.campaign_id == campaign_id)
        steps = sa.select(ledger.step, sa.func.count()).where(ledger.campaign_id == campaign_id).group_by(ledger.step)
        with self._engine.connect() as connection:
            sums = connection.execute(asked).one()
            counts: dict[Step, int] = {row[0]: row[1] for row in connection.execute(steps)}
        return Earned(int(sums[0]), int(sums[1]), None if sums[3] else int(sums[2]), counts)

    def forget_answers(self, before: datetime) -> int:
        """Remove answers that were first given before a time; return how many."""
        old = sa.delete(tables.answers).where(tables.answers.c.at < to_us(before))
        with self._engine.begin() as connection:
            return connection.execute(old).rowcount

    def decide(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Write down the decisions that are not there yet, all or none; return each as it is there."""
        if not decisions:
            return []
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        new = insert(tables.decisions).on_conflict_do_nothing(index_elements=["decision_id"])
        made = tables.decisions.c
        with self._engine.begin() as connection:
            connection.execute(new, [row_of_decision(one) for one in decisions])
            rows = connection.execute(
                sa.select(tables.decisions).where(made.decision_id.in_([one.decision_id for one in decisions]))
            )
            there = {row.decision_id: decision_of(row) for row in rows}
        return [there[one.decision_id] for one in decisions]

    def taken(self, campaign_id: str) -> dict[str, Taking]:
        """Return what became of the coupons that decisions gave, by decision."""
        ledger, coupon = tables.ledger.c, tables.coupons.c
        redeemed = sa.func.min(ledger.at).filter(ledger.step == "redeemed")
        settled = coupon.state.in_(SETTLED)
        asked = (
            sa.select(coupon.decision_id, sa.func.sum(ledger.spent_minor), redeemed, settled)
            .join_from(tables.coupons, tables.ledger, ledger.coupon_id == coupon.coupon_id)
            .where(coupon.campaign_id == campaign_id, coupon.decision_id.is_not(None))
            .group_by(coupon.decision_id, coupon.state)
        )
        with self._engine.connect() as connection:
            return {
                row[0]: Taking(int(row[1]), None if row[2] is None else from_us(row[2]), bool(row[3]))
                for row in connection.execute(asked)
            }

    def promised_minor(self, campaign_id: str, since: datetime) -> float:
        """Return what coupons of newer decisions are expected to take off still."""
        made, coupon = tables.decisions.c, tables.coupons.c
        asked = (
            sa.select(sa.func.coalesce(sa.func.sum(made.expected_minor), 0.0))
            .join_from(tables.decisions, tables.coupons, coupon.decision_id == made.decision_id, isouter=True)
            .where(made.campaign_id == campaign_id, made.at >= to_us(since), made.expected_minor > 0)
            .where(coupon.state.is_(None) | coupon.state.not_in(SETTLED))
        )
        with self._engine.connect() as connection:
            return float(connection.execute(asked).scalar_one())

    def decisions(self, campaign_id: str, *, since: int = 0, limit: int = 100_000) -> tuple[list[Decision], int]:
        """Return the first decisions about a campaign after a number, and the number of the last."""
        made = tables.decisions.c
        asked = sa.select(tables.decisions).where(made.campaign_id == campaign_id, made.number > since)
        with self._engine.connect() as connection:
            rows = connection.execute(asked.order_by(made.number).limit(limit)).all()
        return [decision_of(row) for row in rows], rows[-1].number if rows else since
