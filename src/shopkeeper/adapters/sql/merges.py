"""Merges in a SQL table."""

import sqlalchemy as sa

from shopkeeper.adapters.sql.tables import merges
from shopkeeper.data.merges import Merge
from shopkeeper.kit.clock import from_us, to_us

_ALL = sa.select(merges).order_by(merges.c.number)


def _about(who: "sa.BindParameter[str]") -> sa.Executable:
    visitors = sa.select(merges.c.visitor_id).where(merges.c.user_id == who)
    return _ALL.where(sa.or_(merges.c.visitor_id == who, merges.c.visitor_id.in_(visitors)))


# Made once: each list for a person asks, and to make it takes longer than to run it.
_ABOUT = _about(sa.bindparam("shopper_id"))


class SqlMergeStore:
    """A MergeStore in a database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, merge: Merge) -> None:
        """Store one; if the one before it of the visitor is of the same user, it takes that one's place."""
        row = {"visitor_id": merge.visitor_id, "user_id": merge.user_id, "at": to_us(merge.at)}
        before = sa.select(merges.c.number, merges.c.user_id).where(
            merges.c.visitor_id == merge.visitor_id, merges.c.at <= row["at"]
        )
        with self._engine.begin() as connection:
            last = connection.execute(before.order_by(merges.c.at.desc()).limit(1)).first()
            if last and last.user_id == merge.user_id:
                connection.execute(sa.update(merges).where(merges.c.number == last.number).values(at=row["at"]))
            else:
                connection.execute(sa.insert(merges).values(row))

    def about(self, shopper_id: str) -> list[Merge]:
        """Return all merges of the visitors that this person is or was."""
        return self._read(_ABOUT, shopper_id=shopper_id)

    def all(self) -> list[Merge]:
        """Return all, in the order in which they came."""
        return self._read(_ALL)

    def _read(self, chosen: sa.Executable, **given: str) -> list[Merge]:
        with self._engine.connect() as connection:
            rows = connection.execute(chosen, given).all()
            return [Merge(row.visitor_id, row.user_id, from_us(row.at)) for row in rows]
