"""Who looks as if somebody made them up."""

import sqlalchemy as sa
from alembic.operations import Operations

revision, down_revision = "0012", "0011"

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    """Make their table."""
    op.create_table(
        "quarantine",
        sa.Column("shopper_id", _ID, primary_key=True),
        sa.Column("found_at", sa.BigInteger, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("items", sa.JSON, nullable=False),
        sa.Column("odds", sa.Double, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("judged_at", sa.BigInteger),
    )
