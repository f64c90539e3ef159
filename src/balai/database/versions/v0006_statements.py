"""Statements of reasons: every restriction has one."""

import json
import secrets
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_SIX_MONTHS = timedelta(days=184)
_LAST_DATE = date(2038, 1, 1)
_DECISIONS: dict[str, dict[str, object]] = {
    "mute": {"decision_visibility": ["DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED"]},
    "hold": {
        "decision_visibility": ["DECISION_VISIBILITY_OTHER"],
        "decision_visibility_other": "Withheld from the live audience pending review",
    },
    "move_to_hall": {"decision_provision": "DECISION_PROVISION_PARTIAL_SUSPENSION"},
    "remove": {"decision_provision": "DECISION_PROVISION_PARTIAL_SUSPENSION"},
}


def upgrade() -> None:
    """Add them; restrictions of before get a plain one, which stands in no ledger."""
    op.create_table(
        "statement",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("person_id", sa.String(12), nullable=False),
        sa.Column("room_id", sa.String(12)),
        sa.Column("restriction_id", sa.String(12)),
        sa.Column("decision_id", sa.String(12)),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("delivered_at", sa.DateTime()),
        sa.Column("read_at", sa.DateTime()),
        sa.Column("ended_at", sa.DateTime()),
        sa.Column("withdrawn_at", sa.DateTime()),
        sa.Column("withdrawn_why", sa.String(500)),
        sa.Column("ledger_index", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_statement_person_id")
        ),
        sa.UniqueConstraint("restriction_id", name=op.f("uq_statement_restriction_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
    )
    op.create_index(op.f("ix_statement_person_id_at"), "statement", ["person_id", "at"])
    op.create_index(op.f("ix_statement_decision_id"), "statement", ["decision_id"])
    op.create_index(op.f("ix_statement_at_id"), "statement", ["at", "id"])
    op.add_column("restriction", sa.Column("statement_id", sa.String(12)))
    _state_what_was_before(op.get_bind())
    with op.batch_alter_table("restriction") as restriction:
        restriction.alter_column("statement_id", existing_type=sa.String(12), nullable=False)
        restriction.create_foreign_key(
            op.f("fk_restriction_statement_id"), "statement", ["statement_id"], ["id"]
        )
        restriction.create_unique_constraint(
            op.f("uq_restriction_statement_id"), ["statement_id"]
        )


def _state_what_was_before(connection: sa.Connection) -> None:
    """Write a plain statement for each restriction that has none."""
    rows = connection.execute(
        sa.text(
            "SELECT id, room_id, person_id, kind, by_role, reason, from_at, until_at, lifted_at"
            " FROM restriction"
        )
    ).all()
    statement = sa.table(
        "statement",
        *(sa.column(n) for n in ("id", "person_id", "room_id", "restriction_id", "at")),
        *(sa.column(n) for n in ("fields", "told", "language", "delivered_at", "ended_at")),
    )
    for row in rows:
        statement_id = "".join(secrets.choice(_LETTERS) for _ in _LETTERS[:12])
        connection.execute(
            sa.insert(statement).values(
                id=statement_id,
                person_id=row.person_id,
                room_id=row.room_id,
                restriction_id=row.id,
                at=row.from_at,
                fields=json.dumps(_fields(row, statement_id)),
                told=json.dumps(_told(row)),
                language="en",
                delivered_at=row.from_at,  # they were shown the restriction itself
                ended_at=row.lifted_at,
            )
        )
        connection.execute(
            sa.text("UPDATE restriction SET statement_id = :s WHERE id = :r"),
            {"s": statement_id, "r": row.id},
        )


def _fields(row: sa.Row[Any], statement_id: str) -> dict[str, object]:
    by_rule = row.by_role is None
    until_at = _moment(row.until_at)
    end = {}
    if until_at is not None and until_at.date() <= _LAST_DATE:
        is_sent_away = row.kind in {"move_to_hall", "remove"}
        name = "service" if is_sent_away else "visibility"
        end = {f"end_date_{name}_restriction": until_at.date().isoformat()}
    on = str(row.from_at)[:10]
    return {
        "puid": statement_id,
        **_DECISIONS[row.kind],
        **end,
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": "The rules of the room and of this house",
        "incompatible_content_explanation": "The reason given was shown to the person.",
        "incompatible_content_illegal": "No",
        "decision_facts": "A restriction in a live audio room, stated afterwards.",
        "content_type": ["CONTENT_TYPE_AUDIO"],
        "category": "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
        "content_date": on,
        "application_date": on,
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "Yes" if by_rule else "No",
        "automated_decision": "AUTOMATED_DECISION_FULLY"
        if by_rule
        else "AUTOMATED_DECISION_NOT_AUTOMATED",
    }


def _told(row: sa.Row[Any]) -> dict[str, object]:
    by_rule = row.by_role is None
    from_at, until_at = datetime.fromisoformat(row.from_at), _moment(row.until_at)
    return {
        "measure": {"kind": row.kind, "sentence": "Something was taken from you in a room."},
        "scope": {"countries": [], "sentence": "It applies wherever the room is heard."},
        "duration": {"from_at": _iso(from_at), "until_at": _iso(until_at), "sentence": ""},
        "facts": "This statement was written afterwards, from the record of the restriction.",
        "source": {"kind": "SOURCE_VOLUNTARY", "sentence": ""},
        "automation": {
            "detection": by_rule,
            "decision": "fully" if by_rule else "not",
            "sentence": "A rule of the house decided." if by_rule else "A person decided.",
        },
        "ground": {
            "kind": "own_words",
            "clause": None,
            "title": "The rules of the room and of this house",
            "why": row.reason,
        },
        "redress": {
            "complaint_until": _iso(from_at + _SIX_MONTHS),
            "complaint": "You can contest this here, free of charge.",
            "out_of_court": "",
            "out_of_court_url": "",
            "court": "You can also go to court.",
        },
    }


def _moment(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None


def _iso(moment: datetime | None) -> str | None:
    return f"{moment.isoformat()}Z" if moment else None
