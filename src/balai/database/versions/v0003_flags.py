"""Flags of detectors, voices that nobody watches, and holds by a rule instead of a person."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add them; restrictions of before keep their person and role."""
    op.add_column("seat", sa.Column("unwatched_from", sa.Integer()))
    with op.batch_alter_table("restriction") as restriction:
        restriction.alter_column("by_person_id", existing_type=sa.String(12), nullable=True)
        restriction.alter_column("by_role", existing_type=sa.String(16), nullable=True)
    op.create_table(
        "flag",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("seat_id", sa.String(12), nullable=False),
        sa.Column("recording_id", sa.String(12), nullable=False),
        sa.Column("title", sa.String(400), nullable=False),
        sa.Column("category", sa.String(80), nullable=False),
        sa.Column("list_name", sa.String(400), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("from_position", sa.Integer(), nullable=False),
        sa.Column("to_position", sa.Integer(), nullable=False),
        sa.Column("offset_s", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("false_alarms_per_1000h", sa.Double(), nullable=False),
        sa.Column("speed", sa.Double(), nullable=False),
        sa.Column("pitch_semitones", sa.Double(), nullable=False),
        sa.Column("detector", sa.String(40), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("hold_ended_at", sa.DateTime()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("decided_by_id", sa.String(12)),
        sa.Column("decided_by_name", sa.String(60)),
        sa.Column("decided_at", sa.DateTime()),
        sa.Column("reason", sa.String(500)),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_flag_room_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_flag_seat_id")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_flag_decided_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
    )
    op.create_index(op.f("ix_flag_room_id_at"), "flag", ["room_id", "at"])
    op.create_index(op.f("ix_flag_seat_id_recording_id"), "flag", ["seat_id", "recording_id"])
