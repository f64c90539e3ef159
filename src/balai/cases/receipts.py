"""What reporters learn of their reports: received, in review, decided; never about the person.

A receipt is a capability: who has it sees the report without an account. It is derived from the
house's key, so that the same report gives the same receipt again; only its hash is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from balai import feed
from balai.cases import ladder, untold
from balai.cases.errors import ReceiptUnknown
from balai.cases.model import (
    Appeal,
    Case,
    Concern,
    DecidedEffect,
    Decision,
    DecisionState,
    EffectState,
    Job,
    JobKind,
    JobState,
    Outcome,
    Report,
    Subject,
)
from balai.cases.views import AppealTold, appeal_told
from balai.clock import now
from balai.evidence.model import Sealed
from balai.people import invitations
from balai.people.keys import HouseKey, digest
from balai.people.sign_in import Caller
from balai.rooms.model import Room

SHOWN_MAX: Final = 100
_LETTERS: Final = 32  # 128 bits, hexadecimal


class ReportState(StrEnum):
    """How far a report is, as its reporter is told."""

    RECEIVED = "received"
    IN_REVIEW = "in_review"  # a person looks at it, or what they decided is under way
    DECIDED = "decided"


class FollowUp(StrEnum):
    """What followed from a decision; what was done to whom is told to nobody else."""

    UNDER_WAY = "under_way"
    DONE = "done"  # a measure was observed to be carried out
    NOTHING = "nothing"  # there was nothing to do, or nothing left to do it to


class ReportView(BaseModel):
    """A report as its reporter sees it.

    `appeal`: another look that they asked for last, with its answer. `receipt`: in the list of
    one's own only. `is_sealed`: something can be heard of what is kept as evidence.
    `follow_up`: null before the decision. `was_overturned`: another decision came before it,
    about the same report, and somebody else decided otherwise after an appeal.
    """

    id: str
    room_id: str
    room_title: str
    subject: Subject
    seat_id: str | None
    from_position: int | None
    to_position: int | None
    concern: Concern
    text: str
    is_urgent: bool
    is_sealed: bool
    at: datetime
    state: ReportState
    outcome: Outcome | None
    outcome_at: datetime | None
    follow_up: FollowUp | None
    was_overturned: bool
    appeal: AppealTold | None
    receipt: str | None


def receipt_of(report: Report, key: HouseKey) -> str:
    """Give the receipt of a report."""
    return key.sign("receipt", report.id)[:_LETTERS]


def by_receipt(session: Session, receipt: str) -> Report:
    """Find the report of a receipt.

    Raises:
        ReceiptUnknown: there is none.
    """
    found = session.scalars(select(Report).where(Report.receipt_hash == digest(receipt)))
    report = found.first()
    if report is None:
        raise ReceiptUnknown
    return report


def of_caller(session: Session, caller: Caller) -> list[Report]:
    """Read the reports of who is signed in, newest first, 100 at most.

    A session that began with a link shows none from before: see `invitations.confided_since`.

    Raises:
        SignInNeeded: nobody is.
    """
    query = select(Report).where(Report.by_person_id == caller.known().id)
    since = invitations.confided_since(session, caller.session_id)
    if since is not None:
        query = query.where(Report.at >= since)
    return list(session.scalars(query.order_by(Report.at.desc(), Report.id).limit(SHOWN_MAX)))


def told(
    session: Session, reports: Sequence[Report], *, key: HouseKey | None = None
) -> list[ReportView]:
    """Tell what became of reports; the number of queries is fixed.

    With the house's key their receipts are told as well: to whoever reported, signed in.
    """
    case_ids = {one.case_id for one in reports}
    known = _Known(
        titles=_titles(session, reports),
        appeals=_appeals(session, reports),
        looked_at=_looked_at(session, reports),
        audible=_audible(session, reports),
        followed=_followed(session, case_ids),
        overturned=_overturned(session, case_ids),
    )
    return [_tell(one, known, receipt_of(one, key) if key else None) for one in reports]


def tell_outcome(session: Session, case: Case, outcome: Outcome) -> None:
    """Tell everybody who reported a case what was decided; called again when it is overturned.

    People hear it on the room's event stream as well, and nobody else does. Who may not be told
    yet reads it later, and hears nothing.
    """
    reports = list(session.scalars(select(Report).where(Report.case_id == case.id)))
    for report in reports:
        report.outcome, report.outcome_at = outcome, untold.outcome_from(report, case)
    session.flush()
    for report, shown in zip(reports, told(session, reports), strict=True):
        if report.by_person_id is not None and untold.is_told(report):
            _append(session, report.by_person_id, shown)


def decision_in_force(session: Session, case_id: str) -> Decision | None:
    """Give what was decided last about a case and still holds, None when nothing is."""
    query = select(Decision).where(
        Decision.case_id == case_id,
        Decision.state == DecisionState.IN_FORCE,
        Decision.is_blind.is_(False),
    )
    return session.scalars(query.order_by(Decision.in_force_at.desc()).limit(1)).first()


def _append(session: Session, person_id: str, shown: ReportView) -> None:
    feed.append(
        session,
        room_id=shown.room_id,
        kind="report",
        data={
            "report": {
                "id": shown.id,
                "state": shown.state,
                "outcome": shown.outcome,
                "follow_up": shown.follow_up,
            }
        },
        audience=feed.audience_of(person_id, hosts=False),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What is read once for many reports: by room, by report, by sealed sound, by case."""

    titles: dict[str, str]
    appeals: dict[str, AppealTold]
    looked_at: set[str]
    audible: set[str]
    followed: dict[str, FollowUp]
    overturned: dict[str, list[datetime]]


