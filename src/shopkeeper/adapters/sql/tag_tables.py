"""The tables of tags, as the newest migration leaves them."""

import sqlalchemy as sa

from shopkeeper.adapters.sql.tables import ID, NUMBER, metadata

tagged = sa.Table(
    "tagged",
    metadata,
    sa.Column("item_id", ID, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),  # of what was read
    sa.Column("categories", sa.JSON, nullable=False),  # what counts, as a product has it
    sa.Column("brand", sa.Text),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("attributes", sa.JSON, nullable=False),
)

product_tags = sa.Table(
    "product_tags",
    metadata,
    sa.Column("item_id", ID, primary_key=True),
    sa.Column("name", ID, primary_key=True),
    sa.Column("value", ID, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("confidence", sa.Double, nullable=False),
    sa.Column("band", sa.Text, nullable=False),
    sa.Index("product_tags_by_band", "band", "confidence"),
)

tag_reviews = sa.Table(
    "tag_reviews",
    metadata,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("review_id", ID, nullable=False, unique=True),
    sa.Column("item_id", ID, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("source", sa.Text),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("confidence", sa.Double, nullable=False),
    sa.Index("tag_reviews_by_item", "item_id", "name", "number"),
)
"""Only added to: a trigger refuses all else."""

tag_readers = sa.Table(
    "tag_readers",
    metadata,
    sa.Column("reader", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),  # of the last change of the catalogue that it has read
)
