"""Evidence: stretches of sealed sound, their holds and who read them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "kept_ring",
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("began_at", sa.DateTime(), nullable=False),
        sa.Column("stretches", sa.Integer()),
        sa.Column("destroyed_at", sa.DateTime()),
        sa.Column("ledger_index", sa.Integer()),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_kept_ring")),
    )
    op.create_index(op.f("ix_kept_ring_destroyed_at"), "kept_ring", ["destroyed_at"])
    op.create_table(
        "sealed",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("why", sa.String(80), nullable=False),
        sa.Column("from_position", sa.BigInteger(), nullable=False),
        sa.Column("to_position", sa.BigInteger(), nullable=False),
        sa.Column("seats", sa.JSON(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("file_hash", sa.String(64), nullable=False),
        sa.Column("voiced_samples", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("completed_at", sa.DateTime()),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("legal_hold", sa.String(500)),
        sa.Column("hold_until", sa.DateTime()),
        sa.Column("destroyed_at", sa.DateTime()),
        sa.Column("ledger_index", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed")),
        sa.UniqueConstraint("room_id", "why", name=op.f("uq_sealed_room_id_why")),
    )
    op.create_index(op.f("ix_sealed_completed_at"), "sealed", ["completed_at"])
    op.create_index(
        op.f("ix_sealed_destroyed_at_expires_at"), "sealed", ["destroyed_at", "expires_at"]
    )
    op.create_table(
        "custody",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sealed_id", sa.String(12), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_person_id", sa.String(12)),
        sa.Column("purpose", sa.String(500), nullable=False),
        sa.Column("ledger_index", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["person.id"], name=op.f("fk_custody_by_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["sealed_id"], ["sealed.id"], name=op.f("fk_custody_sealed_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody")),
    )
    op.create_index(op.f("ix_custody_sealed_id"), "custody", ["sealed_id"])
