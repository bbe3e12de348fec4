"""Questions that every list begins with, past SQLAlchemy's layers, which take three times as long as the answer."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection


class Ready:
    """A SELECT of plain columns that is written out for a database once; rows come as the driver gives them."""

    def __init__(self, engine: sa.Engine, select: sa.Select[Any]) -> None:
        self._engine, self._select = engine, select
        self._compiled = select.compile(engine)
        self._text, self._places = str(self._compiled), getattr(self._compiled, "positiontup", None)

    def rows(self, given: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        """Return the rows for these parameters; what fails is asked once more, in the way that explains it."""
        values = self._compiled.construct_params(given)
        try:
            connection: DBAPIConnection = self._engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute(self._text, [values[name] for name in self._places] if self._places else values)
                return cursor.fetchall()
            finally:
                connection.close()
        except Exception:
            with self._engine.connect() as again:
                return again.execute(self._select, dict(given)).all()
