"""The page of a case: everything that points at it, on one timeline.

Whoever opens it is counted as having seen it. Who reported is never told. What was decided
before is hidden from whoever shall answer without knowing it, and with it how old the case is:
an old one that is asked again must not be told from a fresh one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from balai.cases import appealing, care, claiming, effects, naming, queue, transcript
from balai.cases.care import Spent
from balai.cases.errors import CaseMissing, OwnCase
from balai.cases.model import (
    BLIND,
    Case,
    CaseFlag,
    CaseRestriction,
    CaseState,
    DecidedEffect,
    Decision,
    DecisionState,
    EffectState,
    Job,
    JobKind,
    JobState,
    Measure,
    Report,
)
from balai.cases.reviewers import Post
from balai.cases.views import (
    AppealTold,
    CaseView,
    CaseVoice,
    FlagTold,
    GapTold,
    LineTold,
    Moment,
    ReportTold,
    SpentTold,
    WordsTold,
    appeal_told,
    asked_at,
    decision_told,
    job_view,
    restriction_told,
    room_told,
)
from balai.clock import now
from balai.evidence.sound import RATE_HZ
from balai.feed import FeedEntry
from balai.people.model import Arrival
from balai.rooms.model import Flag, FlagState, FlagWords, Restriction, Room, WatchState
from balai.rooms.views import FlagFacts, flag_view, seat_name

FLAGS_MAX: Final = 100
REPORTS_MAX: Final = 200
RESTRICTIONS_MAX: Final = 50
GAPS_MAX: Final = 200
_ASKED_BLIND: Final = BLIND | {JobKind.APPEAL}
_UNTOLD: Final = ("decided_by_name", "decided_at", "reason")  # of a flag
_REMOVING: Final = frozenset({Measure.HOUSE_BAN, Measure.PERMANENT_REMOVAL})


@dataclass(frozen=True, slots=True)
class RoomFolders:
    """Where the sound and words of rooms lie: as published, and what replays were before."""

    air: Path
    tracks: Path


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
    done = effects.of_case(session, case.id)
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
        timeline=_timeline(session, case, done, hidden=hidden, folders=folders),
        appeals=_appeals(session, case, hidden=hidden, job=job),
        spent=spent_told(care.spent(session, post.person.id)),
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


def _appeals(
    session: Session, case: Case, *, hidden: bool, job: Job | None
) -> list[AppealTold]:
    """What an appeal says is read by whoever answers it, also before their first view."""
    if hidden and (job is None or job.kind is not JobKind.APPEAL):
        return []
    return [appeal_told(one) for one in appealing.of_case(session, case.id)]


def _timeline(
    session: Session,
    case: Case,
    done: list[DecidedEffect],
    *,
    hidden: bool,
    folders: RoomFolders,
) -> list[Moment]:
    moments = [
        *_flags(session, case, hidden=hidden),
        *_reports(session, case),
        *_restrictions(session, case, done, hidden=hidden),
        *_gaps(session, case),
        *_lines(case, folders),
    ]
    if not hidden:
        moments += _decisions(session, case, done)
    ordered = sorted(moments, key=lambda one: _place(one, case.room))
    return [_timeless(one, case.room) for one in ordered] if hidden else ordered


def _timeless(moment: Moment, room: Room) -> Moment:
    """Show a moment by its place in the room instead of its time of day.

    What came after the room, however much later, stands at its end.
    """
    place = max(0, min(_place(moment, room)[0], _length(room)))
    return moment.model_copy(update={"at": None, "from_position": place})


def _length(room: Room) -> int:
    """Tell for how long a room was, or is, on air."""
    if room.live_at is None:
        return 0
    return round(((room.ended_at or now()) - room.live_at).total_seconds() * RATE_HZ)


def _place(moment: Moment, room: Room) -> tuple[int, str]:
    """Order by position; what has only a time of day stands where the room was then."""
    if moment.from_position is not None:
        return moment.from_position, moment.kind
    began = room.live_at or room.opened_at or room.created_at
    passed_s = (moment.at - began).total_seconds() if moment.at else 0.0
    return round(passed_s * RATE_HZ), moment.kind


def _flags(session: Session, case: Case, *, hidden: bool) -> Iterator[Moment]:
    rows = session.execute(
        select(Flag, FlagWords)
        .join(CaseFlag, CaseFlag.flag_id == Flag.id)
        .outerjoin(FlagWords, FlagWords.flag_id == Flag.id)
        .where(CaseFlag.case_id == case.id)
        .options(joinedload(Flag.seat))
        .order_by(Flag.at)
        .limit(FLAGS_MAX)
    ).all()
    for flag, words in rows:
        yield Moment(
            kind="flag",
            from_position=flag.from_position,
            to_position=flag.to_position,
            at=flag.at,
            flag=FlagTold(flag=_flag(flag, hidden=hidden), words=_words(words)),
        )


def _flag(flag: Flag, *, hidden: bool) -> FlagFacts:
    facts = FlagFacts(**flag_view(flag).model_dump(exclude={"at"}))
    if not hidden:
        return facts
    policy = facts.policy and facts.policy.model_copy(update={"pack_hash": ""})
    nothing = dict.fromkeys(_UNTOLD) | {"policy": policy, "holds": False}
    return facts.model_copy(update={"state": FlagState.OPEN, **nothing})


def _words(kept: FlagWords | None) -> list[WordsTold]:
    spans = kept.words.get("spans") if kept else None
    return [WordsTold.model_validate(one) for one in spans] if isinstance(spans, list) else []


def _reports(session: Session, case: Case) -> Iterator[Moment]:
    query = select(Report).where(Report.case_id == case.id).order_by(Report.at, Report.id)
    for report in session.scalars(query.limit(REPORTS_MAX)):
        told = {name: getattr(report, name) for name in ReportTold.model_fields}
        yield Moment(
            kind="report",
            from_position=report.from_position,
            to_position=report.to_position,
            at=report.at,
            report=ReportTold(**told),
        )


def _restrictions(
    session: Session, case: Case, done: list[DecidedEffect], *, hidden: bool
) -> Iterator[Moment]:
    """Show what was taken from this voice in this room, and what the case judges."""
    judged = select(CaseRestriction.restriction_id).where(CaseRestriction.case_id == case.id)
    of_seat = Restriction.seat_id == (case.seat_id or "")
    query = select(Restriction).where(Restriction.id.in_(judged) | of_seat)
    statements = {one.statement_id for one in done if one.statement_id}
    for one in session.scalars(query.order_by(Restriction.from_at).limit(RESTRICTIONS_MAX)):
        if hidden and one.statement_id in statements:
            continue
        yield Moment(
            kind="restriction",
            from_position=None,
            to_position=None,
            at=one.from_at,
            restriction=restriction_told(one, hidden=hidden),
            contest_text=one.contest_text,
        )


def _gaps(session: Session, case: Case) -> Iterator[Moment]:
    """Show where this voice (or any, if the case is about none) was not heard by machines."""
    query = (
        select(FeedEntry)
        .where(FeedEntry.room_id == case.room_id, FeedEntry.kind == "watch")
        .order_by(FeedEntry.at)
        .limit(GAPS_MAX)
    )
    for entry in session.scalars(query):
        told = entry.data
        is_end = told.get("state") == WatchState.WATCHED.value
        if is_end and case.seat_id in {None, told.get("seat_id")}:
            yield Moment(
                kind="gap",
                from_position=_number(told.get("from_position")),
                to_position=_number(told.get("to_position")),
                at=entry.at,
                gap=GapTold(
                    seat_id=str(told.get("seat_id")),
                    state=str(told.get("was")),
                    why=str(told.get("why")),
                ),
            )


def _lines(case: Case, folders: RoomFolders) -> Iterator[Moment]:
    begin, end = case.from_position, case.to_position
    if begin is None or end is None:
        return
    folder = folders.air / case.room.air_token
    for line in transcript.around(folder, begin, end, tracks=folders.tracks / case.room_id):
        yield Moment(
            kind="line",
            from_position=line.from_position,
            to_position=line.to_position,
            at=None,
            line=LineTold(seat_id=line.seat_id, name=line.name, text=line.text),
        )


def _decisions(session: Session, case: Case, done: Iterable[DecidedEffect]) -> Iterator[Moment]:
    query = select(Decision).where(Decision.case_id == case.id).order_by(Decision.at)
    for decision in session.scalars(query):
        yield Moment(
            kind="decision",
            from_position=None,
            to_position=None,
            at=decision.at,
            decision=decision_told(decision, list(done)),
        )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
