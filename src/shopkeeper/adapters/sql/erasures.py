"""What was asked for to be erased, in a SQL table."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from shopkeeper.adapters.sql.erasing import writing
from shopkeeper.adapters.sql.tables import ID, NUMBER, metadata
from shopkeeper.data.erasure import Erasure, Gone, Place
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.errors import NotFound

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("erasure_id", ID, nullable=False, unique=True),
    sa.Column("asked_at", sa.BigInteger, nullable=False),
    sa.Column("done_at", sa.BigInteger, index=True),
    sa.Column("people", sa.Text),  # JSON; NULL once it is done
    sa.Column("places", sa.Text, nullable=False),  # JSON
    sa.Column("n_buried", sa.BigInteger, nullable=False),
)
_GONE, _PLACES = TypeAdapter(Gone), TypeAdapter(tuple[Place, ...])


class SqlErasures:
    """An ErasureStore in a database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, erasure: Erasure) -> None:
        """Store one."""
        with self._engine.begin() as connection:
            connection.execute(sa.insert(erasures), _to_row(erasure))

    def get(self, erasure_id: str) -> Erasure:
        """Return one; NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(erasures).where(erasures.c.erasure_id == erasure_id)).one_or_none()
        if row is None:
            raise NotFound(f"There is no erasure {erasure_id!r}.")
        return _to_erasure(row)

    def waiting(self, limit: int = 10_000) -> list[Erasure]:
        """Return the first that are not done, the oldest first."""
        asked = sa.select(erasures).where(erasures.c.done_at.is_(None)).order_by(erasures.c.number).limit(limit)
        with self._engine.connect() as connection:
            return [_to_erasure(row) for row in connection.execute(asked)]

    def settle(self, settled: Sequence[Erasure]) -> None:
        """Store what became of several, all or none."""
        own = sa.update(erasures).where(erasures.c.erasure_id == sa.bindparam("own"))
        change = own.values({name: sa.bindparam(name) for name in ("done_at", "people", "places")})
        if settled:
            rows = [_to_row(one) for one in settled]
            told = [
                {"own": row["erasure_id"], **{name: row[name] for name in ("done_at", "people", "places")}}
                for row in rows
            ]
            with writing(self._engine) as connection:
                connection.execute(change, told)

    def n_buried(self) -> int:
        """Return how many tombstones there were when the newest was asked for."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.max(erasures.c.n_buried))) or 0


def _to_row(erasure: Erasure) -> dict[str, object]:
    return {
        "erasure_id": erasure.erasure_id,
        "asked_at": to_us(erasure.asked_at),
        "done_at": None if erasure.done_at is None else to_us(erasure.done_at),
        "people": None if erasure.gone is None else _GONE.dump_json(erasure.gone).decode(),
        "places": _PLACES.dump_json(tuple(erasure.places)).decode(),
        "n_buried": erasure.n_buried,
    }


def _to_erasure(row: sa.Row[Any]) -> Erasure:
    return Erasure(
        erasure_id=row.erasure_id,
        asked_at=from_us(row.asked_at),
        done_at=None if row.done_at is None else from_us(row.done_at),
        gone=None if row.people is None else _GONE.validate_json(row.people),
        places=_PLACES.validate_json(row.places),
        n_buried=row.n_buried,
    )
