"""What the records know of those who report: how often they were right, and who let them in."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from balai.cases.model import Outcome, Report
from balai.cases.weighing import Voiced, trust
from balai.people.model import Arrival, Person, PersonSession
from balai.people.sign_in import Caller

_CASES_MAX: Final = 50  # the latest ones; people change


def is_by(caller: Caller) -> ColumnElement[bool] | None:
    """Give the condition for somebody's reports, None when nothing is known of them."""
    known = []
    if caller.person_id is not None:
        known.append(Report.by_person_id == caller.person_id)
    if caller.device_hash is not None:
        known.append(Report.by_device_hash == caller.device_hash)
    return or_(*known) if known else None


def as_known(session: Session, caller: Caller) -> Caller:
    """Give a caller without a device on which nobody ever signed in: anybody can invent one."""
    if caller.person_id is not None or caller.device_hash is None:
        return caller
    seen = select(PersonSession.id).where(PersonSession.device_hash == caller.device_hash)
    if session.scalar(seen.limit(1)) is None:
        return dataclasses.replace(caller, device_hash=None)
    return caller


def is_same(caller: Caller) -> ColumnElement[bool] | None:
    """Give the condition for reports of this very identity; who shares a device is another."""
    if caller.person_id is not None:
        return Report.by_person_id == caller.person_id
    if caller.device_hash is not None:
        return and_(Report.by_person_id.is_(None), Report.by_device_hash == caller.device_hash)
    return None


def weight_of(session: Session, caller: Caller) -> float:
    """Give what a report of somebody weighs: by their last 50 decided cases, each once."""
    theirs = is_by(caller)
    if theirs is None:
        return trust(right=0, decided=0)
    query = (
        select(Report.case_id, Report.outcome)
        .where(theirs, Report.outcome.is_not(None))
        .order_by(Report.outcome_at.desc())
        .limit(_CASES_MAX)
    )
    outcomes = dict(session.execute(query).all())
    right = sum(outcome is Outcome.VIOLATION for outcome in outcomes.values())
    return trust(right=right, decided=len(outcomes))


def voiced(session: Session, reports: Sequence[Report]) -> list[Voiced]:
    """Give reports with what is known of their reporters, in two queries."""
    people = {one.by_person_id for one in reports if one.by_person_id}
    made = _people(session, people)
    circles = _circles(session, people)
    return [
        Voiced(
            concern=one.concern,
            weight=one.weight,
            at=one.at,
            person_id=one.by_person_id,
            device_hash=one.by_device_hash,
            circles=circles.get(one.by_person_id or "", frozenset()),
            account_at=made[one.by_person_id].created_at if one.by_person_id else None,
        )
        for one in reports
    ]


def _people(session: Session, ids: Collection[str]) -> Mapping[str, Person]:
    query = select(Person).where(Person.id.in_(ids))
    return {one.id: one for one in session.scalars(query)} if ids else {}


def _circles(session: Session, ids: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Name the circles of people: the link they came by, who made it, and their own links.

    Operators let everybody in; to have come by one of theirs says nothing, unless by the same.
    """
    if not ids:
        return {}
    query = (
        select(Arrival, Person.is_operator)
        .outerjoin(Person, Person.id == Arrival.by_person_id)
        .where(Arrival.person_id.in_(ids))
    )
    found = {one: {f"by:{one}"} for one in ids}
    for arrival, by_operator in session.execute(query):
        found[arrival.person_id].add(f"link:{arrival.invitation_id}")
        if arrival.by_person_id and not by_operator:
            found[arrival.person_id].add(f"by:{arrival.by_person_id}")
    return {person_id: frozenset(circles) for person_id, circles in found.items()}
