"""The queue: what one reviewer may do next, in the order in which it should be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from balai.cases import care
from balai.cases.errors import CursorInvalid
from balai.cases.model import (
    BLIND,
    Case,
    CaseRestriction,
    Exposure,
    Job,
    JobKind,
    JobState,
    Report,
)
from balai.cases.reviewers import Post
from balai.clock import now
from balai.people.model import PersonSession
from balai.rooms.access import HOSTING
from balai.rooms.chat import ChatLine
from balai.rooms.languages import UNKNOWN
from balai.rooms.model import Restriction, Room, Seat

PAGE: Final = 50
RESERVED: Final = timedelta(hours=1)  # before it is due, whoever is there may take a first look
_PARTS: Final = 3  # of a cursor
# To look after an effect, or to answer a golden question, decides nothing in a case.
_NO_PART: Final = frozenset({JobKind.EFFECT, JobKind.GOLDEN})


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of a job in the queue; what comes after it is the next page."""

    priority: int
    due_at: datetime
    id: str

    def __str__(self) -> str:
        return f"{self.priority}.{int(self.due_at.timestamp() * 1e6)}.{self.id}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a cursor back.

        Raises:
            CursorInvalid: this is none.
        """
        parts = text.split(".")
        try:
            if len(parts) != _PARTS or not text.isascii():
                raise CursorInvalid
            whole_s, rest_us = divmod(int(parts[1]), 1_000_000)
            due_at = datetime.fromtimestamp(whole_s, UTC).replace(microsecond=rest_us)
            return cls(int(parts[0]), due_at, parts[2])
        except (ValueError, OverflowError, OSError) as cause:
            raise CursorInvalid from cause

    @classmethod
    def of(cls, job: Job) -> Self:
        """Give the place of a job."""
        return cls(job.priority, job.due_at, job.id)


def page(session: Session, post: Post, *, after: Cursor | None = None) -> list[Job]:
    """Read one page, 50 jobs at most, of what a reviewer may do, with their cases and rooms.

    A claim that ran out counts as given back. Nothing is there when the shift is spent.
    """
    spent = care.spent(session, post.person.id)
    if spent.is_over:
        return []
    wanted = fitting(post, with_severe=spent.may_see_severe)
    waiting = _read(session, wanted, Job.state == JobState.WAITING, after)
    lapsed = _read(session, wanted, lease_ran_out(now()), after)
    return sorted([*waiting, *lapsed], key=_place)[:PAGE]


def mine(session: Session, post: Post) -> list[Job]:
    """Read the jobs that a reviewer holds now."""
    query = _with_cases(select(Job)).where(
        Job.claimed_by_id == post.person.id,
        Job.state == JobState.CLAIMED,
        Job.lease_until > now(),
    )
    return list(session.scalars(query.order_by(Job.priority, Job.due_at, Job.id)))


def lease_ran_out(at: datetime) -> ColumnElement[bool]:
    """Give the condition for jobs whose claim no longer holds."""
    return and_(Job.state == JobState.CLAIMED, Job.lease_until <= at)


def fitting(post: Post, *, with_severe: bool) -> list[ColumnElement[bool]]:
    """Give the conditions, on jobs joined with their cases, for what a reviewer may do."""
    conditions = [*unconcerned(post.person.id), _took_no_part(post.person.id), *unknowing(post)]
    conditions.append(~held_beside(post))
    if post.languages is not None:
        conditions.append(_understood(sorted(post.languages)))
    if post.refuses:
        conditions.append(Job.concern.not_in(post.refuses))
        named = exists().where(Report.case_id == Case.id, Report.concern.in_(post.refuses))
        conditions.append(~named)  # one report of a theme among others is enough to hear it
    if post.left:
        conditions.append(_not_reserved(post))
    if not with_severe:
        conditions.append(Case.is_severe.is_(False))
    return conditions


def is_concerned(session: Session, case: Case, person_id: str) -> bool:
    """Tell whether a case is about somebody, their room, or what they reported."""
    free = select(Case.id).where(Case.id == case.id, *unconcerned(person_id))
    return session.scalar(free) is None


def took_part(session: Session, case_id: str, person_id: str) -> bool:
    """Tell whether somebody has decided anything in a case."""
    query = select(Job.id).where(
        Job.case_id == case_id,
        Job.claimed_by_id == person_id,
        Job.state == JobState.DONE,
        Job.kind.not_in(_NO_PART),
    )
    return session.scalar(query.limit(1)) is not None


def _read(
    session: Session,
    wanted: Sequence[ColumnElement[bool]],
    state: ColumnElement[bool],
    after: Cursor | None,
) -> list[Job]:
    query = _with_cases(select(Job)).where(state, *wanted)
    if after is not None:
        place = (after.priority, after.due_at, after.id)
        query = query.where(tuple_(Job.priority, Job.due_at, Job.id) > place)
    return list(session.scalars(query.order_by(Job.priority, Job.due_at, Job.id).limit(PAGE)))


def _with_cases(query: Select[Job]) -> Select[Job]:
    whole = contains_eager(Job.case)
    return query.join(Job.case).options(whole, whole.options(joinedload(Case.room)))


def _place(job: Job) -> tuple[int, datetime, str]:
    return job.priority, job.due_at, job.id


def _understood(languages: Sequence[str]) -> ColumnElement[bool]:
    """What nobody could name the language of, everybody understands as well as anybody."""
    regions = [Job.language.startswith(f"{language}-") for language in languages]
    return or_(Job.language.in_([*languages, UNKNOWN, ""]), *regions)


def _not_reserved(post: Post) -> ColumnElement[bool]:
    """A first look is left to who is trained for its theme, until it cannot wait longer.

    Another look needs another person, and few teams have two who are trained.
    """
    cannot_wait = Job.due_at <= now() + RESERVED
    return or_(Job.kind != JobKind.FIRST, Job.concern.not_in(post.left), cannot_wait)


def unconcerned(person_id: str) -> list[ColumnElement[bool]]:
    """Give the conditions for cases that are neither about somebody nor about their room."""
    hosts = exists().where(Room.id == Case.room_id, Room.host_id == person_id)
    spoke = exists().where(
        Seat.room_id == Case.room_id,
        Seat.person_id == person_id,
        or_(Seat.joined_at.is_not(None), Seat.role.in_(HOSTING)),
    )
    # The rooms in which somebody wrote are few: they are read once, and not for each case.
    wrote = Case.room_id.in_(select(ChatLine.room_id).where(ChatLine.person_id == person_id))
    # Who reported without signing in is known by the device on which they are signed in now.
    devices = select(PersonSession.device_hash).where(PersonSession.person_id == person_id)
    reported = exists().where(
        Report.case_id == Case.id,
        or_(Report.by_person_id == person_id, Report.by_device_hash.in_(devices)),
    )
    cut = exists().where(  # whoever took something does not judge whether that was right
        CaseRestriction.case_id == Case.id,
        CaseRestriction.restriction_id == Restriction.id,
        Restriction.by_person_id == person_id,
    )
    is_theirs = and_(Case.person_id.is_not(None), Case.person_id == person_id)
    return [~is_theirs, ~hosts, ~spoke, ~wrote, ~reported, ~cut]


def held_beside(post: Post) -> ColumnElement[bool]:
    """Give the condition for jobs beside which a reviewer holds another of the same case.

    One page shows one question: what one of them shows may be what another asks blind.
    """
    other = aliased(Job)
    return exists().where(
        other.case_id == Job.case_id,
        other.claimed_by_id == post.person.id,
        other.state == JobState.CLAIMED,
        other.lease_until > now(),
        other.id != Job.id,
    )


def unknowing(post: Post) -> list[ColumnElement[bool]]:
    """Give the conditions for jobs of which a reviewer cannot know what is to be answered.

    Who looked at a case before it was asked again may know, and who read since what was
    decided does; leads can read the golden answers.
    """
    saw = exists().where(
        Exposure.person_id == post.person.id,
        Exposure.case_id == Job.case_id,
        (Exposure.at < Job.created_at) | (Exposure.seconds == care.KNOWS_S),
    )
    unseen = or_(Job.kind.not_in(BLIND), ~saw)
    return [unseen, Job.kind != JobKind.GOLDEN] if post.is_lead else [unseen]


def _took_no_part(person_id: str) -> ColumnElement[bool]:
    """Who decided in a case decides in it no more; to look after an effect, everybody may."""
    done = aliased(Job)
    decided = exists().where(
        done.case_id == Job.case_id,
        done.claimed_by_id == person_id,
        done.state == JobState.DONE,
        done.kind.not_in(_NO_PART),
    )
    return or_(Job.kind == JobKind.EFFECT, ~decided)
