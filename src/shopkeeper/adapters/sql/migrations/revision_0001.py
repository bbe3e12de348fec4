"""The tables as they were before there were migrations."""

import sqlalchemy as sa
from alembic.operations import Operations

revision, down_revision = "0001", None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    """Make them."""
    about = op.create_table("shopkeeper", sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))
    op.bulk_insert(about, [{"version": 1}])
    op.create_table(
        "events",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("event_id", _ID, nullable=False, unique=True),
        sa.Column("shopper_id", _ID, nullable=False),
        sa.Column("type", sa.SmallInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("visitor_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text),
        sa.Column("item_id", sa.Text),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("price_minor", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.Column("rating", sa.Double),
        sa.Column("session_id", sa.Text),
        sa.Column("order_id", sa.Text),
        sa.Column("query", sa.Text),
        sa.Column("recommendation_id", sa.Text),
    )
    op.create_index("events_by_shopper", "events", ["shopper_id", "at", "number"])
    op.create_table(
        "products",
        sa.Column("item_id", _ID, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("searched", sa.Text, nullable=False),
        sa.Column("ordered", _ID, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("brand", sa.Text),
        sa.Column("categories", sa.JSON, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("price_minor", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.Column("url", sa.Text),
        sa.Column("image_url", sa.Text),
        sa.Column("available", sa.Boolean, nullable=False),
    )
    op.create_index("products_by_title", "products", ["ordered", "item_id"])
