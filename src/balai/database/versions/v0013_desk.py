"""The desk: notes for the next shift, what is asked twice, the delay of each minute.

The queue's index holds all by which a job is passed over, so that a reviewer who has decided
much does not read the rows of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "shift_note",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("text", sa.String(1000), nullable=False),
        sa.Column("by_person_id", sa.String(12), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["person.id"], name=op.f("fk_shift_note_by_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_note")),
    )
    op.create_index(op.f("ix_shift_note_at"), "shift_note", ["at"], unique=False)
    op.add_column("wish", sa.Column("token_hash", sa.String(64)))
    op.create_index(op.f("ix_wish_token_hash"), "wish", ["token_hash"], unique=True)
    op.add_column("audience_minute", sa.Column("delay_s", sa.Double()))
    op.drop_index(op.f("ix_job_state_priority_due_at_id_language_concern_case_id"), "job")
    op.create_index(
        "ix_job_queue",
        "job",
        ["state", "priority", "due_at", "id", "language", "concern", "case_id", "kind",
         "created_at"],
        unique=False,
    )  # fmt: skip
