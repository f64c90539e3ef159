"""The first tables: people, rooms, wishes, the feed."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    _feed()
    _people()
    _rooms()
    _stage()
    _restrictions()


def _feed() -> None:
    op.create_table(
        "feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("audience", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_feed_room_id_id"), "feed", ["room_id", "id"])
    op.create_index(op.f("ix_feed_room_id_kind_at"), "feed", ["room_id", "kind", "at"])


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("handle", sa.String(32), nullable=False),
        sa.Column("display_name", sa.String(60), nullable=False),
        sa.Column("is_operator", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("deleted_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("handle", name=op.f("uq_person_handle")),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("person_id", sa.String(12), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("device_hash", sa.String(64), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime()),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_session_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
    )
    op.create_index(op.f("ix_session_person_id"), "session", ["person_id"])
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("by_person_id", sa.String(12)),
        sa.Column("for_person_id", sa.String(12)),
        sa.Column("room_id", sa.String(12)),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime()),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["person.id"], name=op.f("fk_invitation_by_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["for_person_id"], ["person.id"], name=op.f("fk_invitation_for_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_by_person_id"), "invitation", ["by_person_id"])


def _rooms() -> None:
    op.create_table(
        "room",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("description", sa.String(500), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("openness", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("delay_s", sa.Double(), nullable=False),
        sa.Column("recording", sa.Boolean(), nullable=False),
        sa.Column("air_token", sa.String(26), nullable=False),
        sa.Column("host_id", sa.String(12), nullable=False),
        sa.Column("hands_locked", sa.Boolean(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("opened_at", sa.DateTime()),
        sa.Column("live_at", sa.DateTime()),
        sa.Column("ended_at", sa.DateTime()),
        sa.ForeignKeyConstraint(["host_id"], ["person.id"], name=op.f("fk_room_host_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("air_token", name=op.f("uq_room_air_token")),
    )
    op.create_index(op.f("ix_room_host_id"), "room", ["host_id"])
    op.create_index(op.f("ix_room_state"), "room", ["state"])
    op.create_table(
        "room_guest",
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("person_id", sa.String(12), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_room_guest_person_id")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_room_guest_room_id")),
        sa.PrimaryKeyConstraint("room_id", "person_id", name=op.f("pk_room_guest")),
    )
    op.create_table(
        "hand",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("person_id", sa.String(12), nullable=False),
        sa.Column("raised_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_hand_person_id")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_hand_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand")),
    )
    op.create_index(
        "uq_hand_raised",
        "hand",
        ["room_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("state = 'raised'"),
    )


def _stage() -> None:
    op.create_table(
        "seat",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("person_id", sa.String(12), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("alias", sa.String(40)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("consented_at", sa.DateTime()),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("joined_at", sa.DateTime()),
        sa.Column("resource_hash", sa.String(64)),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_seat_person_id")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_seat_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("resource_hash", name=op.f("uq_seat_resource_hash")),
        sa.UniqueConstraint("room_id", "person_id", name=op.f("uq_seat_room_id_person_id")),
    )
    op.create_index(op.f("ix_seat_person_id"), "seat", ["person_id"])
    op.create_table(
        "stage_ticket",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("seat_id", sa.String(12), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime()),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_stage_ticket_seat_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_stage_ticket")),
    )
    op.create_index(op.f("ix_stage_ticket_seat_id"), "stage_ticket", ["seat_id"])
    op.create_table(
        "wish",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("by_person_id", sa.String(12)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("observed", sa.JSON()),
        sa.Column("error", sa.String(64)),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("done_at", sa.DateTime()),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["person.id"], name=op.f("fk_wish_by_person_id")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_wish_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_wish_state_id"), "wish", ["state", "id"])


def _restrictions() -> None:
    op.create_table(
        "restriction",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("person_id", sa.String(12), nullable=False),
        sa.Column("seat_id", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("by_person_id", sa.String(12), nullable=False),
        sa.Column("by_name", sa.String(60), nullable=False),
        sa.Column("by_role", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("from_at", sa.DateTime(), nullable=False),
        sa.Column("until_at", sa.DateTime()),
        sa.Column("lifted_at", sa.DateTime()),
        sa.Column("contested_at", sa.DateTime()),
        sa.Column("contest_text", sa.String(1000)),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["person.id"], name=op.f("fk_restriction_by_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_restriction_person_id")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_restriction_room_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_restriction_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restriction")),
    )
    op.create_index(
        op.f("ix_restriction_room_id_person_id"), "restriction", ["room_id", "person_id"]
    )
    op.create_index(op.f("ix_restriction_seat_id_kind"), "restriction", ["seat_id", "kind"])
    op.create_table(
        "ban",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("room_id", sa.String(12)),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("by_person_id", sa.String(12), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("until_at", sa.DateTime()),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["person.id"], name=op.f("fk_ban_by_person_id")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_ban_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ban")),
    )
    op.create_index(op.f("ix_ban_room_id"), "ban", ["room_id"])
    op.create_table(
        "ban_subject",
        sa.Column("ban_id", sa.String(12), nullable=False),
        sa.Column("subject_hash", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["ban_id"], ["ban.id"], name=op.f("fk_ban_subject_ban_id")),
        sa.PrimaryKeyConstraint("ban_id", "subject_hash", name=op.f("pk_ban_subject")),
    )
    op.create_index(op.f("ix_ban_subject_subject_hash"), "ban_subject", ["subject_hash"])
