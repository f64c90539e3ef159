"""Cases: reports, jobs of reviewers, decisions, appeals."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "arrival",
        sa.Column("person_id", sa.String(12), nullable=False),
        sa.Column("invitation_id", sa.String(12), nullable=False),
        sa.Column("by_person_id", sa.String(12), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["person.id"], name=op.f("fk_arrival_by_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_arrival_invitation_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_arrival_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_arrival")),
    )
    op.create_index(op.f("ix_arrival_by_person_id"), "arrival", ["by_person_id"], unique=False)
    op.create_table(
        "reviewer",
        sa.Column("person_id", sa.String(12), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("refuses", sa.JSON(), nullable=False),
        sa.Column("appointed_by_id", sa.String(12), nullable=True),
        sa.Column("appointed_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointed_by_id"], ["person.id"], name=op.f("fk_reviewer_appointed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_reviewer_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_reviewer")),
    )
    op.create_table(
        "safety_case",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("seat_id", sa.String(12), nullable=True),
        sa.Column("person_id", sa.String(12), nullable=True),
        sa.Column("from_position", sa.Integer(), nullable=True),
        sa.Column("to_position", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("concern", sa.String(16), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("is_severe", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("brigade", sa.JSON(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_safety_case_person_id")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_safety_case_room_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_safety_case_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_case")),
    )
    op.create_index(
        op.f("ix_safety_case_person_id"), "safety_case", ["person_id"], unique=False
    )
    op.create_index(
        op.f("ix_safety_case_room_id_seat_id_kind"),
        "safety_case",
        ["room_id", "seat_id", "kind"],
        unique=False,
    )
    op.create_index(
        op.f("ix_safety_case_state_due_at"), "safety_case", ["state", "due_at"], unique=False
    )
    op.create_table(
        "case_flag",
        sa.Column("flag_id", sa.String(12), nullable=False),
        sa.Column("case_id", sa.String(12), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["safety_case.id"], name=op.f("fk_case_flag_case_id")
        ),
        sa.ForeignKeyConstraint(["flag_id"], ["flag.id"], name=op.f("fk_case_flag_flag_id")),
        sa.PrimaryKeyConstraint("flag_id", name=op.f("pk_case_flag")),
    )
    op.create_index(op.f("ix_case_flag_case_id"), "case_flag", ["case_id"], unique=False)
    op.create_table(
        "case_restriction",
        sa.Column("restriction_id", sa.String(12), nullable=False),
        sa.Column("case_id", sa.String(12), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["safety_case.id"], name=op.f("fk_case_restriction_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["restriction_id"],
            ["restriction.id"],
            name=op.f("fk_case_restriction_restriction_id"),
        ),
        sa.PrimaryKeyConstraint("restriction_id", name=op.f("pk_case_restriction")),
    )
    op.create_index(
        op.f("ix_case_restriction_case_id"), "case_restriction", ["case_id"], unique=False
    )
    op.create_table(
        "exposure",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("person_id", sa.String(12), nullable=False),
        sa.Column("case_id", sa.String(12), nullable=False),
        sa.Column("is_severe", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["safety_case.id"], name=op.f("fk_exposure_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_exposure_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure")),
    )
    op.create_index(
        op.f("ix_exposure_person_id_at"), "exposure", ["person_id", "at"], unique=False
    )
    op.create_table(
        "job",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("case_id", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("concern", sa.String(16), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("claimed_by_id", sa.String(12), nullable=True),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("decision_id", sa.String(12), nullable=True),
        sa.Column("first_view", sa.String(16), nullable=True),
        sa.Column("first_view_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["safety_case.id"], name=op.f("fk_job_case_id")),
        sa.ForeignKeyConstraint(
            ["claimed_by_id"], ["person.id"], name=op.f("fk_job_claimed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(
        op.f("ix_job_case_id_claimed_by_id_state_kind"),
        "job",
        ["case_id", "claimed_by_id", "state", "kind"],
        unique=False,
    )
    op.create_index(
        op.f("ix_job_claimed_by_id_state"), "job", ["claimed_by_id", "state"], unique=False
    )
    op.create_index(
        op.f("ix_job_state_priority_due_at_id_language_concern_case_id"),
        "job",
        ["state", "priority", "due_at", "id", "language", "concern", "case_id"],
        unique=False,
    )
    op.create_table(
        "report",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("receipt_hash", sa.String(64), nullable=False),
        sa.Column("case_id", sa.String(12), nullable=False),
        sa.Column("room_id", sa.String(12), nullable=False),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("seat_id", sa.String(12), nullable=True),
        sa.Column("from_position", sa.Integer(), nullable=True),
        sa.Column("to_position", sa.Integer(), nullable=True),
        sa.Column("concern", sa.String(16), nullable=False),
        sa.Column("text", sa.String(1000), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("by_person_id", sa.String(12), nullable=True),
        sa.Column("by_device_hash", sa.String(64), nullable=True),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("sealed_id", sa.String(12), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("outcome_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["person.id"], name=op.f("fk_report_by_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["safety_case.id"], name=op.f("fk_report_case_id")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_report_room_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_report_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("receipt_hash", name=op.f("uq_report_receipt_hash")),
    )
    op.create_index(op.f("ix_report_by_person_id"), "report", ["by_person_id"], unique=False)
    op.create_index(op.f("ix_report_by_device_hash"), "report", ["by_device_hash"])
    op.create_index(op.f("ix_report_case_id"), "report", ["case_id"], unique=False)
    op.create_index(op.f("ix_report_room_id_at"), "report", ["room_id", "at"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("case_id", sa.String(12), nullable=False),
        sa.Column("job_id", sa.String(12), nullable=False),
        sa.Column("by_person_id", sa.String(12), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("is_blind", sa.Boolean(), nullable=False),
        sa.Column("clause", sa.String(40), nullable=True),
        sa.Column("pack_hash", sa.String(64), nullable=True),
        sa.Column("facts", sa.String(4000), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("approved_by_id", sa.String(12), nullable=True),
        sa.Column("in_force_at", sa.DateTime(), nullable=True),
        sa.Column("overturned_at", sa.DateTime(), nullable=True),
        sa.Column("statement_id", sa.String(12), nullable=True),
        sa.Column("ledger_index", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["person.id"], name=op.f("fk_decision_approved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["person.id"], name=op.f("fk_decision_by_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["safety_case.id"], name=op.f("fk_decision_case_id")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_decision_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(
        op.f("ix_decision_by_person_id"), "decision", ["by_person_id"], unique=False
    )
    op.create_index(op.f("ix_decision_case_id"), "decision", ["case_id"], unique=False)
    op.create_table(
        "appeal",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("case_id", sa.String(12), nullable=False),
        sa.Column("decision_id", sa.String(12), nullable=False),
        sa.Column("by_person_id", sa.String(12), nullable=True),
        sa.Column("report_id", sa.String(12), nullable=True),
        sa.Column("by_role", sa.String(60), nullable=False),
        sa.Column("text", sa.String(2000), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("answered_by_id", sa.String(12), nullable=True),
        sa.Column("answer", sa.String(2000), nullable=True),
        sa.Column("ledger_index", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["person.id"], name=op.f("fk_appeal_answered_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["person.id"], name=op.f("fk_appeal_by_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["safety_case.id"], name=op.f("fk_appeal_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_appeal_decision_id")
        ),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_appeal_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint(
            "decision_id", "by_role", name=op.f("uq_appeal_decision_id_by_role")
        ),
    )
    op.create_index(op.f("ix_appeal_case_id"), "appeal", ["case_id"], unique=False)
    op.create_table(
        "decided_effect",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("decision_id", sa.String(12), nullable=False),
        sa.Column("measure", sa.String(16), nullable=False),
        sa.Column("room_id", sa.String(12), nullable=True),
        sa.Column("length_s", sa.Double(), nullable=True),
        sa.Column("until_at", sa.DateTime(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("wish_id", sa.Integer(), nullable=True),
        sa.Column("ban_id", sa.String(12), nullable=True),
        sa.Column("restriction_id", sa.String(12), nullable=True),
        sa.Column("statement_id", sa.String(12), nullable=True),
        sa.Column("observed", sa.String(32), nullable=True),
        sa.Column("error", sa.String(64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("observed_at", sa.DateTime(), nullable=True),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["ban_id"], ["ban.id"], name=op.f("fk_decided_effect_ban_id")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_decided_effect_decision_id")
        ),
        sa.ForeignKeyConstraint(
            ["restriction_id"],
            ["restriction.id"],
            name=op.f("fk_decided_effect_restriction_id"),
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_decided_effect_room_id")
        ),
        sa.ForeignKeyConstraint(
            ["wish_id"], ["wish.id"], name=op.f("fk_decided_effect_wish_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decided_effect")),
    )
    op.create_index(
        op.f("ix_decided_effect_decision_id"), "decided_effect", ["decision_id"], unique=False
    )
    op.create_index(op.f("ix_decided_effect_state"), "decided_effect", ["state"], unique=False)
    op.create_index(
        op.f("ix_decided_effect_wish_id"), "decided_effect", ["wish_id"], unique=False
    )
    op.add_column(
        "ban", sa.Column("stage_only", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
