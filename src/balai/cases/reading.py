"""The page of a case: everything that points at it, on one timeline.

Whoever opens it is counted as having seen it. Who reported is never told. What was decided
before is hidden from whoever shall answer without knowing it, and with it how old the case is:
an old one that is asked again must not be told from a fresh one.
"""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from balai.cases import (
    appealing,
    care,
    claiming,
    effects,
    naming,
    queue,
    revision,
    sounding,
    timeline,
)
from balai.cases.care import Spent
from balai.cases.errors import CaseMissing, OwnCase
from balai.cases.model import (
    BLIND,
    Case,
    CaseState,
    DecidedEffect,
    Decision,
    DecisionState,
    EffectState,
    Job,
    JobKind,
    JobState,
    Measure,
)
from balai.cases.reviewers import Post
from balai.cases.timeline import RoomFolders
from balai.cases.views import (
    AppealTold,
    CaseView,
    CaseVoice,
    SpentTold,
    appeal_told,
    asked_at,
    job_view,
    room_told,
)
from balai.people.model import Arrival
from balai.rooms.views import seat_name

_ASKED_BLIND: Final = BLIND | {JobKind.APPEAL}
_REMOVING: Final = frozenset({Measure.HOUSE_BAN, Measure.PERMANENT_REMOVAL})


def open_case(session: Session, case_id: str, post: Post, folders: RoomFolders) -> CaseView:
    """Open a case for a reviewer, and count it into their shift.

    Raises:
        CaseMissing: there is none.
        OwnCase: it is about them.
        ShiftSpent, LighterFirst: not in this shift, or not as the next.
    """
    case = _find(session, case_id)
    if queue.is_concerned(session, case, post.person.id):
        raise OwnCase
    care.require_may_see(session, post.person.id, case)
    care.looked(session, post.person.id, case)
    session.flush()
    return _view(session, case, post, folders)


def cases(
    session: Session, post: Post, *, state: CaseState | None, after: str | None, limit: int
) -> list[Case]:
    """Read cases for the leads, the soonest due first; `after` is the last one before.

    Nobody learns in this way that there is a case about themselves.
    """
    query = (
        select(Case)
        .where(*queue.unconcerned(post.person.id))
        .options(joinedload(Case.room))
        .order_by(Case.due_at, Case.id)
    )
    if state is not None:
        query = query.where(Case.state == state)
    last = session.get(Case, after) if after else None
    if last is not None:
        later = (Case.due_at > last.due_at) | (
            (Case.due_at == last.due_at) & (Case.id > last.id)
        )
        query = query.where(later)
    return list(session.scalars(query.limit(limit)))


def spent_told(seen: Spent) -> SpentTold:
    """Show what a reviewer saw, beside the limits."""
    return SpentTold(
        severe_s=round(seen.severe_s, 1),
        severe_s_max=care.SEVERE_S_MAX,
        any_s=round(seen.any_s, 1),
        any_s_max=care.ANY_S_MAX,
        severe_in_a_row=seen.severe_in_a_row,
        severe_in_a_row_max=care.SEVERE_IN_A_ROW_MAX,
        may_see_severe=seen.may_see_severe,
        is_over=seen.is_over,
    )


def _find(session: Session, case_id: str) -> Case:
    query = select(Case).where(Case.id == case_id)
    whole = query.options(joinedload(Case.room), joinedload(Case.seat), joinedload(Case.person))
    case = session.scalars(whole).first()
    if case is None:
        raise CaseMissing
    return case


def _view(session: Session, case: Case, post: Post, folders: RoomFolders) -> CaseView:
    job = claiming.held_in(session, case.id, post)
    asked = job or _asked_blind(session, case, post)
    hidden = asked is not None and (asked is not job or claiming.is_blind(asked))
    if not hidden and _is_asked_again(session, case):
        care.knows(session, post.person.id, case)
    done = effects.of_case(session, case.id)
    line = timeline.of_case(session, case, done, hidden=hidden, folders=folders)
    sound, unshown = sounding.told(session, case)
    return CaseView(
        id=case.id,
        kind=case.kind,
        state=CaseState.OPEN if hidden else case.state,
        concern=case.concern,
        language=case.language,
        is_urgent=case.is_urgent,
        is_severe=case.is_severe,
        brigade=case.brigade,
        from_position=case.from_position,
        to_position=case.to_position,
        seat_id=case.seat_id,
        name=seat_name(case.seat) if case.seat else None,
        is_about_person=case.person_id is not None,
        voices=[
            CaseVoice(seat_id=seat.id, name=seat_name(seat))
            for seat in naming.voices(session, case, job)
        ],
        room=room_told(case, hidden=hidden),
        opened_at=asked_at(asked) if asked else case.opened_at,
        due_at=asked.due_at if asked else case.due_at,
        closed_at=None if hidden else case.closed_at,
        failed=not hidden and any(one.state is EffectState.FAILED for one in done),
        invited_removed=invited_removed(session, case.person_id),
        is_blind=hidden,
        job=job_view(job) if job else None,
        timeline=line.moments,
        sound=sound,
        unshown=line.unshown + unshown,
        appeals=_appeals(session, case, hidden=hidden, job=job),
        spent=spent_told(care.spent(session, post.person.id)),
        revision=revision.of_case(session, case, job),
    )


def invited_removed(session: Session, person_id: str | None) -> int:
    """Count the people somebody invited who were removed; nothing follows from it by itself."""
    if person_id is None:
        return 0
    removed = (
        select(func.count(Arrival.person_id.distinct()))
        .join(Case, Case.person_id == Arrival.person_id)
        .join(Decision, Decision.case_id == Case.id)
        .join(DecidedEffect, DecidedEffect.decision_id == Decision.id)
        .where(
            Arrival.by_person_id == person_id,
            Decision.state == DecisionState.IN_FORCE,
            DecidedEffect.measure.in_(_REMOVING),
        )
    )
    return session.scalar(removed) or 0


def _asked_blind(session: Session, case: Case, post: Post) -> Job | None:
    """Find the question for whose sake a case is hidden from whoever may be asked it.

    Leads are not asked golden questions, whose answers they read.
    """
    if queue.took_part(session, case.id, post.person.id):
        return None
    kinds = _ASKED_BLIND - {JobKind.GOLDEN} if post.is_lead else _ASKED_BLIND
    asked = select(Job).where(
        Job.case_id == case.id, Job.kind.in_(kinds), Job.state != JobState.DONE
    )
    return session.scalars(asked.order_by(Job.created_at, Job.id).limit(1)).first()


def _is_asked_again(session: Session, case: Case) -> bool:
    """Tell whether somebody is to answer blind what is about to be shown."""
    asked = select(Job.id).where(
        Job.case_id == case.id, Job.kind.in_(BLIND), Job.state != JobState.DONE
    )
    return session.scalar(asked.limit(1)) is not None


def _appeals(
    session: Session, case: Case, *, hidden: bool, job: Job | None
) -> list[AppealTold]:
    """What an appeal says is read by whoever answers it, also before their first view."""
    if hidden and (job is None or job.kind is not JobKind.APPEAL):
        return []
    return [appeal_told(one) for one in appealing.of_case(session, case.id)]
