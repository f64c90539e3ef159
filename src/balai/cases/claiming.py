"""Claims: a job belongs to one reviewer for ten minutes, and longer while they work on it."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, CursorResult, or_, select, update
from sqlalchemy.orm import Session

from balai.cases import care, queue
from balai.cases.errors import (
    CaseNotForYou,
    FirstViewGiven,
    FirstViewNeeded,
    JobDone,
    JobMissing,
    JobTaken,
    NotYourJob,
    OtherJobHeld,
    OwnCase,
    SeenBefore,
    ShiftSpent,
    TookPart,
    TooManyClaims,
)
from balai.cases.model import BLIND, Case, Job, JobKind, JobState, Outcome
from balai.cases.reviewers import Post
from balai.cases.revision import require_same
from balai.clock import now

LEASE: Final = timedelta(minutes=10)
CLAIMS_MAX: Final = 3  # a reviewer
_TRIES_MAX: Final = 5


def claim_next(
    session: Session, post: Post, *, known: Collection[str] | None = None
) -> Job | None:
    """Claim the first job that a reviewer may do; None: there is nothing for them.

    `known`: the jobs that they know they hold. One that they hold besides, whose case they have
    not opened, is given once more: the answer to their claim was lost. None: they do not say.

    Raises:
        ShiftSpent: they have seen as much as one shift may hold.
        TooManyClaims: they hold three.
    """
    free_lapsed(session)
    unheard_of = _unheard_of(session, post, known) if known is not None else None
    if unheard_of is not None:
        return unheard_of
    _require_few(session, post)
    seen = care.spent(session, post.person.id)
    if seen.is_over:
        raise ShiftSpent
    fitting = queue.fitting(post, with_severe=seen.may_see_severe)
    first = (
        select(Job.id)
        .join(Job.case)
        .where(Job.state == JobState.WAITING, *fitting)
        .order_by(Job.priority, Job.due_at, Job.id)
        .limit(1)
    )
    for _ in range(_TRIES_MAX):  # where writers are not alone, somebody may be faster
        job_id = session.scalar(first)
        if job_id is None:
            return None
        if _take(session, job_id, post):
            return _get(session, job_id)
    return None


def claim(session: Session, job_id: str, post: Post) -> Job:
    """Claim one job; who holds it already keeps it for another ten minutes.

    Raises:
        JobMissing, JobDone, JobTaken: it is not to be had.
        OwnCase, TookPart, SeenBefore, CaseNotForYou: this reviewer may not do it.
        OtherJobHeld: they are asked something else about this case already.
        ShiftSpent, LighterFirst: not in this shift, or not as the next.
        TooManyClaims: they hold three.
    """
    job = _get(session, job_id)
    if job.state is JobState.DONE:
        raise JobDone
    _require_fits(session, job, post)
    care.require_may_see(session, post.person.id, job.case)
    if not _holds(job, post):
        _require_few(session, post)
    if not _take(session, job_id, post):
        raise JobTaken
    return _get(session, job_id)


def renew(session: Session, job_id: str, post: Post) -> Job:
    """Keep a job for another ten minutes; the time since the last sign of life counts as seen.

    Raises:
        JobMissing, JobDone, NotYourJob: they do not hold it.
    """
    job = held(session, job_id, post)
    job.lease_until = now() + LEASE
    care.looked(session, post.person.id, job.case)
    return job


def release(session: Session, job_id: str, post: Post) -> None:
    """Give a job back without a word; skipping is not scored.

    Raises:
        JobMissing, JobDone, NotYourJob: they do not hold it.
    """
    job = held(session, job_id, post)
    job.state, job.claimed_by_id, job.lease_until = JobState.WAITING, None, None
    job.first_view = job.first_view_at = None


def held(session: Session, job_id: str, post: Post) -> Job:
    """Give a job that a reviewer holds at this moment.

    Raises:
        JobMissing, JobDone, NotYourJob: they do not.
    """
    job = _get(session, job_id)
    if job.state is JobState.DONE:
        raise JobDone
    if not _holds(job, post):
        raise NotYourJob
    return job


def to_answer(session: Session, job_id: str, post: Post) -> Job:
    """Give a job that a reviewer holds, to answer it: nobody answers twice in one case.

    Raises:
        JobMissing, JobDone, NotYourJob: they do not hold it.
        TookPart: they have decided in the case, perhaps after they claimed this.
    """
    job = held(session, job_id, post)
    _require_apart(session, job, post)
    return job


def held_in(session: Session, case_id: str, post: Post) -> Job | None:
    """Find the job of a case that a reviewer holds."""
    query = select(Job).where(
        Job.case_id == case_id,
        Job.claimed_by_id == post.person.id,
        Job.state == JobState.CLAIMED,
        Job.lease_until > now(),
    )
    return session.scalars(query.limit(1)).first()


def view_first(
    session: Session, job_id: str, post: Post, *, outcome: Outcome, revision: str
) -> Job:
    """Record what a reviewer thinks before they read what others thought.

    Raises:
        JobMissing, JobDone, NotYourJob, TookPart: it is not theirs to answer.
        FirstViewGiven: it is on record.
        CaseMoved: something joined the case since they read it.
    """
    job = to_answer(session, job_id, post)
    if job.first_view is not None:
        raise FirstViewGiven
    require_same(session, job, revision)
    job.first_view, job.first_view_at = outcome, now()
    return job


def require_first_view(job: Job) -> None:
    """Let nobody decide an appeal who has not said first what they think themselves.

    Raises:
        FirstViewNeeded: they have not.
    """
    if job.kind is JobKind.APPEAL and job.first_view is None:
        raise FirstViewNeeded


def is_blind(job: Job) -> bool:
    """Tell whether what was decided is still hidden from whoever holds this job."""
    return job.kind in BLIND or (job.kind is JobKind.APPEAL and job.first_view is None)


def finish(job: Job) -> None:
    """Mark a job as done; who did it stays on record."""
    job.state, job.done_at, job.lease_until = JobState.DONE, now(), None


def free_lapsed(session: Session) -> int:
    """Give back the jobs whose claims ran out; tell how many."""
    freed = session.execute(
        update(Job)
        .where(queue.lease_ran_out(now()))
        .values(
            state=JobState.WAITING,
            claimed_by_id=None,
            lease_until=None,
            first_view=None,
            first_view_at=None,
        )
    )
    return cast("CursorResult[Any]", freed).rowcount


def _unheard_of(session: Session, post: Post, known: Collection[str]) -> Job | None:
    return next(
        (
            job
            for job in queue.mine(session, post)
            if job.id not in known and not _is_opened(session, job, post)
        ),
        None,
    )


def _is_opened(session: Session, job: Job, post: Post) -> bool:
    """Tell whether a reviewer saw the case of a job that they hold since they claimed it."""
    seen_until = care.seen_until(session, post.person.id, job.case_id)
    if seen_until is None or job.lease_until is None:
        return False
    return seen_until >= job.lease_until - LEASE


def _take(session: Session, job_id: str, post: Post) -> bool:
    """Claim by compare and set: of two who try, one row changes for one only."""
    at = now()
    is_own = (Job.claimed_by_id == post.person.id) & (Job.lease_until > at)
    fresh = update(Job).where(
        Job.id == job_id, or_(Job.state == JobState.WAITING, queue.lease_ran_out(at))
    )
    taken = fresh.values(
        state=JobState.CLAIMED,
        claimed_by_id=post.person.id,
        lease_until=at + LEASE,
        first_view=None,
        first_view_at=None,
    )
    kept = update(Job).where(Job.id == job_id, Job.state == JobState.CLAIMED, is_own)
    return _changed(session, taken) or _changed(session, kept.values(lease_until=at + LEASE))


def _changed(session: Session, change: Any) -> bool:
    session.flush()
    return cast("CursorResult[Any]", session.execute(change)).rowcount == 1


def _get(session: Session, job_id: str) -> Job:
    job = session.get(Job, job_id, populate_existing=True)
    if job is None:
        raise JobMissing
    return job


def _holds(job: Job, post: Post) -> bool:
    is_theirs = job.state is JobState.CLAIMED and job.claimed_by_id == post.person.id
    return is_theirs and job.lease_until is not None and job.lease_until > now()


def _require_few(session: Session, post: Post) -> None:
    if len(queue.mine(session, post)) >= CLAIMS_MAX:
        raise TooManyClaims


def _require_apart(session: Session, job: Job, post: Post) -> None:
    if job.kind is not JobKind.EFFECT and queue.took_part(session, job.case_id, post.person.id):
        raise TookPart


def _require_fits(session: Session, job: Job, post: Post) -> None:
    if queue.is_concerned(session, job.case, post.person.id):
        raise OwnCase
    _require_apart(session, job, post)
    if session.scalar(select(Job.id).where(Job.id == job.id, queue.held_beside(post))):
        raise OtherJobHeld
    knows_nothing = select(Job.id).where(Job.id == job.id, *queue.unknowing(post))
    if session.scalar(knows_nothing) is None:
        raise SeenBefore
    fitting: list[ColumnElement[bool]] = queue.fitting(post, with_severe=True)
    fits = select(Job.id).join(Case, Case.id == Job.case_id).where(Job.id == job.id, *fitting)
    if session.scalar(fits) is None:
        raise CaseNotForYou
