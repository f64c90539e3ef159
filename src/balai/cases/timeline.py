"""The timeline of a case: flags, reports, restrictions, words, chat, gaps, messages, decisions.

Everything has its place in the room's sound or its time of day. In a blind case nothing has a
time of day, nothing of an earlier decision is on it, and what came after the room, however much
later, stands at its end. Where there is too much, what is farthest from the case's stretch is
left out and counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from balai.cases import chat, transcript, unheard
from balai.cases.model import (
    Case,
    CaseFlag,
    CaseRestriction,
    DecidedEffect,
    Decision,
    Report,
)
from balai.cases.nearness import first_of, length_of, nearness, nearness_at
from balai.cases.parts import FlagTold, LineTold, MessageTold, ReportTold, WordsTold
from balai.cases.transcript import Line
from balai.cases.views import Moment, decision_told, restriction_told
from balai.evidence.sound import RATE_HZ
from balai.feed import FeedEntry
from balai.rooms.model import (
    Flag,
    FlagState,
    FlagWords,
    Restriction,
    RestrictionKind,
    Room,
)
from balai.rooms.views import FlagFacts, flag_view

FLAGS_MAX: Final = 100
REPORTS_MAX: Final = 200
RESTRICTIONS_MAX: Final = 50
MESSAGES_MAX: Final = 100
_UNTOLD: Final = ("decided_by_name", "decided_at", "reason")  # of a flag


@dataclass(frozen=True, slots=True)
class RoomFolders:
    """Where the sound and words of rooms lie: as published, and what replays were before."""

    air: Path
    tracks: Path


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is shown of a case, and how much more there is that is not."""

    moments: list[Moment]
    unshown: int


_Part = tuple[list[Moment], int]  # some of it, and how much more of this kind there is


def of_case(
    session: Session,
    case: Case,
    done: list[DecidedEffect],
    *,
    hidden: bool,
    folders: RoomFolders,
) -> Timeline:
    """Show what belongs to a case, in the order of the room's sound."""
    parts = [
        _flags(session, case, hidden=hidden),
        _reports(session, case),
        _restrictions(session, case, done, hidden=hidden),
        unheard.of_case(session, case, hidden=hidden),
        _messages(session, case),
        _lines(case, folders),
        chat.of_case(session, case, hidden=hidden),
        ([] if hidden else list(_decisions(session, case, done)), 0),
    ]
    found = [moment for moments, _ in parts for moment in moments]
    ordered = sorted(found, key=lambda one: _place(one, case.room))
    shown = [_timeless(one, case.room) for one in ordered] if hidden else ordered
    return Timeline(shown, sum(unshown for _, unshown in parts))


def _timeless(moment: Moment, room: Room) -> Moment:
    """Show a moment by its place in the room instead of its time of day.

    What came after the room, however much later, stands at its end.
    """
    place = max(0, min(_place(moment, room)[0], length_of(room)))
    return moment.model_copy(update={"at": None, "from_position": place})


def _place(moment: Moment, room: Room) -> tuple[int, str]:
    """Order by position; what has only a time of day stands where the room was then."""
    if moment.from_position is not None:
        return moment.from_position, moment.kind
    began = room.live_at or room.opened_at or room.created_at
    passed_s = (moment.at - began).total_seconds() if moment.at else 0.0
    return round(passed_s * RATE_HZ), moment.kind


def _flags(session: Session, case: Case, *, hidden: bool) -> _Part:
    query = (
        select(Flag, FlagWords)
        .join(CaseFlag, CaseFlag.flag_id == Flag.id)
        .outerjoin(FlagWords, FlagWords.flag_id == Flag.id)
        .where(CaseFlag.case_id == case.id)
        .options(joinedload(Flag.seat))
        .order_by(nearness(case, Flag.from_position, Flag.to_position).desc(), Flag.at, Flag.id)
    )
    rows, unshown = first_of(session, query, FLAGS_MAX)
    return [_flag_moment(flag, words, hidden=hidden) for flag, words, _ in rows], unshown


