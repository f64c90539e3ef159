"""What a person is shown of a statement of reasons."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from balai.statements.model import Measure, Statement


class MeasureTold(BaseModel):
    """What was taken."""

    kind: Measure
    sentence: str


class ScopeTold(BaseModel):
    """Where; without countries, everywhere."""

    countries: list[str]
    sentence: str


class DurationTold(BaseModel):
    """From when until when; without an end, until it is lifted."""

    from_at: datetime
    until_at: datetime | None
    sentence: str


class SourceTold(BaseModel):
    """What it began with: our own initiative or a notice, never by whom."""

    kind: str
    sentence: str


class AutomationTold(BaseModel):
    """Whether machines detected and decided."""

    detection: bool
    decision: Literal["fully", "partially", "not"]
    sentence: str


class GroundTold(BaseModel):
    """Why: the law, a clause of the policy, or the words of who decided."""

    kind: Literal["illegal", "clause", "own_words"]
    clause: str | None
    title: str
    why: str


class RedressTold(BaseModel):
    """What the person can do about it, and until when here."""

    complaint_until: datetime
    complaint: str
    out_of_court: str
    out_of_court_url: str
    court: str


class Told(BaseModel):
    """A statement of reasons as its person reads it, in their language.

    Source: Regulation (EU) 2022/2065, article 17(3), points (a) to (f).
    """

    measure: MeasureTold
    scope: ScopeTold
    duration: DurationTold
    facts: str
    source: SourceTold
    automation: AutomationTold
    ground: GroundTold
    redress: RedressTold


class StatementView(BaseModel):
    """A statement of reasons, with what became of it."""

    id: str
    room_id: str | None
    restriction_id: str | None
    decision_id: str | None
    at: datetime
    language: str
    told: Told
    delivered_at: datetime | None
    read_at: datetime | None
    ended_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_why: str | None
    ledger_index: int | None


def statement_view(statement: Statement) -> StatementView:
    """Show a statement."""
    named = {
        name: getattr(statement, name) for name in StatementView.model_fields if name != "told"
    }
    return StatementView(told=Told.model_validate(statement.told), **named)
