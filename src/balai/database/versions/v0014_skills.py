"""Reviewers have skills: the themes that they are trained for."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add them; nobody is known to be trained for anything."""
    op.add_column(
        "reviewer", sa.Column("skills", sa.JSON(), server_default="{}", nullable=False)
    )
