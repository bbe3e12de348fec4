"""The tables of what people said, as the newest migration leaves them."""

import sqlalchemy as sa

from shopkeeper.adapters.sql.tables import ID, NUMBER, metadata

consents = sa.Table(
    "consents",
    metadata,
    sa.Column("number", NUMBER, primary_key=True),  # in order of arrival
    sa.Column("consent_id", ID, nullable=False, unique=True),
    sa.Column("shopper_id", ID, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("granted", sa.Boolean, nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("received_at", sa.BigInteger, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("proof", sa.Text, nullable=False),
    sa.Index("consents_by_shopper", "shopper_id", "number"),
)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("shopper_id", ID, primary_key=True),
    sa.Column("said", sa.Text, nullable=False),  # JSON
)
