"""Tags of products, what counts of them, and what persons decided about them."""

import sqlalchemy as sa
from alembic.operations import Operations

revision, down_revision = "0007", "0006"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    """Make their tables; decisions are only added to."""
    op.create_table(
        "tagged",
        sa.Column("item_id", _ID, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("categories", sa.JSON, nullable=False),
        sa.Column("brand", sa.Text),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("attributes", sa.JSON, nullable=False),
    )
    op.create_table(
        "product_tags",
        sa.Column("item_id", _ID, primary_key=True),
        sa.Column("name", _ID, primary_key=True),
        sa.Column("value", _ID, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("band", sa.Text, nullable=False),
    )
    op.create_table(
        "tag_reviews",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("review_id", _ID, nullable=False, unique=True),
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
    )
    op.create_table(
        "tag_readers",
        sa.Column("reader", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.create_index("product_tags_by_band", "product_tags", ["band", "confidence"])
    op.create_index("tag_reviews_by_item", "tag_reviews", ["item_id", "name", "number"])
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER tag_reviews_no_{what.lower()} BEFORE {what} ON tag_reviews "
                "BEGIN SELECT RAISE(ABORT, 'tag_reviews is only added to'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION tag_reviews_kept() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'tag_reviews is only added to'; END $$"
    )
    op.execute(
        "CREATE TRIGGER tag_reviews_kept BEFORE UPDATE OR DELETE ON tag_reviews "
        "FOR EACH ROW EXECUTE FUNCTION tag_reviews_kept()"
    )
