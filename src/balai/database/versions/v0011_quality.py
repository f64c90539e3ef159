"""Golden cases, and how many listened to each room in each minute on air."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "golden_case",
        sa.Column("case_id", sa.String(12), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("clause", sa.String(40)),
        sa.Column("why", sa.String(1000), nullable=False),
        sa.Column("marked_by_id", sa.String(12), nullable=False),
        sa.Column("marked_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime()),
        sa.ForeignKeyConstraint(
            ["case_id"], ["safety_case.id"], name=op.f("fk_golden_case_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["marked_by_id"], ["person.id"], name=op.f("fk_golden_case_marked_by_id")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_golden_case")),
    )
    op.create_table(
        "audience_minute",
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("listeners", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_audience_minute_room_id")
        ),
        sa.PrimaryKeyConstraint("room_id", "minute", name=op.f("pk_audience_minute")),
    )
