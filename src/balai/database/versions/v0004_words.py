"""Words: captions, flags of the policy, voices whose words nobody hears, packs in force."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ONLY_EAR = ("offset_s", "score", "false_alarms_per_1000h", "speed", "pitch_semitones")


def upgrade() -> None:
    """Add them; flags of before are the ear's, rooms of before have captions."""
    op.add_column(
        "room", sa.Column("captions", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column("seat", sa.Column("language", sa.String(12)))
    op.add_column("seat", sa.Column("unheard_from", sa.Integer()))
    op.add_column("seat", sa.Column("unheard_why", sa.String(16)))
    with op.batch_alter_table("flag") as flag:
        flag.add_column(sa.Column("kind", sa.String(16), nullable=False, server_default="ear"))
        flag.add_column(sa.Column("policy", sa.JSON()))
        flag.alter_column("recording_id", existing_type=sa.String(12), nullable=True)
        flag.alter_column("detector", existing_type=sa.String(40), type_=sa.String(80))
        for name in _ONLY_EAR:
            flag.alter_column(name, existing_type=sa.Double(), nullable=True)
    op.create_table(
        "flag_words",
        sa.Column("flag_id", sa.String(12), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["flag_id"], ["flag.id"], name=op.f("fk_flag_words_flag_id")),
        sa.PrimaryKeyConstraint("flag_id", name=op.f("pk_flag_words")),
    )
    op.create_table(
        "promotion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pack_hash", sa.String(64), nullable=False),
        sa.Column("pack_name", sa.String(80), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("trial", sa.JSON(), nullable=False),
        sa.Column("shadow", sa.JSON(), nullable=False),
        sa.Column("proposed_by_id", sa.String(12), nullable=False),
        sa.Column("proposed_at", sa.DateTime(), nullable=False),
        sa.Column("approved_by_id", sa.String(12)),
        sa.Column("in_force_at", sa.DateTime()),
        sa.Column("ended_at", sa.DateTime()),
        sa.Column("ended_by_id", sa.String(12)),
        sa.Column("replaced_id", sa.Integer()),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["person.id"], name=op.f("fk_promotion_proposed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["person.id"], name=op.f("fk_promotion_approved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["person.id"], name=op.f("fk_promotion_ended_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_id"], ["promotion.id"], name=op.f("fk_promotion_replaced_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
    )
    op.create_index(op.f("ix_promotion_state_id"), "promotion", ["state", "id"])