def _flag_moment(flag: Flag, words: FlagWords | None, *, hidden: bool) -> Moment:
    return Moment(
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


def _reports(session: Session, case: Case) -> _Part:
    """Show the weightiest reports: however many are sent, they crowd no credible one out."""
    query = select(Report).where(Report.case_id == case.id)
    order = (Report.weight.desc(), Report.at.desc(), Report.id)
    rows, unshown = first_of(session, query.order_by(*order), REPORTS_MAX)
    return [_report_moment(report) for report, _ in rows], unshown


def _report_moment(report: Report) -> Moment:
    told = {name: getattr(report, name) for name in ReportTold.model_fields}
    return Moment(
        kind="report",
        from_position=report.from_position,
        to_position=report.to_position,
        at=report.at,
        report=ReportTold(**told),
    )


def _restrictions(
    session: Session, case: Case, done: list[DecidedEffect], *, hidden: bool
) -> _Part:
    """Show what the case judges, then what else was taken from this voice in this room."""
    judged = Restriction.id.in_(
        select(CaseRestriction.restriction_id).where(CaseRestriction.case_id == case.id)
    )
    of_seat = Restriction.seat_id == (case.seat_id or "")
    query = select(Restriction).where(or_(judged, of_seat))
    if hidden:
        own = [one.statement_id for one in done if one.statement_id]
        query = query.where(Restriction.statement_id.not_in(own))
    near = nearness_at(case, Restriction.from_at).desc()
    is_line = Restriction.kind == RestrictionKind.TAKE_LINE  # there can be any number
    query = query.order_by(judged.desc(), is_line, near, Restriction.id)
    rows, unshown = first_of(session, query, RESTRICTIONS_MAX)
    return [_restriction_moment(one, hidden=hidden) for one, _ in rows], unshown


def _restriction_moment(one: Restriction, *, hidden: bool) -> Moment:
    return Moment(
        kind="restriction",
        from_position=None,
        to_position=None,
        at=one.from_at,
        restriction=restriction_told(one, hidden=hidden),
        contest_text=one.contest_text,
    )


def _messages(session: Session, case: Case) -> _Part:
    """Show what the safety team or the house told the hosts, and so what was done meanwhile."""
    query = (
        select(FeedEntry)
        .where(FeedEntry.room_id == case.room_id, FeedEntry.kind == "message")
        .order_by(nearness_at(case, FeedEntry.at).desc(), FeedEntry.id.desc())
    )
    rows, unshown = first_of(session, query, MESSAGES_MAX)
    return [_message_moment(entry) for entry, _ in rows], unshown


def _message_moment(entry: FeedEntry) -> Moment:
    about, text = str(entry.data.get("about")), str(entry.data.get("text"))
    return Moment(
        kind="message",
        from_position=None,
        to_position=None,
        at=entry.at,
        message=MessageTold(about=about, text=text),
    )


def _lines(case: Case, folders: RoomFolders) -> _Part:
    begin, end = case.from_position, case.to_position
    if begin is None or end is None:
        return [], 0
    folder = folders.air / case.room.air_token
    tracks = folders.tracks / case.room_id
    lines, unshown = transcript.around(folder, begin, end, tracks=tracks)
    return [_line_moment(line) for line in lines], unshown


def _line_moment(line: Line) -> Moment:
    return Moment(
        kind="line",
        from_position=line.from_position,
        to_position=line.to_position,
        at=None,
        line=LineTold(seat_id=line.seat_id, name=line.name, text=line.text),
    )


def _decisions(session: Session, case: Case, done: list[DecidedEffect]) -> Iterator[Moment]:
    query = select(Decision).where(Decision.case_id == case.id).order_by(Decision.at)
    for decision in session.scalars(query):
        yield Moment(
            kind="decision",
            from_position=None,
            to_position=None,
            at=decision.at,
            decision=decision_told(decision, done),
        )
