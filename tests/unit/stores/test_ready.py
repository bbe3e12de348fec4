import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from shopkeeper.adapters.sql.ready import Asked, Change

NOTES = sa.Table("notes", sa.MetaData(), sa.Column("number", sa.Integer, primary_key=True), sa.Column("text", sa.Text))


@pytest.fixture
def connection() -> sa.Connection:
    engine = sa.create_engine("sqlite://")
    NOTES.metadata.create_all(engine)
    return engine.connect()


def test_rows_that_are_changed_are_found(connection: sa.Connection) -> None:
    Change(lambda _: sa.insert(NOTES).inline(), "number", "text").run(
        connection, [(1, "one"), (2, "two"), (3, "three")]
    )
    change = sa.update(NOTES).where(NOTES.c.number == sa.bindparam("own")).values(text=sa.bindparam("new"))
    Change(lambda _: change, "new", "own").run(connection, [("zwei", 2)])
    found = Asked(sa.select(NOTES).where(NOTES.c.number > sa.bindparam("after")), "after").rows(connection, 1)
    assert [(row.number, row.text) for row in found] == [(2, "zwei"), (3, "three")]


def test_names_in_another_order_than_the_values_are_refused(connection: sa.Connection) -> None:
    with pytest.raises(ValueError, match="its values are"):
        Change(lambda _: sqlite.insert(NOTES), "text", "number").run(connection, [("one", 1)])
