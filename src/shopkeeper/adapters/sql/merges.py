"""Merges in a SQL table."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from shopkeeper.adapters.sql.ready import Ready
from shopkeeper.adapters.sql.tables import merges
from shopkeeper.data.merges import Merge
from shopkeeper.kit.clock import from_us, to_us

_ALL = sa.select(merges.c.visitor_id, merges.c.user_id, merges.c.at).order_by(merges.c.number)


def _about(who: "sa.BindParameter[str]") -> sa.Select[Any]:
    visitors = sa.select(merges.c.visitor_id).where(merges.c.user_id == who)
    return _ALL.where(sa.or_(merges.c.visitor_id == who, merges.c.visitor_id.in_(visitors)))


class SqlMergeStore:
    """A MergeStore in a database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._about = Ready(engine, _about(sa.bindparam("shopper_id")))

    def add(self, merge: Merge) -> None:
        """Store one; the same again changes nothing."""
        row = {"visitor_id": merge.visitor_id, "user_id": merge.user_id, "at": to_us(merge.at)}
        same = sa.select(merges.c.number).where(*(merges.c[name] == value for name, value in row.items()))
        with self._engine.begin() as connection:
            if connection.execute(same).first() is None:
                connection.execute(sa.insert(merges).values(row))

    def about(self, shopper_id: str) -> list[Merge]:
        """Return all merges of the visitors that this person is or was."""
        return _merges(self._about.rows({"shopper_id": shopper_id}))

    def all(self) -> list[Merge]:
        """Return all, in the order in which they came."""
        with self._engine.connect() as connection:
            return _merges(connection.execute(_ALL).all())


def _merges(rows: Sequence[Sequence[Any]]) -> list[Merge]:
    return [Merge(visitor_id, user_id, from_us(at)) for visitor_id, user_id, at in rows]
