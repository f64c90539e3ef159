"""Rooms that are slow, and what finds the newest of a kind without reading all of it.

Flags are looked for by their moment, hands by whose they are, rooms by their end: each of
these is done every few seconds, or with every hand, however many years of them there are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add them."""
    op.add_column("room", sa.Column("slow_s", sa.Integer(), server_default="0", nullable=False))
    op.create_index(op.f("ix_flag_at"), "flag", ["at"], unique=False)
    op.create_index(op.f("ix_room_ended_at"), "room", ["ended_at"], unique=False)
    op.create_index(
        op.f("ix_hand_room_id_person_id_raised_at"),
        "hand",
        ["room_id", "person_id", "raised_at"],
        unique=False,
    )
