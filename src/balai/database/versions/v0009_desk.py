"""The desk: who is on duty, ends that wait for a second person, rooms that were taken over."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "duty",
        sa.Column("person_id", sa.String(12), nullable=False),
        sa.Column("until_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_duty_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_duty")),
    )
    op.create_table(
        "end_asked",
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("by_person_id", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_end_asked_room_id")),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["person.id"], name=op.f("fk_end_asked_by_person_id")
        ),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_end_asked")),
    )
    op.create_table(
        "take_over",
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("person_id", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_take_over_room_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_take_over_person_id")
        ),
        sa.PrimaryKeyConstraint("room_id", "person_id", name=op.f("pk_take_over")),
    )
