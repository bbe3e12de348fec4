"""Which visitor turned out to be which user."""

import sqlalchemy as sa
from alembic.operations import Operations

revision, down_revision = "0003", "0002"


def upgrade(op: Operations) -> None:
    """Add the table."""
    id_ = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "merges",
        sa.Column("number", number, primary_key=True),
        sa.Column("visitor_id", id_, nullable=False),
        sa.Column("user_id", id_, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("merges_by_visitor", "merges", ["visitor_id", "at"])
    op.create_index("merges_by_user", "merges", ["user_id"])
