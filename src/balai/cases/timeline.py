"""The timeline of a case: flags, reports, restrictions, words, gaps, messages and decisions.

Everything has its place in the room's sound or its time of day. In a blind case nothing has a
time of day, nothing of an earlier decision is on it, and what came after the room, however much
later, stands at its end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from balai.cases import transcript
from balai.cases.model import (
    Case,
    CaseFlag,
    CaseRestriction,
    DecidedEffect,
    Decision,
    Report,
)
from balai.cases.views import (
    FlagTold,
    GapTold,
    LineTold,
    MessageTold,
    Moment,
    ReportTold,
    WordsTold,
    decision_told,
    restriction_told,
)
from balai.clock import now
from balai.evidence.sound import RATE_HZ
from balai.feed import FeedEntry
from balai.rooms.announce import seats_of
from balai.rooms.model import Flag, FlagState, FlagWords, Restriction, Room, WatchState
from balai.rooms.views import FlagFacts, flag_view, seat_name

FLAGS_MAX: Final = 100
REPORTS_MAX: Final = 200
RESTRICTIONS_MAX: Final = 50
GAPS_MAX: Final = 200
MESSAGES_MAX: Final = 100
_UNTOLD: Final = ("decided_by_name", "decided_at", "reason")  # of a flag


@dataclass(frozen=True, slots=True)
class RoomFolders:
    """Where the sound and words of rooms lie: as published, and what replays were before."""

    air: Path
    tracks: Path


def of_case(
    session: Session,
    case: Case,
    done: list[DecidedEffect],
    *,
    hidden: bool,
    folders: RoomFolders,
) -> list[Moment]:
    """Show everything that belongs to a case, in the order of the room's sound."""
    moments = [
        *_flags(session, case, hidden=hidden),
        *_reports(session, case),
        *_restrictions(session, case, done, hidden=hidden),
        *_gaps(session, case),
        *_messages(session, case),
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
    names = {seat.id: seat_name(seat) for seat in seats_of(session, case.room_id)}
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
                    name=names.get(str(told.get("seat_id")), ""),
                    state=str(told.get("was")),
                    why=str(told.get("why")),
                ),
            )


def _messages(session: Session, case: Case) -> Iterator[Moment]:
    """Show what the safety team or the house told the hosts, and so what was done meanwhile."""
    query = (
        select(FeedEntry)
        .where(FeedEntry.room_id == case.room_id, FeedEntry.kind == "message")
        .order_by(FeedEntry.at)
        .limit(MESSAGES_MAX)
    )
    for entry in session.scalars(query):
        yield Moment(
            kind="message",
            from_position=None,
            to_position=None,
            at=entry.at,
            message=MessageTold(
                about=str(entry.data.get("about")), text=str(entry.data.get("text"))
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