def _tell(report: Report, known: _Known, receipt: str | None) -> ReportView:
    decided = untold.is_told(report)
    state = ReportState.IN_REVIEW if report.id in known.looked_at else ReportState.RECEIVED
    overturned = known.overturned.get(report.case_id, ())
    return ReportView(
        id=report.id,
        room_id=report.room_id,
        room_title=known.titles[report.room_id],
        subject=report.subject,
        seat_id=report.seat_id,
        from_position=report.from_position,
        to_position=report.to_position,
        concern=report.concern,
        text=report.text,
        is_urgent=report.is_urgent,
        is_sealed=report.sealed_id in known.audible,
        at=report.at,
        state=ReportState.DECIDED if decided else state,
        outcome=report.outcome if decided else None,
        outcome_at=report.outcome_at if decided else None,
        follow_up=known.followed.get(report.case_id, FollowUp.NOTHING) if decided else None,
        was_overturned=decided and any(began >= report.at for began in overturned),
        appeal=known.appeals.get(report.id),
        receipt=receipt,
    )


def _titles(session: Session, reports: Sequence[Report]) -> dict[str, str]:
    room_ids = {one.room_id for one in reports}
    query = select(Room.id, Room.title).where(Room.id.in_(room_ids))
    return dict(session.execute(query).all())


def _audible(session: Session, reports: Sequence[Report]) -> set[str]:
    """Name what was sealed and holds any sound: a muted voice is sealed as silence."""
    query = select(Sealed.id).where(
        Sealed.id.in_({one.sealed_id for one in reports if one.sealed_id}),
        Sealed.voiced_samples > 0,
        Sealed.destroyed_at.is_(None),
    )
    return set(session.scalars(query))


def _overturned(session: Session, case_ids: set[str]) -> dict[str, list[datetime]]:
    """Tell since when decisions had been in force that hold no more."""
    query = select(Decision.case_id, Decision.in_force_at).where(
        Decision.case_id.in_(case_ids),
        Decision.state == DecisionState.OVERTURNED,
    )
    found: dict[str, list[datetime]] = {}
    for case_id, began in session.execute(query):
        if began is not None:
            found.setdefault(case_id, []).append(began)
    return found


def _appeals(session: Session, reports: Sequence[Report]) -> dict[str, AppealTold]:
    """Read what was asked for last about each report, and how it was answered."""
    ids = [one.id for one in reports]
    query = select(Appeal).where(Appeal.report_id.in_(ids)).order_by(Appeal.at)
    return {one.report_id or "": appeal_told(one) for one in session.scalars(query)}


def _looked_at(session: Session, reports: Sequence[Report]) -> set[str]:
    """Name the reports of which may be told that somebody looks at them."""
    query = (
        select(Case.id, Case.opened_at)
        .join(Job, Job.case_id == Case.id)
        .where(
            Case.id.in_({one.case_id for one in reports}),
            Job.state != JobState.WAITING,
            Job.kind != JobKind.GOLDEN,
        )
    )
    opened, at = dict(session.execute(query).all()), now()
    return {
        one.id
        for one in reports
        if one.case_id in opened and untold.progress_from(one, opened[one.case_id]) <= at
    }


def _followed(session: Session, case_ids: set[str]) -> dict[str, FollowUp]:
    """Tell what follows from what was decided about cases; from the others, nothing."""
    query = (
        select(Decision.case_id, DecidedEffect.state, DecidedEffect.observed)
        .join(DecidedEffect, DecidedEffect.decision_id == Decision.id)
        .where(Decision.case_id.in_(case_ids), Decision.state == DecisionState.IN_FORCE)
    )
    found: dict[str, FollowUp] = {}
    for case_id, state, observed in session.execute(query):
        if state in (EffectState.PENDING, EffectState.FAILED):
            found.setdefault(case_id, FollowUp.UNDER_WAY)
        elif state is EffectState.CARRIED_OUT and observed not in ladder.NOTHING_DONE:
            found[case_id] = FollowUp.DONE
    return found
