"""The lines of a chat that a case is about, and their coming out by a decision on it."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from balai.cases.model import Case, DecidedEffect, Decision, Measure, Report
from balai.rooms.chat import ChatLine


def reported(case: Case) -> Select[str]:
    """Select the ids of the lines that were reported in a case."""
    return (
        select(ChatLine.id)
        .join(Report, Report.line_id == ChatLine.id)
        .where(Report.case_id == case.id)
    )


def by_decision(case: Case) -> Select[str | None]:
    """Select the restrictions by which decisions on a case took lines out."""
    return (
        select(DecidedEffect.restriction_id)
        .join(DecidedEffect.decision)
        .where(Decision.case_id == case.id, DecidedEffect.measure == Measure.TAKE_LINE)
    )


def takeable(case: Case) -> ColumnElement[bool]:
    """Tell of which lines a decision on a case may say that they come out.

    Of those that were reported in it: not of what hosts took out, or the team found to stay,
    nor when nobody reads the chat any more. What the decision before took out may come out
    by the one that an appeal puts in its place.
    """
    return (
        ChatLine.id.in_(reported(case))
        & (ChatLine.person_id == (case.person_id or ""))
        & ChatLine.kept.is_(False)
        & or_(
            ChatLine.restriction_id.is_(None),
            ChatLine.restriction_id.in_(by_decision(case)),
        )
    )


def to_take(session: Session, case: Case) -> Sequence[ChatLine]:
    """Read the lines that a decision in force now takes out: those still shown."""
    query = select(ChatLine).where(takeable(case), ChatLine.taken_by.is_(None))
    return session.scalars(query.order_by(ChatLine.at, ChatLine.id)).all()
