"""Replays without a voice: what is left out, and who withdrew their consent."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add them; nothing is left out of the replays of before."""
    op.add_column(
        "room", sa.Column("abridged", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("decided_effect", sa.Column("from_position", sa.Integer()))
    op.add_column("decided_effect", sa.Column("to_position", sa.Integer()))
    op.create_table(
        "replay",
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime()),
        sa.Column("error", sa.String(64)),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_replay_room_id")),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_replay")),
    )
    op.create_table(
        "replay_omission",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("seat_id", sa.String(12), nullable=False),
        sa.Column("from_position", sa.Integer(), nullable=False),
        sa.Column("to_position", sa.Integer()),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("effect_id", sa.String(12)),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("lifted_at", sa.DateTime()),
        sa.Column("made_at", sa.DateTime()),
        sa.Column("restored_at", sa.DateTime()),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_replay_omission_room_id")
        ),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["seat.id"], name=op.f("fk_replay_omission_seat_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replay_omission")),
        sa.UniqueConstraint("effect_id", name=op.f("uq_replay_omission_effect_id")),
    )
    op.create_index(op.f("ix_replay_omission_room_id"), "replay_omission", ["room_id"])
    op.create_index(
        op.f("ix_replay_omission_seat_id_cause"), "replay_omission", ["seat_id", "cause"]
    )
