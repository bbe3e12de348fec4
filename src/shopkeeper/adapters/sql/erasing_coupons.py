"""Coupons of erased persons: the books keep what they cost, under a name that was drawn by chance."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from secrets import token_hex
from typing import Any

import sqlalchemy as sa

from shopkeeper.adapters.sql import coupon_tables as tables
from shopkeeper.adapters.sql.erasing import among, writing
from shopkeeper.data.erasure import ERASED_PREFIX, Gone, State
from shopkeeper.estimator import Progress, ignore
from shopkeeper.kit.clock import from_us
from shopkeeper.ports.people import Told

_TIMES = ("at", "expires_at", "reserved_until")
_HIDDEN = ("digest", "seed", "key", "question", "number")
"""From which a code could be told, or which mean something to the database alone."""
_NAMED = re.compile(r'"shopper_id": ?("(?:[^"\\]|\\.)*")')
_Rows = Mapping[sa.Table, Sequence[sa.Row[Any]]]


class SqlCouponPlace:
    """Coupons, their orders and uses are kept for the books without a person; decisions and answers are removed."""

    name = "coupons"
    state: State = "pseudonym"
    about = "Coupons and orders with them stay in the books, under a name drawn by chance; decisions are removed."

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def tell(self, gone: Gone) -> Sequence[Told]:
        """Return what there is, each with its table."""
        with self._engine.connect() as connection:
            found = _theirs(connection, gone)
        return [{"table": table.name, **_told(row)} for table, rows in found.items() for row in rows]

    def count(self, gone: Gone) -> int:
        """Return how much there is."""
        with self._engine.connect() as connection:
            return sum(map(len, _theirs(connection, gone).values()))

    def erase(self, gone: Gone, on_progress: Progress = ignore) -> int:
        """Name them anew in what the books need, and remove the rest."""
        with writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("LOCK TABLE coupon_budgets IN SHARE ROW EXCLUSIVE MODE")
            rows = _theirs(connection, gone)
            names = {who: f"{ERASED_PREFIX}{token_hex(8)}" for who in sorted(gone.ids)}
            for change, told in _changes(rows, names):
                if told:
                    connection.execute(change, told)
            return sum(map(len, rows.values()))

    def known(self) -> Iterable[str]:
        """Return everybody's ids."""
        with self._engine.connect() as connection:
            named = [table.c.shopper_id for table in (tables.coupons, tables.uses, tables.decisions)]
            buyers = connection.scalars(sa.union(*(sa.select(one) for one in (*named, _buyer(connection)))))
            answered = [who for row in connection.execute(sa.select(tables.answers)) for who in _named(row.answer)]
            return {who for who in [*buyers, *answered] if who and not who.startswith(ERASED_PREFIX)}


def _theirs(connection: sa.Connection, gone: Gone) -> _Rows:
    named = {table: table.c.shopper_id for table in (tables.coupons, tables.uses, tables.decisions)}
    asked = {**named, tables.orders: _buyer(connection)}
    found: dict[sa.Table, Sequence[sa.Row[Any]]] = {
        table: connection.execute(sa.select(table).where(among(connection, column, gone.ids))).all()
        for table, column in asked.items()
    }
    answers = connection.execute(sa.select(tables.answers))
    found[tables.answers] = [row for row in answers if not gone.ids.isdisjoint(_named(row.answer))]
    return found


def _buyer(connection: sa.Connection) -> sa.ColumnElement[str]:
    told = tables.orders.c.told
    if connection.dialect.name == "sqlite":
        return sa.func.json_extract(told, "$.shopper_id", type_=sa.Text)
    return sa.func.json_extract_path_text(sa.cast(told, sa.JSON), "shopper_id", type_=sa.Text)


def _named(answer: str) -> set[str]:
    return {json.loads(name) for name in _NAMED.findall(answer)}


def _changes(rows: _Rows, names: Mapping[str, str]) -> list[tuple[sa.Executable, list[dict[str, object]]]]:
    """Return statements, each with the rows it is run for."""
    who: sa.BindParameter[Any] = sa.bindparam("who")
    own: sa.BindParameter[Any] = sa.bindparam("own")
    coupons, orders, uses, decisions, answers = (
        table.c for table in (tables.coupons, tables.orders, tables.uses, tables.decisions, tables.answers)
    )
    # The id of a decision can be told from the person, by who has the secret.
    coupon = sa.update(tables.coupons).where(coupons.coupon_id == own).values(shopper_id=who, decision_id=None)
    order = sa.update(tables.orders).where(orders.order_id == own).values(told=who)
    used = sa.update(tables.uses).where(uses.campaign_id == own, uses.shopper_id == sa.bindparam("was"))
    # Nothing but what is without a person may be removed: the database sees to that.
    decided = sa.update(tables.decisions).where(decisions.number == own).values(shopper_id=who)
    gone = [{"own": row.number} for row in rows[tables.decisions]]
    return [
        (coupon, [{"own": row.coupon_id, "who": names[row.shopper_id]} for row in rows[tables.coupons]]),
        (order, [{"own": row.order_id, "who": _renamed(row.told, names)} for row in rows[tables.orders]]),
        (
            used.values(shopper_id=who),
            [
                {"own": row.campaign_id, "was": row.shopper_id, "who": names[row.shopper_id]}
                for row in rows[tables.uses]
            ],
        ),
        (decided, [{**one, "who": f"{ERASED_PREFIX}"} for one in gone]),
        (sa.delete(tables.decisions).where(decisions.number == own), gone),
        (sa.delete(tables.answers).where(answers.key == own), [{"own": row.key} for row in rows[tables.answers]]),
    ]


def _renamed(order: str, names: Mapping[str, str]) -> str:
    told = json.loads(order)
    return json.dumps({**told, "shopper_id": names[told["shopper_id"]]}, ensure_ascii=False)


def _told(row: sa.Row[Any]) -> Told:
    told = {name: value for name, value in row._mapping.items() if name not in _HIDDEN}
    told |= {name: from_us(told[name]).isoformat() for name in _TIMES if isinstance(told.get(name), int)}
    return told | {name: json.loads(told[name]) for name in ("told", "answer") if name in told}
