"""Places of lists that chance filled."""

import sqlalchemy as sa
from alembic.operations import Operations

revision, down_revision = "0011", "0010"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade(op: Operations) -> None:
    """Make their table."""
    op.create_table(
        "explorations",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("recommendation_id", sa.Text, nullable=False),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("propensity", sa.Double, nullable=False),
        sa.Column("pool", sa.JSON, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("explorations_by_time", "explorations", ["at", "number"])
