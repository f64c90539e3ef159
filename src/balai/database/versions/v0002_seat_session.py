"""Seats know the session that connected them, so that they end with it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; seats of before end only by themselves."""
    op.add_column("seat", sa.Column("session_id", sa.String(12)))
