"""The tables, as the newest migration leaves them."""

import sqlalchemy as sa

metadata = sa.MetaData()

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""In the order of code points, as SQLite and Python have it, whatever language the server sorts in."""

about = sa.Table("shopkeeper", metadata, sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))
"""Read by versions from before there were migrations: it keeps them out."""

events = sa.Table(
    "events",
    metadata,
    sa.Column("number", NUMBER, primary_key=True),  # in order of arrival
    sa.Column("event_id", ID, nullable=False, unique=True),
    sa.Column("shopper_id", ID, nullable=False),
    sa.Column("type", sa.SmallInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),  # microseconds since 1970 UTC, as every time here
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
    sa.Column("n_results", sa.Integer),
    sa.Index("events_by_shopper", "shopper_id", "at", "number"),
)

products = sa.Table(
    "products",
    metadata,
    sa.Column("item_id", ID, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("searched", sa.Text, nullable=False),  # title and id, casefolded
    sa.Column("ordered", ID, nullable=False),  # title, casefolded
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("brand", sa.Text),
    sa.Column("categories", sa.JSON, nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("price_minor", sa.BigInteger),
    sa.Column("currency", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("image_url", sa.Text),
    sa.Column("available", sa.Boolean, nullable=False),
    sa.Column("attributes", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("available_from", sa.BigInteger),
    sa.Column("available_until", sa.BigInteger),
    sa.Column("stock", sa.Integer),
    sa.Column("variants", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("created_at", sa.BigInteger),
    sa.Index("products_by_title", "ordered", "item_id"),
)

catalog_changes = sa.Table(
    "catalog_changes",
    metadata,
    sa.Column("item_id", ID, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),  # of its last change, each number once
    sa.Index("catalog_changes_by_number", "number"),
)

merges = sa.Table(
    "merges",
    metadata,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("visitor_id", ID, nullable=False),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index("merges_by_visitor", "visitor_id", "at"),
    sa.Index("merges_by_user", "user_id"),
)

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("key_id", ID, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("shop", sa.Text, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("origins", sa.JSON, nullable=False),
    sa.Column("expires_at", sa.BigInteger),
    sa.Column("revoked_at", sa.BigInteger),
    sa.Column("used_at", sa.BigInteger),
)
"""Of the whole installation, in the database of its default shop; empty in those of the others."""
