"""Rooms have a chat: its lines, whether it is on, and which line a report is about."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add them; in rooms that are on air it is off."""
    op.add_column("room", sa.Column("chat", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("report", sa.Column("line_id", sa.String(12)))
    op.create_index(op.f("ix_report_line_id"), "report", ["line_id"], unique=False)
    op.create_table(
        "chat_line",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("person_id", sa.String(12), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("role", sa.String(16)),
        sa.Column("text", sa.String(300), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("entry_id", sa.Integer()),
        sa.Column("taken_by", sa.String(16)),
        sa.Column("restriction_id", sa.String(12)),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_chat_line_room_id_room")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_chat_line_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["restriction_id"],
            ["restriction.id"],
            name=op.f("fk_chat_line_restriction_id_restriction"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_line")),
    )
    for columns in (
        ["room_id", "at"],
        ["person_id", "room_id", "at"],
        ["kept", "room_id"],
        ["restriction_id"],
    ):
        name = "_".join(["ix_chat_line", *columns])
        op.create_index(op.f(name), "chat_line", columns, unique=False)
