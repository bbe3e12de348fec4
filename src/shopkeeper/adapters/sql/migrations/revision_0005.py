"""How many products a search found."""

import sqlalchemy as sa
from alembic.operations import Operations

revision, down_revision = "0005", "0004"


def upgrade(op: Operations) -> None:
    """Add the column, of which what is there says nothing."""
    op.add_column("events", sa.Column("n_results", sa.Integer))
