"""Whom a case concerns, when whoever reported could not tell whose voice it was."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.cases import claiming
from balai.cases.errors import OwnCase, WrongJob
from balai.cases.model import Case, CaseKind, Job, JobKind
from balai.cases.reviewers import Post
from balai.ledger import log as ledger
from balai.rooms.errors import SeatMissing
from balai.rooms.model import Seat

VOICES_MAX: Final = 40


def voices(session: Session, case: Case, job: Job | None) -> list[Seat]:
    """Read whom the holder of a job may name, in the order in which they came; 40 at most.

    Nobody, unless the case is about a moment and no voice is known.
    """
    if job is None or not _is_open_question(case, job):
        return []
    query = (
        select(Seat)
        .where(Seat.room_id == case.room_id, Seat.joined_at.is_not(None))
        .order_by(Seat.joined_at, Seat.id)
    )
    return list(session.scalars(query.limit(VOICES_MAX)))


def name(session: Session, job_id: str, post: Post, *, seat_id: str) -> Job:
    """Note whose voice it was, before anything is decided about it.

    Raises:
        JobMissing, JobDone, NotYourJob: they do not hold the job.
        WrongJob: a voice is known, or this job asks something else.
        SeatMissing: nobody of this seat was on the stage of this room.
        OwnCase: it is the reviewer's own voice; somebody else has to take the job.
    """
    job = claiming.held(session, job_id, post)
    if not _is_open_question(job.case, job):
        raise WrongJob
    seat = session.get(Seat, seat_id)
    if seat is None or seat.room_id != job.case.room_id or seat.joined_at is None:
        raise SeatMissing
    if seat.person_id == post.person.id:
        raise OwnCase
    job.case.seat_id, job.case.person_id = seat.id, seat.person_id
    told: dict[str, object] = {
        "case_id": job.case_id,
        "by_person_id": post.person.id,
        "person_id": seat.person_id,
    }
    ledger.append(session, kind="case_concerns", record=told)
    session.flush()
    return job


def _is_open_question(case: Case, job: Job) -> bool:
    is_moment = case.kind is CaseKind.CONDUCT and case.from_position is not None
    return is_moment and case.seat_id is None and job.kind is JobKind.FIRST
