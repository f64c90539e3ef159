"""Whom a case concerns, when whoever reported could not tell whose voice it was."""

from datetime import timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload

from balai.cases import claiming
from balai.cases.errors import OwnCase, WrongJob
from balai.cases.model import Case, CaseFlag, CaseKind, Job, JobKind, Report
from balai.cases.reviewers import Post
from balai.evidence.sound import RATE_HZ
from balai.ledger import log as ledger
from balai.rooms.errors import SeatMissing
from balai.rooms.model import Room, Seat

VOICES_MAX: Final = 200
_MARGIN: Final = timedelta(seconds=15)  # the clocks of sound and records differ a little


def voices(session: Session, case: Case, job: Job | None) -> list[Seat]:
    """Read whom the holder of a job may name: who was on the stage by then, the last first.

    Nobody, unless the case is about a moment and nothing but a reviewer told whose it was.
    """
    if job is None or not _is_open_question(session, case, job):
        return []
    return on_stage_by(session, case.room, case.to_position)


def on_stage_by(session: Session, room: Room, position: int | None) -> list[Seat]:
    """Read who had come to the stage by a place in the room, or ever, the last first.

    200 of the last at most; the records do not know when somebody left the stage.
    """
    query = (
        select(Seat)
        .where(Seat.room_id == room.id, Seat.joined_at.is_not(None))
        .options(joinedload(Seat.person))
        .order_by(Seat.joined_at.desc(), Seat.id)
    )
    latest = session.scalars(query.limit(VOICES_MAX))
    return [seat for seat in latest if _was_there(seat, room, position)]


def name(session: Session, job_id: str, post: Post, *, seat_id: str) -> Job:
    """Note whose voice it was; until the case is decided, that can be put right.

    Raises:
        JobMissing, JobDone, NotYourJob: they do not hold the job.
        WrongJob: reports or flags tell whose voice it is, or this job asks something else.
        SeatMissing: nobody of this seat was on the stage of this room by then.
        OwnCase: it is the reviewer's own voice; somebody else has to take the job.
    """
    job = claiming.held(session, job_id, post)
    if not _is_open_question(session, job.case, job):
        raise WrongJob
    seat = session.get(Seat, seat_id)
    if seat is None or seat.room_id != job.case.room_id:
        raise SeatMissing
    if not _was_there(seat, job.case.room, job.case.to_position):
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


def _is_open_question(session: Session, case: Case, job: Job) -> bool:
    is_moment = case.kind is CaseKind.CONDUCT and case.from_position is not None
    if not is_moment or job.kind is not JobKind.FIRST:
        return False
    named = exists().where(Report.case_id == case.id, Report.seat_id.is_not(None))
    heard = exists().where(CaseFlag.case_id == case.id)
    return not session.scalar(select(named | heard))


def _was_there(seat: Seat, room: Room, position: int | None) -> bool:
    """Tell whether somebody had come to the stage by a place in the room."""
    if seat.joined_at is None:
        return False
    if room.live_at is None or position is None:
        return True
    end = room.live_at + timedelta(seconds=position / RATE_HZ)
    return seat.joined_at <= end + _MARGIN
